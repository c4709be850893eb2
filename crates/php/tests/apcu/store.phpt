--TEST--
quipu_store: forms, odd keys and values that cannot be stored, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-store
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();

show(quipu_store('a', 1), quipu_store('a', 2), quipu_fetch('a'));
show(quipu_store(['x' => 1, 'y' => 'two', 7 => 'seven']));
show(quipu_fetch(['x', 'y', '7']), quipu_fetch('7'));
show(quipu_store(['z' => 1], 'not looked at', 100), left(quipu_key_info('z')['ttl']));
show(quipu_store([]));

foreach ([5, null, 1.5, true, ['k']] as $odd) {
    attempt(fn() => quipu_store($odd, 1));
}
attempt(fn() => quipu_store('k'));
attempt(fn() => quipu_store('k', 1, 'soon'));
show(quipu_exists(['5', '', '1', 'k']), quipu_fetch('0'));

echo "what cannot be serialised\n";
attempt(fn() => quipu_store('closure', fn() => 1));
attempt(fn() => quipu_store(['before' => 1, 'closure' => fn() => 1]));
show(quipu_exists(['closure', 'before']));
quipu_store('resource', 'before');
show(quipu_store('resource', fopen('php://memory', 'r')));

echo "what is too large\n";
quipu_store('large', 'before');
show(quipu_store('large', str_repeat('x', 80 << 20)), quipu_store(['large' => str_repeat('x', 80 << 20), 'small' => 1]));
show(quipu_fetch('small'));
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-store');
--EXPECTF--
true true 2
[]
['x' => 1, 'y' => 'two', '7' => 'seven'] 'seven'
[] 100
[]

Warning: quipu_store(): %s in %s on line %d
false

Warning: quipu_store(): %s in %s on line %d
false

Warning: quipu_store(): %s in %s on line %d
false

Warning: quipu_store(): %s in %s on line %d
false
[]
false
TypeError: quipu_store(): Argument #3 ($ttl) must be of type int, string given
[] 'k'
what cannot be serialised
Exception: Serialization of 'Closure' is not allowed
Exception: Serialization of 'Closure' is not allowed
['before' => true]

Warning: quipu_store(): %s in %s on line %d
false
what is too large
false ['large' => -1]
1

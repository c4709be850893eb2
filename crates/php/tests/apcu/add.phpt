--TEST--
quipu_add: only what is not there, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-add
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();

show(quipu_add('a', 1), quipu_add('a', 2), quipu_fetch('a'));
show(quipu_add(['a' => 3, 'b' => 4, 7 => 'seven']), quipu_fetch(['a', 'b', '7']));
show(quipu_add([7 => 'again']), quipu_add(['c' => 1]), quipu_add([]));
show(quipu_add('false', false), quipu_add('false', true), quipu_fetch('false', $success), $success);
show(quipu_add('null', null), quipu_add('null', 1));
show(quipu_add('lives', 1, 100), left(quipu_key_info('lives')['ttl']));
foreach ([5, null, 1.5] as $odd) {
    attempt(fn() => quipu_add($odd, 1));
}
attempt(fn() => quipu_add('k'));
attempt(fn() => quipu_add('closure', fn() => 1));
show(quipu_exists('closure'));
quipu_delete('a');
show(quipu_add('a', 9), quipu_fetch('a'));
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-add');
--EXPECTF--
true false 1
['a' => -1] ['a' => 1, 'b' => 4, '7' => 'seven']
[7 => -1] [] []
true false false true
true false
true 100

Warning: quipu_add(): %s in %s on line %d
false

Warning: quipu_add(): %s in %s on line %d
false

Warning: quipu_add(): %s in %s on line %d
false
false
Exception: Serialization of 'Closure' is not allowed
false
true 9

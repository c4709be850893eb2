--TEST--
quipu_cas: integers only, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-cas
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();

quipu_store('c', 1, 100);
show(quipu_cas('c', 1, 2), quipu_cas('c', 1, 3), quipu_fetch('c'), quipu_cas('c', 2, 2), left(quipu_key_info('c')['ttl']));
show(quipu_cas('none', 0, 1), quipu_exists('none'));
foreach (['2', 2.0, true, null, []] as $value) {
    quipu_store('v', $value);
    show(quipu_cas('v', 2, 3), quipu_cas('v', 1, 3), quipu_cas('v', 0, 3), quipu_fetch('v'));
}
quipu_store('edge', PHP_INT_MAX);
show(quipu_cas('edge', PHP_INT_MAX, PHP_INT_MIN), quipu_fetch('edge'));
attempt(fn() => quipu_cas('c', 'x', 1));
attempt(fn() => quipu_cas('c', 1));
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-cas');
--EXPECTF--
true false 2 true 100
false false
false false false '2'
false false false 2.0
false false false true
false false false null
false false false []
true -9223372036854775807-1
TypeError: quipu_cas(): Argument #2 ($old) must be of type int, string given
ArgumentCountError: quipu_cas() expects exactly 3 arguments, 2 given

--TEST--
quipu_inc and quipu_dec: creation, wrapping, other types, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-count
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();

show(quipu_inc('c'), quipu_inc('c', 5, $success), $success);
show(quipu_dec('c', 2, $success), $success, quipu_dec('d', 3), quipu_inc('c', -10), quipu_inc('c', 0));
show(quipu_inc('new', 7, $success), $success, quipu_fetch('new'));
show(quipu_inc('lives', 1, $success, 100), left(quipu_key_info('lives')['ttl']));
quipu_inc('lives', 1, $success, 5000);
quipu_inc('new', 1, $success, 5000);
show(left(quipu_key_info('lives')['ttl']), left(quipu_key_info('new')['ttl']));

echo "other types\n";
foreach (['text', '5', 1.5, true, false, null, []] as $value) {
    quipu_store('v', $value);
    $up = $down = 'not set';
    show(quipu_inc('v', 1, $up), $up, quipu_dec('v', 1, $down), $down, quipu_fetch('v'));
}

echo "wrapping\n";
quipu_store('most', PHP_INT_MAX);
show(quipu_inc('most', 1, $success), $success, quipu_dec('most', 1, $success), $success);
show(quipu_inc('most', PHP_INT_MAX), quipu_inc('most', PHP_INT_MAX), quipu_inc('most', PHP_INT_MIN));
quipu_store('least', PHP_INT_MIN);
show(quipu_dec('least', 1), quipu_dec('least', PHP_INT_MIN), quipu_dec('new least', PHP_INT_MIN));
quipu_store('least', PHP_INT_MIN, 100);
show(quipu_dec('least', 1), left(quipu_key_info('least')['ttl']));

echo "odd arguments\n";
show(quipu_inc(5), quipu_fetch('5'), quipu_inc(1.5), quipu_fetch('1.5'), quipu_inc('c', '3'), quipu_inc(true), quipu_fetch('1'));
attempt(fn() => quipu_inc([]));
attempt(fn() => quipu_inc('c', 'x'));
attempt(fn() => quipu_dec());
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-count');
--EXPECTF--
1 6 true
4 true -3 -6 -6
7 true 7
1 100
100 0
other types
false false false false 'text'
false false false false '5'
false false false false 1.5
false false false false true
false false false false false
false false false false null
false false false false []
wrapping
-9223372036854775807-1 true 9223372036854775807 true
-2 9223372036854775805 -3
9223372036854775807 -1 -9223372036854775807-1
9223372036854775807 100
odd arguments
1 1 1 1 -3 1 1
TypeError: quipu_inc(): Argument #1 ($key) must be of type string, array given
TypeError: quipu_inc(): Argument #2 ($step) must be of type int, string given
ArgumentCountError: quipu_dec() expects at least 1 argument, 0 given

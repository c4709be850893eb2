--TEST--
keys: empty, binary, integers, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-keys
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();

show(quipu_store('', 'empty'), quipu_fetch(''), quipu_exists(''), quipu_add('', 1), quipu_delete(''), quipu_inc(''));
foreach (["k\0", "k", "k\0\xff", " ", "\n", 'cache:', str_repeat('k', 40), str_repeat('k', 41), str_repeat('k', 60000)] as $number => $key) {
    quipu_store($key, $number);
}
foreach (["k\0", "k", "k\0\xff", " ", "\n", 'cache:', str_repeat('k', 40), str_repeat('k', 41), str_repeat('k', 60000)] as $number => $key) {
    show(quipu_fetch($key) === $number, quipu_key_info($key) !== null);
}
show(quipu_store([-5 => 'minus', '007' => 'seven', '1.0' => 'one']), quipu_fetch('-5'), quipu_fetch('007'), quipu_fetch('1.0'));
show(quipu_fetch(['-5', '007']), quipu_delete(['-5', '007']));
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-keys');
--EXPECTF--
true 'empty' true false true 1
true true
true true
true true
true true
true true
true true
true true
true true
true true
[] 'minus' 'seven' 'one'
['-5' => 'minus', '007' => 'seven'] []

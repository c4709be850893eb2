--TEST--
functions: a full table, and a value that is too long, are false as from APCu
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-shape-full
quipu.size=1mb
memory_limit=256M
--FILE--
<?php
require __DIR__ . '/../show.inc';

$stored = 0;
while (quipu_store("k$stored", str_repeat('x', 1000)) && $stored < 100000) {
    $stored++;
}
$large = str_repeat('x', 300000);
show($stored > 100 && $stored < 2000, quipu_add('more', $large), quipu_store(['more' => $large]));
show(quipu_entry('more', fn() => $large) === $large, quipu_exists('more'), quipu_fetch('k0') === str_repeat('x', 1000));
show(quipu_store('large', str_repeat('x', (64 << 20) + 1)), quipu_exists('large'));
show(quipu_delete('k0'), quipu_delete('k1'), quipu_store('k0', str_repeat('x', 1000)));
foreach ([fn($key) => quipu_fetch($key), fn($key) => quipu_store($key, 1), fn($key) => quipu_inc($key)] as $call) {
    try {
        $call(str_repeat('k', 65600));
    } catch (Quipu\Exception $problem) {
        echo get_class($problem), "\n";
    }
}
--CLEAN--
<?php @unlink('/dev/shm/phpt-shape-full');
--EXPECTF--
true false ['more' => -1]
true false true
false false
true true true
Quipu\Exception\TooLong
Quipu\Exception\TooLong
Quipu\Exception\TooLong

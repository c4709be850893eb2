--TEST--
functions: what memory_limit has no room for is an exception, or a fatal error that leaves nothing locked
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-shape-memory
quipu.size=256mb
memory_limit=32M
display_errors=0
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';

quipu_clear_cache();
$part = str_repeat('x', 10 << 20);
ini_set('memory_limit', '256M');
quipu_store('large', str_repeat($part, 5));
unset($part);
ini_set('memory_limit', '32M');
attempt(fn() => quipu_fetch('large'));
attempt(fn() => quipu_fetch(['large']));
attempt(fn() => iterator_count(new QuipuIterator('/large/')));
attempt(fn() => quipu_entry('large', fn() => 1));
show(iterator_count(new QuipuIterator('/large/', QUIPU_ITER_KEY)), quipu_exists('large'));

echo "lists that are too long end the process, not the table\n";
foreach (range(0, 99999) as $number) {
    quipu_store("key $number", $number);
}
$ways = [
    fn() => quipu_cache_info(),
    fn() => iterator_to_array(new QuipuIterator()),
    fn() => quipu_fetch(array_map(fn($number) => "key $number", range(0, 99999))),
];
foreach ($ways as $way) {
    show(ended(fork(function () use ($way) { ini_set('memory_limit', '12M'); $way(); })) !== 0);
}
show(quipu_cache_info(true)['num_entries'], quipu_entry('after', fn() => 1), (new QuipuIterator('/^key/'))->getTotalCount());
--CLEAN--
<?php @unlink('/dev/shm/phpt-shape-memory');
--EXPECTF--
Quipu\Exception\Memory: the value has 52428800 bytes, and memory_limit leaves room for %d: raise memory_limit, or store it in parts
Quipu\Exception\Memory: the value has 52428800 bytes, and memory_limit leaves room for %d: raise memory_limit, or store it in parts
Quipu\Exception\Memory: the value has 52428800 bytes, and memory_limit leaves room for %d: raise memory_limit, or store it in parts
Quipu\Exception\Memory: the value has 52428800 bytes, and memory_limit leaves room for %d: raise memory_limit, or store it in parts
1 true
lists that are too long end the process, not the table
%Atrue
true
true
100001 1 100000

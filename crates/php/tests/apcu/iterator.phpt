--TEST--
QuipuIterator: searches, formats, chunks, changes meanwhile, as APCUIterator
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-iterator
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();
quipu_store(['a1' => 1, 'a2' => 'two', 'b1' => [1], 'b2' => null, '5' => true]);

/** The keys that an iterator gives, sorted. */
function keys(Iterator $iterator): array
{
    $keys = [];
    foreach ($iterator as $key => $value) {
        $keys[] = $key;
    }
    sort($keys, SORT_STRING);
    return $keys;
}

show(keys(new QuipuIterator()), keys(new QuipuIterator(null)), keys(new QuipuIterator('')));
show(keys(new QuipuIterator('/^a/')), keys(new QuipuIterator('/2$/')), keys(new QuipuIterator('/^A/i')), keys(new QuipuIterator('/^z/')));
show(keys(new QuipuIterator(['a1', 'b2', 'none', 5])), keys(new QuipuIterator([])), keys(new QuipuIterator(['none'])));

echo "formats\n";
foreach ([QUIPU_ITER_NONE, QUIPU_ITER_KEY | QUIPU_ITER_VALUE, QUIPU_ITER_VALUE, QUIPU_ITER_TYPE | QUIPU_ITER_TTL] as $format) {
    foreach (new QuipuIterator('/^a2$/', $format) as $key => $value) {
        show($key, $value);
    }
}
foreach (new QuipuIterator(['b1']) as $key => $value) {
    show(array_map('gettype', $value), $value['type'], $value['key'], $value['value'], $value['ttl'], $value['deletion_time']);
}
foreach (new QuipuIterator(['a1'], QUIPU_ITER_ALL & ~QUIPU_ITER_VALUE) as $value) {
    show(array_keys($value));
}
$names = ['NONE', 'TYPE', 'KEY', 'VALUE', 'NUM_HITS', 'MTIME', 'CTIME', 'DTIME', 'ATIME', 'REFCOUNT', 'MEM_SIZE', 'TTL', 'ALL'];
foreach ($names as $name) {
    echo $name, ' ', constant("QUIPU_ITER_$name"), "\n";
}
show(QUIPU_LIST_ACTIVE, QUIPU_LIST_DELETED);

echo "by hand\n";
$iterator = new QuipuIterator('/^[ab]/', QUIPU_ITER_VALUE, 1);
show($iterator->getTotalCount(), $iterator->getTotalSize() > 0, $iterator->getTotalHits() >= 0);
show($iterator->valid(), in_array($iterator->key(), ['a1', 'a2', 'b1', 'b2']));
$steps = 0;
for (; $iterator->valid(); $iterator->next()) {
    $steps++;
}
show($steps, $iterator->next(), $iterator->valid());
attempt(fn() => $iterator->current());
attempt(fn() => $iterator->key());
$iterator->rewind();
show($iterator->valid(), keys($iterator));
show(iterator_count(new QuipuIterator(null, QUIPU_ITER_ALL, 0, QUIPU_LIST_DELETED)));

echo "many\n";
quipu_clear_cache();
quipu_store(array_combine(array_map(fn($i) => "k$i", range(0, 999)), range(0, 999)));
foreach ([0, 1, 7, 100, 5000] as $chunk) {
    $sum = 0;
    $count = 0;
    foreach (new QuipuIterator('/^k/', QUIPU_ITER_VALUE, $chunk) as $value) {
        $sum += $value['value'];
        $count++;
    }
    show($chunk, $count, $sum);
}
foreach (new QuipuIterator('/^k/', QUIPU_ITER_NONE, 10) as $key => $value) {
    quipu_delete($key);
}
show(keys(new QuipuIterator()));

echo "what has ended is not there\n";
quipu_store('past', 1, -1);
quipu_store(["\xff\xfe" => 2, '' => 3, "\u{fc}" => 1]);
show(keys(new QuipuIterator()), keys(new QuipuIterator('/./')), keys(new QuipuIterator([''])));
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-iterator');
--EXPECTF--
[0 => '5', 1 => 'a1', 2 => 'a2', 3 => 'b1', 4 => 'b2'] [0 => '5', 1 => 'a1', 2 => 'a2', 3 => 'b1', 4 => 'b2'] [0 => '5', 1 => 'a1', 2 => 'a2', 3 => 'b1', 4 => 'b2']
[0 => 'a1', 1 => 'a2'] [0 => 'a2', 1 => 'b2'] [0 => 'a1', 1 => 'a2'] []
[0 => 'a1', 1 => 'b2'] [] []
formats
'a2' []
'a2' ['key' => 'a2', 'value' => 'two']
'a2' ['value' => 'two']
'a2' ['type' => 'user', 'ttl' => 0]
['type' => 'string', 'key' => 'string', 'value' => 'array', 'num_hits' => 'integer', 'mtime' => 'integer', 'creation_time' => 'integer', 'deletion_time' => 'integer', 'access_time' => 'integer', 'ref_count' => 'integer', 'mem_size' => 'integer', 'ttl' => 'integer'] 'user' 'b1' [0 => 1] 0 0
[0 => 'type', 1 => 'key', 2 => 'num_hits', 3 => 'mtime', 4 => 'creation_time', 5 => 'deletion_time', 6 => 'access_time', 7 => 'ref_count', 8 => 'mem_size', 9 => 'ttl']
NONE 0
TYPE 1
KEY 2
VALUE 4
NUM_HITS 8
MTIME 16
CTIME 32
DTIME 64
ATIME 128
REFCOUNT 256
MEM_SIZE 512
TTL 1024
ALL 4294967295
1 2
by hand
4 true true
true true
4 null false
Error: Cannot call current() on invalid iterator
Error: Cannot call key() on invalid iterator
true [0 => 'a1', 1 => 'a2', 2 => 'b1', 3 => 'b2']
0
many
0 1000 499500
1 1000 499500
7 1000 499500
100 1000 499500
5000 1000 499500
[]
what has ended is not there
[0 => '', 1 => hex c3bc, 2 => hex fffe] [0 => hex c3bc, 1 => hex fffe] [0 => '']

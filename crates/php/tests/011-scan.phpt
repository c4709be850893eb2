--TEST--
Iteration while others write
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
$expected = [];
for ($i = 0; $i < 2000; $i++) {
    $t->set("user:$i", $i);
    $expected["user:$i"] = $i;
}
$t->set('other', [1]);
$t->set('5', 'five');
$t->set("\xff\0", null);

$seen = [];
foreach ($t as $key => $value) {
    check(is_string($key), 'a key is a string');
    check(!isset($seen[$key]), 'a key comes once');
    $seen[$key] = $value;
}
var_dump(count($seen), count($t));
$users = iterator_to_array($t->scan('user:'));
ksort($users);
ksort($expected);
var_dump($users === $expected, count(iterator_to_array($t->scan('user:199'))), iterator_to_array($t->scan('nobody')));
foreach ($t->scan('5') as $key => $value) {
    var_dump($key, $value);
}
foreach ($t->scan("\xff") as $key => $value) {
    var_dump($key === "\xff\0", $value);
}

// What is there throughout comes, whatever is deleted and added meanwhile.
$seen = [];
foreach ($t->scan('user:') as $key => $value) {
    $seen[$key] = true;
    $t->delete('user:' . (($value + 1000) % 2000 + ($value % 2 ? 5000 : 0)));
    $t->set("new:$key", $value);
}
$there = 0;
foreach ($expected as $key => $value) {
    $there += $t->exists($key);
    check(!$t->exists($key) || isset($seen[$key]), "$key was there throughout");
}
var_dump($there > 0);

// The object: two at a time, from the beginning again, at the end.
$n = table();
$n->setMany(['a' => 1, 'b' => [2], 'c' => null]);
$pairs = 0;
foreach ($n as $outer => $value) {
    foreach ($n as $inner => $value) {
        $pairs++;
    }
}
var_dump($pairs);
$scan = $n->scan();
var_dump($scan->valid(), $scan->key() === $scan->key(), $scan->current() === $scan->current());
while ($scan->valid()) {
    $scan->next();
}
var_dump($scan->valid(), $scan->key(), $scan->current());
$scan->next();
$scan->rewind();
var_dump($scan->valid(), count(iterator_to_array($scan)));
var_dump($n->getIterator() instanceof Quipu\Scan, iterator_count($n->scan('b')));
// It keeps its table open.
$scan = Quipu\Table::open(substr($n->stats()['path'], 9))->scan();
unset($n);
gc_collect_cycles();
var_dump(iterator_count($scan));
attempt(fn() => new Quipu\Scan);
attempt(fn() => clone $scan);
attempt(fn() => serialize($scan));
attempt(fn() => $t->scan([]));
?>
--EXPECT--
int(2003)
int(2003)
bool(true)
int(11)
array(0) {
}
string(1) "5"
string(4) "five"
bool(true)
NULL
bool(true)
int(9)
bool(true)
bool(true)
bool(true)
bool(false)
NULL
NULL
bool(true)
int(3)
bool(true)
int(1)
int(3)
Error(0): Call to private Quipu\Scan::__construct() from global scope
Error(0): Trying to clone an uncloneable object of class Quipu\Scan
Exception(0): Serialization of 'Quipu\Scan' is not allowed
TypeError(0): Quipu\Table::scan(): Argument #1 ($prefix) must be of type string, array given

--TEST--
Locks: counted, alone or shared, with and without a time, what is refused
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
require __DIR__ . '/name.inc';
$name = own_table();
$t = Quipu\Table::open($name, ['size' => '8mb']);
show($t->holds('a'), $t->unlock('a'));
show($t->lock('a'), $t->lock('a', 0), $t->lock('a', 1.5), $t->lock('a', null, true), $t->holds('a'));
show($t->lock(''), $t->lock("a\0b"), $t->lock(str_repeat('x', 100000)), $t->holds(''), $t->holds("a\0b"), $t->holds("a\0"));

echo "another handle of the same table has the same locks, another table has not\n";
$same = Quipu\Table::open($name);
$other = Quipu\Table::open(own_table(), ['size' => '8mb']);
show($same->holds('a'), $same->unlock('a'), $t->holds('a'), $other->holds('a'));

echo "to its end\n";
show($t->unlock('a'), $t->unlock('a'), $t->unlock('a'), $t->unlock('a'), $t->holds('a'));
show($t->unlock(''), $t->unlock(''), $t->holds("a\0b"));

echo "shared: again and again, but nobody makes it his own\n";
show($t->lock('s', null, true), $t->lock('s', 0, true), $t->holds('s'));
outcome(fn() => $t->lock('s'));
outcome(fn() => $t->lock('s', 0));
show($t->unlock('s'), $t->unlock('s'), $t->lock('s', 0), $t->unlock('s'));

echo "wrong times\n";
outcome(fn() => $t->lock('a', -1));
outcome(fn() => $t->lock('a', NAN));
outcome(fn() => $t->lock('a', 'soon'));
show($t->holds('a'), $t->lock('a', INF), $t->unlock('a'));

echo "the lock outlives the handle\n";
$t->lock('kept');
$t = null;
show($same->holds('kept'), $same->unlock('kept'));

echo "many locks leave no descriptors behind\n";
$before = count(scandir('/proc/self/fd'));
for ($n = 0; $n < 100; $n++) {
    $same->lock("n$n");
}
show(count(scandir('/proc/self/fd')) >= $before + 99);
for ($n = 0; $n < 100; $n++) {
    $same->unlock("n$n");
}
show(count(scandir('/proc/self/fd')) <= $before + 1);
?>
--EXPECT--
0 false
true true true true 4
true true true 1 1 0
another handle of the same table has the same locks, another table has not
4 true 3 0
to its end
true true true false 0
true false 1
shared: again and again, but nobody makes it his own
true true 2
Quipu\Exception(30): this process has the lock "s" together with others, and nobody can turn that into having it alone: unlock it first
Quipu\Exception(30): this process has the lock "s" together with others, and nobody can turn that into having it alone: unlock it first
true true true true
wrong times
ValueError(0): Quipu\Table::lock(): Argument #2 ($timeout) must be 0 or more seconds; null is for ever
ValueError(0): Quipu\Table::lock(): Argument #2 ($timeout) must be 0 or more seconds; null is for ever
TypeError(0): Quipu\Table::lock(): Argument #2 ($timeout) must be of type int|float|null, string given
0 true true
the lock outlives the handle
1 true
many locks leave no descriptors behind
true
true

--TEST--
QuipuIterator: what it refuses, as APCUIterator
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-iterator_errors
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();
quipu_store('a', 1);

foreach ([5, 1.5, new stdClass()] as $odd) {
    show(iterator_count(new QuipuIterator($odd)));
}
attempt(fn() => iterator_count(new QuipuIterator(null, QUIPU_ITER_ALL, 0, 7)));
attempt(fn() => new QuipuIterator(null, 'x'));
$iterator = new QuipuIterator();
attempt(fn() => clone $iterator);

class Child extends QuipuIterator
{
    function __construct() {}
}
$child = new Child();
foreach (['current', 'key', 'next', 'rewind', 'valid', 'getTotalHits', 'getTotalSize', 'getTotalCount'] as $method) {
    attempt(fn() => $child->$method());
}
attempt(function () use ($child) { foreach ($child as $value); });
attempt(fn() => quipu_delete($child));

class Good extends QuipuIterator
{
    function key(): string { return 'my ' . parent::key(); }
}
foreach (new Good('/a/', QUIPU_ITER_VALUE) as $key => $value) {
    show($key, $value);
}
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-iterator_errors');
--EXPECTF--
1
1
1

Warning: QuipuIterator::__construct(): %s in %s on line %d
Error: Trying to use uninitialized QuipuIterator
TypeError: QuipuIterator::__construct(): Argument #2 ($format) must be of type int, string given
Error: Trying to clone an uncloneable object of class QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
Error: Trying to use uninitialized QuipuIterator
'my a' ['value' => 1]

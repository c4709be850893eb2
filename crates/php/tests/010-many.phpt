--TEST--
getMany, setMany and incrMany
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table(['size' => '32mb']);
$t->setMany(['a' => 1, 'b' => 'two', 'c' => [3], 5 => 'five', '' => 'empty', 'null' => null]);
var_dump($t->getMany(['a', 'missing', 'c', 5, '', 'null', 'a']), $t->getMany(['missing', 'b'], 'default'), $t->getMany([]));
var_dump($t->getMany((function () { yield 'b'; yield 'a'; })()));
$t->setMany((function () { yield 'g' => 1; yield 'g' => 2; yield "\0" => 3; yield 7 => 'seven'; })());
var_dump($t->getMany(['g', "\0", 7]) === ['g' => 2, "\0" => 3, 7 => 'seven']);
$t->setMany(new ArrayIterator(['iterator' => true]), 60);
var_dump($t->get('iterator'), is_near($t->ttl('iterator'), 60));
var_dump($t->incrMany(['a' => 5, 'new' => 1, 5000 => -1]), $t->incrMany([]), $t->incrMany((function () { yield 'a' => 1; yield 'a' => 1; })()));

// Some values are long, so that not all fit in one go.
$long = [];
for ($i = 0; $i < 40; $i++) {
    $long["long $i"] = $i % 3 ? str_repeat(chr(65 + $i), 200 * $i * $i) : ['of' => str_repeat('x', 5000 * $i)];
}
$t->setMany($long);
var_dump($t->getMany(array_keys($long)) === $long);

// Many keys.
$many = [];
for ($i = 0; $i < 5000; $i++) {
    $many["key $i"] = $i;
}
$t->setMany($many);
var_dump($t->getMany(array_keys($many)) === $many, array_sum($t->incrMany($many)) === 2 * array_sum($many));

// Errors. incrMany and setMany check all that they are given before they write.
attempt(fn() => $t->incrMany(['a' => 1, 'b' => 'x']));
attempt(fn() => $t->incrMany(['a' => 1.5]));
attempt(fn() => $t->setMany(['z1' => 1, 'z2' => function () {}]));
var_dump($t->get('a'), $t->exists('z1'));
attempt(fn() => $t->incrMany(['before' => 1, 'b' => 1, 'after' => 1]));
var_dump($t->exists('before'), $t->exists('after'));
attempt(fn() => $t->getMany([str_repeat('l', 65536)]));
attempt(fn() => $t->getMany([new stdClass]));
attempt(fn() => $t->getMany('a'));
attempt(fn() => $t->setMany((function () { yield 'y1' => 1; throw new LogicException('from the generator'); })()));
attempt(fn() => $t->getMany((function () { yield 'a'; throw new LogicException('from the generator'); })()));
var_dump($t->exists('y1'));
?>
--EXPECT--
array(6) {
  ["a"]=>
  int(1)
  ["missing"]=>
  NULL
  ["c"]=>
  array(1) {
    [0]=>
    int(3)
  }
  [5]=>
  string(4) "five"
  [""]=>
  string(5) "empty"
  ["null"]=>
  NULL
}
array(2) {
  ["missing"]=>
  string(7) "default"
  ["b"]=>
  string(3) "two"
}
array(0) {
}
array(2) {
  ["b"]=>
  string(3) "two"
  ["a"]=>
  int(1)
}
bool(true)
bool(true)
bool(true)
array(3) {
  ["a"]=>
  int(6)
  ["new"]=>
  int(1)
  [5000]=>
  int(-1)
}
array(0) {
}
array(1) {
  ["a"]=>
  int(8)
}
bool(true)
bool(true)
bool(true)
TypeError(0): Quipu\Table::incrMany(): Argument #1 ($deltas) must have ints as values, string given for "b"
TypeError(0): Quipu\Table::incrMany(): Argument #1 ($deltas) must have ints as values, float given for "a"
Exception(0): Serialization of 'Closure' is not allowed
int(8)
bool(false)
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
bool(true)
bool(false)
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
Error(0): Object of class stdClass could not be converted to string
TypeError(0): Quipu\Table::getMany(): Argument #1 ($keys) must be of type Traversable|array, string given
LogicException(0): from the generator
LogicException(0): from the generator
bool(false)

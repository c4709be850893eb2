--TEST--
Counters
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
var_dump($t->incr('n'), $t->incr('n', 5), $t->decr('n'), $t->decr('n', 10), $t->incr('n', 0), $t->incr('n', -3), $t->get('n'));
var_dump($t->incr('start', 1, 100), $t->incr('start', 1, 100), $t->decr('down', 1, 10));
var_dump($t->incr('limited', 1, 0, 60), $t->incr('limited', 1, 0, 6000), is_near($t->ttl('limited'), 60));
var_dump($t->incr(key: 'named', ttl: 60), is_near($t->ttl('named'), 60));

// Floats count floats.
var_dump($t->incr('f', 1.5), $t->incr('f', 0.25), $t->decr('f', 0.75), $t->incr('g', 0.5, 10), $t->incr('g', 0.5, 10));
var_dump($t->incr('h', 0.5, 0, 60), is_near($t->ttl('h'), 60));
$t->set('price', 9.5);
var_dump($t->incr('price', 0.5));
// An int becomes no float by itself, and the other way round.
attempt(fn() => $t->incr('price'));
attempt(fn() => $t->incr('n', 1.5));
attempt(fn() => $t->incr('new', 1, 1.5));
var_dump($t->exists('new'));

// Beyond an int: an exception, and nothing has changed.
$t->set('max', PHP_INT_MAX);
$t->set('min', PHP_INT_MIN);
attempt(fn() => $t->incr('max'));
attempt(fn() => $t->decr('min'));
attempt(fn() => $t->decr('n', PHP_INT_MIN));
attempt(fn() => $t->incr('new', PHP_INT_MAX, 1));
var_dump($t->get('max') === PHP_INT_MAX, $t->get('min') === PHP_INT_MIN, $t->exists('new'));
var_dump($t->incr('max', PHP_INT_MIN), $t->decr('min', -5) === PHP_INT_MIN + 5, $t->incr('most', PHP_INT_MAX) === PHP_INT_MAX);

// Other types are not counted; a string of digits is a string.
foreach (['string' => 'x', 'digits' => '5', 'empty' => '', 'bool' => true, 'null' => null, 'array' => [1]] as $key => $value) {
    $t->set($key, $value);
    attempt(fn() => $t->incr($key));
    check($t->get($key) === $value, "$key is as it was");
}
attempt(fn() => $t->incr('n', 'many'));
var_dump($t->incr('n', '2'));
?>
--EXPECT--
int(1)
int(6)
int(5)
int(-5)
int(-5)
int(-8)
int(-8)
int(101)
int(102)
int(9)
int(1)
int(2)
bool(true)
int(1)
bool(true)
float(1.5)
float(1.75)
float(1)
float(10.5)
float(11)
float(0.5)
bool(true)
float(10)
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
TypeError(0): Quipu\Table::incr(): Argument #3 ($initial) must be of type int if argument #2 ($by) is, float given
bool(false)
Quipu\Exception\Overflow(14): the result does not fit in a signed 64-bit number: take the counter first, or use a float
Quipu\Exception\Overflow(14): the result does not fit in a signed 64-bit number: take the counter first, or use a float
Quipu\Exception\Overflow(14): PHP_INT_MIN has no opposite: subtract less at a time
Quipu\Exception\Overflow(14): the result does not fit in a signed 64-bit number: take the counter first, or use a float
bool(true)
bool(true)
bool(false)
int(-1)
bool(true)
bool(true)
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
TypeError(0): Quipu\Table::incr(): Argument #2 ($by) must be of type int|float, string given
int(-6)

--TEST--
take, fetchMax and fetchMin
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
$t->set('n', 42);
$t->set('f', 1.5);
var_dump($t->take('n'), $t->get('n'), $t->take('n'), $t->take('missing'), $t->exists('missing'), $t->take('f'), $t->get('f'));
var_dump($t->fetchMax('m', 5), $t->fetchMax('m', 3), $t->fetchMax('m', 9), $t->fetchMin('m', 20), $t->fetchMin('m', -4), $t->get('m'));
var_dump($t->fetchMin('new', PHP_INT_MIN) === PHP_INT_MIN);
$t->set('s', 'text');
foreach (['take', 'fetchMax', 'fetchMin'] as $method) {
    attempt(fn() => $method === 'take' ? $t->take('s') : $t->$method('s', 1));
}
attempt(fn() => $t->fetchMax('f', 1));
attempt(fn() => $t->fetchMax('m', 'x'));
?>
--EXPECT--
int(42)
int(0)
int(0)
NULL
bool(false)
float(1.5)
float(0)
int(5)
int(5)
int(9)
int(9)
int(-4)
int(-4)
bool(true)
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
TypeError(0): Quipu\Table::fetchMax(): Argument #2 ($value) must be of type int, string given

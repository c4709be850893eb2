--TEST--
With strict_types a key is a string
--EXTENSIONS--
quipu
--FILE--
<?php
declare(strict_types=1);
require __DIR__ . '/support.inc';
$t = table();
attempt(fn() => $t->incr(5));
attempt(fn() => $t->incr('5', '1'));
attempt(fn() => $t->set('a', 1, '5'));
var_dump($t->incr('5'));
?>
--EXPECT--
TypeError(0): Quipu\Table::incr(): Argument #1 ($key) must be of type string, int given
TypeError(0): Quipu\Table::incr(): Argument #2 ($by) must be of type int|float, string given
TypeError(0): Quipu\Table::set(): Argument #3 ($ttl) must be of type int|float|null, string given
int(1)

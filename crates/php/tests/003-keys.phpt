--TEST--
Keys are any bytes
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
$keys = ['', "\0", "\0\0", 'a', "a\0", "\xff\xfe", "gr\xc3\xbc\xc3\x9f", ' ', str_repeat('k', 255), str_repeat("k\0", 500), str_repeat('l', 65535)];
foreach ($keys as $number => $key) {
    $t->set($key, $number);
}
foreach ($keys as $number => $key) {
    check($t->get($key) === $number, "key $number");
}
var_dump(count($t) === count($keys));
attempt(fn() => $t->set(str_repeat('l', 65536), 1));
attempt(fn() => $t->get(str_repeat('l', 65536)));
attempt(fn() => $t->incr(str_repeat('l', 65536)));
attempt(fn() => $t->exists(str_repeat('l', 65536)));
// PHP's own rules for arguments: ints, floats, bools and objects with __toString become strings.
$t->set(5, 'five');
var_dump($t->get('5'), $t->get(5), $t->incr(123), $t->get('123'), $t->get(true), $t['5'], isset($t[5]));
$t->set(new class { function __toString() { return 'named'; } }, 'object');
var_dump($t->get('named'));
attempt(fn() => $t->get([]));
attempt(fn() => $t->get());
attempt(fn() => $t->get('a', 'b', 'c'));
?>
--EXPECT--
bool(true)
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
string(4) "five"
string(4) "five"
int(1)
int(1)
NULL
string(4) "five"
bool(true)
string(6) "object"
TypeError(0): Quipu\Table::get(): Argument #1 ($key) must be of type string, array given
ArgumentCountError(0): Quipu\Table::get() expects at least 1 argument, 0 given
ArgumentCountError(0): Quipu\Table::get() expects at most 2 arguments, 3 given

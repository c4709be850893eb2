--TEST--
A table as an array
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
$t['a'] = 1;
$t['list'] = [1, 2];
$t[7] = 'seven';
$t['null'] = null;
$t['false'] = false;
$t[''] = 'empty';
var_dump($t['a'], $t['list'][1], $t[7], $t['7'], $t['null'], $t['']);
var_dump(isset($t['a']), isset($t['null']), isset($t['missing']), isset($t['list'][1]), isset($t['list'][5]));
var_dump(empty($t['a']), empty($t['false']), empty($t['missing']), $t['missing'] ?? 'default', $t['null'] ?? 'default', $t['a'] ?? 'default');
unset($t['a'], $t['missing']);
var_dump(isset($t['a']));
var_dump($t['a']);
var_dump($t["bin\0ary"]);
$t['n'] = 5;
$t['n'] += 2;
var_dump($t['n']);
['n' => $n, 'list' => [, $second]] = $t;
var_dump($n, $second);

// By name.
var_dump($t->offsetExists('null'), $t->offsetExists('missing'), $t->offsetGet('n'));
$t->offsetSet('by name', 1);
$t->offsetUnset('n');
var_dump($t['by name'], isset($t['n']), $t->offsetGet('n'));

// What an array could and a table cannot.
attempt(function () use ($t) { $t[] = 1; });
attempt(function () use ($t) { $t['list'][] = 3; });
attempt(function () use ($t) { $t['list']['x'] = 3; });
attempt(function () use ($t) { unset($t['list'][0]); });
attempt(function () use ($t) { $t['by name']++; });
attempt(function () use ($t) { $r = &$t['list']; });
attempt(function () use ($t) { foreach ($t as &$value) {} });
attempt(fn() => $t[[]]);
attempt(function () use ($t) { $t[new stdClass] = 1; });
attempt(function () use ($t) { $t['closure'] = function () {}; });
attempt(fn() => isset($t[[]]));
attempt(function () use ($t) { unset($t[[]]); });
attempt(fn() => $t[str_repeat('l', 65536)]);
attempt(fn() => isset($t[str_repeat('l', 65536)]));
attempt(function () use ($t) { $t[str_repeat('l', 65536)] = 1; });
attempt(function () use ($t) { unset($t[str_repeat('l', 65536)]); });
var_dump($t['list']);
?>
--EXPECTF--
int(1)
int(2)
string(5) "seven"
string(5) "seven"
NULL
string(5) "empty"
bool(true)
bool(false)
bool(false)
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
string(7) "default"
string(7) "default"
int(1)
bool(false)

Warning: Undefined array key "a" in %s015-array.php on line 15
NULL

Warning: Undefined array key "bin" in %s015-array.php on line 16
NULL
int(7)
int(7)
int(2)
bool(true)
bool(false)
int(7)

Warning: Undefined array key "n" in %s015-array.php on line 27
int(1)
bool(false)
NULL
Error(0): Cannot append to a Quipu\Table: it needs a key
Error(0): Cannot change a value of a Quipu\Table in place: read it, change it, and store it (cas() if others write it too)
Error(0): Cannot change a value of a Quipu\Table in place: read it, change it, and store it (cas() if others write it too)
Error(0): Cannot change a value of a Quipu\Table in place: read it, change it, and store it (cas() if others write it too)
Error(0): Cannot change a value of a Quipu\Table in place: read it, change it, and store it (cas() if others write it too)
Error(0): Cannot change a value of a Quipu\Table in place: read it, change it, and store it (cas() if others write it too)
Error(0): An iterator cannot be used with foreach by reference
TypeError(0): Illegal offset type: a key of a Quipu\Table is a string or an int
Error(0): Object of class stdClass could not be converted to string
Exception(0): Serialization of 'Closure' is not allowed
TypeError(0): Illegal offset type: a key of a Quipu\Table is a string or an int
TypeError(0): Illegal offset type: a key of a Quipu\Table is a string or an int
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
Quipu\Exception\TooLong(10): the key is longer than 65,535 bytes: use a hash of it
array(2) {
  [0]=>
  int(1)
  [1]=>
  int(2)
}

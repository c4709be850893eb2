--TEST--
delete, exists and getDelete
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
$t->set('a', false);
var_dump($t->exists('a'), $t->exists('b'), $t->delete('a'), $t->delete('a'), $t->exists('a'));
$t->set('a', ['x' => 1]);
$t->set('n', 5);
$t->set('long', str_repeat('z', 100000));
var_dump($t->getDelete('a'), $t->getDelete('a'), $t->getDelete('a', 'none'), $t->getDelete('n'), strlen($t->getDelete('long')));
var_dump(count($t));
?>
--EXPECT--
bool(true)
bool(false)
bool(true)
bool(false)
bool(false)
array(1) {
  ["x"]=>
  int(1)
}
NULL
string(4) "none"
int(5)
int(100000)
int(0)

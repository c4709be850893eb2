--TEST--
set, add and replace
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
var_dump($t->replace('a', 1), $t->exists('a'), $t->add('a', 1), $t->add('a', 2), $t->get('a'), $t->replace('a', 'three'), $t->get('a'));
var_dump($t->set('a', [4]), $t->get('a'));
// Also null and false are there.
$t->set('null', null);
var_dump($t->add('null', 1), $t->replace('null', false), $t->add('null', 1), $t->get('null'));
?>
--EXPECT--
bool(false)
bool(false)
bool(true)
bool(false)
int(1)
bool(true)
string(5) "three"
NULL
array(1) {
  [0]=>
  int(4)
}
bool(false)
bool(true)
bool(false)
bool(false)

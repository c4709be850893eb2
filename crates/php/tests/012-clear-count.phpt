--TEST--
clear and count
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
for ($i = 0; $i < 1000; $i++) {
    $t->set(($i % 4 ? 'a:' : 'b:') . $i, $i);
}
var_dump(count($t), $t->count(), $t->clear('b:'), count($t), $t->clear('b:'), $t->clear('a:1'), $t->exists('a:1'), $t->exists('a:2'), $t->clear(), count($t), $t->clear());
var_dump(empty($t['x']), $t->incr('again'));
?>
--EXPECT--
int(1000)
int(1000)
int(250)
int(750)
int(0)
int(84)
bool(false)
bool(true)
int(666)
int(0)
int(0)
bool(true)
int(1)

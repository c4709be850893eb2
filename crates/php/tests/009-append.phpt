--TEST--
append
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
var_dump($t->append('log', 'one'), $t->append('log', "\0two"), $t->append('log', ''), $t->get('log') === "one\0two");
var_dump($t->append('empty', ''), $t->get('empty', 'missing'));
$t->set('kept', 'a', 60);
var_dump($t->append('kept', 'b'), is_near($t->ttl('kept'), 60));
$expected = '';
for ($i = 0; $i < 300; $i++) {
    $t->append('long', $piece = str_repeat(chr(65 + $i % 26), $i));
    $expected .= $piece;
}
var_dump(strlen($t->get('long')), $t->get('long') === $expected);
// What is not a string is not appended to, also if its bytes would do.
foreach (['int' => 5, 'float' => 1.5, 'bool' => true, 'null' => null, 'array' => [1], 'object' => new stdClass] as $key => $value) {
    $t->set($key, $value);
    attempt(fn() => $t->append($key, 'x'));
    check($t->get($key) == $value, "$key is as it was");
}
?>
--EXPECT--
int(3)
int(7)
int(7)
bool(true)
int(0)
string(0) ""
int(2)
bool(true)
int(44850)
bool(true)
Quipu\Exception\WrongType(13): the value is no string: delete the key first, or use the method of its type
Quipu\Exception\WrongType(13): the value is no string: delete the key first, or use the method of its type
Quipu\Exception\WrongType(13): the value is no string: delete the key first, or use the method of its type
Quipu\Exception\WrongType(13): the value is no string: delete the key first, or use the method of its type
Quipu\Exception\WrongType(13): the value is no string: delete the key first, or use the method of its type
Quipu\Exception\WrongType(13): the value is no string: delete the key first, or use the method of its type

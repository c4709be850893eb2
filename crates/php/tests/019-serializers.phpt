--TEST--
Serializers: what one writes, all read
--EXTENSIONS--
quipu
igbinary
--FILE--
<?php
require __DIR__ . '/support.inc';
use Quipu\Table;
$name = table_name();
$tables = [];
foreach (['php', 'json', 'igbinary'] as $serializer) {
    $tables[$serializer] = Table::open($name, ['size' => '4mb', 'serializer' => $serializer]);
}
$value = ['list' => [1, 2.5, null, true, "gr\u{fc}n"], 'nested' => ['a' => []]];
foreach ($tables as $writer => $t) {
    $t->set("by $writer", $value);
    foreach ($tables as $reader => $other) {
        check($other->get("by $writer") === $value, "$reader reads what $writer wrote");
    }
}
// Scalars are the same with each.
foreach ($tables as $t) {
    foreach ([1, 1.5, 'text', true, false, null] as $scalar) {
        $t->set('scalar', $scalar);
        check($tables['php']->get('scalar') === $scalar, var_export($scalar, true));
    }
}
// Objects: JSON makes arrays of them.
$object = new ArrayObject(['x' => 1]);
foreach ($tables as $t) {
    $t->set('object', $object);
    var_dump($t->get('object') == $object, is_array($t->get('object')));
}
$tables['json']->set('date', new class implements JsonSerializable {
    public function jsonSerialize(): mixed { return ['as' => 'told']; }
});
var_dump($tables['json']->get('date'));
attempt(fn() => $tables['json']->set('bytes', ["\xff"]));
attempt(fn() => $tables['json']->set('nan', [NAN]));
attempt(fn() => $tables['php']->set('closure', fn() => 1));
attempt(fn() => $tables['igbinary']->set('closure', fn() => 1));
attempt(fn() => $tables['php']->set('file', fopen('php://memory', 'r')));
attempt(fn() => $tables['php']->set('file', [fopen('php://memory', 'r')]));
?>
--EXPECT--
bool(true)
bool(false)
bool(false)
bool(true)
bool(true)
bool(false)
array(1) {
  ["as"]=>
  string(4) "told"
}
Quipu\Exception\Serialization(0): the value is no JSON (texts must be UTF-8, floats finite, and nothing may contain itself): change it, or use another serializer
Quipu\Exception\Serialization(0): the value is no JSON (texts must be UTF-8, floats finite, and nothing may contain itself): change it, or use another serializer
Exception(0): Serialization of 'Closure' is not allowed
Exception(0): Serialization of 'Closure' is not allowed
Quipu\Exception\Serialization(0): a resource cannot be stored: store what it was made from
no exception: NULL

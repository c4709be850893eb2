--TEST--
Every value comes back exactly
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();

class Point
{
    public $x = 1;
    protected $y = 2.5;
    private $z = [true, null];
}

$shared = ['a'];
$values = [
    0, -1, PHP_INT_MAX, PHP_INT_MIN, 0.0, 1.5, -1e300, INF, -INF, PHP_FLOAT_EPSILON,
    '', 'a', '1', '0', '1.0', "seven b", "with \0 and \xff\xfe", str_repeat('x', 7), str_repeat('x', 8), str_repeat("\0", 300),
    true, false, null,
    [], [1, 2, 3], ['k' => ['deep' => [null, false, 1.5, "b\0"]]], [5 => 'five', 'x' => 'y', -3 => null],
];
foreach ($values as $value) {
    $t->set('v', $value);
    check($t->get('v', 'a miss') === $value, 'the same ' . var_export($value, true));
    check(unserialize(serialize($t->get('v'))) === $value, 'a good copy of ' . var_export($value, true));
}
$t->set('nan', NAN);
var_dump(is_nan($t->get('nan')));
$t->set('negative zero', -0.0);
var_dump(1 / fdiv(1, $t->get('negative zero')) === -0.0);

$t->set('object', new Point);
var_dump($t->get('object') == new Point, $t->get('object') === $t->get('object'));
$t->set('date', new DateTimeImmutable('2001-02-03 04:05:06 UTC'));
echo $t->get('date')->format('c'), "\n";

// References within an array survive, and the array that is given is not changed.
$array = ['one' => 1];
$array['two'] = &$array['one'];
$t->set('references', $array);
$back = $t->get('references');
$back['one'] = 2;
var_dump($back['two'], $array['two']);
$reference = &$shared;
$t->set('by reference', $reference);
$shared[] = 'b';
var_dump($t->get('by reference'));

// false and null are told from a miss.
$t->set('false', false);
$t->set('null', null);
var_dump($t->get('false', 'default'), $t->get('null', 'default'), $t->get('missing', 'default'), $t->get('missing'));
// The default may be anything, and is not copied to the table.
var_dump($t->get('missing', [1]), $t->exists('missing'));
?>
--EXPECT--
bool(true)
bool(true)
bool(true)
bool(false)
2001-02-03T04:05:06+00:00
int(2)
int(1)
array(1) {
  [0]=>
  string(1) "a"
}
bool(false)
NULL
string(7) "default"
NULL
array(1) {
  [0]=>
  int(1)
}
bool(false)

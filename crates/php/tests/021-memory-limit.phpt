--TEST--
A value that memory_limit has no room for is an exception
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table(['size' => '64mb']);
$t->set('large', str_repeat('x', 12 << 20));
$t->set('fits', str_repeat('y', 2 << 20));
$t->setMany(['m1' => str_repeat('1', 5 << 20), 'm2' => str_repeat('2', 5 << 20)]);
gc_mem_caches();
ini_set('memory_limit', '8M');
$get = function (callable $call) {
    try {
        $call();
        echo "no exception\n";
    } catch (Quipu\Exception\Memory $thrown) {
        check(str_contains($thrown->getMessage(), 'raise memory_limit'), $thrown->getMessage());
        echo "exception\n";
    }
};
$get(fn() => $t->get('large'));
$get(fn() => $t['large']);
$get(fn() => $t->gets('large', $token));
$get(fn() => $t->getDelete('large'));
$get(fn() => $t->getMany(['fits', 'm1', 'm2']));
$get(fn() => iterator_to_array($t->scan('large')));
$get(fn() => $t->append('large', 'z'));
var_dump($t->exists('large'), strlen($t->get('fits')));
// An array of values, one by one, with little room left.
for ($i = 0; $i < 30; $i++) {
    $t->set("piece $i", str_repeat(chr(65 + $i), 300000));
}
$held = [];
$get(function () use ($t, &$held) {
    for ($i = 0; $i < 30; $i++) {
        $held[] = $t->get("piece $i");
    }
});
$count = count($held);
$held = [];
var_dump($count > 5 && $count < 30);
ini_set('memory_limit', '64M');
var_dump(strlen($t->get('large')), strlen($t->getDelete('large')));
// After a fatal error for want of memory the table is as good as before.
?>
--EXPECT--
exception
exception
exception
exception
exception
exception
exception
bool(true)
int(2097152)
exception
bool(true)
int(12582912)
int(12582912)

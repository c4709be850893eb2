--TEST--
Values of any length
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table(['size' => '512mb']);
ini_set('memory_limit', '512M');
foreach ([7, 8, 8190, 8191, 8192, 8193, 32768, 65535, 65536, 1 << 20, (1 << 21) + 1, 1 << 24] as $length) {
    $value = str_repeat("\x80", $length - 1) . 'e';
    $t->set('v', $value);
    check($t->get('v') === $value, "a string of $length");
    check($t->getMany(['v', 'v']) === ['v' => $value], "getMany of $length");
    foreach ($t as $read) {
        check($read === $value, "scan of $length");
    }
    $t->set('v', [$value, 1]);
    check($t->get('v') === [$value, 1], "an array with $length");
    check($t->getDelete('v') === [$value, 1], "getDelete of $length");
}
$t->set('most', str_repeat('m', 64 << 20));
var_dump(strlen($t->get('most')));
attempt(fn() => $t->set('more', str_repeat('m', (64 << 20) + 1)));
attempt(fn() => $t->append('most', 'm'));
var_dump($t->exists('more'), strlen($t->get('most')));
?>
--EXPECT--
int(67108864)
Quipu\Exception\TooLong(11): the value is longer than 64 MiB: split it over several keys
Quipu\Exception\TooLong(11): the value is longer than 64 MiB: split it over several keys
bool(false)
int(67108864)

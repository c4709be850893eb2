--TEST--
values come back as they went in, as from APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-values
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();

class Sleeper
{
    public $kept = 1;
    public $dropped = 2;
    function __sleep() { echo "sleeps\n"; return ['kept']; }
    function __wakeup() { echo "wakes\n"; }
}
enum Suit: string { case Hearts = 'h'; }

$values = [
    true, false, null, 0, -1, PHP_INT_MAX, PHP_INT_MIN, 1.5, -0.0, INF, -INF, 1e308, 0.1 + 0.2, '', '0', 'text',
    "nul \0 inside", "\xff\xfe", str_repeat('x', 6), str_repeat('x', 7), str_repeat('x', 8), [], [1, 'a' => [2]],
    new ArrayObject([1]), Suit::Hearts,
];
foreach ($values as $number => $value) {
    quipu_store("v$number", $value);
    $back = quipu_fetch("v$number", $success);
    show($success && ($back === $value || is_object($value) && $back == $value), $value);
}
quipu_store('nan', NAN);
show(is_nan(quipu_fetch('nan')));
$long = random_bytes(300000);
quipu_store('long', $long);
show(quipu_fetch('long') === $long);
quipu_store('sleeper', new Sleeper());
show(quipu_fetch('sleeper'));
$shared = [1];
$shared['same'] = &$shared[0];
quipu_store('references', $shared);
$back = quipu_fetch('references');
$back['same'] = 9;
show($back, $shared);
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-values');
--EXPECTF--
true true
true false
true null
true 0
true -1
true 9223372036854775807
true -9223372036854775807-1
true 1.5
true -0.0
true INF
true -INF
true 1.0E+308
true 0.30000000000000004
true ''
true '0'
true 'text'
true hex 6e756c200020696e73696465
true hex fffe
true 'xxxxxx'
true 'xxxxxxx'
true 'xxxxxxxx'
true []
true [0 => 1, 'a' => [0 => 2]]
true ArrayObject[0 => 1]
true Suit['name' => 'Hearts', 'value' => 'h']
true
true
sleeps
wakes
Sleeper['kept' => 1, 'dropped' => 2]
[0 => 9, 'same' => 9] [0 => 1, 'same' => 1]

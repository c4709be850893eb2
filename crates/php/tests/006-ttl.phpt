--TEST--
Times to live
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
$t->set('a', 1);
var_dump($t->ttl('a'), $t->ttl('missing'));
$t->set('a', 1, 60);
var_dump(is_near($t->ttl('a'), 60));
$t->set('a', 1, 1.5);
var_dump(is_near($t->ttl('a'), 1.5));
$t->set('a', 1, '30');
var_dump(is_near($t->ttl('a'), 30));
$t->set('a', 1, INF);
var_dump($t->ttl('a'));
$t->add('b', 1, 20);
$t->replace('a', 1, 10);
var_dump(is_near($t->ttl('b'), 20), is_near($t->ttl('a'), 10));

var_dump($t->touch('a', 100), is_near($t->ttl('a'), 100), $t->touch('a'), $t->ttl('a'), $t->touch('missing', 5));
var_dump($t->expire('a', 50), is_near($t->ttl('a'), 50), $t->expire('a', INF), $t->ttl('a'), $t->expire('missing', 5));
$t->expire('a', 50);
var_dump($t->persist('a'), $t->ttl('a'), $t->persist('missing'));
var_dump($t->expire('a', 0), $t->exists('a'), $t->expire('b', -5), $t->exists('b'), $t->expire('b', 0));

// It ends.
$t->set('short', 'x', 0.05);
$t->set('forever', 'x');
$until = microtime(true) + 10;
while ($t->exists('short') && microtime(true) < $until) {
    usleep(20000);
}
var_dump($t->get('short', 'ended'), $t->get('forever'), $t->add('short', 1));

// The default of the handle; null asks for it, INF says for ever.
$d = table(['ttl' => 30]);
$d->set('a', 1);
$d['b'] = 1;
$d->setMany(['c' => 1]);
$d->incr('d');
$d->incr('e', 1.5);
$d->append('f', 'x');
foreach (['a', 'b', 'c', 'd', 'e', 'f'] as $key) {
    check(is_near($d->ttl($key), 30), "default of $key");
}
$d->set('a', 1, null);
$d->set('b', 1, INF);
$d->set('c', 1, 5);
var_dump(is_near($d->ttl('a'), 30), $d->ttl('b'), is_near($d->ttl('c'), 5));

foreach ([0, -1, 0.0, -0.5, NAN, -INF] as $wrong) {
    attempt(fn() => $t->set('wrong', 1, $wrong));
}
attempt(fn() => $t->touch('forever', 0));
attempt(fn() => $t->incr('wrong', 1, 0, 0));
attempt(fn() => $t->setMany(['wrong' => 1], 0));
attempt(fn() => $t->cas('wrong', null, 1, 0));
attempt(fn() => $t->expire('forever', NAN));
attempt(fn() => $t->set('wrong', 1, 'soon'));
attempt(fn() => $t->set('wrong', 1, 1e12));
attempt(fn() => $t->set('wrong', 1, PHP_INT_MAX));
var_dump($t->exists('wrong'));
?>
--EXPECT--
float(INF)
NULL
bool(true)
bool(true)
bool(true)
float(INF)
bool(true)
bool(true)
bool(true)
bool(true)
bool(true)
float(INF)
bool(false)
bool(true)
bool(true)
bool(true)
float(INF)
bool(false)
bool(true)
float(INF)
bool(false)
bool(true)
bool(false)
bool(true)
bool(false)
bool(false)
string(5) "ended"
string(1) "x"
bool(true)
bool(true)
float(INF)
bool(true)
ValueError(0): Quipu\Table::set(): Argument #3 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::set(): Argument #3 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::set(): Argument #3 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::set(): Argument #3 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::set(): Argument #3 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::set(): Argument #3 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::touch(): Argument #2 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::incr(): Argument #4 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::setMany(): Argument #2 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::cas(): Argument #4 ($ttl) must be greater than 0 seconds; INF is for ever, and null the default of the table
ValueError(0): Quipu\Table::expire(): Argument #2 ($ttl) must be a number of seconds
TypeError(0): Quipu\Table::set(): Argument #3 ($ttl) must be of type int|float|null, string given
Quipu\Exception\TooLong(12): the time to live is longer than half the range of the table's clock: use none, or create the table with longer ticks
Quipu\Exception\TooLong(12): the time to live is longer than half the range of the table's clock: use none, or create the table with longer ticks
bool(false)

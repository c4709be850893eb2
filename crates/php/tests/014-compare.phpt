--TEST--
gets, cas and compareAndSet
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
var_dump($t->gets('a', $token), $token);
var_dump($t->cas('a', $token, 'first'), $t->cas('a', null, 'again'), $t->gets('a', $token), preg_match('/^[0-9a-f]{32}$/', $token));
var_dump($t->cas('a', $token, 'second, which is longer'), $t->cas('a', $token, 'third'), $t->get('a'));
$t->gets('a', $token);
$t->delete('a');
var_dump($t->cas('a', $token, 'gone'), $t->exists('a'));
$t->set('t', [1, 2], 60);
var_dump($t->gets('t', $token), $t->cas('t', $token, [3], 600), is_near($t->ttl('t'), 600));
$t->set('false', false);
var_dump($t->gets('false', $token), $token !== null);

$t->set('d', 'what is deleted later');
$t->gets('d', $token);
$t->set('d', 'what is deleted later');
var_dump($t->deleteIf('d', $token), $t->exists('d'));
$t->gets('d', $token);
var_dump($t->deleteIf('d', $token), $t->exists('d'), $t->deleteIf('d', $token));

// Changes of any kind, by several in turn.
$add = function (string $key, callable $change) use ($t) {
    do {
        $value = $change($t->gets($key, $token));
    } while (!$t->cas($key, $token, $value));
};
for ($i = 0; $i < 100; $i++) {
    $add('list', fn(?array $list) => [...$list ?? [], $i]);
}
var_dump($t->get('list') === range(0, 99));

attempt(fn() => $t->cas('a', 'no token', 1));
attempt(fn() => $t->cas('a', str_repeat('G', 32), 1));
attempt(fn() => $t->cas('a', str_repeat('0', 33), 1));
attempt(fn() => $t->cas('a', '', 1));
attempt(fn() => $t->deleteIf('a', 'no token'));
class Typed { public int $token = 0; }
$typed = new Typed;
attempt(fn() => $t->gets('false', $typed->token));

$t->set('n', 5, 60);
var_dump($t->compareAndSet('n', 4, 6), $t->compareAndSet('n', 5, 6), $t->get('n'), is_near($t->ttl('n'), 60), $t->compareAndSet('missing', 0, 1), $t->exists('missing'));
$t->set('s', '5');
attempt(fn() => $t->compareAndSet('s', 5, 6));
attempt(fn() => $t->compareAndSet('n', 'x', 6));
?>
--EXPECT--
NULL
NULL
bool(true)
bool(false)
string(5) "first"
int(1)
bool(true)
bool(false)
string(23) "second, which is longer"
bool(false)
bool(false)
array(2) {
  [0]=>
  int(1)
  [1]=>
  int(2)
}
bool(true)
bool(true)
bool(false)
bool(true)
bool(false)
bool(true)
bool(true)
bool(false)
bool(false)
bool(true)
ValueError(0): Quipu\Table::cas(): Argument #2 ($token) must be a token of gets()
ValueError(0): Quipu\Table::cas(): Argument #2 ($token) must be a token of gets()
ValueError(0): Quipu\Table::cas(): Argument #2 ($token) must be a token of gets()
ValueError(0): Quipu\Table::cas(): Argument #2 ($token) must be a token of gets()
ValueError(0): Quipu\Table::deleteIf(): Argument #2 ($token) must be a token of gets()
TypeError(0): Cannot assign string to reference held by property Typed::$token of type int
bool(false)
bool(true)
int(6)
bool(true)
bool(false)
bool(false)
Quipu\Exception\WrongType(13): the value is of another type: delete the key first, or use the operation of its type
TypeError(0): Quipu\Table::compareAndSet(): Argument #2 ($old) must be of type int, string given

--TEST--
A table that is full: an error, or eviction
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table(['size' => '1mb']);
$stored = 0;
attempt(function () use ($t, &$stored) {
    for (;;) {
        $t->set("key $stored", str_repeat('v', 1000));
        $stored++;
    }
});
var_dump($stored > 100, count($t) === $stored, $t->get('key 0') === str_repeat('v', 1000));
var_dump($t->delete('key 0'), $t->set('key 0', 'again'), $t->stats()['full'] > 0);

$t = table(['size' => '1mb', 'on_full' => 'evict']);
for ($i = 0; $i < 5000; $i++) {
    $t->set("key $i", str_repeat('v', 1000));
}
var_dump($t->exists('key 4999'), count($t) < 5000, $t->stats()['evicted'] > 0);
?>
--EXPECT--
Quipu\Exception\Full(20): the table has reached its maximum size: delete keys, or dump it and load it into a larger one (`quipu create --max`), or create it with eviction (`--on-full evict`)
bool(true)
bool(true)
bool(true)
bool(true)
NULL
bool(true)
bool(true)
bool(true)
bool(true)

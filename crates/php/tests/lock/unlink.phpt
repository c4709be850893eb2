--TEST--
Table::unlink: those who have the table go on, the name is free
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
require __DIR__ . '/name.inc';
$name = own_table();
$t = Quipu\Table::open($name, ['size' => '8mb']);
$t->set('a', 1);
$t->lock('l');
show($t->isLinked(), $t->unlink(), $t->isLinked(), $t->unlink());
$t->set('b', str_repeat('x', 3000000));
show($t->get('a'), strlen($t->get('b')), $t->holds('l'), $t->lock('m', 0), $t->unlock('l'));

$new = Quipu\Table::open($name, ['size' => '8mb']);
show($new->exists('a'), $new->holds('m'), $new->isLinked(), $t->isLinked());
echo "an old handle does not take the name of a new table away\n";
show($t->unlink(), $new->isLinked(), file_exists("/dev/shm/$name"));

echo "after Table::remove\n";
show(Quipu\Table::remove($name), $new->unlink());

echo "of eight processes one takes it away\n";
$new = Quipu\Table::open($name, ['size' => '8mb']);
$pids = [];
for ($n = 0; $n < 8; $n++) {
    $pids[] = fork(fn() => (int) $new->unlink());
}
show(array_sum(array_map('ended', $pids)), $new->isLinked());
?>
--EXPECT--
true true false false
1 3000000 1 true true
false 0 true false
an old handle does not take the name of a new table away
false true true
after Table::remove
true false
of eight processes one takes it away
1 false

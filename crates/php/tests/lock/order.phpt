--TEST--
Locks and quipu_entry: a holder generates rather than to wait for a generator that waits for the lock
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-lock-order
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
quipu_clear_cache();
$t = Quipu\Table::open('phpt-lock-order');
// Whatever the hashes of the keys are.
foreach (['a', 'b', 'c', 'd'] as $key) {
    $t->lock('l');
    $gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $generator = fork(fn() => quipu_entry($key, function () use ($t, $gate) {
        fwrite($gate[1], 'x');
        return $t->lock('l') ? 'with the lock' : 'without';
    }) === 'mine' ? 0 : 1);
    fread($gate[0], 1);
    until_it_waits($generator);
    show(quipu_entry($key, fn() => 'mine'), $t->unlock('l'), ended($generator), quipu_fetch($key));
}
?>
--CLEAN--
<?php @unlink('/dev/shm/phpt-lock-order');
--EXPECT--
'mine' true 1 'mine'
'mine' true 1 'mine'
'mine' true 1 'mine'
'mine' true 1 'mine'

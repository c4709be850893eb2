--TEST--
Locks: a child of fork has none, takes none from its parent, and keeps none alive
--EXTENSIONS--
quipu
posix
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
require __DIR__ . '/name.inc';
$t = Quipu\Table::open(own_table(), ['size' => '8mb']);

echo "a child has none, and can neither give back nor end what its parent has\n";
$t->lock('l');
$child = fork(fn() => $t->holds('l') * 100 + $t->unlock('l') * 10 + $t->lock('l', 0.01));
show(ended($child), $t->holds('l'));
$child = fork(fn() => posix_kill(getmypid(), SIGKILL));
show(ended($child), $t->holds('l'));
$stranger = fork(fn() => (int) $t->lock('l', 0));
show(ended($stranger));

echo "it gets it when the parent gives it back\n";
$child = fork(fn() => $t->lock('l') && $t->holds('l') === 1 ? 0 : 1);
until_it_waits($child);
$t->unlock('l');
show(ended($child), $t->lock('l', 0), $t->unlock('l'));

echo "the parent dies, its child lives\n";
$gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$parent = fork(function () use ($t, $gate) {
    $t->lock('l');
    $t->lock('idle');
    $t->unlock('idle');
    $child = pcntl_fork();
    if ($child === 0) {
        fread($gate[1], 1);
        exit($t->holds('l'));
    }
    // And one of another program: what a lock is had by does not live on in it.
    $command = proc_open(['sleep', '1000'], [], $pipes);
    fwrite($gate[1], pack('N*', $child, proc_get_status($command)['pid']));
    sleep(1000);
});
[, $child, $command] = unpack('N*', fread($gate[0], 8));
show($t->lock('l', 0));
posix_kill($parent, SIGKILL);
show(ended($parent), posix_kill($child, 0), posix_kill($command, 0));
// Both let go of what they have of their parent with their first steps, which may be still to come.
show($t->lock('l', 1000), $t->unlock('l'));
posix_kill($command, SIGKILL);
fwrite($gate[0], 'x');

echo "a lock that is idle in the parent is the child's own in the child\n";
$gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$t->lock('l');
$t->unlock('l');
$child = fork(fn() => $t->lock('l', 0) && fwrite($gate[1], 'x') && fread($gate[1], 1) ? 0 : 1);
fread($gate[0], 1);
show($t->lock('l', 0));
fwrite($gate[0], 'x');
show(ended($child), $t->lock('l', 0));
?>
--EXPECT--
a child has none, and can neither give back nor end what its parent has
0 1
-9 1
0
it gets it when the parent gives it back
0 true true
the parent dies, its child lives
false
-9 true true
true true
a lock that is idle in the parent is the child's own in the child
false
0 true

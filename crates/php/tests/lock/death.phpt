--TEST--
Locks: a killed holder holds up nobody, a stopped one is not robbed, waiters sleep
--EXTENSIONS--
quipu
posix
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
require __DIR__ . '/name.inc';
$t = Quipu\Table::open(own_table(), ['size' => '8mb']);
$gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);

/** A process that has the lock until it is told to end. */
function holder(Quipu\Table $t, array $gate, bool $shared = false): int
{
    $pid = fork(function () use ($t, $gate, $shared) {
        $t->lock('l', null, $shared);
        fwrite($gate[1], 'x');
        fread($gate[1], 1);
        return $t->unlock('l') ? 7 : 8;
    });
    fread($gate[0], 1);
    return $pid;
}

echo "killed\n";
$holder = holder($t, $gate);
$waiter = fork(fn() => $t->lock('l') ? 0 : 1);
until_it_waits($waiter);
show($t->lock('l', 0), $t->lock('l', 0.05));
posix_kill($holder, SIGKILL);
show(ended($holder), ended($waiter), $t->lock('l', 0), $t->unlock('l'));

echo "stopped\n";
$holder = holder($t, $gate);
posix_kill($holder, SIGSTOP);
pcntl_waitpid($holder, $status, WUNTRACED);
$waiter = fork(fn() => $t->lock('l') ? 0 : 1);
$timed = fork(fn() => $t->lock('l', 1000) ? 0 : 1);
until_it_waits($waiter);
show(pcntl_wifstopped($status), $t->lock('l', 0.3), $t->lock('l', 0, true));
show(pcntl_waitpid($waiter, $status, WNOHANG), pcntl_waitpid($timed, $status, WNOHANG));
posix_kill($holder, SIGCONT);
fwrite($gate[0], 'x');
show(ended($holder), ended($waiter), ended($timed), $t->lock('l', 0), $t->unlock('l'));

echo "killed while it is stopped\n";
$holder = holder($t, $gate);
posix_kill($holder, SIGSTOP);
$timed = fork(fn() => $t->lock('l', 1000) ? 0 : 1);
posix_kill($holder, SIGKILL);
show(ended($holder), ended($timed));

echo "shared: both die before one has it alone\n";
$one = holder($t, $gate, true);
$two = holder($t, $gate, true);
show($t->lock('l', 0, true), $t->unlock('l'), $t->lock('l', 0));
posix_kill($one, SIGKILL);
ended($one);
show($t->lock('l', 0));
posix_kill($two, SIGKILL);
ended($two);
show($t->lock('l', 0));
?>
--EXPECT--
killed
false false
-9 0 true true
stopped
true false false
0 0
7 0 0 true true
killed while it is stopped
-9 0
shared: both die before one has it alone
true true false
false
true

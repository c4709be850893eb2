--TEST--
quipu_entry: a child made by a generator does not keep its turn
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-entry-fork
quipu.size=16mb
display_errors=0
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
quipu_clear_cache();

$gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$first = fork(function () use ($gate) {
    quipu_entry('k', function () use ($gate) {
        $child = pcntl_fork();
        if ($child === 0) {
            // It comes back from the generator too, later, and must end no turn but its own.
            fread($gate[1], 1);
            return 'by the child';
        }
        fwrite($gate[1], pack('N', $child));
        sleep(1000);
    });
});
$child = unpack('N', fread($gate[0], 4))[1];
$second = fork(fn() => quipu_entry('k', fn() => 'by the second') === 'by the second' ? 0 : 1);
until_it_waits($second);
posix_kill($first, SIGKILL);
show(ended($first), ended($second), quipu_fetch('k'));

$second = fork(fn() => quipu_entry('j', function () use ($gate) {
    fwrite($gate[0], 'x');
    fread($gate[0], 1);
    return 'by the second';
}) === 'by the second' ? 0 : 1);
// The child goes on while the second generates.
until_it_is_gone($child);
fwrite($gate[1], 'x');
show(ended($second), quipu_fetch('j'), quipu_fetch('k'));
--CLEAN--
<?php @unlink('/dev/shm/phpt-entry-fork');
--EXPECTF--
-9 0 'by the second'
0 'by the second' 'by the second'

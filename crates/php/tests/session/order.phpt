--TEST--
sessions: a session that is started in a generator waits in no circle
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-session-order
quipu.size=16mb
session.save_handler=quipu
session.save_path=
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
output_buffering=0
--FILE--
<?php
require __DIR__ . '/session.inc';

quipu_clear_cache();
$gates = [stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0), stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0)];
$first = fork(function () use ($gates) {
    start('s');
    $_SESSION['first'] = 1;
    fwrite($gates[0][1], 'x');
    fread($gates[0][1], 1);
    $_SESSION['k'] = quipu_entry('k', fn() => 'by the first');
});
$second = fork(function () use ($gates) {
    $value = quipu_entry('k', function () use ($gates) {
        fwrite($gates[1][1], 'x');
        fread($gates[1][1], 1);
        start('s');
        $_SESSION['second'] = 1;
        session_write_close();
        return 'by the second';
    });
    return in_array($value, ['by the first', 'by the second']) ? 0 : 1;
});
// Each has what the other is going to want.
fread($gates[0][0], 1);
fread($gates[1][0], 1);
fwrite($gates[0][0], 'x');
fwrite($gates[1][0], 'x');
show(ended($first), ended($second));
$held = held('s');
ksort($held);
show(array_keys($held), quipu_fetch('k'));
--CLEAN--
<?php @unlink('/dev/shm/phpt-session-order');
--EXPECTF--
0 0
[0 => 'first', 1 => 'k', 2 => 'second'] 'by the first'

--TEST--
sessions: a lock ends with its process, with exit, and with a fatal error, as with files
--EXTENSIONS--
quipu
posix
--INI--
session.save_handler=quipu
session.save_path=phpt-session-files_death
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
memory_limit=64M
--FILE--
<?php
require __DIR__ . '/session.inc';
ini_set('display_errors', '0');

start('s');
$_SESSION['count'] = 0;
session_write_close();

$ways = [
    'killed' => fn() => posix_kill(getmypid(), SIGKILL),
    'exit' => fn() => exit(3),
    'fatal' => fn() => no_such_function(),
    'timeout' => function () { set_time_limit(1); for (;;); },
    'memory' => fn() => str_repeat('x', 1 << 30),
    'abort' => fn() => session_abort(),
];
foreach ($ways as $name => $way) {
    [$end] = requests(1, function () use ($way) {
        start('s');
        $_SESSION['count']++;
        $way();
    });
    show($name, $end, held('s')['count']);
}

echo "one that waits gets it when the holder is killed\n";
$pipe = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$holder = fork(function () use ($pipe) {
    start('s');
    $_SESSION['count'] = 'torn';
    fwrite($pipe[1], 'held');
    sleep(1000);
});
fread($pipe[0], 4);
$waiter = fork(function () {
    start('s');
    $_SESSION['count'] = is_int($_SESSION['count']) ? 'mine' : 'wrong';
});
until_it_waits($waiter);
posix_kill($holder, SIGSTOP);
posix_kill($holder, SIGKILL);
show(ended($holder), ended($waiter), held('s')['count']);
--CLEAN--
<?php @unlink('/dev/shm/phpt-session-files_death');
--EXPECTF--
'killed' -9 0
'exit' 3 1
'fatal' 255 2
'timeout' 255 3
'memory' 255 4
'abort' 0 4
one that waits gets it when the holder is killed
-9 0 'mine'

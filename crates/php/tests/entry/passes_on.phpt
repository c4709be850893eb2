--TEST--
quipu_entry: a generator that throws, exits, fails or is killed passes the turn on at once
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-entry-passes_on
quipu.size=16mb
memory_limit=64M
display_errors=0
max_execution_time=0
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
quipu_clear_cache();

$ways = [
    'throw' => fn() => throw new DomainException('no'),
    'exit' => fn() => exit(3),
    'fatal' => fn() => no_such_function(),
    'memory' => fn() => str_repeat('x', 1 << 30),
    'timeout' => function () { set_time_limit(1); for (;;); },
    'killed' => fn() => posix_kill(getmypid(), SIGKILL),
    'segfault' => fn() => posix_kill(getmypid(), SIGSEGV),
    'cannot be stored' => fn() => fn() => 1,
];
foreach ($ways as $name => $way) {
    $gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $first = fork(function () use ($name, $way, $gate) {
        // What runs when the request ends must not keep the turn either.
        register_shutdown_function(fn() => fread($gate[1], 1));
        quipu_entry($name, function () use ($way, $gate) {
            fwrite($gate[1], 'generating');
            fread($gate[1], 1);
            return $way();
        });
    });
    fread($gate[0], 10);
    $second = fork(fn() => quipu_entry($name, fn() => 'by the second') === 'by the second' ? 0 : 1);
    until_it_waits($second);
    $before = quipu_exists($name);
    fwrite($gate[0], 'x');
    $end = ended($second);
    fwrite($gate[0], 'x');
    show($name, $before, ended($first), $end, quipu_fetch($name));
}
--CLEAN--
<?php @unlink('/dev/shm/phpt-entry-passes_on');
--EXPECTF--
'throw' false 255 0 'by the second'
'exit' false 3 0 'by the second'
'fatal' false 255 0 'by the second'
'memory' false 255 0 'by the second'
'timeout' false 255 0 'by the second'
'killed' false -9 0 'by the second'
'segfault' false -11 0 'by the second'
'cannot be stored' false 255 0 'by the second'

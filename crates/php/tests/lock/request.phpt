--TEST--
Locks: exit, a fatal error and an exception in a request end its locks, in a server that goes on
--EXTENSIONS--
quipu
posix
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
require __DIR__ . '/name.inc';
$name = own_table();
$script = tempnam('/tmp', 'quipu-phpt-') . '.php';
file_put_contents($script, <<<'PHP'
<?php
$t = Quipu\Table::open($_GET['table'], ['size' => '8mb']);
// 1 in each request, if the one before left nothing.
echo getmypid(), ' ', $t->lock('l', 0) ? $t->holds('l') : 'another has it', "\n";
$t->lock('l');
switch ($_GET['end']) {
    case 'exit': exit;
    case 'fatal': undefined_function();
    case 'memory': str_repeat('x', 1 << 40);
    case 'time': set_time_limit(1); for (;;);
}
PHP);
$port = 20000 + getmypid() % 20000;
$server = proc_open(same_php('-S', "127.0.0.1:$port", $script), [2 => ['file', '/dev/null', 'w']], $pipes);
register_shutdown_function(function () use ($server, $script) {
    proc_terminate($server, SIGKILL);
    unlink($script);
});
$pids = [];
foreach (['exit', 'fatal', 'memory', 'time', 'end', 'end'] as $end) {
    do {
        $answer = @file_get_contents("http://127.0.0.1:$port/?table=$name&end=$end", false,
            stream_context_create(['http' => ['ignore_errors' => true]]));
    } while ($answer === false && usleep(10000) === null);
    [$pid, $count] = explode(' ', explode("\n", $answer)[0], 2);
    $pids[$pid] = true;
    show($end, $count);
}
show(count($pids), Quipu\Table::open($name)->lock('l', 0));
?>
--EXPECT--
'exit' '1'
'fatal' '1'
'memory' '1'
'time' '1'
'end' '1'
'end' '1'
1 true

--TEST--
functions: processes that count, exchange and are killed lose nothing
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-shape-processes
quipu.size=16mb
display_errors=1
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
quipu_clear_cache();

show(array_sum(requests(4, function () {
    for ($round = 0; $round < 20000; $round++) {
        quipu_inc('up');
        quipu_dec('down', 2);
    }
})), quipu_fetch(['up', 'down']));

echo "wrapping\n";
quipu_store('wraps', PHP_INT_MAX - 10000);
requests(4, function () {
    for ($round = 0; $round < 10000; $round++) {
        quipu_inc('wraps');
    }
});
show(quipu_fetch('wraps') === PHP_INT_MIN + 29999);

echo "quipu_cas\n";
quipu_store('exchanged', 0);
requests(4, function () {
    for ($done = 0; $done < 5000; ) {
        $seen = quipu_fetch('exchanged');
        $done += quipu_cas('exchanged', $seen, $seen + 1) ? 1 : 0;
    }
});
show(quipu_fetch('exchanged'));

echo "killed\n";
$sum = 0;
for ($kill = 0; $kill < 100; $kill++) {
    $pipe = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $pid = fork(function () use ($pipe) {
        for ($done = 1; ; $done++) {
            quipu_inc('acknowledged');
            quipu_store('value ' . $done % 100, str_repeat('x', $done % 3000));
            quipu_entry('entry ' . $done % 50, fn($key) => "of $key");
            quipu_delete('entry ' . ($done + 25) % 50);
            fwrite($pipe[1], '.');
        }
    });
    fclose($pipe[1]);
    stream_set_blocking($pipe[0], true);
    $told = strlen(fread($pipe[0], 1));
    usleep(random_int(0, 3000));
    posix_kill($pid, SIGKILL);
    ended($pid);
    $sum += $told + strlen(stream_get_contents($pipe[0]));
}
$counted = quipu_fetch('acknowledged');
show($counted >= $sum && $counted <= $sum + 100);
foreach (new QuipuIterator('/^value/') as $item) {
    if (trim($item['value'], 'x') !== '') {
        echo "torn: $item[key]\n";
    }
}
show(quipu_entry('entry 1', fn($key) => "of $key"));
--CLEAN--
<?php @unlink('/dev/shm/phpt-shape-processes');
--EXPECTF--
0 ['up' => 80000, 'down' => -160000]
wrapping
true
quipu_cas
20000
killed
true
'of entry 1'

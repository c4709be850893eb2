--TEST--
quipu_entry: of eight processes one generates, the others sleep until it is done
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-entry-one_generates
quipu.size=16mb
display_errors=0
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
quipu_clear_cache();

$gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$pids = [];
for ($number = 0; $number < 8; $number++) {
    $pids[] = fork(function () use ($gate) {
        $value = quipu_entry('slow', function ($key) use ($gate) {
            quipu_inc('generated');
            // Until the test has seen the others wait.
            fread($gate[1], 1);
            return "made for $key";
        }, 100);
        return $value === 'made for slow' ? 0 : 1;
    });
}
$waiting = 0;
foreach ($pids as $pid) {
    $waiting += waits_or_reads($pid) ? 1 : 0;
}
show($waiting, quipu_fetch('generated'), quipu_exists('slow'));
fwrite($gate[0], 'x');
show(array_sum(array_map('ended', $pids)), quipu_fetch('generated'), quipu_fetch('slow'), left(quipu_key_info('slow')['ttl']));

echo "other keys do not wait\n";
$gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
$slow = fork(fn() => quipu_entry('first', fn() => fread($gate[1], 1)) === 'x' ? 0 : 1);
show(waits_or_reads($slow), quipu_entry('second', fn() => 2), quipu_inc('third'), quipu_fetch('first'));
fwrite($gate[0], 'x');
show(ended($slow), quipu_fetch('first'));

echo "under load\n";
quipu_clear_cache();
$ends = requests(8, function () {
    for ($key = 0; $key < 300; $key++) {
        if (quipu_entry("k$key", fn() => quipu_inc("made $key") * 1000 + $key) !== 1000 + $key) {
            return 1;
        }
    }
});
show($ends);
show(array_sum(quipu_fetch(array_map(fn($key) => "made $key", range(0, 299)))));
--CLEAN--
<?php @unlink('/dev/shm/phpt-entry-one_generates');
--EXPECTF--
8 1 false
0 1 'made for slow' 100
other keys do not wait
true 2 1 false
0 'x'
under load
[0 => 0, 1 => 0, 2 => 0, 3 => 0, 4 => 0, 5 => 0, 6 => 0, 7 => 0]
300

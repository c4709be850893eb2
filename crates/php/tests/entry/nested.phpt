--TEST--
quipu_entry: nested generators wait for each other in no circle
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-entry-nested
quipu.size=16mb
display_errors=0
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
quipu_clear_cache();

// Whatever the order of their locks is: of both pairs one is against it.
foreach ([['a', 'b'], ['c', 'd'], ['e', 'f'], ['g', 'h']] as [$one, $other]) {
    $gates = [stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0), stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0)];
    $crossed = function (string $outer, string $inner, $gate) {
        return quipu_entry($outer, function () use ($inner, $gate) {
            fwrite($gate[1], 'x');
            fread($gate[1], 1);
            return 'outer with ' . quipu_entry($inner, fn() => 'inner');
        });
    };
    $pids = [
        fork(fn() => is_string($crossed($one, $other, $gates[0])) ? 0 : 1),
        fork(fn() => is_string($crossed($other, $one, $gates[1])) ? 0 : 1),
    ];
    // Both have the turn of their outer key.
    foreach ($gates as $gate) {
        fread($gate[0], 1);
    }
    foreach ($gates as $gate) {
        fwrite($gate[0], 'x');
    }
    show(array_map('ended', $pids), count(quipu_fetch([$one, $other])));
}

echo "many at once\n";
$ends = requests(8, function (int $number) {
    for ($round = 0; $round < 100; $round++) {
        $keys = ["x$round", "y$round", "z$round"];
        shuffle($keys);
        [$a, $b, $c] = $keys;
        quipu_entry($a, fn() => 'a' . quipu_entry($b, fn() => 'b' . quipu_entry($c, fn() => 'c')));
    }
});
show(array_sum($ends), count(iterator_to_array(new QuipuIterator('/^[xyz]\d/', QUIPU_ITER_NONE))));
--CLEAN--
<?php @unlink('/dev/shm/phpt-entry-nested');
--EXPECTF--
[0 => 0, 1 => 0] 2
[0 => 0, 1 => 0] 2
[0 => 0, 1 => 0] 2
[0 => 0, 1 => 0] 2
many at once
0 300

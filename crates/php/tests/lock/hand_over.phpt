--TEST--
Locks: 1,000 contended hand-overs by four processes, never two holders at once
--EXTENSIONS--
quipu
posix
--FILE--
<?php
require __DIR__ . '/../show.inc';
require __DIR__ . '/../processes.inc';
require __DIR__ . '/name.inc';
$t = Quipu\Table::open(own_table(), ['size' => '8mb']);

/** Until there were so many hand-overs from one process to another: adds by a read and a write, which others may not see. */
function compete(Quipu\Table $t, int $number, int $handovers, ?float $timeout): int
{
    do {
        if (!$t->lock('l', $timeout)) {
            return 1;
        }
        if ($t->incr('inside') !== 1) {
            return 2;
        }
        $count = $t->get('count', 0);
        if ($t->get('last', $number) !== $number) {
            $t->incr('handovers');
        }
        $t->set('last', $number);
        // Give the others time to be wrong.
        if ($count % 4 === 0) {
            usleep(50);
        }
        $t->set('count', $count + 1);
        $t->incr("of $number");
        $done = $t->get('handovers', 0) >= $handovers;
        $t->decr('inside');
        $t->unlock('l');
        // Let somebody else have it.
        usleep(1);
    } while (!$done);
    return 0;
}

// Two wait in the kernel, and two with a time.
$ends = requests(4, fn(int $number) => compete($t, $number, 1000, $number < 2 ? null : 1000));
$sum = array_sum($t->getMany(['of 0', 'of 1', 'of 2', 'of 3'], 0));
show(array_sum($ends), $t->get('handovers') >= 1000, $t->get('count') === $sum, $t->get('inside'));

echo "and holders that are killed\n";
$t->clear();
$pids = [];
for ($number = 0; $number < 4; $number++) {
    $pids[] = fork(function () use ($t) {
        for (;;) {
            $t->lock('l');
            $count = $t->get('count', 0);
            $t->incr('exact');
            $t->set('count', $count + 1);
            $t->unlock('l');
        }
    });
}
foreach ($pids as $pid) {
    $seen = $t->get('exact', 0);
    while ($t->get('exact', 0) < $seen + 200) {
        usleep(100);
    }
    posix_kill($pid, SIGKILL);
    ended($pid);
}
// Each may have been killed between its two additions.
$lost = $t->get('exact') - $t->get('count');
show($lost >= 0 && $lost <= 4, $t->lock('l', 0));
?>
--EXPECT--
0 true true 0
and holders that are killed
true true

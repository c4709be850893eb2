<?php
// A progress bar: a forked child does the work and counts, its parent shows how far it is. It ends as it should also
// when the child is killed.
//
//   php -d extension=quipu progress.php [STEPS] [DIE_AT]

use Quipu\Table;

/** What the child does: so many steps, each counted. Dies at one of them if that is asked for. */
function work(Table $table, int $steps, ?int $die_at): never
{
    $table->set('state', 'working');
    for ($step = 1; $step <= $steps; $step++) {
        usleep(1000);
        if ($step === $die_at) {
            posix_kill(getmypid(), SIGKILL);
        }
        $table->set('file', "file-$step.txt");
        $table->incr('done');
    }
    $table->set('state', 'finished');
    exit(0);
}

/** One line, which is written over by the next. */
function bar(int $done, int $steps, string $file): string
{
    $filled = intdiv(40 * $done, max(1, $steps));
    return sprintf("\r[%s%s] %d/%d %s", str_repeat('#', $filled), str_repeat('.', 40 - $filled), $done, $steps, $file);
}

function main(int $steps, ?int $die_at): int
{
    $name = 'example-progress-' . getmypid();
    $table = Table::open($name, ['size' => '1mb']);
    $table->setMany(['done' => 0, 'file' => '', 'state' => 'starting']);
    $pid = pcntl_fork();
    if ($pid === 0) {
        work($table, $steps, $die_at);
    }
    $before = 0;
    do {
        $is_over = pcntl_waitpid($pid, $status, WNOHANG) === $pid;
        $now = $table->getMany(['done', 'file', 'state']);
        echo bar($now['done'], $steps, $now['file']);
        if ($now['done'] < $before) {
            fwrite(STDERR, "\nit went backwards\n");
            return 2;
        }
        $before = $now['done'];
        usleep(20000);
    } while (!$is_over);
    echo "\n", $now['state'] === 'finished' ? 'finished' : "the worker has died after $now[done] of $steps steps", "\n";
    Table::remove($name);
    return $now['state'] === 'finished' ? 0 : 1;
}

exit(main((int) ($argv[1] ?? 300), isset($argv[2]) ? (int) $argv[2] : null));

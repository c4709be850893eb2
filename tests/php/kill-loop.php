<?php
/**
 * Workers of PHP that write in a loop are killed by SIGKILL, 500 times (or as often as the argument says), while one that
 * is not killed goes on. Each tells what was acknowledged to it: none of that may be missing afterwards, and nobody may
 * wait for the dead.
 */
use Quipu\Table;

$kills = (int) ($argv[1] ?? 500);
$name = 'quipu-kill-loop-' . getmypid();
$table = Table::open($name, ['size' => '64mb']);
$parent = getmypid();
register_shutdown_function(fn() => getmypid() === $parent && Table::remove($name));

/** Writes of every kind; after each, the number of it goes to the pipe, which outlives the writer. */
function work(Table $table, int $worker, $pipe): never
{
    for ($i = 1; ; $i++) {
        $table->incr('hits');
        $table->incr("worker $worker");
        $table->set("value $worker", str_repeat(chr(65 + $i % 26), $i * 37 % 3000));
        $table->set("kept $worker:$i", $i);
        $table->append("log $worker", '.');
        $table->set("array $worker", ['i' => $i, 'text' => str_repeat('x', $i * 13 % 500)], 60);
        $table->delete("array $worker");
        do {
            $sum = $table->gets('shared', $token) ?? [0];
            $sum[0]++;
        } while (!$table->cas('shared', $token, $sum));
        // One write of few bytes to a pipe is whole or not there.
        fwrite($pipe, pack('P', $i));
    }
}

function start(Table $table, int $worker): array
{
    [$read, $write] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
    $pid = pcntl_fork();
    if ($pid === 0) {
        fclose($read);
        work($table, $worker, $write);
    }
    fclose($write);
    return [$pid, $read];
}

/** The last round that a worker said was done. */
function last_round($pipe): int
{
    $bytes = stream_get_contents($pipe);
    return $bytes === '' ? 0 : unpack('P', substr($bytes, -(8 + strlen($bytes) % 8), 8))[1];
}

$errors = [];
$rounds = $survived = 0;
$longest = 0.0;
for ($worker = 0; $worker < $kills; $worker++) {
    [$pid, $pipe] = start($table, $worker);
    usleep(mt_rand(500, 12000));
    posix_kill($pid, SIGKILL);
    pcntl_waitpid($pid, $status);
    $last = last_round($pipe);
    $rounds += $last;
    // Everything of its rounds is there, and of the one under way at most one more.
    $begin = microtime(true);
    $count = $table->get("worker $worker", 0);
    $log = strlen($table->get("log $worker", ''));
    if ($count < $last || $count > $last + 1 || $log < $last || $log > $last + 1) {
        $errors[] = "worker $worker: $last rounds, counted $count, logged $log";
    }
    for ($i = 1; $i <= $last; $i++) {
        if ($table->get("kept $worker:$i") !== $i) {
            $errors[] = "worker $worker: what it stored in round $i is lost";
        }
        $table->delete("kept $worker:$i");
    }
    $value = $table->get("value $worker", '');
    if ($value !== '' && $value !== str_repeat($value[0], strlen($value))) {
        $errors[] = "worker $worker: a torn value";
    }
    foreach (["kept $worker:" . ($last + 1), "value $worker", "log $worker", "array $worker"] as $key) {
        $table->delete($key);
    }
    $survived += $table->incr('survivor') > 0;
    $longest = max($longest, microtime(true) - $begin);
}
$hits = $table->get('hits', 0);
$shared = $table->get('shared', [0])[0];
if ($hits < $rounds || $hits > $rounds + $kills || $shared < $rounds || $shared > $rounds + $kills || $survived !== $kills) {
    $errors[] = "$rounds rounds, $hits hits, $shared shared, $survived of $kills survived";
}
$table->maintain();
if ($rounds < $kills) {
    $errors[] = "only $rounds rounds: the workers were killed before they did anything";
}
printf("%d kills, %d rounds, longest look after a kill %.1f ms, %d processes left\n", $kills, $rounds, 1000 * $longest,
    $table->stats()['processes']);
foreach (array_slice($errors, 0, 20) as $error) {
    echo "ERROR: $error\n";
}
exit($errors === [] ? 0 : 1);

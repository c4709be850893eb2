<?php
/** Turns that alternate, in one process or several. */
declare(strict_types=1);

/**
 * @param list<Store> $stores
 * @return array{operation: string, processes: int, entrants: list<array{name: string, per_second: list<float>}>}
 */
function contest(array $stores, string $operation, int $processes, int $rounds, float $turn): array
{
    $entrants = array_values(array_filter($stores, fn (Store $store) => $store->loop($operation) !== null));
    $times = [];
    foreach ($entrants as $i => $store) {
        $store->fill($operation);
        $times[$i] = calibrate($store->loop($operation), $turn);
    }
    $crew = $processes > 1 ? new Crew($entrants, $operation, $processes) : null;
    $rates = array_fill(0, count($entrants), []);
    for ($round = 0; $round < $rounds; $round++) {
        foreach (array_keys($entrants) as $place) {
            $i = ($place + $round) % count($entrants);
            $rates[$i][] = $crew?->run($i, $times[$i]) ?? rate($entrants[$i]->loop($operation), $times[$i]);
        }
    }
    $crew?->end();
    $named = fn (Store $store, array $rates) => ['name' => $store->name, 'per_second' => $rates];
    return ['operation' => $operation, 'processes' => $processes, 'entrants' => array_map($named, $entrants, $rates)];
}

/** How many operations take about a turn. */
function calibrate(callable $loop, float $turn): int
{
    for ($n = 64; ; $n *= 2) {
        $start = hrtime(true);
        $loop($n);
        $seconds = (hrtime(true) - $start) / 1e9;
        if ($seconds > $turn / 4) {
            return max(64, (int) ($n * $turn / $seconds));
        }
    }
}

/** Operations a second. */
function rate(callable $loop, int $n): float
{
    $start = hrtime(true);
    $loop($n);
    return $n / ((hrtime(true) - $start) / 1e9);
}

/** Processes that do the same at the same time. */
final class Crew
{
    /** @var list<resource> */
    private array $pipes = [];

    /** @param list<Store> $entrants */
    public function __construct(array $entrants, string $operation, int $processes)
    {
        for ($n = 0; $n < $processes; $n++) {
            [$ours, $theirs] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            $child = pcntl_fork();
            if ($child === 0) {
                fclose($ours);
                self::work($theirs, $entrants, $operation);
                posix_kill(posix_getpid(), SIGKILL); // Without the parent's destructors.
            }
            fclose($theirs);
            $this->pipes[] = $ours;
        }
    }

    /**
     * @param resource $pipe
     * @param list<Store> $entrants
     */
    private static function work($pipe, array $entrants, string $operation): void
    {
        foreach ($entrants as $store) {
            $store->open();
        }
        while (($order = fgets($pipe)) !== false) {
            [$i, $n, $begin] = array_map('intval', explode(' ', $order));
            $loop = $entrants[$i]->loop($operation);
            while (hrtime(true) < $begin) {
            }
            $rate = rate($loop, $n);
            fwrite($pipe, "$rate\n");
        }
    }

    /** The sum of their rates. */
    public function run(int $entrant, int $n): float
    {
        $begin = hrtime(true) + 2_000_000;
        foreach ($this->pipes as $pipe) {
            fwrite($pipe, "$entrant $n $begin\n");
        }
        return array_sum(array_map(fn ($pipe) => (float) fgets($pipe), $this->pipes));
    }

    public function end(): void
    {
        array_map(fclose(...), $this->pipes);
        while (pcntl_wait($status) > 0) {
        }
    }
}

/**
 * Kills workers in the middle of a loop of writes, again and again.
 *
 * @return array{stalls: int, lost: int, longest_ms: float}
 */
function kills(int $kills): array
{
    $table = Quipu\Table::open('quipu-bench-php-kills', ['size' => '16mb']);
    $keys = keys();
    foreach ($keys as $key) {
        $table->set($key, 'there');
    }
    [$stalls, $lost, $longest] = [0, 0, 0.0];
    for ($kill = 0; $kill < $kills; $kill++) {
        $child = pcntl_fork();
        if ($child === 0) {
            for ($i = 0; ; $i++) {
                $table->set($keys[$i & 1023], str_repeat('x', $i % 500));
                $table->incr('total');
            }
        }
        usleep(random_int(500, 4000));
        posix_kill($child, SIGKILL);
        pcntl_waitpid($child, $status);
        $start = hrtime(true);
        foreach ($keys as $key) {
            $lost += $table->exists($key) ? 0 : 1;
            $table->incr('survivor');
        }
        $milliseconds = (hrtime(true) - $start) / 1e6;
        $longest = max($longest, $milliseconds);
        $stalls += $milliseconds > 1000 ? 1 : 0;
    }
    Quipu\Table::remove('quipu-bench-php-kills');
    return ['stalls' => $stalls, 'lost' => $lost, 'longest_ms' => round($longest, 1)];
}

<?php
// A rate limiter for any number of processes: so many requests in so many seconds for each client.
//
//   php -d extension=quipu rate_limiter.php        has eight processes ask at once, and checks what they were told

use Quipu\Table;

final class RateLimiter
{
    public function __construct(
        private readonly Table $table,
        private readonly int $requests,
        private readonly int $seconds,
    ) {}

    /** Whether a client may go on. One step for all processes: of 100 that ask for the last place, one gets it. */
    public function allows(string $client, ?int $now = null): bool
    {
        return $this->count($client, $now ?? time()) <= $this->requests;
    }

    /** How many requests a client has left now. */
    public function left(string $client, ?int $now = null): int
    {
        return max(0, $this->requests - $this->table->get($this->key($client, $now ?? time()), 0));
    }

    /** Counts a request. Its counter lives as long as its window, and ends by itself. */
    private function count(string $client, int $now): int
    {
        return $this->table->incr($this->key($client, $now), 1, ttl: $this->seconds);
    }

    private function key(string $client, int $now): string
    {
        return 'rate:' . intdiv($now, $this->seconds) . ":$client";
    }
}

/** Eight processes ask 5,000 times each for a client that they share and one that they do not, in two windows. */
function main(): int
{
    $name = 'example-rate-' . getmypid();
    $table = Table::open($name, ['size' => '16mb']);
    $limiter = new RateLimiter($table, requests: 10000, seconds: 60);
    $pids = [];
    for ($process = 0; $process < 8; $process++) {
        if (($pids[] = pcntl_fork()) === 0) {
            foreach ([6000, 6060] as $now) {
                for ($request = 0; $request < 5000; $request++) {
                    $table->incr($limiter->allows('203.0.113.7', $now) ? "allowed $now" : "refused $now");
                    $table->incr($limiter->allows("client $process", $now) ? 'allowed alone' : 'refused alone');
                }
            }
            exit(0);
        }
    }
    foreach ($pids as $pid) {
        pcntl_waitpid($pid, $status);
    }
    $told = $table->getMany(['allowed 6000', 'refused 6000', 'allowed 6060', 'refused 6060', 'allowed alone', 'refused alone']);
    $left = [$limiter->left('203.0.113.7', 6000), $limiter->left('203.0.113.8', 6000)];
    Table::remove($name);
    foreach ($told as $what => $count) {
        echo "$what: ", $count ?? 0, "\n";
    }
    return array_values($told) === [10000, 30000, 10000, 30000, 80000, null] && $left === [0, 10000] ? 0 : 1;
}

if (PHP_SAPI === 'cli' && realpath($argv[0]) === __FILE__) {
    exit(main());
}

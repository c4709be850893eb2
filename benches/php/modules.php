<?php
/**
 * The case of 2009: a RADIUS server asks a PHP module over a pipe, pair by pair in ASCII, and the module has three
 * counters to step before it answers (OpenRADIUS, doc-module-interface).
 */
declare(strict_types=1);

const COUNTERS_KEPT_IN = [
    'none' => 'no counters',
    'quipu' => 'Quipu',
    'sysv' => 'SysV memory and semaphore',
    'persistent' => 'memcached, one connection',
    'reconnecting' => 'memcached, a connection per request',
];

/** @return list<array{name: string, per_second: list<float>}> */
function modules(string $directory, string $socket, int $rounds, float $turn): array
{
    $modules = [];
    foreach (array_keys(COUNTERS_KEPT_IN) as $kind) {
        $modules[$kind] = new Module($kind, $directory, $socket);
        $modules[$kind]->rate(0.02);
    }
    $kinds = array_keys($modules);
    $rates = [];
    for ($round = 0; $round < $rounds; $round++) {
        foreach (array_keys($kinds) as $place) {
            $kind = $kinds[($place + $round) % count($kinds)];
            $rates[$kind][] = $modules[$kind]->rate($turn);
        }
    }
    array_map(fn (Module $module) => $module->end(), $modules);
    return array_map(
        fn (string $kind) => ['name' => COUNTERS_KEPT_IN[$kind], 'per_second' => $rates[$kind]],
        $kinds
    );
}

/** A module process, and the pipes to it. */
final class Module
{
    private const REQUEST = "User-Name = \"ada\"\nNAS-IP-Address = 192.0.2.1\nAcct-Status-Type = 3\n\n";
    /** @var resource */
    private $process;
    /** @var list<resource> */
    private array $pipes;

    public function __construct(string $kind, string $directory, string $socket)
    {
        $command = [PHP_BINARY, ...flags(), __DIR__ . '/module.php', $kind, $directory, $socket];
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w']], $pipes);
        $this->process = $process ?: throw new RuntimeException('cannot start a module');
        $this->pipes = $pipes;
    }

    /** Requests a second, one at a time. */
    public function rate(float $seconds): float
    {
        [$to, $from] = $this->pipes;
        $start = hrtime(true);
        $end = $start + (int) ($seconds * 1e9);
        for ($n = 0; ($now = hrtime(true)) < $end; $n++) {
            fwrite($to, self::REQUEST);
            while (($line = fgets($from)) !== "\n") {
                $line !== false || throw new RuntimeException('a module has ended');
            }
        }
        return $n / (($now - $start) / 1e9);
    }

    public function end(): void
    {
        array_map(fclose(...), $this->pipes);
        proc_close($this->process);
    }
}

/**
 * The extensions of this process, for another one.
 *
 * @return list<string>
 */
function flags(): array
{
    $flags = explode(' ', (string) getenv('QUIPU_BENCH_PHP_FLAGS'));
    return array_values(array_filter($flags, fn (string $flag) => $flag !== ''));
}

<?php
/**
 * Measures Quipu in PHP beside what its users have today; scripts/bench-php runs it and says what it needs.
 *
 *     php bench.php WORK_DIRECTORY MEMCACHED_SOCKET [--quick] > figures.json
 *
 * Every entrant of a contest has turns that alternate, and each round begins with another one; a turn is a plain loop
 * over 1,024 keys of 20 bytes, and what the loop itself takes counts for all of them. Two processes are forked before
 * the first round and begin each turn together.
 */
declare(strict_types=1);

require __DIR__ . '/stores.php';
require __DIR__ . '/contest.php';
require __DIR__ . '/modules.php';

[, $directory, $socket] = $argv;
$quick = in_array('--quick', $argv, true);
$rounds = 7;
$turn = $quick ? 0.01 : 0.08;
$stores = stores($directory, $socket);
$figures = [
    'machine' => processor() . ', ' . trim((string) shell_exec('nproc')) . ' processors',
    'date' => gmdate('Y-m-d'),
    'commit' => trim((string) shell_exec('git rev-parse --short HEAD')),
    'php' => PHP_VERSION,
    'opcache' => (bool) ini_get('opcache.enable_cli'),
    'versions' => versions($stores),
];

foreach (['get', 'set', 'incr'] as $operation) {
    foreach ([1, 2] as $processes) {
        progress("$operation, $processes " . ($processes === 1 ? 'process' : 'processes'));
        $figures['contests'][] = contest($stores, $operation, $processes, $rounds, $turn);
    }
}
progress('module loop');
$figures['modules'] = modules($directory, $socket, $rounds, $quick ? 0.1 : 0.5);
progress('kills');
$figures['kills'] = $quick ? 20 : 500;
$figures['killed'] = kills($figures['kills']);
foreach ($stores as $store) {
    $store->end();
}
echo json_encode($figures, JSON_PRETTY_PRINT | JSON_THROW_ON_ERROR), "\n";

function progress(string $what): void
{
    fprintf(STDERR, "%s\n", $what);
}

function processor(): string
{
    preg_match('/^model name\s*:\s*(.*)$/m', (string) file_get_contents('/proc/cpuinfo'), $found);
    return $found[1] ?? 'unknown processor';
}

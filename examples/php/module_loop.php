<?php
// A module behind a pipe: a server writes one line for each request to a PHP process that stays, and waits for its
// answer, as mail and RADIUS servers do. The module keeps three counters for each request: of all, of the user, and of
// the client. With which store, is what is compared:
//
//   none                    no counters: the loop by itself
//   quipu                   three counters in a table
//   memcached persistent    three increments over one connection
//   memcached reconnecting  a new connection for each request
//   sysvshm                 one serialised array in a segment, behind a semaphore (as in 2009)
//
//   php -d extension=quipu module_loop.php [REQUESTS] [ROUNDS]
//
// Prints requests a second (the median of the rounds, which take turns), and fails if a counter is not exact.

use Quipu\Table;

const USERS = 1000;
const CLIENTS = 10;

/** The counters of a request: name and number, the third for whom it is. */
function names(int $request): array
{
    return ['all', 'user:' . $request * 7919 % USERS, 'client:' . $request % CLIENTS];
}

/** One that counts nothing. */
final class None
{
    function count(array $names): void {}
    function total(string $name): ?int { return null; }
}

final class InQuipu
{
    private Table $table;
    function __construct(string $home) { $this->table = Table::open(basename($home) . '-table', ['size' => '16mb']); }
    function count(array $names): void
    {
        foreach ($names as $name) {
            $this->table->incr($name);
        }
    }
    function total(string $name): int { return $this->table->get($name, 0); }
}

final class InMemcached
{
    private ?Memcached $connection = null;
    function __construct(private string $home, private bool $reconnects) {}
    private function connection(): Memcached
    {
        if ($this->connection === null || $this->reconnects) {
            $this->connection = new Memcached();
            // Counters of missing keys are a matter of the binary protocol.
            $this->connection->setOption(Memcached::OPT_BINARY_PROTOCOL, true);
            $this->connection->addServer("$this->home/memcached", 0);
        }
        return $this->connection;
    }
    private function key(string $name): string { return ($this->reconnects ? 'r' : 'p') . $name; }
    function count(array $names): void
    {
        $connection = $this->connection();
        foreach ($names as $name) {
            $connection->increment($this->key($name), 1, 1);
        }
    }
    function total(string $name): int { return (int) $this->connection()->get($this->key($name)); }
}

final class InSharedArray
{
    private SysvSharedMemory $memory;
    private SysvSemaphore $semaphore;
    function __construct(string $home)
    {
        touch("$home/key");
        $this->memory = shm_attach(ftok("$home/key", 'm'), 1 << 20, 0600);
        $this->semaphore = sem_get(ftok("$home/key", 's'), 1, 0600);
    }
    function count(array $names): void
    {
        sem_acquire($this->semaphore);
        $counters = shm_has_var($this->memory, 1) ? shm_get_var($this->memory, 1) : [];
        foreach ($names as $name) {
            $counters[$name] = ($counters[$name] ?? 0) + 1;
        }
        shm_put_var($this->memory, 1, $counters);
        sem_release($this->semaphore);
    }
    function total(string $name): int { return shm_has_var($this->memory, 1) ? shm_get_var($this->memory, 1)[$name] ?? 0 : 0; }
    function remove(): void { shm_remove($this->memory); sem_remove($this->semaphore); }
}

function store(string $name, string $home): object
{
    return match ($name) {
        'none' => new None(),
        'quipu' => new InQuipu($home),
        'memcached persistent' => new InMemcached($home, false),
        'memcached reconnecting' => new InMemcached($home, true),
        'sysvshm' => new InSharedArray($home),
    };
}

/** The module: a line in, a line out. */
function module(string $name, string $home): void
{
    $store = store($name, $home);
    while (($line = fgets(STDIN)) !== false) {
        $store->count(names((int) $line));
        echo "ok\n";
    }
}

/** The server's side: sends requests to a module, one after the other. Returns requests a second. */
function serve(string $name, string $home, int $requests): float
{
    $command = [PHP_BINARY, ...arguments(), __FILE__, 'module', $name, $home];
    $module = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], STDERR], $pipes);
    $ask = function (int $request) use ($pipes) {
        fwrite($pipes[0], "$request\n");
        if (fgets($pipes[1]) !== "ok\n") {
            throw new RuntimeException("the module has no answer to $request");
        }
    };
    // The first one waits until it has started.
    $ask(0);
    $start = hrtime(true);
    for ($request = 1; $request < $requests; $request++) {
        $ask($request);
    }
    $seconds = (hrtime(true) - $start) / 1e9;
    fclose($pipes[0]);
    proc_close($module);
    return ($requests - 1) / $seconds;
}

/** What PHP needs to know of this process to load the same extension. */
function arguments(): array
{
    $arguments = [];
    foreach (explode("\0", file_get_contents('/proc/self/cmdline')) as $argument) {
        if (str_starts_with($argument, 'extension=') || $argument === '-n') {
            $arguments = [...$arguments, ...($argument === '-n' ? ['-n'] : ['-d', $argument])];
        }
    }
    return $arguments;
}

/** A memcached of our own. Null: it is not installed. */
function memcached(string $home): mixed
{
    $program = trim((string) shell_exec('command -v memcached'));
    if ($program === '' || !extension_loaded('memcached')) {
        return null;
    }
    $user = posix_getpwuid(posix_geteuid())['name'];
    $server = proc_open([$program, '-s', "$home/memcached", '-u', $user], [], $pipes);
    while (!file_exists("$home/memcached")) {
        usleep(10000);
    }
    return $server;
}

/**
 * Keeps this process, and those that it starts from now on, on one processor: server and module take turns anyway, and
 * what it costs to wake the other one on another processor varies more than what is compared.
 */
function stay(): void
{
    if (preg_match('/^Cpus_allowed_list:\s*(\d+)/m', file_get_contents('/proc/self/status'), $allowed)) {
        shell_exec("taskset -pc $allowed[1] " . getmypid() . ' 2>/dev/null');
    }
}

/** Whether every counter has what it should after so many rounds. */
function is_exact(object $store, int $requests, int $rounds): bool
{
    $expected = [];
    for ($request = 0; $request < $requests; $request++) {
        foreach (names($request) as $name) {
            $expected[$name] = ($expected[$name] ?? 0) + $rounds;
        }
    }
    foreach ($expected as $name => $count) {
        if (!in_array($store->total($name), [$count, null], true)) {
            fwrite(STDERR, "$name is {$store->total($name)}, and should be $count\n");
            return false;
        }
    }
    return true;
}

function main(int $requests, int $rounds): int
{
    $home = '/dev/shm/example-module-' . getmypid();
    mkdir($home, 0700);
    $server = memcached($home);
    stay();
    $names = ['none', 'quipu', ...($server ? ['memcached persistent', 'memcached reconnecting'] : []),
        ...(extension_loaded('sysvshm') && extension_loaded('sysvsem') ? ['sysvshm'] : [])];
    $measured = [];
    for ($round = 0; $round < $rounds; $round++) {
        foreach ($names as $name) {
            $measured[$name][] = serve($name, $home, $requests);
        }
    }
    $is_exact = true;
    foreach ($names as $name) {
        sort($measured[$name]);
        $median = $measured[$name][intdiv($rounds, 2)];
        $floor ??= $median;
        printf("%-24s %8d requests a second, %.2f of the loop without counters\n", $name, $median, $median / $floor);
        $is_exact = is_exact(store($name, $home), $requests, $rounds) && $is_exact;
    }
    if (in_array('sysvshm', $names)) {
        store('sysvshm', $home)->remove();
    }
    if ($server) {
        proc_terminate($server);
        proc_close($server);
    } else {
        echo "memcached: not measured, for it or its extension is not installed\n";
    }
    Table::remove(basename($home) . '-table');
    array_map('unlink', glob("$home/*"));
    rmdir($home);
    return $is_exact ? 0 : 1;
}

if (($argv[1] ?? '') === 'module') {
    module($argv[2], $argv[3]);
} else {
    exit(main((int) ($argv[1] ?? 3000), (int) ($argv[2] ?? 5)));
}

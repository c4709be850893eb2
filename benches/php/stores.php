<?php
/**
 * Who takes part: each store has a loop per operation, written as its users would write it, so that nothing but the
 * call is measured. An operation that a store does not have is null.
 */
declare(strict_types=1);

const KEYS = 1024;
/** Entries of the one array of the 2009 design. */
const ARRAY_ENTRIES = 1000;

/** @return list<string> */
function keys(): array
{
    return array_map(fn (int $i) => sprintf('hits:page:%010d', $i), range(0, KEYS - 1));
}

abstract class Store
{
    /** @var list<string> */
    protected array $keys;
    protected string $value;

    public function __construct(public readonly string $name)
    {
        $this->keys = keys();
        $this->value = str_repeat('v', 32);
    }

    /** What the store was made of, for the report. */
    public function version(): string
    {
        return '';
    }

    /** Called in each process that is going to use the store, the first one included. */
    public function open(): void
    {
    }

    /** Values for get, numbers for incr. */
    abstract public function fill(string $operation): void;

    public function end(): void
    {
    }

    /** @return ?callable(int): void */
    public function loop(string $operation): ?callable
    {
        return method_exists($this, $operation) ? $this->$operation(...) : null;
    }
}

final class QuipuStore extends Store
{
    private const TABLE = 'quipu-bench-php';
    private Quipu\Table $table;

    public function version(): string
    {
        return (string) phpversion('quipu');
    }

    public function open(): void
    {
        $this->table = Quipu\Table::open(self::TABLE, ['size' => '64mb']);
    }

    public function fill(string $operation): void
    {
        foreach ($this->keys as $key) {
            $this->table->set($key, $operation === 'incr' ? 0 : $this->value);
        }
    }

    public function get(int $n): void
    {
        [$table, $keys] = [$this->table, $this->keys];
        for ($i = 0; $i < $n; $i++) {
            $table->get($keys[$i & 1023]);
        }
    }

    public function set(int $n): void
    {
        [$table, $keys, $value] = [$this->table, $this->keys, $this->value];
        for ($i = 0; $i < $n; $i++) {
            $table->set($keys[$i & 1023], $value);
        }
    }

    public function incr(int $n): void
    {
        [$table, $keys] = [$this->table, $this->keys];
        for ($i = 0; $i < $n; $i++) {
            $table->incr($keys[$i & 1023]);
        }
    }

    public function end(): void
    {
        Quipu\Table::remove(self::TABLE);
    }
}

/** The same by the functions in APCu's shape. */
final class QuipuFunctions extends Store
{
    public function fill(string $operation): void
    {
        foreach ($this->keys as $key) {
            quipu_store($key, $operation === 'incr' ? 0 : $this->value);
        }
    }

    public function get(int $n): void
    {
        $keys = $this->keys;
        for ($i = 0; $i < $n; $i++) {
            quipu_fetch($keys[$i & 1023]);
        }
    }

    public function set(int $n): void
    {
        [$keys, $value] = [$this->keys, $this->value];
        for ($i = 0; $i < $n; $i++) {
            quipu_store($keys[$i & 1023], $value);
        }
    }

    public function incr(int $n): void
    {
        $keys = $this->keys;
        for ($i = 0; $i < $n; $i++) {
            quipu_inc($keys[$i & 1023]);
        }
    }
}

final class Apcu extends Store
{
    public function version(): string
    {
        return (string) phpversion('apcu');
    }

    public function fill(string $operation): void
    {
        foreach ($this->keys as $key) {
            apcu_store($key, $operation === 'incr' ? 0 : $this->value);
        }
    }

    public function get(int $n): void
    {
        $keys = $this->keys;
        for ($i = 0; $i < $n; $i++) {
            apcu_fetch($keys[$i & 1023]);
        }
    }

    public function set(int $n): void
    {
        [$keys, $value] = [$this->keys, $this->value];
        for ($i = 0; $i < $n; $i++) {
            apcu_store($keys[$i & 1023], $value);
        }
    }

    public function incr(int $n): void
    {
        $keys = $this->keys;
        for ($i = 0; $i < $n; $i++) {
            apcu_inc($keys[$i & 1023]);
        }
    }
}

/** It has no counters. */
final class YacStore extends Store
{
    private Yac $yac;

    public function version(): string
    {
        return (string) phpversion('yac');
    }

    public function open(): void
    {
        $this->yac = new Yac();
    }

    public function fill(string $operation): void
    {
        foreach ($this->keys as $key) {
            $this->yac->set($key, $this->value);
        }
    }

    public function get(int $n): void
    {
        [$yac, $keys] = [$this->yac, $this->keys];
        for ($i = 0; $i < $n; $i++) {
            $yac->get($keys[$i & 1023]);
        }
    }

    public function set(int $n): void
    {
        [$yac, $keys, $value] = [$this->yac, $this->keys, $this->value];
        for ($i = 0; $i < $n; $i++) {
            $yac->set($keys[$i & 1023], $value);
        }
    }
}

final class MemcachedStore extends Store
{
    private Memcached $memcached;

    public function __construct(string $name, private readonly string $socket)
    {
        parent::__construct($name);
    }

    public function version(): string
    {
        return (string) phpversion('memcached') . ', server ' . current($this->memcached->getVersion() ?: ['?']);
    }

    public function open(): void
    {
        $this->memcached = new Memcached();
        $this->memcached->addServer($this->socket, 0);
    }

    public function fill(string $operation): void
    {
        foreach ($this->keys as $key) {
            $this->memcached->set($key, $operation === 'incr' ? 0 : $this->value);
        }
    }

    public function get(int $n): void
    {
        [$memcached, $keys] = [$this->memcached, $this->keys];
        for ($i = 0; $i < $n; $i++) {
            $memcached->get($keys[$i & 1023]);
        }
    }

    public function set(int $n): void
    {
        [$memcached, $keys, $value] = [$this->memcached, $this->keys, $this->value];
        for ($i = 0; $i < $n; $i++) {
            $memcached->set($keys[$i & 1023], $value);
        }
    }

    public function incr(int $n): void
    {
        [$memcached, $keys] = [$this->memcached, $this->keys];
        for ($i = 0; $i < $n; $i++) {
            $memcached->increment($keys[$i & 1023]);
        }
    }
}

/** The design of 2009: the whole map serialised in one SysV segment, under one semaphore. */
final class OneArray extends Store
{
    private const KEY = 0x5175_6950;
    private const BYTES = 1 << 20;
    private SysvSharedMemory $memory;
    private SysvSemaphore $semaphore;

    public function open(): void
    {
        $this->memory = shm_attach(self::KEY, self::BYTES, 0600) ?: throw new RuntimeException('no shared memory');
        $this->semaphore = sem_get(self::KEY) ?: throw new RuntimeException('no semaphore');
    }

    public function fill(string $operation): void
    {
        $keys = array_slice($this->keys, 0, ARRAY_ENTRIES);
        shm_put_var($this->memory, 1, array_fill_keys($keys, $operation === 'incr' ? 0 : $this->value));
    }

    public function get(int $n): void
    {
        for ($i = 0; $i < $n; $i++) {
            $key = $this->keys[$i % ARRAY_ENTRIES];
            sem_acquire($this->semaphore);
            $map = shm_get_var($this->memory, 1);
            sem_release($this->semaphore);
            $map[$key];
        }
    }

    public function set(int $n): void
    {
        for ($i = 0; $i < $n; $i++) {
            sem_acquire($this->semaphore);
            $map = shm_get_var($this->memory, 1);
            $map[$this->keys[$i % ARRAY_ENTRIES]] = $this->value;
            shm_put_var($this->memory, 1, $map);
            sem_release($this->semaphore);
        }
    }

    public function incr(int $n): void
    {
        for ($i = 0; $i < $n; $i++) {
            sem_acquire($this->semaphore);
            $map = shm_get_var($this->memory, 1);
            $map[$this->keys[$i % ARRAY_ENTRIES]]++;
            shm_put_var($this->memory, 1, $map);
            sem_release($this->semaphore);
        }
    }

    public function end(): void
    {
        shm_remove($this->memory);
        sem_remove($this->semaphore);
    }
}

/** A file per key in /dev/shm, with flock. */
final class Files extends Store
{
    private const DIRECTORY = '/dev/shm/quipu-bench-php-files';

    public function open(): void
    {
        is_dir(self::DIRECTORY) || mkdir(self::DIRECTORY, 0700);
    }

    public function fill(string $operation): void
    {
        foreach ($this->keys as $key) {
            file_put_contents(self::DIRECTORY . "/$key", $operation === 'incr' ? '0' : $this->value);
        }
    }

    public function get(int $n): void
    {
        for ($i = 0; $i < $n; $i++) {
            $file = fopen(self::DIRECTORY . '/' . $this->keys[$i & 1023], 'r');
            flock($file, LOCK_SH);
            stream_get_contents($file);
            fclose($file);
        }
    }

    public function set(int $n): void
    {
        for ($i = 0; $i < $n; $i++) {
            file_put_contents(self::DIRECTORY . '/' . $this->keys[$i & 1023], $this->value, LOCK_EX);
        }
    }

    public function incr(int $n): void
    {
        for ($i = 0; $i < $n; $i++) {
            $file = fopen(self::DIRECTORY . '/' . $this->keys[$i & 1023], 'r+');
            flock($file, LOCK_EX);
            $number = (int) stream_get_contents($file) + 1;
            rewind($file);
            fwrite($file, (string) $number);
            fclose($file);
        }
    }

    public function end(): void
    {
        array_map(unlink(...), glob(self::DIRECTORY . '/*') ?: []);
        rmdir(self::DIRECTORY);
    }
}

/** @return list<Store> */
function stores(string $directory, string $socket): array
{
    $stores = [
        new QuipuStore('Quipu\Table'),
        new QuipuFunctions('quipu_ functions'),
        new Apcu('APCu'),
        new YacStore('Yac'),
        new MemcachedStore('memcached, unix socket', $socket),
        new OneArray('one array, one semaphore'),
        new Files('a file per key'),
    ];
    foreach ($stores as $store) {
        $store->open();
    }
    return $stores;
}

/**
 * @param list<Store> $stores
 * @return array<string, string>
 */
function versions(array $stores): array
{
    $versions = [];
    foreach ($stores as $store) {
        $versions[$store->name] = $store->version();
    }
    return array_filter($versions);
}

<?php

declare(strict_types=1);

namespace Quipu\Compat;

use Quipu\Exception\Overflow;
use Quipu\Exception\WrongType;

/**
 * Values of any type under keys in shared memory, with a lock that shuts out every other user of the store. The table is
 * `store-0x000f1206` for the key 0xf1206.
 */
final class SharedMemoryStore
{
    private readonly Gate $gate;

    /**
     * Opens the store of a key, and makes it if there is none: for at least $size bytes, with the permissions $perm.
     */
    public function __construct(private readonly int $key, int $size = 10000, int $perm = 0666)
    {
        if ($size <= 0) {
            throw new \ValueError('shm_attach(): Argument #2 ($size) must be greater than 0');
        }
        $this->gate = new Gate($key === 0 ? Segment::makePrivate('store', $size, $perm)
            : Segment::openOrMake(Segment::name('store', $key), $size, $perm));
    }

    /** Waits until nobody else uses the store, and keeps them from it until as many calls of unlock(), or the end. */
    public function lock(): bool
    {
        $this->gate->lock();
        return true;
    }

    /** Gives the lock back, once. False, with a warning: it is not ours. */
    public function unlock(): bool
    {
        if ($this->gate->unlock()) {
            return true;
        }
        raise(E_WARNING, sprintf('sem_release(): SysV semaphore for key 0x%x is not currently acquired', $this->key));
        return false;
    }

    /** Stores a value. False, with a warning: there is no room, and what there was before stays. */
    public function set(int|string $key, mixed $value): bool
    {
        return $this->gate->pass(fn() => Value::put($this->gate->table, self::keyOf($key), $value));
    }

    /** Reads a value; null: there is none. */
    public function get(int|string $key): mixed
    {
        return $this->gate->pass(fn() => $this->gate->table->get(self::keyOf($key)));
    }

    /** Adds to a number, and returns the result. What is missing counts as 0; the rules are those of PHP's `+`. */
    public function incr(int|string $key, int|float $by = 1): int|float
    {
        try {
            return $this->gate->pass(fn() => $this->gate->table->incr(self::keyOf($key), $by));
        } catch (WrongType | Overflow) {
            return $this->incrAsPhp(self::keyOf($key), $by);
        }
    }

    /** The sum of what the table cannot add by itself: int and float, "5", null, and ints beyond PHP_INT_MAX. */
    private function incrAsPhp(string $key, int|float $by): int|float
    {
        $this->gate->lock();
        try {
            $sum = $this->gate->table->get($key) + $by;
            $this->gate->table->set($key, $sum);
            return $sum;
        } finally {
            $this->gate->unlock();
        }
    }

    /** Keys that begin with NUL make room for those of the lock. */
    private static function keyOf(int|string $key): string
    {
        $key = (string) $key;
        return $key !== '' && $key[0] === "\0" ? "\0$key" : $key;
    }
}

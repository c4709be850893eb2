<?php

declare(strict_types=1);

namespace Quipu\Cache\Laravel;

use Illuminate\Cache\TaggableStore;
use Illuminate\Contracts\Cache\LockProvider;
use Quipu\Cache\Lifetime;
use Quipu\Exception\Full;
use Quipu\Exception\WrongType;
use Quipu\Table;

/**
 * A store of Laravel's cache in a table, with atomic add, increment and locks as Redis has them, and no server.
 *
 *     Cache::extend('quipu', fn () => Cache::repository(new QuipuStore(Quipu\Table::open('app'), 'app:')));
 *
 * A table that is full makes put, add and forever answer false; any other failure is a Quipu\Exception.
 */
final class QuipuStore extends TaggableStore implements LockProvider
{
    /** @param string $prefix what all keys begin with; without it flush() empties the table */
    public function __construct(
        private readonly Table $table,
        private readonly string $prefix = '',
    ) {
    }

    /**
     * @param string|int $key
     * @return mixed null: there is none
     */
    public function get($key)
    {
        return $this->table->get($this->prefix . $key);
    }

    /**
     * @param array<string|int> $keys
     * @return array<string|int, mixed>
     */
    public function many(array $keys)
    {
        $names = \array_map(fn ($key) => $this->prefix . $key, $keys);
        $values = $this->table->getMany($names);
        $result = [];
        foreach ($keys as $i => $key) {
            $result[$key] = $values[$names[$i]];
        }
        return $result;
    }

    /**
     * @param string|int $key
     * @param int $seconds at least one, as with Redis
     * @return bool
     */
    public function put($key, $value, $seconds)
    {
        try {
            $this->table->set($this->prefix . $key, $value, $this->lifetime($seconds));
        } catch (Full) {
            return false;
        }
        return true;
    }

    /**
     * @param array<string|int, mixed> $values
     * @param int $seconds
     * @return bool
     */
    public function putMany(array $values, $seconds)
    {
        $isDone = true;
        foreach ($values as $key => $value) {
            $isDone = $this->put($key, $value, $seconds) && $isDone;
        }
        return $isDone;
    }

    /**
     * Stores what is not there: of several processes one succeeds.
     *
     * @param string|int $key
     * @param int $seconds
     * @return bool
     */
    public function add($key, $value, $seconds)
    {
        try {
            return $this->table->add($this->prefix . $key, $value, $this->lifetime($seconds));
        } catch (Full) {
            return false;
        }
    }

    /**
     * Adds to a number in one step; a missing one is 0 and stays until it is forgotten, as with Redis.
     *
     * @param string|int $key
     * @param int|float|numeric-string $value
     * @return int|float|false false: the value is no number
     */
    public function increment($key, $value = 1)
    {
        $by = \is_string($value) ? 0 + $value : $value;
        try {
            return $this->table->incr($this->prefix . $key, $by, \is_float($by) ? 0.0 : 0, \INF);
        } catch (WrongType) {
            return $this->incrementOther($this->prefix . $key, $by);
        }
    }

    /**
     * @param string|int $key
     * @param int|float|numeric-string $value
     * @return int|float|false
     */
    public function decrement($key, $value = 1)
    {
        return $this->increment($key, -(\is_string($value) ? 0 + $value : $value));
    }

    /**
     * @param string|int $key
     * @return bool
     */
    public function forever($key, $value)
    {
        try {
            $this->table->set($this->prefix . $key, $value, \INF);
        } catch (Full) {
            return false;
        }
        return true;
    }

    /**
     * Gives an entry another time to live.
     *
     * @param string|int $key
     * @param int $seconds
     * @return bool
     */
    public function touch($key, $seconds)
    {
        return $this->table->touch($this->prefix . $key, $this->lifetime($seconds));
    }

    /**
     * @param string $name
     * @param int $seconds 0: until it is released
     * @param string|null $owner
     * @return QuipuLock
     */
    public function lock($name, $seconds = 0, $owner = null)
    {
        return new QuipuLock($this->table, $this->prefix . $name, $seconds, $owner);
    }

    /**
     * @param string $name
     * @param string $owner
     * @return QuipuLock
     */
    public function restoreLock($name, $owner)
    {
        return $this->lock($name, 0, $owner);
    }

    /**
     * @param string|int $key
     * @return bool whether there was one
     */
    public function forget($key)
    {
        return $this->table->delete($this->prefix . $key);
    }

    /**
     * Forgets all that has the prefix, locks too.
     *
     * @return bool
     */
    public function flush()
    {
        $this->table->clear($this->prefix);
        return true;
    }

    /** @return string */
    public function getPrefix()
    {
        return $this->prefix;
    }

    private function lifetime(mixed $seconds): int|float
    {
        return Lifetime::fit(\max(1, (int) $seconds));
    }

    /** Adds to what is stored as text or as the other kind of number, as other stores do. */
    private function incrementOther(string $name, int|float $by): int|float|false
    {
        do {
            $value = $this->table->gets($name, $token);
            if (!\is_numeric($value ?? 0)) {
                return false;
            }
            $sum = ($value ?? 0) + $by;
            // Gone since gets(): then cas() fails, and the next round makes it anew.
            $left = $this->table->ttl($name) ?? \INF;
        } while (!$this->table->cas($name, $token, $sum, \max($left, 0.001)));
        return $sum;
    }
}

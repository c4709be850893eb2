<?php

declare(strict_types=1);

namespace Quipu\Cache;

use Quipu\Exception\TooLong;
use Quipu\Table;

/**
 * What the caches of PSR-6 and PSR-16 share. As both demand, what goes wrong in the table, or while a value is serialised
 * or read back, is a miss or `false` and no exception; `$report` hears of it.
 *
 * @internal
 */
abstract class Entries
{
    /** As an expression: strpbrk() compares each byte with each of them, and takes five times as long. */
    protected const RESERVED = '~[{}()/\\\\@:]~';
    private const CODE_KEY_TOO_LONG = 10;

    /**
     * @param string $prefix what all keys of this cache begin with in the table. clear() deletes what begins so: with ''
     *     the table is this cache's own
     * @param (\Closure(\Throwable): void)|null $report
     */
    public function __construct(
        protected readonly Table $table,
        protected readonly string $prefix = '',
        private readonly ?\Closure $report = null,
    ) {
    }

    public function clear(): bool
    {
        try {
            $this->table->clear($this->prefix);
        } catch (\Throwable $thrown) {
            return $this->failed($thrown);
        }
        return true;
    }

    /**
     * The name of a key in the table.
     *
     * @throws InvalidArgument
     */
    protected function name(mixed $key): string
    {
        if (!\is_string($key) || $key === '' || \preg_match(self::RESERVED, $key)) {
            throw self::refusal($key);
        }
        return $this->prefix . $key;
    }

    protected static function refusal(mixed $key): InvalidArgument
    {
        if (!\is_string($key)) {
            return new InvalidArgument(\sprintf('A key is a string, not %s', \get_debug_type($key)));
        }
        return new InvalidArgument(
            $key === '' ? 'A key has at least one character' : "The key \"$key\" contains one of the characters {}()/\\@:",
        );
    }

    protected function read(string $name, mixed $default): mixed
    {
        try {
            $value = $this->table->get($name, $default);
        } catch (\Throwable $thrown) {
            $this->failed($thrown);
            return $default;
        }
        // Its class is gone: no exact copy, and so a miss.
        return $value instanceof \__PHP_Incomplete_Class ? $default : $value;
    }

    /**
     * @param list<string> $names
     * @return array<string|int, mixed> by name
     */
    protected function readMany(array $names, mixed $default): array
    {
        try {
            $values = $this->table->getMany($names, $default);
        } catch (\Throwable) {
            // One that cannot be read must not take the others along.
            $values = [];
            foreach ($names as $name) {
                $values[$name] = $this->read($name, $default);
            }
            return $values;
        }
        foreach ($values as $name => $value) {
            if ($value instanceof \__PHP_Incomplete_Class) {
                $values[$name] = $default;
            }
        }
        return $values;
    }

    protected function holds(string $name): bool
    {
        try {
            return $this->table->exists($name);
        } catch (\Throwable $thrown) {
            return $this->failed($thrown);
        }
    }

    /** Stores a value; one that has no time left is deleted. */
    protected function store(string $name, mixed $value, int|float|null $ttl): bool
    {
        try {
            if ($ttl === null) {
                $this->table->set($name, $value);
            } elseif ($ttl <= 0) {
                $this->table->delete($name);
            } else {
                $this->table->set($name, $value, Lifetime::fit($ttl));
            }
        } catch (\Throwable $thrown) {
            return $this->failed($thrown);
        }
        return true;
    }

    /** Deletes a key; whether there was one does not matter. */
    protected function remove(string $name): bool
    {
        try {
            $this->table->delete($name);
        } catch (\Throwable $thrown) {
            return $this->failed($thrown);
        }
        return true;
    }

    /**
     * @return false
     * @throws InvalidArgument if the key is longer than a table takes: that is the caller's mistake
     */
    protected function failed(\Throwable $thrown): bool
    {
        if ($thrown instanceof TooLong && $thrown->getCode() === self::CODE_KEY_TOO_LONG) {
            throw new InvalidArgument($thrown->getMessage(), 0, $thrown);
        }
        if ($this->report !== null) {
            ($this->report)($thrown);
        }
        return false;
    }
}

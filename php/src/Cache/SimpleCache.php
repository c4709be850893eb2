<?php

declare(strict_types=1);

namespace Quipu\Cache;

use Psr\SimpleCache\CacheInterface;

/**
 * A cache of PSR-16 in a table. Parameters have no types, so that it is one of each version of the interface.
 *
 *     $cache = new SimpleCache(Quipu\Table::open('cache', ['size' => '256mb', 'on_full' => 'evict']));
 */
final class SimpleCache extends Entries implements CacheInterface
{
    /**
     * @param string $key
     * @throws InvalidArgument
     */
    public function get($key, $default = null): mixed
    {
        // What name() and read() do, without calling them: this is what a cache is used for.
        if (!\is_string($key) || $key === '' || \preg_match(self::RESERVED, $key)) {
            throw self::refusal($key);
        }
        try {
            $value = $this->table->get($this->prefix . $key, $default);
        } catch (\Throwable $thrown) {
            $this->failed($thrown);
            return $default;
        }
        return $value instanceof \__PHP_Incomplete_Class ? $default : $value;
    }

    /**
     * @param string $key
     * @param int|\DateInterval|null $ttl null is the default of the table, and what is not positive deletes
     * @throws InvalidArgument
     */
    public function set($key, $value, $ttl = null): bool
    {
        return $this->store($this->name($key), $value, $ttl === null ? null : Lifetime::seconds($ttl));
    }

    /**
     * @param string $key
     * @throws InvalidArgument
     */
    public function delete($key): bool
    {
        return $this->remove($this->name($key));
    }

    /**
     * Keys come as strings, also "5": so this is no array.
     *
     * @param iterable<string> $keys
     * @return \Generator<string, mixed>
     * @throws InvalidArgument
     */
    public function getMultiple($keys, $default = null): iterable
    {
        $names = $this->names($keys);
        return self::pairs($names, $this->readMany(\array_values($names), $default));
    }

    /**
     * All keys are looked at before anything is stored.
     *
     * @param iterable<string|int, mixed> $values
     * @param int|\DateInterval|null $ttl
     * @throws InvalidArgument
     */
    public function setMultiple($values, $ttl = null): bool
    {
        $named = [];
        foreach (self::listed($values) as $key => $value) {
            // An array made an int of "5".
            $named[$this->name(\is_int($key) ? (string) $key : $key)] = $value;
        }
        $seconds = Lifetime::seconds($ttl);
        $isDone = true;
        foreach ($named as $name => $value) {
            $isDone = $this->store((string) $name, $value, $seconds) && $isDone;
        }
        return $isDone;
    }

    /**
     * @param iterable<string> $keys
     * @throws InvalidArgument
     */
    public function deleteMultiple($keys): bool
    {
        $isDone = true;
        foreach ($this->names($keys) as $name) {
            $isDone = $this->remove($name) && $isDone;
        }
        return $isDone;
    }

    /**
     * @param string $key
     * @throws InvalidArgument
     */
    public function has($key): bool
    {
        return $this->holds($this->name($key));
    }

    /**
     * @return array<string|int, string> names by key
     * @throws InvalidArgument
     */
    private function names(mixed $keys): array
    {
        $names = [];
        foreach (self::listed($keys) as $key) {
            $name = $this->name($key);
            $names[$key] = $name;
        }
        return $names;
    }

    /**
     * @return iterable<mixed, mixed>
     * @throws InvalidArgument
     */
    private static function listed(mixed $list): iterable
    {
        return \is_iterable($list) ? $list : throw new InvalidArgument(
            \sprintf('A list is an array or Traversable, not %s', \get_debug_type($list)),
        );
    }

    /**
     * @param array<string|int, string> $names
     * @param array<string|int, mixed> $values
     * @return \Generator<string, mixed>
     */
    private static function pairs(array $names, array $values): \Generator
    {
        foreach ($names as $key => $name) {
            yield (string) $key => $values[$name];
        }
    }
}

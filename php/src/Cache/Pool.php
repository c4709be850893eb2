<?php

declare(strict_types=1);

namespace Quipu\Cache;

use Psr\Cache\CacheItemInterface;
use Psr\Cache\CacheItemPoolInterface;

/**
 * A cache of PSR-6 in a table. With the same table and prefix it has the same entries as a SimpleCache.
 *
 *     $pool = new Pool(Quipu\Table::open('cache', ['size' => '256mb', 'on_full' => 'evict']));
 */
final class Pool extends Entries implements CacheItemPoolInterface
{
    /** Told from any value by being this one object. */
    private static \stdClass $missing;
    /** @var array<string|int, Item> what saveDeferred() was given, by key */
    private array $deferred = [];

    /** What was deferred is saved, as with other pools. */
    public function __destruct()
    {
        $this->commit();
    }

    /**
     * @param string $key
     * @throws InvalidArgument
     */
    public function getItem($key): Item
    {
        $name = $this->name($key);
        if (isset($this->deferred[$key])) {
            $this->commit();
        }
        return self::item($key, $this->read($name, self::missing()));
    }

    /**
     * @param array<string> $keys
     * @return \Generator<string, Item> keys are strings, also "5"
     * @throws InvalidArgument
     */
    public function getItems(array $keys = []): iterable
    {
        $names = \array_map($this->name(...), $keys);
        $this->commit();
        return self::items($keys, $names, $this->readMany(\array_values($names), self::missing()));
    }

    /**
     * @param string $key
     * @throws InvalidArgument
     */
    public function hasItem($key): bool
    {
        $name = $this->name($key);
        if (isset($this->deferred[$key])) {
            $this->commit();
        }
        return $this->holds($name);
    }

    public function clear(): bool
    {
        $this->deferred = [];
        return parent::clear();
    }

    /**
     * @param string $key
     * @throws InvalidArgument
     */
    public function deleteItem($key): bool
    {
        return $this->deleteItems([$key]);
    }

    /**
     * @param array<string> $keys
     * @throws InvalidArgument
     */
    public function deleteItems(array $keys): bool
    {
        $isDone = true;
        foreach (\array_map($this->name(...), $keys) as $i => $name) {
            unset($this->deferred[$keys[$i]]);
            $isDone = $this->remove($name) && $isDone;
        }
        return $isDone;
    }

    /** False for an item of another kind of pool. */
    public function save(CacheItemInterface $item): bool
    {
        if (!$item instanceof Item) {
            return false;
        }
        unset($this->deferred[$item->getKey()]);
        return $this->store($this->prefix . $item->getKey(), $item->get(), $item->secondsLeft());
    }

    /** False for an item of another kind of pool. */
    public function saveDeferred(CacheItemInterface $item): bool
    {
        if (!$item instanceof Item) {
            return false;
        }
        // What the caller does to the item from now on is not meant.
        $this->deferred[$item->getKey()] = clone $item;
        return true;
    }

    public function commit(): bool
    {
        $isDone = true;
        foreach ($this->deferred as $item) {
            $isDone = $this->save($item) && $isDone;
        }
        return $isDone;
    }

    private static function missing(): \stdClass
    {
        return self::$missing ??= new \stdClass();
    }

    private static function item(string $key, mixed $found): Item
    {
        return $found === self::missing() ? new Item($key, null, false) : new Item($key, $found, true);
    }

    /**
     * @param array<string> $keys
     * @param array<string> $names
     * @param array<string|int, mixed> $values
     * @return \Generator<string, Item>
     */
    private static function items(array $keys, array $names, array $values): \Generator
    {
        foreach ($keys as $i => $key) {
            yield $key => self::item($key, $values[$names[$i]]);
        }
    }
}

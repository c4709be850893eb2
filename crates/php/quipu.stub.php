<?php

/**
 * What the extension offers, for IDEs and analysers; docs/php.md explains it. `scripts/php-arginfo` makes
 * glue/quipu_arginfo.h from this file.
 *
 * @generate-class-entries
 */

namespace Quipu {

/**
 * What every exception of the extension is. The code is that of the engine (docs/php.md lists them), and the message
 * says what to do.
 */
class Exception extends \RuntimeException
{
}

/**
 * A table in shared memory, which any number of unrelated processes use at once. Opened by Table::open().
 *
 * Keys are any bytes, up to 65,535 of them. Values: int and float are counters of the engine, strings its bytes, bool
 * and null are told from a miss; arrays and objects are serialised, each value by itself. Every method on one key takes
 * effect at once and wholly, or not at all.
 *
 * A time to live is in seconds: null is the default of the handle (option `ttl`; without it an entry stays until it is
 * deleted), INF is for ever.
 *
 * @strict-properties
 * @not-serializable
 * @implements \ArrayAccess<string, mixed>
 * @implements \IteratorAggregate<string, mixed>
 */
final class Table implements \ArrayAccess, \Countable, \IteratorAggregate
{
    private function __construct() {}

    /**
     * Opens a table, and makes it if there is none. A plain name is one in /dev/shm, a name with a slash is a path.
     *
     * Options: `size` (most bytes of memory, as 67108864 or "64mb"), `mode` (0600), `group` (name or number), `ttl`
     * (default of this handle, in seconds), `on_full` ("error" or "evict"), `serializer` ("php", "igbinary" or "json"),
     * `create` (true), `wipe` (false; true: the bytes of values and of long keys are made zero as soon as they go).
     * `size`, `mode`, `group`, `on_full` and `wipe` count when the table is made; `mode` and `group` also say whose table
     * is accepted.
     *
     * @throws Exception
     */
    public static function open(string $name, array $options = []): Table {}

    /**
     * Removes a table. Whoever has it open gets Exception\Removed from every later write. False: there is none.
     *
     * @throws Exception
     */
    public static function remove(string $name): bool {}

    /** Reads a value; $default if there is no such key. */
    public function get(string $key, mixed $default = null): mixed {}

    /** Stores a value, whatever there is. */
    public function set(string $key, mixed $value, int|float|null $ttl = null): void {}

    /** Stores a value if there is no such key; says whether it did. */
    public function add(string $key, mixed $value, int|float|null $ttl = null): bool {}

    /** Stores a value if there is such a key; says whether it did. */
    public function replace(string $key, mixed $value, int|float|null $ttl = null): bool {}

    /** Deletes a key; says whether there was one. */
    public function delete(string $key): bool {}

    /** Whether there is such a key. */
    public function exists(string $key): bool {}

    /** Gives an entry the time to live that is asked for, or the default of the handle; false: no such key. */
    public function touch(string $key, int|float|null $ttl = null): bool {}

    /** The seconds that an entry has left, to within a tick (128 ms); INF: for ever; null: no such key. */
    public function ttl(string $key): ?float {}

    /** Lets an entry end so many seconds from now; 0 or less: now, it is deleted. False: no such key. */
    public function expire(string $key, int|float $ttl): bool {}

    /** Lets an entry stay until it is deleted; false: no such key. */
    public function persist(string $key): bool {}

    /** Reads a number and sets it to zero, in one step; null: no such key. */
    public function take(string $key): int|float|null {}

    /** Reads a value and deletes the key, in one step; $default if there is no such key. */
    public function getDelete(string $key, mixed $default = null): mixed {}

    /** Appends to a string; a missing key is one of no bytes. Returns the length it has now. */
    public function append(string $key, string $suffix): int {}

    /**
     * Adds to a number and returns the result. A missing key starts from $initial, and $ttl counts for it alone. An int
     * counts ints and a float floats; a result beyond PHP_INT_MAX or PHP_INT_MIN throws Exception\Overflow.
     */
    public function incr(string $key, int|float $by = 1, int|float $initial = 0, int|float|null $ttl = null): int|float {}

    /** Subtracts from a number and returns the result, as incr(). */
    public function decr(string $key, int|float $by = 1, int|float $initial = 0, int|float|null $ttl = null): int|float {}

    /** Makes an int at least $value, creates it if there is no such key, and returns what it is now. */
    public function fetchMax(string $key, int $value): int {}

    /** Makes an int at most $value, creates it if there is no such key, and returns what it is now. */
    public function fetchMin(string $key, int $value): int {}

    /**
     * Reads several keys. The result has all of them in their order, with $default for those that are missing.
     *
     * @phpstan-param iterable<string|int> $keys
     * @phpstan-return array<string|int, mixed>
     */
    public function getMany(iterable $keys, mixed $default = null): array {}

    /**
     * Stores several values, one after the other.
     *
     * @phpstan-param iterable<string|int, mixed> $values
     */
    public function setMany(iterable $values, int|float|null $ttl = null): void {}

    /**
     * Adds to several ints, one after the other, and returns the results.
     *
     * @phpstan-param iterable<string|int, int> $deltas
     * @phpstan-return array<string|int, int>
     */
    public function incrMany(iterable $deltas): array {}

    /** Iterates over keys and values, while others write; only keys that begin with $prefix. */
    public function scan(string $prefix = ""): Scan {}

    /** Deletes every key that is there throughout, or those that begin with $prefix; returns how many. */
    public function clear(string $prefix = ""): int {}

    /**
     * Figures about the table.
     *
     * @phpstan-return array<string, int|string|bool>
     * @throws Exception\Removed if the file of the table is gone
     */
    public function stats(): array {}

    /**
     * Removes what has ended, and what dead processes left; says what it did. Writers do so in passing.
     *
     * @phpstan-return array<string, int>
     * @throws Exception\Removed if the file of the table is gone
     */
    public function maintain(): array {}

    /**
     * Reads a value, and what names this state of the entry for cas(): both null if there is no such key.
     *
     * @param string|null $token
     */
    public function gets(string $key, &$token): mixed {}

    /** Stores a value if the entry is still as gets() found it; says whether it did. A null token: if there is none. */
    public function cas(string $key, ?string $token, mixed $value, int|float|null $ttl = null): bool {}

    /** Deletes an entry if it is still as gets() found it; says whether it did. */
    public function deleteIf(string $key, string $token): bool {}

    /** Stores the int $new if there is the int $old; says whether it did. The time to live stays. */
    public function compareAndSet(string $key, int $old, int $new): bool {}

    /**
     * Has a lock: for itself, or with others who share it. Waits, asleep, at most $timeout seconds (null: for ever; 0: not
     * at all), and says whether it has it. It ends with as many calls of unlock() as there were of lock(), and with the
     * request or process, however that ends; never by itself. A child of fork does not have it.
     *
     * @throws Exception if it is had shared, and wanted for itself
     */
    public function lock(string $name, int|float|null $timeout = null, bool $shared = false): bool {}

    /** Gives a lock back, once; false: this process does not have it. */
    public function unlock(string $name): bool {}

    /** How often this process has a lock: how many calls of unlock() it is away from being free. */
    public function holds(string $name): int {}

    /**
     * Takes the name of the table away: those who have it open go on with it, and who opens the name makes another table.
     * False: it was gone, or leads to another table.
     *
     * @throws Exception\Permission
     */
    public function unlink(): bool {}

    /** Whether the name of the table is still there. */
    public function isLinked(): bool {}

    public function offsetExists(mixed $offset): bool {}

    public function offsetGet(mixed $offset): mixed {}

    public function offsetSet(mixed $offset, mixed $value): void {}

    public function offsetUnset(mixed $offset): void {}

    /** The number of entries, with those that have ended and that nobody has removed yet. */
    public function count(): int {}

    public function getIterator(): Scan {}
}

/**
 * Iterates over the entries of a table, while others write: a key that is there throughout comes exactly once. Keys
 * are strings. Made by Table::scan().
 *
 * @strict-properties
 * @not-serializable
 * @implements \Iterator<string, mixed>
 */
final class Scan implements \Iterator
{
    private function __construct() {}

    public function current(): mixed {}

    public function key(): ?string {}

    public function next(): void {}

    public function rewind(): void {}

    public function valid(): bool {}
}

}

namespace Quipu\Compat {

/**
 * Raises E_WARNING or E_DEPRECATED at the place that called the functions of this namespace, as PHP's own functions do.
 *
 * @internal
 */
function raise(int $level, string $message): void {}

}

namespace Quipu\Exception {

/** There is no such table. */
final class NotFound extends \Quipu\Exception
{
}

/** There is no room: the table has reached its size, or the file system is full. */
final class Full extends \Quipu\Exception
{
}

/** The value is of another type than the method works on. */
final class WrongType extends \Quipu\Exception
{
}

/** The result is no int any more. */
final class Overflow extends \Quipu\Exception
{
}

/** A key, a value or a time to live is longer than can be. */
final class TooLong extends \Quipu\Exception
{
}

/** Too many others at once: try again. */
final class Busy extends \Quipu\Exception
{
}

/** The table may not be opened: by its owner or mode, by the system, or by quipu.allow_paths. */
final class Permission extends \Quipu\Exception
{
}

/** The file is not a table, or one of another version or machine. */
final class Format extends \Quipu\Exception
{
}

/** The table is damaged. */
final class Corrupt extends \Quipu\Exception
{
}

/** The table was removed while it was in use: open it again to get a new one. */
final class Removed extends \Quipu\Exception
{
}

/** The value is larger than memory_limit leaves room for. */
final class Memory extends \Quipu\Exception
{
}

/** A value cannot be serialised, or what is stored cannot be read back. */
final class Serialization extends \Quipu\Exception
{
}

/** The operating system refused. */
final class System extends \Quipu\Exception
{
}

}

/* The functions in APCu's shape, on the table that php.ini names (quipu.default). They answer as APCu's do, and throw
 * Quipu\Exception where APCu has no such case: the table cannot be opened, or is damaged. */
namespace {

/**
 * @var int
 * @cvalue QUIPU_PHP_LIST_ACTIVE
 */
const QUIPU_LIST_ACTIVE = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_LIST_DELETED
 */
const QUIPU_LIST_DELETED = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_TYPE
 */
const QUIPU_ITER_TYPE = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_KEY
 */
const QUIPU_ITER_KEY = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_VALUE
 */
const QUIPU_ITER_VALUE = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_NUM_HITS
 */
const QUIPU_ITER_NUM_HITS = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_MTIME
 */
const QUIPU_ITER_MTIME = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_CTIME
 */
const QUIPU_ITER_CTIME = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_DTIME
 */
const QUIPU_ITER_DTIME = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_ATIME
 */
const QUIPU_ITER_ATIME = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_REFCOUNT
 */
const QUIPU_ITER_REFCOUNT = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_MEM_SIZE
 */
const QUIPU_ITER_MEM_SIZE = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_TTL
 */
const QUIPU_ITER_TTL = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_NONE
 */
const QUIPU_ITER_NONE = UNKNOWN;
/**
 * @var int
 * @cvalue QUIPU_PHP_ITER_ALL
 */
const QUIPU_ITER_ALL = UNKNOWN;

/**
 * Reads an entry, or several: an array of keys gives an array of what is there. False: there is none, and $success is
 * false.
 *
 * @param string|array $key
 * @param bool $success
 */
function quipu_fetch($key, &$success = null): mixed {}

/**
 * Stores a value for $ttl seconds (0: until it is deleted); or an array of keys and values, and answers with those that
 * could not be stored.
 *
 * @param string|array $key
 */
function quipu_store($key, mixed $value = UNKNOWN, int $ttl = 0): array|bool {}

/**
 * Stores what is not there yet, as quipu_store does.
 *
 * @param string|array $key
 */
function quipu_add($key, mixed $value = UNKNOWN, int $ttl = 0): array|bool {}

/**
 * Adds to an integer, and makes it if it is missing, for $ttl seconds. Beyond PHP_INT_MAX comes PHP_INT_MIN. False: it
 * is something else.
 *
 * @param bool $success
 */
function quipu_inc(string $key, int $step = 1, &$success = null, int $ttl = 0): int|false {}

/**
 * Subtracts, as quipu_inc adds.
 *
 * @param bool $success
 */
function quipu_dec(string $key, int $step = 1, &$success = null, int $ttl = 0): int|false {}

/** Stores an integer if there is a certain other one. */
function quipu_cas(string $key, int $old, int $new): bool {}

/**
 * Deletes an entry, or several; of an array it answers with those that were not there.
 *
 * @param string|array|QuipuIterator $key
 */
function quipu_delete($key): array|bool {}

/**
 * Whether there is an entry; of an array, those that there are, as keys.
 *
 * @param string|array $key
 */
function quipu_exists($key): array|bool {}

/**
 * Reads an entry; if it is missing, stores what the callback returns. Of many processes one calls it, and the others
 * wait. If it throws, or its process ends, the next one calls it.
 */
function quipu_entry(string $key, callable $callback, int $ttl = 0): mixed {}

/** Deletes all entries of these functions, but no sessions, and nothing of other prefixes. */
function quipu_clear_cache(): bool {}

/** Whether the table can be used. */
function quipu_enabled(): bool {}

/** What the table holds. Hits, misses and inserts are not counted. Reads the whole table. */
function quipu_cache_info(bool $limited = false): array|false {}

/** What memory the table has. */
function quipu_sma_info(bool $limited = false): array|false {}

/** What is known of an entry: what it still has to live. It is counted from now on. */
function quipu_key_info(string $key): ?array {}

/**
 * Iterates over the entries of the functions above, as APCUIterator does.
 *
 * @not-serializable
 */
class QuipuIterator implements Iterator
{
    /** @param string|array|null $search a regular expression for keys, or keys */
    public function __construct($search = null, int $format = QUIPU_ITER_ALL, int $chunk_size = 0, int $list = QUIPU_LIST_ACTIVE) {}

    /** @tentative-return-type */
    public function rewind(): void {}

    /** @tentative-return-type */
    public function next(): void {}

    /** @tentative-return-type */
    public function valid(): bool {}

    /** @tentative-return-type */
    public function key(): string|int {}

    /** @tentative-return-type */
    public function current(): mixed {}

    /** @tentative-return-type */
    public function getTotalHits(): int {}

    /** @tentative-return-type */
    public function getTotalSize(): int {}

    /** @tentative-return-type */
    public function getTotalCount(): int {}
}

}

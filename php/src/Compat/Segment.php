<?php

declare(strict_types=1);

namespace Quipu\Compat;

use Quipu\Exception\NotFound;
use Quipu\Exception\Permission;
use Quipu\Table;

/**
 * The tables of the drop-ins: their names, which show the keys as `ipcs` does, and how they are opened and made.
 *
 * @internal
 */
final class Segment
{
    /** What all of them have besides a size and a mode. */
    private const OPTIONS = ['wipe' => true];
    private const MOST_BYTES = 1 << 40;
    /** Beside the values a table has an index, and the room that a write needs before it frees what was there. */
    private const BYTES_BESIDE = 4 << 20;

    /** The name of the table of a key: `shmop-0x000f1206`. */
    public static function name(string $kind, int $key): string
    {
        return sprintf('%s-%s', $kind, self::shown($key));
    }

    /** A key as `ipcs` shows it. The system's keys have 32 bits. */
    public static function shown(int $key): string
    {
        return sprintf('0x%08x', $key & 0xffffffff);
    }

    /**
     * The table that is there, whoever made it, if the system lets this process use it; null: there is none. Who uses a
     * key trusts all who have the right to make something under it, as ever with such keys.
     */
    public static function existing(string $name): ?Table
    {
        try {
            return Table::open($name, ['create' => false, 'mode' => 0666] + self::OPTIONS);
        } catch (NotFound) {
            return null;
        }
    }

    /** The table that is there, or a new one that has room for so many bytes at least. */
    public static function openOrMake(string $name, int $bytes, int $permissions): Table
    {
        $table = self::existing($name);
        if ($table !== null) {
            return $table;
        }
        try {
            return self::make($name, $bytes, $permissions);
        } catch (Permission $refused) {
            // Another user may have made it meanwhile.
            return self::existing($name) ?? throw $refused;
        }
    }

    /** A table for this process, its children, and nobody else: what the key 0 (IPC_PRIVATE) means. */
    public static function makePrivate(string $kind, int $bytes, int $permissions): Table
    {
        $table = self::make(self::name($kind, 0) . '-' . bin2hex(random_bytes(8)), $bytes, $permissions);
        $table->unlink();
        return $table;
    }

    private static function make(string $name, int $bytes, int $permissions): Table
    {
        $most = $bytes > self::MOST_BYTES >> 2 ? self::MOST_BYTES : 2 * $bytes + self::BYTES_BESIDE;
        return Table::open($name, ['size' => $most, 'mode' => ($permissions & 0777) ?: 0600] + self::OPTIONS);
    }
}

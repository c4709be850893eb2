<?php

declare(strict_types=1);

namespace Quipu\Compat;

use Quipu\Exception\Full;
use Quipu\Exception\TooLong;
use Quipu\Table;

/**
 * Keys and values as the functions of sysvshm take them.
 *
 * @internal
 */
final class Value
{
    private const VALUE_TOO_LONG = 11;

    /** The key in the table. What is an integer for PHP is one key in all its forms: 5, "5", "05", " 5" and "5.0". */
    public static function key(int|string $key): string
    {
        if (is_string($key) && is_numeric($key) && (float) $key === floor((float) $key) && abs((float) $key) < 2 ** 53) {
            return (string) (int) $key;
        }
        return (string) $key;
    }

    /**
     * Stores a value. False, with a warning, if there is no room; then there is what there was before.
     *
     * @throws \Exception what cannot be serialised
     */
    public static function put(Table $table, string $key, mixed $value): bool
    {
        try {
            // As serialize() makes it.
            $table->set($key, is_resource($value) ? 0 : $value);
            return true;
        } catch (Full) {
        } catch (TooLong $refused) {
            if ($refused->getCode() !== self::VALUE_TOO_LONG) {
                throw $refused;
            }
        }
        raise(E_WARNING, 'shm_put_var(): Not enough shared memory left');
        return false;
    }
}

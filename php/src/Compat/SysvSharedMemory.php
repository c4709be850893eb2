<?php

declare(strict_types=1);

namespace Quipu\Compat;

use Quipu\Exception\Full;
use Quipu\Exception\Permission;
use Quipu\Exception\Serialization;
use Quipu\Table;

/**
 * Variables in shared memory, as the extension sysvshm has them: what shm_attach() returns, with its functions as methods.
 * Each segment is a table, `shm-0x000f1206` for the key 0xf1206, with a key for each variable.
 */
final class SysvSharedMemory
{
    /** What PHP's own segments begin with. */
    private const HEAD_BYTES = 40;

    private ?Table $table;

    private function __construct(private readonly int $key, Table $table)
    {
        $this->table = $table;
    }

    /** @see shm_attach() */
    public static function attach(int $key, ?int $size = null, int $permissions = 0666): self|false
    {
        $size ??= (int) (ini_get('sysvshm.init_mem') ?: 10000);
        if ($size <= 0) {
            throw new \ValueError('shm_attach(): Argument #2 ($size) must be greater than 0');
        }
        try {
            $name = Segment::name('shm', $key);
            $table = $key === 0 ? null : Segment::existing($name);
            if ($table === null && $size < self::HEAD_BYTES) {
                return self::refuse('shm_attach', $key, 'memorysize too small');
            }
            $table ??= $key === 0 ? Segment::makePrivate('shm', $size, $permissions)
                : Segment::openOrMake($name, $size, $permissions);
            return new self($key, $table);
        } catch (Permission) {
            return self::refuse('shm_attach', $key, 'Permission denied');
        } catch (Full) {
            return self::refuse('shm_attach', $key, 'No space left on device');
        }
    }

    /** @see shm_put_var() */
    public function putVar(int|string $key, mixed $value): bool
    {
        return Value::put($this->table(), Value::key($key), $value);
    }

    /** @see shm_get_var() */
    public function getVar(int|string $key): mixed
    {
        $name = Value::key($key);
        try {
            // No value that is read is this very object.
            $value = $this->table()->get($name, $this);
        } catch (Serialization) {
            raise(E_WARNING, 'shm_get_var(): Variable data in shared memory is corrupted');
            return false;
        }
        if ($value === $this) {
            raise(E_WARNING, "shm_get_var(): Variable key $name doesn't exist");
            return false;
        }
        return $value;
    }

    /** @see shm_has_var() */
    public function hasVar(int|string $key): bool
    {
        return $this->table()->exists(Value::key($key));
    }

    /** @see shm_remove_var() */
    public function removeVar(int|string $key): bool
    {
        $name = Value::key($key);
        if ($this->table()->delete($name)) {
            return true;
        }
        raise(E_WARNING, "shm_remove_var(): Variable key $name doesn't exist");
        return false;
    }

    /** @see shm_detach() */
    public function detach(): bool
    {
        $this->table();
        $this->table = null;
        return true;
    }

    /** @see shm_remove() */
    public function remove(): bool
    {
        try {
            // What was removed before is removed.
            $this->table()->unlink();
            return true;
        } catch (Permission) {
            return self::refuse('shm_remove', $this->key, 'Operation not permitted');
        }
    }

    public function __serialize(): array
    {
        throw new \Exception("Serialization of 'SysvSharedMemory' is not allowed");
    }

    private function __clone()
    {
    }

    private function table(): Table
    {
        return $this->table ?? throw new \Error('Shared memory block has already been destroyed');
    }

    private static function refuse(string $function, int $key, string $why): false
    {
        raise(E_WARNING, sprintf('%s(): Failed for key 0x%x: %s', $function, $key, $why));
        return false;
    }
}

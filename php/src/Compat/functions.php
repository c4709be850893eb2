<?php

/* The functions of the extensions sysvshm and shmop, under this namespace: `use function Quipu\Compat\shm_attach;` and so
 * on. What they answer, warn and throw is what PHP's own do; docs/php-migration.md has what differs. */

declare(strict_types=1);

namespace Quipu\Compat;

/**
 * Attaches the shared memory of a key, and makes it if there is none. The size is what it must have room for, and counts
 * for who makes it; memory is taken as data comes.
 */
function shm_attach(int $key, ?int $size = null, int $permissions = 0666): SysvSharedMemory|false
{
    return SysvSharedMemory::attach($key, $size, $permissions);
}

/** Stores a variable. False, with a warning: there is no room. */
function shm_put_var(SysvSharedMemory $shm, int|string $key, mixed $value): bool
{
    return $shm->putVar($key, $value);
}

/** Reads a variable. False, with a warning: there is none. */
function shm_get_var(SysvSharedMemory $shm, int|string $key): mixed
{
    return $shm->getVar($key);
}

/** Whether there is a variable. */
function shm_has_var(SysvSharedMemory $shm, int|string $key): bool
{
    return $shm->hasVar($key);
}

/** Removes a variable. False, with a warning: there is none. */
function shm_remove_var(SysvSharedMemory $shm, int|string $key): bool
{
    return $shm->removeVar($key);
}

/** Ends the use of shared memory, which stays. */
function shm_detach(SysvSharedMemory $shm): bool
{
    return $shm->detach();
}

/** Removes shared memory: those who have it attached keep it, and the next one to attach the key makes another. */
function shm_remove(SysvSharedMemory $shm): bool
{
    return $shm->remove();
}

/** Opens a segment: "a" for reading, "w" for writing too, "c" makes it if there is none, "n" makes a new one. */
function shmop_open(int $key, string $mode, int $permissions, int $size): Shmop|false
{
    return Shmop::open($key, $mode, $permissions, $size);
}

/** Reads bytes of a segment. */
function shmop_read(Shmop $shmop, int $offset, int $size): string
{
    return $shmop->read($offset, $size);
}

/** Writes bytes into a segment, as many as fit; says how many. */
function shmop_write(Shmop $shmop, string $data, int $offset): int
{
    return $shmop->write($data, $offset);
}

/** The size of a segment in bytes. */
function shmop_size(Shmop $shmop): int
{
    return $shmop->size();
}

/** Deletes a segment: those who have it open keep it. */
function shmop_delete(Shmop $shmop): bool
{
    return $shmop->delete();
}

/** Does nothing, as in PHP. */
function shmop_close(Shmop $shmop): void
{
    raise(E_DEPRECATED, 'Function shmop_close() is deprecated');
}

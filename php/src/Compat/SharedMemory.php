<?php

declare(strict_types=1);

namespace Quipu\Compat;

use Quipu\Table;

/**
 * Variables in shared memory with atomic sections. The variables of a master key are the table `memory-NAME`, and the
 * semaphore that the atomic methods wait for is the table `sem-0x0000007b` for the id "123".
 *
 * The atomic methods (atomAdd, atomGet, atomRemove) wait while another process is in ensureAtomicity(); the others do not.
 */
final class SharedMemory
{
    /** The semaphore of those who name none: they all share it. */
    private const DEFAULT_SEMAPHORE = 0x51554950;
    private const PERMISSIONS = 0600;
    private const UNITS = ['' => 0, 'b' => 0, 'k' => 10, 'kb' => 10, 'm' => 20, 'mb' => 20, 'g' => 30, 'gb' => 30,
        't' => 40, 'tb' => 40];

    private readonly int $semaphore;
    private readonly bool $isNaked;
    private ?Table $table = null;
    private ?Gate $gate = null;

    /**
     * Attaches the variables of a master key, and makes them if there are none.
     *
     * @param ?string $semaphoreID a number; those with the same one wait for each other
     * @param int|string $size what there must be room for, as "100kb"
     * @param bool $naked only the semaphore, and no variables
     */
    public function __construct(
        int|string $masterKey,
        ?string $semaphoreID = null,
        int|string $size = '100kb',
        bool $naked = false,
    ) {
        if ($semaphoreID !== null && !is_numeric($semaphoreID)) {
            throw new \TypeError('sem_get(): Argument #1 ($key) must be of type int, string given');
        }
        $this->semaphore = $semaphoreID === null ? self::DEFAULT_SEMAPHORE : (int) $semaphoreID;
        $this->isNaked = $naked;
        if (!$naked) {
            $this->table = Segment::openOrMake(self::nameOf((string) $masterKey), self::getBytes($size), self::PERMISSIONS);
        }
        // There is something to remove from now on.
        $this->gate();
    }

    /**
     * Calls with this object while no other process is in a section or an atomic method of the same semaphore, and
     * returns what it returns. Sections may be nested.
     */
    public function ensureAtomicity(callable $callable): mixed
    {
        $gate = $this->lock();
        try {
            return $callable($this);
        } finally {
            // Not ours any more, if the callable has detached or removed the semaphore.
            $gate->unlock();
        }
    }

    /** Stores a variable. False, with a warning: there is no room, and what there was before stays. */
    public function add(int|string $key, mixed $value): bool
    {
        return Value::put($this->table(), (string) $key, $value);
    }

    /** Stores a variable while nobody else is in a section. */
    public function atomAdd(int|string $key, mixed $value): bool
    {
        return $this->gate()->pass(fn() => $this->add($key, $value));
    }

    /**
     * Reads a variable.
     *
     * @throws \Exception there is none
     */
    public function get(int|string $key): mixed
    {
        // No value that is read is this very object.
        $value = $this->table()->get((string) $key, $this);
        return $value !== $this ? $value : throw new \Exception("The Variable Key $key Does Not Exist");
    }

    /** Reads a variable while nobody else is in a section; null: there is none. Nothing is waited for but the section. */
    public function atomGet(int|string $key, int $timeoutSeconds = 30): mixed
    {
        return $this->gate()->pass(fn() => $this->table()->get((string) $key));
    }

    /** Whether there is a variable. */
    public function has(int|string $key): bool
    {
        return $this->table()->exists((string) $key);
    }

    /** Removes a variable; false: there is none. */
    public function remove(int|string $key): bool
    {
        return $this->table()->delete((string) $key);
    }

    /** Removes a variable while nobody else is in a section; false: there is none. */
    public function atomRemove(int|string $key): bool
    {
        return $this->gate()->pass(fn() => $this->remove($key));
    }

    /** Removes the semaphore and the variables. False, with a warning: there is no semaphore, and the variables stay. */
    public function cleanSharedMemory(): bool
    {
        return $this->removeSemaphore() && $this->removeSharedMemory();
    }

    /** Leaves all sections of this object. */
    public function detachSemaphore(): bool
    {
        $this->gate?->release();
        $this->gate = null;
        return true;
    }

    /** Ends the use of the variables, which stay. */
    public function detachSharedMemory(): bool
    {
        $this->table();
        $this->table = null;
        return true;
    }

    /** Leaves all sections of this object and removes the semaphore. False, with a warning: there is none. */
    public function removeSemaphore(): bool
    {
        $table = $this->gate?->table ?? Segment::existing($this->semaphoreName());
        if ($table !== null && $table->unlink()) {
            return $this->detachSemaphore();
        }
        raise(E_WARNING, sprintf('sem_remove(): SysV semaphore for key 0x%x does not (any longer) exist', $this->semaphore));
        return false;
    }

    /** Removes the variables: those who have them attached keep them. */
    public function removeSharedMemory(): bool
    {
        $this->table()->unlink();
        return true;
    }

    /**
     * The bytes of a size: a number and b, kb, mb, gb or tb (or the first letter) of any case, 1024-based.
     *
     * @throws \ValueError it is none
     */
    public static function getBytes(int|string $size): int
    {
        if (preg_match('/^\s*(\d+)(?![\d.,])\s*([a-z]*)/i', (string) $size, $found) === 1) {
            $shift = self::UNITS[strtolower($found[2])] ?? null;
            if ($shift !== null && (int) $found[1] > 0 && (int) $found[1] <= (1 << 40) >> $shift) {
                return (int) $found[1] << $shift;
            }
        }
        throw new \ValueError("The size \"$size\" must be a whole number of bytes, or one with a unit up to 1tb, as \"100kb\"");
    }

    private function table(): Table
    {
        return $this->table ?? throw new \Error($this->isNaked ? 'This object is naked: it has no shared memory'
            : 'Shared memory block has already been destroyed');
    }

    private function semaphoreName(): string
    {
        return Segment::name('sem', $this->semaphore);
    }

    /** The semaphore, or a new one if it was removed. */
    private function gate(): Gate
    {
        if ($this->gate === null || (!$this->gate->isHeld() && !$this->gate->table->isLinked())) {
            $this->gate = new Gate(Segment::openOrMake($this->semaphoreName(), 1, self::PERMISSIONS));
        }
        return $this->gate;
    }

    private function lock(): Gate
    {
        for (;;) {
            $gate = $this->gate();
            $wasHeld = $gate->isHeld();
            $gate->lock();
            // Who has waited for one that was removed meanwhile waits for the next.
            if ($wasHeld || $gate->table->isLinked()) {
                return $gate;
            }
            $gate->unlock();
        }
    }

    /** Any master key has a name of its own. */
    private static function nameOf(string $masterKey): string
    {
        return preg_match('/^[A-Za-z0-9_.-]{1,100}\z/', $masterKey) === 1 ? "memory-$masterKey"
            : 'memory=' . sha1($masterKey);
    }
}

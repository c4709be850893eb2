<?php

declare(strict_types=1);

namespace Quipu\Compat;

use Quipu\Exception\Full;
use Quipu\Table;

/**
 * A lock that shuts out all single operations of others. These share the lock for as long as they take, and so do not
 * wait for each other. Its holder gets it again as often as it asks, and it ends with the object and with the process.
 *
 * @internal
 */
final class Gate
{
    private const LOCK = 'compat';
    /** Who wants the lock alone has this one first. */
    private const DOOR = 'compat door';
    /**
     * Says that somebody stands in the door. Without it, operations that overlap could keep the lock shared for ever. It
     * is advice alone: if its maker was killed, operations take the way through the door until it ends.
     */
    private const SIGN = "\0door";
    private const SIGN_SECONDS = 60;

    private int $held = 0;
    private int $holder = 0;

    public function __construct(public readonly Table $table)
    {
    }

    public function __destruct()
    {
        $this->release();
    }

    /** Waits for the lock. */
    public function lock(): void
    {
        if ($this->table->holds(self::LOCK) > 0) {
            $this->table->lock(self::LOCK);
        } else {
            $this->lockByTheDoor();
        }
        if ($this->holder !== getmypid()) {
            // A child of fork has no lock of its parent.
            $this->holder = getmypid();
            $this->held = 0;
        }
        $this->held++;
    }

    /** Gives the lock back once; false: this object does not have it. */
    public function unlock(): bool
    {
        if (!$this->isHeld()) {
            return false;
        }
        $this->held--;
        return $this->table->unlock(self::LOCK);
    }

    /** Gives back all that this object has. */
    public function release(): void
    {
        while ($this->unlock()) {
        }
    }

    public function isHeld(): bool
    {
        return $this->held > 0 && $this->holder === getmypid();
    }

    /** Makes an operation while nobody else has the lock, and returns what it returns. */
    public function pass(callable $operation): mixed
    {
        // Who has the lock must not go to the door, where somebody may wait for it to be free.
        if ($this->table->exists(self::SIGN) && $this->table->holds(self::LOCK) === 0) {
            $this->table->lock(self::DOOR);
            $this->table->unlock(self::DOOR);
        }
        $this->table->lock(self::LOCK, null, true);
        try {
            return $operation();
        } finally {
            $this->table->unlock(self::LOCK);
        }
    }

    private function lockByTheDoor(): void
    {
        $this->table->lock(self::DOOR);
        try {
            $this->sign(fn() => $this->table->set(self::SIGN, true, self::SIGN_SECONDS));
            $this->table->lock(self::LOCK);
            $this->sign(fn() => $this->table->delete(self::SIGN));
        } finally {
            $this->table->unlock(self::DOOR);
        }
    }

    private function sign(callable $write): void
    {
        try {
            $write();
        } catch (Full) {
            // It is advice alone.
        }
    }
}

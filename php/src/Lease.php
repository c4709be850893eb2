<?php

declare(strict_types=1);

namespace Quipu;

use Quipu\Exception\LeaseLost;

/**
 * The right to something for a limited time. Whoever has it may be late: stopped, swapped out, in a long request. So each
 * lease has a number, the fence, that is higher than those of all leases of that name before it; and what is written by
 * way of the lease carries the number.
 *
 * The guarantee: a write by a lease that is over throws LeaseLost and changes nothing, from the moment on at which its
 * successor has read or written that key by way of its own lease; before that, from the end of its time on, but for a
 * write that was under way then.
 *
 * An entry written by way of a lease is an array: `fence`, and `value` unless it was deleted. Lease::read() reads it
 * without a lease. The lease itself is the entry with its name, and stays as the memory of the last fence.
 */
final class Lease
{
    private const FIRST_PAUSE_US = 500;
    private const LONGEST_PAUSE_US = 5000;

    /** Ticks of hrtime(): one clock for all processes of the machine. */
    private int $deadline;

    private function __construct(
        private readonly Table $table,
        private readonly string $name,
        public readonly int $fence,
        private float $seconds,
        int $deadline,
    ) {
        $this->deadline = $deadline;
    }

    /**
     * Takes the lease of a name for so many seconds. Waits at most $timeout seconds for whoever has it; null as a result:
     * it has not become free.
     */
    public static function acquire(Table $table, string $name, float $seconds, float $timeout = 0): ?self
    {
        self::check($seconds);
        $end = hrtime(true) + self::ticks($timeout);
        for ($pause = self::FIRST_PAUSE_US;; $pause = min(2 * $pause, self::LONGEST_PAUSE_US)) {
            $record = $table->gets($name, $token);
            $now = hrtime(true);
            if (!self::isRunning($record, $now)) {
                $fence = ($record['fence'] ?? 0) + 1;
                $deadline = $now + self::ticks($seconds);
                if ($table->cas($name, $token, ['fence' => $fence, 'from' => $now, 'until' => $deadline], INF)) {
                    return new self($table, $name, $fence, $seconds, $deadline);
                }
                continue;
            }
            if ($now >= $end) {
                return null;
            }
            usleep($pause);
        }
    }

    /**
     * Lets the lease run from now on, for as long as it was taken for or for other seconds.
     *
     * @throws LeaseLost it is over
     */
    public function renew(?float $seconds = null): void
    {
        $this->seconds = self::check($seconds ?? $this->seconds);
        do {
            $this->own($token, $now);
            $deadline = $now + self::ticks($this->seconds);
            $record = ['fence' => $this->fence, 'from' => $now, 'until' => $deadline];
        } while (!$this->table->cas($this->name, $token, $record, INF));
        $this->deadline = $deadline;
    }

    /** Gives the lease back; false: it was over. */
    public function release(): bool
    {
        try {
            do {
                $this->own($token, $now);
            } while (!$this->table->cas($this->name, $token, ['fence' => $this->fence, 'from' => $now, 'until' => $now], INF));
        } catch (LeaseLost) {
            return false;
        }
        return true;
    }

    /** The seconds left by this object's own account; 0: it is over. */
    public function remaining(): float
    {
        return max(0, $this->deadline - hrtime(true)) / 1e9;
    }

    /** Whether the lease is not over yet. */
    public function isHeld(): bool
    {
        return $this->isMine($this->table->get($this->name), hrtime(true));
    }

    /**
     * Reads a value, and keeps earlier leases from writing it.
     *
     * @throws LeaseLost the lease is over
     */
    public function get(string $key, mixed $default = null): mixed
    {
        do {
            $entry = $this->entry($key, $token);
            $this->own($own, $now);
            if (($entry['fence'] ?? 0) === $this->fence) {
                break;
            }
            $entry = ['fence' => $this->fence] + $entry;
        } while (!$this->table->cas($key, $token, $entry, INF));
        return array_key_exists('value', $entry) ? $entry['value'] : $default;
    }

    /**
     * Stores a value.
     *
     * @throws LeaseLost the lease is over
     */
    public function set(string $key, mixed $value): void
    {
        $this->write($key, ['fence' => $this->fence, 'value' => $value]);
    }

    /**
     * Deletes a value. The entry stays, with its fence.
     *
     * @throws LeaseLost the lease is over
     */
    public function delete(string $key): void
    {
        $this->write($key, ['fence' => $this->fence]);
    }

    /** Reads a value that was written by way of a lease, without one. */
    public static function read(Table $table, string $key, mixed $default = null): mixed
    {
        $entry = $table->get($key);
        return is_array($entry) && array_key_exists('value', $entry) ? $entry['value'] : $default;
    }

    /** @param array<string, mixed> $entry */
    private function write(string $key, array $entry): void
    {
        do {
            // In this order: whoever has the lease after us changes the entry, or is seen here.
            $this->entry($key, $token);
            $this->own($own, $now);
        } while (!$this->table->cas($key, $token, $entry, INF));
    }

    /**
     * @param-out ?string $token
     * @return array<string, mixed>
     */
    private function entry(string $key, ?string &$token): array
    {
        $entry = $this->table->gets($key, $token) ?? [];
        if (!is_array($entry) || ($entry !== [] && !is_int($entry['fence'] ?? null))) {
            throw new Exception\WrongType("The entry \"$key\" was not written by way of a lease: delete it first");
        }
        return $entry;
    }

    /** Reads the lease's own entry. */
    private function own(?string &$token, ?int &$now): void
    {
        $record = $this->table->gets($this->name, $token);
        $now = hrtime(true);
        if (!$this->isMine($record, $now)) {
            throw $this->lost();
        }
    }

    private function isMine(mixed $record, int $now): bool
    {
        return self::isRunning($record, $now) && $record['fence'] === $this->fence;
    }

    /** A clock before the lease began is that of another boot, which a table in a file outlives. */
    private static function isRunning(mixed $record, int $now): bool
    {
        if ($record !== null && !is_int($record['until'] ?? null)) {
            throw new Exception\WrongType('The entry of that name is no lease: choose another name, or delete it');
        }
        return $record !== null && $now >= $record['from'] && $now < $record['until'];
    }

    private function lost(): LeaseLost
    {
        return new LeaseLost("The lease \"$this->name\" with fence $this->fence is over, and nothing was written: take it again");
    }

    private static function ticks(float $seconds): int
    {
        return (int) min($seconds * 1e9, PHP_INT_MAX / 4);
    }

    private static function check(float $seconds): float
    {
        return $seconds > 0 ? $seconds : throw new \ValueError('A lease must last more than 0 seconds');
    }
}

<?php

declare(strict_types=1);

namespace Quipu\Cache;

use Psr\Cache\CacheItemInterface;

/** An entry of a Pool, as PSR-6 has it. */
final class Item implements CacheItemInterface
{
    /** Seconds since 1970; null: the default of the table. */
    private ?float $end = null;

    /** @internal A Pool makes them. */
    public function __construct(
        private readonly string $key,
        private mixed $value,
        private readonly bool $isHit,
    ) {
    }

    public function getKey(): string
    {
        return $this->key;
    }

    /** What was found, or was set() since; null without either. */
    public function get(): mixed
    {
        return $this->value;
    }

    /** Whether it was found when the pool made this item; set() does not change that. */
    public function isHit(): bool
    {
        return $this->isHit;
    }

    public function set($value): static
    {
        $this->value = $value;
        return $this;
    }

    /**
     * @param \DateTimeInterface|null $expiration null is the default of the table
     * @throws InvalidArgument
     */
    public function expiresAt($expiration): static
    {
        $this->end = match (true) {
            $expiration === null => null,
            $expiration instanceof \DateTimeInterface => Lifetime::instant($expiration),
            default => throw new InvalidArgument(
                \sprintf('An end is null or a DateTimeInterface, not %s', \get_debug_type($expiration)),
            ),
        };
        return $this;
    }

    /**
     * @param int|\DateInterval|null $time null is the default of the table
     * @throws InvalidArgument
     */
    public function expiresAfter($time): static
    {
        $seconds = Lifetime::seconds($time);
        $this->end = $seconds === null ? null : \microtime(true) + $seconds;
        return $this;
    }

    /**
     * The time to live that is left.
     *
     * @internal
     */
    public function secondsLeft(): ?float
    {
        return $this->end === null ? null : $this->end - \microtime(true);
    }
}

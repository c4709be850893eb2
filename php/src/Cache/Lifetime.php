<?php

declare(strict_types=1);

namespace Quipu\Cache;

/**
 * Times to live as frameworks give them, in seconds.
 *
 * @internal
 */
final class Lifetime
{
    /** Half the range of a clock in ticks of 128 ms, the usual ones, but for some that rounding adds: 8.7 years. */
    private const SECONDS_MAX = 274_877_900;

    /**
     * A time to live of PSR-16. Null is the default of the table.
     *
     * @throws InvalidArgument
     */
    public static function seconds(mixed $ttl): int|float|null
    {
        return match (true) {
            $ttl === null, \is_int($ttl) => $ttl,
            $ttl instanceof \DateInterval => self::ofInterval($ttl),
            default => throw new InvalidArgument(\sprintf(
                'A time to live is null, an int or a DateInterval, not %s',
                \get_debug_type($ttl),
            )),
        };
    }

    /** How long an interval is that begins now: months, and days that end summer time, differ. */
    public static function ofInterval(\DateInterval $interval): float
    {
        $now = new \DateTimeImmutable();
        return self::instant($now->add($interval)) - self::instant($now);
    }

    /** Seconds since 1970. */
    public static function instant(\DateTimeInterface $time): float
    {
        return (float) $time->format('U.u');
    }

    /** More years than a table counts: a cache may forget earlier, and so it does. INF stays for ever. */
    public static function fit(int|float $seconds): int|float
    {
        return $seconds > self::SECONDS_MAX && $seconds !== \INF ? self::SECONDS_MAX : $seconds;
    }
}

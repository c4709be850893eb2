<?php

declare(strict_types=1);

namespace Quipu\Cache;

/** A key, a value's time to live or a list is not what PSR-6 and PSR-16 allow. */
final class InvalidArgument extends \InvalidArgumentException implements
    \Psr\Cache\InvalidArgumentException,
    \Psr\SimpleCache\InvalidArgumentException
{
}

<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache;

/** Can be stored and not read back, as a class whose properties have changed since. */
final class Grumpy
{
    public int $number = 1;

    /** @return array<string, mixed> */
    public function __serialize(): array
    {
        return ['number' => 'no number'];
    }

    /** @param array<string, mixed> $data */
    public function __unserialize(array $data): void
    {
        $this->number = $data['number'];
    }
}

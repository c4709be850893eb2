<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache\Symfony;

use Cache\IntegrationTests\SimpleCacheTest;
use Quipu\Cache\Symfony\QuipuAdapter;
use Quipu\Tests\OwnTable;
use Symfony\Component\Cache\Psr16Cache;

/** The public suite of PSR-16 with Symfony's Psr16Cache around its adapter. */
final class Psr16ConformanceTest extends SimpleCacheTest
{
    use OwnTable;

    public function createSimpleCache()
    {
        return new Psr16Cache(new QuipuAdapter($this->table()));
    }
}

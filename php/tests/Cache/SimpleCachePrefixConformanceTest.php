<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache;

use Cache\IntegrationTests\SimpleCacheTest;
use Quipu\Cache\SimpleCache;
use Quipu\Tests\OwnTable;

/** The public suite of PSR-16 with a prefix, in a table that forgets and that igbinary writes. */
final class SimpleCachePrefixConformanceTest extends SimpleCacheTest
{
    use OwnTable;

    public function createSimpleCache()
    {
        return new SimpleCache($this->table(['on_full' => 'evict', 'serializer' => 'igbinary']), 'shop:');
    }
}

<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache;

use Cache\IntegrationTests\CachePoolTest;
use Quipu\Cache\Pool;
use Quipu\Tests\OwnTable;

/** The public suite of PSR-6. */
final class PoolConformanceTest extends CachePoolTest
{
    use OwnTable;

    public function createCachePool()
    {
        return new Pool($this->table());
    }
}

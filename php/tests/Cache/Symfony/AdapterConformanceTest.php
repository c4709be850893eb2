<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache\Symfony;

use Cache\IntegrationTests\CachePoolTest;
use Quipu\Cache\Symfony\QuipuAdapter;
use Quipu\Tests\OwnTable;

/** The public suite of PSR-6 with Symfony's adapter. */
final class AdapterConformanceTest extends CachePoolTest
{
    use OwnTable;

    public function createCachePool()
    {
        return new QuipuAdapter($this->table());
    }
}

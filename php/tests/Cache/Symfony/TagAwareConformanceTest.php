<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache\Symfony;

use Cache\IntegrationTests\CachePoolTest;
use Quipu\Cache\Symfony\QuipuAdapter;
use Quipu\Tests\OwnTable;
use Symfony\Component\Cache\Adapter\TagAwareAdapter;

/** The public suite of PSR-6 with TagAwareAdapter around Symfony's adapter. */
final class TagAwareConformanceTest extends CachePoolTest
{
    use OwnTable;

    public function createCachePool()
    {
        return new TagAwareAdapter(new QuipuAdapter($this->table(), 'tagged'));
    }
}

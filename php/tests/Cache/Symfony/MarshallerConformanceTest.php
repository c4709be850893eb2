<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache\Symfony;

use Cache\IntegrationTests\CachePoolTest;
use Quipu\Cache\Symfony\QuipuAdapter;
use Quipu\Tests\OwnTable;
use Symfony\Component\Cache\Marshaller\DefaultMarshaller;
use Symfony\Component\Cache\Marshaller\DeflateMarshaller;

/** The public suite of PSR-6 with Symfony's adapter, a namespace and marshallers. */
final class MarshallerConformanceTest extends CachePoolTest
{
    use OwnTable;

    public function createCachePool()
    {
        return new QuipuAdapter($this->table(), 'pool', 0, new DeflateMarshaller(new DefaultMarshaller(false)));
    }
}

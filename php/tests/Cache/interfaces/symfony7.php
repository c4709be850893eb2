<?php
/** What Symfony 7 asks of an adapter, for InterfacesTest: Debian has 5.4. */

declare(strict_types=1);

namespace Symfony\Component\Cache\Marshaller {
    interface MarshallerInterface
    {
        public function marshall(array $values, ?array &$failed): array;

        public function unmarshall(string $value): mixed;
    }
}

namespace Symfony\Component\Cache\Adapter {
    abstract class AbstractAdapter
    {
        protected function __construct(string $namespace = '', int $defaultLifetime = 0)
        {
        }

        abstract protected function doFetch(array $ids): iterable;

        abstract protected function doHave(string $id): bool;

        abstract protected function doClear(string $namespace): bool;

        abstract protected function doDelete(array $ids): bool;

        abstract protected function doSave(array $values, int $lifetime): array|bool;
    }
}

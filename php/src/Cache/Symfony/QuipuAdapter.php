<?php

declare(strict_types=1);

namespace Quipu\Cache\Symfony;

use Quipu\Cache\Lifetime;
use Quipu\Table;
use Symfony\Component\Cache\Adapter\AbstractAdapter;
use Symfony\Component\Cache\Marshaller\MarshallerInterface;

/**
 * A cache of Symfony in a table: ApcuAdapter's place, and also for commands, workers and daemons. TagAwareAdapter takes it.
 *
 *     $cache = new QuipuAdapter(Quipu\Table::open('app', ['size' => '256mb', 'on_full' => 'evict']));
 *
 * Without a marshaller the table serialises (its option `serializer`), and strings and numbers are stored as they are.
 */
final class QuipuAdapter extends AbstractAdapter
{
    /** Told from any value by being this one object. */
    private static ?\stdClass $missing = null;

    /**
     * @param string $namespace what all entries begin with; without it clear() empties the table
     * @param int $defaultLifetime seconds; 0: until it is deleted
     */
    public function __construct(
        private readonly Table $table,
        string $namespace = '',
        int $defaultLifetime = 0,
        private readonly ?MarshallerInterface $marshaller = null,
    ) {
        parent::__construct($namespace, $defaultLifetime);
    }

    /**
     * @param array<string> $ids
     * @return array<string|int, mixed>
     */
    protected function doFetch(array $ids): iterable
    {
        $missing = self::$missing ??= new \stdClass();
        // A class that is gone is a miss and no __PHP_Incomplete_Class.
        $callback = \ini_set('unserialize_callback_func', self::class . '::handleUnserializeCallback');
        try {
            $values = \count($ids) === 1
                ? [($id = \reset($ids)) => $this->table->get($id, $missing)]
                : $this->table->getMany($ids, $missing);
            foreach ($values as $id => $value) {
                if ($value === $missing) {
                    unset($values[$id]);
                } elseif ($this->marshaller !== null) {
                    $values[$id] = $this->marshaller->unmarshall($value);
                }
            }
            return $values;
        } catch (\Error $error) {
            // What a class says to data of another time; AbstractAdapter makes a miss of exceptions only.
            throw new \ErrorException($error->getMessage(), 0, \E_ERROR, $error->getFile(), $error->getLine(), $error);
        } finally {
            \ini_set('unserialize_callback_func', (string) $callback);
        }
    }

    protected function doHave(string $id): bool
    {
        return $this->table->exists($id);
    }

    protected function doClear(string $namespace): bool
    {
        $this->table->clear($namespace);
        return true;
    }

    /** @param array<string> $ids */
    protected function doDelete(array $ids): bool
    {
        foreach ($ids as $id) {
            $this->table->delete($id);
        }
        return true;
    }

    /**
     * @param array<string|int, mixed> $values
     * @return array<string|int>|bool ids of those that could not be stored
     */
    protected function doSave(array $values, int $lifetime): array|bool
    {
        $failed = [];
        if ($this->marshaller !== null) {
            $values = $this->marshaller->marshall($values, $failed);
        }
        $this->table->setMany($values, $lifetime > 0 ? Lifetime::fit($lifetime) : \INF);
        return $failed ?? [];
    }
}

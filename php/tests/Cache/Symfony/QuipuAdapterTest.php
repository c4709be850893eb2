<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache\Symfony;

use PHPUnit\Framework\TestCase;
use Psr\Log\AbstractLogger;
use Quipu\Cache\Symfony\QuipuAdapter;
use Quipu\Table;
use Quipu\Tests\Cache\Grumpy;
use Quipu\Tests\Crew;
use Quipu\Tests\OwnTable;
use Symfony\Component\Cache\Adapter\TagAwareAdapter;
use Symfony\Component\Cache\DependencyInjection\CachePoolPass;
use Symfony\Component\Cache\Marshaller\DefaultMarshaller;
use Symfony\Component\DependencyInjection\ChildDefinition;
use Symfony\Component\DependencyInjection\ContainerBuilder;
use Symfony\Contracts\Cache\ItemInterface;

/** What Symfony does with its adapters besides PSR-6. */
final class QuipuAdapterTest extends TestCase
{
    use OwnTable;

    public function testGetComputesOnce(): void
    {
        $cache = new QuipuAdapter($this->table());
        $calls = 0;
        $compute = function (ItemInterface $item) use (&$calls): array {
            $item->expiresAfter(60);
            return ['call' => ++$calls];
        };
        self::assertSame(['call' => 1], $cache->get('key', $compute));
        self::assertSame(['call' => 1], (new QuipuAdapter($this->table()))->get('key', $compute));
        self::assertEqualsWithDelta(60, $this->table()->ttl('key'), 30);
        self::assertSame(['call' => 2], $cache->get('key', $compute, INF), 'early expiration computes anew');
        self::assertTrue($cache->delete('key'));
        self::assertSame(['call' => 3], $cache->get('key', $compute));
    }

    public function testLifetimes(): void
    {
        $cache = new QuipuAdapter($this->table(['ttl' => 5000]), 'ns', 100);
        $cache->save($cache->getItem('default')->set(1));
        $cache->save($cache->getItem('own')->set(1)->expiresAfter(1000));
        $cache->save($cache->getItem('years')->set(1)->expiresAfter(20 * 365 * 86400));
        $cache->save($cache->getItem('past')->set(1)->expiresAfter(-1));
        $forEver = new QuipuAdapter($this->table(['ttl' => 5000]), 'ns');
        $forEver->save($forEver->getItem('forever')->set(1));
        self::assertEqualsWithDelta(100, $this->table()->ttl('ns:default'), 30);
        self::assertEqualsWithDelta(1000, $this->table()->ttl('ns:own'), 30);
        self::assertGreaterThan(8 * 365 * 86400, $this->table()->ttl('ns:years'));
        self::assertNull($this->table()->ttl('ns:past'));
        self::assertSame(INF, $this->table()->ttl('ns:forever'));
    }

    public function testClearTakesANamespaceAndAPrefixOfKeys(): void
    {
        [$one, $two] = [new QuipuAdapter($this->table(), 'one'), new QuipuAdapter($this->table(), 'two')];
        foreach ([$one, $two] as $cache) {
            foreach (['a.1', 'a.2', 'b.1'] as $key) {
                $cache->save($cache->getItem($key)->set($key));
            }
        }
        self::assertTrue($one->clear('a.'));
        self::assertSame([false, false, true], array_map($one->hasItem(...), ['a.1', 'a.2', 'b.1']));
        self::assertTrue($one->clear());
        self::assertFalse($one->hasItem('b.1'));
        self::assertSame([true, true, true], array_map($two->hasItem(...), ['a.1', 'a.2', 'b.1']));
    }

    public function testTags(): void
    {
        $cache = new TagAwareAdapter(new QuipuAdapter($this->table(), 'items'), new QuipuAdapter($this->table(), 'tags'), 0);
        foreach (['a' => ['red'], 'b' => ['red', 'blue'], 'c' => ['blue']] as $key => $tags) {
            $cache->save($cache->getItem($key)->set($key)->tag($tags));
        }
        self::assertTrue($cache->invalidateTags(['red']));
        self::assertSame([false, false, true], array_map($cache->hasItem(...), ['a', 'b', 'c']));
        $other = new TagAwareAdapter(new QuipuAdapter($this->table(), 'items'), new QuipuAdapter($this->table(), 'tags'), 0);
        self::assertSame('c', $other->getItem('c')->get());
        self::assertTrue($other->invalidateTags(['blue']));
        self::assertFalse($cache->hasItem('c'), 'another adapter, as in another process, has invalidated it');
    }

    public function testNumericKeys(): void
    {
        $cache = new QuipuAdapter($this->table());
        $cache->save($cache->getItem('5')->set('five'));
        foreach ($cache->getItems(['5', '6']) as $key => $item) {
            self::assertSame($key, $item->getKey());
            self::assertSame($key === '5', $item->isHit());
        }
    }

    public function testWhatCannotBeReadOrStoredIsLogged(): void
    {
        $log = new class extends AbstractLogger {
            /** @var list<string> */
            public array $lines = [];

            public function log($level, $message, array $context = []): void
            {
                $this->lines[] = $message;
            }
        };
        $cache = new QuipuAdapter($this->table());
        $cache->setLogger($log);
        $cache->save($cache->getItem('good')->set(1));
        $cache->save($cache->getItem('bad')->set(new Grumpy()));
        self::assertFalse($cache->getItem('bad')->isHit());
        self::assertSame(1, $cache->getItem('good')->get());
        self::assertFalse($cache->save($cache->getItem('closure')->set(fn () => 1)));
        $cache->saveDeferred($cache->getItem('before')->set(1));
        $cache->saveDeferred($cache->getItem('closure')->set(fn () => 1));
        $cache->saveDeferred($cache->getItem('after')->set(2));
        self::assertFalse($cache->commit());
        self::assertSame([1, 2], [$cache->getItem('before')->get(), $cache->getItem('after')->get()]);
        self::assertCount(3, $log->lines);
        self::assertStringContainsString('Failed to fetch key "{key}"', $log->lines[0]);
        self::assertStringContainsString('Failed to save key "{key}"', $log->lines[1]);
    }

    public function testAClassThatIsGoneIsAMissHoweverDeep(): void
    {
        $cache = new QuipuAdapter($this->table());
        $class = 'Departed' . bin2hex(random_bytes(4));
        (new Crew(1, function () use ($cache, $class): void {
            eval("class $class {}");
            $cache->save($cache->getItem('key')->set(['deep' => [new $class()]]));
        }))->run();
        self::assertTrue($cache->hasItem('key'));
        self::assertFalse($cache->getItem('key')->isHit());
    }

    public function testAMarshallerMakesWhatIsStored(): void
    {
        $plain = new QuipuAdapter($this->table(), 'plain');
        $marshalled = new QuipuAdapter($this->table(), 'marshalled', 0, new DefaultMarshaller(false));
        foreach ([$plain, $marshalled] as $cache) {
            $cache->save($cache->getItem('key')->set('value'));
            self::assertSame('value', $cache->getItem('key')->get());
        }
        self::assertSame('value', $this->table()->get('plain:key'));
        self::assertSame(serialize('value'), $this->table()->get('marshalled:key'));
        $marshalled->saveDeferred($marshalled->getItem('closure')->set(fn () => 1));
        $marshalled->saveDeferred($marshalled->getItem('good')->set(1));
        self::assertFalse($marshalled->commit());
        self::assertSame(1, $marshalled->getItem('good')->get());
    }

    /** The services of docs/php-adapters.md, put together as the framework does. */
    public function testAsAServiceOfTheFramework(): void
    {
        $this->table();
        $container = new ContainerBuilder();
        $container->setParameter('cache.prefix.seed', 'seed');
        $container->register('quipu.table', Table::class)->setFactory([Table::class, 'open'])->setArguments([$this->tableName]);
        $container->register('cache.adapter.quipu', QuipuAdapter::class)->setAbstract(true)->setArguments([null, '', 0])
            ->addTag('cache.pool', ['provider' => 'quipu.table', 'reset' => 'reset']);
        $pool = (new ChildDefinition('cache.adapter.quipu'))->setPublic(true);
        $container->setDefinition('cache.app', $pool->addTag('cache.pool', ['default_lifetime' => 60]));
        $container->addCompilerPass(new CachePoolPass());
        $container->compile();
        $cache = $container->get('cache.app');
        self::assertInstanceOf(QuipuAdapter::class, $cache);
        self::assertSame(7, $cache->get('key', fn () => 7));
        $entries = iterator_to_array($this->table());
        self::assertSame([7], array_values($entries));
        self::assertMatchesRegularExpression('/^[\w+-]{10}:key$/', (string) key($entries));
        self::assertEqualsWithDelta(60, $this->table()->ttl((string) key($entries)), 30);
    }
}

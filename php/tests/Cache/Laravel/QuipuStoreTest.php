<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache\Laravel;

use Illuminate\Cache\CacheManager;
use Illuminate\Cache\Repository;
use Illuminate\Container\Container;
use Illuminate\Support\Facades\Cache;
use PHPUnit\Framework\TestCase;
use Quipu\Cache\Laravel\QuipuServiceProvider;
use Quipu\Cache\Laravel\QuipuStore;
use Quipu\Exception\Overflow;
use Quipu\Tests\OwnTable;

/** Laravel's own repository and manager on the store. */
final class QuipuStoreTest extends TestCase
{
    use OwnTable;

    private function repository(string $prefix = 'app:'): Repository
    {
        return new Repository(new QuipuStore($this->table(), $prefix));
    }

    public function testGetPutForget(): void
    {
        $cache = $this->repository();
        self::assertNull($cache->get('key'));
        self::assertTrue($cache->put('key', ['a' => "\0\xff"], 60));
        self::assertSame(['a' => "\0\xff"], $cache->get('key'));
        self::assertSame(['a' => "\0\xff"], $this->table()->get('app:key'));
        self::assertEqualsWithDelta(60, $this->table()->ttl('app:key'), 30);
        self::assertTrue($cache->forget('key'));
        self::assertFalse($cache->forget('key'));
        $cache->put('key', 1, 60);
        self::assertTrue($cache->put('key', 1, 0), 'no time is forgetting');
        self::assertTrue($cache->missing('key'));
        $cache->put('never', false);
        self::assertFalse($cache->get('never', 'default'));
        self::assertSame(INF, $this->table()->ttl('app:never'));
        self::assertSame('', $cache->remember('made', 60, fn () => ''));
        self::assertSame('', $cache->remember('made', 60, fn () => 'again'));
        self::assertSame('', $cache->pull('made'));
        self::assertFalse($cache->has('made'));
        self::assertTrue($cache->put('years', 1, 20 * 365 * 86400));
        self::assertSame('app:', $cache->getStore()->getPrefix());
    }

    public function testMany(): void
    {
        $cache = $this->repository();
        self::assertTrue($cache->putMany(['a' => 1, 5 => 'five', 'false' => false], 60));
        self::assertSame(['a' => 1, 5 => 'five', 'false' => false, 'none' => null], $cache->many(['a', '5', 'false', 'none']));
        self::assertSame(['none' => 'default'], $cache->many(['none' => 'default']));
        self::assertEqualsWithDelta(60, $this->table()->ttl('app:5'), 30);
        self::assertSame([], $cache->getStore()->many([]));
    }

    public function testAdd(): void
    {
        $cache = $this->repository();
        self::assertTrue($cache->add('key', 1, 60));
        self::assertFalse($cache->add('key', 2, 60));
        self::assertSame(1, $cache->get('key'));
        self::assertEqualsWithDelta(60, $this->table()->ttl('app:key'), 30);
        self::assertTrue($cache->getStore()->add('least', 1, 0));
        self::assertLessThan(2, $this->table()->ttl('app:least'));
    }

    public function testNumbers(): void
    {
        $cache = $this->repository();
        self::assertSame(1, $cache->increment('n'));
        self::assertSame(INF, $this->table()->ttl('app:n'));
        self::assertSame(5, $cache->increment('n', 4));
        self::assertSame(6, $cache->increment('n', '1'));
        self::assertSame(3, $cache->decrement('n', 3));
        $cache->put('timed', 10, 60);
        self::assertSame(9, $cache->decrement('timed'));
        self::assertEqualsWithDelta(60, $this->table()->ttl('app:timed'), 30);
        self::assertSame(0.5, $cache->increment('float', 0.5));
        self::assertSame(1.5, $cache->increment('float'));
        self::assertSame(3.25, $cache->increment('n', 0.25));
        $cache->put('text', '41', 60);
        self::assertSame(42, $cache->increment('text'));
        self::assertSame(42, $cache->get('text'));
        self::assertEqualsWithDelta(60, $this->table()->ttl('app:text'), 30);
        $cache->put('word', 'word', 60);
        self::assertFalse($cache->increment('word'));
        self::assertSame('word', $cache->get('word'));
        $cache->forever('most', PHP_INT_MAX);
        $this->expectException(Overflow::class);
        $cache->increment('most');
    }

    public function testTouch(): void
    {
        $store = $this->repository()->getStore();
        self::assertFalse($store->touch('key', 60));
        $store->forever('key', 1);
        self::assertTrue($store->touch('key', 60));
        self::assertEqualsWithDelta(60, $this->table()->ttl('app:key'), 30);
    }

    public function testFlushTakesOnlyThePrefix(): void
    {
        [$one, $two] = [$this->repository('one:'), $this->repository('two:')];
        $one->put('key', 1, 60);
        $two->put('key', 2, 60);
        self::assertTrue($one->clear());
        self::assertNull($one->get('key'));
        self::assertSame(2, $two->get('key'));
    }

    public function testTags(): void
    {
        $cache = $this->repository();
        $cache->tags(['people', 'artists'])->put('John', 'of artists', 60);
        $cache->tags(['people', 'authors'])->put('John', 'of authors', 60);
        self::assertSame('of artists', $cache->tags(['people', 'artists'])->get('John'));
        $cache->tags('authors')->flush();
        self::assertNull($cache->tags(['people', 'authors'])->get('John'));
        self::assertSame('of artists', $cache->tags(['people', 'artists'])->get('John'));
        self::assertSame(1, $cache->tags('authors')->increment('n'));
    }

    public function testAFullTableIsFalse(): void
    {
        $store = new QuipuStore($this->table(['size' => '1mb']));
        for ($i = 0; $i < 1000 && $store->put("key$i", str_repeat('v', 10_000), 60); $i++);
        self::assertLessThan(1000, $i);
        self::assertFalse($store->add('new', str_repeat('v', 10_000), 60));
        self::assertFalse($store->forever('new', str_repeat('v', 10_000)));
        self::assertFalse($store->putMany(['new' => str_repeat('v', 10_000)], 60));
    }

    /** The store of docs/php-adapters.md, found by the service provider, by the facade that applications use. */
    public function testByConfiguration(): void
    {
        $this->table();
        $app = new Container();
        $stores = ['driver' => 'quipu', 'table' => $this->tableName];
        $app['config'] = ['cache.default' => 'quipu', 'cache.prefix' => 'app:', 'cache.stores.quipu' => $stores];
        (new QuipuServiceProvider($app))->register();
        $app->singleton('cache', fn ($app) => new CacheManager($app));
        Cache::setFacadeApplication($app);
        self::assertInstanceOf(QuipuStore::class, Cache::getStore());
        self::assertTrue(Cache::add('key', 1, 60));
        self::assertSame(2, Cache::increment('key'));
        self::assertSame(2, $this->table()->get('app:key'));
        self::assertTrue(Cache::lock('work', 10)->get());
        self::assertFalse(Cache::lock('work', 10)->get());
        Cache::clearResolvedInstances();
    }
}

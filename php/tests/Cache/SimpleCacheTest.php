<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache;

use PHPUnit\Framework\TestCase;
use Quipu\Cache\InvalidArgument;
use Quipu\Cache\SimpleCache;
use Quipu\Exception\Full;
use Quipu\Exception\Removed;
use Quipu\Exception\Serialization;
use Quipu\Table;
use Quipu\Tests\OwnTable;

/** What the suite of PSR-16 does not ask. */
final class SimpleCacheTest extends TestCase
{
    use OwnTable;

    /** @var list<\Throwable> what the cache reported */
    private array $reports = [];

    /** @param array<string, mixed> $options */
    private function cache(string $prefix = '', array $options = []): SimpleCache
    {
        return new SimpleCache($this->table($options), $prefix, function (\Throwable $thrown): void {
            $this->reports[] = $thrown;
        });
    }

    public function testStoredNullAndFalseAreNoMiss(): void
    {
        $cache = $this->cache();
        $cache->set('null', null);
        $cache->set('false', false);
        self::assertNull($cache->get('null', 'default'));
        self::assertFalse($cache->get('false', 'default'));
        self::assertTrue($cache->has('null'));
        self::assertSame(
            ['null' => null, 'false' => false, 'none' => 'default'],
            iterator_to_array($cache->getMultiple(['null', 'false', 'none'], 'default')),
        );
    }

    public function testNumericStringsStayStrings(): void
    {
        $cache = $this->cache();
        $cache->setMultiple(['5' => 'five', '-7' => 'minus seven', '05' => 'text']);
        $keys = [];
        foreach ($cache->getMultiple(['5', '-7', '05', '9'], '') as $key => $value) {
            $keys[] = $key;
        }
        self::assertSame(['5', '-7', '05', '9'], $keys);
        self::assertSame('five', $cache->get('5'));
        self::assertTrue($cache->deleteMultiple(['5', '-7']));
        self::assertFalse($cache->has('-7'));
        self::assertSame('text', $cache->get('05'));
    }

    public function testKeysAreAnyBytesButTheReserved(): void
    {
        $cache = $this->cache();
        foreach (["\0", "\xff\xfe", ' ', "line\nbreak", '$^|[', str_repeat('k', 1000)] as $key) {
            self::assertTrue($cache->set($key, $key));
            self::assertSame($key, $cache->get($key));
        }
        foreach (str_split('{}()/\\@:') as $reserved) {
            foreach (["$reserved", "a$reserved", "$reserved\n", "\n$reserved", "\0$reserved"] as $key) {
                self::assertRefused(fn () => $cache->get($key));
                self::assertRefused(fn () => $cache->set($key, 1));
            }
        }
    }

    public function testAKeyThatIsTooLongIsTheCallersMistake(): void
    {
        $cache = $this->cache('shop');
        $key = str_repeat('k', 65535 - strlen('shop'));
        self::assertTrue($cache->set($key, 1));
        self::assertSame(1, $cache->get($key));
        self::assertRefused(fn () => $cache->get("{$key}k"));
        self::assertRefused(fn () => $cache->set("{$key}k", 1));
        self::assertRefused(fn () => $cache->has("{$key}k"));
    }

    public function testTimesToLive(): void
    {
        $cache = $this->cache();
        $table = $this->table();
        $left = function (mixed $ttl) use ($cache, $table): ?float {
            self::assertTrue($cache->set('key', 'value', $ttl));
            return $table->ttl('key');
        };
        self::assertSame(INF, $left(null));
        self::assertEqualsWithDelta(60, $left(60), 30);
        self::assertEqualsWithDelta(90, $left(new \DateInterval('PT1M30S')), 30);
        self::assertEqualsWithDelta(86400, $left(new \DateInterval('P1D')), 3605, 'a day may end summer time');
        self::assertNull($left(0));
        self::assertNull($left(-5));
        $past = new \DateInterval('PT10S');
        $past->invert = 1;
        $cache->set('key', 'value');
        self::assertNull($left($past));
        self::assertTrue($cache->setMultiple(['key' => 'value', 'other' => 1], 0));
        self::assertFalse($cache->has('key'));
        self::assertSame([], $this->reports);
    }

    public function testYearsAreCutToWhatATableCounts(): void
    {
        $cache = $this->cache();
        foreach ([10 * 365 * 86400, PHP_INT_MAX, new \DateInterval('P100Y')] as $ttl) {
            self::assertTrue($cache->set('key', 'value', $ttl));
            self::assertSame('value', $cache->get('key'));
            self::assertEqualsWithDelta(8.7 * 365 * 86400, $this->table()->ttl('key'), 86400 * 30);
        }
        self::assertSame([], $this->reports);
    }

    public function testNoTimeIsTheDefaultOfTheTable(): void
    {
        $cache = $this->cache('', ['ttl' => 100]);
        $cache->set('key', 'value');
        $cache->setMultiple(['other' => 1]);
        self::assertEqualsWithDelta(100, $this->table()->ttl('key'), 30);
        self::assertEqualsWithDelta(100, $this->table()->ttl('other'), 30);
    }

    public function testAListThatThrowsMidwayHasStoredNothing(): void
    {
        $cache = $this->cache();
        $cache->set('kept', 1);
        $throws = static function (): \Generator {
            yield 'kept' => 'kept';
            throw new \DomainException('midway');
        };
        foreach (['setMultiple', 'deleteMultiple', 'getMultiple'] as $method) {
            try {
                $cache->$method($throws());
                self::fail("$method swallowed the exception of the caller's own list");
            } catch (\DomainException $thrown) {
                self::assertSame('midway', $thrown->getMessage());
            }
        }
        self::assertRefused(fn () => $cache->setMultiple(['kept' => 2, 'a:b' => 3]));
        self::assertRefused(fn () => $cache->setMultiple(['kept' => 2], '60'));
        self::assertRefused(fn () => $cache->deleteMultiple(['kept', 'a:b']));
        self::assertSame(1, $cache->get('kept'));
    }

    public function testObjectsAreCopies(): void
    {
        $cache = $this->cache();
        $object = (object) ['list' => [1, (object) ['deep' => "\0\xff"]]];
        $cache->set('object', $object);
        $object->list[1]->deep = 'changed';
        $first = $cache->get('object');
        $first->list[] = 'changed too';
        self::assertEquals((object) ['list' => [1, (object) ['deep' => "\0\xff"]]], $cache->get('object'));
    }

    public function testAPrefixIsACacheOfItsOwn(): void
    {
        $caches = [$this->cache('a:'), $this->cache('b:')];
        $caches[0]->set('key', 'of a');
        $caches[1]->set('key', 'of b');
        self::assertSame('of a', $this->table()->get('a:key'));
        self::assertTrue($caches[0]->clear());
        self::assertFalse($caches[0]->has('key'));
        self::assertSame('of b', $caches[1]->get('key'));
        self::assertSame(['key' => 'of b'], iterator_to_array($caches[1]->getMultiple(['key'])));
    }

    public function testAValueThatCannotBeStoredIsFalseAndReported(): void
    {
        $cache = $this->cache();
        self::assertFalse($cache->set('closure', fn () => 1));
        self::assertFalse($cache->set('resource', STDIN));
        self::assertFalse($cache->setMultiple(['before' => 1, 'closure' => fn () => 1, 'after' => 2]));
        self::assertFalse($cache->has('closure'));
        self::assertSame([1, 2], [$cache->get('before'), $cache->get('after')]);
        self::assertCount(3, $this->reports);
        self::assertInstanceOf(Serialization::class, $this->reports[1]);
    }

    public function testAValueThatCannotBeReadIsAMissAndTakesNoOtherAlong(): void
    {
        $cache = $this->cache();
        $cache->set('good', 1);
        $cache->set('bad', new Grumpy());
        $this->table()->set('gone', new Grumpy());
        self::assertSame('default', $cache->get('bad', 'default'));
        self::assertSame(
            ['good' => 1, 'bad' => 'default', 'none' => 'default'],
            iterator_to_array($cache->getMultiple(['good', 'bad', 'none'], 'default')),
        );
        self::assertCount(2, $this->reports);
        self::assertInstanceOf(\TypeError::class, $this->reports[0]);
    }

    public function testAnObjectWhoseClassIsGoneIsAMiss(): void
    {
        $cache = $this->cache();
        $name = $this->tableName;
        $code = "class Departed {} Quipu\\Table::open('$name')->set('object', new Departed());";
        self::assertSame('', self::php('-r', $code));
        self::assertTrue($cache->has('object'));
        self::assertSame('default', $cache->get('object', 'default'));
        self::assertSame(['object' => 7], iterator_to_array($cache->getMultiple(['object'], 7)));
    }

    public function testAFullTableIsFalseAndReported(): void
    {
        $cache = $this->cache('', ['size' => '1mb']);
        $cache->set('first', 'value');
        for ($i = 0; $i < 1000 && $cache->set("key$i", str_repeat('v', 10_000)); $i++);
        self::assertLessThan(1000, $i);
        self::assertInstanceOf(Full::class, $this->reports[0]);
        self::assertSame('value', $cache->get('first'));
    }

    public function testARemovedTableIsFalseAndReported(): void
    {
        $cache = $this->cache();
        Table::remove((string) $this->tableName);
        self::assertFalse($cache->set('key', 'value'));
        self::assertFalse($cache->clear());
        self::assertInstanceOf(Removed::class, $this->reports[0]);
        self::assertSame('default', $cache->get('key', 'default'));
    }

    private static function assertRefused(callable $call): void
    {
        try {
            $call();
        } catch (InvalidArgument $thrown) {
            self::assertInstanceOf(\Psr\SimpleCache\InvalidArgumentException::class, $thrown);
            return;
        }
        self::fail('InvalidArgument was not thrown');
    }
}

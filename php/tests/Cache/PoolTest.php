<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache;

use PHPUnit\Framework\TestCase;
use Quipu\Cache\InvalidArgument;
use Quipu\Cache\Item;
use Quipu\Cache\Pool;
use Quipu\Cache\SimpleCache;
use Quipu\Cache\Symfony\QuipuAdapter;
use Quipu\Tests\OwnTable;

/** What the suite of PSR-6 does not ask. */
final class PoolTest extends TestCase
{
    use OwnTable;

    public function testItHasTheEntriesOfASimpleCache(): void
    {
        $pool = new Pool($this->table(), 'p:');
        $cache = new SimpleCache($this->table(), 'p:');
        $cache->set('key', [1]);
        self::assertSame([1], $pool->getItem('key')->get());
        self::assertTrue($pool->save($pool->getItem('other')->set(null)));
        self::assertNull($cache->get('other', 'default'));
        self::assertTrue($pool->getItem('other')->isHit());
    }

    public function testWhatWasSetIsReadWithoutAnotherLookUp(): void
    {
        $pool = new Pool($this->table());
        $item = $pool->getItem('key');
        self::assertNull($item->get());
        self::assertFalse($item->set('made')->isHit());
        self::assertSame('made', $item->get());
    }

    public function testNumericStringsStayStrings(): void
    {
        $pool = new Pool($this->table());
        $pool->saveDeferred($pool->getItem('5')->set('five'));
        foreach ($pool->getItems(['5', '6']) as $key => $item) {
            self::assertIsString($key);
            self::assertSame($key, $item->getKey());
            self::assertSame($key === '5', $item->isHit());
        }
        self::assertTrue($pool->deleteItems(['5']));
        self::assertFalse($pool->hasItem('5'));
    }

    public function testEnds(): void
    {
        $pool = new Pool($this->table());
        $left = function (callable $expire) use ($pool): ?float {
            self::assertTrue($pool->save($expire($pool->getItem('key')->set('value'))));
            return $this->table()->ttl('key');
        };
        $in = fn (string $when) => new \DateTimeImmutable($when);
        self::assertEqualsWithDelta(60, $left(fn (Item $item) => $item->expiresAt($in('+60 seconds'))), 30);
        self::assertEqualsWithDelta(60, $left(fn (Item $item) => $item->expiresAt(new \DateTime('+60 seconds'))), 30);
        self::assertEqualsWithDelta(60, $left(fn (Item $item) => $item->expiresAfter(60)), 30);
        self::assertEqualsWithDelta(60, $left(fn (Item $item) => $item->expiresAfter(new \DateInterval('PT60S'))), 30);
        self::assertSame(INF, $left(fn (Item $item) => $item->expiresAfter(60)->expiresAfter(null)));
        self::assertSame(INF, $left(fn (Item $item) => $item->expiresAfter(60)->expiresAt(null)));
        self::assertNull($left(fn (Item $item) => $item->expiresAt($in('-1 second'))));
        $left(fn (Item $item) => $item);
        self::assertNull($left(fn (Item $item) => $item->expiresAfter(0)));
        $left(fn (Item $item) => $item);
        self::assertNull($left(fn (Item $item) => $item->expiresAfter(-1)));
        self::assertEqualsWithDelta(8.7 * 365 * 86400, $left(fn (Item $item) => $item->expiresAfter(PHP_INT_MAX)), 86400 * 30);
    }

    /** @return list<array{mixed}> */
    public static function noEnds(): array
    {
        return [['tomorrow'], [1.5], [true], [[]], [new \stdClass()]];
    }

    /** @dataProvider noEnds */
    public function testWhatIsNoEndIsRefused(mixed $end): void
    {
        $item = (new Pool($this->table()))->getItem('key');
        foreach (['expiresAt', 'expiresAfter'] as $method) {
            try {
                $item->$method($end);
                self::fail("$method took it");
            } catch (InvalidArgument $thrown) {
                self::assertInstanceOf(\Psr\Cache\InvalidArgumentException::class, $thrown);
            }
        }
    }

    public function testAnEmptyKeyIsRefused(): void
    {
        $this->expectException(InvalidArgument::class);
        (new Pool($this->table()))->getItem('');
    }

    public function testDeferredItemsAreThereOnCommitAndNotBefore(): void
    {
        $pool = new Pool($this->table());
        $item = $pool->getItem('key')->set('deferred');
        self::assertTrue($pool->saveDeferred($item));
        $item->set('changed afterwards');
        self::assertFalse($this->table()->exists('key'));
        self::assertTrue($pool->commit());
        self::assertSame('deferred', $this->table()->get('key'));
        $this->table()->delete('key');
        self::assertTrue($pool->commit());
        self::assertFalse($this->table()->exists('key'), 'it is saved once');
    }

    public function testACommitThatFailsSaysSoAndSavesTheOthers(): void
    {
        $reports = 0;
        $pool = new Pool($this->table(), '', function () use (&$reports): void {
            $reports++;
        });
        $pool->saveDeferred($pool->getItem('a')->set(1));
        $pool->saveDeferred($pool->getItem('closure')->set(fn () => 1));
        $pool->saveDeferred($pool->getItem('b')->set(2));
        self::assertFalse($pool->commit());
        self::assertSame(1, $reports);
        self::assertSame([1, 2], [$pool->getItem('a')->get(), $pool->getItem('b')->get()]);
        self::assertFalse($pool->hasItem('closure'));
    }

    public function testItemsOfOthersAreNotSaved(): void
    {
        $pool = new Pool($this->table());
        $item = (new QuipuAdapter($this->table()))->getItem('key')->set('value');
        self::assertFalse($pool->save($item));
        self::assertFalse($pool->saveDeferred($item));
        self::assertFalse($pool->hasItem('key'));
    }
}

<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache\Laravel;

use Illuminate\Cache\RateLimiter;
use Illuminate\Cache\Repository;
use Illuminate\Contracts\Cache\LockTimeoutException;
use PHPUnit\Framework\TestCase;
use Quipu\Cache\Laravel\QuipuLock;
use Quipu\Cache\Laravel\QuipuStore;
use Quipu\Tests\Crew;
use Quipu\Tests\OwnTable;

/** What makes Laravel's locks, counters and limits atomic, with processes that compete. */
final class QuipuLockTest extends TestCase
{
    use OwnTable;

    private const PROCESSES = 8;

    /** Named before the processes begin, so that they have the same. */
    protected function setUp(): void
    {
        $this->table();
    }

    private function store(): QuipuStore
    {
        return new QuipuStore($this->table(), 'app:');
    }

    public function testALockIsOneOwners(): void
    {
        $store = $this->store();
        $lock = $store->lock('work', 600);
        self::assertInstanceOf(QuipuLock::class, $lock);
        self::assertTrue($lock->get());
        self::assertFalse($lock->get(), 'as with Redis, it is not re-entrant');
        self::assertFalse($store->lock('work', 600)->get());
        self::assertFalse($store->lock('work', 600)->release(), 'another owner');
        self::assertEqualsWithDelta(600, $this->table()->ttl('app:work'), 100);
        self::assertTrue($lock->release());
        self::assertFalse($lock->release());
        self::assertSame('done', $store->lock('work', 600)->get(fn () => 'done'));
        self::assertTrue($store->lock('work')->get(), 'released after the callback');
        self::assertSame(INF, $this->table()->ttl('app:work'));
    }

    public function testALockIsReleasedAfterAnException(): void
    {
        $store = $this->store();
        try {
            $store->lock('work', 600)->get(fn () => throw new \DomainException());
            self::fail('no exception');
        } catch (\DomainException) {
            self::assertTrue($store->lock('work', 600)->get());
        }
    }

    public function testAnotherProcessReleasesWithTheOwnersToken(): void
    {
        $lock = $this->store()->lock('work', 600);
        $lock->get();
        $owner = $lock->owner();
        [$released] = (new Crew(1, fn () => [
            $this->store()->restoreLock('work', 'somebody else')->release(),
            $this->store()->restoreLock('work', $owner)->release(),
        ]))->run();
        self::assertSame([false, true], $released);
        self::assertFalse($lock->release());
        self::assertTrue($this->store()->lock('work', 600)->get());
        $this->store()->lock('work', 600)->forceRelease();
        self::assertTrue($this->store()->lock('work', 600, 'me')->get());
        self::assertTrue($this->store()->restoreLock('work', 'me')->release());
    }

    public function testAKilledOwnerLosesItByTimeAndNotBefore(): void
    {
        [$isHeld] = (new Crew(1, fn () => $this->store()->lock('work')->get()))->run();
        self::assertTrue($isHeld);
        self::assertFalse($this->store()->lock('work')->get(), 'its owner is dead, and it has no time');
        $this->store()->lock('work')->forceRelease();
        [$isHeld] = (new Crew(1, fn () => $this->store()->lock('work', 1)->get()))->run();
        self::assertTrue($isHeld);
        $next = $this->store()->lock('work', 600);
        self::assertTrue($next->betweenBlockedAttemptsSleepFor(20)->block(60));
        self::assertTrue($next->release());
    }

    public function testALateOwnerDoesNotReleaseTheNext(): void
    {
        $late = $this->store()->lock('work', 1);
        $late->get();
        $next = $this->store()->lock('work', 600);
        $next->betweenBlockedAttemptsSleepFor(20)->block(30);
        self::assertFalse($late->release());
        self::assertFalse($this->store()->lock('work', 600)->get());
        self::assertTrue($next->release());
    }

    public function testBlockGivesUp(): void
    {
        $this->store()->lock('work', 600)->get();
        $this->expectException(LockTimeoutException::class);
        $this->store()->lock('work', 600)->betweenBlockedAttemptsSleepFor(20)->block(1);
    }

    public function testNoTwoHoldALockAtOnce(): void
    {
        $table = $this->table();
        $table->set('sum', 0);
        $crowds = (new Crew(self::PROCESSES, function () use ($table): int {
            $most = 0;
            for ($i = 0; $i < 50; $i++) {
                $this->store()->lock('work', 600)->betweenBlockedAttemptsSleepFor(1)->block(60, function () use ($table, &$most) {
                    $most = max($most, $table->incr('inside'));
                    // Two steps, which another holder would come between.
                    $table->set('sum', $table->get('sum') + 1);
                    $table->decr('inside');
                });
            }
            return $most;
        }))->run();
        self::assertSame(array_fill(0, self::PROCESSES, 1), $crowds);
        self::assertSame(self::PROCESSES * 50, $table->get('sum'));
    }

    /** One process releases as an owner who comes and goes; it must never release what is another owner's by then. */
    public function testReleaseIsOneStep(): void
    {
        $table = $this->table();
        [$stolen] = (new Crew(2, function (int $number) use ($table): int {
            $stolen = 0;
            $end = time() + 60;
            while ($number === 1 && !$table->exists('finished') && time() < $end) {
                $this->store()->restoreLock('work', 'the owner that was')->release();
            }
            for ($i = 0; $number === 0 && $i < 50_000; $i++) {
                $table->set('app:work', 'the owner that was');
                $table->set('app:work', 'the owner that is');
                for ($look = 0; $look < 10; $look++) {
                    $stolen += $table->exists('app:work') ? 0 : 1;
                }
            }
            $table->set('finished', true);
            return $stolen;
        }))->run();
        self::assertSame(0, $stolen);
    }

    public function testIncrementsOfManyProcessesAllCount(): void
    {
        $results = (new Crew(self::PROCESSES, function (): array {
            $cache = new Repository($this->store());
            return array_map(fn () => $cache->increment('n'), range(1, 500));
        }))->run();
        $all = array_merge(...$results);
        sort($all);
        self::assertSame(range(1, self::PROCESSES * 500), $all);
        self::assertSame(self::PROCESSES * 500, $this->store()->get('n'));
    }

    public function testTextIsCountedOnceEachToo(): void
    {
        for ($round = 0; $round < 50; $round++) {
            $this->store()->put('text', '100', 60);
            (new Crew(4, fn () => $this->store()->increment('text')))->run();
            self::assertSame(104, $this->store()->get('text'));
        }
    }

    public function testALockIsOneProcess(): void
    {
        $locked = (new Crew(self::PROCESSES, function (): array {
            $store = $this->store();
            return array_filter(range(0, 1999), fn (int $i) => $store->lock("key$i", 600)->get());
        }))->run();
        $all = array_merge(...$locked);
        sort($all);
        self::assertSame(range(0, 1999), $all);
    }

    public function testAddIsOneProcess(): void
    {
        $added = (new Crew(self::PROCESSES, function (): array {
            $cache = new Repository($this->store());
            return array_filter(range(0, 499), fn (int $i) => $cache->add("key$i", getmypid(), 600));
        }))->run();
        $all = array_merge(...$added);
        sort($all);
        self::assertSame(range(0, 499), $all);
    }

    public function testTheRateLimiterAdmitsExactlyTheLimit(): void
    {
        $admitted = (new Crew(self::PROCESSES, function (): int {
            $limiter = new RateLimiter(new Repository($this->store()));
            $admitted = 0;
            for ($i = 0; $i < 100; $i++) {
                $admitted += $limiter->hit('login|ada', 600) <= 100 ? 1 : 0;
            }
            return $admitted;
        }))->run();
        self::assertSame(100, array_sum($admitted));
        $limiter = new RateLimiter(new Repository($this->store()));
        self::assertTrue($limiter->tooManyAttempts('login|ada', 100));
        self::assertSame(self::PROCESSES * 100, $limiter->attempts('login|ada'));
        self::assertEqualsWithDelta(600, $this->table()->ttl('app:login|ada'), 100);
        $limiter->clear('login|ada');
        self::assertFalse($limiter->tooManyAttempts('login|ada', 100));
    }
}

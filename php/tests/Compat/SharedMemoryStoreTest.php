<?php

declare(strict_types=1);

namespace Quipu\Tests\Compat;

use PHPUnit\Framework\TestCase;
use Quipu\Compat\SharedMemoryStore;
use Quipu\Table;

/** The store of 2009. */
final class SharedMemoryStoreTest extends TestCase
{
    use Oracle;
    use Processes;

    public function testValuesOfEachType(): void
    {
        $store = new SharedMemoryStore($this->key(), 100000, 0600);
        self::assertNull($store->get('missing'));
        foreach ([0, 1.5, '', "\0\xff", true, false, null, [], [1, 'a' => [null]], '5', PHP_INT_MIN] as $value) {
            self::assertTrue($store->set('k', $value));
            self::assertSame($value, $store->get('k'));
        }
        $store->set('object', new \ArrayObject([1]));
        self::assertEquals(new \ArrayObject([1]), $store->get('object'));
        $store->set('resource', STDIN);
        self::assertSame(0, $store->get('resource'));
        self::assertSame('Exception: Serialization of \'Closure\' is not allowed', self::outcome(fn() => $store->set('k', fn() => 1))[0]);
        self::assertSame(PHP_INT_MIN, $store->get('k'));
    }

    public function testKeys(): void
    {
        $store = new SharedMemoryStore($this->key());
        foreach ([5, '05', '', "\0", "\0\0", "\0door", str_repeat('k', 300)] as $number => $key) {
            $store->set($key, $number);
        }
        self::assertSame(0, $store->get('5'));
        self::assertSame([1, 2, 3, 4, 5, 6], array_map($store->get(...), ['05', '', "\0", "\0\0", "\0door", str_repeat('k', 300)]));
        $store->lock();
        $store->unlock();
        self::assertSame(5, $store->get("\0door"), 'the lock has keys of its own');
    }

    public function testIncr(): void
    {
        $store = new SharedMemoryStore($this->key());
        self::assertSame([1, 2, 12, 7], [$store->incr('n'), $store->incr('n'), $store->incr('n', 10), $store->incr('n', -5)]);
        self::assertSame([7.5, 8.5], [$store->incr('n', 0.5), $store->incr('n')]);
        $store->set('text', '5');
        $store->set('null', null);
        $store->set('high', PHP_INT_MAX);
        $store->set('list', []);
        $store->set('word', 'word');
        self::assertSame([6, 1, PHP_INT_MAX + 1], [$store->incr('text'), $store->incr('null'), $store->incr('high')]);
        self::assertSame(['TypeError: Unsupported operand types: array + int', []], self::outcome(fn() => $store->incr('list')));
        self::assertSame(['TypeError: Unsupported operand types: string + int', []], self::outcome(fn() => $store->incr('word')));
        self::assertSame([[], 'word', 6], [$store->get('list'), $store->get('word'), $store->get('text')]);
    }

    public function testWrongArguments(): void
    {
        $key = $this->key();
        self::assertSame('ValueError: shm_attach(): Argument #2 ($size) must be greater than 0', self::outcome(fn() => new SharedMemoryStore($key, 0))[0]);
        $store = new SharedMemoryStore($key, 10000, 0640);
        self::assertSame(0640, fileperms(sprintf('/dev/shm/store-0x%08x', $key)) & 0777);
        self::assertSame([false, [[E_WARNING, sprintf('sem_release(): SysV semaphore for key 0x%x is not currently acquired', $key)]]],
            self::outcome($store->unlock(...)));
        $store->set('k', 'before');
        self::assertSame([false, [[E_WARNING, 'shm_put_var(): Not enough shared memory left']]], self::outcome(fn() => $store->set('k', str_repeat('x', 20 << 20))));
        self::assertSame('before', $store->get('k'));
    }

    public function testLockIsReentrantAndItsHolderWorks(): void
    {
        $store = new SharedMemoryStore($key = $this->key());
        self::assertTrue($store->lock() && $store->lock() && $store->set('a', 1));
        self::assertSame([1, 2], [$store->get('a'), $store->incr('a')]);
        // Another object of the same process may do the same, but not give the lock back.
        $other = new SharedMemoryStore($key);
        self::assertSame(3, $other->incr('a'));
        self::assertFalse(@$other->unlock());
        self::assertTrue($store->unlock());
        $child = $this->fork(fn() => (new SharedMemoryStore($key))->incr('a') === 4);
        $this->untilItWaits($child);
        self::assertTrue($store->unlock());
        self::assertTrue($this->succeeded($child));
        self::assertFalse(@$store->unlock());
    }

    /** Who has the lock may read and write in two steps: no single operation of another process comes between. */
    public function testLockShutsOutSingleOperations(): void
    {
        $key = $this->key();
        $children = [];
        for ($number = 0; $number < 4; $number++) {
            $children[] = $this->fork(function () use ($key, $number) {
                $store = new SharedMemoryStore($key);
                for ($round = 0; $round < 1000; $round++) {
                    if ($number < 2) {
                        $store->incr('n');
                    } else {
                        $store->lock();
                        $store->set('n', $store->get('n') + 1);
                        $store->unlock();
                    }
                }
                return true;
            });
        }
        self::assertSame([true, true, true, true], array_map($this->succeeded(...), $children));
        self::assertSame(4000, (new SharedMemoryStore($key))->get('n'));
    }

    /** Overlapping operations of many processes do not keep the lock from one that wants it. */
    public function testWhoWantsTheLockGetsIt(): void
    {
        $store = new SharedMemoryStore($key = $this->key());
        for ($number = 0; $number < 6; $number++) {
            $this->fork(function () use ($key) {
                for ($store = new SharedMemoryStore($key);;) {
                    $store->incr('n');
                }
            });
        }
        for ($round = 0; $round < 50; $round++) {
            $store->lock();
            $before = $store->get('n');
            usleep(100);
            self::assertSame($before, $store->get('n'));
            $store->unlock();
        }
    }

    /** Single operations that come later wait behind whoever wants the lock, or they could keep it from him for ever. */
    public function testWhoWantsTheLockIsNotPassedBy(): void
    {
        $store = new SharedMemoryStore($key = $this->key());
        $table = Table::open(sprintf('store-0x%08x', $key), ['mode' => 0666]);
        // An operation that takes long.
        $table->lock('compat', null, true);
        $first = $this->fork(fn() => (new SharedMemoryStore($key))->lock());
        $this->untilItWaits($first);
        $second = $this->fork(fn() => (new SharedMemoryStore($key))->get('n') === null);
        $this->untilItWaits($second);
        $table->unlock('compat');
        self::assertTrue($this->succeeded($first) && $this->succeeded($second));
    }

    public function testHolderLocksAgainWhileAnotherWaits(): void
    {
        $store = new SharedMemoryStore($key = $this->key());
        $store->lock();
        $waiter = $this->fork(fn() => (new SharedMemoryStore($key))->lock());
        $this->untilItWaits($waiter);
        self::assertTrue($store->lock() && $store->unlock() && $store->unlock());
        self::assertTrue($this->succeeded($waiter));
    }

    public function testDeadHolder(): void
    {
        $store = new SharedMemoryStore($key = $this->key());
        $store->set('n', 0);
        $child = $this->fork(function () use ($key) {
            $store = new SharedMemoryStore($key);
            $store->lock();
            $store->set('n', 1);
            posix_kill(getmypid(), SIGSTOP);
            return true;
        });
        while (!str_contains((string) file_get_contents("/proc/$child/stat"), ') T')) {
            usleep(1000);
        }
        $waiter = $this->fork(fn() => $store->get('n') === 1);
        $this->untilItWaits($waiter);
        posix_kill($child, SIGKILL);
        self::assertTrue($this->succeeded($waiter));
        self::assertTrue($store->lock());
    }

    public function testLockEndsWithItsObjectAndIsNotInherited(): void
    {
        $store = new SharedMemoryStore($key = $this->key());
        $store->lock();
        $child = $this->fork(fn() => !@$store->unlock());
        self::assertTrue($this->succeeded($child));
        // Nor one that the child has by an object of its own.
        $child = $this->fork(function () use ($store, $key) {
            $own = new SharedMemoryStore($key);
            $own->lock();
            return !@$store->unlock() && @$own->unlock();
        });
        $this->untilItWaits($child);
        $store->unlock();
        self::assertTrue($this->succeeded($child));
        $store->lock();
        $waiter = $this->fork(fn() => (new SharedMemoryStore($key))->lock());
        $this->untilItWaits($waiter);
        unset($store);
        self::assertTrue($this->succeeded($waiter));
    }
}

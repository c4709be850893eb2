<?php

declare(strict_types=1);

namespace Quipu\Tests\Compat;

use PHPUnit\Framework\TestCase;
use Quipu\Compat\SharedMemory;

/** The class of 2023. */
final class SharedMemoryTest extends TestCase
{
    use Oracle;
    use Processes;

    private string $master;
    private string $semaphore;

    protected function setUp(): void
    {
        $this->semaphore = (string) $this->key();
        $this->master = 'test-0x51' . sprintf('%04x', getmypid() & 0xffff) . bin2hex(random_bytes(3));
    }

    private function memory(mixed ...$more): SharedMemory
    {
        return new SharedMemory($this->master, $this->semaphore, ...$more);
    }

    public function testValues(): void
    {
        $memory = $this->memory();
        foreach ([0, 1.5, '', "\0\xff", true, false, null, [1, ['a']], 'text'] as $value) {
            self::assertTrue($memory->add('k', $value));
            self::assertTrue($memory->has('k'));
            self::assertSame([$value, $value], [$memory->get('k'), $memory->atomGet('k')]);
            self::assertTrue($memory->atomAdd('k', [$value]));
            self::assertSame([$value], $memory->get('k'));
        }
        $memory->add(5, 'five');
        self::assertSame('five', $memory->get('5'));
        // crc32 of both is the same.
        $memory->add('plumless', 1);
        $memory->add('buckeroo', 2);
        self::assertSame([1, 2], [$memory->get('plumless'), $memory->get('buckeroo')]);
        self::assertSame("Exception: Serialization of 'Closure' is not allowed", self::outcome(fn() => $memory->atomAdd('k', fn() => 1))[0]);
        self::assertTrue($memory->atomAdd('k', 1), 'no lock is left behind');
    }

    public function testWhatIsMissing(): void
    {
        $memory = $this->memory();
        self::assertSame('Exception: The Variable Key x Does Not Exist', self::outcome(fn() => $memory->get('x'))[0]);
        self::assertNull($memory->atomGet('x'));
        self::assertNull($memory->atomGet('x', 1));
        self::assertNull($memory->atomGet('x', timeoutSeconds: 30));
        self::assertSame([false, []], self::outcome(fn() => $memory->remove('x')));
        self::assertSame([false, []], self::outcome(fn() => $memory->atomRemove('x')));
        self::assertFalse($memory->has('x'));
        $memory->add('x', false);
        self::assertTrue($memory->remove('x'));
        $memory->add('x', null);
        self::assertTrue($memory->has('x') && $memory->atomRemove('x') && !$memory->has('x'));
    }

    public function testSizes(): void
    {
        $good = ['100kb' => 102400, '5 MB' => 5242880, '10KB extra' => 10240, '1k' => 1024, '2G' => 2 << 30, '1tb' => 1 << 40, '100' => 100,
            '100b' => 100, ' 7 kb' => 7168, '512 Mb' => 512 << 20];
        foreach ($good as $size => $bytes) {
            self::assertSame($bytes, SharedMemory::getBytes((string) $size), "$size");
        }
        self::assertSame(4096, SharedMemory::getBytes(4096));
        foreach (['1.5mb', '1,5mb', '', '10kib', 'kb', '0', '0kb', '-5kb', '2tb', '99999999999999999999kb', 'x10kb', '10 apples'] as $size) {
            self::assertStringStartsWith("ValueError: The size \"$size\" must be", self::outcome(fn() => SharedMemory::getBytes($size))[0]);
            self::assertStringStartsWith('ValueError', self::outcome(fn() => $this->memory($size))[0]);
        }
    }

    public function testConstructor(): void
    {
        self::assertSame('TypeError: sem_get(): Argument #1 ($key) must be of type int, string given',
            self::outcome(fn() => new SharedMemory($this->master, 'abc'))[0]);
        $naked = $this->memory(naked: true);
        self::assertFileDoesNotExist("/dev/shm/memory-$this->master");
        self::assertSame(3, $naked->ensureAtomicity(fn(SharedMemory $same) => $same === $naked ? 3 : 4));
        self::assertSame('Error: This object is naked: it has no shared memory', self::outcome(fn() => $naked->add('a', 1))[0]);
        $this->memory();
        self::assertSame(0600, fileperms("/dev/shm/memory-$this->master") & 0777);
        // The constructor keeps nothing locked.
        $child = $this->fork(fn() => $this->memory()->atomAdd('k', 1));
        self::assertTrue($this->succeeded($child));
        // Any name is one of its own.
        $one = new SharedMemory("$this->master/a", $this->semaphore);
        $two = new SharedMemory("$this->master/b", $this->semaphore);
        $one->add('k', 1);
        self::assertFalse($two->has('k'));
        self::assertTrue($one->removeSharedMemory() && $two->removeSharedMemory());
    }

    public function testSections(): void
    {
        $memory = $this->memory();
        self::assertSame('deep', $memory->ensureAtomicity(fn($m) => $m->ensureAtomicity(fn($m) => $m->atomAdd('k', 1) ? 'deep' : null)));
        self::assertSame('LogicException: thrown', self::outcome(fn() => $memory->ensureAtomicity(fn() => throw new \LogicException('thrown')))[0]);
        self::assertTrue($memory->ensureAtomicity(fn($m) => $m->detachSemaphore()));
        $child = $this->fork(fn() => $this->memory()->ensureAtomicity(fn() => true));
        self::assertTrue($this->succeeded($child), 'nothing is left locked');
        self::assertTrue($memory->ensureAtomicity(fn($m) => $m->removeSemaphore()));
        self::assertTrue($memory->ensureAtomicity(fn() => true), 'there is a new one');
    }

    public function testSectionsShutOutEachOtherAndAtomicMethods(): void
    {
        $children = [];
        for ($number = 0; $number < 4; $number++) {
            $children[] = $this->fork(function () use ($number) {
                $memory = $this->memory();
                for ($round = 0; $round < 500; $round++) {
                    $memory->ensureAtomicity(fn() => $memory->add('n', ($memory->has('n') ? $memory->get('n') : 0) + 1));
                }
                return true;
            });
        }
        self::assertSame([true, true, true, true], array_map($this->succeeded(...), $children));
        self::assertSame(2000, $this->memory()->get('n'));
        $memory = $this->memory();
        $child = $memory->ensureAtomicity(function () use ($memory) {
            $child = $this->fork(fn() => $this->memory()->atomGet('n') === 'second');
            $this->untilItWaits($child);
            $memory->add('n', 'first');
            self::assertSame('first', $memory->atomGet('n'));
            // The other methods do not wait.
            self::assertTrue($this->succeeded($this->fork(fn() => $this->memory()->get('n') === 'first')));
            $memory->add('n', 'second');
            return $child;
        });
        self::assertTrue($this->succeeded($child));
    }

    /** Those who wait for a semaphore that is removed go on with the next one, with the others. */
    public function testSemaphoreRemovedUnderWaiters(): void
    {
        $memory = $this->memory();
        $waiters = $memory->ensureAtomicity(function ($memory) {
            $waiters = [];
            for ($n = 0; $n < 3; $n++) {
                $waiters[] = $child = $this->fork(function () {
                    $memory = $this->memory();
                    return $memory->ensureAtomicity(fn() => $memory->add('n', ($memory->has('n') ? $memory->get('n') : 0) + 1));
                });
                $this->untilItWaits($child);
            }
            self::assertTrue($memory->removeSemaphore());
            return $waiters;
        });
        self::assertSame([true, true, true], array_map($this->succeeded(...), $waiters));
        self::assertSame(3, $memory->get('n'));
    }

    /** Who had to wait for a semaphore that is gone is in no section while somebody is in one of the next semaphore. */
    public function testSectionsOfTheNextSemaphore(): void
    {
        $memory = $this->memory();
        $gate = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
        [$waiter, $holder] = $memory->ensureAtomicity(function () use ($gate) {
            $waiter = $this->fork(fn() => $this->memory()->ensureAtomicity(fn($memory) => $memory->get('by') === 'holder'));
            $this->untilItWaits($waiter);
            unlink(sprintf('/dev/shm/sem-0x%08x', $this->semaphore));
            $holder = $this->fork(fn() => $this->memory()->ensureAtomicity(function ($memory) use ($gate) {
                fwrite($gate[1], 'x');
                fread($gate[1], 1);
                return $memory->add('by', 'holder');
            }));
            fread($gate[0], 1);
            return [$waiter, $holder];
        });
        // Room for the waiter to be wrong.
        usleep(100000);
        fwrite($gate[0], 'x');
        self::assertTrue($this->succeeded($holder));
        self::assertTrue($this->succeeded($waiter));
    }

    public function testClean(): void
    {
        $memory = $this->memory();
        $memory->add('k', 'kept');
        self::assertSame([true, []], self::outcome($memory->cleanSharedMemory(...)));
        self::assertSame('kept', $memory->get('k'), 'what is attached still reads');
        self::assertFalse($this->memory()->has('k'));
        self::assertTrue($this->memory()->cleanSharedMemory());
        $warning = sprintf('sem_remove(): SysV semaphore for key 0x%x does not (any longer) exist', $this->semaphore);
        self::assertSame([false, [[E_WARNING, $warning]]], self::outcome($memory->cleanSharedMemory(...)));
        self::assertTrue($memory->detachSharedMemory());
        self::assertSame('Error: Shared memory block has already been destroyed', self::outcome(fn() => $memory->get('k'))[0]);
        self::assertSame('Error: Shared memory block has already been destroyed', self::outcome(fn() => $memory->detachSharedMemory())[0]);
    }

    public function testKilledInASection(): void
    {
        $child = $this->fork(fn() => $this->memory()->ensureAtomicity(fn() => posix_kill(getmypid(), SIGKILL)));
        $this->succeeded($child);
        self::assertTrue($this->memory()->atomAdd('k', 1));
    }

    public function testFullMemory(): void
    {
        $memory = $this->memory('1kb');
        $memory->add('k', 'before');
        self::assertSame([false, [[E_WARNING, 'shm_put_var(): Not enough shared memory left']]],
            self::outcome(fn() => $memory->atomAdd('k', str_repeat('x', 20 << 20))));
        self::assertSame('before', $memory->get('k'));
    }
}

<?php

declare(strict_types=1);

namespace Quipu\Tests;

use PHPUnit\Framework\TestCase;
use Quipu\Exception\LeaseLost;
use Quipu\Exception\WrongType;
use Quipu\Lease;

final class LeaseTest extends TestCase
{
    use OwnTable;
    use Compat\Processes;

    public function testLife(): void
    {
        $table = $this->table();
        $lease = Lease::acquire($table, 'lease', 1000);
        self::assertSame(1, $lease->fence);
        self::assertTrue($lease->isHeld());
        self::assertEqualsWithDelta(1000, $lease->remaining(), 100);
        self::assertNull(Lease::acquire($table, 'lease', 1000));
        self::assertNull(Lease::acquire($table, 'lease', 1000, 0.01));
        self::assertNotNull(Lease::acquire($table, 'another', 1));
        $lease->renew(2000);
        self::assertGreaterThan(1500, $lease->remaining());
        self::assertTrue($lease->release());
        self::assertFalse($lease->release());
        self::assertFalse($lease->isHeld());
        self::assertSame(2, Lease::acquire($table, 'lease', 1000)->fence);
        $this->assertLost(fn() => $lease->renew());
    }

    public function testValues(): void
    {
        $table = $this->table();
        $lease = Lease::acquire($table, 'lease', 1000);
        self::assertSame('default', $lease->get('k', 'default'));
        foreach ([null, false, 1, 'text', [1]] as $value) {
            $lease->set('k', $value);
            self::assertSame([$value, $value], [$lease->get('k', 'default'), Lease::read($table, 'k', 'default')]);
        }
        $lease->delete('k');
        self::assertSame(['default', 'default'], [$lease->get('k', 'default'), Lease::read($table, 'k', 'default')]);
        $table->set('plain', 1);
        $this->expectException(WrongType::class);
        $lease->set('plain', 2);
    }

    /** Late by each way that there is, and each write fails. */
    public function testLateWritesFail(): void
    {
        $table = $this->table();
        $late = Lease::acquire($table, 'lease', 0.05);
        $late->set('k', 'early');
        usleep(60000);
        // Nobody else has it yet: the time alone.
        $this->assertLost(fn() => $late->set('k', 'late'));
        $this->assertLost(fn() => $late->get('k'));
        $next = Lease::acquire($table, 'lease', 1000);
        self::assertSame($late->fence + 1, $next->fence);
        foreach ([fn() => $late->set('k', 'late'), fn() => $late->delete('k'), fn() => $late->get('k'), fn() => $late->set('new', 'late')] as $write) {
            $this->assertLost($write);
        }
        self::assertSame('early', $next->get('k'));
        $next->set('k', 'next');
        $next->release();
        $this->assertLost(fn() => $late->set('k', 'late'));
        self::assertSame('next', Lease::read($table, 'k'));
        self::assertFalse($table->exists('new'));
    }

    /** Late in the middle of a write, between its check and its compare-and-set, as a process that is stopped there. */
    public function testStoppedInTheMiddleOfAWrite(): void
    {
        $table = $this->table();
        foreach (['reads' => fn(Lease $next) => $next->get('k'), 'writes' => fn(Lease $next) => $next->set('k', 'next')] as $what => $does) {
            $late = Lease::acquire($table, 'lease', 1000);
            $late->set('k', 'early');
            // The value is serialised between them: there the lease ends, and its successor comes to the key.
            $value = new Meanwhile(function () use ($table, $late, $does): void {
                $late->release();
                $next = Lease::acquire($table, 'lease', 1000);
                $does($next);
                $next->release();
            });
            $this->assertLost(fn() => $late->set('k', $value));
            self::assertSame($what === 'reads' ? 'early' : 'next', Lease::read($table, 'k'));
        }
    }

    public function testHolderKilledOrStopped(): void
    {
        $table = $this->table();
        $stopped = $this->fork(function () use ($table) {
            $lease = Lease::acquire($table, 'lease', 0.2);
            $lease->set('k', 'by the stopped one');
            posix_kill(getmypid(), SIGSTOP);
            try {
                $lease->set('k', 'late');
            } catch (LeaseLost) {
                return true;
            }
        });
        pcntl_waitpid($stopped, $status, WUNTRACED);
        $lease = Lease::acquire($table, 'lease', 1000, 1000);
        self::assertSame('by the stopped one', $lease->get('k'));
        posix_kill($stopped, SIGCONT);
        self::assertTrue($this->succeeded($stopped));
        self::assertSame('by the stopped one', $lease->get('k'));
        $lease->release();
        $killed = $this->fork(fn() => Lease::acquire($table, 'lease', 0.2) && posix_kill(getmypid(), SIGKILL));
        $this->succeeded($killed);
        self::assertSame($lease->fence + 2, Lease::acquire($table, 'lease', 1, 1000)->fence);
    }

    /** One holder at a time, and each fence once. */
    public function testContention(): void
    {
        $table = $this->table();
        $children = [];
        for ($number = 0; $number < 4; $number++) {
            $children[] = $this->fork(function () use ($table) {
                for ($round = 0; $round < 50; $round++) {
                    $lease = Lease::acquire($table, 'lease', 1000, 1000);
                    if (!$table->add("fence $lease->fence", 1) || $table->incr('inside') !== 1) {
                        return false;
                    }
                    $lease->set('n', $lease->get('n', 0) + 1);
                    $table->decr('inside');
                    $lease->release();
                }
                return true;
            });
        }
        self::assertSame([true, true, true, true], array_map($this->succeeded(...), $children));
        self::assertSame(200, Lease::read($table, 'n'));
        self::assertTrue($table->exists('fence 1') && $table->exists('fence 200'));
    }

    public function testWrongArguments(): void
    {
        $table = $this->table();
        foreach ([0.0, -1.0, NAN] as $seconds) {
            try {
                Lease::acquire($table, 'lease', $seconds);
                self::fail("$seconds");
            } catch (\ValueError $error) {
                self::assertSame('A lease must last more than 0 seconds', $error->getMessage());
            }
        }
        $table->set('taken', 5);
        $this->expectException(WrongType::class);
        Lease::acquire($table, 'taken', 1);
    }

    private function assertLost(callable $write): void
    {
        try {
            $write();
            self::fail('a late write');
        } catch (LeaseLost $lost) {
            self::assertStringContainsString('is over, and nothing was written', $lost->getMessage());
        }
    }
}

/** Does something once, when it is serialised. */
final class Meanwhile
{
    public function __construct(private ?\Closure $task)
    {
    }

    /** @return array<never> */
    public function __serialize(): array
    {
        [$task, $this->task] = [$this->task, null];
        $task === null || $task();
        return [];
    }
}

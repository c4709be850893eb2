<?php

// Without strict_types, as most of what uses these functions: PHP's rules for arguments are part of them.

namespace Quipu\Tests\Compat;

use PHPUnit\Framework\TestCase;
use Quipu\Compat\SysvSharedMemory;
use Quipu\Table;

/** The functions of sysvshm beside PHP's own. */
final class SharedVariablesTest extends TestCase
{
    use Oracle;

    private const THEIRS = '';
    private const OURS = 'Quipu\Compat\\';

    /** Makes the same calls of both, one after the other: [function, arguments after the handle...] or a key to attach. */
    private function both(array $calls, array $attach): void
    {
        $theirs = shm_attach(...$attach);
        $ours = \Quipu\Compat\shm_attach(...$attach);
        try {
            foreach ($calls as $number => $call) {
                $function = array_shift($call);
                self::assertSameOutcome(
                    static fn() => $function($theirs, ...$call),
                    static fn() => (self::OURS . $function)($ours, ...$call),
                    "$function, call $number"
                );
            }
        } finally {
            @shm_remove(shm_attach($attach[0]));
        }
    }

    public function testValuesOfEachType(): void
    {
        $calls = [];
        $values = [0, -1, PHP_INT_MAX, PHP_INT_MIN, 1.5, 1.0, -0.0, INF, '', '5', "\0\xff", true, false, null, [], [1, 'a' => [null]],
            new \ArrayObject([1, 2]), STDIN, [STDIN], str_repeat('x', 20000)];
        foreach ($values as $number => $value) {
            $calls[] = ['shm_put_var', $number, $value];
            $calls[] = ['shm_has_var', $number];
            $calls[] = ['shm_get_var', $number];
        }
        $this->both($calls, [$this->key(), 100000]);
    }

    public function testKeys(): void
    {
        $calls = [];
        foreach ([5, '5', '05', ' 6', '7.0', -3, '-3', true, PHP_INT_MAX, 2.0] as $key) {
            $calls[] = ['shm_has_var', $key];
            $calls[] = ['shm_put_var', $key, "by $key"];
            $calls[] = ['shm_get_var', $key];
        }
        foreach ([5, 6, 7, -3, 1, 2, 99] as $key) {
            $calls[] = ['shm_get_var', $key];
        }
        $this->both($calls, [$this->key(), 10000]);
    }

    public function testWhatIsMissing(): void
    {
        $this->both([['shm_get_var', 99], ['shm_has_var', 99], ['shm_remove_var', 99], ['shm_put_var', 99, false], ['shm_get_var', 99],
            ['shm_has_var', 99], ['shm_remove_var', 99], ['shm_remove_var', 99]], [$this->key(), 10000]);
    }

    public function testWhatCannotBeStored(): void
    {
        $this->both([['shm_put_var', 1, 'before'], ['shm_put_var', 1, fn() => 1],
            ['shm_put_var', 1, [new \SplObjectStorage(), fn() => 1]]], [$this->key(), 10000]);
        // PHP's own has lost the value before.
        $shm = \Quipu\Compat\shm_attach($this->key());
        $shm->putVar(1, 'before');
        self::assertStringStartsWith('Exception: ', self::outcome(fn() => $shm->putVar(1, fn() => 1))[0]);
        self::assertSame('before', $shm->getVar(1));
    }

    public function testHandlesThatEnded(): void
    {
        $all = [['shm_put_var', 1, 2], ['shm_get_var', 1], ['shm_has_var', 1], ['shm_remove_var', 1], ['shm_remove'], ['shm_detach']];
        $this->both([['shm_detach'], ...$all], [$this->key(), 10000]);
    }

    public function testRemovedMemoryStaysWithItsHandles(): void
    {
        $this->both([['shm_put_var', 1, 'a'], ['shm_remove'], ['shm_get_var', 1], ['shm_put_var', 2, 'b'], ['shm_get_var', 2],
            ['shm_remove'], ['shm_detach']], [$this->key(), 10000]);
        $key = $this->key();
        $old = \Quipu\Compat\shm_attach($key);
        \Quipu\Compat\shm_put_var($old, 1, 'old');
        self::assertTrue(\Quipu\Compat\shm_remove($old));
        $new = \Quipu\Compat\shm_attach($key);
        self::assertFalse(\Quipu\Compat\shm_has_var($new, 1));
        \Quipu\Compat\shm_remove($old);
        self::assertTrue(Table::open(sprintf('shm-0x%08x', $key), ['create' => false, 'mode' => 0666])->isLinked(), 'the new one is not the old one');
        self::assertSame('old', \Quipu\Compat\shm_get_var($old, 1));
    }

    public function testWrongArgumentsOfAttach(): void
    {
        $key = $this->key();
        foreach ([[$key, 0], [$key, -5], [$key, 10], ['abc'], ["0x$key", 1000], [[]], [$key, 'x']] as $arguments) {
            self::assertSameOutcome(static fn() => shm_attach(...$arguments), static fn() => \Quipu\Compat\shm_attach(...$arguments),
                json_encode($arguments));
        }
        self::assertSame([], glob(sprintf('/dev/shm/shm-0x%08x', $key)));
    }

    public function testNumericStringAsKeyOfMemory(): void
    {
        $key = $this->key();
        \Quipu\Compat\shm_put_var(\Quipu\Compat\shm_attach("$key", 1000), 1, 'x');
        self::assertSame('x', \Quipu\Compat\shm_get_var(\Quipu\Compat\shm_attach($key, 20), 1), 'a small size for one that is there');
    }

    public function testFullMemoryKeepsWhatThereWas(): void
    {
        $shm = \Quipu\Compat\shm_attach($this->key(), 10000);
        self::assertTrue(\Quipu\Compat\shm_put_var($shm, 1, 'before'));
        foreach ([20 << 20, 65 << 20] as $length) {
            self::assertSame([false, [[E_WARNING, 'shm_put_var(): Not enough shared memory left']]],
                self::outcome(fn() => \Quipu\Compat\shm_put_var($shm, 1, str_repeat('x', $length))));
            self::assertSame('before', \Quipu\Compat\shm_get_var($shm, 1), 'this one differs from PHP');
        }
    }

    public function testTheSizeThatWasAskedForFits(): void
    {
        $shm = \Quipu\Compat\shm_attach($this->key(), 8 << 20);
        for ($n = 0; $n < 8000; $n++) {
            self::assertTrue(\Quipu\Compat\shm_put_var($shm, $n, str_repeat('x', 1000)));
        }
    }

    public function testNamesAsKeys(): void
    {
        $shm = \Quipu\Compat\shm_attach($this->key());
        self::assertTrue($shm->putVar('name', [1]) && $shm->hasVar('name') && $shm->removeVar('name') && !$shm->hasVar('name'));
        self::assertSame([false, [[E_WARNING, "shm_get_var(): Variable key name doesn't exist"]]], self::outcome(fn() => $shm->getVar('name')));
    }

    public function testModeIsReal(): void
    {
        foreach ([0600, 0640, 0666] as $mode) {
            $key = $this->key();
            \Quipu\Compat\shm_attach($key, 10000, $mode);
            self::assertSame($mode, fileperms(sprintf('/dev/shm/shm-0x%08x', $key)) & 0777);
        }
    }

    /** The bytes of what was removed or replaced are not left in the file, nor those of a segment's page. */
    public function testWhatIsRemovedIsWiped(): void
    {
        $key = $this->key();
        $path = sprintf('/dev/shm/shm-0x%08x', $key);
        $shm = \Quipu\Compat\shm_attach($key);
        foreach (['secret', str_repeat('long secret', 1000)] as $secret) {
            $shm->putVar(1, [$secret]);
            self::assertTrue(str_contains(file_get_contents($path), 'secret'));
            $shm->putVar(1, 'other');
            $shm->putVar(2, [$secret]);
            $shm->removeVar(2);
            self::assertFalse(str_contains(file_get_contents($path), 'secret'));
        }
        $segment = \Quipu\Compat\shmop_open($key, 'c', 0600, 100);
        \Quipu\Compat\shmop_write($segment, 'secret', 50);
        \Quipu\Compat\shmop_write($segment, '******', 50);
        self::assertFalse(str_contains(file_get_contents(sprintf('/dev/shm/shmop-0x%08x', $key)), 'secret'));
    }

    public function testPrivateMemory(): void
    {
        $before = glob('/dev/shm/shm-0x00000000*');
        [$one, $two] = [SysvSharedMemory::attach(0), SysvSharedMemory::attach(0)];
        $one->putVar(1, 'one');
        self::assertFalse($two->hasVar(1));
        $pid = pcntl_fork();
        if ($pid === 0) {
            $one->putVar(2, 'by the child');
            posix_kill(getmypid(), SIGKILL);
        }
        pcntl_waitpid($pid, $status);
        self::assertSame('by the child', $one->getVar(2));
        self::assertSame($before, glob('/dev/shm/shm-0x00000000*'));
    }

    public function testUnknownClassAndWarningsAtTheCaller(): void
    {
        $key = $this->key();
        $shm = \Quipu\Compat\shm_attach($key, 10000, 0600);
        \Quipu\Compat\shm_put_var($shm, 1, new \ArrayIterator([1]));
        self::assertNotSame(\Quipu\Compat\shm_get_var($shm, 1), \Quipu\Compat\shm_get_var($shm, 1), 'copies');
        // A class that only the writer has.
        $this->inAnotherProcess('class Gone { public $x = 1; }
            Quipu\Compat\shm_put_var(Quipu\Compat\shm_attach(' . $key . '), 2, new Gone);');
        self::assertSame('__PHP_Incomplete_Class', get_class(\Quipu\Compat\shm_get_var($shm, 2)));
        set_error_handler(static function (int $level, string $message, string $file, int $line) use (&$place): bool {
            $place = [$file, $line];
            return true;
        });
        \Quipu\Compat\shm_get_var($shm, 99); $expected = [__FILE__, __LINE__];
        restore_error_handler();
        self::assertSame($expected, $place);
    }

    public function testObjectsAreNotCopiedOrSerialised(): void
    {
        $shm = \Quipu\Compat\shm_attach($this->key());
        self::assertSame(["Exception: Serialization of 'SysvSharedMemory' is not allowed", []], self::outcome(fn() => serialize($shm)));
        self::assertStringStartsWith('Error: ', self::outcome(fn() => clone $shm)[0]);
        self::assertStringStartsWith('Error: ', self::outcome(fn() => new SysvSharedMemory())[0]);
    }
}

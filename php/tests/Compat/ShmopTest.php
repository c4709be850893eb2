<?php

// Without strict_types, as most of what uses these functions: PHP's rules for arguments are part of them.

namespace Quipu\Tests\Compat;

use PHPUnit\Framework\TestCase;
use Quipu\Compat\Shmop;

use function Quipu\Compat\shmop_delete;
use function Quipu\Compat\shmop_open;
use function Quipu\Compat\shmop_read;
use function Quipu\Compat\shmop_size;
use function Quipu\Compat\shmop_write;

/** The functions of shmop beside PHP's own. */
final class ShmopTest extends TestCase
{
    use Oracle;

    /** Makes the same calls of both: [mode, permissions, size] opens and becomes the handle, [function, arguments...] uses it. */
    private function both(array $calls, int $key): void
    {
        $handles = ['' => null, 'Quipu\Compat\\' => null];
        foreach ($calls as $number => $call) {
            $outcomes = [];
            foreach (array_keys($handles) as $space) {
                $outcomes[] = self::outcome(static function () use ($call, $space, $key, &$handles) {
                    if (!str_starts_with($call[0], 'shmop_')) {
                        $opened = ($space . 'shmop_open')($key, ...$call);
                        return is_object($opened) ? $handles[$space] = $opened : $opened;
                    }
                    return ($space . $call[0])($handles[$space], ...array_slice($call, 1));
                });
            }
            foreach ($outcomes[1][1] as $at => [$level, $message]) {
                $outcomes[1][1][$at][1] = preg_replace('/; to remove it: quipu rm shmop-0x[0-9a-f]{8}$/', '', $message);
            }
            self::assertSame($outcomes[0], $outcomes[1], "call $number: " . json_encode($call));
        }
        if ($key !== 0 && ($left = @\shmop_open($key, 'a', 0, 0)) !== false) {
            \shmop_delete($left);
        }
    }

    public function testModes(): void
    {
        $this->both([['x', 0, 0], ['cc', 0, 10], ['', 0, 10], ['c', 0600, 0], ['n', 0600, -1], ['c', 0600, 0], ['a', 0, 0], ['w', 0, 0],
            ['n', 0600, 100], ['shmop_size'], ['n', 0600, 100], ['c', 0600, 200], ['c', 0600, 50], ['shmop_size'], ['c', 0600, 100],
            ['w', 0, 500], ['shmop_size'], ['a', 0, 500], ['shmop_size'], ['shmop_delete'], ['a', 0, 0]], $this->key());
    }

    public function testReadAndWrite(): void
    {
        $this->both([['n', 0600, 100], ['shmop_read', 0, 100], ['shmop_write', 'hello', 10], ['shmop_read', 8, 10], ['shmop_read', 0, 101],
            ['shmop_read', 101, 0], ['shmop_read', 100, 0], ['shmop_read', -1, 1], ['shmop_read', 1, -1], ['shmop_read', 100, 1],
            ['shmop_read', 0, 0], ['shmop_read', PHP_INT_MAX, 1], ['shmop_read', 50, PHP_INT_MAX], ['shmop_write', 'abc', 98],
            ['shmop_write', 'abc', 100], ['shmop_write', 'abc', 101], ['shmop_write', 'abc', -1], ['shmop_write', '', 0],
            ['shmop_write', 12345, 0], ['shmop_read', 0, 100], ['shmop_write', str_repeat('z', 500), 3], ['shmop_read', '0', 100],
            ['a', 0, 0], ['shmop_read', 0, 100], ['shmop_write', 'abc', 0], ['shmop_write', 'abc', 1000], ['shmop_delete'],
            ['shmop_read', 0, 100], ['shmop_read', [], 1]], $this->key());
    }

    public function testDeletedSegmentsStayWithTheirHandles(): void
    {
        $this->both([['n', 0600, 10], ['shmop_delete'], ['shmop_delete'], ['shmop_write', 'zz', 0], ['shmop_read', 0, 10], ['shmop_size'],
            ['w', 0, 0], ['n', 0600, 20], ['shmop_read', 0, 20], ['shmop_close'], ['shmop_delete']], $this->key());
        $this->both([['a', 0600, 10], ['w', 0600, 10], ['c', 0600, 10], ['shmop_write', 'x', 0], ['c', 0600, 20], ['shmop_read', 0, 5]], 0);
    }

    public function testWarningNamesTheCommand(): void
    {
        $key = $this->key();
        $segment = shmop_open($key, 'n', 0600, 10);
        $shown = sprintf('shmop-0x%08x', $key);
        self::assertSame([false, [[E_WARNING, 'shmop_open(): Unable to attach or create shared memory segment "File exists"; to remove '
            . "it: quipu rm $shown"]]], self::outcome(fn() => shmop_open($key, 'n', 0600, 10)));
        self::assertFileExists("/dev/shm/$shown");
        shmop_delete($segment);
        self::assertFileDoesNotExist("/dev/shm/$shown");
    }

    /** Random reads and writes, also over several pages, beside a string. */
    public function testBytesBesideAString(): void
    {
        mt_srand(6);
        $size = 3 * 4064 + 77;
        $segment = shmop_open($this->key(), 'c', 0600, $size);
        $model = str_repeat("\0", $size);
        for ($round = 0; $round < 1000; $round++) {
            $offset = mt_rand(0, 3) === 0 ? 4064 * mt_rand(0, 3) : mt_rand(0, $size);
            $data = random_bytes([1, 7, 4064, 5000, 9000][mt_rand(0, 4)]);
            $length = min(strlen($data), $size - $offset);
            self::assertSame($length, shmop_write($segment, $data, $offset));
            $model = substr($model, 0, $offset) . substr($data, 0, $length) . substr($model, $offset + $length);
            $from = mt_rand(0, $size - 1);
            $count = mt_rand(1, $size - $from);
            self::assertTrue(shmop_read($segment, $from, $count) === substr($model, $from, $count), "round $round");
        }
        self::assertTrue(shmop_read($segment, 0, $size) === $model);
    }

    public function testAGibibyte(): void
    {
        $size = 1 << 30;
        $segment = shmop_open($this->key(), 'n', 0600, $size);
        self::assertSame(3, shmop_write($segment, 'endless', $size - 3));
        self::assertSame(5, shmop_write($segment, 'begin', 0));
        self::assertSame("\0\0end", shmop_read($segment, $size - 5, 5));
        $bytes = random_bytes(5 << 20);
        shmop_write($segment, $bytes, $size / 2 + 11);
        self::assertTrue(shmop_read($segment, $size / 2 + 11, 5 << 20) === $bytes);
        self::assertSame("begin\0", shmop_read($segment, 0, 6));
    }

    public function testTheWholeOfASegmentCanBeWrittenAgainAndAgain(): void
    {
        $segment = shmop_open($this->key(), 'n', 0600, 8 << 20);
        foreach (['a', 'b', 'c'] as $letter) {
            self::assertSame(8 << 20, shmop_write($segment, str_repeat($letter, 8 << 20), 0));
        }
        self::assertSame(8 << 20, substr_count(shmop_read($segment, 0, 8 << 20), 'c'));
    }

    /** Eight processes, each with every eighth byte of the same pages: none loses one to another. */
    public function testDisjointOffsetsLoseNothing(): void
    {
        $key = $this->key();
        $segment = shmop_open($key, 'n', 0600, 8000);
        $pids = [];
        for ($number = 0; $number < 8; $number++) {
            $pids[] = $pid = pcntl_fork();
            if ($pid === 0) {
                $own = shmop_open($key, 'w', 0, 0);
                for ($at = $number; $at < 8000; $at += 8) {
                    shmop_write($own, chr(65 + $number), $at);
                }
                posix_kill(getmypid(), SIGKILL);
            }
        }
        foreach ($pids as $pid) {
            pcntl_waitpid($pid, $status);
        }
        self::assertTrue(shmop_read($segment, 0, 8000) === str_repeat('ABCDEFGH', 1000));
    }

    /** Of many processes that want a new segment, one gets it; and of those that open or make one, all get the same. */
    public function testOneMakesIt(): void
    {
        for ($round = 0; $round < 10; $round++) {
            $key = $this->key();
            $made = 0;
            $pids = [];
            for ($number = 0; $number < 6; $number++) {
                $pids[] = $pid = pcntl_fork();
                if ($pid === 0) {
                    $segment = @shmop_open($key, $number < 4 ? 'n' : 'c', 0600, 10 + $number % 4);
                    $number < 4 || $segment === false || shmop_write($segment, 'x', $number);
                    posix_kill(getmypid(), $segment === false ? SIGKILL : SIGTERM);
                }
            }
            foreach ($pids as $number => $pid) {
                pcntl_waitpid($pid, $status);
                $made += $number < 4 && pcntl_wtermsig($status) === SIGTERM ? 1 : 0;
            }
            self::assertLessThanOrEqual(1, $made);
            self::assertInstanceOf(Shmop::class, shmop_open($key, 'a', 0, 0));
        }
    }

    public function testModeIsReal(): void
    {
        foreach ([0600, 0644, 0666] as $mode) {
            $key = $this->key();
            shmop_open($key, 'c', $mode, 10);
            self::assertSame($mode, fileperms(sprintf('/dev/shm/shmop-0x%08x', $key)) & 0777);
        }
    }

    public function testObjectsAreNotCopiedOrSerialised(): void
    {
        $segment = Shmop::open($this->key(), 'c', 0600, 10);
        self::assertSame(10, $segment->size());
        self::assertSame(["Exception: Serialization of 'Shmop' is not allowed", []], self::outcome(fn() => serialize($segment)));
        self::assertStringStartsWith('Error: ', self::outcome(fn() => clone $segment)[0]);
        self::assertStringStartsWith('Error: ', self::outcome(fn() => new Shmop())[0]);
    }

    public function testNegativeKeysOfFtok(): void
    {
        $segment = shmop_open(-2147483647, 'c', 0600, 10);
        try {
            self::assertFileExists('/dev/shm/shmop-0x80000001');
        } finally {
            shmop_delete($segment);
        }
    }
}

<?php

declare(strict_types=1);

namespace Quipu\Tests\Compat;

use PHPUnit\Framework\TestCase;

/** Programs that were written for PHP's own functions, in processes of their own. */
final class ScriptsTest extends TestCase
{
    use Oracle;

    public function testCommandInThreeProcesses(): void
    {
        @unlink('/dev/shm/shm-0x000f1206');
        self::assertSame('nothing was sent', $this->script('command', 'get'));
        self::assertSame('deleted', $this->script('command', 'delete'));
        self::assertSame('sent', $this->script('command', 'send', 'Hello, world'));
        self::assertFileExists('/dev/shm/shm-0x000f1206');
        self::assertSame('Hello, world from the first process', $this->script('command', 'get'));
        self::assertSame('Hello, world from the first process', $this->script('command', 'get'));
        self::assertSame('deleted', $this->script('command', 'delete'));
        self::assertFileDoesNotExist('/dev/shm/shm-0x000f1206');
        self::assertSame('nothing was sent', $this->script('command', 'get'));
        $this->script('command', 'delete');
    }

    public function testFourChildrenAndTheirParent(): void
    {
        $before = glob('/dev/shm/shmop-*');
        for ($round = 0; $round < 5; $round++) {
            self::assertSame('shared memory without servers (64 bytes)', $this->script('fork', __FILE__));
        }
        self::assertSame($before, glob('/dev/shm/shmop-*'));
    }

    private function script(string $name, string ...$arguments): string
    {
        return self::command('-d', 'auto_prepend_file=' . dirname(__DIR__) . '/bootstrap.php', __DIR__ . "/scripts/$name.php", ...$arguments);
    }
}

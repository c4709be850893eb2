<?php

declare(strict_types=1);

namespace Quipu\Tests\Compat;

/** Children for tests, which end without the things that phpunit does at its end. */
trait Processes
{
    /** @var list<int> */
    private array $children = [];

    /** Runs a task in a child. It ends with SIGTERM if the task returns true, and otherwise with SIGKILL. */
    private function fork(callable $task): int
    {
        $pid = pcntl_fork();
        if ($pid === 0) {
            $signal = SIGKILL;
            try {
                $signal = $task() === true ? SIGTERM : SIGKILL;
            } finally {
                posix_kill(getmypid(), $signal);
            }
        }
        return $this->children[] = $pid;
    }

    /** Waits for a child; whether its task has returned true. */
    private function succeeded(int $pid): bool
    {
        pcntl_waitpid($pid, $status);
        $this->children = array_values(array_diff($this->children, [$pid]));
        return pcntl_wifsignaled($status) && pcntl_wtermsig($status) === SIGTERM;
    }

    /** Waits until a child sleeps for a lock. */
    private function untilItWaits(int $pid): void
    {
        $call = ['x86_64' => '72', 'aarch64' => '25'][php_uname('m')];
        while (explode(' ', (string) @file_get_contents("/proc/$pid/syscall"))[0] !== $call) {
            self::assertSame(0, pcntl_waitpid($pid, $status, WNOHANG), 'it has ended instead of waiting');
            usleep(1000);
        }
    }

    /** @after */
    protected function endChildren(): void
    {
        foreach ($this->children as $pid) {
            posix_kill($pid, SIGKILL);
            pcntl_waitpid($pid, $status);
        }
        $this->children = [];
    }
}

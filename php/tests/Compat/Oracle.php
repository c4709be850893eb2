<?php

declare(strict_types=1);

namespace Quipu\Tests\Compat;

/** Compares what our functions do with what PHP's own do: results, exceptions and warnings. */
trait Oracle
{
    private static int $keys = 0;

    /** A key that nobody else uses; all that is under it goes away after the test. */
    private function key(): int
    {
        return 0x51 << 24 | (getmypid() & 0xffff) << 8 | (self::$keys++ & 0xff);
    }

    /** @return list<mixed> what a call returned or threw, and what it warned of */
    private static function outcome(callable $call): array
    {
        $warnings = [];
        set_error_handler(static function (int $level, string $message) use (&$warnings): bool {
            $warnings[] = [$level, str_replace('Quipu\Compat\\', '', $message)];
            return true;
        });
        try {
            $result = $call();
            return [is_object($result) ? 'object' : $result, $warnings];
        } catch (\Throwable $thrown) {
            // A function written in PHP says besides from where it was called.
            $message = preg_replace('/, called in .*/', '', $thrown->getMessage());
            return [get_class($thrown) . ': ' . str_replace('Quipu\Compat\\', '', $message), $warnings];
        } finally {
            restore_error_handler();
        }
    }

    /** Calls both with a handle of their own kind. */
    private static function assertSameOutcome(callable $theirs, callable $ours, string $what): void
    {
        self::assertSame(var_export(self::outcome($theirs), true), var_export(self::outcome($ours), true), $what);
    }

    /** Runs code in a PHP of its own with the package; what it prints. */
    private static function inAnotherProcess(string $code): string
    {
        $bootstrap = var_export(dirname(__DIR__) . '/bootstrap.php', true);
        return self::command('-r', "require $bootstrap; $code");
    }

    /** What a PHP like this one prints. */
    private static function command(string ...$arguments): string
    {
        exec(implode(' ', array_map('escapeshellarg', [...self::php(), ...$arguments])), $lines, $status);
        self::assertSame(0, $status, implode("\n", $lines));
        return implode("\n", $lines);
    }

    /** @return list<string> the command line of a PHP with the same extension */
    private static function php(): array
    {
        // The file of the extension, which may have been named on the command line.
        preg_match('~ (/\S*quipu\S*\.so)$~m', (string) file_get_contents('/proc/self/maps'), $found);
        return [PHP_BINARY, '-d', 'display_errors=1', ...(isset($found[1]) ? ['-d', "extension=$found[1]"] : [])];
    }

    /** @after */
    protected function removeTables(): void
    {
        foreach (glob(sprintf('/dev/shm/*-0x51%04x*', getmypid() & 0xffff)) as $path) {
            unlink($path);
        }
    }
}

<?php

declare(strict_types=1);

namespace Quipu\Tests;

use Quipu\Table;

/** A table for each test, which nobody else has, removed afterwards. */
trait OwnTable
{
    private ?string $tableName = null;

    /** @param array<string, mixed> $options */
    private function table(array $options = []): Table
    {
        $this->tableName ??= 'quipu-package-' . getmypid() . '-' . bin2hex(random_bytes(4));
        return Table::open($this->tableName, $options + ['size' => '16mb']);
    }

    /**
     * Runs PHP with the extension and nothing else, in a process of its own.
     *
     * @return string what it prints
     */
    private static function php(string ...$arguments): string
    {
        $mapped = preg_grep('~/(libquipu_php|quipu)\.so$~', (array) file('/proc/self/maps', FILE_IGNORE_NEW_LINES));
        $extension = (string) preg_replace('~^[^/]*~', '', (string) current((array) $mapped));
        $command = [PHP_BINARY, '-n', '-d', 'display_errors=1', '-d', "extension=$extension", ...$arguments];
        $process = proc_open($command, [1 => ['pipe', 'w']], $pipes) ?: throw new \RuntimeException('no process');
        $text = (string) stream_get_contents($pipes[1]);
        proc_close($process);
        return trim($text);
    }

    /** @after */
    protected function removeTable(): void
    {
        if ($this->tableName !== null) {
            Table::remove($this->tableName);
            $this->tableName = null;
        }
    }
}

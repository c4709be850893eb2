<?php

declare(strict_types=1);

namespace Quipu\Compat;

use Quipu\Exception\Full;
use Quipu\Exception\Permission;
use Quipu\Table;

/**
 * A run of bytes in shared memory, as the extension shmop has it: what shmop_open() returns, with its functions as
 * methods. Each segment is a table, `shmop-0x000f1206` for the key 0xf1206, that holds its size and its pages. A page
 * that nobody has written is not there, and what is missing at the end of one are NUL bytes.
 *
 * Of processes that write at the same time, each changes its own bytes and no others, for a page is replaced only if it
 * still is as it was read.
 */
final class Shmop
{
    /** What fits a block of 4 KiB of the table. */
    private const PAGE_BYTES = 4064;
    /** How many pages one call reads. */
    private const PAGES_AT_ONCE = 256;
    private const SIZE = 'size';

    private function __construct(
        private readonly Table $table,
        private readonly int $key,
        private readonly int $size,
        private readonly bool $isReadOnly,
    ) {
    }

    /** @see shmop_open() */
    public static function open(int $key, string $mode, int $permissions, int $size): self|false
    {
        if (!in_array($mode, ['a', 'c', 'w', 'n'], true)) {
            throw new \ValueError('shmop_open(): Argument #2 ($mode) must be a valid access mode');
        }
        $makes = $mode === 'c' || $mode === 'n';
        if ($makes && $size <= 0) {
            throw new \ValueError(
                'shmop_open(): Argument #4 ($size) must be greater than 0 for the "c" and "n" access modes'
            );
        }
        try {
            if ($key === 0) {
                return $makes ? self::makePrivate($permissions, $size) : self::refuse('Invalid argument');
            }
            return $makes ? self::openOrMake($key, $mode, $permissions, $size) : self::openExisting($key, $mode);
        } catch (Permission) {
            return $mode === 'n' ? self::refuseExisting($key) : self::refuse('Permission denied');
        } catch (Full) {
            return self::refuse('No space left on device');
        }
    }

    /** @see shmop_read() */
    public function read(int $offset, int $size): string
    {
        if ($offset < 0 || $offset > $this->size) {
            throw new \ValueError('shmop_read(): Argument #2 ($offset) must be between 0 and the segment size');
        }
        if ($size < 0 || $size > $this->size - $offset) {
            throw new \ValueError('shmop_read(): Argument #3 ($size) is out of range');
        }
        // 0 is all that there is from there on.
        $size = $size ?: $this->size - $offset;
        $bytes = '';
        while (strlen($bytes) < $size) {
            $at = $offset + strlen($bytes);
            $bytes .= $this->readPages(intdiv($at, self::PAGE_BYTES), $at % self::PAGE_BYTES, $size - strlen($bytes));
        }
        return $bytes;
    }

    /** @see shmop_write() */
    public function write(string $data, int $offset): int
    {
        if ($this->isReadOnly) {
            throw new \Error('Read-only segment cannot be written');
        }
        if ($offset < 0 || $offset > $this->size) {
            throw new \ValueError('shmop_write(): Argument #3 ($offset) is out of range');
        }
        $length = min(strlen($data), $this->size - $offset);
        for ($done = 0; $done < $length; $done += strlen($part)) {
            $within = ($offset + $done) % self::PAGE_BYTES;
            $part = substr($data, $done, min(self::PAGE_BYTES - $within, $length - $done));
            $this->writePage((string) intdiv($offset + $done, self::PAGE_BYTES), $within, $part);
        }
        return $length;
    }

    /** @see shmop_size() */
    public function size(): int
    {
        return $this->size;
    }

    /** @see shmop_delete() */
    public function delete(): bool
    {
        try {
            // What was deleted before is deleted.
            $this->table->unlink();
            return true;
        } catch (Permission) {
            raise(E_WARNING, "shmop_delete(): Can't mark segment for deletion (are you the owner?)");
            return false;
        }
    }

    public function __serialize(): array
    {
        throw new \Exception("Serialization of 'Shmop' is not allowed");
    }

    private function __clone()
    {
    }

    private static function makePrivate(int $permissions, int $size): self
    {
        $table = Segment::makePrivate('shmop', $size, $permissions);
        $table->set(self::SIZE, $size);
        return new self($table, 0, $size, false);
    }

    private static function openExisting(int $key, string $mode): self|false
    {
        $table = Segment::existing(Segment::name('shmop', $key));
        $size = $table?->get(self::SIZE);
        if (!is_int($size)) {
            return self::refuse('No such file or directory');
        }
        return new self($table, $key, $size, $mode === 'a');
    }

    /** Of several that make it at the same time, the one that stores the size has made it. */
    private static function openOrMake(int $key, string $mode, int $permissions, int $size): self|false
    {
        do {
            $table = Segment::openOrMake(Segment::name('shmop', $key), $size, $permissions);
            $isNew = $table->add(self::SIZE, $size);
            $found = $table->get(self::SIZE);
            // Deleted by another process just now: nobody else would come to it.
        } while (!$table->isLinked());
        if (!$isNew && $mode === 'n') {
            return self::refuseExisting($key);
        }
        if ($size > $found) {
            return self::refuse('Invalid argument');
        }
        return new self($table, $key, $found, false);
    }

    private static function refuse(string $why, string $advice = ''): false
    {
        raise(E_WARNING, "shmop_open(): Unable to attach or create shared memory segment \"$why\"$advice");
        return false;
    }

    private static function refuseExisting(int $key): false
    {
        return self::refuse('File exists', '; to remove it: quipu rm ' . Segment::name('shmop', $key));
    }

    /** Reads on from a place in a page, as far as one call reads. */
    private function readPages(int $page, int $within, int $size): string
    {
        $count = min(intdiv($within + $size - 1, self::PAGE_BYTES) + 1, self::PAGES_AT_ONCE);
        if ($count === 1) {
            return str_pad(substr($this->table->get((string) $page, ''), $within, $size), $size, "\0");
        }
        $bytes = '';
        foreach ($this->table->getMany(range($page, $page + $count - 1), '') as $content) {
            $bytes .= str_pad($content, self::PAGE_BYTES, "\0");
        }
        return substr($bytes, $within, $size);
    }

    private function writePage(string $page, int $within, string $bytes): void
    {
        if (strlen($bytes) === self::PAGE_BYTES) {
            $this->table->set($page, $bytes);
            return;
        }
        do {
            $old = $this->table->gets($page, $token) ?? '';
            $new = str_pad(substr($old, 0, $within), $within, "\0") . $bytes . substr($old, $within + strlen($bytes));
        } while (!$this->table->cas($page, $token, $new));
    }
}

<?php

declare(strict_types=1);

namespace Quipu\Tests\Cache;

use PHPUnit\Framework\TestCase;
use Quipu\Cache\InvalidArgument;
use Quipu\Tests\OwnTable;

/** One set of signatures for all versions of the interfaces. The suites ran with those that are installed. */
final class InterfacesTest extends TestCase
{
    use OwnTable;

    public function testTheNewestInterfaces(): void
    {
        $this->table();
        $said = self::php(__DIR__ . '/interfaces/use.php', (string) $this->tableName);
        self::assertSame('2 1 ' . InvalidArgument::class, $said);
    }
}

<?php
/**
 * Measures the caches of php/ beside the same over APCu, in turns that alternate within one run:
 *
 *     php -d extension=QUIPU.so -d apc.enable_cli=1 -d opcache.enable_cli=1 benches/php/adapters.php [--quick]
 *
 * What a cache adds to its store is the same for both: SimpleApcu is SimpleCache with other calls. Prints medians with
 * the spread, and the ratio within the run.
 */
declare(strict_types=1);

require __DIR__ . '/stores.php';
require __DIR__ . '/contest.php';
require __DIR__ . '/../../php/tests/bootstrap.php';

use Quipu\Cache\SimpleCache;
use Quipu\Cache\Symfony\QuipuAdapter;
use Symfony\Component\Cache\Adapter\AbstractAdapter;
use Symfony\Component\Cache\Adapter\ApcuAdapter;

/** SimpleCache, over APCu: the same checks in the same order. */
final class SimpleApcu
{
    private const RESERVED = '~[{}()/\\\\@:]~';

    public function __construct(private readonly string $prefix = '')
    {
    }

    public function get($key, $default = null): mixed
    {
        if (!\is_string($key) || $key === '' || \preg_match(self::RESERVED, $key)) {
            throw new InvalidArgumentException();
        }
        try {
            $value = \apcu_fetch($this->prefix . $key, $isHit);
        } catch (\Throwable) {
            return $default;
        }
        return !$isHit || $value instanceof \__PHP_Incomplete_Class ? $default : $value;
    }

    public function set($key, $value, $ttl = null): bool
    {
        return $this->store($this->name($key), $value, $ttl);
    }

    private function name(mixed $key): string
    {
        if (!\is_string($key) || $key === '' || \preg_match(self::RESERVED, $key)) {
            throw new InvalidArgumentException();
        }
        return $this->prefix . $key;
    }

    private function store(string $name, mixed $value, ?int $ttl): bool
    {
        try {
            if ($ttl === null) {
                return \apcu_store($name, $value);
            } elseif ($ttl <= 0) {
                \apcu_delete($name);
                return true;
            }
            return \apcu_store($name, $value, $ttl);
        } catch (\Throwable) {
            return false;
        }
    }
}

final class SimpleStore extends Store
{
    public function __construct(string $name, private readonly SimpleCache|SimpleApcu $cache)
    {
        parent::__construct($name);
        $this->keys = str_replace(':', '.', $this->keys);
    }

    public function fill(string $operation): void
    {
        array_map(fn (string $key) => $this->cache->set($key, $this->value), $this->keys);
    }

    public function get(int $n): void
    {
        [$cache, $keys] = [$this->cache, $this->keys];
        for ($i = 0; $i < $n; $i++) {
            $cache->get($keys[$i & 1023]);
        }
    }

    public function set(int $n): void
    {
        [$cache, $keys, $value] = [$this->cache, $this->keys, $this->value];
        for ($i = 0; $i < $n; $i++) {
            $cache->set($keys[$i & 1023], $value);
        }
    }
}

final class SymfonyStore extends Store
{
    public function __construct(string $name, private readonly AbstractAdapter $cache)
    {
        parent::__construct($name);
        $this->keys = str_replace(':', '.', $this->keys);
    }

    public function fill(string $operation): void
    {
        $this->save(count($this->keys));
    }

    public function getItem(int $n): void
    {
        [$cache, $keys] = [$this->cache, $this->keys];
        for ($i = 0; $i < $n; $i++) {
            $cache->getItem($keys[$i & 1023])->get();
        }
    }

    public function save(int $n): void
    {
        [$cache, $keys, $value] = [$this->cache, $this->keys, $this->value];
        for ($i = 0; $i < $n; $i++) {
            $cache->save($cache->getItem($keys[$i & 1023])->set($value));
        }
    }
}

/** @param list<float> $rates */
function nanoseconds(array $rates): float
{
    sort($rates);
    return 1e9 / $rates[intdiv(count($rates), 2)];
}

const TABLE = 'quipu-bench-php-adapters';
$quick = in_array('--quick', $argv, true);
$table = Quipu\Table::open(TABLE, ['size' => '64mb']);
$pairs = [
    'PSR-16' => [
        ['get', 'set'],
        new SimpleStore('SimpleCache', new SimpleCache($table)),
        new SimpleStore('the same over APCu', new SimpleApcu()),
    ],
    'Symfony' => [
        ['getItem', 'save'],
        new SymfonyStore('QuipuAdapter', new QuipuAdapter($table, 'symfony')),
        new SymfonyStore('ApcuAdapter', new ApcuAdapter('symfony')),
    ],
];
printf("%-8s %-8s %9s %20s %20s %6s\n", '', '', 'processes', 'Quipu, ns', 'APCu, ns', 'ratio');
foreach ($pairs as $name => [$operations, $ours, $theirs]) {
    foreach ($operations as $operation) {
        foreach ([1, 2] as $processes) {
            $contest = contest([$ours, $theirs], $operation, $processes, $quick ? 3 : 21, $quick ? 0.01 : 0.05);
            [$quipu, $apcu] = array_map(fn (array $entrant) => $entrant['per_second'], $contest['entrants']);
            $cell = fn (array $rates) => sprintf('%.0f (%.0f-%.0f)', nanoseconds($rates), 1e9 / max($rates), 1e9 / min($rates));
            $ratio = nanoseconds($quipu) / nanoseconds($apcu);
            printf("%-8s %-8s %9d %20s %20s %6.2f\n", $name, $operation, $processes, $cell($quipu), $cell($apcu), $ratio);
        }
    }
}
Quipu\Table::remove(TABLE);

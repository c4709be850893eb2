<?php
/** Uses the caches with the newest interfaces; InterfacesTest runs it with the name of a table. */

declare(strict_types=1);

require __DIR__ . '/psr3.php';
require __DIR__ . '/symfony7.php';
$source = dirname(__DIR__, 3) . '/src/Cache';
foreach (['InvalidArgument', 'Lifetime', 'Entries', 'SimpleCache', 'Item', 'Pool', 'Symfony/QuipuAdapter'] as $class) {
    require "$source/$class.php";
}
$table = Quipu\Table::open($argv[1]);
$cache = new Quipu\Cache\SimpleCache($table);
$pool = new Quipu\Cache\Pool($table);
$adapter = new Quipu\Cache\Symfony\QuipuAdapter($table);
$cache->set('key', 1, new DateInterval('PT1M'));
$pool->save($pool->getItem('key')->set($pool->getItem('key')->get() + 1)->expiresAt(new DateTime('+1 hour'))->expiresAfter(9));
try {
    $cache->get('a:b');
} catch (Psr\SimpleCache\InvalidArgumentException $thrown) {
    echo $cache->get('key'), ' ', $cache instanceof Psr\SimpleCache\CacheInterface, ' ', $thrown::class, "\n";
}

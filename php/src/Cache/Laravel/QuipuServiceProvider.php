<?php

declare(strict_types=1);

namespace Quipu\Cache\Laravel;

use Illuminate\Support\ServiceProvider;
use Quipu\Table;

/**
 * Makes the driver `quipu` known to Laravel, which finds this class by composer.json. In config/cache.php, below `stores`:
 *
 *     'quipu' => ['driver' => 'quipu', 'table' => 'app', 'options' => ['size' => '256mb', 'on_full' => 'evict']],
 */
final class QuipuServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->callAfterResolving('cache', function ($cache): void {
            // extend() makes it a closure of the manager: it may not be static, nor name what is private here.
            $cache->extend('quipu', function ($app, array $config) use ($cache) {
                $table = Table::open($config['table'] ?? 'laravel-cache', $config['options'] ?? []);
                $prefix = $config['prefix'] ?? $app['config']['cache.prefix'] ?? '';
                return $cache->repository(new QuipuStore($table, $prefix));
            });
        });
    }
}

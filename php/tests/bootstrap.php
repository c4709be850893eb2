<?php
/**
 * Loads classes as composer would: its own autoloader if there is one, or else the rules of composer.json, and what Debian
 * has in /usr/share/php.
 */
declare(strict_types=1);

if (!extension_loaded('quipu')) {
    fwrite(STDERR, "the extension quipu is not loaded: scripts/test-php-package builds and loads it\n");
    exit(1);
}
$root = dirname(__DIR__);
if (is_file("$root/vendor/autoload.php")) {
    require "$root/vendor/autoload.php";
    return;
}
$composer = json_decode((string) file_get_contents("$root/composer.json"), true, 512, JSON_THROW_ON_ERROR);
$folders = $composer['autoload-dev']['psr-4'] + $composer['autoload']['psr-4'];
spl_autoload_register(static function (string $class) use ($root, $folders): void {
    foreach ($folders as $namespace => $folder) {
        $file = "$root/$folder" . strtr(substr($class, strlen($namespace)), '\\', '/') . '.php';
        if (str_starts_with($class, $namespace) && is_file($file)) {
            require $file;
            return;
        }
    }
});
foreach ($composer['autoload']['files'] ?? [] as $file) {
    require "$root/$file";
}
$libraries = ['Psr/Cache', 'Psr/SimpleCache', 'Symfony/Component/Cache', 'Illuminate/Cache', 'Illuminate/Container'];
foreach ([...$libraries, 'Cache/IntegrationTests'] as $library) {
    if (stream_resolve_include_path("$library/autoload.php") !== false) {
        require_once "$library/autoload.php";
    }
}

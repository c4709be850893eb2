--TEST--
quipu.allow_paths
--EXTENSIONS--
quipu
--INI--
quipu.allow_paths="quipu-phpt-allow-site-*:quipu-phpt-allow-one:/tmp/quipu-phpt-allow/data/:/tmp/quipu-phpt-allow/other/my-table"
--FILE--
<?php
require __DIR__ . '/support.inc';
use Quipu\Table;
$base = '/tmp/quipu-phpt-allow';
foreach (["$base/data/sub", "$base/other"] as $directory) {
    @mkdir($directory, 0700, true);
}
@symlink("$base/other", "$base/data/link");
register_shutdown_function(function () use ($base) {
    unlink("$base/data/link");
    array_map('unlink', array_merge(glob("$base/*/*table"), glob("$base/*/*/*table"), glob('/dev/shm/quipu-phpt-allow*')));
    array_map('rmdir', ["$base/data/sub", "$base/data", "$base/other", $base]);
});
$open = function (string $name) {
    try {
        Table::open($name, ['size' => '1mb'])->incr('n');
        echo "open: $name\n";
    } catch (Quipu\Exception\Permission $thrown) {
        check(str_contains($thrown->getMessage(), 'quipu.allow_paths'), $thrown->getMessage());
        echo "refused: $name\n";
    }
};
$open('quipu-phpt-allow-site-1');
$open('quipu-phpt-allow-one');
$open('quipu-phpt-allow-one-more');
$open('quipu-phpt-other');
$open("$base/data/table");
$open("$base/data/sub/table");
$open("$base/data/../data/table");
$open("$base/data/../other/table");
$open("$base/data/link/table");
$open("$base/other/table");
$open("$base/other/my-table");
$open('/dev/shm/quipu-phpt-allow-one');
chdir("$base/data");
$open('./table');
$open('../other/table');
attempt(fn() => Table::remove('quipu-phpt-other'));
attempt(fn() => Table::remove("$base/other/table"));
attempt(fn() => ini_set('quipu.allow_paths', '*'));
?>
--EXPECT--
open: quipu-phpt-allow-site-1
open: quipu-phpt-allow-one
refused: quipu-phpt-allow-one-more
refused: quipu-phpt-other
open: /tmp/quipu-phpt-allow/data/table
open: /tmp/quipu-phpt-allow/data/sub/table
open: /tmp/quipu-phpt-allow/data/../data/table
refused: /tmp/quipu-phpt-allow/data/../other/table
refused: /tmp/quipu-phpt-allow/data/link/table
refused: /tmp/quipu-phpt-allow/other/table
open: /tmp/quipu-phpt-allow/other/my-table
refused: /dev/shm/quipu-phpt-allow-one
open: ./table
refused: ../other/table
Quipu\Exception\Permission(49): the table "quipu-phpt-other" is not one that quipu.allow_paths in php.ini allows ("quipu-phpt-allow-site-*:quipu-phpt-allow-one:/tmp/quipu-phpt-allow/data/:/tmp/quipu-phpt-allow/other/my-table"): use another name, or have it added there
Quipu\Exception\Permission(49): the path /tmp/quipu-phpt-allow/other/table is not one that quipu.allow_paths ("quipu-phpt-allow-site-*:quipu-phpt-allow-one:/tmp/quipu-phpt-allow/data/:/tmp/quipu-phpt-allow/other/my-table") and open_basedir in php.ini allow: use a plain name, or have it added there
no exception: bool(false)

--TEST--
Exceptions have one base, and codes of the engine
--EXTENSIONS--
quipu
--INI--
quipu.allow_paths="*:/"
--FILE--
<?php
require __DIR__ . '/support.inc';
use Quipu\Table;
foreach (['NotFound', 'Full', 'WrongType', 'Overflow', 'TooLong', 'Busy', 'Permission', 'Format', 'Corrupt', 'Removed', 'Memory', 'Serialization', 'System'] as $name) {
    $class = new ReflectionClass("Quipu\\Exception\\$name");
    check($class->isFinal() && $class->isSubclassOf('Quipu\Exception') && $class->isSubclassOf('RuntimeException'), $name);
}
$directory = '/tmp/quipu-phpt-exceptions';
@mkdir($directory);
register_shutdown_function(function () use ($directory) { array_map('unlink', glob("$directory/*")); rmdir($directory); });
ini_get('quipu.allow_paths') === '*:/' || die('allow_paths');

attempt(fn() => Table::open("$directory/none/table"));
attempt(fn() => Table::open("$directory/none", ['create' => false]));
file_put_contents("$directory/text", str_repeat('no table ', 1000));
attempt(fn() => Table::open("$directory/text"));
file_put_contents("$directory/empty", '');
attempt(fn() => Table::open("$directory/empty"));
attempt(fn() => Table::open($directory));
symlink("$directory/text", "$directory/link");
attempt(fn() => Table::open("$directory/link"));
attempt(fn() => Table::remove("$directory/text"));
var_dump(file_exists("$directory/text"));

// A table of another version of the format, and what somebody did to the file.
$t = Table::open("$directory/table", ['size' => '1mb']);
$t->set('a', 1);
unset($t);
$whole = file_get_contents("$directory/table");
$change = function (int $at, string $bytes) use ($whole, $directory) {
    $new = "$directory/changed" . $at;
    copy("$directory/table", $new);
    $file = fopen($new, 'r+');
    fseek($file, $at);
    fwrite($file, $bytes);
    fclose($file);
    chmod($new, 0600);
    return $new;
};
attempt(fn() => Table::open($change(8, pack('P', 77))));
attempt(fn() => Table::open($change(24, pack('P', 1 << 40))));
file_put_contents("$directory/short", substr($whole, 0, 8192));
chmod("$directory/short", 0600);
attempt(fn() => Table::open("$directory/short"));
?>
--EXPECTF--
Quipu\Exception\NotFound(40): there is no directory /tmp/quipu-phpt-exceptions/none/: make it first
Quipu\Exception\NotFound(40): there is no /tmp/quipu-phpt-exceptions/none: create it first (`quipu create`)
Quipu\Exception\Format(43): /tmp/quipu-phpt-exceptions/text is not a table: check the name
Quipu\Exception\Format(43): /tmp/quipu-phpt-exceptions/empty is not a table: check the name
Quipu\Exception\Format(43): /tmp/quipu-phpt-exceptions is not a table: check the name
Quipu\Exception\Permission(50): /tmp/quipu-phpt-exceptions/link is a symbolic link: use the path it leads to
Quipu\Exception\Format(43): /tmp/quipu-phpt-exceptions/text is not a table: check the name
bool(true)
Quipu\Exception\Format(44): the table has format version 77, this library knows %d: use the library it was made with, or carry the data over with `quipu dump` of that one and `quipu load` of this one
Quipu\Exception\Corrupt(46): the header of the table is damaged: remove the file and create it again
Quipu\Exception\Corrupt(47): the file has 8192 bytes of 4194304: it was cut off, or copied in part; remove it and create it again

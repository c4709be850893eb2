--TEST--
open_basedir holds for paths
--EXTENSIONS--
quipu
--INI--
quipu.allow_paths="*:/"
open_basedir={PWD}
--FILE--
<?php
require __DIR__ . '/support.inc';
use Quipu\Table;
attempt(fn() => Table::open('/var/tmp/quipu-phpt-basedir'));
var_dump(Table::open($name = table_name(), ['size' => '1mb'])->incr('plain names are not paths'), Table::remove($name));
?>
--EXPECT--
Quipu\Exception\Permission(49): the path /var/tmp/quipu-phpt-basedir is not one that quipu.allow_paths ("*:/") and open_basedir in php.ini allow: use a plain name, or have it added there
int(1)
bool(true)

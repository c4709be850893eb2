--TEST--
A table is opened, counted in and removed
--EXTENSIONS--
quipu
--FILE--
<?php
use Quipu\Table;

$name = 'quipu-phpt-001-' . getmypid();
$table = Table::open($name, ['size' => '1mb']);
var_dump($table->incr('hits'), $table->incr('hits', 41), Table::open($name)->get('hits'));
var_dump(Table::remove($name), Table::remove($name));
?>
--EXPECT--
int(1)
int(42)
int(42)
bool(true)
bool(false)

--TEST--
A table whose file somebody cuts off is an error and not the end
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$name = table_name();
$t = Quipu\Table::open($name, ['size' => '4mb']);
$t->setMany(array_fill_keys(range(1, 500), str_repeat('x', 500)));
file_put_contents("/dev/shm/$name", '');
attempt(fn() => $t->get('5'));
attempt(fn() => $t->set('5', 1));
attempt(fn() => $t->incr('n'));
attempt(fn() => iterator_to_array($t->scan()));
attempt(fn() => $t->maintain());
attempt(fn() => Quipu\Table::open($name));
var_dump(Quipu\Table::open(table_name(), ['size' => '1mb'])->incr('another table'));
?>
--EXPECT--
Quipu\Exception\Corrupt(47): the file of the table was cut off while it was in use, and its data is lost: remove the table and create it again
Quipu\Exception\Corrupt(47): the file of the table was cut off while it was in use, and its data is lost: remove the table and create it again
Quipu\Exception\Corrupt(47): the file of the table was cut off while it was in use, and its data is lost: remove the table and create it again
Quipu\Exception\Corrupt(47): the file of the table was cut off while it was in use, and its data is lost: remove the table and create it again
Quipu\Exception\Corrupt(47): the file of the table was cut off while it was in use, and its data is lost: remove the table and create it again
Quipu\Exception\Corrupt(47): the file has 0 bytes of 10485760: it was cut off, or copied in part; remove it and create it again
int(1)

--TEST--
What php.ini says counts for tables of scripts too
--EXTENSIONS--
quipu
--INI--
quipu.size=2mb
quipu.mode=0640
--FILE--
<?php
require __DIR__ . '/support.inc';
$name = table_name();
$t = Quipu\Table::open($name);
var_dump(decoct(fileperms("/dev/shm/$name") & 0777), $t->stats()['bytes_max']);
foreach (['quipu.size=1.5mb', 'quipu.mode=rw', 'quipu.group=no-such-group'] as $wrong) {
    $process = proc_open(php_command('-d', $wrong, '-r', 'try { Quipu\Table::open($argv[1]); } catch (Quipu\Exception $e) { echo $e->getMessage(), "\n"; }', $name), [1 => ['pipe', 'w']], $pipes);
    echo stream_get_contents($pipes[1]);
    proc_close($process);
}
?>
--EXPECT--
string(3) "640"
int(2097152)
quipu.size in php.ini is "1.5mb": write a number of bytes, or one as 64mb
quipu.mode in php.ini is "rw": write permission bits in octal, as 0660
quipu.group in php.ini is "no-such-group": there is no such group

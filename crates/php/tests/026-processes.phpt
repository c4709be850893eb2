--TEST--
Processes that know of each other only by the name
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$name = table_name();
$script = '$t = Quipu\Table::open($argv[1], ["size" => "16mb"]); $t->incr("ready"); while ($t->get("ready") < 4) usleep(100);
    for ($i = 0; $i < 20000; $i++) { $t->incr("hits"); $t->incr("price", 0.5); do { $v = $t->gets("list", $token) ?? [0, 0]; $v[$i % 2]++; } while (!$t->cas("list", $token, $v)); }
    echo "done";';
$processes = [];
for ($i = 0; $i < 4; $i++) {
    $processes[] = proc_open(php_command('-r', $script, $name), [1 => ['pipe', 'w']], $pipes[$i]);
}
foreach ($processes as $i => $process) {
    echo stream_get_contents($pipes[$i][1]), "\n";
    proc_close($process);
}
$t = Quipu\Table::open($name);
var_dump($t->get('hits'), $t->get('price'), $t->get('list'));
?>
--EXPECT--
done
done
done
done
int(80000)
float(40000)
array(2) {
  [0]=>
  int(40000)
  [1]=>
  int(40000)
}

--TEST--
After exit, a fatal error or an exception nothing is held, and what was acknowledged is there
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$name = table_name();
$t = Quipu\Table::open($name, ['size' => '16mb']);
$scripts = [
    'exit in a scan' => 'foreach ($t as $k => $v) { $t->incr("count"); exit(7); }',
    'exit in __unserialize' => 'class E { function __unserialize(array $d): void { exit(7); } } $t->set("e", new E); $t->incr("count"); $t->get("e");',
    'exit in __serialize' => 'class S { function __serialize(): array { exit(7); } } $t->incr("count"); $t->set("s", new S);',
    'exit in a generator' => '$t->incr("count"); $t->setMany((function () { yield "g" => 1; exit(7); })());',
    'no memory in __unserialize' => 'class M { function __unserialize(array $d): void { str_repeat("x", 1 << 30); } } $t->set("m", new M); $t->incr("count"); $t->get("m");',
    'no memory in a scan' => '$t->set("zz", "x"); foreach ($t as $k => $v) { $t->incr("count"); str_repeat("x", 1 << 30); }',
    'uncaught in a scan' => 'foreach ($t->scan() as $v) { $t->incr("count"); throw new Exception("x"); }',
    'undefined function' => '$s = $t->scan(); $s->current(); $t->incr("count"); none();',
    'time is up' => '$t->incr("count"); set_time_limit(1); while (true) { $t->set("busy", "value of some length"); }',
    'time is up in a scan' => '$t->incr("count"); for ($i = 0; $i < 100; $i++) $t->set("fill$i", $i); set_time_limit(1); while (true) { foreach ($t->scan("fill") as $v); }',
    'killed' => '$t->incr("count"); posix_kill(getmypid(), 9);',
];
$t->set('first', 1);
foreach ($scripts as $what => $script) {
    $command = php_command('-d', 'extension=posix', '-d', 'memory_limit=32M', '-r',
        '$t = Quipu\Table::open($argv[1]); ' . $script . ' echo "went on";', $name);
    $before = $t->get('count', 0);
    $process = proc_open($command, [1 => ['pipe', 'w'], 2 => ['pipe', 'w']], $pipes);
    $output = stream_get_contents($pipes[1]) . stream_get_contents($pipes[2]);
    proc_close($process);
    check(!str_contains($output, 'went on'), "$what: $output");
    check($t->get('count') === $before + 1, "$what: counted once: $output");
    check($t->incr('after') > 0 && count(iterator_to_array($t->scan())) === count($t), "$what: goes on");
}
var_dump($t->get('count'), $t->maintain()['recovered_processes'] >= 0, $t->stats()['processes']);
?>
--EXPECT--
int(11)
bool(true)
int(1)

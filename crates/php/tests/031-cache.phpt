--TEST--
A table is open once, and let go when it was removed and nobody uses it
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
use Quipu\Table;
/** Descriptors and mappings of tables in this process. One that it made itself has no name there. */
function held(): array
{
    $count = fn(array $lines) => count(array_filter($lines, fn($line) => str_contains($line, '/dev/shm/')));
    return [
        $count(array_map(fn($fd) => (string) @readlink($fd), glob('/proc/self/fd/*'))) > 0,
        $count(file('/proc/self/maps')),
    ];
}
$name = table_name();
$tables = [];
for ($i = 0; $i < 100; $i++) {
    $tables[] = Table::open($name, ['size' => '1mb']);
}
$one = held();
var_dump($one[0]);
unset($tables);
// It stays open for the next request.
var_dump(held() === $one, Table::open($name)->incr('n'));

// Removed, in order or by rm.
for ($i = 0; $i < 20; $i++) {
    $t = Table::open($removed = table_name(), ['size' => '1mb']);
    $scan = $t->scan();
    $i % 2 ? Table::remove($removed) : unlink("/dev/shm/$removed");
}
unset($t, $scan);
Table::open($last = table_name(), ['size' => '1mb']);
unlink("/dev/shm/$last");
Table::open($name);
$t = Table::open(table_name(), ['size' => '1mb']);
var_dump(held()[1] <= 2 * $one[1]);

// An object keeps its own, also when there is a new one of that name.
$old = Table::open($name);
$old->set('which', 'old');
Table::remove($name);
$new = Table::open($name, ['size' => '1mb']);
$new->set('which', 'new');
var_dump($old->get('which'), $new->get('which'), Table::open($name)->get('which'));

// Another process removes it and makes it anew.
$process = proc_open(php_command('-r', 'Quipu\Table::remove($argv[1]); Quipu\Table::open($argv[1], ["size" => "1mb"])->set("which", "newest");', $name), [], $pipes);
proc_close($process);
var_dump($new->get('which'), Table::open($name)->get('which'));
?>
--EXPECT--
bool(true)
bool(true)
int(1)
bool(true)
string(3) "old"
string(3) "new"
string(3) "new"
string(3) "new"
string(6) "newest"

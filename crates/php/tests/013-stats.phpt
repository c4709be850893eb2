--TEST--
stats and maintain; a table whose file is gone
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
use Quipu\Table;
$name = table_name();
$t = Table::open($name, ['size' => '4mb', 'on_full' => 'evict']);
$t->setMany(['a' => 1, 'b' => str_repeat('x', 1000)]);
$t->set('short', 1, 0.01);
$stats = $t->stats();
var_dump(array_keys($stats) === ['path', 'entries', 'buckets', 'bytes_max', 'bytes_committed', 'bytes_index', 'bytes_arena',
    'bytes_huge', 'segments', 'segments_free', 'created_ms', 'processes', 'participants', 'splits', 'expired', 'evicted',
    'recovered', 'full', 'on_full', 'wipe', 'tick_ms', 'has_recovery']);
var_dump($stats['path'] === "/dev/shm/$name", $stats['entries'], $stats['bytes_max'], $stats['on_full'], $stats['processes'], $stats['has_recovery']);
var_dump(abs($stats['created_ms'] / 1000 - time()) < 60);
usleep(500000);
var_dump($t->maintain());

// Removed by rm, as logind does at the end of a session: who has it open hears of it at stats and maintain.
unlink("/dev/shm/$name");
var_dump($t->get('a'), $t->incr('a'));
attempt(fn() => $t->stats());
attempt(fn() => $t->maintain());
// Opened again, it is a new one, also though this process has the old one open.
$new = Table::open($name, ['size' => '4mb']);
var_dump($new->get('a'), $t->get('a'), $new->stats()['entries']);

// Removed in order: every write says so.
var_dump(Table::remove($name));
attempt(fn() => $new->set('a', 1));
attempt(fn() => $new->incr('a', 1));
attempt(fn() => $new->stats());
$again = Table::open($name);
var_dump($again->incr('a'));
?>
--EXPECT--
bool(true)
bool(true)
int(3)
int(4194304)
string(5) "evict"
int(1)
bool(true)
bool(true)
array(5) {
  ["expired"]=>
  int(1)
  ["recovered_processes"]=>
  int(0)
  ["freed_cells"]=>
  int(0)
  ["freed_blocks"]=>
  int(0)
  ["freed_segments"]=>
  int(0)
}
int(1)
int(2)
Quipu\Exception\Removed(23): the file of the table was removed while it was in use, so nobody else can open it: open it again to get a new one (systemd removes what a user has in /dev/shm at the end of its last session, unless RemoveIPC=no in logind.conf)
Quipu\Exception\Removed(23): the file of the table was removed while it was in use, so nobody else can open it: open it again to get a new one (systemd removes what a user has in /dev/shm at the end of its last session, unless RemoveIPC=no in logind.conf)
NULL
int(2)
int(0)
bool(true)
Quipu\Exception\Removed(23): the table was removed: close it and open it again to get a new one
Quipu\Exception\Removed(23): the table was removed: close it and open it again to get a new one
Quipu\Exception\Removed(23): the file of the table was removed while it was in use, so nobody else can open it: open it again to get a new one (systemd removes what a user has in /dev/shm at the end of its last session, unless RemoveIPC=no in logind.conf)
int(1)

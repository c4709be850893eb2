--TEST--
sessions: in the default table, unseen by the cache, and not removed with it
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-session-space
quipu.size=16mb
session.save_handler=quipu
session.save_path=
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
session.gc_maxlifetime=100
quipu.prefix=site.
--FILE--
<?php
require __DIR__ . '/session.inc';
use Quipu\Table;

/** Whether the session has so many seconds left, or a little less. */
function lives(int $seconds): bool
{
    $left = Table::open('phpt-session-space')->ttl('site.session:one');
    return $left > $seconds - 20 && $left <= $seconds + 0.3;
}

quipu_clear_cache();
start('one');
$_SESSION['a'] = 1;
quipu_store('one', 'cached');
session_write_close();
show(quipu_fetch('one'), quipu_exists(['session:one', '']), count(iterator_to_array(new QuipuIterator())));
show(quipu_cache_info()['num_entries'], quipu_clear_cache(), quipu_exists('one'), held('one'));

echo "other programs see it\n";
$table = Table::open('phpt-session-space');
show($table->get('site.session:one'), lives(100));

echo "its time is session.gc_maxlifetime from the last use, changed or not\n";
$table->expire('site.session:one', 50);
start('one', ['read_and_close' => true]);
show(lives(50));
start('one');
session_write_close();
show(lives(100));
start('one');
$_SESSION['a'] = 2;
session_write_close();
show(lives(100));

echo "what has ended is new, and is collected\n";
$table->expire('site.session:one', 0.001);
usleep(600000);
show(held('one'));
$table->expire('site.session:one', 0.001);
usleep(600000);
start('two');
show(is_int(session_gc()), session_destroy());

echo "an entry that is none\n";
$table->set('site.session:odd', 5);
show(@start('odd'));
$table->set('site.session:odd', [1]);
show(start('odd'));
--CLEAN--
<?php @unlink('/dev/shm/phpt-session-space');
--EXPECTF--
'cached' [] 1
1 true false ['a' => 1]
other programs see it
'a|i:1;' true
its time is session.gc_maxlifetime from the last use, changed or not
true
true
true
what has ended is new, and is collected
[]
true true
an entry that is none
false

Warning: session_start(): The entry of the session is none that this handler wrote in %s on line %d

Warning: session_start(): Failed to read session data: quipu (path: ) in %s on line %d
false

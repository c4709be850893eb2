--TEST--
sessions and functions: a table of another format, a damaged one, one that was removed
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-session-refused
quipu.size=16mb
session.save_handler=quipu
session.save_path=
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
output_buffering=1048576
--FILE--
<?php
require __DIR__ . '/session.inc';

$file = '/dev/shm/phpt-session-refused';
quipu_store('kept', 1);
start('s');
$_SESSION['a'] = 1;
session_write_close();

/** Puts a table in place of the usual one that has other bytes at a place, and uses it. */
function refused(string $file, int $at, string $bytes): void
{
    rename($file, "$file-kept");
    copy("$file-kept", $file);
    $table = fopen($file, 'r+');
    fseek($table, $at);
    fwrite($table, $bytes);
    fclose($table);
    $before = md5_file($file);
    // The functions have the table open for the request; a session is opened anew, as in the next one.
    show(start('s'));
    attempt(fn() => Quipu\Table::open('phpt-session-refused'));
    show(quipu_inc('kept') > 1, md5_file($file) === $before);
    rename("$file-kept", $file);
}
session_save_path('phpt-session-refused');
echo "another format\n";
refused($file, 8, pack('P', 99));
echo "no table\n";
refused($file, 0, 'NOTQUIPU');
echo "damaged\n";
refused($file, 40, pack('P', 1 << 50));
show(quipu_fetch('kept'), held('s'));

echo "removed while it is used\n";
start('s');
$_SESSION['a'] = 2;
Quipu\Table::remove('phpt-session-refused');
show(session_write_close());
show(quipu_store('kept', 2), quipu_fetch('kept'), held('s'), file_exists($file));
--CLEAN--
<?php
@unlink('/dev/shm/phpt-session-refused');
@unlink('/dev/shm/phpt-session-refused-kept');
--EXPECTF--
another format

Warning: session_start(): the table has format version 99, this library knows %d: %s in %s on line %d

Warning: session_start(): Failed to initialize storage module: quipu (path: phpt-session-refused) in %s on line %d
false
Quipu\Exception\Format: the table has format version 99, this library knows %d: use the library it was made with, or carry the data over with `quipu dump` of that one and `quipu load` of this one
true true
no table

Warning: session_start(): /dev/shm/phpt-session-refused is not a table: check the name in %s on line %d

Warning: session_start(): Failed to initialize storage module: quipu (path: phpt-session-refused) in %s on line %d
false
Quipu\Exception\Format: /dev/shm/phpt-session-refused is not a table: check the name
true true
damaged

Warning: session_start(): the header of the table is damaged: %s in %s on line %d

Warning: session_start(): Failed to initialize storage module: quipu (path: phpt-session-refused) in %s on line %d
false
Quipu\Exception\Corrupt: the header of the table is damaged: remove the file and create it again
true true
4 ['a' => 1]
removed while it is used

Warning: session_write_close(): the table was removed: %s in %s on line %d

Warning: session_write_close(): Failed to write session data (quipu). %s in %s on line %d
true
true 2 [] true

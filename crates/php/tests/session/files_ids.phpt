--TEST--
sessions: names that are refused, as with files
--EXTENSIONS--
quipu
posix
--INI--
session.save_handler=quipu
session.save_path=phpt-session-files_ids
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
output_buffering=1048576
--FILE--
<?php
require __DIR__ . '/session.inc';

foreach (['bad id!', 'a/b', 'ok,-Z9', str_repeat('a', 200), str_repeat('a', 257), '../x'] as $id) {
    show(strlen($id));
    show(start($id), session_status() === PHP_SESSION_ACTIVE);
    @session_write_close();
}
--CLEAN--
<?php @unlink('/dev/shm/phpt-session-files_ids');
--EXPECTF--
7
true true
3

Warning: session_start(): %s in %s on line %d

Warning: session_start(): %s in %s on line %d
false false
6
true true
200
true true
257

Warning: session_start(): %s in %s on line %d

Warning: session_start(): %s in %s on line %d
false false
4

Warning: session_start(): %s in %s on line %d

Warning: session_start(): %s in %s on line %d
false false

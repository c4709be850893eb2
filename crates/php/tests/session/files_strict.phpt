--TEST--
sessions: strict mode, as with files
--EXTENSIONS--
quipu
posix
--INI--
session.save_handler=quipu
session.save_path=phpt-session-files_strict
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
output_buffering=1048576
session.use_strict_mode=1
--FILE--
<?php
require __DIR__ . '/session.inc';

show(start('unknown'), ($id = session_id()) !== 'unknown', $_SESSION);
$_SESSION['a'] = 1;
session_write_close();
show(start($id), session_id() === $id, $_SESSION);
show(session_regenerate_id(true), ($next = session_id()) !== $id);
session_write_close();
show(start($id), session_id() === $id, $_SESSION);
session_destroy();
show(start($next), session_id() === $next, $_SESSION);
session_write_close();

echo "one that nothing was written to is known too\n";
start();
$empty = session_id();
session_write_close();
show(start($empty), session_id() === $empty);
session_abort();

echo "one that is open is known\n";
start();
$open = session_id();
$waiter = fork(function () use ($open) {
    session_abort();
    start($open);
    exit(session_id() === $open && $_SESSION === ['a' => 1] ? 0 : 1);
});
until_it_waits($waiter);
$_SESSION['a'] = 1;
session_write_close();
show(ended($waiter));
--CLEAN--
<?php @unlink('/dev/shm/phpt-session-files_strict');
--EXPECTF--
true true []
true true ['a' => 1]
true true
true false []
true true ['a' => 1]
one that nothing was written to is known too
true true
one that is open is known
0

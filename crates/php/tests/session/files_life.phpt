--TEST--
sessions: start, write, abort, reset, regenerate, destroy, as with files
--EXTENSIONS--
quipu
posix
--INI--
session.save_handler=quipu
session.save_path=phpt-session-files_life
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
output_buffering=1048576
--FILE--
<?php
require __DIR__ . '/session.inc';

show(start('one'), session_id(), $_SESSION, session_status() === PHP_SESSION_ACTIVE);
$_SESSION['a'] = 1;
show(session_write_close(), held('one'));

echo "abort and reset\n";
start('one');
$_SESSION['a'] = 2;
show(session_abort(), held('one'));
start('one');
$_SESSION['a'] = 3;
show(session_reset(), $_SESSION, session_write_close());

echo "regenerate\n";
start('one');
$_SESSION['b'] = 2;
show(session_regenerate_id(), $_SESSION, ($new = session_id()) !== 'one');
$_SESSION['c'] = 3;
session_write_close();
show(held('one'), held($new));
start($new);
show(session_regenerate_id(true), $_SESSION);
$newest = session_id();
session_write_close();
show(held($new), held($newest));

echo "destroy\n";
start($newest);
show(session_destroy(), session_status() === PHP_SESSION_NONE, held($newest));
show(@session_destroy());

echo "read and close\n";
start('two');
$_SESSION['a'] = 1;
session_write_close();
show(start('two', ['read_and_close' => true]), $_SESSION, session_status() === PHP_SESSION_NONE);
$_SESSION['a'] = 'lost';
show(held('two'));

echo "values\n";
start('values');
$_SESSION = ['long' => str_repeat("\0\xff", 200000), 'object' => new ArrayObject([1]), 'null' => null];
session_write_close();
start('values');
show(strlen($_SESSION['long']), md5($_SESSION['long']), $_SESSION['object'], $_SESSION['null']);
$_SESSION = [];
session_write_close();
show(held('values'));
show(strlen(session_create_id()) >= 22, substr(session_create_id('pre-'), 0, 4));
--CLEAN--
<?php @unlink('/dev/shm/phpt-session-files_life');
--EXPECTF--
true 'one' [] true
true ['a' => 1]
abort and reset
true ['a' => 1]
true ['a' => 1] true
regenerate
true ['a' => 1, 'b' => 2] true
['a' => 1, 'b' => 2] ['a' => 1, 'b' => 2, 'c' => 3]
true ['a' => 1, 'b' => 2, 'c' => 3]
[] ['a' => 1, 'b' => 2, 'c' => 3]
destroy
true true []
false
read and close
true ['a' => 1] true
['a' => 1]
values
400000 '2f1d81dfd470da95164db7e37d29c9ed' ArrayObject[0 => 1] null
[]
true 'pre-'

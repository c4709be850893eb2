--TEST--
sessions: session.save_path is a name, a path, or a directory that means the default
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-session-paths
quipu.size=16mb
quipu.allow_paths=*:/dev/shm/
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

foreach (['' => 'phpt-session-paths', sys_get_temp_dir() => 'phpt-session-paths', 'phpt-session-other' => 'phpt-session-other',
        '/dev/shm/phpt-session-third' => 'phpt-session-third'] as $path => $name) {
    session_save_path($path);
    start('s');
    $_SESSION['path'] = $path;
    session_write_close();
    show(Quipu\Table::open($name)->get('session:s') === "path|s:" . strlen($path) . ":\"$path\";");
}
foreach (['/no/such/directory/table', "..", '/dev/null'] as $path) {
    session_save_path($path);
    show(start('s'));
    session_abort();
}
--CLEAN--
<?php array_map('unlink', glob('/dev/shm/phpt-session-{paths,other,third}', GLOB_BRACE));
--EXPECTF--
true
true
true
true

Warning: session_start(): there is no directory /no/such/directory/: make it first in %s on line %d

Warning: session_start(): Failed to initialize storage module: quipu (path: /no/such/directory/table) in %s on line %d
false

Warning: session_start(): ".." is no name of a table: %s in %s on line %d

Warning: session_start(): Failed to initialize storage module: quipu (path: ..) in %s on line %d
false

Warning: session_start(): the path /dev/null is not one that quipu.allow_paths %s in %s on line %d

Warning: session_start(): Failed to initialize storage module: quipu (path: /dev/null) in %s on line %d
false

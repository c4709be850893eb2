--TEST--
sessions: through class SessionHandler, as with files
--EXTENSIONS--
quipu
posix
--INI--
session.save_handler=quipu
session.save_path=phpt-session-files_handler
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
output_buffering=1048576
--FILE--
<?php
require __DIR__ . '/session.inc';

class Logged extends SessionHandler
{
    function read(string $id): string|false { $data = parent::read($id); echo "read $id: $data\n"; return $data; }
    function write(string $id, string $data): bool { echo "write $id: $data\n"; return parent::write($id, $data); }
    function destroy(string $id): bool { echo "destroy $id\n"; return parent::destroy($id); }
    function close(): bool { echo "close\n"; return parent::close(); }
}
session_set_save_handler(new Logged());
start('s');
$_SESSION['a'] = 1;
session_write_close();
start('s');
session_write_close();
start('s');
$_SESSION['a'] = 2;
session_regenerate_id();
session_destroy();
show(held('s'));
--CLEAN--
<?php @unlink('/dev/shm/phpt-session-files_handler');
--EXPECTF--
read s: 
write s: a|i:1;
close
read s: a|i:1;
write s: a|i:1;
close
read s: a|i:1;
write s: a|i:2;
close
read %s: 
destroy %s
close
read s: a|i:2;
close
['a' => 2]

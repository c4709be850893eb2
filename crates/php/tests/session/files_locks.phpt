--TEST--
sessions: 50 parallel requests lose no write, as with files
--EXTENSIONS--
quipu
posix
--INI--
session.save_handler=quipu
session.save_path=phpt-session-files_locks
session.use_cookies=0
session.use_only_cookies=0
session.cache_limiter=
session.gc_probability=0
memory_limit=256M
--FILE--
<?php
require __DIR__ . '/session.inc';

start('shared');
session_destroy();
$ends = requests(50, function (int $number) {
    for ($round = 0; $round < 4; $round++) {
        start('shared');
        $count = $_SESSION['count'] ?? 0;
        usleep(random_int(0, 2000));
        $_SESSION['count'] = $count + 1;
        $_SESSION['by'][$number] = ($_SESSION['by'][$number] ?? 0) + 1;
        session_write_close();
    }
});
$_SESSION = [];
show(array_sum($ends));
$held = held('shared');
show($held['count'], count($held['by']), min($held['by']), max($held['by']));

echo "as many sessions do not wait for each other\n";
$ends = requests(20, function (int $number) {
    start("own$number");
    $_SESSION['number'] = $number;
    usleep(20000);
});
show(array_sum($ends));
show(array_map(fn($number) => held("own$number")['number'], range(0, 19)) === range(0, 19));
--CLEAN--
<?php @unlink('/dev/shm/phpt-session-files_locks');
--EXPECTF--
0
200 50 4 4
as many sessions do not wait for each other
0
true

<?php
// Reads the table of the web server from the command line, also as another user.
//
//   php -d extension=quipu -d quipu.mode=0660 -d quipu.group=www-data report.php TABLE [watch]
//
// Prints the totals; with `watch` it goes on until it is ended, and fails if a total ever falls.

use Quipu\Table;

$table = Table::open($argv[1], ['create' => false]);
$before = 0;
do {
    $hits = $table->get('hits', 0);
    if ($hits < $before) {
        fwrite(STDERR, "from $before to $hits\n");
        exit(1);
    }
    $before = $hits;
    if (isset($argv[2])) {
        usleep(1000);
    }
} while (isset($argv[2]) && !file_exists($argv[2]));

$sums = ['path' => 0, 'minute' => 0, 'worker' => 0];
$workers = 0;
foreach ($sums as $what => $sum) {
    foreach ($table->scan("$what:") as $key => $count) {
        $sums[$what] += $count;
        $workers += $what === 'worker' ? 1 : 0;
    }
}
echo json_encode(['hits' => $table->get('hits', 0), 'workers' => $workers] + $sums), "\n";

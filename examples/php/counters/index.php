<?php
// A page that counts: itself, each path, and each minute. Every worker of php-fpm runs it; the totals are exact.

use Quipu\Table;

$table = Table::open($_SERVER['QUIPU_TABLE']);
[$hits] = array_values($table->incrMany([
    'hits' => 1,
    'path:' . strtok($_SERVER['REQUEST_URI'], '?') => 1,
    'minute:' . date('H:i') => 1,
]));
$table->incr('worker:' . getmypid());

header('Content-Type: text/plain');
echo "$hits hits\n";

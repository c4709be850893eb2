<?php
// Four children each write a word, the parent collects them.

use function Quipu\Compat\{shmop_open, shmop_write, shmop_read, shmop_delete, shmop_size};

$words = ['shared', 'memory', 'without', 'servers'];
$width = 16;
$key = ftok($argv[1], 't');
$segment = shmop_open($key, 'c', 0644, count($words) * $width);
$children = [];
foreach ($words as $number => $word) {
    $pid = pcntl_fork();
    if ($pid === -1) {
        exit("cannot fork\n");
    }
    if ($pid === 0) {
        $mine = shmop_open($key, 'w', 0, 0);
        shmop_write($mine, str_pad($word, $width, "\0"), $number * $width);
        exit(0);
    }
    $children[] = $pid;
}
foreach ($children as $pid) {
    pcntl_waitpid($pid, $status);
}
$sentence = [];
foreach (array_keys($words) as $number) {
    $sentence[] = rtrim(shmop_read($segment, $number * $width, $width), "\0");
}
echo implode(' ', $sentence), ' (', shmop_size($segment), " bytes)\n";
shmop_delete($segment);

--TEST--
Forked children share the table and the handle
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
$t->incr('before');
$scan = $t->scan();
$children = [];
for ($child = 0; $child < 8; $child++) {
    $pid = pcntl_fork();
    if ($pid === 0) {
        for ($i = 0; $i < 5000; $i++) {
            $t->incr('hits');
            $t->set("of $child", $i);
            $t->append("log $child", 'x');
            $i % 10 || $t->append('log of all', $child);
        }
        check(count(iterator_to_array($scan)) >= 1, 'a scan that was inherited');
        // A grandchild.
        $pid = pcntl_fork();
        if ($pid === 0) {
            $t->incr('hits');
            exit(0);
        }
        check(ended($pid) === 0, 'the grandchild');
        exit(0);
    }
    $children[] = $pid;
}
for ($i = 0; $i < 5000; $i++) {
    $t->incr('hits');
}
foreach ($children as $pid) {
    check(ended($pid) === 0, 'a child ended in order');
}
var_dump(array_sum(count_chars($t->get('log of all'), 1)), array_unique(count_chars($t->get('log of all'), 1)));
var_dump($t->get('hits'), strlen($t->get('log 7')), $t->getMany(['of 0', 'of 7']), $t->get('before'));
?>
--EXPECT--
int(4000)
array(1) {
  [48]=>
  int(500)
}
int(45008)
int(5000)
array(2) {
  ["of 0"]=>
  int(4999)
  ["of 7"]=>
  int(4999)
}
int(1)

--TEST--
times to live, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-ttl
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();

show(quipu_store('one', 'v', 2), quipu_add('two', 'v', 2), quipu_inc('three', 1, $success, 2), quipu_store(['four' => 4], null, 2));
show(quipu_entry('five', fn() => 5, 2), quipu_store('stays', 1), quipu_store('long', 1, 1000));
quipu_store('counted', 1, 2);
quipu_inc('counted', 1, $success, 1000);
quipu_store('renewed', 1, 2);
quipu_store('renewed', 2, 1000);
quipu_store('freed', 1, 2);
quipu_store('freed', 2);
$all = ['one', 'two', 'three', 'four', 'five', 'stays', 'long', 'counted', 'renewed', 'freed'];
show(quipu_exists($all));
show(quipu_add('one', 'not yet'), left(quipu_key_info('stays')['ttl']), left(quipu_key_info('long')['ttl']));
usleep(3500000);
show(quipu_exists($all));
show(quipu_fetch('one', $success), $success, quipu_fetch(['one', 'two']));
show(quipu_inc('three'), quipu_add('one', 'again'), quipu_cas('counted', 2, 3), quipu_entry('five', fn() => 'new'));

echo "a negative one has ended\n";
show(quipu_store('past', 1, -1), quipu_fetch('past'), quipu_exists('past'), quipu_inc('past', 2));
show(quipu_add('gone', 1, -1), quipu_fetch('gone'));
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-ttl');
--EXPECTF--
true true 1 []
5 true true
['one' => true, 'two' => true, 'three' => true, 'four' => true, 'five' => true, 'stays' => true, 'long' => true, 'counted' => true, 'renewed' => true, 'freed' => true]
false 0 1000
['stays' => true, 'long' => true, 'renewed' => true, 'freed' => true]
false false []
1 true false 'new'
a negative one has ended
true false false 2
true false

--TEST--
functions: quipu.prefix keeps sites apart
--EXTENSIONS--
quipu
posix
--INI--
quipu.default=phpt-shape-prefix
quipu.size=16mb
quipu.prefix=site1:
--FILE--
<?php
require __DIR__ . '/../show.inc';

$table = Quipu\Table::open('phpt-shape-prefix');
$table->clear();
quipu_store('k', 'ours');
quipu_inc('');
$table->set('site2:cache:k', 'theirs');
$table->set('k', 'nobody\'s');
$table->set('site1:session:s', 'a session');
show($table->get('site1:cache:k'), $table->get('site1:cache:'), quipu_fetch('k'), quipu_fetch('site2:cache:k'));
show(count(iterator_to_array(new QuipuIterator())), quipu_cache_info(true)['num_entries']);
show(quipu_delete(new QuipuIterator('/k/')), quipu_store('k', 1), quipu_clear_cache());
$keys = array_keys(iterator_to_array($table));
sort($keys);
show($keys);
--CLEAN--
<?php @unlink('/dev/shm/phpt-shape-prefix');
--EXPECTF--
'ours' 1 'ours' false
2 2
true true true
[0 => 'k', 1 => 'site1:session:s', 2 => 'site2:cache:k']

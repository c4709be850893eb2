--TEST--
quipu_key_info, quipu_cache_info, quipu_sma_info: the shapes of APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-info
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();
quipu_store(['a' => 1, 'b' => 'two']);
quipu_store('lives', 1, 100);

$types = fn(array $array) => array_map('gettype', $array);
show($types(quipu_key_info('a')));
show(left(quipu_key_info('a')['ttl']), left(quipu_key_info('lives')['ttl']), quipu_key_info('a')['deletion_time']);
show(quipu_key_info('none'));

$info = quipu_cache_info(true);
show($types($info));
show($info['num_entries'], $info['memory_type'], $info['mem_size'] > 0);
$info = quipu_cache_info();
show(array_keys($info));
show(count($info['cache_list']), $info['deleted_list'], $types($info['cache_list'][0]));
$names = array_map('left', array_column($info['cache_list'], 'ttl', 'info'));
ksort($names);
show($names);

show($types(quipu_sma_info(true)));
$memory = quipu_sma_info();
show(array_keys($memory), $memory['num_seg'], $types($memory['block_lists'][0][0]));
show($memory['avail_mem'] > 0, $memory['avail_mem'] <= $memory['seg_size']);
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-info');
--EXPECTF--
['hits' => 'integer', 'access_time' => 'integer', 'mtime' => 'integer', 'creation_time' => 'integer', 'deletion_time' => 'integer', 'ttl' => 'integer', 'refs' => 'integer']
0 100 0
null
['num_slots' => 'integer', 'ttl' => 'integer', 'num_hits' => 'double', 'num_misses' => 'double', 'num_inserts' => 'double', 'num_entries' => 'integer', 'expunges' => 'double', 'start_time' => 'integer', 'mem_size' => 'double', 'memory_type' => 'string']
3 'mmap' true
[0 => 'num_slots', 1 => 'ttl', 2 => 'num_hits', 3 => 'num_misses', 4 => 'num_inserts', 5 => 'num_entries', 6 => 'expunges', 7 => 'start_time', 8 => 'mem_size', 9 => 'memory_type', 10 => 'cache_list', 11 => 'deleted_list', 12 => 'slot_distribution']
3 [] ['info' => 'string', 'ttl' => 'integer', 'num_hits' => 'double', 'mtime' => 'integer', 'creation_time' => 'integer', 'deletion_time' => 'integer', 'access_time' => 'integer', 'ref_count' => 'integer', 'mem_size' => 'integer']
['a' => 0, 'b' => 0, 'lives' => 100]
['num_seg' => 'integer', 'seg_size' => 'double', 'avail_mem' => 'double']
[0 => 'num_seg', 1 => 'seg_size', 2 => 'avail_mem', 3 => 'block_lists'] 1 ['size' => 'integer', 'offset' => 'integer']
true true

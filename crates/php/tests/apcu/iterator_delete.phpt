--TEST--
quipu_delete of an iterator, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-iterator_delete
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();
quipu_store(['a1' => 1, 'a2' => 'two', 'b1' => [1], 'b2' => null, 'c' => 1]);

show(quipu_delete(new QuipuIterator('/^a/')), quipu_exists(['a1', 'a2', 'b1', 'b2']));
show(quipu_delete(new QuipuIterator('/^none/')));
show(quipu_delete(new QuipuIterator(['b1', 'none'], QUIPU_ITER_VALUE)), quipu_exists(['b1', 'b2']));
$iterator = new QuipuIterator(null, QUIPU_ITER_NONE, 1);
$iterator->next();
show(quipu_delete($iterator), count(quipu_exists(['b2', 'c'])));
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-iterator_delete');
--EXPECTF--
true ['b1' => true, 'b2' => true]
true
true ['b2' => true]
true 0

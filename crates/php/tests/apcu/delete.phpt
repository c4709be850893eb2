--TEST--
quipu_delete and quipu_exists, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-delete
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();
quipu_store(['a' => 1, 'b' => 2, 'c' => 3, 'false' => false, 'null' => null, '5' => 'five']);

show(quipu_exists('a'), quipu_exists('none'), quipu_exists('false'), quipu_exists('null'));
show(quipu_exists(['a', 'none', 'null']), quipu_exists([]), quipu_exists(['none']), quipu_exists(['5']));
foreach ([5, null, 1.5, [5, null, 1.5, 'a']] as $odd) {
    attempt(fn() => quipu_exists($odd));
}
attempt(fn() => quipu_exists(new SplObjectStorage()));

echo "delete\n";
show(quipu_delete('a'), quipu_delete('a'), quipu_exists('a'));
show(quipu_delete(['b', 'b', 'none', 'c']), quipu_exists(['b', 'c']), quipu_delete([]));
foreach ([5, null, 1.5, true, [5, null, 1.5, '5']] as $odd) {
    attempt(fn() => quipu_delete($odd));
}
show(quipu_exists('5'), quipu_delete('5'));

echo "clear\n";
show(quipu_clear_cache(), quipu_exists(['false', 'null']), quipu_clear_cache(), quipu_enabled());
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-delete');
--EXPECTF--
true false true true
['a' => true, 'null' => true] [] [] ['5' => true]
true
false
false

Warning: quipu_exists(): %s in %s on line %d

Warning: quipu_exists(): %s in %s on line %d

Warning: quipu_exists(): %s in %s on line %d
['a' => true]
Error: Object of class SplObjectStorage could not be converted to string
delete
true false false
[0 => 'b', 1 => 'none'] [] []

Warning: quipu_delete(): %s in %s on line %d
false

Warning: quipu_delete(): %s in %s on line %d
false

Warning: quipu_delete(): %s in %s on line %d
false

Warning: quipu_delete(): %s in %s on line %d
false

Warning: quipu_delete(): %s in %s on line %d

Warning: quipu_delete(): %s in %s on line %d

Warning: quipu_delete(): %s in %s on line %d
[0 => 5, 1 => null, 2 => 1.5]
false false
clear
true [] true true

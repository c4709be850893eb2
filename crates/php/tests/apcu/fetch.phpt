--TEST--
quipu_fetch: single, array, $success, odd keys, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-fetch
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();
quipu_store(['a' => 1, 'b' => 'two', 'false' => false, 'null' => null, '5' => 'five']);

show(quipu_fetch('a', $success), $success);
show(quipu_fetch('none', $success), $success);
show(quipu_fetch('false', $success), $success);
show(quipu_fetch('null', $success), $success);

echo "arrays\n";
show(quipu_fetch(['a', 'none', 'b', 'a'], $success), $success);
show(quipu_fetch(['none'], $success), $success);
show(quipu_fetch([], $success), $success);
show(quipu_fetch(['a', 1.5, null, ['b'], 5], $success), $success);
show(quipu_fetch(['key' => 'a'], $success), $success);
show(quipu_fetch(['5']));

echo "odd keys\n";
foreach ([5, null, 1.5, true] as $odd) {
    $success = 'not set';
    attempt(function () use ($odd, &$success) {
        return quipu_fetch($odd, $success);
    });
    show($success);
}
attempt(fn() => quipu_fetch(new SplObjectStorage()));
attempt(fn() => quipu_fetch(new class { function __toString() { return 'a'; } }));
attempt(fn() => quipu_fetch());
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-fetch');
--EXPECTF--
1 true
false false
false true
null true
arrays
['a' => 1, 'b' => 'two'] true
[] true
[] true

Warning: quipu_fetch(): %s in %s on line %d

Warning: quipu_fetch(): %s in %s on line %d

Warning: quipu_fetch(): %s in %s on line %d

Warning: quipu_fetch(): %s in %s on line %d
['a' => 1] true
['a' => 1] true
['5' => 'five']
odd keys
'five'
true
false
false
false
false
false
false
Error: Object of class SplObjectStorage could not be converted to string
1
ArgumentCountError: quipu_fetch() expects at least 1 argument, 0 given

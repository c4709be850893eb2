--TEST--
quipu_entry: one process, as APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-entry
quipu.size=16mb
--FILE--
<?php
require __DIR__ . '/../show.inc';
quipu_clear_cache();

show(quipu_entry('e', function ($key) {
    echo "generated $key\n";
    return [$key];
}));
show(quipu_entry('e', fn() => print "never\n"));
attempt(fn() => quipu_entry('thrown', fn($key) => throw new DomainException("no $key")));
show(quipu_exists('thrown'));
show(quipu_entry('thrown', fn() => 'the turn was given back'));

echo "nested\n";
show(quipu_entry('outer', fn($key) => quipu_entry('inner', fn($key) => "inner $key") . " in $key"));
show(quipu_fetch('inner'), quipu_fetch('outer'));
show(quipu_entry('twice', fn($key) => 'top of ' . quipu_entry($key, fn() => 'bottom')), quipu_fetch('twice'));
attempt(fn() => quipu_entry('outer 2', fn($key) => quipu_entry('inner 2', fn($key) => throw new DomainException($key))));
show(quipu_exists(['outer 2', 'inner 2']));

echo "what is generated\n";
foreach ([null, false, 0, '', 1.5, [1]] as $value) {
    quipu_delete('v');
    show(quipu_entry('v', fn() => $value), quipu_exists('v'), quipu_fetch('v'), quipu_entry('v', fn() => 'never'));
}
show(quipu_entry('nothing', function () {}), quipu_exists('nothing'));
attempt(fn() => quipu_entry('closure', fn() => fn() => 1));
show(quipu_exists('closure'));
show(quipu_entry('stored', function ($key) {
    quipu_store($key, 'stored inside');
    return 'returned';
}), quipu_fetch('stored'));
show(quipu_entry('cleared', function () {
    quipu_clear_cache();
    return 1;
}), quipu_fetch('cleared'), quipu_exists('e'));

echo "arguments\n";
show(quipu_entry('upper', 'strtoupper', 100), left(quipu_key_info('upper')['ttl']), quipu_entry(5, 'gettype'), quipu_fetch('5'));
attempt(fn() => quipu_entry('e', 'no_such_function'));
attempt(fn() => quipu_entry('e'));
attempt(fn() => quipu_entry([], 'strtoupper'));
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-entry');
--EXPECTF--
generated e
[0 => 'e']
[0 => 'e']
DomainException: no thrown
false
'the turn was given back'
nested
'inner inner in outer'
'inner inner' 'inner inner in outer'
'top of bottom' 'bottom'
DomainException: inner 2
[]
what is generated
null true null null
false true false false
0 true 0 0
'' true '' ''
1.5 true 1.5 1.5
[0 => 1] true [0 => 1] [0 => 1]
null true
Exception: Serialization of 'Closure' is not allowed
false
'returned' 'stored inside'
1 1 false
arguments
'UPPER' 100 'string' 'string'
TypeError: quipu_entry(): Argument #2 ($callback) must be a valid callback, function "no_such_function" not found or invalid function name
ArgumentCountError: quipu_entry() expects at least 2 arguments, 1 given
TypeError: quipu_entry(): Argument #1 ($key) must be of type string, array given

--TEST--
Options of open
--EXTENSIONS--
quipu
posix
--FILE--
<?php
require __DIR__ . '/support.inc';
use Quipu\Table;

// Sizes.
foreach ([2097152, '2097152', '2048k', '2048 KB', '2mb', '2M', '2 MiB', '2MB'] as $size) {
    check(Table::open(table_name(), ['size' => $size])->stats()['bytes_max'] === 2097152, "size $size");
}
foreach ([0, -1, '', '0', 'mb', '1.5mb', '10kb extra', '5 bits', '-5mb', ' 5mb', 1.5, null, true, [], '99999999999999999999', '99999999999tb'] as $size) {
    try {
        Table::open(table_name(), ['size' => $size]);
        check(false, 'refused: ' . var_export($size, true));
    } catch (ValueError $error) {
        $texts[$error->getMessage()] = true;
    }
}
print_r(array_keys($texts));

// Modes, whatever the umask is.
umask(077);
foreach ([[[], 0600], [['mode' => 0660], 0660], [['mode' => '0640'], 0640], [['mode' => '666'], 0666]] as [$options, $mode]) {
    $name = table_name();
    Table::open($name, $options + ['size' => '1mb']);
    check((fileperms("/dev/shm/$name") & 0777) === $mode, sprintf('mode %03o', $mode));
}
// On an existing table they change nothing.
Table::open($name, ['mode' => 0666, 'size' => '64mb']);
var_dump(decoct(fileperms("/dev/shm/$name") & 0777), filesize("/dev/shm/$name") < 8 << 20);
// A table that everybody may write is opened only if that is asked for.
attempt(fn() => Table::open($name));
attempt(fn() => Table::open($name, ['mode' => 0660]));

// Groups.
$own = posix_getgrgid(posix_getegid());
foreach ([$own['gid'], (string) $own['gid'], $own['name'], null] as $group) {
    $name = table_name();
    Table::open($name, ['group' => $group, 'size' => '1mb']);
    check(filegroup("/dev/shm/$name") === $own['gid'], 'group ' . var_export($group, true));
}

// Wiping: the bytes of what is deleted are not in the file any more; in another table they stay.
foreach ([true, false] as $wipe) {
    $name = table_name();
    $t = Table::open($name, ['wipe' => $wipe, 'size' => '1mb']);
    check($t->stats()['wipe'] === $wipe, 'wipe of stats');
    $t->set('key', 'a secret of sixteen');
    check($t->delete('key'), 'deleted');
    check(str_contains(file_get_contents("/dev/shm/$name"), 'a secret') === !$wipe, 'wipe ' . var_export($wipe, true));
}

$never = 'quipu-phpt-never-' . getmypid();
attempt(fn() => Table::open($never, ['mode' => 01777]));
attempt(fn() => Table::open($never, ['mode' => '0999']));
attempt(fn() => Table::open($never, ['mode' => 0]));
attempt(fn() => Table::open($never, ['group' => 'no such group']));
attempt(fn() => Table::open($never, ['group' => -1]));
attempt(fn() => Table::open($never, ['on_full' => 'drop']));
attempt(fn() => Table::open($never, ['serializer' => 'xml']));
attempt(fn() => Table::open($never, ['ttl' => 0]));
attempt(fn() => Table::open($never, ['ttl' => '5']));
attempt(fn() => Table::open($never, ['max' => '5mb']));
attempt(fn() => Table::open($never, ['5mb']));
attempt(fn() => Table::open($never, ['create' => false]));
attempt(fn() => Table::open($never, '5mb'));
var_dump(file_exists("/dev/shm/$never"));

foreach (['', '.', '..', "a\0b", '/', '/tmp/', '/tmp/..', str_repeat('n', 201)] as $bad) {
    try {
        Table::open($bad);
        check(false, "refused: $bad");
    } catch (Quipu\Exception $thrown) {
        check($thrown->getCode() === 42 || $bad[0] === '/', "code of $bad");
    }
}
?>
--EXPECT--
Array
(
    [0] => Quipu\Table::open(): Option "size" must be a number of bytes greater than 0, or one with a unit as "64mb"
)
string(3) "666"
bool(true)
Quipu\Exception\Permission(49): everybody may write the table /dev/shm/quipu-phpt-PID-28 (mode 666): take that right away (chmod o-w), or say that it is wanted (quipu.mode=0666 in php.ini, or the option mode)
Quipu\Exception\Permission(49): everybody may write the table /dev/shm/quipu-phpt-PID-28 (mode 666): take that right away (chmod o-w), or say that it is wanted (quipu.mode=0666 in php.ini, or the option mode)
ValueError(0): Quipu\Table::open(): Option "mode" must be permission bits in octal, as 0660 or "0660"
ValueError(0): Quipu\Table::open(): Option "mode" must be permission bits in octal, as 0660 or "0660"
ValueError(0): Quipu\Table::open(): Option "mode" must be permission bits in octal, as 0660 or "0660"
ValueError(0): Quipu\Table::open(): Option "group" must be the name or number of a group of this machine
ValueError(0): Quipu\Table::open(): Option "group" must be the name or number of a group of this machine
ValueError(0): Quipu\Table::open(): Option "on_full" must be "error" or "evict"
ValueError(0): Quipu\Table::open(): Option "serializer" must be "php", "igbinary" or "json"
ValueError(0): Quipu\Table::open(): Option "ttl" must be greater than 0 seconds; null or INF is for ever
TypeError(0): Quipu\Table::open(): Option "ttl" must be a number of seconds or null, string given
ValueError(0): Quipu\Table::open(): There is no option "max"; there are size, mode, group, ttl, on_full, serializer, create and wipe
ValueError(0): Quipu\Table::open(): Options must have names, as ["size" => "64mb"]
Quipu\Exception\NotFound(40): there is no /dev/shm/quipu-phpt-never-PID: create it first (`quipu create`)
TypeError(0): Quipu\Table::open(): Argument #2 ($options) must be of type array, string given
bool(false)

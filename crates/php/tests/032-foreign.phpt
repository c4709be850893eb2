--TEST--
Values that other languages wrote, by their tags
--EXTENSIONS--
quipu
ffi
igbinary
--INI--
ffi.enable=1
--SKIPIF--
<?php
try {
    FFI::cdef('const char *quipu_version(void);')->quipu_version();
} catch (FFI\Exception) {
    die('skip this build shows none of the functions of the library');
}
?>
--FILE--
<?php
require __DIR__ . '/support.inc';
$t = table();
$library = FFI::cdef('
    typedef struct { uint32_t kind, flags; int64_t integer; double real; const void *bytes; size_t length; int64_t ttl_ms;
        uint64_t token[2]; } quipu_value;
    int quipu_open(const char *name, void *options, void **out);
    int quipu_set(void *table, const char *key, size_t key_length, const quipu_value *value, int64_t ttl_ms);
    int quipu_get(void *table, const char *key, size_t key_length, void *buffer, size_t capacity, quipu_value *out);
    void quipu_close(void *table);');
$handle = $library->new('void *');
check($library->quipu_open($t->stats()['path'], null, FFI::addr($handle)) === 0, 'open');
$set = function (string $key, string $bytes, int $flags) use ($library, $handle) {
    $value = $library->new('quipu_value');
    $memory = FFI::new('char[' . (strlen($bytes) + 1) . ']');
    FFI::memcpy($memory, $bytes, strlen($bytes));
    [$value->kind, $value->flags, $value->length] = [3, $flags, strlen($bytes)];
    $value->bytes = FFI::cast('void *', FFI::addr($memory[0]));
    check($library->quipu_set($handle, $key, strlen($key), FFI::addr($value), -1) === 0, "set $key");
};
$raw = function (string $key) use ($library, $handle) {
    $value = $library->new('quipu_value');
    $memory = FFI::new('char[1000]');
    check($library->quipu_get($handle, $key, strlen($key), $memory, 1000, FFI::addr($value)) === 0, "get $key");
    return sprintf('kind %d, flags 0x%x: %s', $value->kind, $value->flags, bin2hex(FFI::string($memory, $value->length)));
};

// What others wrote.
$values = [
    ['null', '', 0x51500001], ['true', "\1", 0x51500002], ['false', "\0", 0x51500002],
    ['json', '{"a":[1,2.5,null,"gr\u00fc\u00df"]}', 0x51500003], ['json text', '"abc"', 0x51500003],
    ['php', 'a:1:{i:0;s:1:"x";}', 0x51500004], ['unknown flags', 'ab', 5],
    ['two bytes of truth', "\1\1", 0x51500002], ['broken json', '{"a":', 0x51500003], ['empty json', '', 0x51500003],
    ['broken php', 'a:1:{i:0;', 0x51500004], ['empty php', '', 0x51500004], ['php of no class', 'O:8:"NotThere":0:{}', 0x51500004],
    ['broken igbinary', "\0\0\0\2\xff\xff", 0x51500005], ['msgpack', "\x93\1\2\3", 0x51500006], ['pickle', "\x80\4K\1.", 0x51500007],
];
foreach ($values as [$key, $bytes, $flags]) {
    $set($key, $bytes, $flags);
    echo "$key: ";
    attempt(fn() => is_object($value = @$t->get($key)) ? get_class($value) : $value);
}
// A list of many, some of which cannot be read, and a text that is not appended to.
attempt(fn() => $t->getMany(['true', 'pickle']));
attempt(fn() => $t->append('json text', 'x'));
attempt(fn() => $t->append('unknown flags', 'x'));

// What PHP writes.
foreach (['int' => 5, 'float' => 1.5, 'bytes' => "a\0b", 'true' => true, 'false' => false, 'null' => null, 'array' => [1]] as $key => $value) {
    $t->set($key, $value);
    echo "$key: ", $raw($key), "\n";
}
Quipu\Table::open(basename($t->stats()['path']), ['serializer' => 'json'])->set('array', ['a' => "\u{fc}/"]);
echo 'json: ', $raw('array'), "\n";
$library->quipu_close($handle);
?>
--EXPECT--
null: no exception: NULL
true: no exception: bool(true)
false: no exception: bool(false)
json: no exception: array(1) {
  ["a"]=>
  array(4) {
    [0]=>
    int(1)
    [1]=>
    float(2.5)
    [2]=>
    NULL
    [3]=>
    string(6) "grüß"
  }
}
json text: no exception: string(3) "abc"
php: no exception: array(1) {
  [0]=>
  string(1) "x"
}
unknown flags: no exception: string(2) "ab"
two bytes of truth: Quipu\Exception\Serialization(0): the bytes of the value are not what their tag says: its writer made a mistake, so set it anew
broken json: Quipu\Exception\Serialization(0): the value is no JSON, as its tag says: see the exception before this one, and set it anew
empty json: Quipu\Exception\Serialization(0): the value is no JSON, as its tag says: see the exception before this one, and set it anew
broken php: Quipu\Exception\Serialization(0): the bytes of the value are not what their tag says: its writer made a mistake, so set it anew
empty php: Quipu\Exception\Serialization(0): the bytes of the value are not what their tag says: its writer made a mistake, so set it anew
php of no class: no exception: string(22) "__PHP_Incomplete_Class"
broken igbinary: Quipu\Exception\Serialization(0): the bytes of the value are not what their tag says: its writer made a mistake, so set it anew
msgpack: Quipu\Exception\Serialization(0): the value was written as MessagePack, which is not read here: have its writer use JSON
pickle: Quipu\Exception\Serialization(0): the value was written as a pickle of Python, which is not read here: have its writer use JSON
Quipu\Exception\Serialization(0): the value was written as a pickle of Python, which is not read here: have its writer use JSON
Quipu\Exception\WrongType(13): the value is no string: delete the key first, or use the method of its type
Quipu\Exception\WrongType(13): the value is no string: delete the key first, or use the method of its type
int: kind 1, flags 0x0: 
float: kind 2, flags 0x0: 
bytes: kind 3, flags 0x0: 610062
true: kind 3, flags 0x51500002: 01
false: kind 3, flags 0x51500002: 00
null: kind 3, flags 0x51500001: 
array: kind 3, flags 0x51500004: 613a313a7b693a303b693a313b7d
json: kind 3, flags 0x51500003: 7b2261223a22c3bc2f227d

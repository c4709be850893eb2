--TEST--
What the classes are and are not
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
use Quipu\Table;
$t = table();
$class = new ReflectionClass(Table::class);
var_dump($class->isFinal(), $class->isInstantiable(), $class->isCloneable(), $class->getInterfaceNames());
attempt(fn() => new Table);
attempt(fn() => clone $t);
attempt(fn() => serialize($t));
attempt(fn() => unserialize('O:11:"Quipu\Table":0:{}'));
attempt(fn() => $class->newInstanceWithoutConstructor());
attempt(function () use ($t) { $t->property = 1; });
var_dump($t == $t, isset($t->property), (array) $t);
var_dump(Quipu\Table::open(...)('quipu-phpt-' . getmypid() . '-1')->incr('first class'));

// What the stub says is what the module has: names, order and types of arguments.
foreach (array_filter((new ReflectionExtension('quipu'))->getClasses(), fn($class) => $class->inNamespace()) as $class) {
    echo $class->getName(), "\n";
}
foreach ((new ReflectionClass(Table::class))->getMethods() as $method) {
    echo '  ', $method->isStatic() ? 'static ' : '', $method->getName(), '(', implode(', ', array_map(
        fn($p) => ($p->hasType() ? $p->getType() . ' ' : '') . ($p->isPassedByReference() ? '&' : '') . '$' . $p->getName()
            . ($p->isOptional() ? ' = ' . var_export($p->getDefaultValue(), true) : ''),
        $method->getParameters())), '): ', $method->hasReturnType() ? $method->getReturnType() : $method->getTentativeReturnType(), "\n";
}
?>
--EXPECT--
bool(true)
bool(false)
bool(false)
array(4) {
  [0]=>
  string(11) "ArrayAccess"
  [1]=>
  string(9) "Countable"
  [2]=>
  string(17) "IteratorAggregate"
  [3]=>
  string(11) "Traversable"
}
Error(0): Call to private Quipu\Table::__construct() from global scope
Error(0): Trying to clone an uncloneable object of class Quipu\Table
Exception(0): Serialization of 'Quipu\Table' is not allowed
Exception(0): Unserialization of 'Quipu\Table' is not allowed
ReflectionException(0): Class Quipu\Table is an internal class marked as final that cannot be instantiated without invoking its constructor
Error(0): Cannot create dynamic property Quipu\Table::$property
bool(true)
bool(false)
array(0) {
}
int(1)
Quipu\Exception
Quipu\Exception\NotFound
Quipu\Exception\Full
Quipu\Exception\WrongType
Quipu\Exception\Overflow
Quipu\Exception\TooLong
Quipu\Exception\Busy
Quipu\Exception\Permission
Quipu\Exception\Format
Quipu\Exception\Corrupt
Quipu\Exception\Removed
Quipu\Exception\Memory
Quipu\Exception\Serialization
Quipu\Exception\System
Quipu\Scan
Quipu\Table
  __construct(): 
  static open(string $name, array $options = array (
)): Quipu\Table
  static remove(string $name): bool
  get(string $key, mixed $default = NULL): mixed
  set(string $key, mixed $value, int|float|null $ttl = NULL): void
  add(string $key, mixed $value, int|float|null $ttl = NULL): bool
  replace(string $key, mixed $value, int|float|null $ttl = NULL): bool
  delete(string $key): bool
  exists(string $key): bool
  touch(string $key, int|float|null $ttl = NULL): bool
  ttl(string $key): ?float
  expire(string $key, int|float $ttl): bool
  persist(string $key): bool
  take(string $key): int|float|null
  getDelete(string $key, mixed $default = NULL): mixed
  append(string $key, string $suffix): int
  incr(string $key, int|float $by = 1, int|float $initial = 0, int|float|null $ttl = NULL): int|float
  decr(string $key, int|float $by = 1, int|float $initial = 0, int|float|null $ttl = NULL): int|float
  fetchMax(string $key, int $value): int
  fetchMin(string $key, int $value): int
  getMany(Traversable|array $keys, mixed $default = NULL): array
  setMany(Traversable|array $values, int|float|null $ttl = NULL): void
  incrMany(Traversable|array $deltas): array
  scan(string $prefix = ''): Quipu\Scan
  clear(string $prefix = ''): int
  stats(): array
  maintain(): array
  gets(string $key, &$token): mixed
  cas(string $key, ?string $token, mixed $value, int|float|null $ttl = NULL): bool
  deleteIf(string $key, string $token): bool
  compareAndSet(string $key, int $old, int $new): bool
  lock(string $name, int|float|null $timeout = NULL, bool $shared = false): bool
  unlock(string $name): bool
  holds(string $name): int
  unlink(): bool
  isLinked(): bool
  offsetExists(mixed $offset): bool
  offsetGet(mixed $offset): mixed
  offsetSet(mixed $offset, mixed $value): void
  offsetUnset(mixed $offset): void
  count(): int
  getIterator(): Quipu\Scan

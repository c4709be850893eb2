--TEST--
functions and iterator have the signatures of APCu
--EXTENSIONS--
quipu
--INI--
quipu.default=phpt-apcu-signatures
quipu.size=16mb
--FILE--
<?php
/** A parameter or result as it is written in PHP. */
function written(ReflectionFunctionAbstract $function): string
{
    $parameters = array_map(fn($parameter) => trim(preg_replace('/^Parameter #\d+ \[ <(\w+)> (.*) \]$/', '$1 $2', (string) $parameter)),
        $function->getParameters());
    return $function->getName() . '(' . implode(', ', $parameters) . ')'
        . ': ' . ($function->getReturnType() ?? $function->getTentativeReturnType() ?? 'none');
}

foreach (['fetch', 'store', 'add', 'inc', 'dec', 'cas', 'delete', 'exists', 'entry', 'clear_cache', 'enabled', 'cache_info', 'sma_info', 'key_info'] as $name) {
    echo written(new ReflectionFunction("quipu_$name")), "\n";
}
$class = new ReflectionClass('QuipuIterator');
foreach ($class->getMethods() as $method) {
    echo written($method), "\n";
}
echo implode(' ', $class->getInterfaceNames()), "\n";
--CLEAN--
<?php @unlink('/dev/shm/phpt-apcu-signatures');
--EXPECTF--
quipu_fetch(required $key, optional &$success = null): mixed
quipu_store(required $key, optional mixed $value = <default>, optional int $ttl = 0): array|bool
quipu_add(required $key, optional mixed $value = <default>, optional int $ttl = 0): array|bool
quipu_inc(required string $key, optional int $step = 1, optional &$success = null, optional int $ttl = 0): int|false
quipu_dec(required string $key, optional int $step = 1, optional &$success = null, optional int $ttl = 0): int|false
quipu_cas(required string $key, required int $old, required int $new): bool
quipu_delete(required $key): array|bool
quipu_exists(required $key): array|bool
quipu_entry(required string $key, required callable $callback, optional int $ttl = 0): mixed
quipu_clear_cache(): bool
quipu_enabled(): bool
quipu_cache_info(optional bool $limited = false): array|false
quipu_sma_info(optional bool $limited = false): array|false
quipu_key_info(required string $key): ?array
__construct(optional $search = null, optional int $format = QUIPU_ITER_ALL, optional int $chunk_size = 0, optional int $list = QUIPU_LIST_ACTIVE): none
rewind(): void
next(): void
valid(): bool
key(): string|int
current(): mixed
getTotalHits(): int
getTotalSize(): int
getTotalCount(): int
Iterator Traversable

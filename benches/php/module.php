<?php
/** A module of a RADIUS server: reads a request up to a blank line, steps three counters, answers. */
declare(strict_types=1);

[, $kind, $directory, $socket] = $argv;
$step = match ($kind) {
    'none' => function (string $user, string $nas): void {
    },
    'quipu' => (function (): callable {
        $table = Quipu\Table::open('quipu-bench-php', ['size' => '64mb']);
        return function (string $user, string $nas) use ($table): void {
            $table->incr("user:$user");
            $table->incr("nas:$nas");
            $table->incr('requests');
        };
    })(),
    'sysv' => (function (): callable {
        $memory = shm_attach(0x5175_6951, 1 << 16, 0600) ?: exit(1);
        $semaphore = sem_get(0x5175_6951) ?: exit(1);
        return function (string $user, string $nas) use ($memory, $semaphore): void {
            foreach ([crc32("user:$user"), crc32("nas:$nas"), crc32('requests')] as $key) {
                sem_acquire($semaphore);
                shm_put_var($memory, $key, (shm_has_var($memory, $key) ? shm_get_var($memory, $key) : 0) + 1);
                sem_release($semaphore);
            }
        };
    })(),
    'persistent' => (function () use ($socket): callable {
        $memcached = connect($socket);
        return fn (string $user, string $nas) => count_in($memcached, $user, $nas);
    })(),
    'reconnecting' => function (string $user, string $nas) use ($socket): void {
        count_in(connect($socket), $user, $nas);
    },
};

[$user, $nas] = ['', ''];
while (($line = fgets(STDIN)) !== false) {
    if ($line !== "\n") {
        [$attribute, $value] = explode(' = ', rtrim($line), 2);
        match ($attribute) {
            'User-Name' => $user = trim($value, '"'),
            'NAS-IP-Address' => $nas = $value,
            default => null,
        };
        continue;
    }
    $step($user, $nas);
    fwrite(STDOUT, "int = 1\n\n");
}
if ($kind === 'sysv') {
    shm_remove(shm_attach(0x5175_6951));
    sem_remove(sem_get(0x5175_6951));
}

function connect(string $socket): Memcached
{
    $memcached = new Memcached();
    $memcached->addServer($socket, 0);
    return $memcached;
}

function count_in(Memcached $memcached, string $user, string $nas): void
{
    foreach (["user:$user", "nas:$nas", 'requests'] as $key) {
        if ($memcached->increment($key) === false) {
            $memcached->add($key, 1);
        }
    }
}

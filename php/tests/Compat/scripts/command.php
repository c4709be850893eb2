<?php
// send|get|delete: three calls, three processes, one key.

use function Quipu\Compat\{shm_attach, shm_detach, shm_get_var, shm_has_var, shm_put_var, shm_remove};

$key = "987654";
$command = $argv[1] ?? '';
$memory = shm_attach($key, 1024, 0600);

switch ($command) {
    case 'send':
        shm_put_var($memory, 1, ['message' => $argv[2] ?? 'Hello', 'sent by' => 'the first process']);
        shm_detach($memory);
        echo "sent\n";
        break;
    case 'get':
        if (!shm_has_var($memory, 1)) {
            echo "nothing was sent\n";
            break;
        }
        $data = shm_get_var($memory, 1);
        echo $data['message'], " from ", $data['sent by'], "\n";
        break;
    case 'delete':
        echo shm_remove($memory) ? "deleted\n" : "not deleted\n";
        break;
    default:
        echo "usage: send|get|delete\n";
}

<?php
// Runs the tests of this directory that say how Quipu behaves like something else against that something else: those
// of apcu/ with APCu, those of session/ that name it with PHP's own handler `files`. A test is translated word by word,
// what it expects too; so a test that passes here and with Quipu has shown that both behave alike.
//
// php oracle.php [FILE.phpt ...]: prints each test, and ends with 1 if one fails.

const WORDS = [
    'apcu' => [
        'phpt-apcu-' => 'unused-',
        'quipu_' => 'apcu_',
        'QuipuIterator' => 'APCUIterator',
        'QUIPU_' => 'APC_',
        "--EXTENSIONS--\nquipu\n" => "--EXTENSIONS--\napcu\n",
        "--INI--\n" => "--INI--\napc.enable_cli=1\n",
    ],
    'session' => [
        'session.save_handler=quipu' => 'session.save_handler=files',
        "'session.save_handler' => 'quipu'" => "'session.save_handler' => 'files'",
        'session.save_path=phpt-' => 'session.save_path={DIRECTORY}/phpt-',
        "--EXTENSIONS--\nquipu\n" => "--EXTENSIONS--\nsession\n",
    ],
];

/** Writes the translated test into a directory of its own, with what it requires, and returns where it is. */
function translated(string $test, string $kind, string $directory): string
{
    $text = strtr(file_get_contents($test), WORDS[$kind]);
    if (preg_match('/^session\.save_path=\{DIRECTORY\}(.*)$/m', $text, $path)) {
        @mkdir($directory . $path[1]);
    }
    foreach (glob(dirname($test) . '/*.inc') as $helper) {
        file_put_contents("$directory/" . basename($helper), strtr(file_get_contents($helper), WORDS[$kind]));
    }
    $path = "$directory/" . basename($test);
    file_put_contents($path, str_replace('{DIRECTORY}', $directory, $text));
    return $path;
}

$directory = sys_get_temp_dir() . '/quipu-oracle-' . getmypid();
mkdir($directory);
foreach (['show.inc', 'processes.inc'] as $helper) {
    copy(__DIR__ . "/$helper", "$directory/$helper");
}
$tests = array_slice($argv, 1) ?: [...glob(__DIR__ . '/apcu/*.phpt'), ...glob(__DIR__ . '/session/files_*.phpt')];
$paths = [];
foreach ($tests as $test) {
    @mkdir($kind = "$directory/" . basename(dirname(realpath($test))));
    $paths[] = translated($test, basename($kind), $kind);
}
$runner = PHP_EXTENSION_DIR . '/../../php/' . basename(PHP_EXTENSION_DIR) . '/build/run-tests.php';
$command = [PHP_BINARY, $runner, '-q', '-p', PHP_BINARY, '--show-diff', ...$paths];
$process = proc_open($command, [1 => STDOUT, 2 => STDERR], $pipes, null, ['NO_INTERACTION' => '1'] + getenv());
$status = proc_close($process);
exec('rm -rf ' . escapeshellarg($directory));
exit($status === 0 ? 0 : 1);

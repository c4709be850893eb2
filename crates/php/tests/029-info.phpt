--TEST--
phpinfo and php.ini
--EXTENSIONS--
quipu
--FILE--
<?php
require __DIR__ . '/support.inc';
Quipu\Table::open(table_name(), ['size' => '1mb']);
ob_start();
phpinfo(INFO_MODULES);
$section = strstr(strstr(ob_get_clean(), "\nquipu\n"), 'quipu.size', true);
echo preg_replace('/available|not loaded/', 'SAID', preg_replace('/\d+\.\d+\.\d+/', 'VERSION', $section)), "\n";
attempt(fn() => ini_set('quipu.mode', '0666'));
foreach (ini_get_all('quipu') as $name => $setting) {
    echo $name, ' ', $setting['access'] === INI_SYSTEM ? 'system' : 'NOT SYSTEM', "\n";
}
?>
--EXPECT--
quipu

quipu support => enabled
extension version => VERSION
library version => VERSION
igbinary => SAID
tables open in this process => 1

Directive => Local Value => Master Value
quipu.allow_paths => * => *
quipu.default => no value => no value
quipu.group => no value => no value
quipu.mode => 0600 => 0600
quipu.prefix => no value => no value

no exception: bool(false)
quipu.allow_paths system
quipu.default system
quipu.group system
quipu.mode system
quipu.prefix system
quipu.size system

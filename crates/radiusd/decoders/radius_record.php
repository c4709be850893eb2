<?php
/**
 * Reads the session records of quipu-radiusd (docs/radius-record.md) from its table, by the extension of Quipu. PHP
 * does not see the flags of a value: the tag of the key, the version and the checksum say what a record is.
 *
 *     php radius_record.php TABLE      a line for each session, as README.md has it
 */
declare(strict_types=1);

namespace QuipuRadius;

const HOT = 'Cversion/Cstate/vflags/Clast_status/Cterminate_cause/vattribute_octets/Pinput_octets/Poutput_octets/'
    . 'Pinput_packets/Poutput_packets/Vsession_time_s/Vinterims/Pstart_ms/Plast_event_ms/Plast_arrival_ms/Pstop_ms/'
    . 'Plsn/Vnas_epoch/Vearlier/Nframed_ip/Vlink_count/Vinterim_interval_s/Pcounted_ms/x8/Vchecksum';

/** The key of the NAS that a session's key names, or null if it is no session's. */
function nas_key(string $key): ?string
{
    $rest = match ($key[0] ?? '') {
        's' => substr($key, 1),
        'e' => substr($key, 5),
        default => '',
    };
    $octets = match ($rest[4] ?? '') {
        '4', 'a' => 4,
        '6', 'b' => 16,
        'i' => 1 + ord($rest[5] ?? "\0"),
        default => null,
    };
    return $octets === null || strlen($rest) < 5 + $octets ? null : 'n' . substr($rest, 0, 5 + $octets);
}

/** The epoch and the boot time of a NAS; null if the bytes are not its record. */
function nas(string $bytes): ?array
{
    if (strlen($bytes) !== 40 || $bytes[0] !== "\1") {
        return null;
    }
    $nas = unpack('Vepoch/Pboot_ms/x16/Vchecksum', $bytes, 4);
    return $nas['checksum'] === hexdec(hash('crc32c', substr($bytes, 0, 32))) ? $nas : null;
}

/** Pairs of number and value; null if the bytes are no list of attributes. */
function attributes(string $bytes): ?array
{
    $found = [];
    for ($at = 0; $at < strlen($bytes); $at += $length) {
        $length = ord($bytes[$at + 1] ?? "\0");
        if ($length < 2 || $at + $length > strlen($bytes)) {
            return null;
        }
        $found[] = [ord($bytes[$at]), substr($bytes, $at + 2, $length - 2)];
    }
    return $found;
}

/**
 * A session as an array, after the epoch of its NAS, if that has a record; null if the bytes are not one. Numbers of
 * 64 bits are PHP's, so what is above PHP_INT_MAX is negative: print it with %u.
 */
function session(string $bytes, ?array $nas): ?array
{
    if (strlen($bytes) < 128 || strlen($bytes) > 128 + 1024) {
        return null;
    }
    $session = unpack(HOT, $bytes);
    $checksum = hexdec(hash('crc32c', substr($bytes, 0, 124) . substr($bytes, 128)));
    $listed = attributes(substr($bytes, 128));
    if (
        $session['version'] !== 1 || $session['checksum'] !== $checksum || $listed === null
        || $session['state'] < 2 || $session['state'] > 5 || $session['flags'] >= 1 << 12
        || $session['attribute_octets'] !== strlen($bytes) - 128
    ) {
        return null;
    }
    $session['framed_ip'] = long2ip($session['framed_ip']);
    $session['attributes'] = $listed;
    $is_open = $session['state'] === 2 || $session['state'] === 5;
    if ($nas && $is_open && $session['nas_epoch'] < $nas['epoch'] && $session['start_ms'] < $nas['boot_ms']) {
        $session['state'] = 4;
    }
    return $session;
}

/** All sessions of a table, by their keys; null for what is none. */
function sessions(\Quipu\Table $table): \Generator
{
    foreach (['s', 'e'] as $tag) {
        foreach ($table->scan($tag) as $key => $bytes) {
            $key = (string) $key;
            $nas_key = nas_key($key);
            if ($nas_key === null || !is_string($bytes)) {
                yield $key => null;
                continue;
            }
            $found = $table->get($nas_key);
            yield $key => session($bytes, is_string($found) ? nas($found) : null);
        }
    }
}

function line(string $key, ?array $session): string
{
    if ($session === null) {
        return bin2hex($key) . ' bad';
    }
    $hidden = ['version', 'attribute_octets', 'checksum', 'attributes'];
    $shown = array_diff_key($session, array_flip($hidden));
    $words = array_map(fn ($value) => is_int($value) ? sprintf('%u', $value) : $value, $shown);
    foreach ($session['attributes'] as [$number, $value]) {
        $words[] = $number . '=' . bin2hex($value);
    }
    return bin2hex($key) . ' ' . implode(' ', $words);
}

if (isset($argv[1]) && realpath($argv[0]) === __FILE__) {
    foreach (sessions(\Quipu\Table::open($argv[1])) as $key => $session) {
        echo line($key, $session), "\n";
    }
}

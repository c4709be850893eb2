/* Prints a line for each session of a running server, by libquipu: see README.md. cc -O2 who.c -lquipu -o who */
#include "session_line.h"
#include <quipu.h>
#include <stdio.h>

/* The epoch and boot time of the NAS of a session; zeros if it has no record. */
static void nas_of(const quipu_table *table, const uint8_t *key, size_t key_octets, uint32_t *epoch,
                   uint64_t *boot_ms) {
    uint8_t nas_key[QUIPU_RADIUS_NAS_KEY_OCTETS_MAX], room[QUIPU_RADIUS_NAS_OCTETS];
    quipu_value value;
    size_t octets = quipu_radius_nas_key(key, key_octets, nas_key);
    *epoch = 0, *boot_ms = 0;
    if (octets && quipu_get(table, nas_key, octets, room, sizeof room, &value) == QUIPU_OK && value.kind == QUIPU_BYTES)
        quipu_radius_nas_decode(value.flags, room, value.length, epoch, boot_ms);
}

static void print(const quipu_table *table, const quipu_item *item) {
    quipu_radius_session session;
    uint32_t epoch;
    uint64_t boot_ms;
    uint8_t nas_key[QUIPU_RADIUS_NAS_KEY_OCTETS_MAX];
    for (size_t i = 0; i < item->key_length; i++) printf("%02x", ((const uint8_t *)item->key)[i]);
    if (item->value.kind != QUIPU_BYTES || !quipu_radius_nas_key(item->key, item->key_length, nas_key) ||
        !quipu_radius_session_decode(item->value.flags, item->value.bytes, item->value.length, &session)) {
        puts(" bad");
        return;
    }
    nas_of(table, item->key, item->key_length, &epoch, &boot_ms);
    putchar(' ');
    quipu_radius_session_print(&session, epoch, boot_ms);
}

int main(int count, char **arguments) {
    quipu_table *table;
    if (count != 2 || quipu_open_reader(arguments[1], NULL, &table) != QUIPU_OK) return 2;
    for (const char *tag = "se"; *tag; tag++) {
        quipu_scan *scan;
        quipu_item item;
        if (quipu_scan_open(table, tag, 1, QUIPU_CURSOR_START, &scan) != QUIPU_OK) return 2;
        while (quipu_scan_next(scan, &item) == QUIPU_OK) print(table, &item);
        quipu_scan_close(scan);
    }
    quipu_close(table);
    return 0;
}

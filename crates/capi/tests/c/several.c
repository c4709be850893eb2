/* Several keys at a time, and scans. */
#include "check.h"

enum { KEYS = 1000 };

static quipu_table *table;

static void batches(void) {
    quipu_key keys[3] = {{KEY("one")}, {KEY("none")}, {KEY("two")}};
    quipu_value values[3] = {quipu_integer(1), quipu_integer(0), quipu_integer(2)}, found[3];
    int64_t numbers[3] = {-1, -1, -1}, deltas[3] = {10, 20, 30}, sums[3];
    uint8_t is_there[3] = {9, 9, 9};
    ANSWERS(QUIPU_OK, quipu_multi_set(table, keys, values, 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_multi_set(table, keys + 2, values + 2, 1, 60000));
    ANSWERS(QUIPU_OK, quipu_multi_get_number(table, keys, 3, numbers, is_there));
    HOLDS(numbers[0] == 1 && is_there[0] == 1 && numbers[1] == 0 && is_there[1] == 0 && numbers[2] == 2);
    ANSWERS(QUIPU_OK, quipu_multi_incr(table, keys, deltas, 3, sums));
    HOLDS(sums[0] == 11 && sums[1] == 20 && sums[2] == 32);
    ANSWERS(QUIPU_OK, quipu_multi_incr(table, keys, deltas, 3, NULL));
    ANSWERS(QUIPU_OK, quipu_delete(table, KEY("none")));

    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("two"), "words", 5, 60000));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_multi_get_number(table, keys, 3, numbers, is_there));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_multi_incr(table, keys, deltas, 3, sums));
    ANSWERS(QUIPU_OK, quipu_delete(table, KEY("none")));

    char buffer[16];
    size_t needed = 0;
    ANSWERS(QUIPU_OK, quipu_multi_get(table, keys, 3, buffer, sizeof buffer, found, &needed));
    HOLDS(found[0].kind == QUIPU_INTEGER && found[0].integer == 31 && found[0].ttl_ms == QUIPU_TTL_NEVER);
    HOLDS(found[1].kind == QUIPU_NONE && check_is(&found[2], "words") && found[2].ttl_ms > 50000 && needed == 5);
    values[0] = quipu_integer(77);
    ANSWERS(QUIPU_OK, quipu_compare_and_set(table, KEY("one"), &found[0].token, &values[0], QUIPU_TTL_NEVER));

    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("none"), "and more", 8, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_BUFFER_TOO_SMALL, quipu_multi_get(table, keys, 3, buffer, 7, found, &needed));
    HOLDS(needed == 13 && found[1].length == 8 && found[1].bytes == NULL && check_is(&found[2], "words"));
    ANSWERS(QUIPU_OK, quipu_multi_get(table, keys, 3, buffer, needed, found, NULL));
    HOLDS(check_is(&found[1], "and more") && check_is(&found[2], "words"));

    keys[1].bytes = NULL;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_multi_get(table, keys, 3, buffer, sizeof buffer, found, NULL));
    values[1].kind = 99;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_multi_set(table, keys, values, 2, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_multi_get(table, NULL, 0, NULL, 0, NULL, NULL));
    ANSWERS(QUIPU_OK, quipu_multi_set(table, NULL, NULL, 0, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_multi_incr(table, NULL, NULL, 0, NULL));
    ANSWERS(QUIPU_OK, quipu_multi_get_number(table, NULL, 0, NULL, NULL));
}

/* Scans what is left of a scan, and notes what it sees. */
static void see(quipu_scan *scan, int *seen, int most) {
    quipu_item item;
    for (int number = 0; number < most; number++) {
        quipu_status status = quipu_scan_next(scan, &item);
        if (status == QUIPU_END) {
            return;
        }
        ANSWERS(QUIPU_OK, status);
        HOLDS(item.key_length == 8 && memcmp(item.key, "key:", 4) == 0 && item.value.kind == QUIPU_BYTES);
        char text[5] = "";
        memcpy(text, (const char *)item.key + 4, 4);
        seen[atoi(text)]++;
        HOLDS(check_is(&item.value, text));
    }
}

static void scans(void) {
    int seen[KEYS] = {0};
    quipu_scan *scan = NULL;
    for (int number = 0; number < KEYS; number++) {
        char key[16];
        snprintf(key, sizeof key, "key:%04d", number);
        ANSWERS(QUIPU_OK, quipu_set_bytes(table, key, 8, key + 4, 4, QUIPU_TTL_NEVER));
    }
    ANSWERS(QUIPU_OK, quipu_scan_open(table, KEY("key:"), QUIPU_CURSOR_START, &scan));
    see(scan, seen, 100);
    uint64_t cursor = 0;
    uint8_t is_between_buckets = 0;
    do {
        see(scan, seen, 1);
        ANSWERS(QUIPU_OK, quipu_scan_cursor(scan, &cursor, &is_between_buckets));
    } while (!is_between_buckets);
    HOLDS(cursor != QUIPU_CURSOR_START && cursor != QUIPU_CURSOR_END);
    quipu_scan_close(scan);

    ANSWERS(QUIPU_OK, quipu_scan_open(table, KEY("key:"), cursor, &scan));
    see(scan, seen, KEYS);
    for (int number = 0; number < KEYS; number++) {
        HOLDS(seen[number] == 1);
    }
    quipu_item item;
    ANSWERS(QUIPU_END, quipu_scan_next(scan, &item));
    ANSWERS(QUIPU_OK, quipu_scan_cursor(scan, &cursor, NULL));
    HOLDS(cursor == QUIPU_CURSOR_END);
    quipu_scan_close(scan);
    quipu_scan_close(NULL);
}

static void a_scan_outlives_the_handle_of_its_table(void) {
    quipu_scan *scan = NULL;
    quipu_item item;
    ANSWERS(QUIPU_OK, quipu_scan_open(table, NULL, 0, QUIPU_CURSOR_START, &scan));
    quipu_close(table);
    ANSWERS(QUIPU_OK, quipu_scan_next(scan, &item));
    HOLDS(item.key_length > 0);
    quipu_scan_close(scan);
}

int main(int count, char **arguments) {
    HOLDS(count == 2);
    table = check_create(arguments[1]);
    batches();
    ANSWERS(QUIPU_OK, quipu_clear(table, NULL));
    scans();
    a_scan_outlives_the_handle_of_its_table();
    return 0;
}

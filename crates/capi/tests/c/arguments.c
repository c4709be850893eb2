/* Pointers that are NULL: every function says so, and none touches anything. */
#include "check.h"

#define REFUSES(call) ANSWERS(QUIPU_INVALID_ARGUMENT, call)

static quipu_table *table;
static quipu_value value;
static quipu_token token;
static char buffer[8];

static void no_table(void) {
    quipu_table *const none = NULL;
    quipu_counting counting = {.delta = 1, .ttl_ms = QUIPU_TTL_NEVER};
    quipu_key key = {KEY("k")};
    quipu_table_stats stats = {.struct_size = sizeof stats};
    quipu_scan *scan = NULL;
    quipu_counter *counter = NULL;
    quipu_striped *striped = NULL;
    int64_t number = 0;
    uint64_t length;
    uint8_t is_there;
    int descriptor;
    REFUSES(quipu_descriptor(none, &descriptor));
    REFUSES(quipu_path(none, buffer, sizeof buffer, NULL));
    REFUSES(quipu_get(none, KEY("k"), buffer, sizeof buffer, &value));
    REFUSES(quipu_get_number(none, KEY("k"), &number));
    REFUSES(quipu_exists(none, KEY("k")));
    REFUSES(quipu_ttl(none, KEY("k"), &number));
    REFUSES(quipu_len(none, &length));
    REFUSES(quipu_set(none, KEY("k"), &value, -1));
    REFUSES(quipu_set_bytes(none, KEY("k"), "", 0, -1));
    REFUSES(quipu_set_number(none, KEY("k"), 1, -1));
    REFUSES(quipu_add(none, KEY("k"), &value, -1));
    REFUSES(quipu_replace(none, KEY("k"), &value, -1));
    REFUSES(quipu_compare_and_set(none, KEY("k"), &token, &value, -1));
    REFUSES(quipu_compare_and_set_number(none, KEY("k"), 0, 1, &number));
    REFUSES(quipu_get_and_set(none, KEY("k"), &value, -1, buffer, sizeof buffer, &value));
    REFUSES(quipu_append(none, KEY("k"), KEY("x"), NULL));
    REFUSES(quipu_prepend(none, KEY("k"), KEY("x"), NULL));
    REFUSES(quipu_incr(none, KEY("k"), 1, &number));
    REFUSES(quipu_decr(none, KEY("k"), 1, &number));
    REFUSES(quipu_count(none, KEY("k"), &counting, &number));
    REFUSES(quipu_add_float(none, KEY("k"), 1, NULL));
    REFUSES(quipu_fetch_max(none, KEY("k"), 1, &number));
    REFUSES(quipu_fetch_min(none, KEY("k"), 1, &number));
    REFUSES(quipu_take(none, KEY("k"), &value));
    REFUSES(quipu_delete(none, KEY("k")));
    REFUSES(quipu_compare_and_delete(none, KEY("k"), &token));
    REFUSES(quipu_get_and_delete(none, KEY("k"), buffer, sizeof buffer, &value));
    REFUSES(quipu_touch(none, KEY("k"), 1));
    REFUSES(quipu_persist(none, KEY("k")));
    REFUSES(quipu_get_and_touch(none, KEY("k"), 1, buffer, sizeof buffer, &value));
    REFUSES(quipu_clear(none, NULL));
    REFUSES(quipu_multi_get(none, &key, 1, buffer, sizeof buffer, &value, NULL));
    REFUSES(quipu_multi_get_number(none, &key, 1, &number, &is_there));
    REFUSES(quipu_multi_incr(none, &key, &number, 1, NULL));
    REFUSES(quipu_multi_set(none, &key, &value, 1, -1));
    REFUSES(quipu_scan_open(none, NULL, 0, QUIPU_CURSOR_START, &scan));
    REFUSES(quipu_counter_open(none, KEY("k"), &counter));
    REFUSES(quipu_striped_open(none, KEY("k"), &striped));
    REFUSES(quipu_stats(none, &stats));
    REFUSES(quipu_processes(none, NULL, 0, NULL));
    REFUSES(quipu_check(none, NULL, 0, NULL));
    REFUSES(quipu_maintain(none, NULL));
    REFUSES(quipu_wait(none, KEY("k"), NULL, 0));
    REFUSES(quipu_use_pages(none, QUIPU_PAGES_ON_DEMAND, NULL));
}

static void no_key(void) {
    quipu_counting counting = {.delta = 1, .ttl_ms = QUIPU_TTL_NEVER};
    int64_t number = 0;
    quipu_counter *counter = NULL;
    quipu_striped *striped = NULL;
    quipu_scan *scan = NULL;
    REFUSES(quipu_get(table, NULL, 1, buffer, sizeof buffer, &value));
    REFUSES(quipu_get(table, "k", SIZE_MAX, buffer, sizeof buffer, &value));
    REFUSES(quipu_get_number(table, NULL, 1, &number));
    REFUSES(quipu_exists(table, NULL, 1));
    REFUSES(quipu_ttl(table, NULL, 1, &number));
    REFUSES(quipu_set(table, NULL, 1, &value, -1));
    REFUSES(quipu_set_bytes(table, NULL, 1, "", 0, -1));
    REFUSES(quipu_set_number(table, NULL, 1, 1, -1));
    REFUSES(quipu_add(table, NULL, 1, &value, -1));
    REFUSES(quipu_replace(table, NULL, 1, &value, -1));
    REFUSES(quipu_compare_and_set(table, NULL, 1, &token, &value, -1));
    REFUSES(quipu_compare_and_set_number(table, NULL, 1, 0, 1, &number));
    REFUSES(quipu_get_and_set(table, NULL, 1, &value, -1, buffer, sizeof buffer, &value));
    REFUSES(quipu_append(table, NULL, 1, KEY("x"), NULL));
    REFUSES(quipu_prepend(table, NULL, 1, KEY("x"), NULL));
    REFUSES(quipu_incr(table, NULL, 1, 1, &number));
    REFUSES(quipu_decr(table, NULL, 1, 1, &number));
    REFUSES(quipu_count(table, NULL, 1, &counting, &number));
    REFUSES(quipu_add_float(table, NULL, 1, 1, NULL));
    REFUSES(quipu_fetch_max(table, NULL, 1, 1, &number));
    REFUSES(quipu_fetch_min(table, NULL, 1, 1, &number));
    REFUSES(quipu_take(table, NULL, 1, &value));
    REFUSES(quipu_delete(table, NULL, 1));
    REFUSES(quipu_compare_and_delete(table, NULL, 1, &token));
    REFUSES(quipu_get_and_delete(table, NULL, 1, buffer, sizeof buffer, &value));
    REFUSES(quipu_touch(table, NULL, 1, 1));
    REFUSES(quipu_persist(table, NULL, 1));
    REFUSES(quipu_get_and_touch(table, NULL, 1, 1, buffer, sizeof buffer, &value));
    REFUSES(quipu_wait(table, NULL, 1, NULL, 0));
    REFUSES(quipu_counter_open(table, NULL, 1, &counter));
    REFUSES(quipu_striped_open(table, NULL, 1, &striped));
    REFUSES(quipu_scan_open(table, NULL, 1, QUIPU_CURSOR_START, &scan));
    HOLDS(counter == NULL && striped == NULL && scan == NULL);
}

static void nothing_else(void) {
    quipu_key key = {KEY("k")};
    quipu_value none = quipu_bytes(NULL, 1);
    int64_t number = 0;
    uint8_t is_there = 0;
    REFUSES(quipu_get(table, KEY("k"), NULL, 1, &value));
    REFUSES(quipu_get(table, KEY("k"), buffer, sizeof buffer, NULL));
    REFUSES(quipu_set(table, KEY("k"), NULL, -1));
    REFUSES(quipu_set(table, KEY("k"), &none, -1));
    none.kind = QUIPU_NONE;
    REFUSES(quipu_set(table, KEY("k"), &none, -1));
    REFUSES(quipu_set_bytes(table, KEY("k"), NULL, 1, -1));
    REFUSES(quipu_add(table, KEY("k"), NULL, -1));
    REFUSES(quipu_replace(table, KEY("k"), NULL, -1));
    REFUSES(quipu_compare_and_set(table, KEY("k"), NULL, &value, -1));
    REFUSES(quipu_compare_and_set(table, KEY("k"), &token, NULL, -1));
    REFUSES(quipu_get_and_set(table, KEY("k"), NULL, -1, buffer, sizeof buffer, &value));
    REFUSES(quipu_get_and_set(table, KEY("k"), &none, -1, NULL, 1, &value));
    REFUSES(quipu_get_and_set(table, KEY("k"), &value, -1, buffer, sizeof buffer, NULL));
    REFUSES(quipu_append(table, KEY("k"), NULL, 1, NULL));
    REFUSES(quipu_prepend(table, KEY("k"), NULL, 1, NULL));
    REFUSES(quipu_count(table, KEY("k"), NULL, &number));
    REFUSES(quipu_compare_and_delete(table, KEY("k"), NULL));
    REFUSES(quipu_get_and_delete(table, KEY("k"), NULL, 1, &value));
    REFUSES(quipu_get_and_delete(table, KEY("k"), buffer, sizeof buffer, NULL));
    REFUSES(quipu_get_and_touch(table, KEY("k"), 1, NULL, 1, &value));
    REFUSES(quipu_get_and_touch(table, KEY("k"), 1, buffer, sizeof buffer, NULL));
    REFUSES(quipu_multi_get(table, NULL, 1, buffer, sizeof buffer, &value, NULL));
    REFUSES(quipu_multi_get(table, &key, 1, buffer, sizeof buffer, NULL, NULL));
    REFUSES(quipu_multi_get(table, &key, SIZE_MAX / 2, buffer, sizeof buffer, &value, NULL));
    REFUSES(quipu_multi_get_number(table, &key, 1, NULL, &is_there));
    REFUSES(quipu_multi_get_number(table, &key, 1, &number, NULL));
    REFUSES(quipu_multi_incr(table, &key, NULL, 1, NULL));
    REFUSES(quipu_multi_set(table, &key, NULL, 1, -1));
    REFUSES(quipu_stats(table, NULL));
    REFUSES(quipu_processes(table, NULL, 1, NULL));
    REFUSES(quipu_check(table, NULL, 1, NULL));
    REFUSES(quipu_path(table, NULL, 1, NULL));
    REFUSES(quipu_descriptor(table, NULL));
}

static void no_handle(const char *name) {
    quipu_table *out = table;
    quipu_item item;
    quipu_table_name found;
    uint64_t bytes;
    int64_t number;
    quipu_tables *tables = NULL;
    REFUSES(quipu_open(NULL, NULL, &out));
    HOLDS(out == NULL);
    REFUSES(quipu_open(name, NULL, NULL));
    REFUSES(quipu_create(NULL, NULL, &out));
    REFUSES(quipu_create(name, NULL, NULL));
    REFUSES(quipu_open_or_create(NULL, NULL, &out));
    REFUSES(quipu_open_or_create(name, NULL, NULL));
    REFUSES(quipu_open_reader(NULL, NULL, &out));
    REFUSES(quipu_open_reader(name, NULL, NULL));
    REFUSES(quipu_create_memory_file(NULL, NULL));
    REFUSES(quipu_open_descriptor(0, NULL, NULL));
    REFUSES(quipu_remove(NULL));
    REFUSES(quipu_free_bytes(NULL, &bytes));
    REFUSES(quipu_free_bytes(name, NULL));
    REFUSES(quipu_scan_open(table, NULL, 0, QUIPU_CURSOR_START, NULL));
    REFUSES(quipu_scan_next(NULL, &item));
    REFUSES(quipu_scan_cursor(NULL, &bytes, NULL));
    REFUSES(quipu_counter_open(table, KEY("k"), NULL));
    REFUSES(quipu_counter_add(NULL, 1, &number));
    REFUSES(quipu_counter_get(NULL, &number));
    REFUSES(quipu_striped_open(table, KEY("k"), NULL));
    REFUSES(quipu_striped_add(NULL, 1));
    REFUSES(quipu_striped_get(NULL, &number));
    REFUSES(quipu_tables_open(NULL));
    REFUSES(quipu_tables_next(NULL, &found));
    quipu_scan *scan = NULL;
    ANSWERS(QUIPU_OK, quipu_scan_open(table, NULL, 0, QUIPU_CURSOR_START, &scan));
    REFUSES(quipu_scan_next(scan, NULL));
    quipu_scan_close(scan);
    ANSWERS(QUIPU_OK, quipu_tables_open(&tables));
    REFUSES(quipu_tables_next(tables, NULL));
    quipu_tables_close(tables);
    HOLDS(quipu_last_error(NULL, 8) == 0);
}

int main(int count, char **arguments) {
    HOLDS(count == 2);
    value = quipu_integer(1);
    table = check_create(arguments[1]);
    no_table();
    no_key();
    value = quipu_integer(1);
    nothing_else();
    no_handle(arguments[1]);
    uint64_t length = 9;
    ANSWERS(QUIPU_OK, quipu_len(table, &length));
    HOLDS(length == 0);
    quipu_close(table);
    return 0;
}

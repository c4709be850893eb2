/* Whole values: stored, read, exchanged, extended. */
#include "check.h"
#include <math.h>

static quipu_table *table;

static void a_value_comes_back_as_it_was(void) {
    quipu_value value = quipu_bytes("a\0b", 3), found;
    char buffer[8] = "-------";
    value.flags = 0xfffffff1;
    ANSWERS(QUIPU_OK, quipu_set(table, "k\0ey", 4, &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_get(table, "k\0ey", 4, buffer, sizeof buffer, &found));
    HOLDS(found.kind == QUIPU_BYTES && found.flags == 0xfffffff1 && found.length == 3 && found.bytes == buffer);
    HOLDS(memcmp(buffer, "a\0b----", 8) == 0 && found.ttl_ms == QUIPU_TTL_NEVER);
    ANSWERS(QUIPU_MISSING, quipu_get(table, KEY("k"), buffer, sizeof buffer, &found));
    HOLDS(found.kind == QUIPU_NONE && found.length == 0);

    value = quipu_integer(INT64_MIN);
    ANSWERS(QUIPU_OK, quipu_set(table, "", 0, &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_get(table, NULL, 0, NULL, 0, &found));
    HOLDS(found.kind == QUIPU_INTEGER && found.integer == INT64_MIN && found.bytes == NULL);

    value = quipu_real(-0.0);
    ANSWERS(QUIPU_OK, quipu_set(table, "", 0, &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_get(table, NULL, 0, NULL, 0, &found));
    HOLDS(found.kind == QUIPU_FLOAT && found.real == 0.0 && signbit(found.real));
}

static void short_forms_store_the_same(void) {
    quipu_value found;
    char buffer[8];
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("short"), "bytes", 5, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("short"), buffer, sizeof buffer, &found));
    HOLDS(check_is(&found, "bytes") && found.flags == 0);
    ANSWERS(QUIPU_OK, quipu_set_number(table, KEY("short"), -7, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("short"), buffer, sizeof buffer, &found));
    HOLDS(found.kind == QUIPU_INTEGER && found.integer == -7);
}

static void what_does_not_fit_is_not_written_beyond(void) {
    quipu_value value = quipu_text("0123456789"), found;
    char buffer[10];
    memset(buffer, '-', sizeof buffer);
    ANSWERS(QUIPU_OK, quipu_set(table, KEY("long"), &value, 60000));
    ANSWERS(QUIPU_BUFFER_TOO_SMALL, quipu_get(table, KEY("long"), buffer, 9, &found));
    HOLDS(found.kind == QUIPU_BYTES && found.length == 10 && found.bytes == NULL && found.ttl_ms > 50000);
    HOLDS(buffer[9] == '-');
    ANSWERS(QUIPU_BUFFER_TOO_SMALL, quipu_get(table, KEY("long"), NULL, 0, &found));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("long"), buffer, 10, &found));
    HOLDS(check_is(&found, "0123456789"));
}

static void a_megabyte_comes_back(void) {
    size_t length = (1 << 20) + 3;
    char *bytes = malloc(length), *buffer = malloc(length);
    HOLDS(bytes != NULL && buffer != NULL);
    for (size_t at = 0; at < length; at++) {
        bytes[at] = (char)(at * 31 / 7);
    }
    quipu_value found;
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("large"), bytes, length, QUIPU_TTL_NEVER));
    for (int again = 0; again < 2; again++) {
        memset(buffer, 0, length);
        ANSWERS(QUIPU_OK, quipu_get(table, KEY("large"), buffer, length, &found));
        HOLDS(found.length == length && memcmp(bytes, buffer, length) == 0);
    }
    ANSWERS(QUIPU_OK, quipu_delete(table, KEY("large")));
    free(bytes);
    free(buffer);
}

static void a_write_on_condition(void) {
    quipu_value one = quipu_text("one of eight"), two = quipu_text("two"), found;
    char buffer[16];
    ANSWERS(QUIPU_MISSING, quipu_replace(table, KEY("cond"), &one, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_MISSING, quipu_exists(table, KEY("cond")));
    ANSWERS(QUIPU_OK, quipu_add(table, KEY("cond"), &one, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_EXISTS, quipu_add(table, KEY("cond"), &two, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_exists(table, KEY("cond")));

    ANSWERS(QUIPU_OK, quipu_get(table, KEY("cond"), buffer, sizeof buffer, &found));
    HOLDS(check_is(&found, "one of eight"));
    quipu_token token = found.token;
    ANSWERS(QUIPU_OK, quipu_compare_and_set(table, KEY("cond"), &token, &two, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_CHANGED, quipu_compare_and_set(table, KEY("cond"), &token, &one, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_MISSING, quipu_compare_and_set(table, KEY("none"), &token, &one, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("cond"), buffer, sizeof buffer, &found));
    HOLDS(check_is(&found, "two"));
    ANSWERS(QUIPU_OK, quipu_replace(table, KEY("cond"), &one, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("cond"), buffer, sizeof buffer, &found));
    HOLDS(check_is(&found, "one of eight"));
}

static void a_number_on_condition(void) {
    int64_t found = 0;
    ANSWERS(QUIPU_MISSING, quipu_compare_and_set_number(table, KEY("turn"), 0, 1, &found));
    ANSWERS(QUIPU_OK, quipu_set_number(table, KEY("turn"), 5, 60000));
    ANSWERS(QUIPU_CHANGED, quipu_compare_and_set_number(table, KEY("turn"), 4, 1, &found));
    HOLDS(found == 5);
    ANSWERS(QUIPU_OK, quipu_compare_and_set_number(table, KEY("turn"), 5, 6, &found));
    HOLDS(found == 6);
    ANSWERS(QUIPU_OK, quipu_compare_and_set_number(table, KEY("turn"), 6, 7, NULL));
    int64_t left;
    ANSWERS(QUIPU_OK, quipu_ttl(table, KEY("turn"), &left));
    HOLDS(left > 50000);
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("turn"), "7", 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_compare_and_set_number(table, KEY("turn"), 7, 8, &found));
}

static void an_exchange_gives_the_old_value(void) {
    quipu_value one = quipu_text("first"), two = quipu_real(2.5), old;
    char buffer[16];
    ANSWERS(QUIPU_OK, quipu_get_and_set(table, KEY("swap"), &one, QUIPU_TTL_NEVER, buffer, sizeof buffer, &old));
    HOLDS(old.kind == QUIPU_NONE);
    ANSWERS(QUIPU_BUFFER_TOO_SMALL, quipu_get_and_set(table, KEY("swap"), &two, QUIPU_TTL_NEVER, buffer, 4, &old));
    HOLDS(old.length == 5 && old.bytes == NULL);
    ANSWERS(QUIPU_OK, quipu_get_and_set(table, KEY("swap"), &two, QUIPU_TTL_NEVER, buffer, sizeof buffer, &old));
    HOLDS(check_is(&old, "first"));
    ANSWERS(QUIPU_OK, quipu_get_and_set(table, KEY("swap"), &one, QUIPU_TTL_NEVER, buffer, sizeof buffer, &old));
    HOLDS(old.kind == QUIPU_FLOAT && old.real == 2.5);
    two = quipu_integer(9);
    ANSWERS(QUIPU_OK, quipu_get_and_set(table, KEY("swap"), &two, QUIPU_TTL_NEVER, buffer, sizeof buffer, &old));
    HOLDS(check_is(&old, "first"));
    int64_t number;
    ANSWERS(QUIPU_OK, quipu_get_number(table, KEY("swap"), &number));
    HOLDS(number == 9);
}

static void bytes_grow_at_both_ends(void) {
    quipu_value value = quipu_text("middle"), found;
    char buffer[32];
    size_t length = 0;
    value.flags = QUIPU_TAG_JSON;
    ANSWERS(QUIPU_MISSING, quipu_append(table, KEY("text"), KEY("x"), &length));
    ANSWERS(QUIPU_MISSING, quipu_prepend(table, KEY("text"), KEY("x"), &length));
    ANSWERS(QUIPU_OK, quipu_set(table, KEY("text"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_append(table, KEY("text"), KEY(" end"), &length));
    HOLDS(length == 10);
    ANSWERS(QUIPU_OK, quipu_prepend(table, KEY("text"), KEY("start "), NULL));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("text"), buffer, sizeof buffer, &found));
    HOLDS(check_is(&found, "start middle end") && found.flags == QUIPU_TAG_JSON);
    ANSWERS(QUIPU_OK, quipu_set_number(table, KEY("text"), 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_append(table, KEY("text"), KEY("x"), &length));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_prepend(table, KEY("text"), KEY("x"), &length));
}

static void what_is_too_long_is_refused(void) {
    char *much = calloc(1, (64 << 20) + 1);
    HOLDS(much != NULL);
    quipu_value value = quipu_bytes(much, (64 << 20) + 1), found;
    int64_t number;
    ANSWERS(QUIPU_VALUE_TOO_LONG, quipu_set(table, KEY("k"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_KEY_TOO_LONG, quipu_get(table, much, 65536, NULL, 0, &found));
    ANSWERS(QUIPU_KEY_TOO_LONG, quipu_exists(table, much, 65536));
    ANSWERS(QUIPU_KEY_TOO_LONG, quipu_incr(table, much, 65536, 1, &number));
    ANSWERS(QUIPU_OK, quipu_incr(table, much, 65535, 1, &number));
    ANSWERS(QUIPU_TTL_TOO_LONG, quipu_set_number(table, KEY("k"), 1, INT64_MAX));
    ANSWERS(QUIPU_MISSING, quipu_exists(table, KEY("k")));
    free(much);
}

static void a_full_table_says_so(void) {
    char bytes[30000] = "";
    quipu_status status = QUIPU_OK;
    for (int64_t number = 0; number < 1000 && status == QUIPU_OK; number++) {
        status = quipu_set_bytes(table, &number, sizeof number, bytes, sizeof bytes, QUIPU_TTL_NEVER);
    }
    HOLDS(status == QUIPU_FULL);
    char text[300];
    quipu_last_error(text, sizeof text);
    HOLDS(strstr(text, "maximum size") != NULL);
    ANSWERS(QUIPU_OK, quipu_clear(table, NULL));
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("k"), bytes, sizeof bytes, QUIPU_TTL_NEVER));
}

int main(int count, char **arguments) {
    HOLDS(count == 2);
    table = check_create(arguments[1]);
    a_value_comes_back_as_it_was();
    short_forms_store_the_same();
    what_does_not_fit_is_not_written_beyond();
    a_megabyte_comes_back();
    a_write_on_condition();
    a_number_on_condition();
    an_exchange_gives_the_old_value();
    bytes_grow_at_both_ends();
    what_is_too_long_is_refused();
    a_full_table_says_so();
    quipu_close(table);
    return 0;
}

/* A table whose file is cut off while it is in use. */
#include "check.h"
#include <unistd.h>

static quipu_table *table;

static void a_table_that_was_cut_off_says_so(const char *name) {
    char path[256], text[400];
    quipu_check_report report;
    int64_t number;
    quipu_value found;
    snprintf(path, sizeof path, "/dev/shm/%s", name);
    ANSWERS(QUIPU_OK, quipu_guard_against_truncation());
    ANSWERS(QUIPU_OK, quipu_guard_against_truncation());
    HOLDS(truncate(path, 4096) == 0);
    ANSWERS(QUIPU_TRUNCATED, quipu_get_number(table, KEY("b"), &number));
    ANSWERS(QUIPU_TRUNCATED, quipu_get(table, KEY("a"), text, sizeof text, &found));
    ANSWERS(QUIPU_TRUNCATED, quipu_incr(table, KEY("b"), 1, &number));
    ANSWERS(QUIPU_TRUNCATED, quipu_maintain(table, NULL));
    ANSWERS(QUIPU_CORRUPT, quipu_check(table, text, sizeof text, &report));
    HOLDS(report.problems == 1 && strstr(text, "cut off") != NULL && text[strlen(text) - 1] == '\n');
    ANSWERS(QUIPU_CORRUPT, quipu_check(table, text, 8, NULL));
    HOLDS(strlen(text) == 7);
    quipu_table *again = NULL;
    quipu_close(table);
    ANSWERS(QUIPU_TRUNCATED, quipu_open(name, NULL, &again));
    ANSWERS(QUIPU_OK, quipu_remove(name));
}

int main(int count, char **arguments) {
    HOLDS(count == 2);
    table = check_create(arguments[1]);
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("a"), "some bytes", 10, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_incr(table, KEY("b"), 1, NULL));
    a_table_that_was_cut_off_says_so(arguments[1]);
    return 0;
}

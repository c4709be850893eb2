/* How entries end, and waiting for a change. */
#include "check.h"
#include <pthread.h>
#include <time.h>

static quipu_table *table;

static void pause_ms(long milliseconds) {
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static void deletes(void) {
    quipu_value value = quipu_text("gone tomorrow"), found;
    char buffer[16];
    ANSWERS(QUIPU_MISSING, quipu_delete(table, KEY("d")));
    ANSWERS(QUIPU_OK, quipu_set(table, KEY("d"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_delete(table, KEY("d")));
    ANSWERS(QUIPU_MISSING, quipu_exists(table, KEY("d")));

    ANSWERS(QUIPU_OK, quipu_set(table, KEY("d"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("d"), buffer, sizeof buffer, &found));
    ANSWERS(QUIPU_OK, quipu_set(table, KEY("d"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_CHANGED, quipu_compare_and_delete(table, KEY("d"), &found.token));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("d"), buffer, sizeof buffer, &found));
    ANSWERS(QUIPU_OK, quipu_compare_and_delete(table, KEY("d"), &found.token));
    ANSWERS(QUIPU_MISSING, quipu_compare_and_delete(table, KEY("d"), &found.token));

    ANSWERS(QUIPU_MISSING, quipu_get_and_delete(table, KEY("d"), buffer, sizeof buffer, &found));
    HOLDS(found.kind == QUIPU_NONE);
    ANSWERS(QUIPU_OK, quipu_set(table, KEY("d"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_BUFFER_TOO_SMALL, quipu_get_and_delete(table, KEY("d"), buffer, 12, &found));
    HOLDS(found.length == 13);
    ANSWERS(QUIPU_OK, quipu_get_and_delete(table, KEY("d"), buffer, sizeof buffer, &found));
    HOLDS(check_is(&found, "gone tomorrow"));
    ANSWERS(QUIPU_MISSING, quipu_exists(table, KEY("d")));
}

static void times_to_live(void) {
    int64_t left = 0;
    quipu_value value = quipu_text("session"), found;
    char buffer[16];
    ANSWERS(QUIPU_MISSING, quipu_ttl(table, KEY("s"), &left));
    ANSWERS(QUIPU_MISSING, quipu_touch(table, KEY("s"), 1000));
    ANSWERS(QUIPU_MISSING, quipu_persist(table, KEY("s")));
    ANSWERS(QUIPU_MISSING, quipu_get_and_touch(table, KEY("s"), 1000, buffer, sizeof buffer, &found));
    ANSWERS(QUIPU_OK, quipu_set(table, KEY("s"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_ttl(table, KEY("s"), &left));
    HOLDS(left == QUIPU_TTL_NEVER);
    ANSWERS(QUIPU_OK, quipu_touch(table, KEY("s"), 60000));
    ANSWERS(QUIPU_OK, quipu_set(table, KEY("s"), &value, QUIPU_TTL_KEEP));
    ANSWERS(QUIPU_OK, quipu_ttl(table, KEY("s"), &left));
    HOLDS(left > 50000 && left < 70000);
    ANSWERS(QUIPU_OK, quipu_persist(table, KEY("s")));
    ANSWERS(QUIPU_OK, quipu_ttl(table, KEY("s"), NULL));
    ANSWERS(QUIPU_OK, quipu_get_and_touch(table, KEY("s"), 600000, buffer, sizeof buffer, &found));
    HOLDS(check_is(&found, "session") && found.ttl_ms > 500000);
    ANSWERS(QUIPU_BUFFER_TOO_SMALL, quipu_get_and_touch(table, KEY("s"), 1, buffer, 3, &found));
    HOLDS(found.length == 7);
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_touch(table, KEY("s"), -3));
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_set(table, KEY("s"), &value, INT64_MIN));
    /* However long it takes: it ends. */
    while (quipu_exists(table, KEY("s")) == QUIPU_OK) {
        pause_ms(20);
    }
    ANSWERS(QUIPU_OK, quipu_add(table, KEY("s"), &value, 0));
    while (quipu_exists(table, KEY("s")) == QUIPU_OK) {
        pause_ms(20);
    }
    quipu_maintenance done;
    ANSWERS(QUIPU_OK, quipu_maintain(table, &done));
    HOLDS(done.expired == 1 && done.recovered_processes == 0);
    ANSWERS(QUIPU_OK, quipu_maintain(table, NULL));
}

static void a_clear_counts(void) {
    uint64_t length = 0, count = 0;
    ANSWERS(QUIPU_OK, quipu_clear(table, NULL));
    for (int number = 0; number < 100; number++) {
        ANSWERS(QUIPU_OK, quipu_set_number(table, &number, sizeof number, number, QUIPU_TTL_NEVER));
    }
    ANSWERS(QUIPU_OK, quipu_len(table, &length));
    HOLDS(length == 100);
    ANSWERS(QUIPU_OK, quipu_clear(table, &count));
    HOLDS(count == 100);
    ANSWERS(QUIPU_OK, quipu_len(table, &length));
    HOLDS(length == 0);
}

static void *change(void *unused) {
    (void)unused;
    pause_ms(30);
    ANSWERS(QUIPU_OK, quipu_incr(table, KEY("w"), 1, NULL));
    return NULL;
}

static void waiting(void) {
    quipu_value found;
    pthread_t thread;
    ANSWERS(QUIPU_TIMEOUT, quipu_wait(table, KEY("w"), NULL, 10));
    ANSWERS(QUIPU_TIMEOUT, quipu_wait(table, KEY("w"), NULL, 0));
    HOLDS(pthread_create(&thread, NULL, change, NULL) == 0);
    ANSWERS(QUIPU_OK, quipu_wait(table, KEY("w"), NULL, -1));
    HOLDS(pthread_join(thread, NULL) == 0);
    ANSWERS(QUIPU_OK, quipu_wait(table, KEY("w"), NULL, 0));
    ANSWERS(QUIPU_OK, quipu_get(table, KEY("w"), NULL, 0, &found));
    HOLDS(found.integer == 1);
    ANSWERS(QUIPU_TIMEOUT, quipu_wait(table, KEY("w"), &found.token, 10));
    HOLDS(pthread_create(&thread, NULL, change, NULL) == 0);
    ANSWERS(QUIPU_OK, quipu_wait(table, KEY("w"), &found.token, 60000));
    HOLDS(pthread_join(thread, NULL) == 0);
}

int main(int count, char **arguments) {
    HOLDS(count == 2);
    table = check_create(arguments[1]);
    deletes();
    times_to_live();
    a_clear_counts();
    waiting();
    ANSWERS(QUIPU_OK, quipu_remove(arguments[1]));
    ANSWERS(QUIPU_REMOVED, quipu_wait(table, KEY("w"), NULL, 60000));
    ANSWERS(QUIPU_REMOVED, quipu_set_number(table, KEY("w"), 1, QUIPU_TTL_NEVER));
    quipu_close(table);
    return 0;
}

/* Counts in a table that others count in at the same time: writer NAME ROUNDS. */
#include "check.h"

int main(int count, char **arguments) {
    HOLDS(count == 3);
    quipu_table *table = NULL;
    quipu_counter *counter = NULL;
    quipu_striped *striped = NULL;
    int64_t rounds = atoll(arguments[2]);
    ANSWERS(QUIPU_OK, quipu_open(arguments[1], NULL, &table));
    ANSWERS(QUIPU_OK, quipu_counter_open(table, KEY("counter"), &counter));
    ANSWERS(QUIPU_OK, quipu_striped_open(table, KEY("striped"), &striped));
    for (int64_t round = 0; round < rounds; round++) {
        char key[32], buffer[64];
        quipu_value found, next;
        quipu_status status;
        int length = snprintf(key, sizeof key, "key:%03d", (int)(round % 500));
        ANSWERS(QUIPU_OK, quipu_incr(table, KEY("sum"), 3, NULL));
        ANSWERS(QUIPU_OK, quipu_incr(table, key, (size_t)length, 1, NULL));
        ANSWERS(QUIPU_OK, quipu_counter_add(counter, 1, NULL));
        ANSWERS(QUIPU_OK, quipu_striped_add(striped, 2));
        /* A number as text, which nobody but a compare-and-set can count. */
        do {
            ANSWERS(QUIPU_OK, quipu_get(table, KEY("text"), buffer, sizeof buffer - 1, &found));
            buffer[found.length] = 0;
            int digits = snprintf(buffer, sizeof buffer, "a number in many bytes: %lld", atoll(buffer + 24) + 1);
            next = quipu_bytes(buffer, (size_t)digits);
            status = quipu_compare_and_set(table, KEY("text"), &found.token, &next, QUIPU_TTL_KEEP);
        } while (status == QUIPU_CHANGED);
        ANSWERS(QUIPU_OK, status);
    }
    quipu_counter_close(counter);
    quipu_striped_close(striped);
    quipu_close(table);
    return 0;
}

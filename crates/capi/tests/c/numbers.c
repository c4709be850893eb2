/* Numbers, and the handles for one counter. */
#include "check.h"

static quipu_table *table;

static void counters_count(void) {
    int64_t sum = 0;
    ANSWERS(QUIPU_MISSING, quipu_get_number(table, KEY("n"), &sum));
    ANSWERS(QUIPU_OK, quipu_incr(table, KEY("n"), 40, &sum));
    HOLDS(sum == 40);
    ANSWERS(QUIPU_OK, quipu_incr(table, KEY("n"), 3, NULL));
    ANSWERS(QUIPU_OK, quipu_decr(table, KEY("n"), 1, &sum));
    HOLDS(sum == 42);
    ANSWERS(QUIPU_OK, quipu_get_number(table, KEY("n"), &sum));
    HOLDS(sum == 42);
    ANSWERS(QUIPU_OVERFLOW, quipu_incr(table, KEY("n"), INT64_MAX, &sum));
    ANSWERS(QUIPU_OVERFLOW, quipu_decr(table, KEY("n"), INT64_MIN, &sum));
    ANSWERS(QUIPU_OK, quipu_get_number(table, KEY("n"), &sum));
    HOLDS(sum == 42);
}

static void a_count_says_everything(void) {
    quipu_counting counting = {.delta = 5, .initial = 100, .ttl_ms = 60000};
    int64_t sum = 0, left = 0;
    ANSWERS(QUIPU_OK, quipu_count(table, KEY("c"), &counting, &sum));
    HOLDS(sum == 105);
    ANSWERS(QUIPU_OK, quipu_ttl(table, KEY("c"), &left));
    HOLDS(left > 50000 && left <= 61000);
    counting.delta = -500;
    counting.floor = 0;
    counting.flags = QUIPU_COUNT_FLOOR;
    ANSWERS(QUIPU_OK, quipu_count(table, KEY("c"), &counting, &sum));
    HOLDS(sum == 0);
    counting.flags = QUIPU_COUNT_EXISTING;
    ANSWERS(QUIPU_MISSING, quipu_count(table, KEY("none"), &counting, &sum));
    ANSWERS(QUIPU_OK, quipu_count(table, KEY("c"), &counting, NULL));
    ANSWERS(QUIPU_OK, quipu_get_number(table, KEY("c"), &sum));
    HOLDS(sum == -500);
    counting.flags = 4;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_count(table, KEY("c"), &counting, &sum));
    counting.flags = 0;
    counting.reserved = 1;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_count(table, KEY("c"), &counting, &sum));
    counting.reserved = 0;
    counting.ttl_ms = -5;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_count(table, KEY("c"), &counting, &sum));
}

static void floats_and_extremes(void) {
    double real = 0;
    int64_t now = 0;
    ANSWERS(QUIPU_OK, quipu_add_float(table, KEY("f"), 0.5, &real));
    ANSWERS(QUIPU_OK, quipu_add_float(table, KEY("f"), 0.25, &real));
    HOLDS(real == 0.75);
    ANSWERS(QUIPU_OK, quipu_add_float(table, KEY("f"), 1.0, NULL));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_incr(table, KEY("f"), 1, &now));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_get_number(table, KEY("f"), &now));
    ANSWERS(QUIPU_OK, quipu_fetch_max(table, KEY("max"), 7, &now));
    ANSWERS(QUIPU_OK, quipu_fetch_max(table, KEY("max"), 5, &now));
    HOLDS(now == 7);
    ANSWERS(QUIPU_OK, quipu_fetch_min(table, KEY("min"), 7, &now));
    ANSWERS(QUIPU_OK, quipu_fetch_min(table, KEY("min"), 5, &now));
    HOLDS(now == 5);
    ANSWERS(QUIPU_WRONG_TYPE, quipu_add_float(table, KEY("max"), 1.0, &real));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_fetch_max(table, KEY("f"), 1, &now));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_fetch_min(table, KEY("f"), 1, &now));
}

static void a_take_leaves_zero(void) {
    quipu_value taken;
    int64_t now = -1;
    ANSWERS(QUIPU_MISSING, quipu_take(table, KEY("t"), &taken));
    HOLDS(taken.kind == QUIPU_NONE);
    ANSWERS(QUIPU_OK, quipu_incr(table, KEY("t"), 1500, NULL));
    ANSWERS(QUIPU_OK, quipu_take(table, KEY("t"), &taken));
    HOLDS(taken.kind == QUIPU_INTEGER && taken.integer == 1500);
    ANSWERS(QUIPU_OK, quipu_get_number(table, KEY("t"), &now));
    HOLDS(now == 0);
    ANSWERS(QUIPU_OK, quipu_add_float(table, KEY("u"), 1.5, NULL));
    ANSWERS(QUIPU_OK, quipu_take(table, KEY("u"), &taken));
    HOLDS(taken.kind == QUIPU_FLOAT && taken.real == 1.5);
    ANSWERS(QUIPU_OK, quipu_take(table, KEY("u"), NULL));
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("u"), "x", 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_take(table, KEY("u"), &taken));
}

static void a_counter_remembers_its_place(void) {
    quipu_counter *counter = NULL;
    int64_t sum = 0;
    ANSWERS(QUIPU_OK, quipu_counter_open(table, KEY("hits"), &counter));
    ANSWERS(QUIPU_MISSING, quipu_counter_get(counter, &sum));
    for (int64_t round = 1; round <= 3000; round++) {
        ANSWERS(QUIPU_OK, quipu_counter_add(counter, 2, &sum));
        HOLDS(sum == 2 * round);
    }
    ANSWERS(QUIPU_OK, quipu_delete(table, KEY("hits")));
    ANSWERS(QUIPU_OK, quipu_counter_add(counter, 5, NULL));
    ANSWERS(QUIPU_OK, quipu_counter_get(counter, &sum));
    HOLDS(sum == 5);
    ANSWERS(QUIPU_OVERFLOW, quipu_counter_add(counter, INT64_MAX, &sum));
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("hits"), "x", 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_counter_add(counter, 1, &sum));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_counter_get(counter, &sum));
    quipu_counter_close(counter);
    quipu_counter_close(NULL);
}

static void a_striped_counter_is_the_sum(void) {
    quipu_striped *one = NULL, *two = NULL;
    int64_t sum = 0;
    quipu_value taken;
    ANSWERS(QUIPU_OK, quipu_striped_open(table, KEY("wide"), &one));
    ANSWERS(QUIPU_OK, quipu_striped_open(table, KEY("wide"), &two));
    ANSWERS(QUIPU_MISSING, quipu_striped_get(one, &sum));
    for (int round = 0; round < 2000; round++) {
        ANSWERS(QUIPU_OK, quipu_striped_add(one, 3));
        ANSWERS(QUIPU_OK, quipu_striped_add(two, -1));
    }
    ANSWERS(QUIPU_OK, quipu_striped_get(two, &sum));
    HOLDS(sum == 4000);
    ANSWERS(QUIPU_OK, quipu_take(table, KEY("wide"), &taken));
    HOLDS(taken.integer == 4000);
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("wide"), "x", 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_striped_add(one, 1));
    ANSWERS(QUIPU_WRONG_TYPE, quipu_striped_get(one, &sum));
    quipu_striped_close(one);
    quipu_striped_close(two);
    quipu_striped_close(NULL);
}

int main(int count, char **arguments) {
    HOLDS(count == 2);
    table = check_create(arguments[1]);
    counters_count();
    a_count_says_everything();
    floats_and_extremes();
    a_take_leaves_zero();
    a_counter_remembers_its_place();
    a_striped_counter_is_the_sum();
    quipu_close(table);
    return 0;
}

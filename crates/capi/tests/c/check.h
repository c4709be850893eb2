/* What the C tests share. Each is a program whose first argument is the name of a table that nobody uses; it ends with
 * 0 if all is as it should be. */
#ifndef CHECK_H
#define CHECK_H

#include "quipu.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The status of a call is as it should be. */
#define ANSWERS(expected, call) check_status(expected, call, #call, __FILE__, __LINE__)

/* Something is so. */
#define HOLDS(condition) check_holds(condition, #condition, __FILE__, __LINE__)

/* A text as a key, without its NUL. */
#define KEY(text) (text), (sizeof(text) - 1)

static inline void check_holds(int is_so, const char *what, const char *file, int line) {
    if (!is_so) {
        fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
        exit(1);
    }
}

static inline void check_status(quipu_status expected, quipu_status found, const char *what, const char *file, int line) {
    if (found != expected) {
        char text[500] = "";
        quipu_last_error(text, sizeof text);
        fprintf(stderr, "%s:%d: %s answers %s, not %s (last error: %s)\n", file, line, what, quipu_status_name(found),
                quipu_status_name(expected), text);
        exit(1);
    }
}

/* A small table of that name. */
static inline quipu_table *check_create(const char *name) {
    quipu_options options = {.struct_size = sizeof options, .max_bytes = 8 << 20};
    quipu_table *table = NULL;
    ANSWERS(QUIPU_OK, quipu_create(name, &options, &table));
    return table;
}

/* Whether the bytes of a value are those of a text. */
static inline int check_is(const quipu_value *value, const char *text) {
    return value->kind == QUIPU_BYTES && value->length == strlen(text) && value->bytes != NULL &&
           memcmp(value->bytes, text, value->length) == 0;
}

#endif

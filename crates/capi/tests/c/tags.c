/* Values with each tag, which another language reads: tags NAME write PREFIX, tags NAME read PREFIX. */
#include "check.h"

static const struct {
    const char *key;
    uint32_t tag;
    const char *bytes;
    size_t length;
} values[] = {
    {"raw", QUIPU_TAG_RAW, "any \0\xff bytes", 12},
    {"null", QUIPU_TAG_NULL, "", 0},
    {"true", QUIPU_TAG_BOOLEAN, "\1", 1},
    {"false", QUIPU_TAG_BOOLEAN, "\0", 1},
    {"json", QUIPU_TAG_JSON, "{\"a\":[1,2.5,null,\"\xc3\xa9\"]}", 23},
    {"php", QUIPU_TAG_PHP, "a:1:{i:0;s:3:\"abc\";}", 20},
    {"igbinary", QUIPU_TAG_IGBINARY, "\0\0\0\2\x06\x07", 6},
    {"msgpack", QUIPU_TAG_MSGPACK, "\x93\1\2\3", 4},
    {"pickle", QUIPU_TAG_PICKLE, "\x80\4K\7.", 5},
};

enum { VALUES = sizeof values / sizeof values[0] };

int main(int count, char **arguments) {
    HOLDS(count == 4);
    int is_writer = strcmp(arguments[2], "write") == 0;
    quipu_table *table = NULL;
    ANSWERS(QUIPU_OK, quipu_open(arguments[1], NULL, &table));
    for (int at = 0; at < VALUES; at++) {
        char key[40], buffer[40];
        int length = snprintf(key, sizeof key, "%s%s", arguments[3], values[at].key);
        quipu_value value = quipu_bytes(values[at].bytes, values[at].length), found;
        value.flags = values[at].tag;
        if (is_writer) {
            ANSWERS(QUIPU_OK, quipu_set(table, key, (size_t)length, &value, QUIPU_TTL_NEVER));
            continue;
        }
        ANSWERS(QUIPU_OK, quipu_get(table, key, (size_t)length, buffer, sizeof buffer, &found));
        if (found.kind != QUIPU_BYTES || found.flags != value.flags || found.length != value.length ||
            memcmp(buffer, values[at].bytes, value.length) != 0) {
            fprintf(stderr, "%s has flags %#x and %zu bytes\n", key, (unsigned)found.flags, found.length);
            return 1;
        }
    }
    quipu_close(table);
    return 0;
}

/* Writes until it is killed, and says on the standard output what was acknowledged: victim NAME. */
#include "check.h"
#include <unistd.h>

/* So that blocks of many sizes are under way. */
static const size_t lengths[] = {5, 60, 300, 5000, 40000};

int main(int count, char **arguments) {
    HOLDS(count == 2);
    static char bytes[40000], buffer[40000];
    quipu_table *table = NULL;
    ANSWERS(QUIPU_OK, quipu_open(arguments[1], NULL, &table));
    for (uint64_t round = 0;; round++) {
        quipu_value found;
        char key = (char)('a' + round % 7);
        size_t length = lengths[round % 5];
        ANSWERS(QUIPU_OK, quipu_incr(table, KEY("count"), 1, NULL));
        if (write(STDOUT_FILENO, "+", 1) != 1) {
            return 1;
        }
        memset(bytes, (int)(round % 256), length);
        ANSWERS(QUIPU_OK, quipu_set_bytes(table, &key, 1, bytes, length, QUIPU_TTL_NEVER));
        quipu_status status = quipu_get_and_delete(table, &key, 1, buffer, sizeof buffer, &found);
        /* Another victim may have been faster; nobody sees a value that nobody wrote. */
        HOLDS(status == QUIPU_MISSING || status == QUIPU_OK);
        for (size_t at = 1; at < found.length; at++) {
            HOLDS(buffer[at] == buffer[0]);
        }
    }
}

/* Decodes sessions from lines: see README.md. cc -O2 decode.c -o decode */
#include "session_line.h"

int main(void) {
    static char line[2 * QUIPU_RADIUS_RECORD_OCTETS_MAX + 64];
    static uint8_t bytes[QUIPU_RADIUS_RECORD_OCTETS_MAX + 8];
    uint32_t epoch = 0, flags;
    uint64_t boot_ms = 0;
    int at;
    while (fgets(line, sizeof line, stdin)) {
        if (line[0] == 'n') {
            epoch = 0, boot_ms = 0;
            sscanf(line, "n %" SCNu32 " %" SCNu64, &epoch, &boot_ms);
            continue;
        }
        if (sscanf(line, "s %" SCNu32 " %n", &flags, &at) != 1) return 2;
        size_t octets = 0;
        unsigned octet;
        while (octets < sizeof bytes && sscanf(line + at, "%2x", &octet) == 1) {
            bytes[octets++] = (uint8_t)octet;
            at += 2;
        }
        quipu_radius_session s;
        if (!quipu_radius_session_decode(flags, bytes, octets, &s)) {
            puts("bad");
            continue;
        }
        quipu_radius_session_print(&s, epoch, boot_ms);
    }
    return 0;
}

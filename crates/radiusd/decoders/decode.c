/* Decodes sessions from lines: see README.md. cc -O2 decode.c -o decode */
#include "radius_record.h"
#include <inttypes.h>
#include <stdio.h>

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
        printf("%d %d %d %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu32 " %" PRIu64
               " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu32 " %d.%d.%d.%d %" PRIu32
               " %" PRIu32 " %" PRIu64,
               quipu_radius_state_now(&s, epoch, boot_ms), s.flags, s.last_status, s.terminate_cause, s.input_octets,
               s.output_octets, s.input_packets, s.output_packets, s.session_time_s, s.interims, s.start_ms,
               s.last_event_ms, s.last_arrival_ms, s.stop_ms, s.lsn, s.nas_epoch, s.earlier, s.framed_ip[0],
               s.framed_ip[1], s.framed_ip[2], s.framed_ip[3], s.link_count, s.interim_interval_s,
               s.counted_ms);
        for (size_t i = 0; i < s.attributes_octets; i += s.attributes[i + 1]) {
            printf(" %d=", s.attributes[i]);
            for (int j = 2; j < s.attributes[i + 1]; j++) printf("%02x", s.attributes[i + j]);
        }
        puts("");
    }
    return 0;
}

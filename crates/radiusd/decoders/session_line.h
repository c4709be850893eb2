/* What the programs of this folder print: see README.md. */
#ifndef QUIPU_RADIUS_SESSION_LINE_H
#define QUIPU_RADIUS_SESSION_LINE_H
#include "radius_record.h"
#include <inttypes.h>
#include <stdio.h>

/* The fields in their order, and the attributes, on a line. */
static inline void quipu_radius_session_print(const quipu_radius_session *s, uint32_t epoch, uint64_t boot_ms) {
    printf("%d %d %d %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu32 " %" PRIu64
           " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu32 " %d.%d.%d.%d %" PRIu32
           " %" PRIu32 " %" PRIu64,
           quipu_radius_state_now(s, epoch, boot_ms), s->flags, s->last_status, s->terminate_cause, s->input_octets,
           s->output_octets, s->input_packets, s->output_packets, s->session_time_s, s->interims, s->start_ms,
           s->last_event_ms, s->last_arrival_ms, s->stop_ms, s->lsn, s->nas_epoch, s->earlier, s->framed_ip[0],
           s->framed_ip[1], s->framed_ip[2], s->framed_ip[3], s->link_count, s->interim_interval_s, s->counted_ms);
    for (size_t i = 0; i < s->attributes_octets; i += s->attributes[i + 1]) {
        printf(" %d=", s->attributes[i]);
        for (int j = 2; j < s->attributes[i + 1]; j++) printf("%02x", s->attributes[i + j]);
    }
    puts("");
}
#endif

/* Reads the session records of quipu-radiusd: docs/radius-record.md 3. No allocation, no dependency. */
#ifndef QUIPU_RADIUS_RECORD_H
#define QUIPU_RADIUS_RECORD_H
#include <stddef.h>
#include <stdint.h>

enum { QUIPU_RADIUS_HOT_OCTETS = 128, QUIPU_RADIUS_RECORD_OCTETS_MAX = 128 + 1024 };
/* The flags of a value that holds a session. */
#define QUIPU_RADIUS_SESSION_FLAGS 0x51520101u

/* Times are milliseconds since 1970. */
typedef struct {
    uint8_t state, last_status, terminate_cause;
    uint16_t flags;
    uint64_t input_octets, output_octets, input_packets, output_packets;
    uint32_t session_time_s, interims;
    uint64_t start_ms, last_event_ms, last_arrival_ms, stop_ms, lsn;
    uint32_t nas_epoch, earlier;
    uint8_t framed_ip[4];
    uint32_t link_count, interim_interval_s;
    uint64_t counted_ms;
    /* type, length, value; checked to end where the record does */
    const uint8_t *attributes;
    size_t attributes_octets;
} quipu_radius_session;

static uint64_t quipu_radius_number(const uint8_t *bytes, int octets) {
    uint64_t number = 0;
    for (int i = octets - 1; i >= 0; i--) number = number << 8 | bytes[i];
    return number;
}

static uint32_t quipu_radius_crc32c(uint32_t crc, const uint8_t *bytes, size_t octets) {
    crc = ~crc;
    for (size_t i = 0; i < octets; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

/* Decodes a session; 0 if the bytes are not one. `session->attributes` points into `bytes`. */
static int quipu_radius_session_decode(uint32_t flags, const uint8_t *bytes, size_t octets,
                                       quipu_radius_session *session) {
    if (flags != QUIPU_RADIUS_SESSION_FLAGS) return 0;
    if (octets < QUIPU_RADIUS_HOT_OCTETS || octets > QUIPU_RADIUS_RECORD_OCTETS_MAX) return 0;
    uint32_t crc = quipu_radius_crc32c(0, bytes, 124);
    crc = quipu_radius_crc32c(crc, bytes + 128, octets - 128);
    if (bytes[0] != 1 || quipu_radius_number(bytes + 124, 4) != crc) return 0;
    if (bytes[1] < 2 || bytes[1] > 5) return 0;
    if (quipu_radius_number(bytes + 6, 2) != octets - 128) return 0;
    for (size_t at = 128; at < octets; at += bytes[at + 1])
        if (octets - at < 2 || bytes[at + 1] < 2 || bytes[at + 1] > octets - at) return 0;
    session->state = bytes[1];
    session->flags = (uint16_t)quipu_radius_number(bytes + 2, 2);
    if (session->flags >= 1 << 12) return 0;
    session->last_status = bytes[4];
    session->terminate_cause = bytes[5];
    session->input_octets = quipu_radius_number(bytes + 8, 8);
    session->output_octets = quipu_radius_number(bytes + 16, 8);
    session->input_packets = quipu_radius_number(bytes + 24, 8);
    session->output_packets = quipu_radius_number(bytes + 32, 8);
    session->session_time_s = (uint32_t)quipu_radius_number(bytes + 40, 4);
    session->interims = (uint32_t)quipu_radius_number(bytes + 44, 4);
    session->start_ms = quipu_radius_number(bytes + 48, 8);
    session->last_event_ms = quipu_radius_number(bytes + 56, 8);
    session->last_arrival_ms = quipu_radius_number(bytes + 64, 8);
    session->stop_ms = quipu_radius_number(bytes + 72, 8);
    session->lsn = quipu_radius_number(bytes + 80, 8);
    session->nas_epoch = (uint32_t)quipu_radius_number(bytes + 88, 4);
    session->earlier = (uint32_t)quipu_radius_number(bytes + 92, 4);
    for (int i = 0; i < 4; i++) session->framed_ip[i] = bytes[96 + i];
    session->link_count = (uint32_t)quipu_radius_number(bytes + 100, 4);
    session->interim_interval_s = (uint32_t)quipu_radius_number(bytes + 104, 4);
    session->counted_ms = quipu_radius_number(bytes + 108, 8);
    session->attributes = bytes + 128;
    session->attributes_octets = octets - 128;
    return 1;
}

/* What became of a session, with the epoch of its NAS (3.4). */
static int quipu_radius_state_now(const quipu_radius_session *session, uint32_t nas_epoch, uint64_t boot_ms) {
    int is_open = session->state == 2 || session->state == 5;
    return is_open && session->nas_epoch < nas_epoch && session->start_ms < boot_ms ? 4 : session->state;
}
#endif

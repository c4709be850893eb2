/* Reads the session records of quipu-radiusd: docs/radius-record.md 3. No allocation, no dependency. */
#ifndef QUIPU_RADIUS_RECORD_H
#define QUIPU_RADIUS_RECORD_H
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { QUIPU_RADIUS_HOT_OCTETS = 128, QUIPU_RADIUS_RECORD_OCTETS_MAX = 128 + 1024 };
enum { QUIPU_RADIUS_NAS_OCTETS = 40, QUIPU_RADIUS_NAS_KEY_OCTETS_MAX = 1 + 4 + 1 + 1 + 255 };
/* The flags of a value that holds a session, or a NAS. */
#define QUIPU_RADIUS_SESSION_FLAGS 0x51520101u
#define QUIPU_RADIUS_NAS_FLAGS 0x51520201u

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

static inline uint64_t quipu_radius_number(const uint8_t *bytes, int octets) {
    uint64_t number = 0;
    for (int i = octets - 1; i >= 0; i--) number = number << 8 | bytes[i];
    return number;
}

static inline uint32_t quipu_radius_crc32c(uint32_t crc, const uint8_t *bytes, size_t octets) {
    crc = ~crc;
    for (size_t i = 0; i < octets; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

/* Decodes a session; 0 if the bytes are not one. `session->attributes` points into `bytes`. */
static inline int quipu_radius_session_decode(uint32_t flags, const uint8_t *bytes, size_t octets,
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
static inline int quipu_radius_state_now(const quipu_radius_session *session, uint32_t nas_epoch, uint64_t boot_ms) {
    int is_open = session->state == 2 || session->state == 5;
    return is_open && session->nas_epoch < nas_epoch && session->start_ms < boot_ms ? 4 : session->state;
}

/* The key of the NAS that a session's key names: how long it is; 0 if it is no session's. */
static inline size_t quipu_radius_nas_key(const uint8_t *key, size_t octets, uint8_t *nas_key) {
    size_t skipped = octets && key[0] == 's' ? 1 : octets && key[0] == 'e' ? 5 : octets, nas;
    if (octets < skipped + 6) return 0;
    switch (key[skipped + 4]) {
    case '4': case 'a': nas = 4; break;
    case '6': case 'b': nas = 16; break;
    case 'i': nas = 1 + (size_t)key[skipped + 5]; break;
    default: return 0;
    }
    if (octets < skipped + 5 + nas) return 0;
    nas_key[0] = 'n';
    memcpy(nas_key + 1, key + skipped, 5 + nas);
    return 6 + nas;
}

/* Decodes a NAS; 0 if the bytes are not one, and then nothing is filled in. */
static inline int quipu_radius_nas_decode(uint32_t flags, const uint8_t *bytes, size_t octets, uint32_t *epoch,
                                   uint64_t *boot_ms) {
    if (flags != QUIPU_RADIUS_NAS_FLAGS || octets != QUIPU_RADIUS_NAS_OCTETS || bytes[0] != 1) return 0;
    if (quipu_radius_number(bytes + 32, 4) != quipu_radius_crc32c(0, bytes, 32)) return 0;
    *epoch = (uint32_t)quipu_radius_number(bytes + 4, 4);
    *boot_ms = quipu_radius_number(bytes + 8, 8);
    return 1;
}
#endif

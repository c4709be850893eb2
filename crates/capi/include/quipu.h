/* Quipu: a lock-free hash table of counters and records in shared memory, for many unrelated processes.
 *
 * Every function answers with a status: QUIPU_OK (0), an answer that a program expects (1 to 9), or an error (10 and
 * more); quipu_status_text and quipu_last_error say what to do. An error has changed nothing unless the function says
 * otherwise. Keys and values are any bytes, given as pointer and length, and may hold NULs. What is filled in comes
 * last. Nothing that is returned needs free(); what was opened is closed by the function of its name.
 *
 * What all functions ask of their caller: a pointer is NULL, where the function says that it may be, or leads to a live
 * object of its type, or to as many bytes or items as are said beside it; what is filled in overlaps nothing else that
 * is passed; a handle was opened by this library and is not closed before the call ends. A NULL pointer that may not be
 * one is QUIPU_INVALID_ARGUMENT; any other mistake is undefined behaviour, as everywhere in C.
 *
 * Threads: a quipu_table may be used by any number of threads at once; a quipu_scan, quipu_counter, quipu_striped and
 * quipu_tables by one at a time. Fork: a child may use the handles that it inherited. Signals: no function may be
 * called from a signal handler. docs/c.md has a complete example.
 *
 * Generated from crates/capi/src by `QUIPU_UPDATE=1 cargo test -p quipu-capi --test header`. Do not edit. */

#ifndef QUIPU_H
#define QUIPU_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The version of the library that this header belongs to. */
#define QUIPU_VERSION "0.1.0"


// No value: there is no such key.
#define QUIPU_NONE 0

// A signed 64-bit number, in `integer`.
#define QUIPU_INTEGER 1

// An IEEE 754 double, in `real`.
#define QUIPU_FLOAT 2

// Bytes, 0 to 64 MiB of them, with 32 bits of flags.
#define QUIPU_BYTES 3

// A time to live that never ends.
#define QUIPU_TTL_NEVER -1

// The time to live that an existing entry has; a new entry never ends.
#define QUIPU_TTL_KEEP -2

// The flags of a value by which programs in different languages tell each other what its bytes mean
// (docs/format.md, 5.4). Bytes as they are:
#define QUIPU_TAG_RAW 0

// Nothing (null, None, nil); no bytes.
#define QUIPU_TAG_NULL 1364197377

// A truth value; one byte, 0 or 1.
#define QUIPU_TAG_BOOLEAN 1364197378

// Text in JSON, in UTF-8.
#define QUIPU_TAG_JSON 1364197379

// What PHP's serialize() made.
#define QUIPU_TAG_PHP 1364197380

// What igbinary made.
#define QUIPU_TAG_IGBINARY 1364197381

// MessagePack.
#define QUIPU_TAG_MSGPACK 1364197382

// What Python's pickle made. Reading it runs what its writer wrote: only for those who trust every writer.
#define QUIPU_TAG_PICKLE 1364197383

// When there is no room, writes fail with QUIPU_FULL.
#define QUIPU_ON_FULL_ERROR 0

// When there is no room, entries that were not used lately go.
#define QUIPU_ON_FULL_EVICT 1

// The usual hash function, XXH3 with a secret of the table's own.
#define QUIPU_HASH_XXH3 0

// SipHash-1-3, for keys that an attacker chooses.
#define QUIPU_HASH_SIPHASH13 1

// A table of the caller or of root.
#define QUIPU_OWNER_CALLER_OR_ROOT 0

// A table of the user `owner_uid`.
#define QUIPU_OWNER_UID 1

// A table of whomever, also one that everybody may write.
#define QUIPU_OWNER_ANYONE 2

// Pages of the size that the file system gives, mapped at their first touch.
#define QUIPU_PAGES_ON_DEMAND 0

// The same, mapped now for this process.
#define QUIPU_PAGES_POPULATED 1

// Mapped now, and gathered into huge pages where the system can.
#define QUIPU_PAGES_HUGE 2

// A missing key is QUIPU_MISSING, and is not created.
#define QUIPU_COUNT_EXISTING 1

// The result is not made smaller than `floor`.
#define QUIPU_COUNT_FLOOR 2

// The start of a scan.
#define QUIPU_CURSOR_START 0

// The end: a scan from here finds nothing.
#define QUIPU_CURSOR_END UINT64_MAX

// It lives.
#define QUIPU_PROCESS_ALIVE 0

// It lives and is stopped (SIGSTOP, or a debugger).
#define QUIPU_PROCESS_STOPPED 1

// It is dead; the next recovery clears away what it left.
#define QUIPU_PROCESS_DEAD 2

// It is of another PID namespace, and the file system has no locks.
#define QUIPU_PROCESS_UNKNOWN 3

// One counter, which remembers where it is. One thread at a time may use it.
typedef struct quipu_counter quipu_counter;

// A scan under way. One thread at a time may use it.
typedef struct quipu_scan quipu_scan;

// One counter that many processes add to at once. One thread at a time may use the handle.
typedef struct quipu_striped quipu_striped;

// An open table. Any number of threads may use it at once.
typedef struct quipu_table quipu_table;

// A list of tables. One thread at a time may use it.
typedef struct quipu_tables quipu_tables;

// What a function answers. QUIPU_OK is 0; 1 to 9 are answers that a program expects (there is no such key); what is
// larger is an error, and then nothing has changed unless the function says otherwise.
typedef int32_t quipu_status;

// What the creator of a table chooses, and whom an opener trusts. Set `struct_size` to its size and the rest to zero,
// which is the default of everything:
//
// quipu_options options = { .struct_size = sizeof options, .max_bytes = 64 << 20 };
typedef struct quipu_options {
    // sizeof(quipu_options)
    size_t struct_size;
    // The most bytes of memory the table may take, 1 MiB to 1 TiB; what is outside is rounded in. 0: half of what the
    // file system has free. Memory is taken only as it is needed. Counts for a new table only.
    uint64_t max_bytes;
    // QUIPU_ON_FULL_ERROR or QUIPU_ON_FULL_EVICT. Counts for a new table only.
    uint32_t on_full;
    // QUIPU_HASH_XXH3 or QUIPU_HASH_SIPHASH13. Counts for a new table only.
    uint32_t hash;
    // Milliseconds of a tick of the expiry clock, a power of two from 1 to 65,536; 0: 128. Times to live are rounded
    // up to ticks, and can be as long as 2^31 of them. Counts for a new table only.
    uint32_t tick_ms;
    // The permission bits of the file, whatever the umask says; 0: 0600. Counts for a new table only; but with
    // quipu_open_or_create a mode that lets everybody write (0666) also accepts such a table that exists.
    uint32_t mode;
    // Not 0: the file gets the group `group`. Counts for a new table only.
    uint32_t has_group;
    // The number of the group.
    uint32_t group;
    // Whose table is accepted if it exists: QUIPU_OWNER_CALLER_OR_ROOT, QUIPU_OWNER_UID or QUIPU_OWNER_ANYONE.
    uint32_t owner;
    // The number of the user, for QUIPU_OWNER_UID.
    uint32_t owner_uid;
    // Which pages this process uses for what the table has taken so far: QUIPU_PAGES_ON_DEMAND, QUIPU_PAGES_POPULATED
    // or QUIPU_PAGES_HUGE.
    uint32_t pages;
    // 1: the bytes of values, and of keys of more than 40 bytes, are made zero as soon as they are deleted, replaced,
    // expired or evicted; 0: they stay until their memory is used again. Counts for a new table only.
    uint32_t wipe;
} quipu_options;

// Names one state of an entry, for quipu_compare_and_set: it is another one after the value has changed. That of
// numbers and of up to 7 bytes contains the value: it cannot tell a value that went away and came back.
typedef struct quipu_token {
    // To be compared and passed on, nothing else.
    uint64_t words[2];
} quipu_token;

// A value, to be stored or as it was read. Stored are `kind`, and of `integer`, `real`, and `bytes`, `length` and
// `flags` what belongs to the kind; the rest is ignored then. quipu_bytes(), quipu_text(), quipu_integer() and
// quipu_real() make one.
typedef struct quipu_value {
    // QUIPU_INTEGER, QUIPU_FLOAT or QUIPU_BYTES; QUIPU_NONE if nothing was read.
    uint32_t kind;
    // The flags of bytes: a tag (QUIPU_TAG_...), or what they mean to you.
    uint32_t flags;
    // The number of QUIPU_INTEGER.
    int64_t integer;
    // The number of QUIPU_FLOAT.
    double real;
    // The bytes of QUIPU_BYTES. After a read: in the caller's buffer, or NULL if they did not fit.
    const void *bytes;
    // How many bytes they are.
    size_t length;
    // After a read: milliseconds that the entry has left, to within a tick, or QUIPU_TTL_NEVER.
    int64_t ttl_ms;
    // After a read: names this state of the entry.
    struct quipu_token token;
} quipu_value;

// What quipu_count does.
typedef struct quipu_counting {
    // Added to the number.
    int64_t delta;
    // What a missing key starts from, before `delta` is added.
    int64_t initial;
    // For QUIPU_COUNT_FLOOR.
    int64_t floor;
    // The time to live of a new key, in milliseconds, or QUIPU_TTL_NEVER; that of an existing one stays. Mind that 0
    // is no time at all.
    int64_t ttl_ms;
    // QUIPU_COUNT_EXISTING and QUIPU_COUNT_FLOOR, or 0.
    uint32_t flags;
    // Always 0.
    uint32_t reserved;
} quipu_counting;

// A key among several.
typedef struct quipu_key {
    // Its bytes.
    const void *bytes;
    // How many they are.
    size_t length;
} quipu_key;

// A key and its entry, as a scan found them. The bytes of both are the scan's, and stay until it is asked for the next
// one or closed.
typedef struct quipu_item {
    // The bytes of the key.
    const void *key;
    // How many they are.
    size_t key_length;
    // The entry, with its bytes in value.bytes.
    struct quipu_value value;
} quipu_item;

// What a table holds, who uses it, and what happened to it since it was made. Exact while nobody writes.
typedef struct quipu_table_stats {
    // sizeof(quipu_table_stats), to be set before the call.
    size_t struct_size;
    // Entries, with those whose time is over and that nobody has removed yet.
    uint64_t entries;
    // Buckets in use; each has room for 31 entries.
    uint64_t buckets;
    // The most bytes of memory the table may take.
    uint64_t bytes_max;
    // Bytes of memory that it takes now.
    uint64_t bytes_committed;
    // Of these, what the head of the file, the participants and the buckets take.
    uint64_t bytes_index;
    // Of these, what values and long keys take.
    uint64_t bytes_arena;
    // Of these, what is in huge pages, as the kernel maps the table for this process; 0 too if it does not tell.
    uint64_t bytes_huge;
    // Segments of the arena, 1 MiB each.
    uint64_t segments;
    // Of these, those that hold nothing.
    uint64_t segments_free;
    // When the table was made, in milliseconds since 1970.
    uint64_t created_ms;
    // Processes that use it, or died without closing it (quipu_processes).
    uint64_t processes;
    // Participants in use: threads that write, and one for each process.
    uint64_t participants;
    // Buckets that have split.
    uint64_t splits;
    // Entries that were removed because their time was over.
    uint64_t expired;
    // Entries that were removed to make room.
    uint64_t evicted;
    // Cells and blocks of dead processes that were recovered.
    uint64_t recovered;
    // Writes that were refused because there was no room.
    uint64_t full;
    // QUIPU_ON_FULL_ERROR or QUIPU_ON_FULL_EVICT.
    uint32_t on_full;
    // QUIPU_HASH_XXH3 or QUIPU_HASH_SIPHASH13.
    uint32_t hash;
    // Milliseconds of a tick of the expiry clock.
    uint32_t tick_ms;
    // All buckets below 2 to this power are in use.
    uint32_t level;
    // The most bits by which a bucket may ever be addressed.
    uint32_t depth_max;
    // 1 if the table was removed.
    uint32_t is_removed;
    // 1 if the dead can be told from the living: byte locks work on this file system.
    uint32_t has_recovery;
    // 1 if the bytes of what goes are made zero (`wipe` of quipu_options).
    uint32_t wipe;
} quipu_table_stats;

// A process that uses a table, or died without closing it.
typedef struct quipu_process {
    // Its process slot, 0 to 1,023.
    uint32_t slot;
    // Its number in its PID namespace.
    uint32_t pid;
    // QUIPU_PROCESS_ALIVE, QUIPU_PROCESS_STOPPED, QUIPU_PROCESS_DEAD or QUIPU_PROCESS_UNKNOWN.
    uint32_t state;
    // Its participants: threads that write, and one more.
    uint32_t participants;
    // When it started, in the kernel's ticks since boot (mostly hundredths of a second).
    uint64_t started;
    // The inode of its PID namespace.
    uint64_t pid_namespace;
} quipu_process;

// What a check found.
typedef struct quipu_check_report {
    // Broken invariants; 0: the table is sound.
    uint64_t problems;
    // Buckets that were looked at.
    uint64_t buckets;
    // Entries that were looked at.
    uint64_t entries;
    // Blocks in use that were looked at.
    uint64_t blocks;
    // Buckets that changed under every attempt, and were passed over.
    uint64_t busy;
    // 1 if there were more problems than are counted.
    uint32_t has_more;
    // Always 0.
    uint32_t reserved;
} quipu_check_report;

// What upkeep did.
typedef struct quipu_maintenance {
    // Entries whose time was over.
    uint64_t expired;
    // Dead processes whose leftovers were cleared away.
    uint64_t recovered_processes;
    // Cells that they had held.
    uint64_t freed_cells;
    // Blocks that they had held.
    uint64_t freed_blocks;
    // Empty segments that went back to the pool.
    uint64_t freed_segments;
} quipu_maintenance;

// What the kernel did about the pages of a table.
typedef struct quipu_pages_report {
    // Bytes of the file that are backed by memory.
    uint64_t bytes_committed;
    // Of these, what the kernel mapped for this process just now; 0 if it was not asked.
    uint64_t bytes_populated;
    // Of these, what is in huge pages for this process; 0 too if the kernel does not tell.
    uint64_t bytes_huge;
    // The `errno` of the first thing that the kernel refused, or 0. The table is as good as before.
    int32_t refused;
    // Always 0.
    int32_t reserved;
} quipu_pages_report;

// A table in /dev/shm. Its texts are the list's, and stay until it is asked for the next one or closed.
typedef struct quipu_table_name {
    // Its name, for quipu_open, with a NUL behind it.
    const char *name;
    // Its path, with a NUL behind it.
    const char *path;
    // Bytes of memory that it takes now.
    uint64_t bytes;
    // The number of its entries, as quipu_len; 0 if it could not be opened.
    uint64_t entries;
    // QUIPU_OK, or why it cannot be opened for reading.
    quipu_status status;
    // Always 0.
    int32_t reserved;
} quipu_table_name;

// It is done.
#define QUIPU_OK 0

// There is no such key, or no such thing.
#define QUIPU_MISSING 1

// There is such a key already; nothing was stored.
#define QUIPU_EXISTS 2

// The entry is not as the token or the number says; nothing was stored.
#define QUIPU_CHANGED 3

// Nothing has changed within the time.
#define QUIPU_TIMEOUT 4

// There is nothing more.
#define QUIPU_END 5

// The bytes are longer than the buffer. Their length is filled in, what is in the buffer is of no use, and no entry was changed.
#define QUIPU_BUFFER_TOO_SMALL 6

// The key is longer than 65,535 bytes.
#define QUIPU_KEY_TOO_LONG 10

// The value is longer than 64 MiB.
#define QUIPU_VALUE_TOO_LONG 11

// The time to live is longer than half the range of the table's clock.
#define QUIPU_TTL_TOO_LONG 12

// The value is of another type than the operation works on.
#define QUIPU_WRONG_TYPE 13

// The result does not fit in a signed 64-bit number.
#define QUIPU_OVERFLOW 14

// There is no room for it; the table goes on working.
#define QUIPU_FULL 20

// The same words changed under every one of very many attempts.
#define QUIPU_BUSY 21

// Shared memory holds what no correct program writes.
#define QUIPU_CORRUPT 22

// The table was removed.
#define QUIPU_REMOVED 23

// What was passed makes no sense: a NULL pointer, an unknown number, a struct of no size.
#define QUIPU_INVALID_ARGUMENT 30

// The table is open for reading only.
#define QUIPU_READ_ONLY 31

// There is no such table.
#define QUIPU_TABLE_NOT_FOUND 40

// There is a file of that name already.
#define QUIPU_TABLE_EXISTS 41

// Not a name of a table.
#define QUIPU_BAD_NAME 42

// The file is not a table.
#define QUIPU_NOT_A_TABLE 43

// The table has another version of the format.
#define QUIPU_FORMAT_VERSION 44

// The table was made on another kind of machine.
#define QUIPU_ARCHITECTURE 45

// The header of the table is damaged.
#define QUIPU_DAMAGED 46

// The file of the table was cut off.
#define QUIPU_TRUNCATED 47

// The table belongs to a user whom the caller did not ask for.
#define QUIPU_OWNER 48

// Everybody may write the table, and the caller did not ask for that.
#define QUIPU_MODE 49

// The path is a symbolic link.
#define QUIPU_SYMLINK 50

// The table was last used before the machine was started, and cannot be taken over.
#define QUIPU_OTHER_BOOT 51

// The file system has no space left for the start of the table.
#define QUIPU_NO_SPACE 52

// 1,024 processes use the table, which is the most there may be.
#define QUIPU_PROCESSES 53

// 4,095 threads write to the table, which is the most there may be.
#define QUIPU_PARTICIPANTS 54

// The table does not fit in the address space of this process.
#define QUIPU_ADDRESS_SPACE 55

// This machine, file system or option cannot do it.
#define QUIPU_UNSUPPORTED 56

// Another failure of the operating system.
#define QUIPU_IO 57

// A mistake in the library. The table is as if the process had died in the call: nothing is held, and others go on.
#define QUIPU_PANIC 98

// An error that this version of the library has no name for.
#define QUIPU_UNKNOWN 99

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// The name of a status, as "WRONG_TYPE", which ends with a NUL and lives for ever. "UNKNOWN" if there is none.
const char *quipu_status_name(quipu_status status);

// What a status means and what to do about it, in English; it ends with a NUL and lives for ever. See also
// quipu_last_error, which says it about the case at hand.
const char *quipu_status_text(quipu_status status);

// The text of the last error (status above 9) of a call of this thread: what happened, with what path or number, and
// what to do. Copies as much of it as there is room for, and a NUL behind it; returns the length of the whole text
// without the NUL. Answers (status 1 to 9) and successes do not change it.
//
// buffer: may be NULL if capacity is 0.
size_t quipu_last_error(char *buffer, size_t capacity);

// The version of the library, as "0.1.0"; it ends with a NUL and lives for ever.
const char *quipu_version(void);

// Opens a table that exists, for reading and writing. A plain name is one in /dev/shm; anything with a slash is a
// path. Of the options (NULL: the defaults) only `owner`, `owner_uid` and `pages` count.
//
// Answers QUIPU_OK, or an error of opening (QUIPU_TABLE_NOT_FOUND and what follows it); then *out is NULL.
quipu_status quipu_open(const char *name_or_path,
                        const struct quipu_options *options_or_null,
                        struct quipu_table **out);

// Makes a table that does not exist. It appears whole, or not at all.
//
// Answers QUIPU_OK, QUIPU_TABLE_EXISTS if there is any file of that name, or an error of opening; then *out is NULL.
quipu_status quipu_create(const char *name_or_path,
                          const struct quipu_options *options_or_null,
                          struct quipu_table **out);

// Opens a table, or makes it if there is none: also if several processes do so at the same instant.
//
// Answers QUIPU_OK, or an error of opening; then *out is NULL.
quipu_status quipu_open_or_create(const char *name_or_path,
                                  const struct quipu_options *options_or_null,
                                  struct quipu_table **out);

// Opens a table that exists for reading only: its memory is mapped read-only, nothing is locked or registered, and no
// user of the table can notice. Writes answer QUIPU_READ_ONLY. Of the options only `owner` and `owner_uid` count.
//
// Answers QUIPU_OK, or an error of opening; then *out is NULL.
quipu_status quipu_open_reader(const char *name_or_path,
                               const struct quipu_options *options_or_null,
                               struct quipu_table **out);

// Makes a table without a name, in a memory file whose length is sealed. It is shared by fork, or by passing its
// descriptor (quipu_descriptor) to another process, and ends with its last user. `mode` and `group` mean nothing.
//
// Answers QUIPU_OK, or an error of opening; then *out is NULL.
quipu_status quipu_create_memory_file(const struct quipu_options *options_or_null, struct quipu_table **out);

// Opens a table whose file was passed to this process, open for reading and writing. The descriptor stays the
// caller's, who may close it afterwards. Of the options only `owner`, `owner_uid` and `pages` count.
//
// Answers QUIPU_OK, or an error of opening; then *out is NULL.
quipu_status quipu_open_descriptor(int descriptor,
                                   const struct quipu_options *options_or_null,
                                   struct quipu_table **out);

// The descriptor of the table's file, for passing it on by a socket or to a child. It belongs to the table: do not
// close it, and duplicate it if it is to live longer.
//
// Answers QUIPU_OK, or QUIPU_READ_ONLY.
quipu_status quipu_descriptor(const struct quipu_table *table, int *out);

// The path of a table, with a NUL behind it. *length (may be NULL): its bytes without the NUL.
//
// Answers QUIPU_OK; QUIPU_MISSING if the table has no name; QUIPU_BUFFER_TOO_SMALL.
quipu_status quipu_path(const struct quipu_table *table, char *buffer, size_t capacity, size_t *length);

// Closes a table; NULL is nothing. What was opened from it (scans, counters) may still be used, and keeps it open
// behind the scenes.
void quipu_close(struct quipu_table *table);

// Removes a table: whoever has it open gets QUIPU_REMOVED from every later write, and its name goes away. Its memory
// is free when the last of them has closed it.
//
// Answers QUIPU_OK; QUIPU_TABLE_NOT_FOUND; QUIPU_NOT_A_TABLE for another file, which is left alone; QUIPU_BAD_NAME;
// QUIPU_IO if the caller may not write the file or its directory.
quipu_status quipu_remove(const char *name_or_path);

// Bytes that are free on the file system where a table of that name would be, for a process without privileges.
//
// Answers QUIPU_OK, QUIPU_BAD_NAME, or QUIPU_TABLE_NOT_FOUND if there is no such directory.
quipu_status quipu_free_bytes(const char *name_or_path, uint64_t *out);

// Has every table of this process answer QUIPU_TRUNCATED when its file was cut off by somebody else, instead of
// ending the process with SIGBUS. Once and for all; tables may be open already. It installs a handler of SIGBUS, which
// passes on what is not about a table.
//
// Answers QUIPU_OK, or QUIPU_IO if the system refuses the handler.
quipu_status quipu_guard_against_truncation(void);

// Reads a value, how long it still lives and its token, in one consistent read. Its bytes are copied to the buffer,
// and out->bytes leads to them there; a number needs no buffer. Allocates nothing.
//
// Answers QUIPU_OK; QUIPU_MISSING, and out->kind is QUIPU_NONE; QUIPU_BUFFER_TOO_SMALL if there are more bytes than
// `capacity`: then all but the bytes is filled in, with out->length, and what is in the buffer is of no use;
// QUIPU_KEY_TOO_LONG, QUIPU_BUSY, QUIPU_CORRUPT or QUIPU_TRUNCATED.
quipu_status quipu_get(const struct quipu_table *table,
                       const void *key,
                       size_t key_length,
                       void *buffer,
                       size_t capacity,
                       struct quipu_value *out);

// Reads an integer. out: may be NULL. Allocates nothing.
//
// Answers QUIPU_OK; QUIPU_MISSING, and *out is as it was; QUIPU_WRONG_TYPE for a float or bytes; or as quipu_get.
quipu_status quipu_get_number(const struct quipu_table *table, const void *key, size_t key_length, int64_t *out);

// Whether there is such a key.
//
// Answers QUIPU_OK; QUIPU_MISSING; or an error of quipu_get.
quipu_status quipu_exists(const struct quipu_table *table, const void *key, size_t key_length);

// The time that an entry has left: *out (may be NULL) is milliseconds, to within a tick, or QUIPU_TTL_NEVER.
//
// Answers QUIPU_OK; QUIPU_MISSING, and *out is as it was; or an error of quipu_get.
quipu_status quipu_ttl(const struct quipu_table *table, const void *key, size_t key_length, int64_t *out);

// The number of entries, with those whose time is over and that nobody has removed yet. Exact while nobody writes. It
// reads a line of every bucket. out: may be NULL.
//
// Answers QUIPU_OK.
quipu_status quipu_len(const struct quipu_table *table, uint64_t *out);

// Stores a value, whatever there is. ttl_ms: how long it lives, in milliseconds, or QUIPU_TTL_NEVER or QUIPU_TTL_KEEP.
//
// Answers QUIPU_OK; QUIPU_KEY_TOO_LONG, QUIPU_VALUE_TOO_LONG, QUIPU_TTL_TOO_LONG, QUIPU_FULL, QUIPU_BUSY,
// QUIPU_CORRUPT, QUIPU_TRUNCATED, QUIPU_REMOVED or QUIPU_READ_ONLY; then nothing has changed.
quipu_status quipu_set(const struct quipu_table *table,
                       const void *key,
                       size_t key_length,
                       const struct quipu_value *new_value,
                       int64_t ttl_ms);

// Stores bytes without flags: quipu_set in short.
//
// Answers as quipu_set.
quipu_status quipu_set_bytes(const struct quipu_table *table,
                             const void *key,
                             size_t key_length,
                             const void *new_bytes,
                             size_t length,
                             int64_t ttl_ms);

// Stores an integer: quipu_set in short.
//
// Answers as quipu_set.
quipu_status quipu_set_number(const struct quipu_table *table,
                              const void *key,
                              size_t key_length,
                              int64_t number,
                              int64_t ttl_ms);

// Stores a value if there is no such key.
//
// Answers QUIPU_OK; QUIPU_EXISTS, and nothing is stored; or an error of quipu_set.
quipu_status quipu_add(const struct quipu_table *table,
                       const void *key,
                       size_t key_length,
                       const struct quipu_value *new_value,
                       int64_t ttl_ms);

// Stores a value if there is such a key.
//
// Answers QUIPU_OK; QUIPU_MISSING, and nothing is stored; or an error of quipu_set.
quipu_status quipu_replace(const struct quipu_table *table,
                           const void *key,
                           size_t key_length,
                           const struct quipu_value *new_value,
                           int64_t ttl_ms);

// Stores a value if the entry is as a read found it: `token` is that of the read. With a loop of quipu_get and this
// a program changes an entry by any function of what is there.
//
// Answers QUIPU_OK; QUIPU_CHANGED or QUIPU_MISSING, and nothing is stored; or an error of quipu_set.
quipu_status quipu_compare_and_set(const struct quipu_table *table,
                                   const void *key,
                                   size_t key_length,
                                   const struct quipu_token *token,
                                   const struct quipu_value *new_value,
                                   int64_t ttl_ms);

// Stores an integer if the entry is the integer `expected`; its time to live stays.
//
// *found (may be NULL): the integer that is there now, with QUIPU_OK or QUIPU_CHANGED.
//
// Answers QUIPU_OK; QUIPU_CHANGED or QUIPU_MISSING, and nothing is stored; QUIPU_WRONG_TYPE; or an error of quipu_set.
quipu_status quipu_compare_and_set_number(const struct quipu_table *table,
                                          const void *key,
                                          size_t key_length,
                                          int64_t expected,
                                          int64_t number,
                                          int64_t *found);

// Stores a value, and reads the one that it replaced, in one step: as quipu_get does, but for the time to live.
// If there was none, out->kind is QUIPU_NONE.
//
// Answers QUIPU_OK; QUIPU_BUFFER_TOO_SMALL as quipu_get, and nothing is stored; or an error of quipu_set.
quipu_status quipu_get_and_set(const struct quipu_table *table,
                               const void *key,
                               size_t key_length,
                               const struct quipu_value *new_value,
                               int64_t ttl_ms,
                               void *buffer,
                               size_t capacity,
                               struct quipu_value *out);

// Adds bytes behind a value, and keeps its flags and time to live. *length (may be NULL): its new length.
//
// Answers QUIPU_OK; QUIPU_MISSING; QUIPU_WRONG_TYPE for a number; or an error of quipu_set.
quipu_status quipu_append(const struct quipu_table *table,
                          const void *key,
                          size_t key_length,
                          const void *more,
                          size_t more_length,
                          size_t *length);

// Adds bytes in front of a value, and keeps its flags and time to live. *length (may be NULL): its new length.
//
// Answers as quipu_append.
quipu_status quipu_prepend(const struct quipu_table *table,
                           const void *key,
                           size_t key_length,
                           const void *more,
                           size_t more_length,
                           size_t *length);

// Adds to an integer. *sum (may be NULL): the result. A missing key counts as 0 and gets no time to live.
//
// Answers QUIPU_OK; QUIPU_WRONG_TYPE for a float or bytes; QUIPU_OVERFLOW; or an error of quipu_set.
quipu_status quipu_incr(const struct quipu_table *table,
                        const void *key,
                        size_t key_length,
                        int64_t delta,
                        int64_t *sum);

// Subtracts from an integer. *sum (may be NULL): the result. A missing key counts as 0 and gets no time to live.
//
// Answers as quipu_incr.
quipu_status quipu_decr(const struct quipu_table *table,
                        const void *key,
                        size_t key_length,
                        int64_t delta,
                        int64_t *sum);

// Adds to an integer, with everything said: what a new key starts from and how long it lives, and what the result is
// not made smaller than. *sum (may be NULL): the result.
//
// Answers QUIPU_OK; QUIPU_MISSING with QUIPU_COUNT_EXISTING; or as quipu_incr.
quipu_status quipu_count(const struct quipu_table *table,
                         const void *key,
                         size_t key_length,
                         const struct quipu_counting *count,
                         int64_t *sum);

// Adds to a float. *sum (may be NULL): the result, which may be infinite or NaN. A missing key counts as 0.0.
//
// Answers QUIPU_OK; QUIPU_WRONG_TYPE for an integer or bytes; or an error of quipu_set.
quipu_status quipu_add_float(const struct quipu_table *table,
                             const void *key,
                             size_t key_length,
                             double delta,
                             double *sum);

// Raises an integer to `number` if it is smaller. *now (may be NULL): the one that is stored then. A missing key is
// created.
//
// Answers QUIPU_OK; QUIPU_WRONG_TYPE for a float or bytes; or an error of quipu_set.
quipu_status quipu_fetch_max(const struct quipu_table *table,
                             const void *key,
                             size_t key_length,
                             int64_t number,
                             int64_t *now);

// Lowers an integer to `number` if it is larger. *now (may be NULL): the one that is stored then. A missing key is
// created.
//
// Answers as quipu_fetch_max.
quipu_status quipu_fetch_min(const struct quipu_table *table,
                             const void *key,
                             size_t key_length,
                             int64_t number,
                             int64_t *now);

// Reads a number and resets it to zero in the same step: of what is added, nothing is lost or counted twice. Of `out`
// (may be NULL) `kind` and the number are filled in.
//
// Answers QUIPU_OK; QUIPU_MISSING, and out->kind is QUIPU_NONE; QUIPU_WRONG_TYPE for bytes; or an error of quipu_set.
quipu_status quipu_take(const struct quipu_table *table, const void *key, size_t key_length, struct quipu_value *out);

// Deletes an entry.
//
// Answers QUIPU_OK; QUIPU_MISSING; or an error of quipu_set.
quipu_status quipu_delete(const struct quipu_table *table, const void *key, size_t key_length);

// Deletes an entry if it is as a read found it: `token` is that of the read.
//
// Answers QUIPU_OK; QUIPU_CHANGED or QUIPU_MISSING, and nothing is deleted; or an error of quipu_set.
quipu_status quipu_compare_and_delete(const struct quipu_table *table,
                                      const void *key,
                                      size_t key_length,
                                      const struct quipu_token *token);

// Deletes an entry, and reads it as quipu_get does: exactly as it was last, and for one caller only.
//
// Answers QUIPU_OK; QUIPU_MISSING; QUIPU_BUFFER_TOO_SMALL as quipu_get, and nothing is deleted; or an error of
// quipu_set.
quipu_status quipu_get_and_delete(const struct quipu_table *table,
                                  const void *key,
                                  size_t key_length,
                                  void *buffer,
                                  size_t capacity,
                                  struct quipu_value *out);

// Gives an entry another time to live (Redis calls it EXPIRE).
//
// Answers QUIPU_OK; QUIPU_MISSING; or an error of quipu_set.
quipu_status quipu_touch(const struct quipu_table *table, const void *key, size_t key_length, int64_t ttl_ms);

// Lets an entry stay until it is deleted.
//
// Answers QUIPU_OK; QUIPU_MISSING; or an error of quipu_set.
quipu_status quipu_persist(const struct quipu_table *table, const void *key, size_t key_length);

// Gives an entry another time to live, and reads it as quipu_get does; out->ttl_ms is the new one.
//
// Answers QUIPU_OK; QUIPU_MISSING; QUIPU_BUFFER_TOO_SMALL as quipu_get, but the time to live is changed; or an error
// of quipu_set.
quipu_status quipu_get_and_touch(const struct quipu_table *table,
                                 const void *key,
                                 size_t key_length,
                                 int64_t ttl_ms,
                                 void *buffer,
                                 size_t capacity,
                                 struct quipu_value *out);

// Deletes every key that is there throughout, one after the other. *count (may be NULL): how many.
//
// Answers QUIPU_OK, or an error of quipu_set; then some may be gone.
quipu_status quipu_clear(const struct quipu_table *table, uint64_t *count);

// Reads several entries, each as quipu_get does. The bytes are copied to the buffer one behind the other, and
// `out[i].bytes` leads to them there; `out[i].kind` is QUIPU_NONE where there is no such key. *needed (may be NULL): how
// many bytes all values have.
//
// Answers QUIPU_OK; QUIPU_BUFFER_TOO_SMALL if not all of them fit: then `out` is filled in, and `out[i].bytes` is NULL
// for those that did not fit; or an error of quipu_get, and then nothing is filled in.
quipu_status quipu_multi_get(const struct quipu_table *table,
                             const struct quipu_key *keys,
                             size_t count,
                             void *buffer,
                             size_t capacity,
                             struct quipu_value *out,
                             size_t *needed);

// Reads several integers. `found[i]` is 1 or 0: whether there is such a key; `numbers[i]` is 0 if not.
//
// Answers QUIPU_OK; QUIPU_WRONG_TYPE if one is a float or bytes, or an error of quipu_get: then nothing is filled in.
quipu_status quipu_multi_get_number(const struct quipu_table *table,
                                    const struct quipu_key *keys,
                                    size_t count,
                                    int64_t *numbers,
                                    uint8_t *found);

// Adds to several integers, one after the other. `sums[i]`: the results; `sums` may be NULL.
//
// Answers QUIPU_OK, or an error of quipu_incr for the first that fails: then those before it have changed, and
// nothing is filled in.
quipu_status quipu_multi_incr(const struct quipu_table *table,
                              const struct quipu_key *keys,
                              const int64_t *deltas,
                              size_t count,
                              int64_t *sums);

// Stores several values with one time to live, one after the other.
//
// Answers QUIPU_OK, or an error of quipu_set for the first that fails: then those before it are stored.
quipu_status quipu_multi_set(const struct quipu_table *table,
                             const struct quipu_key *keys,
                             const struct quipu_value *values,
                             size_t count,
                             int64_t ttl_ms);

// Begins to iterate over the entries whose key begins with `prefix` (all of them if it is empty), while others write.
// A key that is there throughout is seen exactly once; one that comes or goes meanwhile may be seen or not. The order
// means nothing. It reads the whole table, whatever the prefix is.
//
// cursor: QUIPU_CURSOR_START, or what quipu_scan_cursor said, in any process.
//
// Answers QUIPU_OK; then *out is to be closed by quipu_scan_close.
quipu_status quipu_scan_open(const struct quipu_table *table,
                             const void *prefix,
                             size_t prefix_length,
                             uint64_t cursor,
                             struct quipu_scan **out);

// The next entry.
//
// Answers QUIPU_OK; QUIPU_END if there are no more; or an error of quipu_get: the next call goes on behind what could
// not be read.
quipu_status quipu_scan_next(struct quipu_scan *scan, struct quipu_item *out);

// Where a later scan can go on, in any process, for as long as the table exists. Entries come bucket by bucket, up to
// 31 of them; *cursor is the start of the bucket under way, so a scan that is resumed there sees the entries of that
// bucket again. To see none twice, stop where *is_between_buckets (may be NULL) is 1.
//
// Answers QUIPU_OK.
quipu_status quipu_scan_cursor(const struct quipu_scan *scan, uint64_t *cursor, uint8_t *is_between_buckets);

// Ends a scan; NULL is nothing.
void quipu_scan_close(struct quipu_scan *scan);

// A handle for one counter that a thread adds to often: an addition is one step in a place that is known already. The
// key need not exist yet.
//
// Answers QUIPU_OK; then *out is to be closed by quipu_counter_close. QUIPU_KEY_TOO_LONG, QUIPU_READ_ONLY.
quipu_status quipu_counter_open(const struct quipu_table *table,
                                const void *key,
                                size_t key_length,
                                struct quipu_counter **out);

// Adds. *sum (may be NULL): the result. A missing key counts as 0 and gets no time to live.
//
// Answers as quipu_incr.
quipu_status quipu_counter_add(struct quipu_counter *counter, int64_t delta, int64_t *sum);

// Reads the counter. out: may be NULL.
//
// Answers as quipu_get_number.
quipu_status quipu_counter_get(const struct quipu_counter *counter, int64_t *out);

// Closes the handle; NULL is nothing. The counter stays.
void quipu_counter_close(struct quipu_counter *counter);

// A handle for one counter that many processes add to at the same time without disturbing each other: it is kept as
// several lanes, each in a cache line of its own. To every other function it is an integer as any other. It counts
// modulo 2^64. The key need not exist yet.
//
// Answers QUIPU_OK; then *out is to be closed by quipu_striped_close. QUIPU_KEY_TOO_LONG, QUIPU_READ_ONLY.
quipu_status quipu_striped_open(const struct quipu_table *table,
                                const void *key,
                                size_t key_length,
                                struct quipu_striped **out);

// Adds, and says nothing about the result. A missing key counts as 0 and gets no time to live.
//
// Answers QUIPU_OK; QUIPU_WRONG_TYPE for a float or bytes; or an error of quipu_set.
quipu_status quipu_striped_add(struct quipu_striped *striped, int64_t delta);

// Reads the counter: the sum of its lanes. What is added meanwhile may or may not be in it; at rest it is exact.
// out: may be NULL.
//
// Answers as quipu_get_number.
quipu_status quipu_striped_get(const struct quipu_striped *striped, int64_t *out);

// Closes the handle; NULL is nothing. The counter stays.
void quipu_striped_close(struct quipu_striped *striped);

// The figures of a table. It reads a line of every bucket, a page of every 2 MiB, and the kernel's list of this
// process's memory.
//
// Answers QUIPU_OK; QUIPU_INVALID_ARGUMENT if out->struct_size is not set.
quipu_status quipu_stats(const struct quipu_table *table, struct quipu_table_stats *out);

// The processes that use a table, or died without closing it. Readers are not among them. At most `capacity` of them
// are filled in; *count (may be NULL): how many there are, 1,024 at most.
//
// Answers QUIPU_OK; QUIPU_BUFFER_TOO_SMALL if there are more than `capacity`.
quipu_status quipu_processes(const struct quipu_table *table,
                             struct quipu_process *out,
                             size_t capacity,
                             size_t *count);

// Looks at every word of the table for what no correct program writes. If nobody else has it open, and no other thread
// of this process has written, it reports leaks too. The problems are written to `text`, one a line, as much of them
// as there is room for, and a NUL behind them.
//
// text: may be NULL if capacity is 0. *out (may be NULL): the figures.
//
// Answers QUIPU_OK if the table is sound; QUIPU_CORRUPT if not.
quipu_status quipu_check(const struct quipu_table *table, char *text, size_t capacity, struct quipu_check_report *out);

// Clears away what has expired, what dead processes left, and what is empty. Writes do a little of this about once a
// second anyway; this does all of it at once. out: may be NULL.
//
// Answers QUIPU_OK, or an error of quipu_set.
quipu_status quipu_maintain(const struct quipu_table *table, struct quipu_maintenance *out);

// Waits until an entry is in another state than the one that `seen` names (NULL: there is none), at most timeout_ms
// milliseconds; -1: without end. A change is noticed at once, and at the latest after 50 ms. What changed, and how
// often, is for the caller to read.
//
// Answers QUIPU_OK if it is; QUIPU_TIMEOUT; QUIPU_REMOVED if the table was; or an error of quipu_set.
quipu_status quipu_wait(const struct quipu_table *table,
                        const void *key,
                        size_t key_length,
                        const struct quipu_token *seen,
                        int64_t timeout_ms);

// Has what the table has taken so far held in pages of a kind: QUIPU_PAGES_ON_DEMAND (asks for nothing),
// QUIPU_PAGES_POPULATED or QUIPU_PAGES_HUGE. It is of use again when the table has grown. To map takes some tenths of
// a second for each GiB, to gather it into huge pages some seconds; the table can be used meanwhile. out: may be NULL.
//
// Answers QUIPU_OK also if the kernel refused, which is in out->refused; QUIPU_READ_ONLY.
quipu_status quipu_use_pages(const struct quipu_table *table, uint32_t kind, struct quipu_pages_report *out);

// Lists the tables in /dev/shm that the caller may read.
//
// Answers QUIPU_OK; then *out is to be closed by quipu_tables_close. QUIPU_IO if the directory cannot be read.
quipu_status quipu_tables_open(struct quipu_tables **out);

// The next table, in the order of their names.
//
// Answers QUIPU_OK; QUIPU_END if there are no more.
quipu_status quipu_tables_next(struct quipu_tables *tables, struct quipu_table_name *out);

// Ends a list; NULL is nothing.
void quipu_tables_close(struct quipu_tables *tables);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QUIPU_H */

/* A value that is bytes, with flags 0. */
static inline quipu_value quipu_bytes(const void *bytes, size_t length) {
    quipu_value value;
    memset(&value, 0, sizeof value);
    value.kind = QUIPU_BYTES;
    value.bytes = bytes;
    value.length = length;
    return value;
}

/* A value that is a text, without the NUL behind it. */
static inline quipu_value quipu_text(const char *text) {
    return quipu_bytes(text, strlen(text));
}

/* A value that is a signed 64-bit number. */
static inline quipu_value quipu_integer(int64_t integer) {
    quipu_value value;
    memset(&value, 0, sizeof value);
    value.kind = QUIPU_INTEGER;
    value.integer = integer;
    return value;
}

/* A value that is a double. */
static inline quipu_value quipu_real(double real) {
    quipu_value value;
    memset(&value, 0, sizeof value);
    value.kind = QUIPU_FLOAT;
    value.real = real;
    return value;
}

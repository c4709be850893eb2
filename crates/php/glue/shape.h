/* What the files share that make the functions in APCu's shape, their iterator, and the session handler. All of it is
 * in the table of php.ini (or for sessions, in that of session.save_path), where each key begins with quipu.prefix and
 * the name of its space: so sites, and cache and sessions of one site, do not see each other's, and the empty key is
 * one like any other. */
#ifndef QUIPU_SHAPE_H
#define QUIPU_SHAPE_H

#include "php_quipu.h"

/* --- keys: shape.c --- */

#define QUIPU_PHP_CACHE_SPACE "cache:"
#define QUIPU_PHP_SESSION_SPACE "session:"

/* A key with what it begins with. */
typedef struct {
	const char *bytes;
	size_t length;
	char *allocated;
	char small[256];
} quipu_php_key;

/* To be released by quipu_php_key_release. May end the request for lack of memory. */
void quipu_php_key_make(quipu_php_key *key, const char *space, const char *bytes, size_t length);

static inline void quipu_php_key_release(quipu_php_key *key)
{
	if (UNEXPECTED(key->allocated != NULL)) {
		efree(key->allocated);
	}
}

/* --- one entry of the cache: shape.c --- */

/* Whether a call has to be made again: its table was removed meanwhile, and the next quipu_php_default_table opens
 * another one. */
bool quipu_php_again(quipu_status status, int *rounds);

/* Reads an entry into `result`. QUIPU_OK, QUIPU_MISSING, or QUIPU_PHP_THROWN. */
quipu_status quipu_php_cache_read(zval *result, zend_string *key, quipu_value *read);
/* The functions of the library that store. */
typedef quipu_status (*quipu_php_writer)(const quipu_table *table, const void *key, size_t key_length,
	const quipu_value *value, int64_t ttl_ms);
/* Stores a value by quipu_set or quipu_add, for as many seconds: 0 is for ever, and what is negative has ended at once.
 * Whether it is stored; if not, an exception may have been thrown. */
bool quipu_php_cache_write(quipu_php_writer writer, zend_string *key, zval *value, zend_long ttl);
/* Whether there was such a key. An exception may have been thrown. */
bool quipu_php_cache_delete(const char *key, size_t length);
/* What an entry takes of memory, as far as it shows. */
zend_long quipu_php_entry_bytes(size_t key_length, const quipu_value *value);
/* What it has left, in seconds as APCu says it: at least 1, and 0 is for ever. */
zend_long quipu_php_ttl_seconds(const quipu_value *value);

/* --- info.c --- */

/* What an iterator says of an entry: those members that the format asks for (QUIPU_PHP_ITER_...). There is nobody who
 * counts hits or notes times: it has lived no time yet. */
void quipu_php_describe(zval *entry, zend_long format, zend_string *key, zval *value, const quipu_value *read);

/* --- iterator.c --- */

extern zend_class_entry *quipu_php_iterator_ce;

/* Deletes what an iterator would give. FAILURE: an exception was thrown. */
zend_result quipu_php_iterator_delete(zend_object *object);
void quipu_php_iterator_startup(zend_class_entry *ce);

/* --- turns: turn.c --- */

/* What is locked: which of the ranges of docs/format.md. */
typedef enum {
	QUIPU_PHP_SESSION_TURN = 0,
	QUIPU_PHP_ENTRY_TURN = 1,
	QUIPU_PHP_LOCK_TURN = 2,
	QUIPU_PHP_NAME_TURN = 3
} quipu_php_turn_kind;

/* The right of one process to do something with one key: a lock of the kernel, which ends with the process. */
typedef struct quipu_php_turn {
	struct quipu_php_turn *next;
	quipu_php_turn_kind kind;
	uint64_t byte;
	dev_t device;
	ino_t inode;
	int descriptor; /* -1: given up, or the parent's */
	uint32_t count; /* how often a lock was asked for; 0: an idle one, whose descriptor is kept for the next time */
	bool shared;
} quipu_php_turn;

/* Waits for the turn to generate a key, asleep. NULL: it is not ours and there is no waiting for it, for whoever has it
 * may be waiting for us; or an exception was thrown. */
quipu_php_turn *quipu_php_entry_turn(const quipu_php_table *table, const quipu_php_key *key);
/* Waits for the turn of a session. NULL: a system call failed; errno says why. */
quipu_php_turn *quipu_php_session_turn(const quipu_php_table *table, const quipu_php_key *key);
/* Ends a turn; NULL is none. The one who waits longest is next. */
void quipu_php_turn_end(quipu_php_turn *turn);
/* Gives up all turns of a kind. What is in somebody's hand stays valid, but is no turn any more. */
void quipu_php_turns_give_up(quipu_php_turn_kind kind);
/* Ends what a request has left that was left itself, by a bailout. Nobody may have one in hand. */
void quipu_php_turns_end(void);
void quipu_php_turns_startup(void);

/* --- locks of scripts: turn.c, lock.c --- */

typedef enum {
	QUIPU_PHP_LOCK_HAD,
	QUIPU_PHP_LOCK_NOT_IN_TIME,
	QUIPU_PHP_LOCK_FAILED /* errno says why; EDEADLK: it is had with others, and was wanted alone */
} quipu_php_lock_answer;

/* Locks a name, alone or with others who share it, in so many seconds at most; less than 0: waits for ever. It is counted:
 * who has it gets it again. It ends with as many calls of quipu_php_unlock, and with the request. */
quipu_php_lock_answer quipu_php_lock(const quipu_php_table *table, const char *name, size_t length, bool shared,
	double seconds);
/* Gives a lock back once; false: it is not ours. */
bool quipu_php_unlock(const quipu_php_table *table, const char *name, size_t length);
/* How often we have a lock. */
uint32_t quipu_php_lock_count(const quipu_php_table *table, const char *name, size_t length);
/* Lets go what is kept open of a table for locks that nobody has. */
void quipu_php_locks_forget(const quipu_php_table *table);
/* Takes the name of a table away, if it still leads to this table. If not, errno is ENOENT, or says why. */
bool quipu_php_take_name_away(const quipu_php_table *table, const char *path);

/* --- session.c --- */

void quipu_php_session_startup(void);

#endif

/* Turns: who may generate an entry, who has a session, who has a lock of a script. A turn is a lock of the kernel on one
 * byte of the table's file, far beyond its end (docs/format.md, 3.3), by an open file description of its own (OFD lock).
 * So it ends with whoever holds it, at once and however that ends, and those who wait for it sleep in the kernel.
 *
 * No circle of processes that wait for each other: whoever has turns waits only for one with a higher number. All
 * sessions are below all entries, and these below all locks. Where that order is against us, a turn is not waited for: to
 * generate an entry twice does no harm, so the entry is generated without a turn; and for a session the turns of entries
 * are given up first. Locks are waited for in the order in which scripts ask for them, and sessions by those who have
 * locks: that these make no circle is the scripts' part. */
#include "shape.h"
#include "ext/standard/sha1.h"
#include "zend_exceptions.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Of docs/format.md, 3.3. */
#define TURNS_AT ((uint64_t) 1 << 62)
#define TURNS_OF_A_KIND ((uint64_t) 1 << 59)
#define PAUSE_NS 1000000

/* The turns of this thread. */
#define TURNS QUIPU_G(turns)

static uint64_t byte_of(quipu_php_turn_kind kind, const char *key, size_t length)
{
	unsigned char digest[20];
	PHP_SHA1_CTX context;
	uint64_t hash = 0;
	int at;

	/* Every process must come to the same, and nobody should find keys that meet. */
	PHP_SHA1Init(&context);
	PHP_SHA1Update(&context, (const unsigned char *) key, length);
	PHP_SHA1Final(digest, &context);
	for (at = 0; at < 8; at++) {
		hash = hash << 8 | digest[at];
	}
	return TURNS_AT + kind * TURNS_OF_A_KIND + hash % TURNS_OF_A_KIND;
}

/* Opens the table's file once more. -1: errno says why. */
static int reopen(const quipu_php_table *table)
{
	char path[MAXPATHLEN];
	struct stat found;
	int own, descriptor;

	if (quipu_descriptor(table->handle, &own) != QUIPU_OK) {
		errno = EBADF;
		return -1;
	}
	snprintf(path, sizeof(path), "/proc/self/fd/%d", own);
	descriptor = open(path, O_RDWR | O_CLOEXEC);
	if (descriptor < 0 && errno == ENOENT && quipu_path(table->handle, path, sizeof(path), NULL) == QUIPU_OK) {
		/* Without /proc. */
		descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	}
	if (descriptor >= 0 && (fstat(descriptor, &found) != 0 || found.st_dev != table->device
			|| found.st_ino != table->inode)) {
		close(descriptor);
		errno = ESTALE;
		return -1;
	}
	return descriptor;
}

/* max_execution_time is over: this ends the request, and with it all turns. */
static void end_if_timed_out(void)
{
	if (zend_atomic_bool_load(&EG(timed_out))) {
		zend_timeout();
	}
}

/* Locks a byte for itself (F_WRLCK), or with others who do so (F_RDLCK), or unlocks it; waits for it if it is said so.
 * Whether that is done; if not, errno says why. */
static bool lock_as(short type, int descriptor, uint64_t byte, bool waits)
{
	struct flock range = {
		.l_type = type,
		.l_whence = SEEK_SET,
		.l_start = (off_t) byte,
		.l_len = 1,
	};

	while (fcntl(descriptor, waits ? F_OFD_SETLKW : F_OFD_SETLK, &range) != 0) {
		if (errno != EINTR) {
			return false;
		}
		end_if_timed_out();
	}
	return true;
}

static bool lock(int descriptor, uint64_t byte, bool waits)
{
	return lock_as(F_WRLCK, descriptor, byte, waits);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double) time.tv_sec + (double) time.tv_nsec / 1e9;
}

/* Locks a byte, if that can be had in so many seconds. The kernel knows no end of a wait, so it is asked again each
 * millisecond. */
static bool lock_within(short type, int descriptor, uint64_t byte, double seconds)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const double end = now() + seconds;

	while (!lock_as(type, descriptor, byte, false)) {
		if (errno != EAGAIN && errno != EACCES) {
			return false;
		}
		if (now() >= end) {
			errno = EAGAIN;
			return false;
		}
		nanosleep(&pause, NULL);
		end_if_timed_out();
	}
	return true;
}

/* A turn that is not locked yet. It is in the list before anything can end the request. NULL: errno says why. */
static quipu_php_turn *prepare(quipu_php_turn_kind kind, const quipu_php_table *table, uint64_t byte)
{
	quipu_php_turn *turn = malloc(sizeof(*turn));

	if (turn == NULL) {
		return NULL;
	}
	turn->kind = kind;
	turn->byte = byte;
	turn->device = table->device;
	turn->inode = table->inode;
	turn->count = 1;
	turn->shared = false;
	turn->descriptor = reopen(table);
	if (turn->descriptor < 0) {
		free(turn);
		return NULL;
	}
	turn->next = TURNS;
	TURNS = turn;
	return turn;
}

/* The highest turn that we have, but for `except`; NULL: none. */
static const quipu_php_turn *highest(const quipu_php_turn *except)
{
	const quipu_php_turn *found = NULL;
	const quipu_php_turn *turn;

	for (turn = TURNS; turn != NULL; turn = turn->next) {
		if (turn != except && turn->count > 0 && turn->descriptor >= 0
				&& (found == NULL || turn->byte > found->byte)) {
			found = turn;
		}
	}
	return found;
}

quipu_php_turn *quipu_php_entry_turn(const quipu_php_table *table, const quipu_php_key *key)
{
	uint64_t byte = byte_of(QUIPU_PHP_ENTRY_TURN, key->bytes, key->length);
	quipu_php_turn *turn = prepare(QUIPU_PHP_ENTRY_TURN, table, byte);
	const quipu_php_turn *other;
	int problem;

	if (turn == NULL) {
		problem = errno;
		quipu_php_throw_text(QUIPU_IO, "the turn to generate an entry cannot be had: the file of the table cannot be opened "
			"once more (%s)", strerror(problem));
		return NULL;
	}
	other = highest(turn);
	if (lock(turn->descriptor, byte, other == NULL || other->byte < byte)) {
		return turn;
	}
	problem = errno;
	quipu_php_turn_end(turn);
	/* EAGAIN: somebody has it, or we have it ourselves, in a generator around this one. */
	if (problem != EAGAIN && problem != EACCES) {
		quipu_php_throw_text(QUIPU_IO, "the turn to generate an entry cannot be had (%s)", strerror(problem));
	}
	return NULL;
}

quipu_php_turn *quipu_php_session_turn(const quipu_php_table *table, const quipu_php_key *key)
{
	uint64_t byte = byte_of(QUIPU_PHP_SESSION_TURN, key->bytes, key->length);
	quipu_php_turn *turn = prepare(QUIPU_PHP_SESSION_TURN, table, byte);
	int problem;

	if (turn == NULL) {
		return NULL;
	}
	if (lock(turn->descriptor, byte, false)) {
		return turn;
	}
	quipu_php_turns_give_up(QUIPU_PHP_ENTRY_TURN);
	if (lock(turn->descriptor, byte, true)) {
		return turn;
	}
	problem = errno;
	quipu_php_turn_end(turn);
	errno = problem;
	return NULL;
}

static void give_up(quipu_php_turn *turn)
{
	if (turn->descriptor >= 0) {
		/* The description ends with it, and so does the lock. */
		close(turn->descriptor);
		turn->descriptor = -1;
	}
}

void quipu_php_turn_end(quipu_php_turn *turn)
{
	quipu_php_turn **at = &TURNS;

	if (turn == NULL) {
		return;
	}
	while (*at != turn) {
		at = &(*at)->next;
	}
	*at = turn->next;
	give_up(turn);
	free(turn);
}

void quipu_php_turns_give_up(quipu_php_turn_kind kind)
{
	quipu_php_turn *turn;

	for (turn = TURNS; turn != NULL; turn = turn->next) {
		if (turn->kind == kind) {
			give_up(turn);
		}
	}
}

void quipu_php_turns_end(void)
{
	while (TURNS != NULL) {
		quipu_php_turn_end(TURNS);
	}
}

/* The turn of a lock, had or idle. A daemon may have closed descriptors that are not its own: a lock that is had is lost
 * then, as it is for everybody else. NULL: there is none. */
static quipu_php_turn *find_lock(const quipu_php_table *table, uint64_t byte)
{
	quipu_php_turn *turn;
	struct stat found;

	for (turn = TURNS; turn != NULL; turn = turn->next) {
		if (turn->kind == QUIPU_PHP_LOCK_TURN && turn->byte == byte && turn->descriptor >= 0
				&& turn->device == table->device && turn->inode == table->inode) {
			break;
		}
	}
	if (turn != NULL && (fstat(turn->descriptor, &found) != 0 || found.st_dev != turn->device
			|| found.st_ino != turn->inode)) {
		turn->descriptor = -1;
		quipu_php_turn_end(turn);
		return NULL;
	}
	return turn;
}

quipu_php_lock_answer quipu_php_lock(const quipu_php_table *table, const char *name, size_t length, bool shared,
	double seconds)
{
	const short type = shared ? F_RDLCK : F_WRLCK;
	uint64_t byte = byte_of(QUIPU_PHP_LOCK_TURN, name, length);
	quipu_php_turn *turn = find_lock(table, byte);
	bool is_had;
	int problem;

	if (turn != NULL && turn->count > 0) {
		/* Two that have it together, and both want it alone, would wait for each other. */
		if (turn->shared && !shared) {
			errno = EDEADLK;
			return QUIPU_PHP_LOCK_FAILED;
		}
		turn->count++;
		return QUIPU_PHP_LOCK_HAD;
	}
	if (turn == NULL && (turn = prepare(QUIPU_PHP_LOCK_TURN, table, byte)) == NULL) {
		return QUIPU_PHP_LOCK_FAILED;
	}
	is_had = seconds < 0 ? lock_as(type, turn->descriptor, byte, true)
		: lock_within(type, turn->descriptor, byte, seconds);
	if (is_had) {
		turn->count = 1;
		turn->shared = shared;
		return QUIPU_PHP_LOCK_HAD;
	}
	problem = errno;
	quipu_php_turn_end(turn);
	errno = problem;
	return problem == EAGAIN || problem == EACCES ? QUIPU_PHP_LOCK_NOT_IN_TIME : QUIPU_PHP_LOCK_FAILED;
}

uint32_t quipu_php_lock_count(const quipu_php_table *table, const char *name, size_t length)
{
	const quipu_php_turn *turn = find_lock(table, byte_of(QUIPU_PHP_LOCK_TURN, name, length));

	return turn != NULL ? turn->count : 0;
}

/* Ends the idle turns of locks, of one table or (NULL) of all. */
static void forget_idle(const quipu_php_table *table)
{
	quipu_php_turn *turn = TURNS;

	while (turn != NULL) {
		quipu_php_turn *next = turn->next;
		if (turn->kind == QUIPU_PHP_LOCK_TURN && turn->count == 0
				&& (table == NULL || (turn->device == table->device && turn->inode == table->inode))) {
			quipu_php_turn_end(turn);
		}
		turn = next;
	}
}

bool quipu_php_unlock(const quipu_php_table *table, const char *name, size_t length)
{
	quipu_php_turn *turn = find_lock(table, byte_of(QUIPU_PHP_LOCK_TURN, name, length));

	if (turn == NULL || turn->count == 0) {
		return false;
	}
	if (turn->count > 1) {
		turn->count--;
		return true;
	}
	/* One stays open, for the lock that is wanted next is mostly the same. */
	forget_idle(NULL);
	if (lock_as(F_UNLCK, turn->descriptor, turn->byte, false)) {
		turn->count = 0;
	} else {
		quipu_php_turn_end(turn);
	}
	return true;
}

void quipu_php_locks_forget(const quipu_php_table *table)
{
	forget_idle(table);
}

bool quipu_php_take_name_away(const quipu_php_table *table, const char *path)
{
	struct stat found;
	bool is_done;
	int problem;
	quipu_php_turn *turn = prepare(QUIPU_PHP_NAME_TURN, table, byte_of(QUIPU_PHP_NAME_TURN, "", 0));

	/* One at a time, or the name that the second takes away could be that of a new table. */
	if (turn == NULL) {
		return false;
	}
	if (!lock(turn->descriptor, turn->byte, true)) {
		is_done = false;
	} else if (lstat(path, &found) != 0 || found.st_dev != table->device || found.st_ino != table->inode) {
		errno = ENOENT;
		is_done = false;
	} else {
		is_done = unlink(path) == 0;
	}
	problem = errno;
	quipu_php_turn_end(turn);
	errno = problem;
	return is_done;
}

/* A child has the descriptors of its parent, and its locks would live as long as the child. They are not its turns. */
static void after_fork_in_child(void)
{
	quipu_php_turn *turn;

#ifdef ZTS
	if (TSRMLS_CACHE == NULL) {
		/* A thread that never ran PHP. */
		return;
	}
#endif
	for (turn = TURNS; turn != NULL; turn = turn->next) {
		give_up(turn);
	}
}

void quipu_php_turns_startup(void)
{
	pthread_atfork(NULL, NULL, after_fork_in_child);
}

/* The session save handler `quipu` (session.save_handler = quipu), which keeps sessions in a table.
 *
 * A session is locked from the moment that it is read until it is closed, as by the handler `files`, with a turn
 * (turn.c): the lock ends with the request, with session_write_close(), and with the process. An entry lives for
 * session.gc_maxlifetime from the last time that it was written or touched, so nothing has to be collected.
 *
 * session.save_path names the table: a name, or a path of a file. If it is empty, or a directory (what distributions
 * set for `files`), that of quipu.default is taken. Sessions have a space of keys of their own in it. */
#include "shape.h"
#include "ext/session/php_session.h"
#include "zend_exceptions.h"
#include <errno.h>
#include <sys/stat.h>

#define ID_BYTES_MAX 256
#define CREATE_ROUNDS_MAX 3

/* The session that is open in a request. */
typedef struct {
	quipu_php_table *table;
	zend_string *id; /* of `turn`, or NULL */
	quipu_php_turn *turn;
} open_session;

/* ext/session may be a module that is not there. */
extern __typeof__(php_session_register_module) php_session_register_module __attribute__((weak));
extern __typeof__(php_session_create_id) php_session_create_id __attribute__((weak));

/* What went wrong is a warning, as from the other handlers: session_start() fails then. */
static ZEND_COLD void warn_of_exception(void)
{
	zend_object *exception = EG(exception);
	zend_string *message;
	zval buffer;

	if (exception == NULL) {
		return;
	}
	message = zval_get_string(zend_read_property(zend_get_exception_base(exception), exception, "message",
		sizeof("message") - 1, 1, &buffer));
	zend_clear_exception();
	php_error_docref(NULL, E_WARNING, "%s", ZSTR_VAL(message));
	zend_string_release(message);
}

static ZEND_COLD void warn_of_status(quipu_status status)
{
	quipu_php_throw(status);
	warn_of_exception();
}

/* The same characters as in the names of files. */
static bool is_id(const zend_string *id)
{
	const char *at = ZSTR_VAL(id);
	const char *end = at + ZSTR_LEN(id);

	if (ZSTR_LEN(id) == 0 || ZSTR_LEN(id) > ID_BYTES_MAX) {
		return false;
	}
	for (; at < end; at++) {
		if (!(*at >= 'a' && *at <= 'z') && !(*at >= 'A' && *at <= 'Z') && !(*at >= '0' && *at <= '9') && *at != ','
				&& *at != '-') {
			return false;
		}
	}
	return true;
}

static void key_of(quipu_php_key *key, const zend_string *id)
{
	quipu_php_key_make(key, QUIPU_PHP_SESSION_SPACE, ZSTR_VAL(id), ZSTR_LEN(id));
}

static int64_t lifetime(zend_long seconds)
{
	return quipu_php_milliseconds(seconds > 0 ? (double) seconds : 1.0);
}

static bool is_directory(const char *path)
{
	struct stat found;

	return strchr(path, '/') != NULL && stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

/* The table of session.save_path. NULL: an exception was thrown. */
static quipu_php_table *table_of(const char *save_path)
{
	quipu_php_options options;
	quipu_php_table *table;
	zend_string *name;

	if (*save_path == '\0' || is_directory(save_path)) {
		table = quipu_php_default_table();
		if (table != NULL) {
			table->references++;
		}
		return table;
	}
	if (quipu_php_options_of_ini(&options) == FAILURE) {
		return NULL;
	}
	name = zend_string_init(save_path, strlen(save_path), 0);
	table = quipu_php_open(name, &options);
	zend_string_release(name);
	return table;
}

static void unlock(open_session *session)
{
	quipu_php_turn_end(session->turn);
	session->turn = NULL;
	if (session->id != NULL) {
		zend_string_release(session->id);
		session->id = NULL;
	}
}

PS_CLOSE_FUNC(quipu)
{
	open_session *session = PS_GET_MOD_DATA();

	if (session != NULL) {
		unlock(session);
		quipu_php_close(session->table);
		efree(session);
		PS_SET_MOD_DATA(NULL);
	}
	return SUCCESS;
}

PS_OPEN_FUNC(quipu)
{
	open_session *session = PS_GET_MOD_DATA();
	quipu_php_table *table = table_of(save_path);

	if (table == NULL) {
		warn_of_exception();
		return FAILURE;
	}
	/* session_reset() opens what is open. It stays locked, or another request could come between. */
	if (session != NULL && session->table == table) {
		quipu_php_close(table);
		return SUCCESS;
	}
	ps_close_quipu(mod_data);
	session = ecalloc(1, sizeof(*session));
	session->table = table;
	PS_SET_MOD_DATA(session);
	return SUCCESS;
}

/* Locks a session, unless it is ours already. */
static zend_result lock(open_session *session, zend_string *id)
{
	quipu_php_key key;

	if (session->id != NULL && zend_string_equals(session->id, id)) {
		return SUCCESS;
	}
	unlock(session);
	key_of(&key, id);
	session->turn = quipu_php_session_turn(session->table, &key);
	quipu_php_key_release(&key);
	if (session->turn == NULL) {
		php_error_docref(NULL, E_WARNING, "The session cannot be locked: %s", strerror(errno));
		return FAILURE;
	}
	session->id = zend_string_copy(id);
	return SUCCESS;
}

/* What a session holds; a new one is made, so that it is known from now on. NULL: a warning was given. */
static zend_string *content(const quipu_table *table, const quipu_php_key *key, int64_t ttl_ms)
{
	quipu_value empty = quipu_bytes("", 0);
	quipu_value read;
	quipu_status status;
	zval data;

	status = quipu_php_read(table, key->bytes, key->length, &data, &read);
	if (status == QUIPU_OK && Z_TYPE(data) == IS_STRING) {
		return Z_STR(data);
	}
	if (status == QUIPU_OK) {
		zval_ptr_dtor(&data);
		php_error_docref(NULL, E_WARNING, "The entry of the session is none that this handler wrote");
		return NULL;
	}
	if (status == QUIPU_MISSING) {
		status = quipu_add(table, key->bytes, key->length, &empty, ttl_ms);
	}
	if (status == QUIPU_OK || status == QUIPU_EXISTS) {
		return ZSTR_EMPTY_ALLOC();
	}
	warn_of_status(status);
	return NULL;
}

PS_READ_FUNC(quipu)
{
	open_session *session = PS_GET_MOD_DATA();
	quipu_php_key full;

	if (!is_id(key)) {
		php_error_docref(NULL, E_WARNING, "Session ID is too long or contains illegal characters. Only the A-Z, a-z, 0-9, "
			"\"-\", and \",\" characters are allowed");
		return FAILURE;
	}
	if (lock(session, key) == FAILURE) {
		return FAILURE;
	}
	key_of(&full, key);
	*val = content(session->table->handle, &full, lifetime(maxlifetime));
	quipu_php_key_release(&full);
	return *val != NULL ? SUCCESS : FAILURE;
}

static zend_result write_session(open_session *session, zend_string *id, zend_string *data, zend_long maxlifetime)
{
	quipu_php_key full;
	quipu_status status;

	if (!is_id(id)) {
		return FAILURE;
	}
	key_of(&full, id);
	status = quipu_set_bytes(session->table->handle, full.bytes, full.length, ZSTR_VAL(data), ZSTR_LEN(data),
		lifetime(maxlifetime));
	quipu_php_key_release(&full);
	if (status != QUIPU_OK) {
		warn_of_status(status);
		return FAILURE;
	}
	return SUCCESS;
}

PS_WRITE_FUNC(quipu)
{
	return write_session(PS_GET_MOD_DATA(), key, val, maxlifetime);
}

PS_UPDATE_TIMESTAMP_FUNC(quipu)
{
	open_session *session = PS_GET_MOD_DATA();
	quipu_php_key full;
	quipu_status status;

	key_of(&full, key);
	status = quipu_touch(session->table->handle, full.bytes, full.length, lifetime(maxlifetime));
	quipu_php_key_release(&full);
	/* It ended meanwhile, or another value was read: what is in memory is the session. */
	return status == QUIPU_OK ? SUCCESS : write_session(session, key, val, maxlifetime);
}

PS_DESTROY_FUNC(quipu)
{
	open_session *session = PS_GET_MOD_DATA();
	quipu_php_key full;
	quipu_status status;

	key_of(&full, key);
	status = quipu_delete(session->table->handle, full.bytes, full.length);
	quipu_php_key_release(&full);
	if (session->id != NULL && zend_string_equals(session->id, key)) {
		unlock(session);
	}
	if (status != QUIPU_OK && status != QUIPU_MISSING) {
		warn_of_status(status);
		return FAILURE;
	}
	return SUCCESS;
}

PS_GC_FUNC(quipu)
{
	open_session *session = PS_GET_MOD_DATA();
	quipu_maintenance done = {0};
	quipu_status status = quipu_maintain(session->table->handle, &done);

	if (status != QUIPU_OK) {
		warn_of_status(status);
		return -1;
	}
	*nrdels = (zend_long) done.expired;
	return *nrdels;
}

static bool is_known(const open_session *session, const zend_string *id)
{
	quipu_php_key full;
	quipu_status status;

	key_of(&full, id);
	status = quipu_exists(session->table->handle, full.bytes, full.length);
	quipu_php_key_release(&full);
	return status == QUIPU_OK;
}

PS_CREATE_SID_FUNC(quipu)
{
	const open_session *session = PS_GET_MOD_DATA();
	zend_string *id;
	int round;

	for (round = 0; round < CREATE_ROUNDS_MAX; round++) {
		id = php_session_create_id((void **) &session);
		if (id == NULL || session == NULL || !is_known(session, id)) {
			return id;
		}
		zend_string_release(id);
	}
	return NULL;
}

PS_VALIDATE_SID_FUNC(quipu)
{
	const open_session *session = PS_GET_MOD_DATA();

	return is_id(key) && is_known(session, key) ? SUCCESS : FAILURE;
}

static const ps_module handler = { PS_MOD_UPDATE_TIMESTAMP(quipu) };

void quipu_php_session_startup(void)
{
	if (php_session_register_module != NULL) {
		php_session_register_module(&handler);
	}
}

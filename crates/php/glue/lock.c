/* Locks of scripts, Quipu\Table::lock and its like, whose kernel side is in turn.c; taking a name away; and the warnings
 * of Quipu\Compat, whose functions are written in PHP and stand in for functions of PHP itself. */
#include "shape.h"
#include "zend_exceptions.h"
#include <errno.h>
#include <math.h>
#include <sys/stat.h>

static ZEND_COLD void throw_failed(zend_string *name)
{
	int problem = errno;

	if (problem == EDEADLK) {
		quipu_php_throw_text(QUIPU_INVALID_ARGUMENT, "this process has the lock \"%s\" together with others, and nobody "
			"can turn that into having it alone: unlock it first", ZSTR_VAL(name));
	} else {
		quipu_php_throw_text(QUIPU_IO, "the lock \"%s\" cannot be had: %s", ZSTR_VAL(name), strerror(problem));
	}
}

/* Seconds to wait, -1 for null. FAILURE: an exception was thrown. */
static zend_result seconds_of(const zval *timeout, double *seconds)
{
	*seconds = -1;
	if (timeout == NULL || Z_TYPE_P(timeout) == IS_NULL) {
		return SUCCESS;
	}
	*seconds = Z_TYPE_P(timeout) == IS_LONG ? (double) Z_LVAL_P(timeout) : Z_DVAL_P(timeout);
	if (isnan(*seconds) || *seconds < 0) {
		zend_argument_value_error(2, "must be 0 or more seconds; null is for ever");
		return FAILURE;
	}
	return SUCCESS;
}

ZEND_METHOD(Quipu_Table, lock)
{
	zend_string *name;
	zval *timeout = NULL;
	bool shared = false;
	double seconds;

	ZEND_PARSE_PARAMETERS_START(1, 3)
		Z_PARAM_STR(name)
		Z_PARAM_OPTIONAL
		Z_PARAM_NUMBER_OR_NULL(timeout)
		Z_PARAM_BOOL(shared)
	ZEND_PARSE_PARAMETERS_END();

	if (seconds_of(timeout, &seconds) == FAILURE) {
		RETURN_THROWS();
	}
	switch (quipu_php_lock(QUIPU_PHP_THIS()->table, ZSTR_VAL(name), ZSTR_LEN(name), shared, seconds)) {
		case QUIPU_PHP_LOCK_HAD:
			RETURN_TRUE;
		case QUIPU_PHP_LOCK_NOT_IN_TIME:
			RETURN_FALSE;
		case QUIPU_PHP_LOCK_FAILED:
			throw_failed(name);
	}
}

ZEND_METHOD(Quipu_Table, unlock)
{
	zend_string *name;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	RETURN_BOOL(quipu_php_unlock(QUIPU_PHP_THIS()->table, ZSTR_VAL(name), ZSTR_LEN(name)));
}

ZEND_METHOD(Quipu_Table, holds)
{
	zend_string *name;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	RETURN_LONG((zend_long) quipu_php_lock_count(QUIPU_PHP_THIS()->table, ZSTR_VAL(name), ZSTR_LEN(name)));
}

ZEND_METHOD(Quipu_Table, unlink)
{
	char path[MAXPATHLEN];
	const quipu_php_table *table = QUIPU_PHP_THIS()->table;

	ZEND_PARSE_PARAMETERS_NONE();

	if (quipu_path(table->handle, path, sizeof(path), NULL) != QUIPU_OK) {
		quipu_php_throw_text(QUIPU_BAD_NAME, "the path of the table is not known");
		RETURN_THROWS();
	}
	if (!quipu_php_may_remove(path)) {
		RETURN_THROWS();
	}
	if (quipu_php_take_name_away(table, path)) {
		RETURN_TRUE;
	}
	if (errno != ENOENT) {
		quipu_php_throw_text(QUIPU_IO, "the name of the table %s cannot be taken away: %s", path, strerror(errno));
		RETURN_THROWS();
	}
	RETURN_FALSE;
}

ZEND_METHOD(Quipu_Table, isLinked)
{
	struct stat found;
	int descriptor;

	ZEND_PARSE_PARAMETERS_NONE();

	RETURN_BOOL(quipu_descriptor(QUIPU_PHP_THIS()->table->handle, &descriptor) == QUIPU_OK
		&& fstat(descriptor, &found) == 0 && found.st_nlink > 0);
}

#define COMPAT "Quipu\\Compat\\"

static bool begins_as_ours(const zend_string *name)
{
	return name != NULL && zend_binary_strncasecmp(ZSTR_VAL(name), ZSTR_LEN(name), COMPAT, sizeof(COMPAT) - 1,
		sizeof(COMPAT) - 1) == 0;
}

/* Whether a frame is code of Quipu\Compat, or no PHP code at all. */
static bool is_ours(const zend_execute_data *frame)
{
	const zend_function *function = frame->func;

	if (function == NULL || !ZEND_USER_CODE(function->type)) {
		return true;
	}
	return begins_as_ours(function->common.scope != NULL ? function->common.scope->name
		: function->common.function_name);
}

/* A function of PHP warns at the place that called it. Only the engine can raise what is no E_USER_WARNING. */
ZEND_FUNCTION(Quipu_Compat_raise)
{
	zend_long level;
	zend_string *message;
	zend_execute_data *frame = EX(prev_execute_data);

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_LONG(level)
		Z_PARAM_STR(message)
	ZEND_PARSE_PARAMETERS_END();

	if (level != E_WARNING && level != E_DEPRECATED) {
		zend_argument_value_error(1, "must be E_WARNING or E_DEPRECATED");
		RETURN_THROWS();
	}
	while (frame != NULL && is_ours(frame)) {
		frame = frame->prev_execute_data;
	}
	if (frame == NULL) {
		zend_error((int) level, "%s", ZSTR_VAL(message));
	} else {
		zend_error_at((int) level, frame->func->op_array.filename, frame->opline->lineno, "%s", ZSTR_VAL(message));
	}
}

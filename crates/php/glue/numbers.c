/* Quipu\Table: numbers. */
#include "php_quipu.h"
#include "zend_exceptions.h"

/* Adds to an int. A missing key starts from 0 and gets the default time to live, unless something is said. */
static quipu_status add_int(const quipu_table *handle, zend_string *key, zend_long by, zend_long initial, int64_t ttl_ms,
	zval *result)
{
	quipu_counting count = { .delta = by, .initial = initial, .ttl_ms = ttl_ms };
	int64_t sum;
	quipu_status status;

	if (EXPECTED(initial == 0 && ttl_ms == QUIPU_TTL_NEVER)) {
		status = quipu_incr(handle, ZSTR_VAL(key), ZSTR_LEN(key), by, &sum);
	} else {
		status = quipu_count(handle, ZSTR_VAL(key), ZSTR_LEN(key), &count, &sum);
	}
	if (EXPECTED(status == QUIPU_OK)) {
		ZVAL_LONG(result, sum);
	}
	return status;
}

/* Adds to a float. A new one is stored at once with its start and its time to live. */
static quipu_status add_real(const quipu_table *handle, zend_string *key, double by, double initial, int64_t ttl_ms,
	zval *result)
{
	quipu_value value = { .kind = QUIPU_FLOAT, .real = initial + by };
	double sum = value.real;
	quipu_status status = QUIPU_EXISTS;

	if (initial != 0 || ttl_ms != QUIPU_TTL_NEVER) {
		status = quipu_add(handle, ZSTR_VAL(key), ZSTR_LEN(key), &value, ttl_ms);
	}
	if (status == QUIPU_EXISTS) {
		status = quipu_add_float(handle, ZSTR_VAL(key), ZSTR_LEN(key), by, &sum);
	}
	if (status == QUIPU_OK) {
		ZVAL_DOUBLE(result, sum);
	}
	return status;
}

static quipu_status add_number(const quipu_php_object *object, zend_string *key, const zval *by, const zval *initial,
	int64_t ttl_ms, zval *result)
{
	if (Z_TYPE_P(by) == IS_DOUBLE) {
		return add_real(object->handle, key, Z_DVAL_P(by), initial != NULL ? zval_get_double((zval *) initial) : 0, ttl_ms,
			result);
	}
	if (initial != NULL && Z_TYPE_P(initial) == IS_DOUBLE) {
		zend_argument_type_error(3, "must be of type int if argument #2 ($by) is, float given");
		return QUIPU_PHP_THROWN;
	}
	return add_int(object->handle, key, Z_LVAL_P(by), initial != NULL ? Z_LVAL_P(initial) : 0, ttl_ms, result);
}

/* The opposite of a number; FAILURE: it has none. */
static zend_result negate(const zval *by, zval *opposite)
{
	if (Z_TYPE_P(by) == IS_DOUBLE) {
		ZVAL_DOUBLE(opposite, -Z_DVAL_P(by));
		return SUCCESS;
	}
	if (Z_LVAL_P(by) == ZEND_LONG_MIN) {
		quipu_php_throw_text(QUIPU_OVERFLOW, "PHP_INT_MIN has no opposite: subtract less at a time");
		return FAILURE;
	}
	ZVAL_LONG(opposite, -Z_LVAL_P(by));
	return SUCCESS;
}

static zend_always_inline void count_by(bool is_down, INTERNAL_FUNCTION_PARAMETERS)
{
	zend_string *key;
	zval *given = NULL, *initial = NULL, *seconds = NULL;
	zval by;
	const quipu_php_object *object = QUIPU_PHP_THIS();
	int64_t ttl_ms;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(1, 4)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_NUMBER(given)
		Z_PARAM_NUMBER(initial)
		Z_PARAM_NUMBER_OR_NULL(seconds)
	ZEND_PARSE_PARAMETERS_END();

	if (given == NULL) {
		ZVAL_LONG(&by, is_down ? -1 : 1);
	} else if (!is_down) {
		ZVAL_COPY_VALUE(&by, given);
	} else if (negate(given, &by) == FAILURE) {
		RETURN_THROWS();
	}
	if (UNEXPECTED(quipu_php_ttl(seconds, object->manner.ttl_ms, &ttl_ms, 4) == FAILURE)) {
		RETURN_THROWS();
	}
	status = add_number(object, key, &by, initial, ttl_ms, return_value);
	if (UNEXPECTED(status != QUIPU_OK)) {
		quipu_php_throw(status);
	}
}

ZEND_METHOD(Quipu_Table, incr)
{
	count_by(false, INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Quipu_Table, decr)
{
	count_by(true, INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

typedef quipu_status (*fetcher)(const quipu_table *table, const void *key, size_t key_length, int64_t number,
	int64_t *now);

static void fetch_by(fetcher fetch, INTERNAL_FUNCTION_PARAMETERS)
{
	zend_string *key;
	zend_long number;
	int64_t now;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_STR(key)
		Z_PARAM_LONG(number)
	ZEND_PARSE_PARAMETERS_END();

	status = fetch(QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key), number, &now);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_LONG(now);
}

ZEND_METHOD(Quipu_Table, fetchMax)
{
	fetch_by(quipu_fetch_max, INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Quipu_Table, fetchMin)
{
	fetch_by(quipu_fetch_min, INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Quipu_Table, take)
{
	zend_string *key;
	quipu_value taken;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(key)
	ZEND_PARSE_PARAMETERS_END();

	status = quipu_take(QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key), &taken);
	if (status == QUIPU_OK) {
		quipu_php_decode(return_value, &taken);
	} else if (status != QUIPU_MISSING) {
		quipu_php_throw(status);
	}
}

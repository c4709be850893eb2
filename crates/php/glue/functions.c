/* The functions in APCu's shape: what a program that calls apcu_fetch and its like finds under quipu_ names, with the
 * same arguments, array forms and answers. quipu_entry is in entry.c, what only informs in info.c. */
#include "shape.h"
#include "zend_exceptions.h"

static ZEND_COLD void warn_of_key(const char *expected)
{
	php_error_docref(NULL, E_WARNING, "The key must be %s", expected);
}

/* The string that a key of an array is. */
static zend_string *key_of(zend_string *name, zend_ulong number)
{
	return name != NULL ? zend_string_copy(name) : zend_long_to_str((zend_long) number);
}

static void write_many(zval *return_value, quipu_php_writer writer, HashTable *items, zend_long ttl)
{
	zend_ulong number;
	zend_string *name;
	zval *value;

	array_init(return_value);
	ZEND_HASH_FOREACH_KEY_VAL(items, number, name, value) {
		zend_string *key = key_of(name, number);

		ZVAL_DEREF(value);
		if (!quipu_php_cache_write(writer, key, value, ttl)) {
			if (name != NULL) {
				add_assoc_long_ex(return_value, ZSTR_VAL(name), ZSTR_LEN(name), -1);
			} else {
				add_index_long(return_value, number, -1);
			}
		}
		zend_string_release(key);
		if (UNEXPECTED(EG(exception))) {
			return;
		}
	} ZEND_HASH_FOREACH_END();
}

static void store(INTERNAL_FUNCTION_PARAMETERS, quipu_php_writer writer)
{
	zval *key, *value = NULL;
	zend_long ttl = 0;

	ZEND_PARSE_PARAMETERS_START(1, 3)
		Z_PARAM_ZVAL(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(value)
		Z_PARAM_LONG(ttl)
	ZEND_PARSE_PARAMETERS_END();

	if (EXPECTED(Z_TYPE_P(key) == IS_STRING)) {
		/* Without a value there is nothing to store. */
		RETURN_BOOL(value != NULL && quipu_php_cache_write(writer, Z_STR_P(key), value, ttl));
	}
	if (Z_TYPE_P(key) == IS_ARRAY) {
		write_many(return_value, writer, Z_ARRVAL_P(key), ttl);
		return;
	}
	warn_of_key("a string, or an array of keys and values");
	RETURN_FALSE;
}

PHP_FUNCTION(quipu_store)
{
	store(INTERNAL_FUNCTION_PARAM_PASSTHRU, quipu_set);
}

PHP_FUNCTION(quipu_add)
{
	store(INTERNAL_FUNCTION_PARAM_PASSTHRU, quipu_add);
}

static void fetch_many(zval *return_value, HashTable *keys)
{
	zval *key;

	array_init(return_value);
	ZEND_HASH_FOREACH_VAL(keys, key) {
		zval value;

		ZVAL_DEREF(key);
		if (Z_TYPE_P(key) != IS_STRING) {
			warn_of_key("a string, or an array of strings");
		} else if (quipu_php_cache_read(&value, Z_STR_P(key), NULL) == QUIPU_OK) {
			zend_hash_update(Z_ARRVAL_P(return_value), Z_STR_P(key), &value);
		}
		if (UNEXPECTED(EG(exception))) {
			return;
		}
	} ZEND_HASH_FOREACH_END();
}

PHP_FUNCTION(quipu_fetch)
{
	zval *key, *success = NULL;
	zend_string *name, *made;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_ZVAL(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(success)
	ZEND_PARSE_PARAMETERS_END();

	if (success != NULL) {
		ZEND_TRY_ASSIGN_REF_FALSE(success);
	}
	if (Z_TYPE_P(key) == IS_ARRAY) {
		fetch_many(return_value, Z_ARRVAL_P(key));
		if (success != NULL) {
			ZEND_TRY_ASSIGN_REF_BOOL(success, EG(exception) == NULL);
		}
		return;
	}
	name = zval_try_get_tmp_string(key, &made);
	if (UNEXPECTED(name == NULL)) {
		RETURN_THROWS();
	}
	status = quipu_php_cache_read(return_value, name, NULL);
	zend_tmp_string_release(made);
	if (UNEXPECTED(status != QUIPU_OK)) {
		RETURN_FALSE;
	}
	if (success != NULL) {
		ZEND_TRY_ASSIGN_REF_TRUE(success);
	}
}

/* Whether there is a key. An exception may have been thrown. */
static bool exists(zend_string *name)
{
	quipu_php_table *table = quipu_php_default_table();
	quipu_php_key key;
	quipu_status status;

	if (UNEXPECTED(table == NULL)) {
		return false;
	}
	quipu_php_key_make(&key, QUIPU_PHP_CACHE_SPACE, ZSTR_VAL(name), ZSTR_LEN(name));
	status = quipu_exists(table->handle, key.bytes, key.length);
	quipu_php_key_release(&key);
	if (UNEXPECTED(status != QUIPU_OK && status != QUIPU_MISSING)) {
		quipu_php_throw(status);
	}
	return status == QUIPU_OK;
}

static void exist_many(zval *return_value, HashTable *keys)
{
	zval yes;
	zval *key;

	ZVAL_TRUE(&yes);
	array_init(return_value);
	ZEND_HASH_FOREACH_VAL(keys, key) {
		ZVAL_DEREF(key);
		if (Z_TYPE_P(key) != IS_STRING) {
			warn_of_key("a string, or an array of strings");
		} else if (exists(Z_STR_P(key))) {
			zend_hash_update(Z_ARRVAL_P(return_value), Z_STR_P(key), &yes);
		}
		if (UNEXPECTED(EG(exception))) {
			return;
		}
	} ZEND_HASH_FOREACH_END();
}

PHP_FUNCTION(quipu_exists)
{
	zval *key;
	zend_string *name, *made;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(key)
	ZEND_PARSE_PARAMETERS_END();

	if (Z_TYPE_P(key) == IS_ARRAY) {
		exist_many(return_value, Z_ARRVAL_P(key));
		return;
	}
	name = zval_try_get_tmp_string(key, &made);
	if (UNEXPECTED(name == NULL)) {
		RETURN_THROWS();
	}
	RETVAL_BOOL(exists(name));
	zend_tmp_string_release(made);
}

/* The result is the keys that were not deleted. */
static void delete_many(zval *return_value, HashTable *keys)
{
	zval *key;

	array_init(return_value);
	ZEND_HASH_FOREACH_VAL(keys, key) {
		ZVAL_DEREF(key);
		if (Z_TYPE_P(key) != IS_STRING) {
			warn_of_key("a string, an array of strings, or a QuipuIterator");
		} else if (quipu_php_cache_delete(Z_STRVAL_P(key), Z_STRLEN_P(key))) {
			continue;
		}
		if (UNEXPECTED(EG(exception))) {
			return;
		}
		Z_TRY_ADDREF_P(key);
		add_next_index_zval(return_value, key);
	} ZEND_HASH_FOREACH_END();
}

PHP_FUNCTION(quipu_delete)
{
	zval *key;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(key)
	ZEND_PARSE_PARAMETERS_END();

	if (EXPECTED(Z_TYPE_P(key) == IS_STRING)) {
		RETURN_BOOL(quipu_php_cache_delete(Z_STRVAL_P(key), Z_STRLEN_P(key)));
	}
	if (Z_TYPE_P(key) == IS_ARRAY) {
		delete_many(return_value, Z_ARRVAL_P(key));
		return;
	}
	if (Z_TYPE_P(key) == IS_OBJECT && instanceof_function(Z_OBJCE_P(key), quipu_php_iterator_ce)) {
		RETURN_BOOL(quipu_php_iterator_delete(Z_OBJ_P(key)) == SUCCESS);
	}
	warn_of_key("a string, an array of strings, or a QuipuIterator");
	RETURN_FALSE;
}

/* The sum as APCu makes it: beyond the largest number comes the smallest. */
static int64_t wrapping_sum(int64_t number, int64_t delta)
{
	return (int64_t) ((uint64_t) number + (uint64_t) delta);
}

/* What the engine calls an overflow: adds with wrapping, as long as nobody else comes between. */
static quipu_status count_wrapping(const quipu_table *table, const quipu_php_key *key, int64_t delta, int64_t *sum)
{
	quipu_value seen, next;
	quipu_status status;

	do {
		status = quipu_get(table, key->bytes, key->length, NULL, 0, &seen);
		if (status == QUIPU_MISSING) {
			return quipu_incr(table, key->bytes, key->length, delta, sum);
		}
		if (status == QUIPU_BUFFER_TOO_SMALL || (status == QUIPU_OK && seen.kind != QUIPU_INTEGER)) {
			return QUIPU_WRONG_TYPE;
		}
		if (status != QUIPU_OK) {
			return status;
		}
		*sum = wrapping_sum(seen.integer, delta);
		next = quipu_integer(*sum);
		status = quipu_compare_and_set(table, key->bytes, key->length, &seen.token, &next, QUIPU_TTL_KEEP);
	} while (status == QUIPU_CHANGED || status == QUIPU_MISSING);
	return status;
}

static quipu_status count_one(const quipu_table *table, const quipu_php_key *key, int64_t delta, zend_long ttl,
	int64_t *sum)
{
	quipu_counting count = { .delta = delta, .ttl_ms = QUIPU_TTL_NEVER };
	quipu_status status;

	if (EXPECTED(ttl == 0)) {
		status = quipu_incr(table, key->bytes, key->length, delta, sum);
	} else {
		if (ttl > 0) {
			count.ttl_ms = quipu_php_milliseconds((double) ttl);
		} else {
			count.flags = QUIPU_COUNT_EXISTING;
		}
		status = quipu_count(table, key->bytes, key->length, &count, sum);
		if (status == QUIPU_MISSING) {
			/* It would be made, and end at once. */
			*sum = delta;
			return QUIPU_OK;
		}
	}
	return UNEXPECTED(status == QUIPU_OVERFLOW) ? count_wrapping(table, key, delta, sum) : status;
}

static void count(INTERNAL_FUNCTION_PARAMETERS, bool is_down)
{
	zend_string *name;
	zend_long step = 1, ttl = 0;
	zval *success = NULL;
	quipu_php_key key;
	quipu_status status;
	int64_t sum = 0;
	int rounds = 0;

	ZEND_PARSE_PARAMETERS_START(1, 4)
		Z_PARAM_STR(name)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(step)
		Z_PARAM_ZVAL(success)
		Z_PARAM_LONG(ttl)
	ZEND_PARSE_PARAMETERS_END();

	quipu_php_key_make(&key, QUIPU_PHP_CACHE_SPACE, ZSTR_VAL(name), ZSTR_LEN(name));
	do {
		quipu_php_table *table = quipu_php_default_table();

		status = table == NULL ? QUIPU_PHP_THROWN
			: count_one(table->handle, &key, is_down ? wrapping_sum(0, -(uint64_t) step) : step, ttl, &sum);
	} while (quipu_php_again(status, &rounds));
	quipu_php_key_release(&key);
	if (UNEXPECTED(status != QUIPU_OK && status != QUIPU_WRONG_TYPE && status != QUIPU_FULL)) {
		quipu_php_throw(status);
	}
	if (success != NULL) {
		ZEND_TRY_ASSIGN_REF_BOOL(success, status == QUIPU_OK);
	}
	if (UNEXPECTED(status != QUIPU_OK)) {
		RETURN_FALSE;
	}
	RETURN_LONG(sum);
}

PHP_FUNCTION(quipu_inc)
{
	count(INTERNAL_FUNCTION_PARAM_PASSTHRU, false);
}

PHP_FUNCTION(quipu_dec)
{
	count(INTERNAL_FUNCTION_PARAM_PASSTHRU, true);
}

static quipu_status exchange(const quipu_table *table, const quipu_php_key *key, int64_t old, int64_t new)
{
	quipu_value seen, next = quipu_integer(new);
	quipu_status status;

	do {
		status = quipu_get(table, key->bytes, key->length, NULL, 0, &seen);
		if (status == QUIPU_BUFFER_TOO_SMALL || (status == QUIPU_OK
				&& (seen.kind != QUIPU_INTEGER || seen.integer != old))) {
			return QUIPU_CHANGED;
		}
		if (status != QUIPU_OK) {
			return status;
		}
		status = quipu_compare_and_set(table, key->bytes, key->length, &seen.token, &next, QUIPU_TTL_KEEP);
	} while (status == QUIPU_CHANGED);
	return status;
}

PHP_FUNCTION(quipu_cas)
{
	zend_string *name;
	zend_long old, new;
	quipu_php_key key;
	quipu_status status;
	int rounds = 0;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_STR(name)
		Z_PARAM_LONG(old)
		Z_PARAM_LONG(new)
	ZEND_PARSE_PARAMETERS_END();

	quipu_php_key_make(&key, QUIPU_PHP_CACHE_SPACE, ZSTR_VAL(name), ZSTR_LEN(name));
	do {
		quipu_php_table *table = quipu_php_default_table();

		status = table == NULL ? QUIPU_PHP_THROWN : exchange(table->handle, &key, old, new);
	} while (quipu_php_again(status, &rounds));
	quipu_php_key_release(&key);
	if (UNEXPECTED(status != QUIPU_OK && status != QUIPU_CHANGED && status != QUIPU_MISSING)) {
		quipu_php_throw(status);
	}
	RETURN_BOOL(status == QUIPU_OK);
}

PHP_FUNCTION(quipu_clear_cache)
{
	quipu_php_table *table;
	quipu_php_key space;
	quipu_scan *scan = NULL;
	quipu_item item;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_NONE();

	table = quipu_php_default_table();
	if (table == NULL) {
		RETURN_THROWS();
	}
	quipu_php_key_make(&space, QUIPU_PHP_CACHE_SPACE, "", 0);
	status = quipu_scan_open(table->handle, space.bytes, space.length, QUIPU_CURSOR_START, &scan);
	while (status == QUIPU_OK && (status = quipu_scan_next(scan, &item)) == QUIPU_OK) {
		status = quipu_delete(table->handle, item.key, item.key_length);
		if (status == QUIPU_MISSING) {
			status = QUIPU_OK;
		}
	}
	quipu_scan_close(scan);
	quipu_php_key_release(&space);
	if (status == QUIPU_REMOVED) {
		/* All of it is gone, then. */
		quipu_php_forget_default_table();
	} else if (status != QUIPU_END) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_TRUE;
}

PHP_FUNCTION(quipu_enabled)
{
	ZEND_PARSE_PARAMETERS_NONE();

	RETVAL_BOOL(quipu_php_default_table() != NULL);
	/* Whoever asks wants to know, and not to be stopped. */
	zend_clear_exception();
}

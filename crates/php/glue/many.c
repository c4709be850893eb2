/* Quipu\Table: several keys at a time, and all of them. What a script gives is gathered first, as it may be a generator
 * that does anything; then the library is called once for all. */
#include "php_quipu.h"
#include "ext/spl/spl_iterators.h"
#include "zend_exceptions.h"
#include "zend_interfaces.h"

/* What was given: key and value, in their order. A key may come twice. */
typedef struct {
	zend_string **keys;
	zval *values;
	size_t count;
	size_t room;
} pairs;

static void pairs_free(pairs *given)
{
	size_t at;

	for (at = 0; at < given->count; at++) {
		zend_string_release(given->keys[at]);
		zval_ptr_dtor(&given->values[at]);
	}
	if (given->keys != NULL) {
		efree(given->keys);
		efree(given->values);
	}
}

/* Takes the key over, and copies the value. */
static void pairs_add(pairs *given, zend_string *key, zval *value)
{
	if (given->count == given->room) {
		given->room = given->room > 0 ? 2 * given->room : 16;
		given->keys = safe_erealloc(given->keys, given->room, sizeof(*given->keys), 0);
		given->values = safe_erealloc(given->values, given->room, sizeof(*given->values), 0);
	}
	given->keys[given->count] = key;
	ZVAL_COPY_DEREF(&given->values[given->count], value);
	given->count++;
}

/* Whether keys are the values of what is given, or its keys. */
typedef enum { KEYS_ARE_VALUES, KEYS_ARE_KEYS } keys_where;

static zend_result gather_array(pairs *given, HashTable *array, keys_where where)
{
	zend_ulong number;
	zend_string *name, *key;
	zval *value;

	ZEND_HASH_FOREACH_KEY_VAL(array, number, name, value) {
		if (where == KEYS_ARE_VALUES) {
			key = zval_try_get_string(value);
		} else {
			key = name != NULL ? zend_string_copy(name) : zend_long_to_str((zend_long) number);
		}
		if (key == NULL) {
			return FAILURE;
		}
		pairs_add(given, key, value);
	} ZEND_HASH_FOREACH_END();
	return SUCCESS;
}

typedef struct {
	pairs *given;
	keys_where where;
} gathering;

static int gather_one(zend_object_iterator *iterator, void *context)
{
	gathering *gather = context;
	zval *value = iterator->funcs->get_current_data(iterator);
	zval key_value;
	zend_string *key = NULL;

	if (EG(exception) || value == NULL) {
		return ZEND_HASH_APPLY_STOP;
	}
	if (gather->where == KEYS_ARE_VALUES) {
		key = zval_try_get_string(value);
	} else if (iterator->funcs->get_current_key != NULL) {
		iterator->funcs->get_current_key(iterator, &key_value);
		if (!EG(exception)) {
			key = zval_try_get_string(&key_value);
		}
		zval_ptr_dtor(&key_value);
	} else {
		key = zend_long_to_str((zend_long) iterator->index);
	}
	if (key == NULL) {
		return ZEND_HASH_APPLY_STOP;
	}
	pairs_add(gather->given, key, value);
	return ZEND_HASH_APPLY_KEEP;
}

/* FAILURE: an exception was thrown. What was gathered is to be freed in any case. */
static zend_result gather(pairs *given, zval *iterable, keys_where where)
{
	gathering context = { given, where };

	memset(given, 0, sizeof(*given));
	if (Z_TYPE_P(iterable) == IS_ARRAY) {
		return gather_array(given, Z_ARRVAL_P(iterable), where);
	}
	spl_iterator_apply(iterable, gather_one, &context);
	return EG(exception) ? FAILURE : SUCCESS;
}

static quipu_key *keys_of(const pairs *given)
{
	quipu_key *keys = safe_emalloc(given->count, sizeof(*keys), sizeof(*keys));
	size_t at;

	for (at = 0; at < given->count; at++) {
		keys[at].bytes = ZSTR_VAL(given->keys[at]);
		keys[at].length = ZSTR_LEN(given->keys[at]);
	}
	return keys;
}

/* Room for the values of a getMany; those that do not fit are read one by one. */
#define MANY_BYTES 65536

/* What was read of a key, as PHP has it. The buffer has the bytes of what fitted. */
static quipu_status value_of(const quipu_table *handle, zend_string *key, const quipu_value *read, zval *otherwise,
	zval *result)
{
	quipu_status status;

	if (read->kind == QUIPU_BYTES && read->bytes == NULL) {
		status = quipu_php_read(handle, ZSTR_VAL(key), ZSTR_LEN(key), result, NULL);
		if (status != QUIPU_MISSING) {
			return status;
		}
	} else if (read->kind != QUIPU_NONE) {
		return quipu_php_decode(result, read) == SUCCESS ? QUIPU_OK : QUIPU_PHP_THROWN;
	}
	if (otherwise != NULL) {
		ZVAL_COPY_DEREF(result, otherwise);
	} else {
		ZVAL_NULL(result);
	}
	return QUIPU_OK;
}

/* Reads all keys into an array. The memory is PHP's, so that a bailout in between leaves nothing. */
static quipu_status get_all(const quipu_table *handle, const pairs *given, zval *otherwise, HashTable *array)
{
	quipu_key *keys = keys_of(given);
	quipu_value *values = safe_emalloc(given->count, sizeof(*values), sizeof(*values));
	char *buffer = emalloc(MANY_BYTES);
	quipu_status status = quipu_multi_get(handle, keys, given->count, buffer, MANY_BYTES, values, NULL);
	size_t at;

	if (status == QUIPU_OK || status == QUIPU_BUFFER_TOO_SMALL) {
		status = QUIPU_OK;
		for (at = 0; at < given->count && status == QUIPU_OK; at++) {
			zval value;

			status = value_of(handle, given->keys[at], &values[at], otherwise, &value);
			if (status == QUIPU_OK) {
				zend_symtable_update(array, given->keys[at], &value);
			}
		}
	}
	efree(buffer);
	efree(values);
	efree(keys);
	return status;
}

ZEND_METHOD(Quipu_Table, getMany)
{
	zval *iterable, *otherwise = NULL;
	pairs given;
	quipu_status status = QUIPU_PHP_THROWN;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_ITERABLE(iterable)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(otherwise)
	ZEND_PARSE_PARAMETERS_END();

	array_init(return_value);
	if (gather(&given, iterable, KEYS_ARE_VALUES) == SUCCESS) {
		status = get_all(QUIPU_PHP_THIS()->handle, &given, otherwise, Z_ARRVAL_P(return_value));
	}
	pairs_free(&given);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
	}
}

/* Serialises all values, and then stores them. */
static quipu_status set_all(const quipu_php_object *object, const pairs *given, int64_t ttl_ms)
{
	quipu_php_encoded *encoded = safe_emalloc(given->count, sizeof(*encoded), sizeof(*encoded));
	quipu_value *values = safe_emalloc(given->count, sizeof(*values), sizeof(*values));
	quipu_key *keys = keys_of(given);
	quipu_status status = QUIPU_OK;
	size_t at, made;

	for (made = 0; made < given->count && status == QUIPU_OK; made++) {
		if (quipu_php_encode(&encoded[made], &given->values[made], object->manner.serializer) == FAILURE) {
			status = QUIPU_PHP_THROWN;
			break;
		}
		values[made] = encoded[made].value;
	}
	if (status == QUIPU_OK) {
		status = quipu_multi_set(object->handle, keys, values, given->count, ttl_ms);
	}
	for (at = 0; at < made; at++) {
		quipu_php_encoded_release(&encoded[at]);
	}
	efree(keys);
	efree(values);
	efree(encoded);
	return status;
}

ZEND_METHOD(Quipu_Table, setMany)
{
	zval *iterable, *seconds = NULL;
	const quipu_php_object *object = QUIPU_PHP_THIS();
	pairs given;
	int64_t ttl_ms;
	quipu_status status = QUIPU_PHP_THROWN;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_ITERABLE(iterable)
		Z_PARAM_OPTIONAL
		Z_PARAM_NUMBER_OR_NULL(seconds)
	ZEND_PARSE_PARAMETERS_END();

	if (quipu_php_ttl(seconds, object->manner.ttl_ms, &ttl_ms, 2) == FAILURE) {
		RETURN_THROWS();
	}
	if (gather(&given, iterable, KEYS_ARE_KEYS) == SUCCESS) {
		status = set_all(object, &given, ttl_ms);
	}
	pairs_free(&given);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
	}
}

static quipu_status incr_all(const quipu_table *handle, const pairs *given, HashTable *array)
{
	quipu_key *keys = keys_of(given);
	int64_t *numbers = safe_emalloc(given->count, 2 * sizeof(*numbers), sizeof(*numbers));
	int64_t *sums = numbers + given->count;
	quipu_status status = QUIPU_OK;
	size_t at;

	for (at = 0; at < given->count; at++) {
		if (Z_TYPE(given->values[at]) != IS_LONG) {
			zend_argument_type_error(1, "must have ints as values, %s given for \"%s\"",
				zend_zval_type_name(&given->values[at]), ZSTR_VAL(given->keys[at]));
			status = QUIPU_PHP_THROWN;
			break;
		}
		numbers[at] = Z_LVAL(given->values[at]);
	}
	if (status == QUIPU_OK) {
		status = quipu_multi_incr(handle, keys, numbers, given->count, sums);
	}
	for (at = 0; at < given->count && status == QUIPU_OK; at++) {
		zval sum;

		ZVAL_LONG(&sum, sums[at]);
		zend_symtable_update(array, given->keys[at], &sum);
	}
	efree(numbers);
	efree(keys);
	return status;
}

ZEND_METHOD(Quipu_Table, incrMany)
{
	zval *iterable;
	pairs given;
	quipu_status status = QUIPU_PHP_THROWN;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ITERABLE(iterable)
	ZEND_PARSE_PARAMETERS_END();

	array_init(return_value);
	if (gather(&given, iterable, KEYS_ARE_KEYS) == SUCCESS) {
		status = incr_all(QUIPU_PHP_THIS()->handle, &given, Z_ARRVAL_P(return_value));
	}
	pairs_free(&given);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
	}
}

/* Deletes the keys with a prefix, and counts them. */
static quipu_status clear_prefix(const quipu_table *handle, const zend_string *prefix, uint64_t *count)
{
	quipu_scan *scan;
	quipu_item item;
	quipu_status status = quipu_scan_open(handle, ZSTR_VAL(prefix), ZSTR_LEN(prefix), QUIPU_CURSOR_START, &scan);

	if (status != QUIPU_OK) {
		return status;
	}
	*count = 0;
	while ((status = quipu_scan_next(scan, &item)) == QUIPU_OK) {
		status = quipu_delete(handle, item.key, item.key_length);
		if (status == QUIPU_OK) {
			*count += 1;
		} else if (status != QUIPU_MISSING) {
			break;
		}
	}
	quipu_scan_close(scan);
	return status == QUIPU_END ? QUIPU_OK : status;
}

ZEND_METHOD(Quipu_Table, clear)
{
	zend_string *prefix = NULL;
	const quipu_table *handle = QUIPU_PHP_THIS()->handle;
	uint64_t count = 0;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(prefix)
	ZEND_PARSE_PARAMETERS_END();

	if (prefix != NULL && ZSTR_LEN(prefix) > 0) {
		status = clear_prefix(handle, prefix, &count);
	} else {
		status = quipu_clear(handle, &count);
	}
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_LONG((zend_long) count);
}

/* Quipu\Table: the object, how it is opened, and reads and writes of one key. Numbers are in numbers.c, several keys in
 * many.c, conditions in compare.c, $table[...] in array.c. */
#include "php_quipu.h"
#include "zend_exceptions.h"
#include <math.h>

zend_class_entry *quipu_php_table_ce;
static zend_object_handlers table_handlers;

static zend_object *create_object(zend_class_entry *ce)
{
	quipu_php_object *object = zend_object_alloc(sizeof(*object), ce);

	object->table = NULL;
	object->handle = NULL;
	object->manner.ttl_ms = QUIPU_TTL_NEVER;
	object->manner.serializer = QUIPU_PHP_SERIALIZER_PHP;
	zend_object_std_init(&object->std, ce);
	object_properties_init(&object->std, ce);
	object->std.handlers = &table_handlers;
	return &object->std;
}

static void free_object(zend_object *std)
{
	quipu_php_object *object = quipu_php_object_of(std);

	if (object->table != NULL) {
		quipu_php_close(object->table);
		object->table = NULL;
		object->handle = NULL;
	}
	zend_object_std_dtor(std);
}

void quipu_php_table_startup(zend_class_entry *ce)
{
	quipu_php_table_ce = ce;
	ce->create_object = create_object;
	memcpy(&table_handlers, &std_object_handlers, sizeof(table_handlers));
	table_handlers.offset = XtOffsetOf(quipu_php_object, std);
	table_handlers.free_obj = free_object;
	table_handlers.clone_obj = NULL;
	quipu_php_array_startup(&table_handlers);
}

/* Never called: Table::open() makes the objects. */
ZEND_METHOD(Quipu_Table, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Quipu_Table, open)
{
	zend_string *name;
	HashTable *array = NULL;
	quipu_php_options options;
	quipu_php_manner manner;
	quipu_php_table *table;
	quipu_php_object *object;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(name)
		Z_PARAM_OPTIONAL
		Z_PARAM_ARRAY_HT(array)
	ZEND_PARSE_PARAMETERS_END();

	if (quipu_php_options_of_array(&options, &manner, array) == FAILURE) {
		RETURN_THROWS();
	}
	table = quipu_php_open(name, &options);
	if (table == NULL) {
		RETURN_THROWS();
	}
	object_init_ex(return_value, quipu_php_table_ce);
	object = quipu_php_object_of(Z_OBJ_P(return_value));
	object->table = table;
	object->handle = table->handle;
	object->manner = manner;
}

ZEND_METHOD(Quipu_Table, remove)
{
	zend_string *name;
	char *path;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(name)
	ZEND_PARSE_PARAMETERS_END();

	path = quipu_php_path_of(name, false);
	if (path == NULL) {
		RETURN_THROWS();
	}
	status = quipu_php_may_remove(path) ? quipu_remove(path) : QUIPU_PHP_THROWN;
	efree(path);
	if (status != QUIPU_OK && status != QUIPU_TABLE_NOT_FOUND) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_BOOL(status == QUIPU_OK);
}

ZEND_METHOD(Quipu_Table, get)
{
	zend_string *key;
	zval *otherwise = NULL;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(otherwise)
	ZEND_PARSE_PARAMETERS_END();

	status = quipu_php_read(QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key), return_value, NULL);
	if (EXPECTED(status == QUIPU_OK)) {
		return;
	}
	if (UNEXPECTED(status != QUIPU_MISSING)) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	if (otherwise != NULL) {
		RETURN_COPY_DEREF(otherwise);
	}
}

/* What set, add and replace have in common: a key, a value and a time to live. */
typedef quipu_status (*writer)(const quipu_table *table, const void *key, size_t key_length, const quipu_value *value,
	int64_t ttl_ms);

static zend_always_inline quipu_status write_by(writer write, INTERNAL_FUNCTION_PARAMETERS)
{
	zend_string *key;
	zval *value, *seconds = NULL;
	quipu_php_object *object = QUIPU_PHP_THIS();
	quipu_php_encoded encoded;
	int64_t ttl_ms;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(2, 3)
		Z_PARAM_STR(key)
		Z_PARAM_ZVAL(value)
		Z_PARAM_OPTIONAL
		Z_PARAM_NUMBER_OR_NULL(seconds)
	ZEND_PARSE_PARAMETERS_END_EX(return QUIPU_PHP_THROWN);

	if (UNEXPECTED(quipu_php_ttl(seconds, object->manner.ttl_ms, &ttl_ms, 3) == FAILURE)
		|| UNEXPECTED(quipu_php_encode(&encoded, value, object->manner.serializer) == FAILURE)) {
		return QUIPU_PHP_THROWN;
	}
	status = write(object->handle, ZSTR_VAL(key), ZSTR_LEN(key), &encoded.value, ttl_ms);
	quipu_php_encoded_release(&encoded);
	return status;
}

/* The answer of a method that says whether it did. */
static void return_whether(zval *return_value, quipu_status status, quipu_status no)
{
	if (status == QUIPU_OK || status == no) {
		RETURN_BOOL(status == QUIPU_OK);
	}
	quipu_php_throw(status);
}

ZEND_METHOD(Quipu_Table, set)
{
	quipu_status status = write_by(quipu_set, INTERNAL_FUNCTION_PARAM_PASSTHRU);

	if (UNEXPECTED(status != QUIPU_OK)) {
		quipu_php_throw(status);
	}
}

ZEND_METHOD(Quipu_Table, add)
{
	return_whether(return_value, write_by(quipu_add, INTERNAL_FUNCTION_PARAM_PASSTHRU), QUIPU_EXISTS);
}

ZEND_METHOD(Quipu_Table, replace)
{
	return_whether(return_value, write_by(quipu_replace, INTERNAL_FUNCTION_PARAM_PASSTHRU), QUIPU_MISSING);
}

/* What takes a key and says whether there is or was one. */
typedef quipu_status (*asker)(const quipu_table *table, const void *key, size_t key_length);

static void ask_by(asker ask, INTERNAL_FUNCTION_PARAMETERS)
{
	zend_string *key;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(key)
	ZEND_PARSE_PARAMETERS_END();

	return_whether(return_value, ask(QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key)), QUIPU_MISSING);
}

ZEND_METHOD(Quipu_Table, delete)
{
	ask_by(quipu_delete, INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Quipu_Table, exists)
{
	ask_by(quipu_exists, INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Quipu_Table, persist)
{
	ask_by(quipu_persist, INTERNAL_FUNCTION_PARAM_PASSTHRU);
}

ZEND_METHOD(Quipu_Table, touch)
{
	zend_string *key;
	zval *seconds = NULL;
	quipu_php_object *object = QUIPU_PHP_THIS();
	int64_t ttl_ms;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_NUMBER_OR_NULL(seconds)
	ZEND_PARSE_PARAMETERS_END();

	if (quipu_php_ttl(seconds, object->manner.ttl_ms, &ttl_ms, 2) == FAILURE) {
		RETURN_THROWS();
	}
	return_whether(return_value, quipu_touch(object->handle, ZSTR_VAL(key), ZSTR_LEN(key), ttl_ms), QUIPU_MISSING);
}

ZEND_METHOD(Quipu_Table, expire)
{
	zend_string *key;
	zval *number;
	const quipu_table *handle = QUIPU_PHP_THIS()->handle;
	double seconds;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_STR(key)
		Z_PARAM_NUMBER(number)
	ZEND_PARSE_PARAMETERS_END();

	seconds = zval_get_double(number);
	if (isnan(seconds)) {
		zend_argument_value_error(2, "must be a number of seconds");
		RETURN_THROWS();
	}
	if (seconds <= 0) {
		status = quipu_delete(handle, ZSTR_VAL(key), ZSTR_LEN(key));
	} else {
		status = quipu_touch(handle, ZSTR_VAL(key), ZSTR_LEN(key),
			isinf(seconds) ? QUIPU_TTL_NEVER : quipu_php_milliseconds(seconds));
	}
	return_whether(return_value, status, QUIPU_MISSING);
}

ZEND_METHOD(Quipu_Table, ttl)
{
	zend_string *key;
	int64_t ttl_ms;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(key)
	ZEND_PARSE_PARAMETERS_END();

	status = quipu_ttl(QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key), &ttl_ms);
	if (status == QUIPU_OK) {
		RETURN_DOUBLE(ttl_ms == QUIPU_TTL_NEVER ? ZEND_INFINITY : (double) ttl_ms / 1000);
	}
	if (status != QUIPU_MISSING) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
}

ZEND_METHOD(Quipu_Table, getDelete)
{
	zend_string *key;
	zval *otherwise = NULL;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(1, 2)
		Z_PARAM_STR(key)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(otherwise)
	ZEND_PARSE_PARAMETERS_END();

	status = quipu_php_read_by(quipu_get_and_delete, QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key), return_value,
		NULL);
	if (status == QUIPU_MISSING) {
		if (otherwise != NULL) {
			RETURN_COPY_DEREF(otherwise);
		}
	} else if (status != QUIPU_OK) {
		quipu_php_throw(status);
	}
}

/* Adds the suffix to a string that is there. With the token of what was read, so that a value with a tag that somebody
 * stores in between is not appended to. The time to live stays. */
static quipu_status append_to(const quipu_table *handle, zend_string *key, zend_string *suffix, size_t *length)
{
	zval before;
	quipu_value seen, value = { .kind = QUIPU_BYTES, .flags = QUIPU_TAG_RAW };
	zend_string *after;
	quipu_status status = quipu_php_read(handle, ZSTR_VAL(key), ZSTR_LEN(key), &before, &seen);

	if (status != QUIPU_OK) {
		return status;
	}
	if (seen.kind != QUIPU_BYTES || seen.flags != QUIPU_TAG_RAW || Z_TYPE(before) != IS_STRING) {
		zval_ptr_dtor(&before);
		quipu_php_throw_text(QUIPU_WRONG_TYPE, "the value is no string: delete the key first, or use the method of its "
			"type");
		return QUIPU_PHP_THROWN;
	}
	after = quipu_php_string_alloc(Z_STRLEN(before) + ZSTR_LEN(suffix));
	if (after == NULL) {
		zval_ptr_dtor(&before);
		return QUIPU_PHP_THROWN;
	}
	memcpy(ZSTR_VAL(after), Z_STRVAL(before), Z_STRLEN(before));
	memcpy(ZSTR_VAL(after) + Z_STRLEN(before), ZSTR_VAL(suffix), ZSTR_LEN(suffix) + 1);
	zval_ptr_dtor(&before);
	value.bytes = ZSTR_VAL(after);
	value.length = *length = ZSTR_LEN(after);
	status = quipu_compare_and_set(handle, ZSTR_VAL(key), ZSTR_LEN(key), &seen.token, &value, QUIPU_TTL_KEEP);
	zend_string_release(after);
	return status;
}

ZEND_METHOD(Quipu_Table, append)
{
	zend_string *key, *suffix;
	quipu_php_object *object = QUIPU_PHP_THIS();
	quipu_value value = { .kind = QUIPU_BYTES, .flags = QUIPU_TAG_RAW };
	size_t length = 0;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_STR(key)
		Z_PARAM_STR(suffix)
	ZEND_PARSE_PARAMETERS_END();

	value.bytes = ZSTR_VAL(suffix);
	value.length = ZSTR_LEN(suffix);
	do {
		status = append_to(object->handle, key, suffix, &length);
		if (status == QUIPU_MISSING) {
			length = ZSTR_LEN(suffix);
			status = quipu_add(object->handle, ZSTR_VAL(key), ZSTR_LEN(key), &value, object->manner.ttl_ms);
		}
		/* Somebody was faster. */
	} while (status == QUIPU_EXISTS || status == QUIPU_CHANGED);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_LONG((zend_long) length);
}

ZEND_METHOD(Quipu_Table, scan)
{
	zend_string *prefix = NULL;

	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_STR(prefix)
	ZEND_PARSE_PARAMETERS_END();

	quipu_php_scan_create(return_value, QUIPU_PHP_THIS()->table, prefix != NULL ? ZSTR_VAL(prefix) : "",
		prefix != NULL ? ZSTR_LEN(prefix) : 0);
}

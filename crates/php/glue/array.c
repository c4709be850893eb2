/* Quipu\Table as an array: $table[...], isset, unset, count() and foreach. The handlers are what the engine of PHP calls;
 * the methods are there for those who call them by name. */
#include "php_quipu.h"
#include "zend_exceptions.h"

/* A key of an array: an int or a string, or what PHP makes a string of. */
typedef struct {
	const char *bytes;
	size_t length;
	zend_string *made;
	char digits[MAX_LENGTH_OF_LONG + 1];
} offset;

static bool offset_of(offset *key, zval *given)
{
	key->made = NULL;
	ZVAL_DEREF(given);
	if (EXPECTED(Z_TYPE_P(given) == IS_STRING)) {
		key->bytes = Z_STRVAL_P(given);
		key->length = Z_STRLEN_P(given);
		return true;
	}
	if (Z_TYPE_P(given) == IS_LONG) {
		char *end = key->digits + sizeof(key->digits) - 1;

		key->bytes = zend_print_long_to_buf(end, Z_LVAL_P(given));
		key->length = (size_t) (end - key->bytes);
		return true;
	}
	if (Z_TYPE_P(given) == IS_ARRAY || Z_TYPE_P(given) == IS_RESOURCE) {
		zend_type_error("Illegal offset type: a key of a Quipu\\Table is a string or an int");
		return false;
	}
	key->made = zval_try_get_string(given);
	if (key->made == NULL) {
		return false;
	}
	key->bytes = ZSTR_VAL(key->made);
	key->length = ZSTR_LEN(key->made);
	return true;
}

static void offset_release(offset *key)
{
	if (UNEXPECTED(key->made != NULL)) {
		zend_string_release(key->made);
	}
}

/* Reads; a miss is null, with the warning of an array if the script wants to hear of it. */
static void read_offset(const quipu_php_object *object, zval *given, bool is_quiet, zval *result)
{
	offset key;
	quipu_status status;

	ZVAL_NULL(result);
	if (!offset_of(&key, given)) {
		return;
	}
	status = quipu_php_read(object->handle, key.bytes, key.length, result, NULL);
	if (status == QUIPU_MISSING && !is_quiet) {
		zend_error(E_WARNING, "Undefined array key \"%.*s\"", (int) MIN(key.length, 1024), key.bytes);
	} else if (status != QUIPU_OK && status != QUIPU_MISSING) {
		quipu_php_throw(status);
	}
	offset_release(&key);
}

static void write_offset(const quipu_php_object *object, zval *given, zval *value)
{
	offset key;
	quipu_php_encoded encoded;
	quipu_status status = QUIPU_PHP_THROWN;

	if (given == NULL || Z_TYPE_P(given) == IS_NULL) {
		zend_throw_error(NULL, "Cannot append to a Quipu\\Table: it needs a key");
		return;
	}
	if (!offset_of(&key, given)) {
		return;
	}
	if (quipu_php_encode(&encoded, value, object->manner.serializer) == SUCCESS) {
		status = quipu_set(object->handle, key.bytes, key.length, &encoded.value, object->manner.ttl_ms);
		quipu_php_encoded_release(&encoded);
	}
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
	}
	offset_release(&key);
}

static bool has_offset(const quipu_php_object *object, zval *given)
{
	offset key;
	quipu_status status;

	if (!offset_of(&key, given)) {
		return false;
	}
	status = quipu_exists(object->handle, key.bytes, key.length);
	if (status != QUIPU_OK && status != QUIPU_MISSING) {
		quipu_php_throw(status);
	}
	offset_release(&key);
	return status == QUIPU_OK;
}

static void unset_offset(const quipu_php_object *object, zval *given)
{
	offset key;
	quipu_status status;

	if (!offset_of(&key, given)) {
		return;
	}
	status = quipu_delete(object->handle, key.bytes, key.length);
	if (status != QUIPU_OK && status != QUIPU_MISSING) {
		quipu_php_throw(status);
	}
	offset_release(&key);
}

static zval *read_dimension(zend_object *object, zval *given, int type, zval *result)
{
	if (given == NULL) {
		zend_throw_error(NULL, "Cannot append to a Quipu\\Table: it needs a key");
		return NULL;
	}
	if (type != BP_VAR_R && type != BP_VAR_IS) {
		zend_throw_error(NULL, "Cannot change a value of a Quipu\\Table in place: read it, change it, and store it "
			"(cas() if others write it too)");
		return NULL;
	}
	read_offset(quipu_php_object_of(object), given, type == BP_VAR_IS, result);
	return EG(exception) ? NULL : result;
}

static void write_dimension(zend_object *object, zval *given, zval *value)
{
	write_offset(quipu_php_object_of(object), given, value);
}

/* isset(): there is such a key, and it is not null. empty(): there is none, or it is like false. */
static int has_dimension(zend_object *object, zval *given, int check_empty)
{
	zval value;
	int result;

	read_offset(quipu_php_object_of(object), given, true, &value);
	result = check_empty ? zend_is_true(&value) : Z_TYPE(value) != IS_NULL;
	zval_ptr_dtor(&value);
	return result;
}

static void unset_dimension(zend_object *object, zval *given)
{
	unset_offset(quipu_php_object_of(object), given);
}

static quipu_status count_entries(const quipu_php_object *object, zend_long *count)
{
	uint64_t length = 0;
	quipu_status status = quipu_len(object->handle, &length);

	*count = (zend_long) length;
	return status;
}

static int count_elements(zend_object *object, zend_long *count)
{
	quipu_status status = count_entries(quipu_php_object_of(object), count);

	if (status != QUIPU_OK) {
		quipu_php_throw(status);
		return FAILURE;
	}
	return SUCCESS;
}

void quipu_php_array_startup(zend_object_handlers *handlers)
{
	handlers->read_dimension = read_dimension;
	handlers->write_dimension = write_dimension;
	handlers->has_dimension = has_dimension;
	handlers->unset_dimension = unset_dimension;
	handlers->count_elements = count_elements;
}

ZEND_METHOD(Quipu_Table, offsetExists)
{
	zval *given;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(given)
	ZEND_PARSE_PARAMETERS_END();
	RETURN_BOOL(has_offset(QUIPU_PHP_THIS(), given));
}

ZEND_METHOD(Quipu_Table, offsetGet)
{
	zval *given;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(given)
	ZEND_PARSE_PARAMETERS_END();
	read_offset(QUIPU_PHP_THIS(), given, false, return_value);
}

ZEND_METHOD(Quipu_Table, offsetSet)
{
	zval *given, *value;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_ZVAL(given)
		Z_PARAM_ZVAL(value)
	ZEND_PARSE_PARAMETERS_END();
	write_offset(QUIPU_PHP_THIS(), given, value);
}

ZEND_METHOD(Quipu_Table, offsetUnset)
{
	zval *given;

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_ZVAL(given)
	ZEND_PARSE_PARAMETERS_END();
	unset_offset(QUIPU_PHP_THIS(), given);
}

ZEND_METHOD(Quipu_Table, count)
{
	zend_long count;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_NONE();
	status = count_entries(QUIPU_PHP_THIS(), &count);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_LONG(count);
}

ZEND_METHOD(Quipu_Table, getIterator)
{
	ZEND_PARSE_PARAMETERS_NONE();
	quipu_php_scan_create(return_value, QUIPU_PHP_THIS()->table, "", 0);
}

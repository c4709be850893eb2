/* Values of PHP as values of a table, and back. What the bytes of a value mean is said by its flags: the tags of
 * docs/format.md, which other languages read too. */
#include "php_quipu.h"
#include "ext/json/php_json.h"
#include "ext/standard/basic_functions.h"
#include "ext/standard/php_var.h"
#include "zend_exceptions.h"
#include "zend_smart_str.h"
#include <dlfcn.h>
#include <float.h>

/* Values up to this length are read into the stack, longer ones right into a string of PHP: so no buffer is shared, and
 * a read may happen within the __wakeup() of another. */
#define SMALL_VALUE_BYTES 8192

/* igbinary is asked for when it is needed, so that we are loaded without it too. */
typedef int (*igbinary_serialize_function)(uint8_t **result, size_t *length, zval *value);
typedef int (*igbinary_unserialize_function)(const uint8_t *bytes, size_t length, zval *result);

static void *igbinary_function(const char *name)
{
	zend_module_entry *module = zend_hash_str_find_ptr(&module_registry, "igbinary", sizeof("igbinary") - 1);

	if (module == NULL) {
		return NULL;
	}
	return dlsym(module->handle != NULL ? module->handle : RTLD_DEFAULT, name);
}

bool quipu_php_has_igbinary(void)
{
	return igbinary_function("igbinary_serialize") != NULL && igbinary_function("igbinary_unserialize") != NULL;
}

static zend_string *serialize_php(zval *value)
{
	php_serialize_data_t data;
	smart_str buffer = {0};

	/* Within __serialize() of another value: ours has numbers of its own. A bailout resets it with the request. */
	BG(serialize_lock)++;
	PHP_VAR_SERIALIZE_INIT(data);
	php_var_serialize(&buffer, value, &data);
	PHP_VAR_SERIALIZE_DESTROY(data);
	BG(serialize_lock)--;
	if (EG(exception)) {
		smart_str_free(&buffer);
		return NULL;
	}
	return smart_str_extract(&buffer);
}

static zend_string *serialize_igbinary(zval *value)
{
	igbinary_serialize_function serialize = (igbinary_serialize_function) igbinary_function("igbinary_serialize");
	zend_string *result = NULL;
	uint8_t *bytes = NULL;
	size_t length = 0;

	if (serialize != NULL && serialize(&bytes, &length, value) == 0 && bytes != NULL) {
		result = zend_string_init((const char *) bytes, length, 0);
		efree(bytes);
	}
	if (EG(exception) && result != NULL) {
		zend_string_release(result);
		return NULL;
	}
	if (result == NULL && !EG(exception)) {
		quipu_php_throw_serialization("igbinary cannot serialise the value");
	}
	return result;
}

static zend_string *serialize_json(zval *value)
{
	smart_str buffer = {0};
	int options = PHP_JSON_UNESCAPED_SLASHES | PHP_JSON_UNESCAPED_UNICODE | PHP_JSON_PRESERVE_ZERO_FRACTION;

	/* It succeeds with NAN too, and says so in the error code alone. */
	if (php_json_encode_ex(&buffer, value, options, PHP_JSON_PARSER_DEFAULT_DEPTH) == FAILURE || EG(exception)
		|| JSON_G(error_code) != PHP_JSON_ERROR_NONE) {
		smart_str_free(&buffer);
		/* An exception of the object's own is told as it is. */
		if (!EG(exception)) {
			quipu_php_throw_serialization("the value is no JSON (texts must be UTF-8, floats finite, and nothing may contain "
				"itself): change it, or use another serializer");
		}
		return NULL;
	}
	smart_str_0(&buffer);
	return smart_str_extract(&buffer);
}

static zend_result encode_by_serializer(quipu_php_encoded *encoded, zval *value, quipu_php_serializer serializer)
{
	switch (serializer) {
		case QUIPU_PHP_SERIALIZER_IGBINARY:
			encoded->value.flags = QUIPU_TAG_IGBINARY;
			encoded->made = serialize_igbinary(value);
			break;
		case QUIPU_PHP_SERIALIZER_JSON:
			encoded->value.flags = QUIPU_TAG_JSON;
			encoded->made = serialize_json(value);
			break;
		default:
			encoded->value.flags = QUIPU_TAG_PHP;
			encoded->made = serialize_php(value);
			break;
	}
	if (encoded->made == NULL) {
		return FAILURE;
	}
	encoded->value.bytes = ZSTR_VAL(encoded->made);
	encoded->value.length = ZSTR_LEN(encoded->made);
	return SUCCESS;
}

zend_result quipu_php_encode(quipu_php_encoded *encoded, zval *value, quipu_php_serializer serializer)
{
	quipu_value *out = &encoded->value;

	encoded->made = NULL;
	out->kind = QUIPU_BYTES;
	out->flags = QUIPU_TAG_RAW;
	out->bytes = NULL;
	out->length = 0;
	ZVAL_DEREF(value);
	switch (Z_TYPE_P(value)) {
		case IS_STRING:
			out->bytes = Z_STRVAL_P(value);
			out->length = Z_STRLEN_P(value);
			return SUCCESS;
		case IS_LONG:
			out->kind = QUIPU_INTEGER;
			out->integer = Z_LVAL_P(value);
			return SUCCESS;
		case IS_DOUBLE:
			out->kind = QUIPU_FLOAT;
			out->real = Z_DVAL_P(value);
			return SUCCESS;
		case IS_TRUE:
		case IS_FALSE:
			encoded->truth = Z_TYPE_P(value) == IS_TRUE;
			out->flags = QUIPU_TAG_BOOLEAN;
			out->bytes = &encoded->truth;
			out->length = 1;
			return SUCCESS;
		case IS_UNDEF:
		case IS_NULL:
			out->flags = QUIPU_TAG_NULL;
			return SUCCESS;
		case IS_RESOURCE:
			quipu_php_throw_serialization("a resource cannot be stored: store what it was made from");
			return FAILURE;
		default:
			return encode_by_serializer(encoded, value, serializer);
	}
}

static zend_result decode_php(zval *result, const char *bytes, size_t length)
{
	php_unserialize_data_t data;
	const unsigned char *at = (const unsigned char *) bytes;
	int is_done;

	/* As in serialize_php. */
	BG(serialize_lock)++;
	PHP_VAR_UNSERIALIZE_INIT(data);
	is_done = php_var_unserialize(result, &at, (const unsigned char *) bytes + length, &data);
	PHP_VAR_UNSERIALIZE_DESTROY(data);
	BG(serialize_lock)--;
	if (Z_ISREF_P(result)) {
		zend_unwrap_reference(result);
	}
	return is_done ? SUCCESS : FAILURE;
}

static zend_result decode_igbinary(zval *result, const char *bytes, size_t length)
{
	igbinary_unserialize_function unserialize =
		(igbinary_unserialize_function) igbinary_function("igbinary_unserialize");

	if (unserialize == NULL) {
		quipu_php_throw_serialization("the value was written by igbinary, which is not loaded here: load it");
		return FAILURE;
	}
	return unserialize((const uint8_t *) bytes, length, result) == 0 ? SUCCESS : FAILURE;
}

static zend_result decode_json(zval *result, const char *bytes, size_t length)
{
	/* The parser wants a NUL behind the text. */
	zend_string *text = zend_string_init(bytes, length, 0);

	php_json_decode_ex(result, ZSTR_VAL(text), ZSTR_LEN(text), PHP_JSON_OBJECT_AS_ARRAY | PHP_JSON_THROW_ON_ERROR,
		PHP_JSON_PARSER_DEFAULT_DEPTH);
	zend_string_release(text);
	if (!EG(exception)) {
		return SUCCESS;
	}
	quipu_php_throw_serialization("the value is no JSON, as its tag says: see the exception before this one, and set it "
		"anew");
	return FAILURE;
}

static zend_result decode_tagged(zval *result, const quipu_value *read)
{
	switch (read->flags) {
		case QUIPU_TAG_NULL:
			return SUCCESS;
		case QUIPU_TAG_BOOLEAN:
			if (read->length != 1) {
				return FAILURE;
			}
			ZVAL_BOOL(result, *(const char *) read->bytes != 0);
			return SUCCESS;
		case QUIPU_TAG_JSON:
			return decode_json(result, read->bytes, read->length);
		case QUIPU_TAG_PHP:
			return decode_php(result, read->bytes, read->length);
		case QUIPU_TAG_IGBINARY:
			return decode_igbinary(result, read->bytes, read->length);
		case QUIPU_TAG_MSGPACK:
		case QUIPU_TAG_PICKLE:
			quipu_php_throw_serialization("the value was written as %s, which is not read here: have its writer use "
				"JSON", read->flags == QUIPU_TAG_PICKLE ? "a pickle of Python" : "MessagePack");
			return FAILURE;
		default:
			/* What its writer means by the flags only its writer knows. */
			ZVAL_STRINGL_FAST(result, read->bytes, read->length);
			return SUCCESS;
	}
}

zend_result quipu_php_decode(zval *result, const quipu_value *read)
{
	switch (read->kind) {
		case QUIPU_INTEGER:
			ZVAL_LONG(result, read->integer);
			return SUCCESS;
		case QUIPU_FLOAT:
			ZVAL_DOUBLE(result, read->real);
			return SUCCESS;
		case QUIPU_BYTES:
			break;
		default:
			ZVAL_NULL(result);
			return SUCCESS;
	}
	if (EXPECTED(read->flags == QUIPU_TAG_RAW)) {
		ZVAL_STRINGL_FAST(result, read->bytes, read->length);
		return SUCCESS;
	}
	ZVAL_NULL(result);
	if (decode_tagged(result, read) == SUCCESS && !EG(exception)) {
		return SUCCESS;
	}
	if (!EG(exception)) {
		quipu_php_throw_serialization("the bytes of the value are not what their tag says: its writer made a mistake, "
			"so set it anew");
	}
	zval_ptr_dtor(result);
	ZVAL_NULL(result);
	return FAILURE;
}

/* What PHP takes from the system at a time for all but its largest strings. */
#define CHUNK_BYTES ((size_t) 2 * 1024 * 1024)

zend_string *quipu_php_string_alloc(size_t length)
{
	const size_t needed = length + CHUNK_BYTES / 256, taken = zend_memory_usage(1);
	size_t limit, left;
	zend_string *string = NULL;

	if (PG(memory_limit) <= 0) {
		return zend_string_alloc(length, 0);
	}
	limit = (size_t) PG(memory_limit);
	left = limit > taken ? limit - taken : 0;
	if (EXPECTED(left >= needed + CHUNK_BYTES)) {
		return zend_string_alloc(length, 0);
	}
	/* Perhaps it fits into what PHP has taken already: only an allocation can tell. Beyond the limit it would be a fatal
	 * error, so the limit is moved until it is known. */
	if (length < CHUNK_BYTES || left >= length) {
		zend_set_memory_limit(limit + needed + CHUNK_BYTES);
		string = zend_string_alloc(length, 0);
		if (zend_memory_usage(1) > limit) {
			zend_string_efree(string);
			string = NULL;
		}
		zend_set_memory_limit(limit);
	}
	if (string == NULL) {
		quipu_php_throw_memory("the value has %zu bytes, and memory_limit leaves room for %zu: raise memory_limit, or "
			"store it in parts", length, left);
	}
	return string;
}

/* Reads a value that is too long for the stack. `read` says how long it was. */
static quipu_status read_long(quipu_php_reader reader, const quipu_table *table, const char *key, size_t key_length,
	zval *result, quipu_value *read)
{
	quipu_status status;

	do {
		size_t length = read->length;
		zend_string *bytes = quipu_php_string_alloc(length);

		if (bytes == NULL) {
			return QUIPU_PHP_THROWN;
		}
		status = reader(table, key, key_length, ZSTR_VAL(bytes), length, read);
		if (status == QUIPU_OK && read->kind == QUIPU_BYTES && read->flags == QUIPU_TAG_RAW) {
			/* It may have become shorter in between. */
			bytes = zend_string_truncate(bytes, read->length, 0);
			ZSTR_VAL(bytes)[read->length] = '\0';
			ZVAL_NEW_STR(result, bytes);
			return QUIPU_OK;
		}
		if (status == QUIPU_OK && quipu_php_decode(result, read) == FAILURE) {
			status = QUIPU_PHP_THROWN;
		}
		zend_string_release(bytes);
	} while (status == QUIPU_BUFFER_TOO_SMALL);
	return status;
}

quipu_status quipu_php_read_by(quipu_php_reader reader, const quipu_table *table, const char *key, size_t key_length,
	zval *result, quipu_value *read_or_null)
{
	char small[SMALL_VALUE_BYTES];
	quipu_value own;
	quipu_value *read = read_or_null != NULL ? read_or_null : &own;
	quipu_status status = reader(table, key, key_length, small, sizeof(small), read);

	if (EXPECTED(status == QUIPU_OK)) {
		return EXPECTED(quipu_php_decode(result, read) == SUCCESS) ? QUIPU_OK : QUIPU_PHP_THROWN;
	}
	if (status == QUIPU_BUFFER_TOO_SMALL) {
		return read_long(reader, table, key, key_length, result, read);
	}
	return status;
}

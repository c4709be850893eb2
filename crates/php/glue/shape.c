/* One entry of the cache, for the functions in APCu's shape. */
#include "shape.h"
#include "zend_exceptions.h"

/* A table that is removed again and again is somebody's mistake. */
#define ROUNDS_MAX 3
/* Of an entry, and of a block beside it (docs/format.md, 4 and 6). */
#define CELL_BYTES 64
#define BLOCK_HEADER_BYTES 24
#define KEY_INLINE_BYTES_MAX 40
#define VALUE_INLINE_BYTES_MAX 7

void quipu_php_key_make(quipu_php_key *key, const char *space, const char *bytes, size_t length)
{
	const char *prefix = QUIPU_G(prefix) != NULL ? QUIPU_G(prefix) : "";
	size_t prefix_length = strlen(prefix), space_length = strlen(space);
	char *at = key->small;

	key->length = prefix_length + space_length + length;
	key->allocated = NULL;
	if (UNEXPECTED(key->length > sizeof(key->small))) {
		at = key->allocated = safe_emalloc(1, length, prefix_length + space_length);
	}
	key->bytes = at;
	memcpy(at, prefix, prefix_length);
	memcpy(at + prefix_length, space, space_length);
	memcpy(at + prefix_length + space_length, bytes, length);
}

bool quipu_php_again(quipu_status status, int *rounds)
{
	if (EXPECTED(status != QUIPU_REMOVED) || ++*rounds >= ROUNDS_MAX) {
		return false;
	}
	quipu_php_forget_default_table();
	return true;
}

quipu_status quipu_php_cache_read(zval *result, zend_string *name, quipu_value *read)
{
	quipu_php_table *table = quipu_php_default_table();
	quipu_php_key key;
	quipu_status status;

	if (UNEXPECTED(table == NULL)) {
		return QUIPU_PHP_THROWN;
	}
	quipu_php_key_make(&key, QUIPU_PHP_CACHE_SPACE, ZSTR_VAL(name), ZSTR_LEN(name));
	status = quipu_php_read(table->handle, key.bytes, key.length, result, read);
	quipu_php_key_release(&key);
	if (EXPECTED(status == QUIPU_OK || status == QUIPU_MISSING)) {
		return status;
	}
	quipu_php_throw(status);
	return QUIPU_PHP_THROWN;
}

/* What is stored with a time that is over: nothing. */
static quipu_status write_ended(quipu_php_writer writer, const quipu_table *table, const quipu_php_key *key)
{
	quipu_status status;

	if (writer == quipu_add) {
		status = quipu_exists(table, key->bytes, key->length);
		return status == QUIPU_OK ? QUIPU_EXISTS : status == QUIPU_MISSING ? QUIPU_OK : status;
	}
	status = quipu_delete(table, key->bytes, key->length);
	return status == QUIPU_MISSING ? QUIPU_OK : status;
}

bool quipu_php_cache_write(quipu_php_writer writer, zend_string *name, zval *value, zend_long ttl)
{
	quipu_php_encoded encoded;
	quipu_php_key key;
	quipu_status status;
	int rounds = 0;

	if (UNEXPECTED(Z_TYPE_P(value) == IS_RESOURCE)) {
		php_error_docref(NULL, E_WARNING, "A resource cannot be stored");
		return false;
	}
	if (quipu_php_encode(&encoded, value, QUIPU_PHP_SERIALIZER_PHP) == FAILURE) {
		return false;
	}
	quipu_php_key_make(&key, QUIPU_PHP_CACHE_SPACE, ZSTR_VAL(name), ZSTR_LEN(name));
	do {
		quipu_php_table *table = quipu_php_default_table();

		if (table == NULL) {
			status = QUIPU_PHP_THROWN;
		} else if (UNEXPECTED(ttl < 0)) {
			status = write_ended(writer, table->handle, &key);
		} else {
			status = writer(table->handle, key.bytes, key.length, &encoded.value,
				ttl == 0 ? QUIPU_TTL_NEVER : quipu_php_milliseconds((double) ttl));
		}
	} while (quipu_php_again(status, &rounds));
	quipu_php_key_release(&key);
	quipu_php_encoded_release(&encoded);
	/* No room for it is what a cache is used to. */
	if (UNEXPECTED(status != QUIPU_OK && status != QUIPU_EXISTS && status != QUIPU_FULL
			&& status != QUIPU_VALUE_TOO_LONG)) {
		quipu_php_throw(status);
	}
	return status == QUIPU_OK;
}

bool quipu_php_cache_delete(const char *name, size_t length)
{
	quipu_php_key key;
	quipu_status status;
	int rounds = 0;

	quipu_php_key_make(&key, QUIPU_PHP_CACHE_SPACE, name, length);
	do {
		quipu_php_table *table = quipu_php_default_table();

		status = table == NULL ? QUIPU_PHP_THROWN : quipu_delete(table->handle, key.bytes, key.length);
	} while (quipu_php_again(status, &rounds));
	quipu_php_key_release(&key);
	if (UNEXPECTED(status != QUIPU_OK && status != QUIPU_MISSING)) {
		quipu_php_throw(status);
	}
	return status == QUIPU_OK;
}

zend_long quipu_php_entry_bytes(size_t key_length, const quipu_value *value)
{
	size_t bytes = CELL_BYTES;

	if (key_length > KEY_INLINE_BYTES_MAX) {
		bytes += ZEND_MM_ALIGNED_SIZE_EX(BLOCK_HEADER_BYTES + key_length, CELL_BYTES);
	}
	if (value->kind == QUIPU_BYTES && value->length > VALUE_INLINE_BYTES_MAX) {
		bytes += ZEND_MM_ALIGNED_SIZE_EX(BLOCK_HEADER_BYTES + value->length, CELL_BYTES);
	}
	return (zend_long) bytes;
}

zend_long quipu_php_ttl_seconds(const quipu_value *value)
{
	if (value->ttl_ms == QUIPU_TTL_NEVER) {
		return 0;
	}
	/* Less than a second is not for ever; and what was rounded up to ticks is no second more. */
	return value->ttl_ms < 1000 ? 1 : (zend_long) ((value->ttl_ms + 500) / 1000);
}

/* Quipu\Table: writes that happen only if the entry is as it was read. A token is 32 hexadecimal digits, as the command
 * and Rust show it. */
#include "php_quipu.h"
#include "zend_exceptions.h"
#include <inttypes.h>

#define TOKEN_DIGITS 32

static zend_string *text_of_token(const quipu_token *token)
{
	return zend_strpprintf(TOKEN_DIGITS, "%016" PRIx64 "%016" PRIx64, token->words[0], token->words[1]);
}

static bool parse_token(const zend_string *text, quipu_token *token)
{
	size_t at;

	if (ZSTR_LEN(text) != TOKEN_DIGITS) {
		return false;
	}
	token->words[0] = token->words[1] = 0;
	for (at = 0; at < TOKEN_DIGITS; at++) {
		char digit = ZSTR_VAL(text)[at];
		uint64_t *word = &token->words[at / 16];

		if (digit >= '0' && digit <= '9') {
			*word = *word << 4 | (uint64_t) (digit - '0');
		} else if (digit >= 'a' && digit <= 'f') {
			*word = *word << 4 | (uint64_t) (digit - 'a' + 10);
		} else {
			return false;
		}
	}
	return true;
}

ZEND_METHOD(Quipu_Table, gets)
{
	zend_string *key;
	zval *token;
	quipu_value read;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_STR(key)
		Z_PARAM_ZVAL(token)
	ZEND_PARSE_PARAMETERS_END();

	status = quipu_php_read(QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key), return_value, &read);
	if (status == QUIPU_OK) {
		ZEND_TRY_ASSIGN_REF_STR(token, text_of_token(&read.token));
	} else if (status == QUIPU_MISSING) {
		ZEND_TRY_ASSIGN_REF_NULL(token);
	} else {
		quipu_php_throw(status);
	}
}

ZEND_METHOD(Quipu_Table, cas)
{
	zend_string *key, *text;
	zval *value, *seconds = NULL;
	quipu_php_object *object = QUIPU_PHP_THIS();
	quipu_php_encoded encoded;
	quipu_token token;
	int64_t ttl_ms;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(3, 4)
		Z_PARAM_STR(key)
		Z_PARAM_STR_OR_NULL(text)
		Z_PARAM_ZVAL(value)
		Z_PARAM_OPTIONAL
		Z_PARAM_NUMBER_OR_NULL(seconds)
	ZEND_PARSE_PARAMETERS_END();

	if (text != NULL && !parse_token(text, &token)) {
		zend_argument_value_error(2, "must be a token of gets()");
		RETURN_THROWS();
	}
	if (quipu_php_ttl(seconds, object->manner.ttl_ms, &ttl_ms, 4) == FAILURE
		|| quipu_php_encode(&encoded, value, object->manner.serializer) == FAILURE) {
		RETURN_THROWS();
	}
	if (text != NULL) {
		status = quipu_compare_and_set(object->handle, ZSTR_VAL(key), ZSTR_LEN(key), &token, &encoded.value, ttl_ms);
	} else {
		status = quipu_add(object->handle, ZSTR_VAL(key), ZSTR_LEN(key), &encoded.value, ttl_ms);
	}
	quipu_php_encoded_release(&encoded);
	if (status > QUIPU_CHANGED || status == QUIPU_PHP_THROWN) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_BOOL(status == QUIPU_OK);
}

ZEND_METHOD(Quipu_Table, deleteIf)
{
	zend_string *key, *text;
	quipu_token token;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(2, 2)
		Z_PARAM_STR(key)
		Z_PARAM_STR(text)
	ZEND_PARSE_PARAMETERS_END();

	if (!parse_token(text, &token)) {
		zend_argument_value_error(2, "must be a token of gets()");
		RETURN_THROWS();
	}
	status = quipu_compare_and_delete(QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key), &token);
	if (status > QUIPU_CHANGED) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_BOOL(status == QUIPU_OK);
}

ZEND_METHOD(Quipu_Table, compareAndSet)
{
	zend_string *key;
	zend_long from, to;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(3, 3)
		Z_PARAM_STR(key)
		Z_PARAM_LONG(from)
		Z_PARAM_LONG(to)
	ZEND_PARSE_PARAMETERS_END();

	status = quipu_compare_and_set_number(QUIPU_PHP_THIS()->handle, ZSTR_VAL(key), ZSTR_LEN(key), from, to, NULL);
	if (status > QUIPU_CHANGED) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	RETURN_BOOL(status == QUIPU_OK);
}

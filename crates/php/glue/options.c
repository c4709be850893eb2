/* What php.ini and scripts say of tables: sizes, modes, groups, times to live. */
#include "php_quipu.h"
#include "ext/standard/info.h"
#include "zend_exceptions.h"
#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <math.h>
#include <strings.h>

/* "67108864", "64mb", "64 MiB": digits, then perhaps blanks and a unit, 1024-based. */
static bool parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "kmgt";
	unsigned shift = 0;
	char *end;
	const char *unit;

	if (!isdigit((unsigned char) *text)) {
		return false;
	}
	errno = 0;
	*bytes = strtoull(text, &end, 10);
	while (*end == ' ') {
		end++;
	}
	unit = *end != '\0' ? strchr(units, tolower((unsigned char) *end)) : NULL;
	if (unit != NULL) {
		shift = 10 * (unsigned) (unit - units + 1);
		end++;
		if (tolower((unsigned char) end[0]) == 'i' && tolower((unsigned char) end[1]) == 'b') {
			end += 2;
		} else if (tolower((unsigned char) *end) == 'b') {
			end++;
		}
	}
	if (*end != '\0' || errno != 0 || *bytes == 0 || *bytes > UINT64_MAX >> shift) {
		return false;
	}
	*bytes <<= shift;
	return true;
}

/* "0660" or "660": permission bits in octal. */
static bool parse_mode(const char *text, uint32_t *mode)
{
	char *end;
	unsigned long bits;

	if (*text < '0' || *text > '7') {
		return false;
	}
	bits = strtoul(text, &end, 8);
	*mode = (uint32_t) bits;
	return *end == '\0' && bits != 0 && bits <= 0777;
}

/* A name or a number. */
static bool parse_group(const char *text, gid_t *group)
{
	struct group entry, *found = NULL;
	char buffer[4096], *end;
	unsigned long number;

	if (*text == '\0') {
		return false;
	}
	if (isdigit((unsigned char) *text)) {
		number = strtoul(text, &end, 10);
		*group = (gid_t) number;
		return *end == '\0' && number < UINT32_MAX;
	}
	/* The system may ask a server for it, so the last answer is kept for this process. */
	if (strcmp(text, QUIPU_G(known_group)) == 0) {
		*group = QUIPU_G(known_group_number);
		return true;
	}
	if (getgrnam_r(text, &entry, buffer, sizeof(buffer), &found) != 0 || found == NULL) {
		return false;
	}
	*group = found->gr_gid;
	if (strlen(text) < sizeof(QUIPU_G(known_group))) {
		strcpy(QUIPU_G(known_group), text);
		QUIPU_G(known_group_number) = found->gr_gid;
	}
	return true;
}

static bool is_set(const char *text)
{
	return text != NULL && *text != '\0';
}

zend_result quipu_php_options_of_ini(quipu_php_options *options)
{
	const char *mode = QUIPU_G(mode), *size = QUIPU_G(size), *group = QUIPU_G(group);

	memset(options, 0, sizeof(*options));
	options->mode = 0600;
	options->on_full = QUIPU_ON_FULL_ERROR;
	options->create = true;
	if (is_set(size) && !parse_size(size, &options->max_bytes)) {
		quipu_php_throw_text(QUIPU_INVALID_ARGUMENT, "quipu.size in php.ini is \"%s\": write a number of bytes, or one "
			"as 64mb", size);
		return FAILURE;
	}
	if (is_set(mode) && !parse_mode(mode, &options->mode)) {
		quipu_php_throw_text(QUIPU_INVALID_ARGUMENT, "quipu.mode in php.ini is \"%s\": write permission bits in octal, "
			"as 0660", mode);
		return FAILURE;
	}
	if (is_set(group)) {
		if (!parse_group(group, &options->group)) {
			quipu_php_throw_text(QUIPU_INVALID_ARGUMENT, "quipu.group in php.ini is \"%s\": there is no such group",
				group);
			return FAILURE;
		}
		options->has_group = true;
	}
	return SUCCESS;
}

static bool size_of_option(quipu_php_options *options, zval *value)
{
	if (Z_TYPE_P(value) == IS_LONG && Z_LVAL_P(value) > 0) {
		options->max_bytes = (uint64_t) Z_LVAL_P(value);
		return true;
	}
	if (Z_TYPE_P(value) == IS_STRING && parse_size(Z_STRVAL_P(value), &options->max_bytes)) {
		return true;
	}
	zend_value_error("Quipu\\Table::open(): Option \"size\" must be a number of bytes greater than 0, or one with a "
		"unit as \"64mb\"");
	return false;
}

static bool mode_of_option(quipu_php_options *options, zval *value)
{
	if (Z_TYPE_P(value) == IS_LONG && Z_LVAL_P(value) > 0 && Z_LVAL_P(value) <= 0777) {
		options->mode = (uint32_t) Z_LVAL_P(value);
		return true;
	}
	if (Z_TYPE_P(value) == IS_STRING && parse_mode(Z_STRVAL_P(value), &options->mode)) {
		return true;
	}
	zend_value_error("Quipu\\Table::open(): Option \"mode\" must be permission bits in octal, as 0660 or \"0660\"");
	return false;
}

static bool group_of_option(quipu_php_options *options, zval *value)
{
	options->has_group = true;
	if (Z_TYPE_P(value) == IS_NULL) {
		options->has_group = false;
		return true;
	}
	if (Z_TYPE_P(value) == IS_LONG && Z_LVAL_P(value) >= 0 && Z_LVAL_P(value) < UINT32_MAX) {
		options->group = (gid_t) Z_LVAL_P(value);
		return true;
	}
	if (Z_TYPE_P(value) == IS_STRING && parse_group(Z_STRVAL_P(value), &options->group)) {
		return true;
	}
	zend_value_error("Quipu\\Table::open(): Option \"group\" must be the name or number of a group of this machine");
	return false;
}

static bool on_full_of_option(quipu_php_options *options, zval *value)
{
	if (Z_TYPE_P(value) == IS_STRING && zend_string_equals_literal(Z_STR_P(value), "error")) {
		options->on_full = QUIPU_ON_FULL_ERROR;
		return true;
	}
	if (Z_TYPE_P(value) == IS_STRING && zend_string_equals_literal(Z_STR_P(value), "evict")) {
		options->on_full = QUIPU_ON_FULL_EVICT;
		return true;
	}
	zend_value_error("Quipu\\Table::open(): Option \"on_full\" must be \"error\" or \"evict\"");
	return false;
}

static bool serializer_of_option(quipu_php_manner *manner, zval *value)
{
	const char *name = Z_TYPE_P(value) == IS_STRING ? Z_STRVAL_P(value) : "";

	if (strcmp(name, "php") == 0) {
		manner->serializer = QUIPU_PHP_SERIALIZER_PHP;
	} else if (strcmp(name, "json") == 0) {
		manner->serializer = QUIPU_PHP_SERIALIZER_JSON;
	} else if (strcmp(name, "igbinary") == 0 && quipu_php_has_igbinary()) {
		manner->serializer = QUIPU_PHP_SERIALIZER_IGBINARY;
	} else if (strcmp(name, "igbinary") == 0) {
		zend_value_error("Quipu\\Table::open(): Option \"serializer\" is \"igbinary\", which is not loaded");
		return false;
	} else {
		zend_value_error("Quipu\\Table::open(): Option \"serializer\" must be \"php\", \"igbinary\" or \"json\"");
		return false;
	}
	return true;
}

static bool ttl_of_option(quipu_php_manner *manner, zval *value)
{
	if (Z_TYPE_P(value) != IS_LONG && Z_TYPE_P(value) != IS_DOUBLE && Z_TYPE_P(value) != IS_NULL) {
		zend_type_error("Quipu\\Table::open(): Option \"ttl\" must be a number of seconds or null, %s given",
			zend_zval_type_name(value));
		return false;
	}
	return quipu_php_ttl(value, QUIPU_TTL_NEVER, &manner->ttl_ms, 0) == SUCCESS;
}

static bool option(quipu_php_options *options, quipu_php_manner *manner, zend_string *name, zval *value)
{
	if (name == NULL) {
		zend_value_error("Quipu\\Table::open(): Options must have names, as [\"size\" => \"64mb\"]");
		return false;
	}
	if (zend_string_equals_literal(name, "size")) {
		return size_of_option(options, value);
	}
	if (zend_string_equals_literal(name, "mode")) {
		return mode_of_option(options, value);
	}
	if (zend_string_equals_literal(name, "group")) {
		return group_of_option(options, value);
	}
	if (zend_string_equals_literal(name, "ttl")) {
		return ttl_of_option(manner, value);
	}
	if (zend_string_equals_literal(name, "on_full")) {
		return on_full_of_option(options, value);
	}
	if (zend_string_equals_literal(name, "serializer")) {
		return serializer_of_option(manner, value);
	}
	if (zend_string_equals_literal(name, "create")) {
		options->create = zend_is_true(value);
		return !EG(exception);
	}
	if (zend_string_equals_literal(name, "wipe")) {
		options->wipe = zend_is_true(value);
		return !EG(exception);
	}
	zend_value_error("Quipu\\Table::open(): There is no option \"%s\"; there are size, mode, group, ttl, on_full, "
		"serializer, create and wipe", ZSTR_VAL(name));
	return false;
}

zend_result quipu_php_options_of_array(quipu_php_options *options, quipu_php_manner *manner, HashTable *array)
{
	zend_string *name;
	zval *value;

	if (quipu_php_options_of_ini(options) == FAILURE) {
		return FAILURE;
	}
	manner->ttl_ms = QUIPU_TTL_NEVER;
	manner->serializer = QUIPU_PHP_SERIALIZER_PHP;
	if (array == NULL) {
		return SUCCESS;
	}
	ZEND_HASH_FOREACH_STR_KEY_VAL(array, name, value) {
		ZVAL_DEREF(value);
		if (!option(options, manner, name, value)) {
			return FAILURE;
		}
	} ZEND_HASH_FOREACH_END();
	return SUCCESS;
}

int64_t quipu_php_milliseconds(double seconds)
{
	double milliseconds = ceil(seconds * 1000);

	/* Far longer than any table can say, which the library answers. */
	return milliseconds < (double) (INT64_MAX / 2) ? (int64_t) milliseconds : INT64_MAX / 2;
}

zend_result quipu_php_ttl(const zval *seconds, int64_t ttl_if_null, int64_t *ttl_ms, uint32_t argument)
{
	double number;

	if (seconds == NULL || Z_TYPE_P(seconds) == IS_NULL) {
		*ttl_ms = ttl_if_null;
		return SUCCESS;
	}
	number = Z_TYPE_P(seconds) == IS_LONG ? (double) Z_LVAL_P(seconds) : Z_DVAL_P(seconds);
	if (number > 0) {
		*ttl_ms = isinf(number) ? QUIPU_TTL_NEVER : quipu_php_milliseconds(number);
		return SUCCESS;
	}
	if (argument == 0) {
		zend_value_error("Quipu\\Table::open(): Option \"ttl\" must be greater than 0 seconds; null or INF is for ever");
	} else {
		zend_argument_value_error(argument, "must be greater than 0 seconds; INF is for ever, and null the default of "
			"the table");
	}
	return FAILURE;
}

/* Errors of the library as exceptions: which class, and what text. */
#include "php_quipu.h"
#include "zend_exceptions.h"
#include "main/snprintf.h"

zend_class_entry *quipu_php_exception_ce;

/* The subclasses, by the name that they have below Quipu\Exception. */
#define CLASSES(X) \
	X(NotFound) X(Full) X(WrongType) X(Overflow) X(TooLong) X(Busy) X(Permission) X(Format) X(Corrupt) X(Removed) \
	X(Memory) X(Serialization) X(System)

#define DECLARE(name) static zend_class_entry *name##_ce;
CLASSES(DECLARE)

/* MINIT has registered them; what they are is found by name, so that their list is the stub's alone. */
static zend_class_entry *find(const char *name)
{
	zend_string *key = zend_string_init(name, strlen(name), 0);
	zend_string *lowered = zend_string_tolower(key);
	zend_class_entry *found = zend_hash_find_ptr(CG(class_table), lowered);

	zend_string_release(lowered);
	zend_string_release(key);
	return found != NULL ? found : quipu_php_exception_ce;
}

void quipu_php_exceptions_startup(void)
{
#define FIND(name) name##_ce = find("Quipu\\Exception\\" #name);
	CLASSES(FIND)
}

static zend_class_entry *class_of(quipu_status status)
{
	switch (status) {
		case QUIPU_TABLE_NOT_FOUND:
		case QUIPU_MISSING:
			return NotFound_ce;
		case QUIPU_FULL:
		case QUIPU_NO_SPACE:
			return Full_ce;
		case QUIPU_WRONG_TYPE:
			return WrongType_ce;
		case QUIPU_OVERFLOW:
			return Overflow_ce;
		case QUIPU_KEY_TOO_LONG:
		case QUIPU_VALUE_TOO_LONG:
		case QUIPU_TTL_TOO_LONG:
			return TooLong_ce;
		case QUIPU_BUSY:
		case QUIPU_PROCESSES:
		case QUIPU_PARTICIPANTS:
			return Busy_ce;
		case QUIPU_OWNER:
		case QUIPU_MODE:
		case QUIPU_SYMLINK:
			return Permission_ce;
		case QUIPU_NOT_A_TABLE:
		case QUIPU_FORMAT_VERSION:
		case QUIPU_ARCHITECTURE:
			return Format_ce;
		case QUIPU_CORRUPT:
		case QUIPU_DAMAGED:
		case QUIPU_TRUNCATED:
			return Corrupt_ce;
		case QUIPU_REMOVED:
			return Removed_ce;
		case QUIPU_IO:
		case QUIPU_ADDRESS_SPACE:
		case QUIPU_UNSUPPORTED:
		case QUIPU_OTHER_BOOT:
			return System_ce;
		default:
			return quipu_php_exception_ce;
	}
}

ZEND_COLD void quipu_php_throw(quipu_status status)
{
	char text[1024];

	if (status == QUIPU_PHP_THROWN) {
		return;
	}
	/* An answer has no text of its own; it is not meant to come here. Of the others, the general text says more. */
	if (status <= QUIPU_BUFFER_TOO_SMALL || status == QUIPU_OVERFLOW || status == QUIPU_REMOVED) {
		strlcpy(text, quipu_status_text(status), sizeof(text));
	} else {
		quipu_last_error(text, sizeof(text));
	}
	zend_throw_exception(class_of(status), text, status);
}

static void throw_formatted(zend_class_entry *ce, quipu_status status, const char *format, va_list arguments)
{
	zend_string *text = zend_vstrpprintf(0, format, arguments);

	zend_throw_exception(ce, ZSTR_VAL(text), status);
	zend_string_release(text);
}

ZEND_COLD void quipu_php_throw_text(quipu_status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	throw_formatted(status == QUIPU_IO ? Permission_ce : class_of(status), status, format, arguments);
	va_end(arguments);
}

ZEND_COLD void quipu_php_throw_memory(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	throw_formatted(Memory_ce, 0, format, arguments);
	va_end(arguments);
}

ZEND_COLD void quipu_php_throw_serialization(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	throw_formatted(Serialization_ce, 0, format, arguments);
	va_end(arguments);
}

/* What the C files of the extension share. Each says at its head what it is for.
 *
 * PHP leaves its own functions by longjmp (exit, a fatal error, the memory limit), so of every function here one thing
 * holds: nothing of PHP is called from within a call of the library (quipu.h), no memory of the library is borrowed
 * while something of PHP is called, and what is allocated by malloc belongs to a table, an object, or nobody. */
#ifndef PHP_QUIPU_H
#define PHP_QUIPU_H

#include "php.h"
#include "quipu.h"
#include <sys/types.h>

#define PHP_QUIPU_VERSION "0.1.0"

extern zend_module_entry quipu_module_entry;
#define phpext_quipu_ptr &quipu_module_entry

/* --- values: value.c --- */

/* How arrays and objects become bytes. What is read says by its tag how it was made, so this is for writes alone. */
typedef enum {
	QUIPU_PHP_SERIALIZER_PHP,
	QUIPU_PHP_SERIALIZER_IGBINARY,
	QUIPU_PHP_SERIALIZER_JSON
} quipu_php_serializer;

/* A value on its way into a table. `made` is what was serialised for it. */
typedef struct {
	quipu_value value;
	zend_string *made;
	char truth;
} quipu_php_encoded;

/* Makes a value of the library from one of PHP, which must live until the value has been stored. FAILURE: an exception
 * was thrown. Anything may happen in it, as objects are asked to serialise themselves. */
zend_result quipu_php_encode(quipu_php_encoded *encoded, zval *value, quipu_php_serializer serializer);

static inline void quipu_php_encoded_release(quipu_php_encoded *encoded)
{
	if (UNEXPECTED(encoded->made != NULL)) {
		zend_string_release(encoded->made);
	}
}

/* Makes a value of PHP from one that was read, whose bytes are at read->bytes and live until it returns. FAILURE: an
 * exception was thrown, and the result is null. */
zend_result quipu_php_decode(zval *result, const quipu_value *read);

/* An answer of the extension's own besides those of the library: an exception was thrown already. */
#define QUIPU_PHP_THROWN (-1)

/* Which read: quipu_get, or quipu_get_and_delete. */
typedef quipu_status (*quipu_php_reader)(const quipu_table *table, const void *key, size_t key_length, void *buffer,
	size_t capacity, quipu_value *out);

/* Reads a value of any length. Answers QUIPU_OK, and the result is set; what the library answers; or QUIPU_PHP_THROWN.
 * `read` (may be NULL) is told everything of the entry but its bytes. A value that memory_limit has no room for is an
 * exception, before anything is allocated. */
quipu_status quipu_php_read_by(quipu_php_reader reader, const quipu_table *table, const char *key, size_t key_length,
	zval *result, quipu_value *read);

static inline quipu_status quipu_php_read(const quipu_table *table, const char *key, size_t key_length, zval *result,
	quipu_value *read)
{
	return quipu_php_read_by(quipu_get, table, key, key_length, result, read);
}

/* Whether igbinary is loaded. */
bool quipu_php_has_igbinary(void);

/* Room for a string whose length somebody else has chosen. NULL: memory_limit leaves none, and Quipu\Exception\Memory was
 * thrown, where PHP itself would end the request. */
zend_string *quipu_php_string_alloc(size_t length);

/* --- exceptions: exceptions.c --- */

extern zend_class_entry *quipu_php_exception_ce;

/* Throws what an error of the library is in PHP, with its text of the call before (quipu_last_error). Does nothing for
 * QUIPU_PHP_THROWN. */
ZEND_COLD void quipu_php_throw(quipu_status status);
/* The same with a text of our own. */
ZEND_COLD void quipu_php_throw_text(quipu_status status, const char *format, ...) ZEND_ATTRIBUTE_FORMAT(printf, 2, 3);
/* The two that are no errors of the library. */
ZEND_COLD void quipu_php_throw_memory(const char *format, ...) ZEND_ATTRIBUTE_FORMAT(printf, 1, 2);
ZEND_COLD void quipu_php_throw_serialization(const char *format, ...) ZEND_ATTRIBUTE_FORMAT(printf, 1, 2);

void quipu_php_exceptions_startup(void);

/* --- options: options.c --- */

/* How a table is opened. */
typedef struct {
	uint64_t max_bytes; /* 0: the default of the library */
	uint32_t mode;
	uint32_t on_full;
	gid_t group;
	bool has_group;
	bool create;
	bool wipe;
	bool is_public; /* whether allow_paths is not asked, as for what php.ini names itself */
} quipu_php_options;

/* What a script says of a handle besides. */
typedef struct {
	int64_t ttl_ms; /* for writes that say nothing: QUIPU_TTL_NEVER or milliseconds */
	quipu_php_serializer serializer;
} quipu_php_manner;

/* What php.ini says: size, mode and group. FAILURE: an exception was thrown, for what it says makes no sense. */
zend_result quipu_php_options_of_ini(quipu_php_options *options);
/* What the array of a script says. FAILURE: an exception was thrown. */
zend_result quipu_php_options_of_array(quipu_php_options *options, quipu_php_manner *manner, HashTable *array);

/* A time to live in seconds, int, float or null (NULL too), as milliseconds; null is `ttl_if_null`, INF is for ever.
 * FAILURE: it is not positive, and an exception was thrown. */
zend_result quipu_php_ttl(const zval *seconds, int64_t ttl_if_null, int64_t *ttl_ms, uint32_t argument);
/* Positive seconds as milliseconds, rounded up. */
int64_t quipu_php_milliseconds(double seconds);

/* --- tables: tables.c --- */

/* A table that this process has open, whoever uses it. */
typedef struct {
	quipu_table *handle;
	dev_t device;
	ino_t inode;
	off_t bytes; /* of the file, which never changes unless somebody cuts it off */
	uint32_t references;
} quipu_php_table;

/* Opens a table, or finds that it is open; to be given back by quipu_php_close. NULL: an exception was thrown. */
quipu_php_table *quipu_php_open(zend_string *name, const quipu_php_options *options);
void quipu_php_close(quipu_php_table *table);

/* The table of php.ini (quipu.default), for the functions and sessions: opened at its first use in a request, and not
 * to be given back. NULL: an exception was thrown. */
quipu_php_table *quipu_php_default_table(void);
/* The next call of the above opens it again, as after QUIPU_REMOVED. */
void quipu_php_forget_default_table(void);

/* Whether the file of the table still is where it was; if not, throws Quipu\Exception\Removed. */
bool quipu_php_is_linked(const quipu_php_table *table);

/* Whether the directory lets this process take the name of a file away; throws if not. The library marks a table as removed
 * before that, so who cannot do the second must not begin with the first. */
bool quipu_php_may_remove(const char *path);

/* Whether quipu.allow_paths has a name, which becomes the path of the file; throws if not. To be freed by efree. */
char *quipu_php_path_of(zend_string *name, bool is_public);

/* --- classes: table.c and its like, scan.c --- */

extern zend_class_entry *quipu_php_table_ce;
extern zend_class_entry *quipu_php_scan_ce;

typedef struct {
	quipu_php_table *table;
	const quipu_table *handle; /* table->handle, or NULL */
	quipu_php_manner manner;
	zend_object std;
} quipu_php_object;

static inline quipu_php_object *quipu_php_object_of(zend_object *object)
{
	return (quipu_php_object *) ((char *) object - XtOffsetOf(quipu_php_object, std));
}

#define QUIPU_PHP_THIS() quipu_php_object_of(Z_OBJ_P(ZEND_THIS))

void quipu_php_table_startup(zend_class_entry *ce);
void quipu_php_scan_startup(zend_class_entry *ce);

/* Makes a Quipu\Scan. It keeps the table open. */
void quipu_php_scan_create(zval *result, quipu_php_table *table, const char *prefix, size_t prefix_length);

/* The handlers of $table[...], count($table) and foreach ($table ...): array.c */
void quipu_php_array_startup(zend_object_handlers *handlers);

/* --- the state of a request or process: module.c --- */

ZEND_BEGIN_MODULE_GLOBALS(quipu)
	/* php.ini */
	char *default_name;
	char *size;
	char *mode;
	char *group;
	char *prefix;
	char *allow_paths;
	/* the last group that was looked up by its name */
	char known_group[64];
	gid_t known_group_number;
	/* every table that this process has open, by path */
	HashTable *tables;
	/* quipu.default, in a request that has used it */
	quipu_php_table *default_table;
	/* locks of the kernel that this thread has */
	struct quipu_php_turn *turns;
ZEND_END_MODULE_GLOBALS(quipu)

ZEND_EXTERN_MODULE_GLOBALS(quipu)
#define QUIPU_G(v) ZEND_MODULE_GLOBALS_ACCESSOR(quipu, v)

#ifdef ZTS
ZEND_TSRMLS_CACHE_EXTERN()
#endif

#endif

/* QuipuIterator: entries of the cache, by a regular expression or by a list of keys, as APCUIterator gives them. Its
 * name is in the global namespace, so that a program which is moved from APCu replaces two words and no more.
 *
 * The engine hands out entries bucket by bucket, whatever chunk_size is. An entry that is there throughout comes once. */
#include "shape.h"
#include "iterator.h"
#include "ext/pcre/php_pcre.h"
#include "zend_exceptions.h"
#include "zend_interfaces.h"

zend_class_entry *quipu_php_iterator_ce;
static zend_object_handlers handlers;

typedef struct {
	bool is_initialised;
	zend_long format;
	zend_long list;
	pcre_cache_entry *pattern; /* NULL: every key, or `keys` */
	zend_array *keys; /* NULL: the keys of the table */
	HashPosition position; /* in `keys` */
	quipu_scan *scan;
	bool is_started;
	zend_string *key; /* of the entry where it is; NULL: behind the last */
	zval entry;
	zend_object std;
} iterator;

static inline iterator *iterator_of(zend_object *object)
{
	return (iterator *) ((char *) object - XtOffsetOf(iterator, std));
}

static zend_object *create(zend_class_entry *ce)
{
	iterator *it = zend_object_alloc(sizeof(*it), ce);

	memset(it, 0, XtOffsetOf(iterator, std));
	ZVAL_UNDEF(&it->entry);
	zend_object_std_init(&it->std, ce);
	object_properties_init(&it->std, ce);
	it->std.handlers = &handlers;
	return &it->std;
}

static void leave_entry(iterator *it)
{
	zend_string *key = it->key;
	zval entry;

	/* The destructor of a value may ask us for the next one. */
	ZVAL_COPY_VALUE(&entry, &it->entry);
	it->key = NULL;
	ZVAL_UNDEF(&it->entry);
	if (key != NULL) {
		zend_string_release(key);
	}
	zval_ptr_dtor(&entry);
}

static void end_scan(iterator *it)
{
	quipu_scan *scan = it->scan;

	it->scan = NULL;
	it->is_started = false;
	it->position = 0;
	quipu_scan_close(scan);
}

static void free_iterator(zend_object *object)
{
	iterator *it = iterator_of(object);

	end_scan(it);
	leave_entry(it);
	if (it->pattern != NULL) {
		php_pcre_pce_decref(it->pattern);
	}
	if (it->keys != NULL) {
		zend_array_release(it->keys);
	}
	zend_object_std_dtor(object);
}

/* Whether the constructor has run; throws if not. */
static bool is_ready(const iterator *it)
{
	if (UNEXPECTED(!it->is_initialised)) {
		zend_throw_error(NULL, "Trying to use uninitialized QuipuIterator");
		return false;
	}
	return true;
}

static bool matches(const iterator *it, zend_string *key)
{
	zval found;

	if (it->pattern == NULL) {
		return true;
	}
	ZVAL_LONG(&found, 0);
#if PHP_VERSION_ID >= 80400
	php_pcre_match_impl(it->pattern, key, &found, NULL, false, 0, 0);
#else
	php_pcre_match_impl(it->pattern, key, &found, NULL, 0, 0, 0, 0);
#endif
	return Z_TYPE(found) == IS_LONG && Z_LVAL(found) > 0;
}

/* The next key of the list that there is. QUIPU_OK, QUIPU_END, or QUIPU_PHP_THROWN. */
static quipu_status step_in_keys(iterator *it, zend_string **key, zval *value, quipu_value *read)
{
	zval *name;

	while ((name = zend_hash_get_current_data_ex(it->keys, &it->position)) != NULL) {
		quipu_status status;

		zend_hash_move_forward_ex(it->keys, &it->position);
		ZVAL_DEREF(name);
		if (Z_TYPE_P(name) != IS_STRING) {
			continue;
		}
		*key = zend_string_copy(Z_STR_P(name));
		status = quipu_php_cache_read(value, *key, read);
		if (status == QUIPU_OK) {
			return status;
		}
		zend_string_release(*key);
		if (status != QUIPU_MISSING) {
			return status;
		}
	}
	return QUIPU_END;
}

/* A value of our own from one that is the scan's: what PHP runs for it may move the scan. FAILURE: thrown. */
static zend_result take_value(zval *value, const quipu_value *read)
{
	quipu_value own = *read;
	zend_string *bytes;
	zend_result result;

	if (read->kind != QUIPU_BYTES) {
		return quipu_php_decode(value, read);
	}
	bytes = quipu_php_string_alloc(read->length);
	if (bytes == NULL) {
		return FAILURE;
	}
	memcpy(ZSTR_VAL(bytes), read->bytes, read->length);
	ZSTR_VAL(bytes)[read->length] = '\0';
	if (read->flags == QUIPU_TAG_RAW) {
		ZVAL_NEW_STR(value, bytes);
		return SUCCESS;
	}
	own.bytes = ZSTR_VAL(bytes);
	result = quipu_php_decode(value, &own);
	zend_string_release(bytes);
	return result;
}

static quipu_status open_scan(iterator *it)
{
	quipu_php_table *table = quipu_php_default_table();
	quipu_php_key space;
	quipu_status status;

	if (table == NULL) {
		return QUIPU_PHP_THROWN;
	}
	quipu_php_key_make(&space, QUIPU_PHP_CACHE_SPACE, "", 0);
	status = quipu_scan_open(table->handle, space.bytes, space.length, QUIPU_CURSOR_START, &it->scan);
	quipu_php_key_release(&space);
	return status;
}

/* The next key of the table that matches. As step_in_keys, but for errors of the library. */
static quipu_status step_in_table(iterator *it, zend_string **key, zval *value, quipu_value *read)
{
	quipu_php_key space;
	quipu_status status = QUIPU_OK;
	quipu_item item;

	quipu_php_key_make(&space, QUIPU_PHP_CACHE_SPACE, "", 0);
	quipu_php_key_release(&space);
	if (it->scan == NULL) {
		status = open_scan(it);
	}
	while (status == QUIPU_OK && (status = quipu_scan_next(it->scan, &item)) == QUIPU_OK) {
		*key = zend_string_init((const char *) item.key + space.length, item.key_length - space.length, 0);
		if (matches(it, *key)) {
			*read = item.value;
			if ((it->format & QUIPU_PHP_ITER_VALUE) && take_value(value, &item.value) == FAILURE) {
				zend_string_release(*key);
				return QUIPU_PHP_THROWN;
			}
			return QUIPU_OK;
		}
		zend_string_release(*key);
	}
	return status;
}

static quipu_status step(iterator *it, zend_string **key, zval *value, quipu_value *read)
{
	ZVAL_NULL(value);
	if (it->list == QUIPU_PHP_LIST_DELETED) {
		/* What is deleted is gone. */
		return QUIPU_END;
	}
	return it->keys != NULL ? step_in_keys(it, key, value, read) : step_in_table(it, key, value, read);
}

/* Goes to the next entry. */
static void advance(iterator *it)
{
	zend_string *key;
	zval value, entry;
	quipu_value read;
	quipu_status status;

	it->is_started = true;
	status = step(it, &key, &value, &read);
	leave_entry(it);
	if (status == QUIPU_OK) {
		quipu_php_describe(&entry, it->format, key, &value, &read);
		zval_ptr_dtor(&value);
		it->key = key;
		ZVAL_COPY_VALUE(&it->entry, &entry);
	} else if (status != QUIPU_END) {
		quipu_php_throw(status);
	}
}

/* Whether it is at an entry; goes to the first one if it is nowhere yet. */
static bool is_at_entry(iterator *it)
{
	if (!it->is_started) {
		advance(it);
	}
	return it->key != NULL;
}

/* What to search. FAILURE: an exception was thrown. */
static zend_result set_search(iterator *it, zval *search)
{
	if (Z_TYPE_P(search) == IS_ARRAY) {
		it->keys = zend_array_dup(Z_ARRVAL_P(search));
		return SUCCESS;
	}
	if (Z_TYPE_P(search) != IS_STRING || Z_STRLEN_P(search) == 0) {
		return SUCCESS;
	}
	it->pattern = pcre_get_compiled_regex_cache(Z_STR_P(search));
	if (it->pattern == NULL) {
		zend_throw_error(NULL, "Could not compile regular expression: %s", Z_STRVAL_P(search));
		return FAILURE;
	}
	php_pcre_pce_incref(it->pattern);
	return SUCCESS;
}

ZEND_METHOD(QuipuIterator, __construct)
{
	iterator *it = iterator_of(Z_OBJ_P(ZEND_THIS));
	zval nothing;
	zval *search = &nothing;
	zend_long format = QUIPU_PHP_ITER_ALL, chunk_size = 0, list = QUIPU_PHP_LIST_ACTIVE;

	ZVAL_NULL(&nothing);
	ZEND_PARSE_PARAMETERS_START(0, 4)
		Z_PARAM_OPTIONAL
		Z_PARAM_ZVAL(search)
		Z_PARAM_LONG(format)
		Z_PARAM_LONG(chunk_size)
		Z_PARAM_LONG(list)
	ZEND_PARSE_PARAMETERS_END();

	if (it->is_initialised) {
		zend_throw_error(NULL, "Cannot call __construct() twice");
		RETURN_THROWS();
	}
	if (format < 0 || format > QUIPU_PHP_ITER_ALL) {
		zend_argument_value_error(2, "must be made of QUIPU_ITER_ constants");
		RETURN_THROWS();
	}
	if (chunk_size < 0) {
		zend_argument_value_error(3, "must be 0 or greater");
		RETURN_THROWS();
	}
	if (list != QUIPU_PHP_LIST_ACTIVE && list != QUIPU_PHP_LIST_DELETED) {
		php_error_docref(NULL, E_WARNING, "The list must be QUIPU_LIST_ACTIVE or QUIPU_LIST_DELETED");
		return;
	}
	if (set_search(it, search) == FAILURE) {
		RETURN_THROWS();
	}
	it->format = format;
	it->list = list;
	it->is_initialised = true;
}

ZEND_METHOD(QuipuIterator, rewind)
{
	iterator *it = iterator_of(Z_OBJ_P(ZEND_THIS));

	ZEND_PARSE_PARAMETERS_NONE();
	if (is_ready(it)) {
		leave_entry(it);
		end_scan(it);
		advance(it);
	}
}

ZEND_METHOD(QuipuIterator, next)
{
	iterator *it = iterator_of(Z_OBJ_P(ZEND_THIS));

	ZEND_PARSE_PARAMETERS_NONE();
	if (is_ready(it) && is_at_entry(it)) {
		advance(it);
	}
}

ZEND_METHOD(QuipuIterator, valid)
{
	iterator *it = iterator_of(Z_OBJ_P(ZEND_THIS));

	ZEND_PARSE_PARAMETERS_NONE();
	RETVAL_BOOL(is_ready(it) && is_at_entry(it));
}

ZEND_METHOD(QuipuIterator, key)
{
	iterator *it = iterator_of(Z_OBJ_P(ZEND_THIS));

	ZEND_PARSE_PARAMETERS_NONE();
	if (!is_ready(it)) {
		RETURN_THROWS();
	}
	if (!is_at_entry(it)) {
		if (!EG(exception)) {
			zend_throw_error(NULL, "Cannot call key() on invalid iterator");
		}
		RETURN_THROWS();
	}
	RETURN_STR_COPY(it->key);
}

ZEND_METHOD(QuipuIterator, current)
{
	iterator *it = iterator_of(Z_OBJ_P(ZEND_THIS));

	ZEND_PARSE_PARAMETERS_NONE();
	if (!is_ready(it)) {
		RETURN_THROWS();
	}
	if (!is_at_entry(it)) {
		if (!EG(exception)) {
			zend_throw_error(NULL, "Cannot call current() on invalid iterator");
		}
		RETURN_THROWS();
	}
	RETURN_COPY(&it->entry);
}

/* Another iterator over the same, from the start, that gives no values. An object, so that a bailout frees it too. To
 * be given back by OBJ_RELEASE. */
static iterator *same_again(const iterator *it)
{
	iterator *again = iterator_of(create(quipu_php_iterator_ce));

	again->is_initialised = true;
	again->list = it->list;
	again->pattern = it->pattern;
	again->keys = it->keys;
	if (again->pattern != NULL) {
		php_pcre_pce_incref(again->pattern);
	}
	if (again->keys != NULL) {
		GC_TRY_ADDREF(again->keys);
	}
	return again;
}

/* Goes through all entries: how many, and how many bytes. FAILURE: thrown. */
static zend_result total(const iterator *it, zend_long *count, zend_long *bytes)
{
	iterator *again = same_again(it);
	zend_string *key;
	zval value;
	quipu_value read;
	quipu_status status;

	*count = 0;
	*bytes = 0;
	while ((status = step(again, &key, &value, &read)) == QUIPU_OK) {
		*count += 1;
		*bytes += quipu_php_entry_bytes(ZSTR_LEN(key), &read);
		zval_ptr_dtor(&value);
		zend_string_release(key);
	}
	OBJ_RELEASE(&again->std);
	if (status != QUIPU_END) {
		quipu_php_throw(status);
		return FAILURE;
	}
	return SUCCESS;
}

ZEND_METHOD(QuipuIterator, getTotalHits)
{
	ZEND_PARSE_PARAMETERS_NONE();
	if (!is_ready(iterator_of(Z_OBJ_P(ZEND_THIS)))) {
		RETURN_THROWS();
	}
	RETURN_LONG(0);
}

ZEND_METHOD(QuipuIterator, getTotalSize)
{
	const iterator *it = iterator_of(Z_OBJ_P(ZEND_THIS));
	zend_long count, bytes;

	ZEND_PARSE_PARAMETERS_NONE();
	if (!is_ready(it) || total(it, &count, &bytes) == FAILURE) {
		RETURN_THROWS();
	}
	RETURN_LONG(bytes);
}

ZEND_METHOD(QuipuIterator, getTotalCount)
{
	const iterator *it = iterator_of(Z_OBJ_P(ZEND_THIS));
	zend_long count, bytes;

	ZEND_PARSE_PARAMETERS_NONE();
	if (!is_ready(it) || total(it, &count, &bytes) == FAILURE) {
		RETURN_THROWS();
	}
	RETURN_LONG(count);
}

zend_result quipu_php_iterator_delete(zend_object *object)
{
	const iterator *it = iterator_of(object);
	iterator *again;
	zend_string *key;
	zval value;
	quipu_value read;
	quipu_status status;

	if (!is_ready(it)) {
		return FAILURE;
	}
	again = same_again(it);
	while ((status = step(again, &key, &value, &read)) == QUIPU_OK && !EG(exception)) {
		zval_ptr_dtor(&value);
		quipu_php_cache_delete(ZSTR_VAL(key), ZSTR_LEN(key));
		zend_string_release(key);
	}
	OBJ_RELEASE(&again->std);
	if (status != QUIPU_END && !EG(exception)) {
		quipu_php_throw(status);
	}
	return EG(exception) ? FAILURE : SUCCESS;
}

void quipu_php_iterator_startup(zend_class_entry *ce)
{
	quipu_php_iterator_ce = ce;
	ce->create_object = create;
	memcpy(&handlers, &std_object_handlers, sizeof(handlers));
	handlers.offset = XtOffsetOf(iterator, std);
	handlers.free_obj = free_iterator;
	handlers.clone_obj = NULL;
}

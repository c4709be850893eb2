/* What the functions in APCu's shape tell of entries and of the table. Hits, misses and times of access are not kept by
 * the engine: a read of it writes nothing. Where APCu has them, there is 0, or now. */
#include "shape.h"
#include "iterator.h"
#include "zend_exceptions.h"
#include <time.h>

PHP_FUNCTION(quipu_key_info)
{
	zend_string *key;
	quipu_php_key full;
	quipu_php_table *table;
	quipu_value read;
	quipu_status status;
	const zend_long now = (zend_long) time(NULL);

	ZEND_PARSE_PARAMETERS_START(1, 1)
		Z_PARAM_STR(key)
	ZEND_PARSE_PARAMETERS_END();

	table = quipu_php_default_table();
	if (table == NULL) {
		RETURN_THROWS();
	}
	quipu_php_key_make(&full, QUIPU_PHP_CACHE_SPACE, ZSTR_VAL(key), ZSTR_LEN(key));
	status = quipu_get(table->handle, full.bytes, full.length, NULL, 0, &read);
	quipu_php_key_release(&full);
	if (status == QUIPU_MISSING) {
		RETURN_NULL();
	}
	/* The bytes are not wanted. */
	if (status != QUIPU_OK && status != QUIPU_BUFFER_TOO_SMALL) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	array_init(return_value);
	add_assoc_long(return_value, "hits", 0);
	add_assoc_long(return_value, "access_time", now);
	add_assoc_long(return_value, "mtime", now);
	add_assoc_long(return_value, "creation_time", now);
	add_assoc_long(return_value, "deletion_time", 0);
	add_assoc_long(return_value, "ttl", quipu_php_ttl_seconds(&read));
	add_assoc_long(return_value, "refs", 0);
}

static void add_entry(zval *list, const char *key, size_t length, const quipu_value *value)
{
	const zend_long now = (zend_long) time(NULL);
	zval entry;

	array_init(&entry);
	add_assoc_stringl(&entry, "info", key, length);
	add_assoc_long(&entry, "ttl", quipu_php_ttl_seconds(value));
	add_assoc_double(&entry, "num_hits", 0);
	add_assoc_long(&entry, "mtime", now);
	add_assoc_long(&entry, "creation_time", now);
	add_assoc_long(&entry, "deletion_time", 0);
	add_assoc_long(&entry, "access_time", now);
	add_assoc_long(&entry, "ref_count", 0);
	add_assoc_long(&entry, "mem_size", quipu_php_entry_bytes(length, value));
	add_next_index_zval(list, &entry);
}

/* What a scan of the cache has found so far. */
typedef struct {
	zend_long count;
	double bytes;
	zval *list; /* NULL: none is wanted */
} findings;

static quipu_status look_at_entries(quipu_scan *scan, size_t space_length, findings *found)
{
	quipu_status status;
	quipu_item item;

	while ((status = quipu_scan_next(scan, &item)) == QUIPU_OK) {
		found->count += 1;
		found->bytes += (double) quipu_php_entry_bytes(item.key_length, &item.value);
		if (found->list != NULL) {
			add_entry(found->list, (const char *) item.key + space_length, item.key_length - space_length, &item.value);
		}
	}
	return status;
}

/* Looks at the entries of the cache. FAILURE: an exception was thrown. */
static zend_result look(const quipu_table *table, findings *found)
{
	quipu_php_key space;
	quipu_scan *scan = NULL;
	volatile quipu_status status;
	volatile bool is_left = false;

	quipu_php_key_make(&space, QUIPU_PHP_CACHE_SPACE, "", 0);
	status = quipu_scan_open(table, space.bytes, space.length, QUIPU_CURSOR_START, &scan);
	quipu_php_key_release(&space);
	if (status == QUIPU_OK) {
		/* A list may be larger than memory_limit. */
		zend_try {
			status = look_at_entries(scan, space.length, found);
		} zend_catch {
			is_left = true;
		} zend_end_try();
		quipu_scan_close(scan);
	}
	if (is_left) {
		zend_bailout();
	}
	if (status != QUIPU_END) {
		quipu_php_throw(status);
		return FAILURE;
	}
	return SUCCESS;
}

/* The table and its figures. NULL: an exception was thrown. */
static const quipu_table *table_with_stats(quipu_table_stats *stats)
{
	quipu_php_table *table = quipu_php_default_table();
	quipu_status status;

	if (table == NULL) {
		return NULL;
	}
	stats->struct_size = sizeof(*stats);
	status = quipu_stats(table->handle, stats);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
		return NULL;
	}
	return table->handle;
}

#define BUCKET_CELLS 31

PHP_FUNCTION(quipu_cache_info)
{
	bool limited = false;
	quipu_table_stats stats;
	const quipu_table *table;
	findings found = {0};
	zval list, empty;

	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_BOOL(limited)
	ZEND_PARSE_PARAMETERS_END();

	table = table_with_stats(&stats);
	if (table == NULL) {
		RETURN_THROWS();
	}
	array_init(&list);
	found.list = limited ? NULL : &list;
	if (look(table, &found) == FAILURE) {
		zval_ptr_dtor(&list);
		RETURN_THROWS();
	}
	array_init(return_value);
	add_assoc_long(return_value, "num_slots", (zend_long) stats.buckets * BUCKET_CELLS);
	add_assoc_long(return_value, "ttl", 0);
	add_assoc_double(return_value, "num_hits", 0);
	add_assoc_double(return_value, "num_misses", 0);
	add_assoc_double(return_value, "num_inserts", 0);
	add_assoc_long(return_value, "num_entries", found.count);
	add_assoc_double(return_value, "expunges", (double) stats.evicted);
	add_assoc_long(return_value, "start_time", (zend_long) (stats.created_ms / 1000));
	add_assoc_double(return_value, "mem_size", found.bytes);
	add_assoc_string(return_value, "memory_type", "mmap");
	if (limited) {
		zval_ptr_dtor(&list);
		return;
	}
	add_assoc_zval(return_value, "cache_list", &list);
	array_init(&empty);
	add_assoc_zval(return_value, "deleted_list", &empty);
	array_init(&empty);
	add_assoc_zval(return_value, "slot_distribution", &empty);
}

#define SEGMENT_BYTES ((uint64_t) 1 << 20)

PHP_FUNCTION(quipu_sma_info)
{
	bool limited = false;
	quipu_table_stats stats;
	uint64_t taken, left;
	zval block, blocks, lists;

	ZEND_PARSE_PARAMETERS_START(0, 1)
		Z_PARAM_OPTIONAL
		Z_PARAM_BOOL(limited)
	ZEND_PARSE_PARAMETERS_END();

	if (table_with_stats(&stats) == NULL) {
		RETURN_THROWS();
	}
	taken = stats.bytes_committed < stats.bytes_max ? stats.bytes_committed : stats.bytes_max;
	left = stats.bytes_max - taken + stats.segments_free * SEGMENT_BYTES;
	left = left < stats.bytes_max ? left : stats.bytes_max;
	array_init(return_value);
	add_assoc_long(return_value, "num_seg", 1);
	add_assoc_double(return_value, "seg_size", (double) stats.bytes_max);
	add_assoc_double(return_value, "avail_mem", (double) left);
	if (limited) {
		return;
	}
	array_init(&block);
	add_assoc_long(&block, "size", (zend_long) left);
	add_assoc_long(&block, "offset", (zend_long) taken);
	array_init(&blocks);
	add_next_index_zval(&blocks, &block);
	array_init(&lists);
	add_next_index_zval(&lists, &blocks);
	add_assoc_zval(return_value, "block_lists", &lists);
}

void quipu_php_describe(zval *entry, zend_long format, zend_string *key, zval *value, const quipu_value *read)
{
	const zend_long now = (zend_long) time(NULL);

	array_init(entry);
	if (format & QUIPU_PHP_ITER_TYPE) {
		add_assoc_string(entry, "type", "user");
	}
	if (format & QUIPU_PHP_ITER_KEY) {
		add_assoc_str(entry, "key", zend_string_copy(key));
	}
	if (format & QUIPU_PHP_ITER_VALUE) {
		Z_TRY_ADDREF_P(value);
		add_assoc_zval(entry, "value", value);
	}
	if (format & QUIPU_PHP_ITER_NUM_HITS) {
		add_assoc_long(entry, "num_hits", 0);
	}
	if (format & QUIPU_PHP_ITER_MTIME) {
		add_assoc_long(entry, "mtime", now);
	}
	if (format & QUIPU_PHP_ITER_CTIME) {
		add_assoc_long(entry, "creation_time", now);
	}
	if (format & QUIPU_PHP_ITER_DTIME) {
		add_assoc_long(entry, "deletion_time", 0);
	}
	if (format & QUIPU_PHP_ITER_ATIME) {
		add_assoc_long(entry, "access_time", now);
	}
	if (format & QUIPU_PHP_ITER_REFCOUNT) {
		add_assoc_long(entry, "ref_count", 0);
	}
	if (format & QUIPU_PHP_ITER_MEM_SIZE) {
		add_assoc_long(entry, "mem_size", quipu_php_entry_bytes(ZSTR_LEN(key), read));
	}
	if (format & QUIPU_PHP_ITER_TTL) {
		add_assoc_long(entry, "ttl", quipu_php_ttl_seconds(read));
	}
}

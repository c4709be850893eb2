/* Quipu\Table: figures and upkeep. Both look whether the file of the table still is there: without it the table goes on
 * for those who have it open, and nobody else will ever find it. */
#include "php_quipu.h"

static void add_figures(zval *array, const quipu_table_stats *stats)
{
	add_assoc_long(array, "entries", (zend_long) stats->entries);
	add_assoc_long(array, "buckets", (zend_long) stats->buckets);
	add_assoc_long(array, "bytes_max", (zend_long) stats->bytes_max);
	add_assoc_long(array, "bytes_committed", (zend_long) stats->bytes_committed);
	add_assoc_long(array, "bytes_index", (zend_long) stats->bytes_index);
	add_assoc_long(array, "bytes_arena", (zend_long) stats->bytes_arena);
	add_assoc_long(array, "bytes_huge", (zend_long) stats->bytes_huge);
	add_assoc_long(array, "segments", (zend_long) stats->segments);
	add_assoc_long(array, "segments_free", (zend_long) stats->segments_free);
	add_assoc_long(array, "created_ms", (zend_long) stats->created_ms);
	add_assoc_long(array, "processes", (zend_long) stats->processes);
	add_assoc_long(array, "participants", (zend_long) stats->participants);
	add_assoc_long(array, "splits", (zend_long) stats->splits);
	add_assoc_long(array, "expired", (zend_long) stats->expired);
	add_assoc_long(array, "evicted", (zend_long) stats->evicted);
	add_assoc_long(array, "recovered", (zend_long) stats->recovered);
	add_assoc_long(array, "full", (zend_long) stats->full);
	add_assoc_string(array, "on_full", stats->on_full == QUIPU_ON_FULL_EVICT ? "evict" : "error");
	add_assoc_bool(array, "wipe", stats->wipe != 0);
	add_assoc_long(array, "tick_ms", (zend_long) stats->tick_ms);
	add_assoc_bool(array, "has_recovery", stats->has_recovery != 0);
}

ZEND_METHOD(Quipu_Table, stats)
{
	const quipu_php_object *object = QUIPU_PHP_THIS();
	quipu_table_stats stats = { .struct_size = sizeof(stats) };
	char path[MAXPATHLEN] = "";
	quipu_status status;

	ZEND_PARSE_PARAMETERS_NONE();

	if (!quipu_php_is_linked(object->table)) {
		RETURN_THROWS();
	}
	status = quipu_stats(object->handle, &stats);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	quipu_path(object->handle, path, sizeof(path), NULL);
	array_init(return_value);
	add_assoc_string(return_value, "path", path);
	add_figures(return_value, &stats);
}

ZEND_METHOD(Quipu_Table, maintain)
{
	const quipu_php_object *object = QUIPU_PHP_THIS();
	quipu_maintenance done;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_NONE();

	if (!quipu_php_is_linked(object->table)) {
		RETURN_THROWS();
	}
	status = quipu_maintain(object->handle, &done);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
		RETURN_THROWS();
	}
	array_init(return_value);
	add_assoc_long(return_value, "expired", (zend_long) done.expired);
	add_assoc_long(return_value, "recovered_processes", (zend_long) done.recovered_processes);
	add_assoc_long(return_value, "freed_cells", (zend_long) done.freed_cells);
	add_assoc_long(return_value, "freed_blocks", (zend_long) done.freed_blocks);
	add_assoc_long(return_value, "freed_segments", (zend_long) done.freed_segments);
}

/* quipu_entry: an entry that is generated if it is not there, by one process, while the others that want it wait.
 *
 * Nothing of the engine is held while PHP's code runs, just a turn (turn.c), which passes on when the generator has
 * returned, thrown, or was left by a bailout, and when the process has died. */
#include "shape.h"
#include "zend_exceptions.h"

/* Calls the generator. A bailout (a fatal error, the memory limit, a timeout) passes the turn on before it goes further
 * up; exit is an exception here. */
static zend_result generate(zval *result, zend_string *key, zend_fcall_info *call, zend_fcall_info_cache *cache,
	quipu_php_turn *turn)
{
	zval argument;
	bool is_left = false;

	ZVAL_STR_COPY(&argument, key);
	call->retval = result;
	call->params = &argument;
	call->param_count = 1;
	zend_try {
		zend_call_function(call, cache);
	} zend_catch {
		is_left = true;
	} zend_end_try();
	if (UNEXPECTED(is_left)) {
		quipu_php_turn_end(turn);
		zend_bailout();
	}
	zval_ptr_dtor(&argument);
	if (EG(exception)) {
		zval_ptr_dtor(result);
		ZVAL_UNDEF(result);
		return FAILURE;
	}
	ZVAL_DEREF(result);
	return Z_TYPE_P(result) == IS_UNDEF ? FAILURE : SUCCESS;
}

PHP_FUNCTION(quipu_entry)
{
	zend_string *key;
	zend_fcall_info call;
	zend_fcall_info_cache cache;
	zend_long ttl = 0;
	zval made;
	quipu_php_table *table;
	quipu_php_key full;
	quipu_php_turn *turn;
	quipu_status status;

	ZEND_PARSE_PARAMETERS_START(2, 3)
		Z_PARAM_STR(key)
		Z_PARAM_FUNC(call, cache)
		Z_PARAM_OPTIONAL
		Z_PARAM_LONG(ttl)
	ZEND_PARSE_PARAMETERS_END();

	status = quipu_php_cache_read(return_value, key, NULL);
	if (EXPECTED(status != QUIPU_MISSING)) {
		return;
	}
	table = quipu_php_default_table();
	quipu_php_key_make(&full, QUIPU_PHP_CACHE_SPACE, ZSTR_VAL(key), ZSTR_LEN(key));
	turn = quipu_php_entry_turn(table, &full);
	quipu_php_key_release(&full);
	if (UNEXPECTED(EG(exception))) {
		return;
	}
	/* Somebody else may have made it before it was our turn. */
	status = quipu_php_cache_read(return_value, key, NULL);
	if (status == QUIPU_MISSING && generate(&made, key, &call, &cache, turn) == SUCCESS) {
		/* Not set: what the generator itself stored, stays. */
		quipu_php_cache_write(quipu_add, key, &made, ttl);
		if (UNEXPECTED(EG(exception))) {
			zval_ptr_dtor(&made);
		} else {
			ZVAL_COPY_VALUE(return_value, &made);
		}
	}
	quipu_php_turn_end(turn);
}

/* This is a generated file, edit the .stub.php file instead.
 * Stub hash: 984cc17150d8b2c169168630a330f63f80b247cd */

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_Quipu_Compat_raise, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, level, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, message, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_quipu_fetch, 0, 1, IS_MIXED, 0)
	ZEND_ARG_INFO(0, key)
	ZEND_ARG_INFO_WITH_DEFAULT_VALUE(1, success, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_quipu_store, 0, 1, MAY_BE_ARRAY|MAY_BE_BOOL)
	ZEND_ARG_INFO(0, key)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_LONG, 0, "0")
ZEND_END_ARG_INFO()

#define arginfo_quipu_add arginfo_quipu_store

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_quipu_inc, 0, 1, MAY_BE_LONG|MAY_BE_FALSE)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, step, IS_LONG, 0, "1")
	ZEND_ARG_INFO_WITH_DEFAULT_VALUE(1, success, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_LONG, 0, "0")
ZEND_END_ARG_INFO()

#define arginfo_quipu_dec arginfo_quipu_inc

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_quipu_cas, 0, 3, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, old, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, new, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_quipu_delete, 0, 1, MAY_BE_ARRAY|MAY_BE_BOOL)
	ZEND_ARG_INFO(0, key)
ZEND_END_ARG_INFO()

#define arginfo_quipu_exists arginfo_quipu_delete

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_quipu_entry, 0, 2, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, callback, IS_CALLABLE, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, ttl, IS_LONG, 0, "0")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_quipu_clear_cache, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

#define arginfo_quipu_enabled arginfo_quipu_clear_cache

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_quipu_cache_info, 0, 0, MAY_BE_ARRAY|MAY_BE_FALSE)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, limited, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

#define arginfo_quipu_sma_info arginfo_quipu_cache_info

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_quipu_key_info, 0, 1, IS_ARRAY, 1)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_Quipu_Table___construct, 0, 0, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Quipu_Table_open, 0, 1, Quipu\\Table, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, options, IS_ARRAY, 0, "[]")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_remove, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_get, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, default, IS_MIXED, 0, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_set, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_MASK(0, ttl, MAY_BE_LONG|MAY_BE_DOUBLE|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_add, 0, 2, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_MASK(0, ttl, MAY_BE_LONG|MAY_BE_DOUBLE|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_replace arginfo_class_Quipu_Table_add

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_delete, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_exists arginfo_class_Quipu_Table_delete

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_touch, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, ttl, MAY_BE_LONG|MAY_BE_DOUBLE|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_ttl, 0, 1, IS_DOUBLE, 1)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_expire, 0, 2, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, ttl, MAY_BE_LONG|MAY_BE_DOUBLE, NULL)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_persist arginfo_class_Quipu_Table_delete

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_class_Quipu_Table_take, 0, 1, MAY_BE_LONG|MAY_BE_DOUBLE|MAY_BE_NULL)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_getDelete arginfo_class_Quipu_Table_get

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_append, 0, 2, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, suffix, IS_STRING, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_MASK_EX(arginfo_class_Quipu_Table_incr, 0, 1, MAY_BE_LONG|MAY_BE_DOUBLE)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, by, MAY_BE_LONG|MAY_BE_DOUBLE, "1")
	ZEND_ARG_TYPE_MASK(0, initial, MAY_BE_LONG|MAY_BE_DOUBLE, "0")
	ZEND_ARG_TYPE_MASK(0, ttl, MAY_BE_LONG|MAY_BE_DOUBLE|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_decr arginfo_class_Quipu_Table_incr

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_fetchMax, 0, 2, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_LONG, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_fetchMin arginfo_class_Quipu_Table_fetchMax

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_getMany, 0, 1, IS_ARRAY, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, keys, Traversable, MAY_BE_ARRAY, NULL)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, default, IS_MIXED, 0, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_setMany, 0, 1, IS_VOID, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, values, Traversable, MAY_BE_ARRAY, NULL)
	ZEND_ARG_TYPE_MASK(0, ttl, MAY_BE_LONG|MAY_BE_DOUBLE|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_incrMany, 0, 1, IS_ARRAY, 0)
	ZEND_ARG_OBJ_TYPE_MASK(0, deltas, Traversable, MAY_BE_ARRAY, NULL)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Quipu_Table_scan, 0, 0, Quipu\\Scan, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, prefix, IS_STRING, 0, "\"\"")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_clear, 0, 0, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, prefix, IS_STRING, 0, "\"\"")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_stats, 0, 0, IS_ARRAY, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_maintain arginfo_class_Quipu_Table_stats

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_gets, 0, 2, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_INFO(1, token)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_cas, 0, 3, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, token, IS_STRING, 1)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
	ZEND_ARG_TYPE_MASK(0, ttl, MAY_BE_LONG|MAY_BE_DOUBLE|MAY_BE_NULL, "null")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_deleteIf, 0, 2, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, key, IS_STRING, 0)
	ZEND_ARG_TYPE_INFO(0, token, IS_STRING, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_compareAndSet arginfo_quipu_cas

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_lock, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
	ZEND_ARG_TYPE_MASK(0, timeout, MAY_BE_LONG|MAY_BE_DOUBLE|MAY_BE_NULL, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, shared, _IS_BOOL, 0, "false")
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_unlock arginfo_class_Quipu_Table_remove

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_holds, 0, 1, IS_LONG, 0)
	ZEND_ARG_TYPE_INFO(0, name, IS_STRING, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Table_unlink arginfo_quipu_clear_cache

#define arginfo_class_Quipu_Table_isLinked arginfo_quipu_clear_cache

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_offsetExists, 0, 1, _IS_BOOL, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_offsetGet, 0, 1, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_offsetSet, 0, 2, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
	ZEND_ARG_TYPE_INFO(0, value, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_offsetUnset, 0, 1, IS_VOID, 0)
	ZEND_ARG_TYPE_INFO(0, offset, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Table_count, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_OBJ_INFO_EX(arginfo_class_Quipu_Table_getIterator, 0, 0, Quipu\\Scan, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Scan___construct arginfo_class_Quipu_Table___construct

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Scan_current, 0, 0, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Scan_key, 0, 0, IS_STRING, 1)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_RETURN_TYPE_INFO_EX(arginfo_class_Quipu_Scan_next, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_Quipu_Scan_rewind arginfo_class_Quipu_Scan_next

#define arginfo_class_Quipu_Scan_valid arginfo_quipu_clear_cache

ZEND_BEGIN_ARG_INFO_EX(arginfo_class_QuipuIterator___construct, 0, 0, 0)
	ZEND_ARG_INFO_WITH_DEFAULT_VALUE(0, search, "null")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, format, IS_LONG, 0, "QUIPU_ITER_ALL")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, chunk_size, IS_LONG, 0, "0")
	ZEND_ARG_TYPE_INFO_WITH_DEFAULT_VALUE(0, list, IS_LONG, 0, "QUIPU_LIST_ACTIVE")
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_TENTATIVE_RETURN_TYPE_INFO_EX(arginfo_class_QuipuIterator_rewind, 0, 0, IS_VOID, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_QuipuIterator_next arginfo_class_QuipuIterator_rewind

ZEND_BEGIN_ARG_WITH_TENTATIVE_RETURN_TYPE_INFO_EX(arginfo_class_QuipuIterator_valid, 0, 0, _IS_BOOL, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_TENTATIVE_RETURN_TYPE_MASK_EX(arginfo_class_QuipuIterator_key, 0, 0, MAY_BE_STRING|MAY_BE_LONG)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_TENTATIVE_RETURN_TYPE_INFO_EX(arginfo_class_QuipuIterator_current, 0, 0, IS_MIXED, 0)
ZEND_END_ARG_INFO()

ZEND_BEGIN_ARG_WITH_TENTATIVE_RETURN_TYPE_INFO_EX(arginfo_class_QuipuIterator_getTotalHits, 0, 0, IS_LONG, 0)
ZEND_END_ARG_INFO()

#define arginfo_class_QuipuIterator_getTotalSize arginfo_class_QuipuIterator_getTotalHits

#define arginfo_class_QuipuIterator_getTotalCount arginfo_class_QuipuIterator_getTotalHits


ZEND_FUNCTION(Quipu_Compat_raise);
ZEND_FUNCTION(quipu_fetch);
ZEND_FUNCTION(quipu_store);
ZEND_FUNCTION(quipu_add);
ZEND_FUNCTION(quipu_inc);
ZEND_FUNCTION(quipu_dec);
ZEND_FUNCTION(quipu_cas);
ZEND_FUNCTION(quipu_delete);
ZEND_FUNCTION(quipu_exists);
ZEND_FUNCTION(quipu_entry);
ZEND_FUNCTION(quipu_clear_cache);
ZEND_FUNCTION(quipu_enabled);
ZEND_FUNCTION(quipu_cache_info);
ZEND_FUNCTION(quipu_sma_info);
ZEND_FUNCTION(quipu_key_info);
ZEND_METHOD(Quipu_Table, __construct);
ZEND_METHOD(Quipu_Table, open);
ZEND_METHOD(Quipu_Table, remove);
ZEND_METHOD(Quipu_Table, get);
ZEND_METHOD(Quipu_Table, set);
ZEND_METHOD(Quipu_Table, add);
ZEND_METHOD(Quipu_Table, replace);
ZEND_METHOD(Quipu_Table, delete);
ZEND_METHOD(Quipu_Table, exists);
ZEND_METHOD(Quipu_Table, touch);
ZEND_METHOD(Quipu_Table, ttl);
ZEND_METHOD(Quipu_Table, expire);
ZEND_METHOD(Quipu_Table, persist);
ZEND_METHOD(Quipu_Table, take);
ZEND_METHOD(Quipu_Table, getDelete);
ZEND_METHOD(Quipu_Table, append);
ZEND_METHOD(Quipu_Table, incr);
ZEND_METHOD(Quipu_Table, decr);
ZEND_METHOD(Quipu_Table, fetchMax);
ZEND_METHOD(Quipu_Table, fetchMin);
ZEND_METHOD(Quipu_Table, getMany);
ZEND_METHOD(Quipu_Table, setMany);
ZEND_METHOD(Quipu_Table, incrMany);
ZEND_METHOD(Quipu_Table, scan);
ZEND_METHOD(Quipu_Table, clear);
ZEND_METHOD(Quipu_Table, stats);
ZEND_METHOD(Quipu_Table, maintain);
ZEND_METHOD(Quipu_Table, gets);
ZEND_METHOD(Quipu_Table, cas);
ZEND_METHOD(Quipu_Table, deleteIf);
ZEND_METHOD(Quipu_Table, compareAndSet);
ZEND_METHOD(Quipu_Table, lock);
ZEND_METHOD(Quipu_Table, unlock);
ZEND_METHOD(Quipu_Table, holds);
ZEND_METHOD(Quipu_Table, unlink);
ZEND_METHOD(Quipu_Table, isLinked);
ZEND_METHOD(Quipu_Table, offsetExists);
ZEND_METHOD(Quipu_Table, offsetGet);
ZEND_METHOD(Quipu_Table, offsetSet);
ZEND_METHOD(Quipu_Table, offsetUnset);
ZEND_METHOD(Quipu_Table, count);
ZEND_METHOD(Quipu_Table, getIterator);
ZEND_METHOD(Quipu_Scan, __construct);
ZEND_METHOD(Quipu_Scan, current);
ZEND_METHOD(Quipu_Scan, key);
ZEND_METHOD(Quipu_Scan, next);
ZEND_METHOD(Quipu_Scan, rewind);
ZEND_METHOD(Quipu_Scan, valid);
ZEND_METHOD(QuipuIterator, __construct);
ZEND_METHOD(QuipuIterator, rewind);
ZEND_METHOD(QuipuIterator, next);
ZEND_METHOD(QuipuIterator, valid);
ZEND_METHOD(QuipuIterator, key);
ZEND_METHOD(QuipuIterator, current);
ZEND_METHOD(QuipuIterator, getTotalHits);
ZEND_METHOD(QuipuIterator, getTotalSize);
ZEND_METHOD(QuipuIterator, getTotalCount);


static const zend_function_entry ext_functions[] = {
	ZEND_NS_FALIAS("Quipu\\Compat", raise, Quipu_Compat_raise, arginfo_Quipu_Compat_raise)
	ZEND_FE(quipu_fetch, arginfo_quipu_fetch)
	ZEND_FE(quipu_store, arginfo_quipu_store)
	ZEND_FE(quipu_add, arginfo_quipu_add)
	ZEND_FE(quipu_inc, arginfo_quipu_inc)
	ZEND_FE(quipu_dec, arginfo_quipu_dec)
	ZEND_FE(quipu_cas, arginfo_quipu_cas)
	ZEND_FE(quipu_delete, arginfo_quipu_delete)
	ZEND_FE(quipu_exists, arginfo_quipu_exists)
	ZEND_FE(quipu_entry, arginfo_quipu_entry)
	ZEND_FE(quipu_clear_cache, arginfo_quipu_clear_cache)
	ZEND_FE(quipu_enabled, arginfo_quipu_enabled)
	ZEND_FE(quipu_cache_info, arginfo_quipu_cache_info)
	ZEND_FE(quipu_sma_info, arginfo_quipu_sma_info)
	ZEND_FE(quipu_key_info, arginfo_quipu_key_info)
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Table_methods[] = {
	ZEND_ME(Quipu_Table, __construct, arginfo_class_Quipu_Table___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Quipu_Table, open, arginfo_class_Quipu_Table_open, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Quipu_Table, remove, arginfo_class_Quipu_Table_remove, ZEND_ACC_PUBLIC|ZEND_ACC_STATIC)
	ZEND_ME(Quipu_Table, get, arginfo_class_Quipu_Table_get, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, set, arginfo_class_Quipu_Table_set, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, add, arginfo_class_Quipu_Table_add, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, replace, arginfo_class_Quipu_Table_replace, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, delete, arginfo_class_Quipu_Table_delete, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, exists, arginfo_class_Quipu_Table_exists, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, touch, arginfo_class_Quipu_Table_touch, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, ttl, arginfo_class_Quipu_Table_ttl, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, expire, arginfo_class_Quipu_Table_expire, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, persist, arginfo_class_Quipu_Table_persist, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, take, arginfo_class_Quipu_Table_take, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, getDelete, arginfo_class_Quipu_Table_getDelete, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, append, arginfo_class_Quipu_Table_append, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, incr, arginfo_class_Quipu_Table_incr, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, decr, arginfo_class_Quipu_Table_decr, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, fetchMax, arginfo_class_Quipu_Table_fetchMax, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, fetchMin, arginfo_class_Quipu_Table_fetchMin, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, getMany, arginfo_class_Quipu_Table_getMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, setMany, arginfo_class_Quipu_Table_setMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, incrMany, arginfo_class_Quipu_Table_incrMany, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, scan, arginfo_class_Quipu_Table_scan, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, clear, arginfo_class_Quipu_Table_clear, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, stats, arginfo_class_Quipu_Table_stats, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, maintain, arginfo_class_Quipu_Table_maintain, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, gets, arginfo_class_Quipu_Table_gets, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, cas, arginfo_class_Quipu_Table_cas, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, deleteIf, arginfo_class_Quipu_Table_deleteIf, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, compareAndSet, arginfo_class_Quipu_Table_compareAndSet, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, lock, arginfo_class_Quipu_Table_lock, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, unlock, arginfo_class_Quipu_Table_unlock, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, holds, arginfo_class_Quipu_Table_holds, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, unlink, arginfo_class_Quipu_Table_unlink, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, isLinked, arginfo_class_Quipu_Table_isLinked, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, offsetExists, arginfo_class_Quipu_Table_offsetExists, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, offsetGet, arginfo_class_Quipu_Table_offsetGet, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, offsetSet, arginfo_class_Quipu_Table_offsetSet, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, offsetUnset, arginfo_class_Quipu_Table_offsetUnset, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, count, arginfo_class_Quipu_Table_count, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Table, getIterator, arginfo_class_Quipu_Table_getIterator, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Scan_methods[] = {
	ZEND_ME(Quipu_Scan, __construct, arginfo_class_Quipu_Scan___construct, ZEND_ACC_PRIVATE)
	ZEND_ME(Quipu_Scan, current, arginfo_class_Quipu_Scan_current, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Scan, key, arginfo_class_Quipu_Scan_key, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Scan, next, arginfo_class_Quipu_Scan_next, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Scan, rewind, arginfo_class_Quipu_Scan_rewind, ZEND_ACC_PUBLIC)
	ZEND_ME(Quipu_Scan, valid, arginfo_class_Quipu_Scan_valid, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_NotFound_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Full_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_WrongType_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Overflow_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_TooLong_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Busy_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Permission_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Format_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Corrupt_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Removed_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Memory_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_Serialization_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_Quipu_Exception_System_methods[] = {
	ZEND_FE_END
};


static const zend_function_entry class_QuipuIterator_methods[] = {
	ZEND_ME(QuipuIterator, __construct, arginfo_class_QuipuIterator___construct, ZEND_ACC_PUBLIC)
	ZEND_ME(QuipuIterator, rewind, arginfo_class_QuipuIterator_rewind, ZEND_ACC_PUBLIC)
	ZEND_ME(QuipuIterator, next, arginfo_class_QuipuIterator_next, ZEND_ACC_PUBLIC)
	ZEND_ME(QuipuIterator, valid, arginfo_class_QuipuIterator_valid, ZEND_ACC_PUBLIC)
	ZEND_ME(QuipuIterator, key, arginfo_class_QuipuIterator_key, ZEND_ACC_PUBLIC)
	ZEND_ME(QuipuIterator, current, arginfo_class_QuipuIterator_current, ZEND_ACC_PUBLIC)
	ZEND_ME(QuipuIterator, getTotalHits, arginfo_class_QuipuIterator_getTotalHits, ZEND_ACC_PUBLIC)
	ZEND_ME(QuipuIterator, getTotalSize, arginfo_class_QuipuIterator_getTotalSize, ZEND_ACC_PUBLIC)
	ZEND_ME(QuipuIterator, getTotalCount, arginfo_class_QuipuIterator_getTotalCount, ZEND_ACC_PUBLIC)
	ZEND_FE_END
};

static void register_quipu_symbols(int module_number)
{
	REGISTER_LONG_CONSTANT("QUIPU_LIST_ACTIVE", QUIPU_PHP_LIST_ACTIVE, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_LIST_DELETED", QUIPU_PHP_LIST_DELETED, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_TYPE", QUIPU_PHP_ITER_TYPE, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_KEY", QUIPU_PHP_ITER_KEY, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_VALUE", QUIPU_PHP_ITER_VALUE, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_NUM_HITS", QUIPU_PHP_ITER_NUM_HITS, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_MTIME", QUIPU_PHP_ITER_MTIME, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_CTIME", QUIPU_PHP_ITER_CTIME, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_DTIME", QUIPU_PHP_ITER_DTIME, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_ATIME", QUIPU_PHP_ITER_ATIME, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_REFCOUNT", QUIPU_PHP_ITER_REFCOUNT, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_MEM_SIZE", QUIPU_PHP_ITER_MEM_SIZE, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_TTL", QUIPU_PHP_ITER_TTL, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_NONE", QUIPU_PHP_ITER_NONE, CONST_PERSISTENT);
	REGISTER_LONG_CONSTANT("QUIPU_ITER_ALL", QUIPU_PHP_ITER_ALL, CONST_PERSISTENT);
}

static zend_class_entry *register_class_Quipu_Exception(zend_class_entry *class_entry_RuntimeException)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu", "Exception", class_Quipu_Exception_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_RuntimeException);

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Table(zend_class_entry *class_entry_ArrayAccess, zend_class_entry *class_entry_Countable, zend_class_entry *class_entry_IteratorAggregate)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu", "Table", class_Quipu_Table_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;
	zend_class_implements(class_entry, 3, class_entry_ArrayAccess, class_entry_Countable, class_entry_IteratorAggregate);

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Scan(zend_class_entry *class_entry_Iterator)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu", "Scan", class_Quipu_Scan_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_FINAL|ZEND_ACC_NO_DYNAMIC_PROPERTIES|ZEND_ACC_NOT_SERIALIZABLE;
	zend_class_implements(class_entry, 1, class_entry_Iterator);

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_NotFound(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "NotFound", class_Quipu_Exception_NotFound_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Full(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Full", class_Quipu_Exception_Full_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_WrongType(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "WrongType", class_Quipu_Exception_WrongType_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Overflow(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Overflow", class_Quipu_Exception_Overflow_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_TooLong(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "TooLong", class_Quipu_Exception_TooLong_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Busy(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Busy", class_Quipu_Exception_Busy_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Permission(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Permission", class_Quipu_Exception_Permission_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Format(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Format", class_Quipu_Exception_Format_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Corrupt(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Corrupt", class_Quipu_Exception_Corrupt_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Removed(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Removed", class_Quipu_Exception_Removed_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Memory(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Memory", class_Quipu_Exception_Memory_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_Serialization(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "Serialization", class_Quipu_Exception_Serialization_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_Quipu_Exception_System(zend_class_entry *class_entry_Quipu_Exception)
{
	zend_class_entry ce, *class_entry;

	INIT_NS_CLASS_ENTRY(ce, "Quipu\\Exception", "System", class_Quipu_Exception_System_methods);
	class_entry = zend_register_internal_class_ex(&ce, class_entry_Quipu_Exception);
	class_entry->ce_flags |= ZEND_ACC_FINAL;

	return class_entry;
}

static zend_class_entry *register_class_QuipuIterator(zend_class_entry *class_entry_Iterator)
{
	zend_class_entry ce, *class_entry;

	INIT_CLASS_ENTRY(ce, "QuipuIterator", class_QuipuIterator_methods);
	class_entry = zend_register_internal_class_ex(&ce, NULL);
	class_entry->ce_flags |= ZEND_ACC_NOT_SERIALIZABLE;
	zend_class_implements(class_entry, 1, class_entry_Iterator);

	return class_entry;
}

/* The entry of the module: what PHP is told of the extension, and when it starts and ends. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "php_quipu.h"
#include "iterator.h"
#include "shape.h"
#include "ext/standard/info.h"
#include "ext/spl/spl_exceptions.h"
#include "php_ini.h"
#include "zend_interfaces.h"
#include "quipu_arginfo.h"

ZEND_DECLARE_MODULE_GLOBALS(quipu)

/* Whoever may set these for a part of a server (php_admin_value) keeps scripts from changing them. */
PHP_INI_BEGIN()
	STD_PHP_INI_ENTRY("quipu.default", "", PHP_INI_SYSTEM, OnUpdateString, default_name, zend_quipu_globals, quipu_globals)
	STD_PHP_INI_ENTRY("quipu.size", "", PHP_INI_SYSTEM, OnUpdateString, size, zend_quipu_globals, quipu_globals)
	STD_PHP_INI_ENTRY("quipu.mode", "0600", PHP_INI_SYSTEM, OnUpdateString, mode, zend_quipu_globals, quipu_globals)
	STD_PHP_INI_ENTRY("quipu.group", "", PHP_INI_SYSTEM, OnUpdateString, group, zend_quipu_globals, quipu_globals)
	STD_PHP_INI_ENTRY("quipu.prefix", "", PHP_INI_SYSTEM, OnUpdateString, prefix, zend_quipu_globals, quipu_globals)
	STD_PHP_INI_ENTRY("quipu.allow_paths", "*", PHP_INI_SYSTEM, OnUpdateString, allow_paths, zend_quipu_globals, quipu_globals)
PHP_INI_END()

static PHP_GINIT_FUNCTION(quipu)
{
#ifdef ZTS
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	memset(quipu_globals, 0, sizeof(*quipu_globals));
}

static PHP_GSHUTDOWN_FUNCTION(quipu)
{
	if (quipu_globals->tables != NULL) {
		zend_hash_destroy(quipu_globals->tables);
		pefree(quipu_globals->tables, 1);
	}
}

/* The subclasses of Quipu\Exception, each by the function that arginfo has for it. */
static PHP_MINIT_FUNCTION(quipu)
{
	REGISTER_INI_ENTRIES();
	quipu_php_exception_ce = register_class_Quipu_Exception(spl_ce_RuntimeException);
	register_class_Quipu_Exception_NotFound(quipu_php_exception_ce);
	register_class_Quipu_Exception_Full(quipu_php_exception_ce);
	register_class_Quipu_Exception_WrongType(quipu_php_exception_ce);
	register_class_Quipu_Exception_Overflow(quipu_php_exception_ce);
	register_class_Quipu_Exception_TooLong(quipu_php_exception_ce);
	register_class_Quipu_Exception_Busy(quipu_php_exception_ce);
	register_class_Quipu_Exception_Permission(quipu_php_exception_ce);
	register_class_Quipu_Exception_Format(quipu_php_exception_ce);
	register_class_Quipu_Exception_Corrupt(quipu_php_exception_ce);
	register_class_Quipu_Exception_Removed(quipu_php_exception_ce);
	register_class_Quipu_Exception_Memory(quipu_php_exception_ce);
	register_class_Quipu_Exception_Serialization(quipu_php_exception_ce);
	register_class_Quipu_Exception_System(quipu_php_exception_ce);
	quipu_php_exceptions_startup();
	quipu_php_scan_startup(register_class_Quipu_Scan(zend_ce_iterator));
	quipu_php_table_startup(register_class_Quipu_Table(zend_ce_arrayaccess, zend_ce_countable, zend_ce_aggregate));
	register_quipu_symbols(module_number);
	quipu_php_iterator_startup(register_class_QuipuIterator(zend_ce_iterator));
	quipu_php_turns_startup();
	quipu_php_session_startup();
	return SUCCESS;
}

static PHP_MSHUTDOWN_FUNCTION(quipu)
{
	UNREGISTER_INI_ENTRIES();
	return SUCCESS;
}

static PHP_RINIT_FUNCTION(quipu)
{
#ifdef ZTS
	ZEND_TSRMLS_CACHE_UPDATE();
#endif
	return SUCCESS;
}

static PHP_RSHUTDOWN_FUNCTION(quipu)
{
	quipu_php_turns_give_up(QUIPU_PHP_ENTRY_TURN);
	quipu_php_forget_default_table();
	return SUCCESS;
}

/* After every module has ended its request: sessions are written when ours has already. */
static ZEND_MODULE_POST_ZEND_DEACTIVATE_D(quipu)
{
	quipu_php_turns_end();
	return SUCCESS;
}

static PHP_MINFO_FUNCTION(quipu)
{
	char number[32];

	php_info_print_table_start();
	php_info_print_table_row(2, "quipu support", "enabled");
	php_info_print_table_row(2, "extension version", PHP_QUIPU_VERSION);
	php_info_print_table_row(2, "library version", quipu_version());
	php_info_print_table_row(2, "igbinary", quipu_php_has_igbinary() ? "available" : "not loaded");
	snprintf(number, sizeof(number), "%u", QUIPU_G(tables) != NULL ? zend_hash_num_elements(QUIPU_G(tables)) : 0);
	php_info_print_table_row(2, "tables open in this process", number);
	php_info_print_table_end();
	DISPLAY_INI_ENTRIES();
}

/* Arrays and objects are serialised; the functions of these must be there before ours. */
static const zend_module_dep quipu_dependencies[] = {
	ZEND_MOD_REQUIRED("json")
	ZEND_MOD_REQUIRED("spl")
	ZEND_MOD_OPTIONAL("igbinary")
	ZEND_MOD_OPTIONAL("session")
	ZEND_MOD_END
};

zend_module_entry quipu_module_entry = {
	STANDARD_MODULE_HEADER_EX,
	NULL,
	quipu_dependencies,
	"quipu",
	ext_functions,
	PHP_MINIT(quipu),
	PHP_MSHUTDOWN(quipu),
	PHP_RINIT(quipu),
	PHP_RSHUTDOWN(quipu),
	PHP_MINFO(quipu),
	PHP_QUIPU_VERSION,
	PHP_MODULE_GLOBALS(quipu),
	PHP_GINIT(quipu),
	PHP_GSHUTDOWN(quipu),
	ZEND_MODULE_POST_ZEND_DEACTIVATE_N(quipu),
	STANDARD_MODULE_PROPERTIES_EX
};

#ifdef ZTS
ZEND_TSRMLS_CACHE_DEFINE()
#endif

/* By config.h of phpize; a build by cargo exports it from Rust. */
#ifdef COMPILE_DL_QUIPU
ZEND_GET_MODULE(quipu)
#endif

/* Quipu\Scan: iterates over a table while others write. The scan of the library is closed with the object, also after a
 * fatal error. A value is made when it is asked for. */
#include "php_quipu.h"
#include "zend_exceptions.h"
#include "zend_interfaces.h"

zend_class_entry *quipu_php_scan_ce;
static zend_object_handlers scan_handlers;

typedef struct {
	quipu_php_table *table;
	zend_string *prefix;
	quipu_scan *scan;
	/* Where it is, unless it has not begun or has ended: its bytes are the scan's. */
	quipu_item item;
	bool is_valid;
	/* Whether it was moved: rewind() opens it again then. */
	bool is_moved;
	/* The value under foreach. */
	zval value;
	zend_object std;
} scan_object;

static scan_object *scan_of(zend_object *object)
{
	return (scan_object *) ((char *) object - XtOffsetOf(scan_object, std));
}

#define THIS_SCAN() scan_of(Z_OBJ_P(ZEND_THIS))

static zend_object *create_scan(zend_class_entry *ce)
{
	scan_object *object = zend_object_alloc(sizeof(*object), ce);

	memset(object, 0, XtOffsetOf(scan_object, std));
	ZVAL_UNDEF(&object->value);
	zend_object_std_init(&object->std, ce);
	object_properties_init(&object->std, ce);
	object->std.handlers = &scan_handlers;
	return &object->std;
}

static void free_scan(zend_object *std)
{
	scan_object *object = scan_of(std);

	quipu_scan_close(object->scan);
	object->scan = NULL;
	if (object->table != NULL) {
		quipu_php_close(object->table);
		object->table = NULL;
	}
	if (object->prefix != NULL) {
		zend_string_release(object->prefix);
		object->prefix = NULL;
	}
	zval_ptr_dtor(&object->value);
	ZVAL_UNDEF(&object->value);
	zend_object_std_dtor(std);
}

/* What the collector of cycles has to look at. */
static HashTable *get_gc(zend_object *std, zval **table, int *count)
{
	*table = &scan_of(std)->value;
	*count = 1;
	return NULL;
}

static void move_on(scan_object *object)
{
	quipu_status status;

	zval_ptr_dtor(&object->value);
	ZVAL_UNDEF(&object->value);
	object->is_valid = false;
	object->is_moved = true;
	status = quipu_scan_next(object->scan, &object->item);
	object->is_valid = status == QUIPU_OK;
	if (status != QUIPU_OK && status != QUIPU_END) {
		quipu_php_throw(status);
	}
}

/* The first entry is found when somebody asks. */
static bool is_valid(scan_object *object)
{
	if (!object->is_moved && object->scan != NULL) {
		move_on(object);
	}
	return object->is_valid;
}

static void begin(scan_object *object)
{
	quipu_status status;

	quipu_scan_close(object->scan);
	object->scan = NULL;
	object->is_valid = object->is_moved = false;
	status = quipu_scan_open(object->table->handle, ZSTR_VAL(object->prefix), ZSTR_LEN(object->prefix), QUIPU_CURSOR_START,
		&object->scan);
	if (status != QUIPU_OK) {
		quipu_php_throw(status);
	}
}

void quipu_php_scan_create(zval *result, quipu_php_table *table, const char *prefix, size_t prefix_length)
{
	scan_object *object;

	object_init_ex(result, quipu_php_scan_ce);
	object = scan_of(Z_OBJ_P(result));
	object->table = table;
	table->references++;
	object->prefix = zend_string_init(prefix, prefix_length, 0);
	begin(object);
}

/* NULL: there is none, or an exception was thrown. Decoding may run PHP code, which may move the scan; so it works on a
 * copy of the bytes. */
static zval *current(scan_object *object)
{
	quipu_value read;
	zend_string *bytes = NULL;
	zval value;

	if (!is_valid(object) || !Z_ISUNDEF(object->value)) {
		return object->is_valid ? &object->value : NULL;
	}
	read = object->item.value;
	if (read.kind == QUIPU_BYTES) {
		bytes = quipu_php_string_alloc(read.length);
		if (bytes == NULL) {
			return NULL;
		}
		memcpy(ZSTR_VAL(bytes), read.bytes, read.length);
		ZSTR_VAL(bytes)[read.length] = '\0';
		read.bytes = ZSTR_VAL(bytes);
	}
	if (bytes != NULL && read.flags == QUIPU_TAG_RAW) {
		ZVAL_NEW_STR(&value, bytes);
	} else {
		quipu_php_decode(&value, &read);
		if (bytes != NULL) {
			zend_string_release(bytes);
		}
	}
	zval_ptr_dtor(&object->value);
	ZVAL_COPY_VALUE(&object->value, &value);
	return EG(exception) ? NULL : &object->value;
}

ZEND_METHOD(Quipu_Scan, __construct)
{
	ZEND_PARSE_PARAMETERS_NONE();
}

ZEND_METHOD(Quipu_Scan, current)
{
	zval *value;

	ZEND_PARSE_PARAMETERS_NONE();
	value = current(THIS_SCAN());
	if (value != NULL) {
		RETURN_COPY(value);
	}
}

ZEND_METHOD(Quipu_Scan, key)
{
	scan_object *object = THIS_SCAN();

	ZEND_PARSE_PARAMETERS_NONE();
	if (is_valid(object)) {
		RETURN_STRINGL(object->item.key, object->item.key_length);
	}
}

ZEND_METHOD(Quipu_Scan, next)
{
	scan_object *object = THIS_SCAN();

	ZEND_PARSE_PARAMETERS_NONE();
	if (is_valid(object)) {
		move_on(object);
	}
}

ZEND_METHOD(Quipu_Scan, rewind)
{
	scan_object *object = THIS_SCAN();

	ZEND_PARSE_PARAMETERS_NONE();
	if (object->is_moved) {
		begin(object);
	}
}

ZEND_METHOD(Quipu_Scan, valid)
{
	ZEND_PARSE_PARAMETERS_NONE();
	RETURN_BOOL(is_valid(THIS_SCAN()));
}

void quipu_php_scan_startup(zend_class_entry *ce)
{
	quipu_php_scan_ce = ce;
	ce->create_object = create_scan;
	memcpy(&scan_handlers, &std_object_handlers, sizeof(scan_handlers));
	scan_handlers.offset = XtOffsetOf(scan_object, std);
	scan_handlers.free_obj = free_scan;
	scan_handlers.clone_obj = NULL;
	scan_handlers.get_gc = get_gc;
}

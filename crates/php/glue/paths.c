/* Names and paths of tables, and which of them a script may open: quipu.allow_paths, a list with colons of
 *
 *   name      this table in /dev/shm        name*     those that begin so; "*" alone: all that have a plain name
 *   /file     this file                     /dir/     those in this directory; "/" alone: all files
 *
 * A name without a slash is one in /dev/shm. A path is compared after its directory was resolved, so that no link and
 * no ".." leads around it, and open_basedir holds for it too. */
#include "php_quipu.h"
#include "main/fopen_wrappers.h"
#include "zend_exceptions.h"
#include "zend_virtual_cwd.h"
#include <limits.h>

#define SHARED_MEMORY "/dev/shm/"
#define NAME_BYTES_MAX 200

static bool matches(const char *entry, size_t length, const char *name)
{
	char last = length > 0 ? entry[length - 1] : '\0';
	const bool entry_is_path = memchr(entry, '/', length) != NULL;

	if (length == 0 || entry_is_path != (*name == '/')) {
		return false;
	}
	/* For a directory: also what is below its sub-directories. */
	if (entry_is_path ? last == '/' : last == '*') {
		size_t prefix = entry_is_path ? length : length - 1;
		return strncmp(name, entry, prefix) == 0;
	}
	return strlen(name) == length && memcmp(name, entry, length) == 0;
}

static bool is_allowed(const char *name)
{
	const char *at = QUIPU_G(allow_paths);

	while (at != NULL) {
		const char *end = strchr(at, ':');
		size_t length = end != NULL ? (size_t) (end - at) : strlen(at);

		if (matches(at, length, name)) {
			return true;
		}
		at = end != NULL ? end + 1 : NULL;
	}
	return false;
}

/* The path with its directory resolved. NULL: there is none, and an exception was thrown. */
static char *resolved(const char *path)
{
	char directory[MAXPATHLEN], real[MAXPATHLEN];
	const char *file = strrchr(path, '/') + 1;
	size_t length = (size_t) (file - path);
	char *result;

	if (*file == '\0' || strcmp(file, ".") == 0 || strcmp(file, "..") == 0 || length >= sizeof(directory)) {
		quipu_php_throw_text(QUIPU_BAD_NAME, "\"%s\" is no path of a table: it must end with a file name", path);
		return NULL;
	}
	memcpy(directory, path, length);
	directory[length] = '\0';
	if (VCWD_REALPATH(directory, real) == NULL) {
		quipu_php_throw_text(QUIPU_TABLE_NOT_FOUND, "there is no directory %s: make it first", directory);
		return NULL;
	}
	spprintf(&result, 0, "%s/%s", strcmp(real, "/") == 0 ? "" : real, file);
	return result;
}

char *quipu_php_path_of(zend_string *name, bool is_public)
{
	char *path;

	const bool is_plain = strchr(ZSTR_VAL(name), '/') == NULL;

	if (ZSTR_LEN(name) == 0 || strlen(ZSTR_VAL(name)) != ZSTR_LEN(name) || (is_plain && (ZSTR_LEN(name) > NAME_BYTES_MAX
			|| strcmp(ZSTR_VAL(name), ".") == 0 || strcmp(ZSTR_VAL(name), "..") == 0))) {
		quipu_php_throw_text(QUIPU_BAD_NAME, "\"%s\" is no name of a table: use 1 to 200 bytes without a slash, or a path "
			"with one", ZSTR_VAL(name));
		return NULL;
	}
	if (is_plain) {
		if (!is_public && !is_allowed(ZSTR_VAL(name))) {
			quipu_php_throw_text(QUIPU_MODE, "the table \"%s\" is not one that quipu.allow_paths in php.ini allows (\"%s\"): "
				"use another name, or have it added there", ZSTR_VAL(name), QUIPU_G(allow_paths));
			return NULL;
		}
		spprintf(&path, 0, SHARED_MEMORY "%s", ZSTR_VAL(name));
		return path;
	}
	path = resolved(ZSTR_VAL(name));
	if (path == NULL) {
		return NULL;
	}
	if (!is_public && (!is_allowed(path) || php_check_open_basedir_ex(path, 0) != 0)) {
		quipu_php_throw_text(QUIPU_MODE, "the path %s is not one that quipu.allow_paths (\"%s\") and open_basedir in "
			"php.ini allow: use a plain name, or have it added there", path, QUIPU_G(allow_paths));
		efree(path);
		return NULL;
	}
	return path;
}

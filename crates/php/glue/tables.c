/* The tables that this process has open: each once, however often scripts open it, and from one request to the next.
 * A table is kept by its path, with device and inode of its file, so that one that was removed and made again is
 * opened again. */
#include "shape.h"
#include "zend_exceptions.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a group is one of this process. */
static bool is_own_group(gid_t group)
{
	gid_t groups[256];
	int count, at;

	if (group == getegid()) {
		return true;
	}
	count = getgroups(sizeof(groups) / sizeof(groups[0]), groups);
	for (at = 0; at < count; at++) {
		if (groups[at] == group) {
			return true;
		}
	}
	return false;
}

/* Whether the user of a file is one whom the caller means to share it with. The library itself accepts the caller and
 * root. Another user's file is accepted if the caller asks for a mode that lets the group write, and it belongs to the
 * group that the caller names, or else to one of its own: nobody outside of a group can give a file to it. And if the
 * caller asks for a mode that lets everybody write. */
static bool is_shared(const quipu_php_options *options, const struct stat *found)
{
	if (options->mode & 0002) {
		return true;
	}
	if (!(options->mode & 0020) || !(found->st_mode & 0020)) {
		return false;
	}
	return options->has_group ? found->st_gid == options->group : is_own_group(found->st_gid);
}

/* Why the system did not let us make a table. */
static void throw_create(quipu_status status, const char *path, const quipu_php_options *options)
{
	int directory = (int) (strrchr(path, '/') - path);
	char parent[MAXPATHLEN];

	snprintf(parent, sizeof(parent), "%.*s/", directory, path);
	if (options->has_group && geteuid() != 0 && !is_own_group(options->group)) {
		quipu_php_throw_text(status, "the table %s cannot be given to group %u, for this process (user %u) is not in it: add "
			"the user to the group and start the process again, or name another group (quipu.group in php.ini, or the option "
			"group)", path, (unsigned) options->group, (unsigned) geteuid());
	} else if (eaccess(parent, W_OK | X_OK) != 0) {
		quipu_php_throw_text(status, "this process (user %u) may not make files in %s: use a plain name, or a directory that "
			"it may write", (unsigned) geteuid(), parent);
	} else {
		quipu_php_throw(status);
	}
}

static void throw_open(quipu_status status, const char *path, const struct stat *found, const quipu_php_options *options)
{
	if (status == QUIPU_OWNER && found != NULL) {
		quipu_php_throw_text(status, "the table %s belongs to user %u, who made it for others with mode %03o and group %u: "
			"to share it, both sides need a mode that lets a common group write, and that group (quipu.mode=0660 and "
			"quipu.group in php.ini, or the options mode and group)", path, (unsigned) found->st_uid,
			(unsigned) (found->st_mode & 0777), (unsigned) found->st_gid);
	} else if (status == QUIPU_MODE && found != NULL) {
		quipu_php_throw_text(status, "everybody may write the table %s (mode %03o): take that right away (chmod o-w), or say "
			"that it is wanted (quipu.mode=0666 in php.ini, or the option mode)", path, (unsigned) (found->st_mode & 0777));
	} else if (status == QUIPU_IO && found != NULL && eaccess(path, R_OK | W_OK) != 0 && errno == EACCES) {
		quipu_php_throw_text(status, "the table %s may not be written by this process (user %u): it belongs to user %u, "
			"with mode %03o and group %u; have it made with a mode and a group that this user has (quipu.mode=0660 and "
			"quipu.group in php.ini, or the options mode and group), after it was removed (quipu rm)", path,
			(unsigned) geteuid(), (unsigned) found->st_uid, (unsigned) (found->st_mode & 0777),
			(unsigned) found->st_gid);
	} else if (status == QUIPU_IO && found == NULL) {
		throw_create(status, path, options);
	} else {
		quipu_php_throw(status);
	}
}

/* Opens the file, or makes it. What is there is opened without O_CREAT, as the library does. */
static quipu_table *open_path(const char *path, const quipu_php_options *options, const struct stat *found)
{
	quipu_table *handle = NULL;
	quipu_status status;
	quipu_options how = {
		.struct_size = sizeof(how),
		.max_bytes = options->max_bytes,
		.on_full = options->on_full,
		.mode = options->mode,
		.has_group = options->has_group,
		.group = options->group,
		.wipe = options->wipe,
	};

	if (found != NULL && is_shared(options, found)) {
		/* The very user that the file had a moment ago; anyone only where everybody may write anyway. */
		how.owner = options->mode & 0002 ? QUIPU_OWNER_ANYONE : QUIPU_OWNER_UID;
		how.owner_uid = found->st_uid;
	}
	status = options->create ? quipu_open_or_create(path, &how, &handle) : quipu_open(path, &how, &handle);
	if (status != QUIPU_OK) {
		throw_open(status, path, found, options);
		return NULL;
	}
	return handle;
}

static void free_table(quipu_php_table *table)
{
	quipu_close(table->handle);
	free(table);
}

void quipu_php_close(quipu_php_table *table)
{
	if (--table->references == 0) {
		free_table(table);
	}
}

static void let_go(zval *entry)
{
	quipu_php_close(Z_PTR_P(entry));
}

/* The file that a handle has open. */
static bool stat_table(quipu_table *handle, struct stat *found)
{
	int descriptor;

	return quipu_descriptor(handle, &descriptor) == QUIPU_OK && fstat(descriptor, found) == 0;
}

static bool is_linked(const quipu_php_table *table)
{
	struct stat found;

	return stat_table(table->handle, &found) && found.st_nlink > 0;
}

/* What was removed and is used by no object any more is let go, or a long process would keep it for ever. */
static int prune(zval *entry)
{
	if (is_linked(Z_PTR_P(entry))) {
		return ZEND_HASH_APPLY_KEEP;
	}
	quipu_php_locks_forget(Z_PTR_P(entry));
	return ZEND_HASH_APPLY_REMOVE;
}

static quipu_php_table *open_and_keep(const char *path, const quipu_php_options *options, const struct stat *found)
{
	struct stat opened;
	quipu_php_table *table;
	quipu_table *handle = open_path(path, options, found);

	if (handle == NULL) {
		return NULL;
	}
	/* Not memory of the request: it stays for the next. */
	table = malloc(sizeof(*table));
	if (table == NULL || !stat_table(handle, &opened)) {
		free(table);
		quipu_close(handle);
		quipu_php_throw_text(QUIPU_UNSUPPORTED, "the table %s cannot be kept open: out of memory, or its descriptor is gone",
			path);
		return NULL;
	}
	table->handle = handle;
	table->device = opened.st_dev;
	table->inode = opened.st_ino;
	table->bytes = opened.st_size;
	table->references = 1;
	if (QUIPU_G(tables) == NULL) {
		QUIPU_G(tables) = pemalloc(sizeof(HashTable), 1);
		zend_hash_init(QUIPU_G(tables), 8, NULL, let_go, 1);
		/* Or a file that somebody cuts off would end this process by SIGBUS. Without it everything else works. */
		quipu_guard_against_truncation();
	}
	zend_hash_apply(QUIPU_G(tables), prune);
	zend_hash_str_update_ptr(QUIPU_G(tables), path, strlen(path), table);
	return table;
}

quipu_php_table *quipu_php_open(zend_string *name, const quipu_php_options *options)
{
	struct stat found;
	bool is_there;
	quipu_php_table *table = NULL;
	char *path = quipu_php_path_of(name, options->is_public);

	if (path == NULL) {
		return NULL;
	}
	is_there = lstat(path, &found) == 0;
	if (is_there && QUIPU_G(tables) != NULL) {
		table = zend_hash_str_find_ptr(QUIPU_G(tables), path, strlen(path));
	}
	/* Whom the caller shares with is asked each time, and the system whenever the user may have changed. */
	if (table == NULL || table->device != found.st_dev || table->inode != found.st_ino || table->bytes != found.st_size
		|| (found.st_uid != geteuid() && found.st_uid != 0 && !is_shared(options, &found))
		|| ((found.st_mode & 0002) && !(options->mode & 0002))) {
		table = open_and_keep(path, options, is_there ? &found : NULL);
	}
	if (table != NULL) {
		table->references++;
	}
	efree(path);
	return table;
}

bool quipu_php_may_remove(const char *path)
{
	char directory[MAXPATHLEN];
	struct stat found, around;
	const char *file = strrchr(path, '/');

	/* What cannot be found out is for the system to answer. */
	if (snprintf(directory, sizeof(directory), "%.*s/", (int) (file - path), path) >= (int) sizeof(directory)
		|| stat(directory, &around) != 0 || lstat(path, &found) != 0) {
		return true;
	}
	if (eaccess(directory, W_OK | X_OK) == 0 && (!(around.st_mode & S_ISVTX) || geteuid() == 0
			|| geteuid() == around.st_uid || geteuid() == found.st_uid)) {
		return true;
	}
	quipu_php_throw_text(QUIPU_MODE, "the table %s belongs to user %u, who alone may take its name away: have that user or "
		"root remove it, or clear() it", path, (unsigned) found.st_uid);
	return false;
}

bool quipu_php_is_linked(const quipu_php_table *table)
{
	if (is_linked(table)) {
		return true;
	}
	quipu_php_throw_text(QUIPU_REMOVED, "the file of the table was removed while it was in use, so nobody else can open it: "
		"open it again to get a new one (systemd removes what a user has in /dev/shm at the end of its last session, unless "
		"RemoveIPC=no in logind.conf)");
	return false;
}

/* quipu.default, or one for each user, as nobody else may open it with the default mode. */
static zend_string *default_name(void)
{
	const char *name = QUIPU_G(default_name);

	if (name != NULL && *name != '\0') {
		return zend_string_init(name, strlen(name), 0);
	}
	return zend_strpprintf(0, "php-%u", (unsigned) geteuid());
}

quipu_php_table *quipu_php_default_table(void)
{
	quipu_php_options options;
	zend_string *name;

	if (EXPECTED(QUIPU_G(default_table) != NULL)) {
		return QUIPU_G(default_table);
	}
	if (quipu_php_options_of_ini(&options) == FAILURE) {
		return NULL;
	}
	options.is_public = true;
	name = default_name();
	QUIPU_G(default_table) = quipu_php_open(name, &options);
	zend_string_release(name);
	return QUIPU_G(default_table);
}

void quipu_php_forget_default_table(void)
{
	if (QUIPU_G(default_table) != NULL) {
		quipu_php_close(QUIPU_G(default_table));
		QUIPU_G(default_table) = NULL;
	}
}

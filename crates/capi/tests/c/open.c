/* How tables are opened, made, passed on, listed and removed. */
#include "check.h"
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *name;

static void a_table_is_made_once(void) {
    quipu_options options = {.struct_size = sizeof options, .max_bytes = 8 << 20, .mode = 0640};
    quipu_table *one = NULL, *two = (quipu_table *)&options;
    ANSWERS(QUIPU_TABLE_NOT_FOUND, quipu_open(name, &options, &one));
    HOLDS(one == NULL);
    ANSWERS(QUIPU_TABLE_NOT_FOUND, quipu_remove(name));
    ANSWERS(QUIPU_OK, quipu_create(name, &options, &one));
    ANSWERS(QUIPU_TABLE_EXISTS, quipu_create(name, &options, &two));
    HOLDS(two == NULL);
    ANSWERS(QUIPU_OK, quipu_open_or_create(name, NULL, &two));
    int64_t number = 0;
    ANSWERS(QUIPU_OK, quipu_incr(one, KEY("n"), 1, NULL));
    ANSWERS(QUIPU_OK, quipu_incr(two, KEY("n"), 1, &number));
    HOLDS(number == 2);
    quipu_close(two);

    char path[256], expected[256];
    size_t length = 0;
    struct stat details;
    snprintf(expected, sizeof expected, "/dev/shm/%s", name);
    ANSWERS(QUIPU_OK, quipu_path(one, path, sizeof path, &length));
    HOLDS(strcmp(path, expected) == 0 && length == strlen(path));
    ANSWERS(QUIPU_BUFFER_TOO_SMALL, quipu_path(one, path, length, NULL));
    ANSWERS(QUIPU_OK, quipu_path(one, path, length + 1, NULL));
    HOLDS(stat(path, &details) == 0 && (details.st_mode & 0777) == 0640);
    quipu_close(one);

    options.pages = QUIPU_PAGES_POPULATED;
    ANSWERS(QUIPU_OK, quipu_open(path, &options, &one));
    ANSWERS(QUIPU_OK, quipu_get_number(one, KEY("n"), &number));
    HOLDS(number == 2);
    quipu_close(one);
    quipu_close(NULL);
}

static void a_reader_only_reads(void) {
    quipu_table *reader = NULL;
    quipu_value value = quipu_integer(1), found;
    quipu_key key = {KEY("n")};
    quipu_token token = {{0, 0}};
    quipu_counting counting = {.delta = 1, .ttl_ms = QUIPU_TTL_NEVER};
    int64_t number = 0, one = 1;
    uint8_t is_there = 0;
    uint64_t length = 0;
    size_t count = 9;
    ANSWERS(QUIPU_OK, quipu_open_reader(name, NULL, &reader));
    ANSWERS(QUIPU_OK, quipu_get_number(reader, KEY("n"), &number));
    HOLDS(number == 2);
    ANSWERS(QUIPU_OK, quipu_get(reader, KEY("n"), NULL, 0, &found));
    ANSWERS(QUIPU_OK, quipu_exists(reader, KEY("n")));
    ANSWERS(QUIPU_OK, quipu_ttl(reader, KEY("n"), &number));
    ANSWERS(QUIPU_OK, quipu_multi_get(reader, &key, 1, NULL, 0, &found, NULL));
    ANSWERS(QUIPU_OK, quipu_multi_get_number(reader, &key, 1, &number, &is_there));
    ANSWERS(QUIPU_OK, quipu_len(reader, &length));
    HOLDS(length == 1 && is_there == 1);
    ANSWERS(QUIPU_OK, quipu_processes(reader, NULL, 0, &count));
    HOLDS(count == 0);
    ANSWERS(QUIPU_OK, quipu_check(reader, NULL, 0, NULL));
    quipu_scan *scan = NULL;
    quipu_item item;
    ANSWERS(QUIPU_OK, quipu_scan_open(reader, NULL, 0, QUIPU_CURSOR_START, &scan));
    ANSWERS(QUIPU_OK, quipu_scan_next(scan, &item));
    quipu_scan_close(scan);

    ANSWERS(QUIPU_READ_ONLY, quipu_set(reader, KEY("n"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_READ_ONLY, quipu_set_bytes(reader, KEY("n"), "x", 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_READ_ONLY, quipu_set_number(reader, KEY("n"), 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_READ_ONLY, quipu_add(reader, KEY("n"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_READ_ONLY, quipu_replace(reader, KEY("n"), &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_READ_ONLY, quipu_compare_and_set(reader, KEY("n"), &token, &value, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_READ_ONLY, quipu_compare_and_set_number(reader, KEY("n"), 2, 3, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_get_and_set(reader, KEY("n"), &value, QUIPU_TTL_NEVER, NULL, 0, &found));
    ANSWERS(QUIPU_READ_ONLY, quipu_append(reader, KEY("n"), "x", 1, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_prepend(reader, KEY("n"), "x", 1, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_incr(reader, KEY("n"), 1, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_decr(reader, KEY("n"), 1, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_count(reader, KEY("n"), &counting, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_add_float(reader, KEY("n"), 1, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_fetch_max(reader, KEY("n"), 1, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_fetch_min(reader, KEY("n"), 1, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_take(reader, KEY("n"), NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_delete(reader, KEY("n")));
    ANSWERS(QUIPU_READ_ONLY, quipu_compare_and_delete(reader, KEY("n"), &token));
    ANSWERS(QUIPU_READ_ONLY, quipu_get_and_delete(reader, KEY("n"), NULL, 0, &found));
    ANSWERS(QUIPU_READ_ONLY, quipu_touch(reader, KEY("n"), 1));
    ANSWERS(QUIPU_READ_ONLY, quipu_persist(reader, KEY("n")));
    ANSWERS(QUIPU_READ_ONLY, quipu_get_and_touch(reader, KEY("n"), 1, NULL, 0, &found));
    ANSWERS(QUIPU_READ_ONLY, quipu_clear(reader, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_multi_incr(reader, &key, &one, 1, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_multi_set(reader, &key, &value, 1, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_READ_ONLY, quipu_maintain(reader, NULL));
    ANSWERS(QUIPU_READ_ONLY, quipu_wait(reader, KEY("n"), NULL, 0));
    ANSWERS(QUIPU_READ_ONLY, quipu_use_pages(reader, QUIPU_PAGES_HUGE, NULL));
    quipu_counter *counter = NULL;
    quipu_striped *striped = NULL;
    int descriptor = -1;
    ANSWERS(QUIPU_READ_ONLY, quipu_counter_open(reader, KEY("n"), &counter));
    ANSWERS(QUIPU_READ_ONLY, quipu_striped_open(reader, KEY("n"), &striped));
    ANSWERS(QUIPU_READ_ONLY, quipu_descriptor(reader, &descriptor));
    HOLDS(counter == NULL && striped == NULL && descriptor == -1);
    ANSWERS(QUIPU_OK, quipu_get_number(reader, KEY("n"), &number));
    HOLDS(number == 2);
    quipu_close(reader);
    ANSWERS(QUIPU_TABLE_NOT_FOUND, quipu_open_reader("/dev/shm/no/such", NULL, &reader));
}

static void tables_are_listed_and_removed(void) {
    quipu_tables *tables = NULL;
    quipu_table_name found;
    quipu_status status;
    int is_seen = 0;
    ANSWERS(QUIPU_OK, quipu_tables_open(&tables));
    while ((status = quipu_tables_next(tables, &found)) == QUIPU_OK) {
        if (strcmp(found.name, name) == 0) {
            HOLDS(strncmp(found.path, "/dev/shm/", 9) == 0 && strcmp(found.path + 9, name) == 0);
            HOLDS(found.status == QUIPU_OK && found.entries == 1 && found.bytes >= 4096);
            is_seen = 1;
        }
    }
    HOLDS(status == QUIPU_END && is_seen);
    quipu_tables_close(tables);
    quipu_tables_close(NULL);

    uint64_t bytes = 0;
    ANSWERS(QUIPU_OK, quipu_free_bytes(name, &bytes));
    HOLDS(bytes > 0);
    ANSWERS(QUIPU_TABLE_NOT_FOUND, quipu_free_bytes("/no/such/folder/table", &bytes));
    ANSWERS(QUIPU_BAD_NAME, quipu_free_bytes("..", &bytes));

    quipu_table *table = NULL;
    ANSWERS(QUIPU_OK, quipu_open(name, NULL, &table));
    ANSWERS(QUIPU_OK, quipu_remove(name));
    ANSWERS(QUIPU_REMOVED, quipu_incr(table, KEY("n"), 1, NULL));
    quipu_table_stats stats = {.struct_size = sizeof stats};
    ANSWERS(QUIPU_OK, quipu_stats(table, &stats));
    HOLDS(stats.is_removed == 1);
    quipu_close(table);
    ANSWERS(QUIPU_TABLE_NOT_FOUND, quipu_remove(name));
}

static void what_is_no_table_is_refused(void) {
    quipu_table *table = NULL;
    char path[256], link[300], text[300];
    snprintf(path, sizeof path, "/dev/shm/%s", name);
    FILE *file = fopen(path, "w");
    HOLDS(file != NULL && fputs("this is not a table", file) >= 0 && fclose(file) == 0);
    ANSWERS(QUIPU_NOT_A_TABLE, quipu_open(name, NULL, &table));
    ANSWERS(QUIPU_NOT_A_TABLE, quipu_remove(name));
    size_t length = quipu_last_error(text, sizeof text);
    HOLDS(length == strlen(text) && strstr(text, path) != NULL);
    snprintf(link, sizeof link, "%s.link", path);
    HOLDS(symlink(path, link) == 0);
    ANSWERS(QUIPU_SYMLINK, quipu_open(link, NULL, &table));
    HOLDS(unlink(link) == 0 && unlink(path) == 0);
    ANSWERS(QUIPU_BAD_NAME, quipu_open("", NULL, &table));
    ANSWERS(QUIPU_BAD_NAME, quipu_remove("."));
}

static void whose_table_is_checked(void) {
    quipu_options options = {.struct_size = sizeof options, .max_bytes = 1 << 20, .mode = 0666};
    quipu_table *table = NULL;
    ANSWERS(QUIPU_OK, quipu_create(name, &options, &table));
    quipu_close(table);
    ANSWERS(QUIPU_MODE, quipu_open(name, NULL, &table));
    ANSWERS(QUIPU_OK, quipu_open_or_create(name, &options, &table));
    quipu_close(table);
    options.owner = QUIPU_OWNER_ANYONE;
    ANSWERS(QUIPU_OK, quipu_open(name, &options, &table));
    quipu_close(table);
    options.owner = QUIPU_OWNER_UID;
    options.owner_uid = 4242;
    ANSWERS(QUIPU_OWNER, quipu_open(name, &options, &table));
    HOLDS(table == NULL);
    ANSWERS(QUIPU_OK, quipu_remove(name));
}

static void options_are_checked(void) {
    quipu_options good = {.struct_size = sizeof good, .max_bytes = 1 << 20}, bad;
    quipu_table *table = NULL;
    bad = good, bad.struct_size = 0;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_create(name, &bad, &table));
    bad = good, bad.on_full = 2;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_create(name, &bad, &table));
    bad = good, bad.hash = 2;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_create(name, &bad, &table));
    bad = good, bad.owner = 3;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_create(name, &bad, &table));
    bad = good, bad.pages = 3;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_create(name, &bad, &table));
    bad = good, bad.mode = 01777;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_create(name, &bad, &table));
    bad = good, bad.wipe = 2;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_create(name, &bad, &table));
    bad = good, bad.tick_ms = 3;
    ANSWERS(QUIPU_UNSUPPORTED, quipu_create(name, &bad, &table));
    HOLDS(table == NULL);

    /* A program that was compiled with a newer header, and asks for nothing new; and one that does. */
    struct {
        quipu_options known;
        uint64_t more;
    } newer = {.known = good};
    newer.known.struct_size = sizeof newer;
    newer.known.on_full = QUIPU_ON_FULL_EVICT;
    newer.known.hash = QUIPU_HASH_SIPHASH13;
    newer.known.tick_ms = 1;
    newer.known.wipe = 1;
    newer.known.has_group = 1;
    newer.known.group = getgid();
    newer.more = 1;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_create(name, &newer.known, &table));
    newer.more = 0;
    ANSWERS(QUIPU_OK, quipu_create(name, &newer.known, &table));
    struct {
        quipu_table_stats known;
        uint64_t more;
    } stats = {.known = {.struct_size = sizeof stats}, .more = 1};
    ANSWERS(QUIPU_OK, quipu_stats(table, &stats.known));
    HOLDS(stats.more == 0 && stats.known.struct_size == sizeof stats && stats.known.bytes_max == 1 << 20);
    HOLDS(stats.known.on_full == QUIPU_ON_FULL_EVICT && stats.known.hash == QUIPU_HASH_SIPHASH13);
    HOLDS(stats.known.wipe == 1);
    HOLDS(stats.known.tick_ms == 1 && stats.known.created_ms > 1600000000000 && stats.known.is_removed == 0);
    quipu_close(table);
    ANSWERS(QUIPU_OK, quipu_remove(name));
}

static void a_memory_file_is_passed_on(void) {
    quipu_options options = {.struct_size = sizeof options, .max_bytes = 4 << 20};
    quipu_table *table = NULL, *same = NULL;
    int descriptor = -1;
    int64_t number = 0;
    char path[16];
    ANSWERS(QUIPU_OK, quipu_create_memory_file(&options, &table));
    ANSWERS(QUIPU_MISSING, quipu_path(table, path, sizeof path, NULL));
    ANSWERS(QUIPU_OK, quipu_descriptor(table, &descriptor));
    int copy = dup(descriptor);
    HOLDS(copy >= 0);
    ANSWERS(QUIPU_OK, quipu_open_descriptor(copy, NULL, &same));
    HOLDS(close(copy) == 0);
    ANSWERS(QUIPU_OK, quipu_incr(same, KEY("n"), 5, NULL));

    /* A child goes on with what it inherited. */
    pid_t child = fork();
    HOLDS(child >= 0);
    if (child == 0) {
        _exit(quipu_incr(table, KEY("n"), 6, &number) == QUIPU_OK && number == 11 ? 0 : 1);
    }
    int ended = -1;
    HOLDS(waitpid(child, &ended, 0) == child && ended == 0);
    quipu_close(table);
    ANSWERS(QUIPU_OK, quipu_get_number(same, KEY("n"), &number));
    HOLDS(number == 11);
    quipu_close(same);
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_open_descriptor(-1, NULL, &same));
    ANSWERS(QUIPU_IO, quipu_open_descriptor(copy, NULL, &same));
    int pipes[2];
    HOLDS(pipe(pipes) == 0);
    ANSWERS(QUIPU_NOT_A_TABLE, quipu_open_descriptor(pipes[0], NULL, &same));
    HOLDS(same == NULL);
}

int main(int count, char **arguments) {
    HOLDS(count == 2);
    name = arguments[1];
    a_table_is_made_once();
    a_reader_only_reads();
    tables_are_listed_and_removed();
    what_is_no_table_is_refused();
    whose_table_is_checked();
    options_are_checked();
    a_memory_file_is_passed_on();
    return 0;
}

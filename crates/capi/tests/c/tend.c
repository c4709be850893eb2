/* Figures, checks and upkeep; what statuses are called. */
#include "check.h"
#include <pthread.h>
#include <unistd.h>

static quipu_table *table;

static void figures(void) {
    quipu_table_stats stats = {.struct_size = sizeof stats};
    ANSWERS(QUIPU_OK, quipu_set_bytes(table, KEY("a"), "some bytes", 10, QUIPU_TTL_NEVER));
    ANSWERS(QUIPU_OK, quipu_incr(table, KEY("b"), 1, NULL));
    ANSWERS(QUIPU_OK, quipu_stats(table, &stats));
    HOLDS(stats.struct_size == sizeof stats && stats.entries == 2 && stats.buckets == 1 && stats.bytes_max == 8 << 20);
    HOLDS(stats.bytes_committed == stats.bytes_index + stats.bytes_arena && stats.bytes_index > 0);
    HOLDS(stats.processes == 1 && stats.participants >= 1 && stats.full == 0 && stats.evicted == 0);
    HOLDS(stats.tick_ms == 128 && stats.has_recovery == 1 && stats.is_removed == 0 && stats.wipe == 0);
    stats.struct_size = sizeof stats - 8;
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_stats(table, &stats));

    quipu_process process;
    size_t count = 0;
    ANSWERS(QUIPU_OK, quipu_processes(table, &process, 1, &count));
    HOLDS(count == 1 && process.pid == (uint32_t)getpid() && process.state == QUIPU_PROCESS_ALIVE);
    HOLDS(process.participants >= 1 && process.started > 0 && process.pid_namespace > 0);
    count = 0;
    ANSWERS(QUIPU_BUFFER_TOO_SMALL, quipu_processes(table, NULL, 0, &count));
    HOLDS(count == 1);

    quipu_pages_report pages = {.bytes_committed = 0};
    ANSWERS(QUIPU_OK, quipu_use_pages(table, QUIPU_PAGES_POPULATED, &pages));
    HOLDS(pages.bytes_committed > 0 && (pages.bytes_populated == pages.bytes_committed || pages.refused != 0));
    ANSWERS(QUIPU_OK, quipu_use_pages(table, QUIPU_PAGES_ON_DEMAND, NULL));
    ANSWERS(QUIPU_INVALID_ARGUMENT, quipu_use_pages(table, 7, &pages));
}

static void a_sound_table_is_sound(void) {
    quipu_check_report report;
    char text[100] = "---";
    memset(&report, 255, sizeof report);
    ANSWERS(QUIPU_OK, quipu_check(table, text, sizeof text, &report));
    HOLDS(report.problems == 0 && report.entries == 2 && report.buckets == 1 && report.has_more == 0);
    HOLDS(report.busy == 0 && report.blocks == 1 && text[0] == 0);
}

static void statuses_have_names(void) {
    HOLDS(strcmp(quipu_status_name(QUIPU_OK), "OK") == 0);
    HOLDS(strcmp(quipu_status_name(QUIPU_WRONG_TYPE), "WRONG_TYPE") == 0);
    HOLDS(strcmp(quipu_status_name(-1), "UNKNOWN") == 0 && strcmp(quipu_status_name(12345), "UNKNOWN") == 0);
    HOLDS(strstr(quipu_status_text(QUIPU_KEY_TOO_LONG), "65,535") != NULL);
    HOLDS(strcmp(quipu_version(), QUIPU_VERSION) == 0);
}

static void *has_no_error(void *unused) {
    char text[8] = "-------";
    (void)unused;
    HOLDS(quipu_last_error(text, sizeof text) == 0 && text[0] == 0);
    return NULL;
}

static void each_thread_has_its_last_error(void) {
    char text[300] = "", head[6] = "-----";
    pthread_t thread;
    quipu_table *none = NULL;
    ANSWERS(QUIPU_TABLE_NOT_FOUND, quipu_open("quipu-no-such-table", NULL, &none));
    /* An answer that is no error leaves the text. */
    ANSWERS(QUIPU_MISSING, quipu_exists(table, KEY("nothing")));
    size_t length = quipu_last_error(text, sizeof text);
    HOLDS(length == strlen(text) && strstr(text, "/dev/shm/quipu-no-such-table") != NULL);
    HOLDS(quipu_last_error(head, sizeof head) == length && memcmp(head, text, 5) == 0 && head[5] == 0);
    HOLDS(quipu_last_error(NULL, 0) == length);
    HOLDS(pthread_create(&thread, NULL, has_no_error, NULL) == 0 && pthread_join(thread, NULL) == 0);
}

int main(int count, char **arguments) {
    HOLDS(count == 2);
    statuses_have_names();
    table = check_create(arguments[1]);
    figures();
    a_sound_table_is_sound();
    each_thread_has_its_last_error();
    quipu_close(table);
    return 0;
}

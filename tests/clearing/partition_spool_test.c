/* Every row that is put on a heap is taken from it once, by whatever number of workers, and heaps of
 * any length. */
#include "check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "clearing/partition_spool.h"
#include "host/direct_file.h"
#include "host/rng.h"

enum { HEAPS = 7, WORKERS = 3, ROW_LEN = 32, ROWS_EACH = 128, ROWS = 20000 };

/* A row says who put it, and which of theirs it is. */
struct row {
    uint64_t worker, number, heap, spare;
};
_Static_assert(sizeof(struct row) == ROW_LEN, "a row is one");

static char folder[64];

static int make_folder(void **state) {
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/shebao-spool-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

/* The heaps had no names: the folder is empty again. */
static int drop_folder(void **state) {
    (void)state;
    return rmdir(folder);
}

static struct spool *open_spool(void) {
    const struct spool_order order = {folder, ROW_LEN, ROWS_EACH, HEAPS, WORKERS};
    struct spool *s = NULL;
    struct why why = {{0}};
    assert_int_equal(spool_open(&order, &s, &why), OK);
    return s;
}

struct putter {
    struct spool *s;
    size_t worker, rows;
    size_t put[HEAPS];
};

static void *put_rows(void *self) {
    struct putter *p = self;
    struct rng rng = rng_stream(p->worker, "spool", p->rows);
    struct why why = {{0}};
    for (size_t i = 0; i < p->rows; i++) {
        size_t heap = rng_below(&rng, HEAPS - 1); /* nothing on the last one */
        struct row *row = spool_row(p->s, p->worker, heap, &why);
        if (!row) {
            return NULL;
        }
        *row = (struct row){p->worker, i, heap, ~(uint64_t)i};
        p->put[heap]++;
    }
    return NULL;
}

/* Each row of the heap is of it, none comes twice, and each worker's come in order. */
static void take_rows(struct spool *s, size_t heap, size_t wanted) {
    size_t count = spool_count(s, heap);
    struct row *rows = direct_room_new((count + 1) * sizeof *rows);
    uint8_t *seen = calloc(WORKERS, ROWS);
    struct why why = {{0}};
    assert_true(rows && seen);
    assert_int_equal(count, wanted);
    assert_int_equal(spool_take(s, heap, rows, &why), OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i].heap, heap);
        assert_int_equal(rows[i].spare, ~rows[i].number);
        assert_int_equal(seen[rows[i].worker * ROWS + rows[i].number], 0);
        seen[rows[i].worker * ROWS + rows[i].number] = 1;
    }
    free(rows);
    free(seen);
}

static void run(size_t rows) {
    struct putter putters[WORKERS];
    pthread_t threads[WORKERS];
    struct spool *s = open_spool();
    for (size_t w = 0; w < WORKERS; w++) {
        putters[w] = (struct putter){.s = s, .worker = w, .rows = rows};
        assert_int_equal(pthread_create(&threads[w], NULL, put_rows, &putters[w]), 0);
    }
    for (size_t w = 0; w < WORKERS; w++) {
        assert_int_equal(pthread_join(threads[w], NULL), 0);
    }
    for (size_t h = 0; h < HEAPS; h++) {
        size_t wanted = 0;
        for (size_t w = 0; w < WORKERS; w++) {
            wanted += putters[w].put[h];
        }
        take_rows(s, h, wanted);
    }
    spool_close(s);
}

static void rows_come_back_once(void **state) {
    static const size_t counts[] = {0, 1, 127, 128, 129, 1000, ROWS};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        run(counts[i]);
    }
}

static void heaps_that_nobody_took_are_gone(void **state) {
    struct why why = {{0}};
    (void)state;
    struct spool *s = open_spool();
    for (size_t i = 0; i < 1000; i++) {
        assert_non_null(spool_row(s, 0, i % HEAPS, &why));
    }
    spool_close(s);
    spool_close(NULL);
    const struct spool_order nowhere = {"/nowhere", ROW_LEN, ROWS_EACH, HEAPS, WORKERS};
    assert_int_equal(spool_open(&nowhere, &s, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "/nowhere"));
}

static void a_full_disk_is_told(void **state) {
    const struct rlimit limit = {2 * DIRECT_BLOCK, RLIM_INFINITY};
    struct rlimit before;
    struct why why = {{0}};
    (void)state;
    struct spool *s = open_spool();
    size_t put = 0;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    while (put < ROWS && spool_row(s, 1, 0, &why)) {
        put++;
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(put, 3 * ROWS_EACH); /* two blocks on the disk, one in memory */
    assert_non_null(strstr(why.text, "write a heap"));
    spool_close(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_back_once),
        cmocka_unit_test(heaps_that_nobody_took_are_gone),
        cmocka_unit_test(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, drop_folder);
}

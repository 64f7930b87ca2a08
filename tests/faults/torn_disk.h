/* A disk in memory for SQLite, which loses its power, fails and lies on demand.
 *
 * A file has two lives: what the program reads back, and what is on the plate. Between them stands a log
 * of every write, shortening, naming and removal since torn_load(). torn_cut() makes of any beginning of
 * that log a disk after a power failure: what was forced is there; of what was not, all, nothing, or some
 * writes in any order, each possibly torn at its sectors. Names are kept in their order, and the first
 * forcing of any file forces them, as SQLite does on a real folder. A disk that lies takes every forcing
 * for done and does none.
 *
 * disk 1: torn_load() an image, work, and ask torn.log.count after each answer: what was promised then must
 *         be found in every cut at or behind that place.
 * disk 2: torn.fail_at makes the n-th call from now on fail, once or (TORN_FULL) for good.
 * disk 3: when that call is a forcing, a copy of the process hears of it and must end with status 5; the
 *         process itself goes on as if it had not happened.
 *
 * One database at a time, one connection, one thread. */
#pragma once

#include "check.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TORN_NAMES = 4, TORN_FILES = 64, TORN_SECTOR = 512, TORN_SHARED = 8, TORN_ENDING = 5 };

/* How a call fails: with an error, with an error after half of the bytes, or because there is no room. */
enum torn_trouble { TORN_ERROR, TORN_HALF, TORN_FULL, TORN_TROUBLES };

struct torn_bytes {
    uint8_t *at;
    size_t len, room;
};

/* A whole disk: the files that have a name, each name at most once. */
struct torn_image {
    struct {
        char name[24];
        struct torn_bytes bytes;
    } files[TORN_NAMES];
    size_t count;
};

enum torn_kind { TORN_WRITE, TORN_SHORTEN, TORN_FORCE, TORN_NAME, TORN_REMOVE };

/* One change: of a file, or of a name. `from` is where its bytes stand in the log. */
struct torn_op {
    enum torn_kind kind;
    int file, name;
    size_t to, len, from;
};

/* Every change since the disk was loaded, in its order. */
struct torn_log {
    struct torn_op *ops;
    size_t count, room;
    struct torn_bytes bytes; /* of the writes */
};

static struct {
    char names[TORN_NAMES][24];
    int named[TORN_NAMES]; /* which file has it; -1: none */
    struct torn_bytes files[TORN_FILES];
    int file_count;
    struct torn_log log;
    long calls, fail_at, hits; /* fail_at 0: never; hits: how often one failed */
    enum torn_trouble trouble;
    bool doomed; /* this process was told that a forcing failed; it must end */
    int own;     /* above 0 while the disk itself takes memory, which never runs short */
    uint8_t *shared[TORN_SHARED];
    size_t shared_len[TORN_SHARED];
} torn;

struct torn_file {
    sqlite3_file base;
    int file;
};

/* A generator of our own: a seed is the same cuts on every machine. [xorshift64*] */
static inline uint32_t torn_draw(uint64_t *seed, uint32_t below) {
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)((*seed * 2685821657736338717U) >> 32) % below;
}

/* --- bytes ----------------------------------------------------------------------------------- */

/* Room for len bytes; what is new is zero. The disk's own memory is never short. */
static inline void torn_grow(struct torn_bytes *b, size_t len) {
    if (len > b->room) {
        b->room = 2 * len + 65536;
        torn.own++;
        b->at = realloc(b->at, b->room);
        torn.own--;
        if (!b->at) {
            abort();
        }
    }
    if (len > b->len) {
        (void)memset(b->at + b->len, 0, len - b->len);
        b->len = len;
    }
}

static inline void torn_put(struct torn_bytes *b, size_t to, const void *from, size_t len) {
    torn_grow(b, to + len);
    (void)memcpy(b->at + to, from, len);
}

static inline void torn_copy(struct torn_bytes *to, const struct torn_bytes *from) {
    to->len = 0;
    torn_grow(to, from->len);
    if (from->len > 0) {
        (void)memcpy(to->at, from->at, from->len);
    }
}

static inline void torn_image_free(struct torn_image *image) {
    for (size_t i = 0; i < TORN_NAMES; i++) {
        free(image->files[i].bytes.at);
    }
    *image = (struct torn_image){.count = 0};
}

static inline void torn_add(struct torn_image *image, int name, const struct torn_bytes *bytes) {
    assert_true(image->count < TORN_NAMES);
    (void)memcpy(image->files[image->count].name, torn.names[name], sizeof torn.names[name]);
    torn_copy(&image->files[image->count++].bytes, bytes);
}

/* --- names ----------------------------------------------------------------------------------- */

/* The place of a name; the folder before it does not matter. */
static inline int torn_name(const char *path) {
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    for (int i = 0; i < TORN_NAMES; i++) {
        if (torn.names[i][0] == '\0') {
            (void)snprintf(torn.names[i], sizeof torn.names[i], "%s", name);
            torn.named[i] = -1;
        }
        if (strcmp(torn.names[i], name) == 0) {
            return i;
        }
    }
    abort();
}

static inline void torn_note(struct torn_op op, const void *bytes) {
    struct torn_log *log = &torn.log;
    if (log->count == log->room) {
        log->room = 2 * log->room + 1024;
        torn.own++;
        log->ops = realloc(log->ops, log->room * sizeof *log->ops);
        torn.own--;
        if (!log->ops) {
            abort();
        }
    }
    op.from = log->bytes.len;
    if (op.kind == TORN_WRITE) {
        torn_put(&log->bytes, op.from, bytes, op.len);
    }
    log->ops[log->count++] = op;
}

static inline int torn_new_file(void) {
    assert_true(torn.file_count < TORN_FILES);
    torn.files[torn.file_count].len = 0;
    return torn.file_count++;
}

/* --- images ---------------------------------------------------------------------------------- */

/* The disk is this image, all of it forced, and its log is empty. */
static inline void torn_load(const struct torn_image *image) {
    torn.file_count = 0;
    torn.log.count = torn.log.bytes.len = 0;
    torn.calls = torn.fail_at = torn.hits = 0;
    for (int i = 0; i < TORN_NAMES; i++) {
        torn.named[i] = -1;
    }
    for (size_t i = 0; i < image->count; i++) {
        int name = torn_name(image->files[i].name);
        torn.named[name] = torn_new_file();
        torn_copy(&torn.files[torn.named[name]], &image->files[i].bytes);
    }
}

/* What a program sees now, as an image. */
static inline void torn_save(struct torn_image *image) {
    image->count = 0;
    for (int i = 0; i < TORN_NAMES; i++) {
        if (torn.names[i][0] != '\0' && torn.named[i] >= 0) {
            torn_add(image, i, &torn.files[torn.named[i]]);
        }
    }
}

/* What a cut is made of: which part of the log was forced, and what luck the rest has. */
struct torn_fate {
    size_t forced[TORN_FILES]; /* changes of a file before this place are on the plate */
    size_t names_forced;
    uint32_t luck[TORN_FILES]; /* 0 nothing, 1 all, 2 some, 3 some and torn */
    uint32_t names_lucky;      /* so many names more */
};

static inline void torn_decide(
    const struct torn_log *log, size_t cut, bool lies, uint64_t *seed, struct torn_fate *fate) {
    uint32_t pending = 0;
    (void)memset(fate, 0, sizeof *fate);
    for (size_t i = 0; i < cut && !lies; i++) {
        if (log->ops[i].kind == TORN_FORCE) {
            fate->forced[log->ops[i].file] = fate->names_forced = i;
        }
    }
    for (size_t i = fate->names_forced; i < cut; i++) {
        pending += log->ops[i].kind >= TORN_NAME;
    }
    fate->names_lucky = torn_draw(seed, pending + 1);
    for (int i = 0; i < TORN_FILES; i++) {
        fate->luck[i] = torn_draw(seed, 4);
    }
}

/* A write that was not forced: some of its sectors. */
static inline void torn_sectors(
    struct torn_bytes *to, const struct torn_op *op, const uint8_t *from, uint64_t *seed) {
    for (size_t done = 0; done < op->len; done += TORN_SECTOR) {
        size_t len = op->len - done < TORN_SECTOR ? op->len - done : TORN_SECTOR;
        if (torn_draw(seed, 3) != 0) {
            torn_put(to, op->to + done, from + done, len);
        }
    }
}

static inline void torn_redo(const struct torn_log *log, const struct torn_op *op, uint32_t luck,
    struct torn_bytes *plate, uint64_t *seed) {
    const uint8_t *from = op->len > 0 ? log->bytes.at + op->from : NULL;
    if (luck == 0 || (luck > 1 && torn_draw(seed, 2) == 0)) {
        return;
    }
    if (op->kind == TORN_SHORTEN) {
        torn_grow(plate, op->to);
        plate->len = op->to;
    } else if (luck == 3) {
        torn_sectors(plate, op, from, seed);
    } else {
        torn_put(plate, op->to, from, op->len);
    }
}

/* What a cut begins with: the disk before, and what was done since then. lies: nothing is forced. */
struct torn_past {
    const struct torn_image *before;
    const struct torn_log *log;
    bool lies;
};

/* The disk after the power failed behind the first `cut` changes. */
static inline void torn_cut(
    const struct torn_past *past, size_t cut, uint64_t *seed, struct torn_image *after) {
    static struct torn_bytes plate[TORN_FILES];
    const struct torn_image *before = past->before;
    const struct torn_log *log = past->log;
    struct torn_fate fate;
    int named[TORN_NAMES] = {-1, -1, -1, -1};
    assert_true(cut <= log->count);
    torn_decide(log, cut, past->lies, seed, &fate);
    for (int i = 0; i < TORN_FILES; i++) {
        plate[i].len = 0;
    }
    for (size_t i = 0; i < before->count; i++) {
        named[torn_name(before->files[i].name)] = (int)i;
        torn_copy(&plate[i], &before->files[i].bytes);
    }
    for (size_t i = 0; i < cut; i++) {
        const struct torn_op *op = &log->ops[i];
        bool forced = i < fate.forced[op->file];
        if (op->kind >= TORN_NAME) {
            bool kept = i < fate.names_forced || (fate.names_lucky > 0 && fate.names_lucky--);
            named[op->name] = !kept ? named[op->name] : op->kind == TORN_NAME ? op->file : -1;
        } else if (op->kind != TORN_FORCE) {
            torn_redo(log, op, forced ? 1 : fate.luck[op->file], &plate[op->file], seed);
        }
    }
    after->count = 0;
    for (int i = 0; i < TORN_NAMES; i++) {
        if (named[i] >= 0) {
            torn_add(after, i, &plate[named[i]]);
        }
    }
}

/* --- what SQLite calls ----------------------------------------------------------------------- */

/* Counts a call; true when it fails. No room fails for good, and only what needs some. */
static inline bool torn_fails(bool needs_room) {
    torn.calls++;
    bool full = torn.trouble == TORN_FULL;
    bool fails = torn.fail_at > 0
                 && (full ? torn.calls >= torn.fail_at && needs_room : torn.calls == torn.fail_at);
    torn.hits += fails;
    return fails;
}

static inline struct torn_bytes *torn_of(sqlite3_file *file) {
    return &torn.files[((struct torn_file *)file)->file];
}

static inline int torn_close(sqlite3_file *file) {
    (void)file;
    return SQLITE_OK;
}

static inline int torn_read(sqlite3_file *file, void *to, int len, sqlite3_int64 from) {
    const struct torn_bytes *b = torn_of(file);
    size_t wanted = (size_t)len, at = (size_t)from;
    bool fails = torn_fails(false);
    size_t there = at < b->len ? b->len - at : 0;
    there = there < wanted ? there : wanted;
    there = fails && torn.trouble == TORN_HALF ? there / 2 : there;
    (void)memset(to, 0, wanted);
    if (there > 0) {
        (void)memcpy(to, b->at + at, there);
    }
    return fails ? SQLITE_IOERR_READ : there < wanted ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static inline int torn_xwrite(sqlite3_file *file, const void *from, int len, sqlite3_int64 to) {
    int id = ((struct torn_file *)file)->file;
    bool fails = torn_fails(true);
    size_t kept = !fails ? (size_t)len : torn.trouble == TORN_HALF ? (size_t)len / 2 : 0;
    if (kept > 0) {
        torn_put(torn_of(file), (size_t)to, from, kept);
        torn_note((struct torn_op){TORN_WRITE, id, 0, (size_t)to, kept, 0}, from);
    }
    return !fails ? SQLITE_OK : torn.trouble == TORN_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static inline int torn_truncate(sqlite3_file *file, sqlite3_int64 len) {
    if (torn_fails(false)) {
        return SQLITE_IOERR_TRUNCATE;
    }
    torn_grow(torn_of(file), (size_t)len);
    torn_of(file)->len = (size_t)len;
    torn_note(
        (struct torn_op){TORN_SHORTEN, ((struct torn_file *)file)->file, 0, (size_t)len, 0, 0},
        NULL);
    return SQLITE_OK;
}

/* True in the copy of the process that hears of it. [disk 3] */
static inline bool torn_doomed(void) {
    int raw = 0;
    pid_t copy = fork();
    if (copy == 0) {
        torn.doomed = true;
        (void)!freopen("/dev/null", "w", stderr);
        return true;
    }
    assert_true(waitpid(copy, &raw, 0) == copy);
    assert_true(WIFEXITED(raw));
    assert_int_equal(WEXITSTATUS(raw), TORN_ENDING);
    return false;
}

static inline int torn_sync(sqlite3_file *file, int flags) {
    (void)flags;
    if (torn_fails(false) && torn_doomed()) {
        return SQLITE_IOERR_FSYNC;
    }
    torn_note((struct torn_op){.kind = TORN_FORCE, .file = ((struct torn_file *)file)->file}, NULL);
    return SQLITE_OK;
}

static inline int torn_size(sqlite3_file *file, sqlite3_int64 *len) {
    *len = (sqlite3_int64)torn_of(file)->len;
    return torn_fails(false) ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static inline int torn_lock(sqlite3_file *file, int level) {
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static inline int torn_reserved(sqlite3_file *file, int *answer) {
    (void)file;
    *answer = 0;
    return SQLITE_OK;
}

static inline int torn_control(sqlite3_file *file, int op, void *arg) {
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static inline int torn_sector(sqlite3_file *file) {
    (void)file;
    return TORN_SECTOR;
}

/* The promise that the system's own layer makes, too: a write disturbs no byte beside it. */
static inline int torn_device(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* The shared memory of the log: gone with the power, so it is never in an image. */
static inline int torn_shm_map(
    sqlite3_file *file, int region, int len, int make, volatile void **at) {
    (void)file;
    *at = NULL;
    assert_true(region < TORN_SHARED);
    if (torn_fails(true)) {
        return SQLITE_IOERR_SHMMAP;
    }
    if (!torn.shared[region] && make) {
        torn.shared[region] = calloc(1, (size_t)len);
    }
    *at = torn.shared[region];
    return torn.shared[region] || !make ? SQLITE_OK : SQLITE_NOMEM;
}

static inline int torn_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
    (void)file;
    (void)offset;
    (void)n;
    (void)flags;
    return SQLITE_OK;
}

static inline void torn_shm_barrier(sqlite3_file *file) {
    (void)file;
}

static inline int torn_shm_unmap(sqlite3_file *file, int remove) {
    (void)file;
    (void)remove;
    for (int i = 0; i < TORN_SHARED; i++) {
        free(torn.shared[i]);
        torn.shared[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods torn_methods = {.iVersion = 2,
    .xClose = torn_close,
    .xRead = torn_read,
    .xWrite = torn_xwrite,
    .xTruncate = torn_truncate,
    .xSync = torn_sync,
    .xFileSize = torn_size,
    .xLock = torn_lock,
    .xUnlock = torn_lock,
    .xCheckReservedLock = torn_reserved,
    .xFileControl = torn_control,
    .xSectorSize = torn_sector,
    .xDeviceCharacteristics = torn_device,
    .xShmMap = torn_shm_map,
    .xShmLock = torn_shm_lock,
    .xShmBarrier = torn_shm_barrier,
    .xShmUnmap = torn_shm_unmap};

/* A file without a name is one that nobody finds again. */
static inline int torn_open(
    sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    struct torn_file *f = (struct torn_file *)file;
    file->pMethods = NULL;
    if (torn_fails(true)) {
        return torn.trouble == TORN_FULL ? SQLITE_FULL : SQLITE_CANTOPEN;
    }
    int name = path ? torn_name(path) : -1;
    f->file = name >= 0 ? torn.named[name] : -1;
    if (f->file < 0) {
        f->file = torn_new_file();
    }
    if (name >= 0 && torn.named[name] < 0) {
        torn.named[name] = f->file;
        torn_note((struct torn_op){.kind = TORN_NAME, .file = f->file, .name = name}, NULL);
    }
    if (out_flags) {
        *out_flags = flags;
    }
    file->pMethods = &torn_methods;
    return SQLITE_OK;
}

static inline int torn_delete(sqlite3_vfs *vfs, const char *path, int sync_folder) {
    (void)vfs;
    (void)sync_folder;
    int name = torn_name(path);
    if (torn_fails(false)) {
        return SQLITE_IOERR_DELETE;
    }
    if (torn.named[name] < 0) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    torn.named[name] = -1;
    torn_note((struct torn_op){.kind = TORN_REMOVE, .name = name}, NULL);
    return SQLITE_OK;
}

static inline int torn_access(sqlite3_vfs *vfs, const char *path, int flags, int *answer) {
    (void)vfs;
    (void)flags;
    int name = torn_name(path);
    *answer = torn.named[name] >= 0 && torn.files[torn.named[name]].len > 0;
    return torn_fails(false) ? SQLITE_IOERR_ACCESS : SQLITE_OK;
}

static inline int torn_path(sqlite3_vfs *vfs, const char *path, int room, char *out) {
    (void)vfs;
    return snprintf(out, (size_t)room, "%s", path) < room ? SQLITE_OK : SQLITE_CANTOPEN;
}

static inline int torn_random(sqlite3_vfs *vfs, int len, char *out) {
    static uint64_t seed = 1;
    (void)vfs;
    for (int i = 0; i < len; i++) {
        out[i] = (char)torn_draw(&seed, 256);
    }
    return len;
}

static inline int torn_sleep(sqlite3_vfs *vfs, int micros) {
    (void)vfs;
    return micros;
}

static inline int torn_now(sqlite3_vfs *vfs, double *julian) {
    (void)vfs;
    *julian = 2452920.5; /* 8 October 2003 */
    return SQLITE_OK;
}

static inline int torn_last_error(sqlite3_vfs *vfs, int len, char *out) {
    (void)vfs;
    (void)len;
    (void)out;
    return 0;
}

/* From now on every database of this process lies on this disk. */
static inline int torn_disk_install(void **state) {
    static sqlite3_vfs vfs = {.iVersion = 1,
        .szOsFile = sizeof(struct torn_file),
        .mxPathname = 512,
        .zName = "torn-disk",
        .xOpen = torn_open,
        .xDelete = torn_delete,
        .xAccess = torn_access,
        .xFullPathname = torn_path,
        .xRandomness = torn_random,
        .xSleep = torn_sleep,
        .xCurrentTime = torn_now,
        .xGetLastError = torn_last_error};
    (void)state;
    return sqlite3_vfs_register(&vfs, 1);
}

static inline int torn_disk_free(void **state) {
    (void)state;
    for (int i = 0; i < TORN_FILES; i++) {
        free(torn.files[i].at);
    }
    free(torn.log.ops);
    free(torn.log.bytes.at);
    return 0;
}

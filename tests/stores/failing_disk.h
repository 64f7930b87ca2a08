/* A disk that fails on purpose, for SQLite: the n-th write or sync of a process answers trouble.
 *
 * failing_disk_install() puts itself over the system's own file layer as the default; what is opened
 * afterwards counts down. With nothing armed it passes everything on. */
#pragma once

#include "check.h"

#include <sqlite3.h>

struct failing_disk {
    long writes_left; /* writes until they fail for good; negative: never */
    long syncs_left;  /* likewise */
    int trouble;      /* what a failing write answers */
    sqlite3_vfs vfs, *under;
    struct disk_methods {
        const sqlite3_io_methods *under;
        sqlite3_io_methods ours;
    } methods[4]; /* the layer below has a table for databases, another for their journals, ... */
};

static struct failing_disk disk = {.writes_left = -1, .syncs_left = -1};

/* The table that the layer below gave the file. */
static inline const sqlite3_io_methods *disk_under(sqlite3_file *file) {
    for (size_t i = 0; i < 4; i++) {
        if (file->pMethods == &disk.methods[i].ours) {
            return disk.methods[i].under;
        }
    }
    fail_msg("a file that is not ours");
    return NULL;
}

static inline int disk_write(sqlite3_file *file, const void *at, int len, sqlite3_int64 to) {
    if (disk.writes_left == 0) {
        return disk.trouble;
    }
    disk.writes_left -= disk.writes_left > 0;
    return disk_under(file)->xWrite(file, at, len, to);
}

static inline int disk_sync(sqlite3_file *file, int flags) {
    if (disk.syncs_left == 0) {
        return SQLITE_IOERR_FSYNC;
    }
    disk.syncs_left -= disk.syncs_left > 0;
    return disk_under(file)->xSync(file, flags);
}

static inline int disk_open(
    sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    (void)vfs;
    int rc = disk.under->xOpen(disk.under, name, file, flags, out_flags);
    size_t i = 0;
    if (rc != SQLITE_OK || !file->pMethods) {
        return rc;
    }
    while (i < 3 && disk.methods[i].under && disk.methods[i].under != file->pMethods) {
        i++;
    }
    disk.methods[i].under = file->pMethods;
    disk.methods[i].ours = *file->pMethods;
    disk.methods[i].ours.xWrite = disk_write;
    disk.methods[i].ours.xSync = disk_sync;
    file->pMethods = &disk.methods[i].ours;
    return SQLITE_OK;
}

static inline int failing_disk_install(void **state) {
    (void)state;
    disk.under = sqlite3_vfs_find(NULL);
    assert_non_null(disk.under);
    disk.vfs = *disk.under;
    disk.vfs.zName = "failing-disk";
    disk.vfs.xOpen = disk_open;
    return sqlite3_vfs_register(&disk.vfs, 1);
}

static inline void disk_is_good(void) {
    disk.writes_left = -1;
    disk.syncs_left = -1;
}

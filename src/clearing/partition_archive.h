/* The sealed records of a centre (clearing/sealed_records.h), found in the segments of its days in
 * parts.
 *
 *     struct parts_archive archive;
 *     parts_archive_open(&archive, &clearing, &parts_store, folder);
 *     clearing.sealed = &archive.records;
 *
 * Nothing is opened before somebody asks, and nothing stays open: each question reads the page of its
 * day, compares its seal with what the store says, and loads the segments that it needs one after
 * another, each with its seal. So a question costs a tenth of a second for each 20,000 files of the
 * day, and one about a place or an institution 0.2 microseconds for each record of the day. */
#pragma once

#include "clearing/partition_take.h"
#include "clearing/sealed_records.h"

/* The caller's. All that it is opened with is borrowed as long as it is asked. */
struct parts_archive {
    struct parts_taking lying; /* where the days lie: c, parts and folder */
    struct sealed_records records;
};

/* folder: that of the centre's segments. */
void parts_archive_open(struct parts_archive *archive, const struct clearing *c,
    const struct parts_store *parts, const char *folder);

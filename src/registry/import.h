/* Reading a file of people, however long, in bounded memory.
 *
 * One thread reads, decodes GB 18030, splits and checks; the caller's thread lets the store judge
 * and keep the lines, a group (IMPORT_GROUP_LINES) to a transaction. After a kill the registry holds
 * whole groups, and the same file can be sent again: nobody is entered twice.
 *
 * Who is "repeated" and who is "known": the registry remembers for each number the file and line in
 * which it was last seen first. A number seen by an earlier line of this reading is repeated; one
 * that only earlier readings saw is known. So a file read twice, or again after an interruption,
 * says `unchanged` (or `accepted`, where the first reading did not come) for the first line of each
 * person and `repeated-person` for the same lines as at the first time. */
#pragma once

#include <stdint.h>

#include "host/why.h"
#include "registry/person_chunk.h"
#include "registry/registry.h"

/* What to read, under which day, and whom to tell. Everything is borrowed while people_import()
 * runs; both functions are called in the caller's thread, between two transactions, and may be
 * NULL. */
struct import_order {
    const char *path; /* "-" is standard input */
    /* YYYYMMDD: no birth may lie after it, and the regions of that day count. */
    uint32_t business_day;
    /* Told of each line that has its verdict, in the order of the file, once its group is kept:
     * what was told survives a kill. The heading is line 1. */
    void (*told)(void *cookie, uint32_t line, enum verdict verdict);
    /* Told after each group how many bytes of the file are done, of how many (0: unknown). */
    void (*moved)(void *cookie, uint64_t bytes, uint64_t of);
    void *cookie;
};

/* What came of it. After an error: what the lines before it came to, which are kept. lines is
 * always the sum of verdicts[]. */
struct import_result {
    uint64_t lines; /* with a verdict; the heading is not counted */
    uint64_t verdicts[VERDICTS];
    uint64_t stopped_line, stopped_byte; /* where a bad file stopped, from 1 and from 0; else 0 */
};

/* Reads the whole file and begins *result anew. ERR_NOT_FOUND: no such file. ERR_INVALID: the
 * file is torn, has other headings or is no GB 18030; the lines before that place are kept,
 * stopped_line and stopped_byte say where, and so does the story. ERR_OUTSIDE: file, memory or
 * database failed; whole groups are kept. Each time the same file may be sent again. It starts
 * one thread and has ended it when it returns; the store is asked from the caller's thread
 * only. */
enum err people_import(const struct registry_store *store, const struct import_order *order,
    struct import_result *result, struct why *why);

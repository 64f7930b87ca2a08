/* A centre opened for its clearing: the vault's process, the registry, the clearing's rows, and the
 * sealed records of its days in parts. It stays where it is while it is open. */
#pragma once

#include "apps/city.h"
#include "apps/vault_desk.h"
#include "clearing/day_cycle.h"
#include "clearing/partition_archive.h"
#include "keys/vault.h"
#include "stores/sql/clearing_parts.h"
#include "stores/sql/clearing_store.h"

struct day_desk {
    struct city city;
    struct sqlite_clearing *rows;
    struct clearing_store store;
    struct vault vault;
    struct clearing clearing; /* borrows the three above, and the archive */
    struct sql_parts *parts_rows;
    struct parts_store parts;     /* of days in parts */
    struct parts_archive archive; /* their sealed records, in DIR/segments */
    char bank_dir[PATH_ROOM], segment_dir[PATH_ROOM];
};

/* Opens the centre in dir, with a vault only when it will be asked: what its keys' keepers have to say is
 * asked at the terminal then. Errors as vault_desk_open() and city_open(). */
enum err day_desk_open(struct day_desk *desk, const char *dir, bool vault, struct why *why);

/* The same with a vault, whose keepers' words come from where the command line says. */
enum err day_desk_open_vault(
    struct day_desk *desk, const char *dir, const struct vault_words *words, struct why *why);

/* Ends it; what the vault has refused goes into the audit chain. */
void day_desk_close(struct day_desk *desk);
#define DAY_DESK_SCOPE(name)                                                                       \
    __attribute__((cleanup(day_desk_close))) struct day_desk name = {.city.use = USE_DESK}

/* The day that a command means: the one that was named, or else the oldest that is not closed.
 * ERR_CONFLICT when no business day ever began. */
enum err day_desk_day(struct day_desk *desk, uint32_t named, uint32_t *day, struct why *why);

/* The day that a question means: the one that was named, or else the last one that has ended, or the
 * first one while none has. */
enum err day_desk_ended(struct day_desk *desk, uint32_t named, uint32_t *day, struct why *why);

/* A report as rows: which, of what day, in which format, and where to; out NULL is standard output. */
struct day_rows_order {
    const char *kind, *format, *out;
    uint32_t day;
};

/* Writes it; a file is written whole or not at all. ERR_CONFLICT names the reports and the formats
 * that there are. */
enum err day_rows(struct day_desk *desk, const struct day_rows_order *order, struct why *why);

/* Writes text as a JSON string with its quotes. */
void day_json_text(const char *text);

#include "apps/day_desk.h"

#include <assert.h>
#include <stdio.h>

#include <jansson.h>

#include "base/day.h"

/* The vault's process comes first: what is opened after it is not even there in it. */
enum err day_desk_open_vault(
    struct day_desk *desk, const char *dir, const struct vault_words *words, struct why *why) {
    enum err err = vault_desk_open(dir, words, &desk->vault, 1, why);
    return err ? err : day_desk_open(desk, dir, false, why);
}

enum err day_desk_open(struct day_desk *desk, const char *dir, bool vault, struct why *why) {
    if (vault) {
        return day_desk_open_vault(desk, dir, NULL, why);
    }
    enum err err = city_open(&desk->city, dir, why);
    err = err ? err : sqlite_clearing_open(&desk->city.db, &desk->rows, &desk->store, why);
    err = err ? err : sql_parts_open(&desk->city.db, &desk->parts_rows, &desk->parts, why);
    if (err) {
        return err;
    }
    desk->clearing = (struct clearing){.store = &desk->store,
        .vault = &desk->vault,
        .purse = city_purse(&desk->city),
        .sealed = &desk->archive.records};
    (void)centre_path(desk->bank_dir, dir, CENTRE_BANK);
    parts_archive_open(&desk->archive, &desk->clearing, &desk->parts, desk->segment_dir);
    return files_join(desk->segment_dir, dir, "segments")
               ? OK
               : why_say(why, ERR_INVALID, "the centre's directory has too long a name");
}

void day_desk_close(struct day_desk *desk) {
    if (desk->vault.close) {
        desk->vault.close(desk->vault.self);
    }
    sql_parts_close(desk->parts_rows);
    sqlite_clearing_close(desk->rows);
    city_close(&desk->city);
}

/* Days follow each other without gaps, so the oldest open one is found by walking back. */
enum err day_desk_day(struct day_desk *desk, uint32_t named, uint32_t *day, struct why *why) {
    const struct clearing_store *store = &desk->store;
    struct day_row row;
    if (named != 0) {
        *day = named;
        return OK;
    }
    enum err err = day_open(store, day, why);
    for (uint32_t at = err ? 0 : day_plus(*day, -1); at != 0; at = day_plus(at, -1)) {
        err = store->day_find(store->self, at, &row, why);
        if (err || row.state == DAY_CLOSED) {
            break;
        }
        *day = at;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err day_desk_ended(struct day_desk *desk, uint32_t named, uint32_t *day, struct why *why) {
    struct day_row row;
    *day = named;
    enum err err = named ? OK : day_open(&desk->store, day, why);
    if (err || named) {
        return err;
    }
    uint32_t before = day_plus(*day, -1);
    err = desk->store.day_find(desk->store.self, before, &row, why);
    *day = err ? *day : before;
    return err == ERR_NOT_FOUND ? OK : err;
}

void day_json_text(const char *text) {
    json_t *string = json_string(text);
    if (!string) {
        (void)fputs("null", stdout); /* no UTF-8 */
        return;
    }
    (void)json_dumpf(string, stdout, JSON_ENCODE_ANY);
    json_decref(string);
}

#include "apps/pilot_desk.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/capture_city.h"
#include "apps/cell_feed.h"
#include "apps/city.h"
#include "apps/key_desk.h"
#include "apps/rack.h"
#include "keys/vault.h"
#include "stores/sql/clearing_store.h"
#include "stores/sql/issuance_box_rows.h"
#include "stores/sql/issuance_rows.h"
#include "stores/sql/issuance_stock.h"
#include "stores/sql/issuance_window_rows.h"
#include "stores/sql/production_rows.h"

static const char centre_region[] = "440100";
static const char centre_name[] = "广州市社会保障卡管理中心";

/* Everything that has to be open while the pilot runs, and closed in the end. */
struct desk {
    struct city city;
    struct issuance_store issuance;
    struct keeping_keys *keys;
    struct sqlite_clearing *clearing_rows;
    struct clearing_store clearing;
    struct production_store production;
    struct cell_feed feed;
    struct person_rows *person_rows;
    struct person_store persons;
    struct capture_store captures;
    struct point_store points;
    struct window_store window;
    struct stock_store stock;
    struct painter *painter;            /* NULL until somebody is photographed */
    struct vault vaults[PILOT_WORKERS]; /* lines to one process */
};

/* Rows before those that they stand on. */
static void desk_close(struct desk *desk) {
    painter_close(desk->painter);
    stock_rows_close(&desk->stock);
    window_rows_close(&desk->window);
    box_rows_close(&desk->points);
    capture_rows_close(&desk->captures);
    person_rows_close(desk->person_rows);
    for (size_t i = 0; i < PILOT_WORKERS; i++) {
        if (desk->vaults[i].close) {
            desk->vaults[i].close(desk->vaults[i].self);
        }
    }
    cell_feed_close(&desk->feed);
    sqlite_clearing_close(desk->clearing_rows);
    production_rows_close(&desk->production);
    keeping_keys_close(desk->keys);
    issuance_rows_close(&desk->issuance);
    city_close(&desk->city);
}
#define DESK_SCOPE(name)                                                                           \
    __attribute__((cleanup(desk_close))) struct desk name = {.city.use = USE_ALONE}

/* What persons, photos and the service point take. */
static enum err desk_open_point(struct desk *desk, struct why *why) {
    struct db *db = &desk->city.db;
    enum err err = person_rows_open(&desk->person_rows, db, why);
    if (!err) {
        desk->persons = person_store_of(desk->person_rows);
    }
    err = err ? err : capture_rows_open(db, &desk->captures, why);
    err = err ? err : box_rows_open(db, &desk->issuance, &desk->points, why);
    err = err ? err : window_rows_open(db, &desk->issuance, &desk->window, why);
    return err ? err : stock_rows_open(db, &desk->issuance, &desk->stock, why);
}

/* The painter starts with the first picture, before the cell has threads. */
static enum err look_at_photo(
    void *self, struct bytes file, struct photo_seen *seen, struct why *why) {
    struct desk *desk = self;
    return photo_picture_look(&desk->painter, file, seen, why);
}

/* The vault's process comes first: what is opened after it is not even there in it. */
static enum err desk_open(
    struct desk *desk, const char *dir, const struct vault_words *words, struct why *why) {
    enum err err = vault_desk_open(dir, words, desk->vaults, PILOT_WORKERS, why);
    err = err ? err : city_open(&desk->city, dir, why);
    if (!err && desk->city.centre.file.rehearsal) {
        err = db_sync_seldom(&desk->city.db, why);
    }
    err = err ? err : issuance_rows_open(&desk->city.db, &desk->issuance, why);
    err = err ? err : production_rows_open(&desk->city.db, &desk->production, why);
    err = err ? err : keeping_keys_open(&desk->keys, &desk->city.db, why);
    err = err ? err : desk_open_point(desk, why);
    return err ? err
               : sqlite_clearing_open(&desk->city.db, &desk->clearing_rows, &desk->clearing, why);
}

static enum err keys_of_batch(void *self, int64_t batch, uint8_t *versions, struct why *why) {
    const struct desk *desk = self;
    return key_desk_of_batch(desk->keys, batch, versions, why);
}

/* A directory without centre.json becomes a centre, provided that it holds nothing else. */
static enum err centre_ready(const struct pilot_order *order, struct why *why) {
    struct centre_file file = {.rehearsal = true, .seed = order->seed, .date = order->date};
    struct centre_file old;
    enum err err = centre_read(order->dir, &old, why);
    if (err == ERR_NOT_FOUND) {
        (void)memcpy(file.name, centre_name, sizeof centre_name);
        (void)memcpy(file.region, centre_region, sizeof centre_region);
        return centre_make(order->dir, &file, why);
    }
    if (!err && !old.rehearsal) {
        return why_say(why, ERR_CONFLICT,
            "%s is no rehearsal, and the people of a pilot are invented; try its kind of keys with "
            "shebao init --rehearsal --keys %s",
            order->dir, centre_keys_word(old.keys));
    }
    if (!err && (old.seed != order->seed || old.date != order->date)) {
        return why_say(why, ERR_CONFLICT,
            "%s is a centre of seed %" PRIu64 " and business date %" PRIu32 "; give --seed %" PRIu64
            " --date %" PRIu32 ", or another --data",
            order->dir, old.seed, old.date, old.seed, old.date);
    }
    return err;
}

/* Before anything is made: the file is there. It is read twice, to be known again and to be
 * imported, so nothing that flows or never ends will do. */
static enum err people_ready(const char *path, struct why *why) {
    struct stat about;
    if (stat(path, &about) != 0 || access(path, R_OK) != 0) {
        return why_say(why, ERR_NOT_FOUND,
            "cannot read %s: %s; name a file of people with --people", path, strerror(errno));
    }
    if (!S_ISREG(about.st_mode)) {
        return why_say(why, ERR_NOT_FOUND,
            "%s is no ordinary file; name a file of people with --people", path);
    }
    return OK;
}

enum err pilot_at_desk(struct pilot_order *order, const struct vault_words *words,
    struct pilot_figures *figures, struct why *why) {
    enum err err = people_ready(order->people, why);
    err = err ? err : centre_ready(order, why);
    if (err) {
        return err;
    }
    DESK_SCOPE(desk);
    err = desk_open(&desk, order->dir, words, why);
    if (err) {
        return err;
    }
    order->region = (uint32_t)strtoul(desk.city.centre.file.region, NULL, 10);
    order->purse = city_purse(&desk.city);
    const struct cell_feed_order blanks = {
        .dir = order->dir, .region = order->region, .seats = PILOT_SEATS};
    err = cell_feed_open(&blanks, &desk.feed, why);
    if (err) {
        return err;
    }
    struct rack rack = {.dir = order->dir, .region = order->region};
    struct chip_rack chips = rack_of(&rack);
    struct pilot_parts parts = {
        .registry = &desk.city.store,
        .issuance = &desk.issuance,
        .clearing = &desk.clearing,
        .production = &desk.production,
        .feed = &desk.feed,
        .rack = &chips,
        .keys = {&desk, keys_of_batch},
        .persons = &desk.persons,
        .captures = &desk.captures,
        .points = &desk.points,
        .window = &desk.window,
        .stock = &desk.stock,
        .studio = {&desk, look_at_photo},
    };
    for (size_t i = 0; i < PILOT_WORKERS; i++) {
        parts.vaults[i] = &desk.vaults[i];
    }
    err = pilot_run(&parts, order, figures, why);
    struct why audit_why;
    enum err audited = refusals_audit(city_refusals(), &desk.city.db, err ? &audit_why : why);
    return err ? err : audited;
}

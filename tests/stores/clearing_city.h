/* The city of world.h over a real database of either engine: what the registry would have written, and
 * the clearing's rows. */
#pragma once

#include "clearing/paid_day.h"

#include "stores/engine_address.h"
#include "stores/sql/audit.h"
#include "stores/sql/clearing_store.h"

struct city {
    struct db db;
    struct sqlite_clearing *rows;
    struct clearing_store store;
    struct test_vault keys;
    struct vault vault;
    struct clearing clearing;
    char dir[64];     /* of a database in a file */
    struct bank bank; /* of a day that is paid */
};

/* Card n of world.h, of the one person there is. */
static inline void add_card(struct db *db, unsigned n) {
    char sentence[400], hex[17];
    uint8_t factor[FACTOR_LEN];
    struct why why = {{0}};
    card_factor(n, factor);
    hex_write(bytes_of(factor, sizeof factor), hex);
    (void)snprintf(sentence, sizeof sentence,
        "INSERT INTO card (number, factor, identification, person, life, batch, issued, "
        "valid_until) VALUES ('A%07u%u', x'%s', '%032u', 1, 1, 1, 20030901, 20130901)",
        n, n % 10, hex, n);
    must(db_run(db, sentence, &why), &why);
}

/* A person, the officers of the clearing, and so many cards. */
static inline void fill_registry(struct db *db, unsigned cards) {
    struct why why = {{0}};
    must(db_run(db,
             "INSERT INTO person VALUES (1, 44010119900101001, '示例', 1, 1, 19900101, 440104, '', "
             "'', '', '', '', '', '');"
             "INSERT INTO officer VALUES ('clearer', '清算员', 4), ('approver', '审批员', 2), "
             "('head', '主任', 5)",
             &why),
        &why);
    for (unsigned n = 1; n <= cards; n++) {
        add_card(db, n);
    }
}

/* The database of that path (":memory:" for none that stays) and the clearing's rows in it. */
static inline void open_rows(struct city *city, const char *path) {
    struct why why = {{0}};
    must(db_open(&city->db, engine_address(path), &why), &why);
    must(sqlite_clearing_open(&city->db, &city->rows, &city->store, &why), &why);
}

static inline void close_rows(struct city *city) {
    sqlite_clearing_close(city->rows);
    db_close(&city->db);
}

/* The rules over those rows. */
static inline void take_rules(struct city *city) {
    city->vault = test_vault(&city->keys);
    city->clearing = (struct clearing){.store = &city->store, .vault = &city->vault};
}

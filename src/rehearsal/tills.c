#include "rehearsal/tills.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "host/files.h"
#include "keys/catalogue.h"
#include "registry/registry.h"
#include "terminal/terminal.h"
#include "wire/blacklist.h"

/* The terminals of places.def, each with the institution where it stands. */
static const struct {
    uint32_t serial;
    const char *institution;
} places[PILOT_TILLS_MAX] = {
#define PLACE(code, zh, en)
#define TILL(serial, code) {serial, code},
#include "rehearsal/places.def"
};

struct tills {
    struct reader modules[PILOT_TILLS_MAX];
    struct terminal *terminals[PILOT_TILLS_MAX];
    uint16_t open; /* so many of them */
    struct blacklist list;
    uint8_t *list_bytes; /* what list borrows from */
};

/* PSAMs' chips are numbered by it, too. */
uint32_t till_serial(uint16_t i) {
    assert(i < PILOT_TILLS_MAX);
    return places[i].serial;
}

const char *till_institution(uint16_t i) {
    assert(i < PILOT_TILLS_MAX);
    return places[i].institution;
}

/* City code and serial. [card.md 3.8] */
void till_number(uint32_t region, uint16_t i, uint8_t number[TERMINAL_LEN]) {
    assert(i < PILOT_TILLS_MAX);
    bcd_write((uint64_t)region * 1000000 + places[i].serial, number, TERMINAL_LEN);
}

void till_name(uint32_t region, uint16_t i, char name[2 * TERMINAL_LEN + 1]) {
    uint8_t number[TERMINAL_LEN];
    till_number(region, i, number);
    hex_write(bytes_of(number, sizeof number), name);
}

/* A deed names its terminal by index. */
struct terminal *till_at(struct tills *t, uint16_t i) {
    assert(i < t->open);
    return t->terminals[i];
}

/* What the registry says for the day; hours of a list's age count as whole days. */
static enum err limits_of(const struct pilot *p, struct terminal_limits *limits, struct why *why) {
    static const enum parameter which[] = {PARAMETER_OFFLINE_PURCHASE_FEN,
        PARAMETER_OFFLINE_DAY_FEN, PARAMETER_LIST_OFFLINE_HOURS, PARAMETER_LIST_ANY_DAYS};
    int64_t value[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        enum err err = parameter_value(
            p->parts->registry, which[i], p->order->date, &value[i], why);
        if (err) {
            return err;
        }
    }
    *limits = (struct terminal_limits){
        .offline_each_fen = (uint32_t)value[0],
        .offline_day_fen = (uint32_t)value[1],
        .list_offline_days = (uint32_t)((value[2] + 23) / 24),
        .list_any_days = (uint32_t)value[3],
    };
    return OK;
}

/* What was opened is counted, so that tills_close() closes just that. */
static enum err till_open(const struct pilot *p, struct tills *t,
    const struct terminal_setup *common, uint16_t i, struct why *why) {
    const struct chip_rack *rack = p->parts->rack;
    char name[2 * TERMINAL_LEN + 1];
    char file[sizeof name + sizeof ".journal"];
    char path[FIGURES_PATH_ROOM];
    till_name(p->order->region, i, name);
    (void)snprintf(file, sizeof file, "%s.journal", name);
    enum err err = pilot_path(p, "terminals", file, path, why);
    err = err ? err : rack->insert(rack->self, SHELF_PSAMS, name, &t->modules[i], why);
    if (err) {
        return err;
    }
    struct terminal_setup setup = *common;
    setup.module = &t->modules[i];
    setup.journal_path = path;
    (void)memcpy(setup.institution, places[i].institution, INSTITUTION_LEN);
    err = terminal_open(&setup, &t->terminals[i], why);
    if (err) {
        reader_close(&t->modules[i]);
        return why_add(why, err, "terminal %s", name);
    }
    assert(t->open == i);
    t->open++;
    return OK;
}

/* The limits are one for all; module, journal and institution are each terminal's own. */
enum err tills_open(
    const struct pilot *p, const struct centre_line *line, struct tills **out, struct why *why) {
    struct terminal_setup setup = {.line = line, .durable = false};
    key_city_factor(p->order->region, setup.city_factor);
    enum err err = limits_of(p, &setup.limits, why);
    if (err) {
        return err;
    }
    struct tills *t = calloc(1, sizeof *t);
    if (!t) {
        return why_say(why, ERR_OUTSIDE, "no memory for the terminals");
    }
    for (uint16_t i = 0; !err && i < PILOT_TILLS_MAX; i++) {
        err = till_open(p, t, &setup, i, why);
    }
    if (err) {
        tills_close(t);
        return err;
    }
    *out = t;
    return OK;
}

/* The terminal before its module: a session may still be open in it. */
void tills_close(struct tills *t) {
    if (!t) {
        return;
    }
    for (uint16_t i = 0; i < t->open; i++) {
        terminal_close(t->terminals[i]);
        reader_close(&t->modules[i]);
    }
    free(t->list_bytes);
    free(t);
}

/* The new list is whole before the old one's bytes are given back; terminals borrow them. */
enum err tills_fetch_list(
    const struct pilot *p, struct tills *t, uint32_t second, struct why *why) {
    const struct registry_store *store = p->parts->registry;
    uint32_t time = plan_time(second);
    uint32_t version = 0;
    uint32_t count = 0;
    enum err err = store->blacklist_head(store->self, p->order->date, time, &version, &count, why);
    if (err) {
        return err;
    }
    size_t room = blacklist_room(count);
    uint8_t *bytes = malloc(room);
    if (!bytes) {
        return why_say(why, ERR_OUTSIDE, "no memory for a blacklist of %u cards", count);
    }
    struct builder list = builder_in(bytes, room);
    err = registry_blacklist(store, p->order->date, time, &list, why);
    if (!err && !blacklist_decode(builder_bytes(&list), &t->list)) {
        err = why_say(why, ERR_INVALID, "the blacklist of the centre is not whole");
    }
    if (err) {
        free(bytes);
        return err;
    }
    free(t->list_bytes);
    t->list_bytes = bytes;
    for (uint16_t i = 0; i < t->open; i++) {
        terminal_set_blacklist(t->terminals[i], &t->list);
    }
    return OK;
}

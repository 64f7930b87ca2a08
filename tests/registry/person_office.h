/* A registry for tests about persons: a database with people of a file, and both stores over it. */
#pragma once

#include "check.h"

#include "base/checkdigit.h"
#include "host/scratch.h"
#include "registry/import.h"
#include "registry/people.h"
#include "registry/person_store.h"
#include "stores/engine_address.h"
#include "stores/sql/audit.h"
#include "stores/sql/registry_person.h"
#include "stores/sql/registry_store.h"

enum { OFFICE_DAY = 20031008, OFFICE_TIME = 90000 };

static struct {
    struct db db;
    struct registry_rows *rows;
    struct person_rows *person_rows;
    struct registry_store registry;
    struct person_store store;
    struct person_desk desk;
    struct why why;
} office;

/* Whatever fails tells its story. */
#define assert_ok(call)                                                                            \
    do {                                                                                           \
        if ((call) != OK) {                                                                        \
            fail_msg("%s", office.why.text);                                                       \
        }                                                                                          \
    } while (0)

/* Another name is another registry, for tests that begin anew many times. */
static const char *office_file = "city.db";

static inline void office_reopen(void **state) {
    char path[512];
    assert_ok(db_open(&office.db, engine_address(below(state, office_file, path)), &office.why));
    assert_ok(registry_rows_open(&office.rows, &office.db, &office.why));
    assert_ok(person_rows_open(&office.person_rows, &office.db, &office.why));
    office.registry = registry_store_of(office.rows);
    office.store = person_store_of(office.person_rows);
    office.desk = (struct person_desk){&office.registry, &office.store};
    assert_ok(registry_found(&office.registry, true, &office.why));
}

static inline void office_close(void) {
    assert_ok(db_audit_verify(&office.db, NULL, &office.why));
    person_rows_close(office.person_rows);
    registry_rows_close(office.rows);
    db_close(&office.db);
}

/* Imports lines below the heading, as UTF-8. */
static inline void office_import(void **state, const char *lines) {
    char path[512];
    char text[16384];
    struct import_result result;
    (void)snprintf(text, sizeof text, "%s\n%s", PEOPLE_HEADING, lines);
    people_write(below(state, "people.csv", path), text);
    const struct import_order order = {.path = path, .business_day = OFFICE_DAY};
    assert_ok(people_import(&office.registry, &order, &result, &office.why));
}

static inline void office_open(void **state, const char *lines) {
    office_reopen(state);
    if (lines) {
        office_import(state, lines);
    }
}

/* With the pilot's people. */
static inline void office_open_pilot(void **state) {
    struct import_result result;
    const struct import_order order = {.path = "data/pilot-people.csv", .business_day = OFFICE_DAY};
    office_reopen(state);
    assert_ok(people_import(&office.registry, &order, &result, &office.why));
}

static inline int64_t office_ask(const char *sentence) {
    struct prepared *prepared[1];
    assert_ok(db_prepare(&office.db, &sentence, 1, prepared, &office.why));
    struct say s = say(prepared[0]);
    int64_t answer = say_next(&s) ? row_int(&s) : -1;
    assert_ok(say_end(&s, &office.why));
    db_finalize(prepared, 1);
    return answer;
}

/* The citizen number of those 17 digits, static for eight calls. */
static inline const char *office_number(int64_t number17) {
    static char room[8][NUMBER_LEN + 1];
    static unsigned turn;
    char *number = room[turn++ % 8];
    number_write(number17, number);
    return number;
}

/* One line of a file: a person of that number and name, with what else may speak for them. */
static inline const char *office_line(
    int64_t number17, const char *name, const char *mobile, const char *address) {
    static char room[16][512];
    static unsigned turn;
    char *line = room[turn++ % 16];
    (void)snprintf(line, 512, "%s,%s,%d,01,%08u,440111,11,%s,510020,,%s,,\n",
        office_number(number17), name, number17 % 2 ? 1 : 2,
        (unsigned)(number17 / 1000 % 100000000), address, mobile);
    return line;
}

static inline int64_t office_person(int64_t number17) {
    struct person person;
    assert_ok(
        office.registry.person_by_number(office.registry.self, number17, &person, &office.why));
    return person.id;
}

/* Card i for a person, handed over. */
static inline const char *office_card(int i, int64_t person) {
    static char number[CARD_NUMBER_LEN + 1];
    struct card_record card = {
        .person = person,
        .batch = 1,
        .issued = OFFICE_DAY,
        .valid_until = 20131008,
        .factor = {0x86, 0x84, 0x44, 0x01, 0, 0, 0, (uint8_t)i}
    };
    (void)snprintf(card.number, sizeof card.number, "B%07d", i);
    card.number[8] = organisation_check(bytes_of(card.number, 8));
    card.number[9] = '\0';
    (void)snprintf(card.identification, sizeof card.identification, "%032d", i);
    assert_ok(card_add(&office.registry, &card, "maker", &office.why));
    const struct card_order order = {.card = card.number,
        .event = EVENT_HAND_OVER,
        .who = "point",
        .request = "hand over",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    assert_ok(card_step(&office.registry, &order, &office.why));
    (void)memcpy(number, card.number, sizeof number);
    return number;
}

static inline enum card_life office_life(const char *number) {
    struct card_record card;
    assert_ok(office.registry.card_by_number(office.registry.self, number, &card, &office.why));
    return card.life;
}

/* The way of four cards as a story for cut_sweep.h: a centre is founded, people apply, a batch is made, approved,
 * made card by card, packed and handed out; cards are lost for a while and for good, found again, locked, unlocked
 * and cancelled, and the blacklist follows.
 *
 * Orders about a card carry a number and may be sent again as they are (card_serve). Applications and batches
 * are moved by people who see the state: what has been done already is refused with ERR_CONFLICT, which is
 * this story's way of finding out. */
#pragma once

#include "faults/cut_sweep.h"

#include "issuance/application.h"
#include "issuance/batch.h"
#include "issuance/numbers.h"
#include "registry/card_service.h"
#include "stores/sql/audit.h"
#include "stores/sql/issuance_rows.h"
#include "stores/sql/registry_store.h"

enum { PEOPLE = 4, ISSUE_DAY = 20031008, LIST_BYTES = 4096 };

struct card_story {
    struct db db;
    struct registry_rows *rows;
    struct registry_store registry;
    struct issuance_store issuance;
    bool open;
};

/* Refused because it was done before. */
static inline enum err done_before(enum err err) {
    return err == ERR_CONFLICT ? OK : err;
}

/* --- deeds ----------------------------------------------------------------------------------- */

static inline enum err card_deed_open(void *self, struct why *why) {
    (void)self;
    (void)why;
    return OK;
}

static inline enum err card_deed_found(void *self, struct why *why) {
    struct card_story *s = self;
    enum err err = registry_found(&s->registry, true, why);
    for (int i = 1; i <= PEOPLE && !err; i++) {
        char sql[400];
        (void)snprintf(sql, sizeof sql,
            "INSERT INTO person (id, number17, name, sex, nation, birth, region, household, "
            "address, postcode, phone, mobile, employer, employer_name) VALUES (%d, "
            "99010219761211%03d, '梁思', 1, 1, 19761211, 440111, '', '', '', '', '', '', '') "
            "ON CONFLICT DO NOTHING",
            i, i);
        err = db_run(&s->db, sql, why);
    }
    return err;
}

static inline enum err card_deed_apply(void *self, struct why *why) {
    struct card_story *s = self;
    enum err err = OK;
    for (int i = 1; i <= PEOPLE && !err; i++) {
        struct application a = {.person = i, .kind = APPLY_NEW, .day = ISSUE_DAY, .point = "GZ01"};
        err = done_before(application_make(&s->issuance, &a, "point", why));
    }
    return err;
}

static inline enum err card_deed_audit(void *self, struct why *why) {
    struct card_story *s = self;
    enum err err = OK;
    for (int i = 1; i <= PEOPLE && !err; i++) {
        err = done_before(application_answer(&s->issuance, i, AUDIT_PASSED, "approver", why));
    }
    return err;
}

/* A second time there is nobody left who waits. */
static inline enum err card_deed_batch(void *self, struct why *why) {
    static const struct batch_rules rules = {.lines_max = 2000, .box_cards = 250};
    struct card_story *s = self;
    struct batch b = {.day = ISSUE_DAY, .point = "GZ01"};
    int32_t lines = 0;
    enum err err = batch_make(&s->issuance, &rules, "maker", &b, &lines, why);
    return err == ERR_NOT_FOUND ? OK : err;
}

static inline enum err card_deed_approve(void *self, struct why *why) {
    struct card_story *s = self;
    return done_before(batch_step(&s->issuance, 1, BATCH_APPROVE, "approver", why));
}

/* One event of each line, one after the other. */
static inline enum err card_lines(
    struct card_story *s, enum line_event event, int32_t from, struct why *why) {
    enum err err = OK;
    for (int32_t seq = from; seq <= PEOPLE && !err; seq++) {
        uint8_t factor[8] = {0x86, 0x84, 0x44, 0x01, 1, 0, 0, (uint8_t)seq};
        uint8_t id[CARD_ID_LEN] = {0x44, 0x01, 0x00};
        struct line_result result = {.event = event, .factor = factor, .card_id = id};
        (void)memcpy(id + 8, factor, 8);
        err = done_before(batch_line_step(&s->issuance, 1, seq, &result, why));
    }
    return err;
}

static inline enum err card_deed_make(void *self, struct why *why) {
    return card_lines(self, LINE_MAKE, 1, why);
}
static inline enum err card_deed_pass(void *self, struct why *why) {
    return card_lines(self, LINE_PASS, 1, why);
}
static inline enum err card_deed_pack(void *self, struct why *why) {
    static const struct batch_rules rules = {.lines_max = 2000, .box_cards = 2};
    struct card_story *s = self;
    int32_t boxes = 0;
    return done_before(batch_pack(&s->issuance, &rules, 1, &boxes, why));
}

/* The registry learns the cards that were made; a number is given once. */
static inline enum err card_deed_add(void *self, struct why *why) {
    struct card_story *s = self;
    enum err err = OK;
    for (int i = 1; i <= PEOPLE && !err; i++) {
        struct card_record card = {
            .person = i,
            .batch = 1,
            .issued = ISSUE_DAY,
            .valid_until = 20131008,
            .factor = {0x86, 0x84, 0x44, 0x01, 1, 0, 0, (uint8_t)i}
        };
        card_number_write((uint32_t)i, card.number);
        (void)snprintf(card.identification, sizeof card.identification, "%032d", i);
        err = done_before(card_add(&s->registry, &card, "maker", why));
    }
    return err;
}

/* What is ordered about which card, in this order; a line is a deed. */
static const struct card_errand {
    int card;
    enum card_event event;
    const char *second;
    int sub_reason;
} card_errands[] = {
    {1, EVENT_HAND_OVER,           NULL,       0 },
    {2, EVENT_HAND_OVER,           NULL,       0 },
    {3, EVENT_SPOIL,               "approver", 95},
    {4, EVENT_HAND_OVER,           NULL,       0 },
    {1, EVENT_REPORT_LOSS_FOR_NOW, NULL,       0 },
    {1, EVENT_LIFT,                NULL,       0 },
    {1, EVENT_REPORT_LOSS_FOR_NOW, NULL,       0 },
    {1, EVENT_REPORT_LOSS,         NULL,       0 },
    {2, EVENT_LOCK,                "approver", 0 },
    {2, EVENT_UNLOCK,              NULL,       0 },
    {4, EVENT_CANCEL,              NULL,       94},
};
enum { ERRANDS = sizeof card_errands / sizeof card_errands[0] };

static inline enum err card_errand_run(struct card_story *s, size_t i, struct why *why) {
    const struct card_errand *e = &card_errands[i];
    struct card_receipt receipt;
    char number[CARD_NUMBER_LEN + 1], request[16];
    card_number_write((uint32_t)e->card, number);
    (void)snprintf(request, sizeof request, "%zu", i + 1);
    const struct card_order order = {.card = number,
        .event = e->event,
        .who = "point",
        .second = e->second,
        .sub_reason = e->sub_reason,
        .request = request,
        .day = ISSUE_DAY,
        .time = 90000 + (uint32_t)i};
    return card_serve(&s->registry, &order, &receipt, why);
}
#define ERRAND_DEED(i)                                                                             \
    static inline enum err card_deed_errand_##i(void *self, struct why *why) {                     \
        return card_errand_run(self, i, why);                                                      \
    }
ERRAND_DEED(0)
ERRAND_DEED(1)
ERRAND_DEED(2)
ERRAND_DEED(3)
ERRAND_DEED(4)
ERRAND_DEED(5)
ERRAND_DEED(6)
ERRAND_DEED(7)
ERRAND_DEED(8)
ERRAND_DEED(9)
ERRAND_DEED(10)

static const struct deed card_deeds[] = {
    {"open",     card_deed_open     },
    {"found",    card_deed_found    },
    {"apply",    card_deed_apply    },
    {"audit",    card_deed_audit    },
    {"batch",    card_deed_batch    },
    {"approve",  card_deed_approve  },
    {"make",     card_deed_make     },
    {"pass",     card_deed_pass     },
    {"pack",     card_deed_pack     },
    {"add",      card_deed_add      },
    {"hand 1",   card_deed_errand_0 },
    {"hand 2",   card_deed_errand_1 },
    {"spoil 3",  card_deed_errand_2 },
    {"hand 4",   card_deed_errand_3 },
    {"lose 1",   card_deed_errand_4 },
    {"lift 1",   card_deed_errand_5 },
    {"again 1",  card_deed_errand_6 },
    {"loss 1",   card_deed_errand_7 },
    {"lock 2",   card_deed_errand_8 },
    {"unlock 2", card_deed_errand_9 },
    {"cancel 4", card_deed_errand_10},
};
enum { CARD_DEEDS = sizeof card_deeds / sizeof card_deeds[0] };
_Static_assert(CARD_DEEDS == 10 + ERRANDS, "every errand is a deed");

/* --- the story ------------------------------------------------------------------------------- */

static inline enum err card_story_open(void *self, struct why *why) {
    struct card_story *s = self;
    s->rows = NULL;
    s->issuance.self = NULL;
    enum err err = db_open(&s->db, "city.db", why);
    s->open = err == OK;
    err = err ? err : registry_rows_open(&s->rows, &s->db, why);
    if (!err) {
        s->registry = registry_store_of(s->rows);
        err = issuance_rows_open(&s->db, &s->issuance, why);
    }
    return err;
}

static inline void card_story_close(void *self) {
    struct card_story *s = self;
    issuance_rows_close(&s->issuance);
    registry_rows_close(s->rows);
    s->rows = NULL;
    if (s->open) {
        db_close(&s->db);
    }
    s->open = false;
}

/* The chain is whole, and the blacklist the same to the byte. */
static inline enum err card_story_judge(void *self, uint64_t *number, struct why *why) {
    struct card_story *s = self;
    uint8_t room[LIST_BYTES];
    struct builder b = builder_in(room, sizeof room);
    enum err err = db_audit_verify(&s->db, NULL, why);
    err = err ? err : registry_blacklist(&s->registry, 20991231, 0, &b, why);
    *number = err ? 0 : sweep_hash(1, room, b.len);
    return err;
}

static inline struct story card_story_of(struct card_story *s) {
    return (struct story){
        card_deeds, CARD_DEEDS, s, card_story_open, card_story_close, NULL, card_story_judge};
}

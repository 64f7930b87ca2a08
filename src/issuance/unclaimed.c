#include "issuance/unclaimed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "issuance/stock.h"

static const struct stage {
    enum parameter after;
    const char *word, *zh;
} stages[] = {
#define STAGE(member, parameter, word, zh) [member] = {PARAMETER_##parameter, word, zh},
#include "issuance/unclaimed.def"
};
enum { STAGES = sizeof stages / sizeof stages[0] };

const char *unclaimed_word(enum unclaimed_stage stage) {
    assert((size_t)stage < STAGES);
    return stage == UNCLAIMED_NONE ? "wait" : stages[stage].word;
}

const char *unclaimed_zh(enum unclaimed_stage stage) {
    assert((size_t)stage < STAGES);
    return stage == UNCLAIMED_NONE ? "待领" : stages[stage].zh;
}

/* The highest stage whose days have passed. */
static enum err stage_of(
    const struct window_desk *desk, int32_t days, enum unclaimed_stage *stage, struct why *why) {
    enum err err = OK;
    *stage = UNCLAIMED_NONE;
    for (int i = UNCLAIMED_NONE + 1; !err && i < STAGES; i++) {
        int64_t after = 0;
        err = parameter_value(desk->at.registry, stages[i].after, desk->at.day, &after, why);
        *stage = !err && days >= after ? (enum unclaimed_stage)i : *stage;
    }
    return err;
}

/* What is due for a card at this place. */
static enum err look(const struct window_desk *desk, struct unclaimed_card *card, struct why *why) {
    int32_t noted = 0;
    assert(card->place.stored > 0);
    card->days = days_between(card->place.stored, desk->at.day);
    enum err err = stage_of(desk, card->days, &card->stage, why);
    err = err ? err : desk->store->reminder_stage(desk->store->self, card->place.card, &noted, why);
    card->noted = (enum unclaimed_stage)noted;
    return err;
}

enum err unclaimed_next(const struct window_desk *desk, const char *point, const char *after,
    struct unclaimed_card *card, struct why *why) {
    const struct point_store *points = desk->at.store;
    enum err err = points->card_waiting(
        points->self, point, desk->at.day, after, &card->place, why);
    err = err ? err : look(desk, card, why);
    while (!err && (card->stage == UNCLAIMED_NONE || card->stage <= card->noted)) {
        err = points->card_waiting(
            points->self, point, desk->at.day, card->place.card, &card->place, why);
        err = err ? err : look(desk, card, why);
    }
    return err;
}

static enum err check_due(const struct unclaimed_card *card, struct why *why) {
    if (card->stage == UNCLAIMED_RECOVER) {
        return why_say(why, ERR_CONFLICT,
            "it has waited %" PRId32 " days and is to be recovered: point recover", card->days);
    }
    return card->stage == UNCLAIMED_NONE || card->stage <= card->noted
               ? why_say(why, ERR_CONFLICT, "nothing is due after %" PRId32 " days", card->days)
               : OK;
}

enum err unclaimed_note(const struct window_desk *desk, const char *card_number, struct why *why) {
    const struct point_store *points = desk->at.store;
    struct unclaimed_card card;
    struct reminder row = {.day = desk->at.day};
    WORK_SCOPE(work);
    enum err err = window_officer(desk, why);
    err = err ? err : work_begin(&work, desk->store->issuance, why);
    err = err ? err : points->card_place(points->self, card_number, &card.place, why);
    if (!err && (card.place.stored == 0 || card.place.stored > desk->at.day)) {
        err = why_say(why, ERR_CONFLICT, "no point has counted it in on %" PRIu32, desk->at.day);
    }
    err = err ? err : look(desk, &card, why);
    err = err ? err : check_due(&card, why);
    row.stage = err ? 0 : (int32_t)card.stage;
    err = err ? err : stock_word(row.card, sizeof row.card, card_number, "a card's number", why);
    err = err ? err
              : stock_word(
                  row.officer, sizeof row.officer, desk->at.officer, "an officer's code", why);
    err = err ? err : desk->store->reminder_add(desk->store->self, &row, why);
    err = err ? err : window_note(desk, unclaimed_word(card.stage), "card", card_number, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "card %s", card_number) : OK;
}

enum err wrong_report(
    const struct window_desk *desk, const char *card_number, const char *what, struct why *why) {
    struct wrong_card row = {.day = desk->at.day};
    struct card_record card;
    enum err err = window_officer(desk, why);
    if (!err && what[0] == '\0') {
        err = why_say(why, ERR_INVALID, "say which data are wrong");
    }
    err = err ? err : stock_word(row.what, sizeof row.what, what, "what is wrong", why);
    err = err ? err
              : stock_word(
                  row.officer, sizeof row.officer, desk->at.officer, "an officer's code", why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : card_find(desk->at.registry, card_number, &card, why);
    if (!err && card.life != LIFE_SEALED) {
        err = why_say(why, ERR_CONFLICT, "it is %s; a card in use is exchanged: card replace",
            card_life_name(card.life));
    }
    (void)memcpy(row.card, err ? "" : card.number, err ? 1 : sizeof row.card);
    err = err ? err : desk->store->wrong_add(desk->store->self, &row, why);
    err = err ? err : window_note(desk, "wrong data", "card", card_number, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "card %s", card_number) : OK;
}

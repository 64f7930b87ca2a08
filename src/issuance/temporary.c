#include "issuance/temporary.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/day.h"
#include "issuance/stock.h"

enum { NUMBER_ROOM = 24 };

static const char *state_words(enum temporary_state state) {
    return state == TEMPORARY_RETURNED ? "returned"
           : state == TEMPORARY_LOST   ? "lost"
           : state == TEMPORARY_OVER   ? "over"
                                       : "valid";
}

static enum err note(
    const struct window_desk *desk, const char *what, int64_t id, struct why *why) {
    char number[NUMBER_ROOM];
    (void)snprintf(number, sizeof number, "%" PRId64, id);
    return window_note(desk, what, "temporary card", number, why);
}

/* Temporary 1. [system.md 4.3.4, live check: order running and no card issued, or state 2 or 9] */
static enum err check_need(const struct window_desk *desk, int64_t person, struct why *why) {
    const struct registry_store *registry = desk->at.registry;
    struct card_record card;
    struct application a;
    enum err err = registry->card_of_person(registry->self, person, &card, why);
    if (!err && card.life != LIFE_LOST && card.life != LIFE_SEALED) {
        return why_say(why, ERR_CONFLICT,
            "card %s is %s; a temporary card is for who has none, or has reported it lost",
            card.number, card_life_name(card.life));
    }
    if (err == OK && card.life == LIFE_LOST) {
        return OK;
    }
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    err = desk->store->application_last(desk->store->self, person, &a, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_CONFLICT, "no card of this person is ordered; apply for one first");
    }
    bool running = a.state == APPLICATION_APPLIED || a.state == APPLICATION_IN_WORK
                   || a.state == APPLICATION_TROUBLED || a.state == APPLICATION_SUCCEEDED;
    return err || running
               ? err
               : why_say(why, ERR_CONFLICT, "application %" PRId64 " is %s; apply again first",
                   a.id, machine_state_en(&application_machine, (int)a.state));
}

/* One whose days are over is no obstacle for the next. */
static enum err end_old(const struct window_desk *desk, int64_t person, struct why *why) {
    struct temporary_card old;
    enum err err = desk->store->temporary_of(desk->store->self, person, &old, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    if (old.until >= desk->at.day) {
        return why_say(why, ERR_CONFLICT,
            "temporary card %" PRId64 " is valid until %" PRIu32 "; prolong it", old.id, old.until);
    }
    return desk->store->temporary_move(
        desk->store->self, &old, TEMPORARY_OVER, old.until, old.until, why);
}

static enum err add(const struct window_desk *desk, struct temporary_card *card, struct why *why) {
    int64_t days = 0;
    enum err err = parameter_value(
        desk->at.registry, PARAMETER_TEMPORARY_DAYS, desk->at.day, &days, why);
    assert(err || days >= 1);
    card->until = err ? 0 : day_plus(card->from, (int32_t)days - 1);
    err = err ? err : desk->store->temporary_add(desk->store->self, card, why);
    return err ? err : note(desk, "issue temporary card", card->id, why);
}

enum err temporary_issue(const struct window_desk *desk, int64_t person, uint32_t region,
    const char *point, struct temporary_card *card, struct why *why) {
    *card = (struct temporary_card){
        .person = person, .state = TEMPORARY_VALID, .region = region, .from = desk->at.day};
    enum err err = window_officer(desk, why);
    err = err ? err : stock_word(card->point, sizeof card->point, point, "a point's code", why);
    err = err ? err
              : stock_word(
                  card->officer, sizeof card->officer, desk->at.officer, "an officer's code", why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : check_need(desk, person, why);
    err = err ? err : end_old(desk, person, why);
    err = err ? err : add(desk, card, why);
    return err ? err : work_commit(&work, why);
}

/* Temporary 3. */
static enum err prolong(
    const struct window_desk *desk, struct temporary_card *card, struct why *why) {
    int64_t days = 0;
    int64_t most = 0;
    const struct registry_store *registry = desk->at.registry;
    enum err err = parameter_value(registry, PARAMETER_TEMPORARY_DAYS, desk->at.day, &days, why);
    err = err ? err
              : parameter_value(registry, PARAMETER_TEMPORARY_MOST_DAYS, desk->at.day, &most, why);
    if (err) {
        return err;
    }
    uint32_t last = day_plus(card->from, (int32_t)most - 1);
    uint32_t until = day_plus(card->until, (int32_t)days);
    until = until < last ? until : last;
    if (until <= card->until) {
        return why_say(why, ERR_CONFLICT,
            "it is %" PRId64 " days from %" PRIu32 ", the most; it ends on %" PRIu32, most,
            card->from, card->until);
    }
    err = desk->store->temporary_move(desk->store->self, card, TEMPORARY_VALID, until, 0, why);
    card->until = err ? card->until : until;
    return err ? err : note(desk, "prolong temporary card", card->id, why);
}

enum err temporary_prolong(
    const struct window_desk *desk, int64_t id, struct temporary_card *card, struct why *why) {
    WORK_SCOPE(work);
    enum err err = window_officer(desk, why);
    err = err ? err : work_begin(&work, desk->store->issuance, why);
    err = err ? err : desk->store->temporary_get(desk->store->self, id, card, why);
    err = err ? err : temporary_check(card, desk->at.day, card->region, USE_IDENTITY, why);
    err = err ? err : prolong(desk, card, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "temporary card %" PRId64, id) : OK;
}

enum err temporary_end(
    const struct window_desk *desk, int64_t id, enum temporary_state how, struct why *why) {
    struct temporary_card card;
    assert(how == TEMPORARY_RETURNED || how == TEMPORARY_LOST);
    WORK_SCOPE(work);
    enum err err = window_officer(desk, why);
    err = err ? err : work_begin(&work, desk->store->issuance, why);
    err = err ? err : desk->store->temporary_get(desk->store->self, id, &card, why);
    if (!err && card.state != TEMPORARY_VALID) {
        err = why_say(why, ERR_CONFLICT, "it is %s already", state_words(card.state));
    }
    err = err ? err
              : desk->store->temporary_move(
                  desk->store->self, &card, how, card.until, desk->at.day, why);
    err = err ? err : note(desk, state_words(how), id, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "temporary card %" PRId64, id) : OK;
}

/* Temporary 2. */
enum err temporary_check(const struct temporary_card *card, uint32_t day, uint32_t region,
    enum temporary_use use, struct why *why) {
    if (card->state != TEMPORARY_VALID) {
        return why_say(why, ERR_CONFLICT, "it is %s", state_words(card->state));
    }
    if (day < card->from || day > card->until) {
        return why_say(
            why, ERR_CONFLICT, "it holds from %" PRIu32 " to %" PRIu32, card->from, card->until);
    }
    if (region / 100 != card->region / 100) {
        return why_say(why, ERR_CONFLICT, "it is good in %" PRIu32 " only, not in %" PRIu32,
            card->region, region);
    }
    return use == USE_MONEY ? why_say(why, ERR_CONFLICT, "a temporary card moves no money") : OK;
}

#include "issuance/instant.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "crypto/secret.h"
#include "issuance/application.h"
#include "issuance/batch.h"
#include "issuance/handover.h"
#include "issuance/order_rule.h"
#include "issuance/replacement.h"
#include "issuance/taking_back.h"

enum { REQUEST_ROOM = 40, PIN_ROOM = 7, NUMBER_ROOM = 24 };

static const struct machine_name steps[] = {
#define STEP(member, code, zh, en) {code, zh, en},
#include "issuance/instant.def"
};

static const struct machine_name *step_of(int step) {
    static const struct machine_name unknown = {-1, "未知", "unknown"};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i].code == step) {
            return &steps[i];
        }
    }
    return &unknown;
}

const char *instant_zh(int step) {
    return step_of(step)->zh;
}

const char *instant_en(int step) {
    return step_of(step)->en;
}

/* --- lock ------------------------------------------------------------------------------------- */

/* Instant 2. */
static enum err check_lock(
    const struct instant_desk *desk, const struct instant_row *job, struct why *why) {
    bool ours = strcmp(job->owner, desk->window.at.officer) == 0;
    return job->owner[0] && !ours && job->lock_until > desk->now ? why_say(why, ERR_CONFLICT,
               "%s works on it for %" PRId64 " seconds more at most; try again then", job->owner,
               job->lock_until - desk->now)
                                                                 : OK;
}

static enum err take_lock(
    const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    int64_t seconds = 0;
    const struct point_desk *at = &desk->window.at;
    enum err err = check_lock(desk, job, why);
    err = err ? err
              : parameter_value(
                  at->registry, PARAMETER_INSTANT_LOCK_SECONDS, at->day, &seconds, why);
    err = err ? err
              : stock_word(job->owner, sizeof job->owner, at->officer, "an officer's code", why);
    job->lock_until = desk->now + seconds;
    return err;
}

static void drop_lock(struct instant_row *job) {
    job->owner[0] = '\0';
    job->lock_until = 0;
}

static enum err put(
    const struct instant_desk *desk, struct instant_row *job, int from, struct why *why) {
    return desk->window.store->instant_put(desk->window.store->self, job, from, why);
}

enum err instant_leave(const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    if (strcmp(job->owner, desk->window.at.officer) != 0) {
        return OK;
    }
    drop_lock(job);
    return put(desk, job, job->step, why);
}

/* The story of the step that failed stays the caller's; a note that fails, too, adds nothing to it. */
enum err instant_trouble(
    const struct instant_desk *desk, struct instant_row *job, enum err err, struct why *why) {
    struct why unheard = {0};
    struct instant_row now;
    if (desk->window.store->instant_get(desk->window.store->self, job->id, &now, &unheard)
        || strcmp(now.owner, desk->window.at.officer) != 0) {
        return err;
    }
    now.tries = job->tries;
    drop_lock(&now);
    (void)snprintf(now.trouble, sizeof now.trouble, "%.200s", why->text);
    (void)put(desk, &now, now.step, &unheard);
    *job = now;
    return err;
}

/* Everything of a step is in one transaction: what it did, the row, the audit row. */
static enum err do_whole(const struct instant_desk *desk, struct instant_row *job,
    enum instant_step from, enum instant_step to,
    enum err (*deed)(const struct instant_desk *desk, struct instant_row *job, struct why *why),
    struct why *why) {
    struct instant_row now;
    char number[NUMBER_ROOM];
    (void)snprintf(number, sizeof number, "%" PRId64, job->id);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk->window.store->issuance, why);
    err = err ? err : desk->window.store->instant_get(desk->window.store->self, job->id, &now, why);
    if (!err && now.step != (int)from) {
        err = why_say(why, ERR_CONFLICT, "it is %s (%s); another step is due", instant_en(now.step),
            instant_zh(now.step));
    }
    err = err ? err : take_lock(desk, &now, why);
    now.tries = job->tries;
    err = err || !deed ? err : deed(desk, &now, why);
    now.step = (int)to;
    now.trouble[0] = '\0';
    if (to >= INSTANT_ENABLED) {
        drop_lock(&now);
    }
    err = err ? err : put(desk, &now, (int)from, why);
    err = err ? err : window_note(&desk->window, instant_zh((int)to), "instant", number, why);
    err = err ? err : work_commit(&work, why);
    *job = err ? *job : now;
    return err;
}

enum err instant_do(const struct instant_desk *desk, struct instant_row *job,
    enum instant_step from, enum instant_step to,
    enum err (*deed)(const struct instant_desk *desk, struct instant_row *job, struct why *why),
    struct why *why) {
    assert(from < to);
    enum err err = window_two(&desk->window, why);
    err = err ? err : do_whole(desk, job, from, to, deed, why);
    if (err) {
        (void)instant_trouble(desk, job, err, why);
        return why_add(why, err, "instant card, job %" PRId64, job->id);
    }
    return OK;
}

/* --- beginning -------------------------------------------------------------------------------- */

/* Guards at the host: a valid card is reported lost first. [system.md 4.2.5] */
static enum err check_card(const struct instant_desk *desk, int64_t person, struct why *why) {
    const struct registry_store *registry = desk->window.at.registry;
    struct card_record card;
    enum err err = registry->card_of_person(registry->self, person, &card, why);
    if (err == OK && card.life != LIFE_LOST) {
        return why_say(why, ERR_CONFLICT,
            card.life == LIFE_SEALED
                ? "card %s (%s) waits to be fetched: point hand-out"
                : "card %s is %s; report its formal loss first: card lose --formal",
            card.number, card_life_name(card.life));
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err begin_new(
    const struct instant_desk *desk, int64_t person, struct instant_row *job, struct why *why) {
    const struct point_desk *at = &desk->window.at;
    *job = (struct instant_row){.person = person, .step = INSTANT_STARTED, .day = at->day};
    enum err err = check_card(desk, person, why);
    err = err ? err : stock_word(job->point, sizeof job->point, desk->point, "--point", why);
    err = err ? err
              : stock_word(
                  job->officer, sizeof job->officer, at->officer, "an officer's code", why);
    err = err ? err
              : stock_word(job->second, sizeof job->second, at->second, "an officer's code", why);
    err = err ? err : take_lock(desk, job, why);
    return err ? err : desk->window.store->instant_add(desk->window.store->self, job, why);
}

enum err instant_begin(
    const struct instant_desk *desk, int64_t person, struct instant_row *job, struct why *why) {
    const struct window_store *store = desk->window.store;
    WORK_SCOPE(work);
    enum err err = window_two(&desk->window, why);
    err = err ? err : work_begin(&work, store->issuance, why);
    err = err ? err : store->instant_of(store->self, person, job, why);
    if (err == OK) {
        err = take_lock(desk, job, why);
        err = err ? err : put(desk, job, job->step, why);
    } else if (err == ERR_NOT_FOUND) {
        err = begin_new(desk, person, job, why);
    }
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "instant card") : OK;
}

/* --- ordering --------------------------------------------------------------------------------- */

/* In place of a lost card, the order goes through the card's own life; else it is a first one. */
static enum err make_application(
    const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    const struct point_desk *at = &desk->window.at;
    struct card_record card;
    struct card_receipt receipt;
    char request[REQUEST_ROOM];
    enum err err = at->registry->card_of_person(at->registry->self, job->person, &card, why);
    if (err == ERR_NOT_FOUND) {
        struct application a = {
            .person = job->person, .kind = APPLY_NEW, .day = at->day, .priority = PRIORITY_INSTANT};
        (void)memcpy(a.point, job->point, sizeof a.point);
        err = order_holder_fits(at->registry, job->person, at->day, why);
        err = err ? err : application_make(desk->window.store->issuance, &a, at->officer, why);
        job->application = a.id;
        return err;
    }
    (void)snprintf(request, sizeof request, "instant %" PRId64, job->id);
    const struct replacement r = {.store = desk->window.store->issuance,
        .registry = at->registry,
        .card = card.number,
        .point = job->point,
        .officer = at->officer,
        .request = request,
        .day = at->day,
        .time = at->time};
    return err ? err : replacement_order(&r, &job->application, &receipt, why);
}

static enum err order(const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    const struct point_desk *at = &desk->window.at;
    const struct issuance_store *issuance = desk->window.store->issuance;
    struct batch b = {.day = at->day};
    (void)memcpy(b.point, job->point, sizeof b.point);
    enum err err = make_application(desk, job, why);
    err = err ? err : application_answer(issuance, job->application, AUDIT_PASSED, at->second, why);
    err = err ? err : batch_make_one(issuance, at->officer, job->application, &b, why);
    err = err ? err : batch_step(issuance, b.id, BATCH_APPROVE, at->second, why);
    job->batch = b.id;
    return err;
}

enum err instant_order(const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    return instant_do(desk, job, INSTANT_STARTED, INSTANT_ORDERED, order, why);
}

enum err instant_line(const struct instant_desk *desk, const struct instant_row *job,
    struct batch_line *line, struct why *why) {
    const struct issuance_store *issuance = desk->window.store->issuance;
    assert(job->batch > 0);
    return issuance->line_get(issuance->self, job->batch, 1, line, why);
}

/* --- printing and sending back ---------------------------------------------------------------- */

enum err instant_print(
    const struct instant_desk *desk, struct instant_row *job, const char *reason, struct why *why) {
    if (!reason) {
        return instant_do(desk, job, INSTANT_WRITTEN, INSTANT_PRINTED, NULL, why);
    }
    enum err err = job->step == INSTANT_WRITTEN
                       ? why_say(why, ERR_CONFLICT, "not printed: %.150s; print it again", reason)
                       : why_say(why, ERR_CONFLICT, "it is %s", instant_en(job->step));
    return instant_trouble(desk, job, err, why);
}

/* The card's record, and the batch through the states that it walks inside this machine. */
static enum err send_back(
    const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    static const enum batch_event walk[] = {
        BATCH_FROM_MAKER, BATCH_PACK, BATCH_DELIVER, BATCH_STORE};
    const struct point_desk *at = &desk->window.at;
    const struct issuance_store *issuance = desk->window.store->issuance;
    struct batch_line line;
    enum err err = instant_line(desk, job, &line, why);
    for (size_t i = 0; !err && i < sizeof walk / sizeof walk[0]; i++) {
        err = batch_step(issuance, job->batch, walk[i], at->officer, why);
    }
    if (err) {
        return err;
    }
    struct card_record card = {.person = line.person,
        .batch = line.batch,
        .issued = at->day,
        .valid_until = day_plus_years(at->day, desk->valid_years)};
    (void)memcpy(card.number, line.card_number, sizeof card.number);
    (void)memcpy(card.factor, line.card_factor, sizeof card.factor);
    hex_write(bytes_of(line.card_id, sizeof line.card_id), card.identification);
    return card_add(at->registry, &card, at->officer, why);
}

enum err instant_return(const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    return instant_do(desk, job, INSTANT_PRINTED, INSTANT_RETURNED, send_back, why);
}

/* --- the ends --------------------------------------------------------------------------------- */

/* The chip and the records, as at any window; a second time, the card is found enabled. */
static enum err enable(const struct instant_desk *desk, const struct batch_line *line,
    const char *new_pin, struct why *why) {
    const struct point_desk *at = &desk->window.at;
    struct card_record card;
    char first_pin[PIN_ROOM] = "";
    enum err err = at->registry->card_by_number(at->registry->self, line->card_number, &card, why);
    if (err || card.life == LIFE_NORMAL) {
        return err;
    }
    err = desk->vault->first_pin(desk->vault->self, card.factor, first_pin, why);
    const struct handover h = {.store = desk->window.store->issuance,
        .registry = at->registry,
        .reader = desk->reader,
        .officer = at->officer,
        .card_number = line->card_number,
        .old_pin = first_pin,
        .new_pin = new_pin,
        .day = at->day,
        .time = at->time,
        .points = at->store,
        .window = desk->window.store,
        .kind = desk->guardian ? TO_AGENT : TO_HOLDER,
        .agent = desk->guardian,
        .guardian = desk->guardian != NULL,
        .temporary = TEMPORARY_RETURNED};
    err = err ? err : hand_over(&h, why);
    crypto_wipe((uint8_t *)first_pin, sizeof first_pin);
    return err;
}

enum err instant_enable(const struct instant_desk *desk, struct instant_row *job,
    const char *new_pin, struct why *why) {
    struct batch_line line;
    enum err err = job->step == INSTANT_RETURNED
                       ? instant_line(desk, job, &line, why)
                       : why_say(why, ERR_CONFLICT, "it is %s", instant_en(job->step));
    err = err ? err : check_lock(desk, job, why);
    err = err ? err : enable(desk, &line, new_pin, why);
    return err ? instant_trouble(desk, job, err, why)
               : instant_do(desk, job, INSTANT_RETURNED, INSTANT_ENABLED, NULL, why);
}

static enum err recycle(const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    const struct point_desk *at = &desk->window.at;
    const struct taking_back t = {.store = desk->window.store->issuance,
        .registry = at->registry,
        .points = at->store,
        .window = desk->window.store,
        .officer = at->officer,
        .second = at->second,
        .day = at->day,
        .time = at->time};
    struct batch_line line;
    enum err err = instant_line(desk, job, &line, why);
    return err ? err : card_take_back(&t, line.card_number, 96, why);
}

enum err instant_recycle(
    const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    return instant_do(desk, job, INSTANT_RETURNED, INSTANT_RECYCLED, recycle, why);
}

/* Approval, number and application are taken back one after the other; a replacement's order stands. */
static enum err give_back(
    const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    const struct point_desk *at = &desk->window.at;
    const struct issuance_store *issuance = desk->window.store->issuance;
    struct card_record old;
    enum err err = issuance->batch_approver(issuance->self, job->batch, "", why);
    err = err ? err : batch_step(issuance, job->batch, BATCH_RESTORE, at->officer, why);
    err = err ? err : batch_step(issuance, job->batch, BATCH_CANCEL, at->second, why);
    err = err ? err
              : at->registry->card_of_replacement(at->registry->self, job->application, &old, why);
    return err == ERR_NOT_FOUND ? application_step(
               issuance, job->application, APPLICATION_WITHDRAW, at->officer, why)
                                : err;
}

enum err instant_give_up(
    const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    return job->step == INSTANT_ORDERED
               ? instant_do(desk, job, INSTANT_ORDERED, INSTANT_GIVEN_UP, give_back, why)
               : instant_do(desk, job, INSTANT_STARTED, INSTANT_GIVEN_UP, NULL, why);
}

/* The chip of an instant card: written once, read back, and booked; or spoiled, and its number kept. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "issuance/batch.h"
#include "issuance/inspect.h"
#include "issuance/instant.h"
#include "issuance/station.h"

/* What stands in job->trouble while a chip is being written: found there again, the program was killed.
 * After any trouble a chip is looked at before it is written on. */
static const char writing[] = "writing";

/* All that one writing needs and finds out. */
struct writing_desk {
    const struct instant_desk *desk;
    struct batch_line line;
    struct person person;
    struct issuer issuer;
    uint8_t versions[KEY_COUNT]; /* of its keys, when the register tells them */
    struct personalisation p;
    uint8_t factor[CARD_FACTOR_LEN];
    struct card_data data; /* holds the first PIN: wiped */
    struct stock_order blank;
};

/* --- blanks ----------------------------------------------------------------------------------- */

/* The order that says what became of the blank in the reader. ERR_CONFLICT for a chip of no stock. */
static enum err blank_order(struct writing_desk *w, const struct instant_row *job,
    enum stock_step step, const char *note, struct why *why) {
    uint64_t serial = 0;
    const struct point_desk *at = &w->desk->window.at;
    if (!bcd_read(bytes_of(w->factor + 4, 4), &serial) || serial == 0) {
        return why_say(why, ERR_CONFLICT, "the chip in the reader is none of our blanks");
    }
    w->blank = (struct stock_order){
        .step = step, .first = (int64_t)serial, .count = 1, .day = at->day};
    (void)snprintf(w->blank.request, sizeof w->blank.request, "instant %" PRId64 " chip %" PRIu64,
        job->id, serial);
    (void)snprintf(w->blank.point, sizeof w->blank.point, "%s", job->point);
    (void)snprintf(w->blank.officer, sizeof w->blank.officer, "%s", at->officer);
    (void)snprintf(w->blank.note, sizeof w->blank.note, "%.100s", note);
    return OK;
}

/* Tried and taken back: a chip that is not in production at this point must not be written on. */
static enum err check_blank(
    struct writing_desk *w, const struct instant_row *job, struct why *why) {
    const struct instant_desk *desk = w->desk;
    enum err err = blank_order(w, job, STOCK_MAKE, "", why);
    WORK_SCOPE(trial);
    err = err ? err : work_begin(&trial, desk->window.store->issuance, why);
    return err ? err : stock_order_make(desk->stock, desk->window.at.registry, &w->blank, why);
}

/* Instant 3. The story is the chip's; what cannot be booked is said beside. */
static enum err spoil(
    struct writing_desk *w, struct instant_row *job, enum err err, struct why *why) {
    const struct instant_desk *desk = w->desk;
    struct why unheard = {0};
    job->tries++;
    if (blank_order(w, job, STOCK_SPOIL, why->text, &unheard)
        || stock_order_make(desk->stock, desk->window.at.registry, &w->blank, &unheard)) {
        return why_add(why, err, "and the blank is still in production");
    }
    return why_add(why, err, "the blank is spoiled, put in another; the number stays");
}

/* --- the chip --------------------------------------------------------------------------------- */

static enum err chip_factor(struct writing_desk *w, struct why *why) {
    struct station st = {.reader = w->desk->reader};
    enum err err = station_reset(&st, why);
    (void)memcpy(w->factor, st.factor, sizeof w->factor);
    return err;
}

/* Read back the way a stranger would; again: it may have been read back before the books failed. */
static enum err read_back(struct writing_desk *w, bool again, struct why *why) {
    uint8_t moment[7];
    struct inspection found;
    const struct point_desk *at = &w->desk->window.at;
    bcd_write(at->day, moment, 4);
    bcd_write(at->time, moment + 4, 3);
    return again ? inspect_card_again(&w->p, &w->data, moment, &found, why)
                 : inspect_card(&w->p, &w->data, moment, &found, why);
}

/* A chip that was finished when the program was killed is found good. */
static enum err find_written(struct writing_desk *w, struct why *why) {
    const struct card_source source = {.issuer = &w->issuer,
        .person = &w->person,
        .card_number = w->line.card_number,
        .factor = w->factor,
        .vault = w->desk->vault,
        .profile = w->p.profile};
    enum err err = card_data_make(&w->data, &source, why);
    return err ? err : read_back(w, true, why);
}

static enum err make(struct writing_desk *w, struct why *why) {
    struct personalise_result result = {.commands = 0};
    enum err err = personalise_card(&w->p, &w->person, w->line.card_number, &result, why);
    w->data = result.data;
    card_data_wipe(&result.data);
    return err ? err : read_back(w, false, why);
}

/* --- the books -------------------------------------------------------------------------------- */

/* Line, number, blank and batch, in the transaction of the step. */
static enum err book(struct writing_desk *w, struct instant_row *job, struct why *why) {
    const struct instant_desk *desk = w->desk;
    const struct issuance_store *issuance = desk->window.store->issuance;
    const struct line_result made = {
        .event = LINE_MAKE, .factor = w->factor, .card_id = w->data.values.card_id};
    const struct line_result passed = {.event = LINE_PASS};
    enum err err = batch_step(issuance, job->batch, BATCH_TO_MAKER, desk->window.at.officer, why);
    err = err ? err : batch_line_step(issuance, job->batch, 1, &made, why);
    err = err ? err : batch_line_step(issuance, job->batch, 1, &passed, why);
    err = err ? err : blank_order(w, job, STOCK_MAKE, "", why);
    return err ? err : stock_order_make(desk->stock, desk->window.at.registry, &w->blank, why);
}

/* Says that writing has begun, in the lock's own row. */
static enum err mark(const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    (void)snprintf(job->trouble, sizeof job->trouble, "%s", writing);
    return desk->window.store->instant_put(desk->window.store->self, job, job->step, why);
}

/* As a cell makes them: what the register says of a card by its batch is what is on it. */
static enum err key_versions(struct writing_desk *w, struct why *why) {
    const struct instant_desk *desk = w->desk;
    if (!desk->versions) {
        return OK;
    }
    w->issuer.key_versions = w->versions;
    return desk->versions(desk->keys, w->line.batch, w->versions, why);
}

static enum err prepare(struct writing_desk *w, const struct instant_row *job, struct why *why) {
    const struct instant_desk *desk = w->desk;
    const struct registry_store *registry = desk->window.at.registry;
    assert(desk->reader);
    assert(desk->vault);
    w->issuer = issuer_of(desk->region, desk->window.at.day, desk->valid_years);
    w->issuer.purse = desk->purse;
    w->p = (struct personalisation){
        .reader = desk->reader, .vault = desk->vault, .issuer = &w->issuer};
    enum err err = instant_line(desk, job, &w->line, why);
    err = err ? err : key_versions(w, why);
    err = err ? err : registry->person_by_id(registry->self, w->line.person, &w->person, why);
    err = err ? err : chip_factor(w, why);
    return err ? err : check_blank(w, job, why);
}

static enum err write_chip(struct writing_desk *w, struct instant_row *job, struct why *why) {
    bool before = job->trouble[0] != '\0'; /* killed, or the books failed: the chip may be whole */
    enum err err = mark(w->desk, job, why);
    if (err || (before && find_written(w, why) == OK)) {
        return err;
    }
    card_data_wipe(&w->data);
    err = make(w, why);
    return err ? spoil(w, job, err, why) : OK;
}

/* Booked under the lock, with the row of the job. */
static enum err save(struct writing_desk *w, struct instant_row *job, struct why *why) {
    int from = job->step;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, w->desk->window.store->issuance, why);
    err = err ? err : book(w, job, why);
    err = err ? err
              : window_note(
                  &w->desk->window, instant_zh(INSTANT_WRITTEN), "card", w->line.card_number, why);
    job->step = err ? from : INSTANT_WRITTEN;
    job->trouble[0] = '\0';
    err = err ? err
              : w->desk->window.store->instant_put(w->desk->window.store->self, job, from, why);
    err = err ? err : work_commit(&work, why);
    job->step = err ? from : job->step;
    return err;
}

enum err instant_write(const struct instant_desk *desk, struct instant_row *job, struct why *why) {
    struct writing_desk w = {.desk = desk};
    enum err err = window_two(&desk->window, why);
    err = err ? err : desk->window.store->instant_get(desk->window.store->self, job->id, job, why);
    if (!err && job->step != INSTANT_ORDERED) {
        err = why_say(why, ERR_CONFLICT, "it is %s; another step is due", instant_en(job->step));
    }
    if (!err && strcmp(job->owner, desk->window.at.officer) != 0) {
        err = why_say(
            why, ERR_CONFLICT, "its lock is not %s's; begin it again", desk->window.at.officer);
    }
    err = err ? err : prepare(&w, job, why);
    err = err ? err : write_chip(&w, job, why);
    err = err ? err : save(&w, job, why);
    card_data_wipe(&w.data);
    if (err) {
        (void)instant_trouble(desk, job, err, why);
        return why_add(why, err, "instant card, job %" PRId64, job->id);
    }
    return OK;
}

#include "rehearsal/instant_card.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "issuance/instant.h"
#include "registry/applicant.h"

enum {
    BLANK_FIRST = 80000001, /* behind the cards' serials, before those of PSAMs */
    BLANKS = 30,
    BLANKS_A_JOB = 10, /* a chip that fails is spoiled, and the next one is tried */
    JOBS_MAX = 2,
};

/* --- blanks --------------------------------------------------------------------------------------- */

/* One order of the point's store; the same request again changes nothing. */
static enum err order_blanks(struct pilot *p, enum stock_step step, int64_t first, int64_t count,
    const char *note, struct why *why) {
    const struct pilot_parts *parts = p->parts;
    struct stock_order order = {
        .step = step, .first = first, .count = count, .day = p->order->date};
    (void)snprintf(
        order.request, sizeof order.request, "pilot %s %" PRId64, stock_step_word(step), first);
    (void)snprintf(order.point, sizeof order.point, "%s", PILOT_SERVICE_POINT);
    (void)snprintf(order.note, sizeof order.note, "%s", note);
    (void)snprintf(order.officer, sizeof order.officer, "%s", PILOT_POINT);
    enum err err = stock_order_make(parts->stock, parts->registry, &order, why);
    if (!err && stock_needs_second(step)) {
        err = stock_sign(parts->stock, parts->registry, order.request, PILOT_APPROVER, &order, why);
    }
    return err;
}

enum err instant_blanks(struct pilot *p, struct why *why) {
    const int64_t first = BLANK_FIRST;
    enum err err = order_blanks(p, STOCK_PURCHASE, first, BLANKS, "works", why);
    err = err ? err : order_blanks(p, STOCK_RECEIVE, first, BLANKS, "", why);
    err = err ? err : order_blanks(p, STOCK_REQUISITION, first, 1, "for trying the printer", why);
    err = err ? err : order_blanks(p, STOCK_SPOIL, first, 1, "the print is smeared", why);
    return err ? err : order_blanks(p, STOCK_DESTROY, first, 1, "cut in two", why);
}

/* --- a job ---------------------------------------------------------------------------------------- */

/* A job under way: whose, and the desk that it is done at. */
struct job {
    struct pilot *pilot;
    struct instant_desk desk;
    struct instant_row row;
    struct taker guardian;
    struct reader reader;
    unsigned n;
    bool taken, inserted;
};

static void job_leave(struct job *job) {
    if (job->inserted) {
        reader_close(&job->reader);
    }
}

/* The chip of the job's card; a blank in its place while it is not written. A kill in the middle of writing leaves
 * no card: the blank is as it came from its factory, as in a cell. */
static enum err chip_in(struct job *job, bool blank, struct why *why) {
    const struct chip_rack *rack = job->pilot->parts->rack;
    struct batch_line line;
    int64_t serial = BLANK_FIRST + (int64_t)job->n * BLANKS_A_JOB + job->row.tries;
    enum err err = instant_line(&job->desk, &job->row, &line, why);
    assert(job->row.tries < BLANKS_A_JOB);
    if (!err && blank) {
        err = order_blanks(job->pilot, STOCK_REQUISITION, serial, 1, "instant card", why);
        err = err ? err
                  : rack->blank(rack->self, SHELF_CARDS, line.card_number, (uint32_t)serial, why);
    }
    job_leave(job);
    err = err ? err : rack->insert(rack->self, SHELF_CARDS, line.card_number, &job->reader, why);
    job->inserted = !err;
    return err;
}

/* The holder chooses a PIN. */
static enum err enable(struct job *job, struct why *why) {
    char pin[7];
    plan_pin(job->pilot->order->seed, (uint64_t)job->row.person, pin);
    enum err err = chip_in(job, false, why);
    err = err ? err : instant_enable(&job->desk, &job->row, pin, why);
    crypto_wipe((uint8_t *)pin, sizeof pin);
    return err;
}

static enum err next_step(struct job *job, struct why *why) {
    enum err err = OK;
    switch ((enum instant_step)job->row.step) {
    case INSTANT_STARTED:
        return instant_order(&job->desk, &job->row, why);
    case INSTANT_ORDERED:
        err = chip_in(job, true, why);
        return err ? err : instant_write(&job->desk, &job->row, why);
    case INSTANT_WRITTEN:
        return instant_print(&job->desk, &job->row, NULL, why);
    case INSTANT_PRINTED:
        return instant_return(&job->desk, &job->row, why);
    case INSTANT_RETURNED:
        return job->taken ? enable(job, why) : instant_recycle(&job->desk, &job->row, why);
    case INSTANT_ENABLED:
    case INSTANT_RECYCLED:
    case INSTANT_GIVEN_UP:
        break;
    }
    return OK;
}

/* Whether the person's last order brought a card that was handed out or taken back; a job that is still open has to
 * be ended first. */
static enum err has_ended(
    const struct pilot *p, const struct card_record *old, bool *ended, struct why *why) {
    const struct window_store *window = p->parts->window;
    struct instant_row open;
    struct application a;
    struct batch_line line;
    *ended = false;
    enum err err = window->instant_of(window->self, old->person, &open, why);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    err = window->application_last(window->self, old->person, &a, why);
    err = err ? err : window->line_of_application(window->self, a.id, &line, why);
    *ended = !err && strcmp(line.card_number, old->number) != 0
             && (line.state == LINE_HANDED_OUT || line.state == LINE_RECOVERED);
    return err == ERR_NOT_FOUND ? OK : err;
}

/* A child's guardian takes the card. */
static enum err desk_fill(struct job *job, const struct card_record *old, struct why *why) {
    const struct pilot *p = job->pilot;
    const struct registry_store *registry = p->parts->registry;
    struct person person;
    int64_t years = 0;
    enum err err = parameter_value(
        registry, PARAMETER_CARD_VALID_YEARS, p->order->date, &years, why);
    err = err ? err : registry->person_by_id(registry->self, old->person, &person, why);
    job->guardian = point_taker(job->n);
    job->desk = (struct instant_desk){.window = window_desk_of(p, POINT_CLOSES),
        .stock = p->parts->stock,
        .reader = &job->reader,
        .vault = p->parts->vaults[0],
        .guardian = !err && person_is_child(&person, p->order->date) ? &job->guardian : NULL,
        .point = PILOT_SERVICE_POINT,
        .region = p->order->region,
        .valid_years = (uint32_t)years,
        .purse = p->order->purse,
        .versions = p->parts->keys.of_batch,
        .keys = p->parts->keys.self,
        .now = 1}; /* the lock of a run that was killed is this officer's own */
    return err;
}

enum err instant_card(
    struct pilot *p, const struct card_record *old, unsigned n, bool taken, struct why *why) {
    __attribute__((cleanup(job_leave))) struct job job = {.pilot = p, .n = n, .taken = taken};
    bool ended = false;
    assert(n >= 1);
    assert(n <= JOBS_MAX);
    enum err err = has_ended(p, old, &ended, why);
    if (err || ended) {
        return err;
    }
    err = desk_fill(&job, old, why);
    err = err ? err : instant_begin(&job.desk, old->person, &job.row, why);
    while (!err && job.row.step < INSTANT_ENABLED) {
        err = next_step(&job, why);
    }
    return err;
}

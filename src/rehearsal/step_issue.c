/* The steps that make cards out of a file of people: import, apply, cards. */
#include <assert.h>
#include <inttypes.h>

#include "issuance/application.h"
#include "issuance/batch.h"
#include "issuance/cell.h"
#include "issuance/keys_ready.h"
#include "registry/import.h"
#include "rehearsal/at_point.h"

#define PILOT_MACHINE "cell-1"

enum {
    APPLY_AT_ONCE = 250, /* applications of one transaction */
};

/* --- import -------------------------------------------------------------------------------------- */

/* The file says how long it is; a pipe does not, and its total stays unknown. */
static void import_moved(void *cookie, uint64_t bytes, uint64_t of) {
    struct progress *progress = cookie;
    progress->total = of;
    progress_at(progress, bytes);
}

/* Accepted, updated and unchanged are all one here: the person is in the registry. For a run that was
 * killed after a group was kept finds its own people there already, and has to count the same. */
static enum err import_count(struct pilot *p, const struct import_result *result, struct why *why) {
    struct pilot_figures *f = p->figures;
    const struct registry_store *registry = p->parts->registry;
    int64_t registered = 0;
    enum err err = registry->person_count(registry->self, &registered, why);
    f->people.lines = result->lines;
    f->people.registered = (uint64_t)registered;
    f->people.accepted = 0;
    f->people.refused = (struct tally){0};
    for (int v = 0; v < VERDICTS; v++) {
        const struct verdict_text *text = verdict_text((enum verdict)v);
        if (text->known) {
            f->people.accepted += result->verdicts[v];
        } else if (result->verdicts[v] > 0) {
            tally_add(&f->people.refused, text->name, result->verdicts[v]);
        }
    }
    return err;
}

/* Sending the same file again enters nobody twice, so the step needs no memory of its own. */
enum err step_import(struct pilot *p, struct why *why) {
    struct progress progress = progress_begin("import", "bytes", 0, p->order->quiet);
    struct import_order order = {
        .path = p->order->people,
        .business_day = p->order->date,
        .moved = import_moved,
        .cookie = &progress,
    };
    struct import_result result = {0};
    enum err err = people_import(p->parts->registry, &order, &result, why);
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    return import_count(p, &result, why);
}

/* --- apply --------------------------------------------------------------------------------------- */

/* One application, made and audited. Somebody who has one already is passed over. */
static enum err apply_one(struct pilot *p, const struct person *person, struct why *why) {
    struct application a = {
        .person = person->id,
        .kind = APPLY_NEW,
        .day = p->order->date,
        .point = PILOT_SERVICE_POINT,
    };
    WORK_SCOPE(work);
    enum err err = work_begin(&work, p->parts->issuance, why);
    err = err ? err : application_make(p->parts->issuance, &a, PILOT_POINT, why);
    if (err == ERR_CONFLICT) {
        return OK;
    }
    err = err ? err
              : application_answer(p->parts->issuance, a.id, AUDIT_PASSED, PILOT_APPROVER, why);
    return err ? err : work_commit(&work, why);
}

/* The next few people without a card, in one transaction. *after moves on; *more says whether anybody
 * is left. */
static enum err apply_some(struct pilot *p, int64_t *after, bool *more, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, p->parts->issuance, why);
    *more = true;
    for (int i = 0; !err && *more && i < APPLY_AT_ONCE; i++) {
        struct person person;
        err = registry->person_without_card(registry->self, *after, &person, why);
        if (err == ERR_NOT_FOUND) {
            *more = false;
            err = OK;
            continue;
        }
        *after = err ? *after : person.id;
        err = err ? err : apply_one(p, &person, why);
    }
    return err ? err : work_commit(&work, why);
}

/* Whoever has an application already is passed over, so the walk may always begin at the first
 * person. */
enum err step_apply(struct pilot *p, struct why *why) {
    struct progress progress = progress_begin(
        "apply", "people", p->figures->people.accepted, p->order->quiet);
    int64_t after = 0;
    bool more = true;
    enum err err = OK;
    while (!err && more) {
        err = apply_some(p, &after, &more, why);
        progress_at(&progress, progress.done + APPLY_AT_ONCE);
    }
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    progress_at(&progress, p->figures->people.accepted);
    (void)progress_end(&progress);
    return OK;
}

/* --- cards --------------------------------------------------------------------------------------- */

static void cards_moved(void *cookie, uint64_t lines) {
    progress_at(cookie, lines);
}

/* The batch in the city's one cell: a test card, the lines, the count at the end. A kill at any moment is
 * found out by the cell: what it had taken is made again from a blank, with the same number. */
static enum err batch_produce(
    struct pilot *p, int64_t batch, const struct issuer *usual, struct why *why) {
    const struct pilot_keys *keys = &p->parts->keys;
    uint8_t versions[KEY_COUNT] = {0};
    struct issuer issuer = *usual; /* with the versions of keys that this batch is made with */
    const struct personalisation work = {.vault = p->parts->vaults[0], .issuer = &issuer};
    enum err err = keys->of_batch ? keys->of_batch(keys->self, batch, versions, why) : OK;
    issuer.key_versions = versions;
    err = err ? err : keys_ready(&work, why);
    if (err) {
        return err; /* no chip is spoilt for a key that the vault lacks */
    }
    struct progress progress = progress_begin(
        "personalise and check", "cards", p->figures->people.accepted, p->order->quiet);
    struct cell cell = {.store = p->parts->issuance,
        .registry = p->parts->registry,
        .production = p->parts->production,
        .feed = p->parts->feed,
        .issuer = &issuer,
        .seats = PILOT_SEATS,
        .hands = PILOT_WORKERS,
        .moved = cards_moved,
        .cookie = &progress};
    struct production_run run = {
        .batch = batch, .machine = PILOT_MACHINE, .officer = PILOT_MAKER, .second = PILOT_APPROVER};
    struct production_counts counts;
    for (unsigned i = 0; i < PILOT_WORKERS; i++) {
        cell.vaults[i] = p->parts->vaults[i];
    }
    err = cell_begin(&cell, &run, why);
    err = err ? err : cell_test(&cell, &run, why);
    err = err ? err : cell_make(&cell, &run, why);
    err = err ? err : cell_end(&cell, &run, &counts, why);
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    return OK;
}

/* Takes a batch from wherever it stands to the service point's safe. */
static enum err batch_walk(
    struct pilot *p, struct batch *b, const struct batch_rules *rules, struct why *why) {
    static const struct {
        enum batch_state from;
        enum batch_event event;
        const char *officer; /* NULL: those who pack, carry and count boxes */
    } way[] = {
        {BATCH_MADE,       BATCH_APPROVE,    PILOT_APPROVER},
        {BATCH_APPROVED,   BATCH_TO_MAKER,   PILOT_MAKER   },
        {BATCH_MAKER_OUT,  BATCH_FROM_MAKER, PILOT_MAKER   },
        {BATCH_MAKER_BACK, BATCH_PACK,       NULL          },
        {BATCH_PACKED,     BATCH_DELIVER,    NULL          },
        {BATCH_DELIVERED,  BATCH_STORE,      NULL          },
    };
    const struct issuance_store *store = p->parts->issuance;
    int64_t years = 0;
    enum err err = parameter_value(
        p->parts->registry, PARAMETER_CARD_VALID_YEARS, p->order->date, &years, why);
    struct issuer issuer = issuer_of(p->order->region, p->order->date, (uint32_t)years);
    issuer.purse = p->order->purse;
    for (size_t i = 0; !err && i < sizeof way / sizeof way[0]; i++) {
        if (b->state != way[i].from) {
            continue;
        }
        err = way[i].event == BATCH_FROM_MAKER ? batch_produce(p, b->id, &issuer, why) : OK;
        if (!err && way[i].officer) {
            err = batch_step(store, b->id, way[i].event, way[i].officer, why);
        } else if (!err) {
            err = point_boxes(p, rules, b->id, way[i].event, why);
        }
        err = err ? err : store->batch_get(store->self, b->id, b, why);
    }
    return err ? why_add(why, err, "batch %" PRId64, b->id) : OK;
}

/* The batch that is under way, or a new one of those who wait; ERR_NOT_FOUND when nobody does. */
static enum err batch_next(
    struct pilot *p, const struct batch_rules *rules, struct batch *b, struct why *why) {
    const struct issuance_store *store = p->parts->issuance;
    enum err err = store->batch_open(store->self, PILOT_SERVICE_POINT, b, why);
    if (err == OK && b->state != BATCH_STORED) {
        return OK;
    }
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    int32_t lines = 0;
    *b = (struct batch){.point = PILOT_SERVICE_POINT, .day = p->order->date};
    return batch_make(store, rules, PILOT_MAKER, b, &lines, why);
}

/* The states of all lines of all batches, added up. */
static enum err cards_count(struct pilot *p, struct why *why) {
    const struct issuance_store *store = p->parts->issuance;
    struct pilot_figures *f = p->figures;
    enum err err = OK;
    f->cards.made = f->cards.checked = f->cards.failed = 0;
    struct batch batch = {0};
    while (!err) {
        struct line_count counts[LINE_STATES_MAX];
        size_t count = 0;
        err = store->batch_after(store->self, batch.id, &batch, why);
        err = err ? err : store->line_counts(store->self, batch.id, counts, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            uint64_t n = (uint64_t)counts[i].count;
            bool good = counts[i].state == LINE_FINISHED || counts[i].state == LINE_HANDED_OUT;
            bool bad = counts[i].state == LINE_FAILED;
            f->cards.checked += good ? n : 0;
            f->cards.made += bad ? 0 : n;
            f->cards.failed += good ? 0 : n;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* Batch after batch, until nobody waits: that is the one good end of the loop. */
enum err step_cards(struct pilot *p, struct why *why) {
    int64_t lines_max = 0;
    int64_t box_cards = 0;
    uint32_t day = p->order->date;
    enum err err = parameter_value(p->parts->registry, PARAMETER_BATCH_LINES, day, &lines_max, why);
    err = err ? err
              : parameter_value(p->parts->registry, PARAMETER_BOX_CARDS, day, &box_cards, why);
    struct batch_rules rules = {.lines_max = (int32_t)lines_max, .box_cards = (int32_t)box_cards};
    while (!err) {
        struct batch b;
        err = batch_next(p, &rules, &b, why);
        err = err ? err : batch_walk(p, &b, &rules, why);
    }
    err = err == ERR_NOT_FOUND ? cards_count(p, why) : err;
    return err ? err : point_count_boxes(p, why);
}

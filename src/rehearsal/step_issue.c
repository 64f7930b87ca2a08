/* The steps that make cards out of a file of people: import, apply, cards. */
#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "base/hex.h"
#include "issuance/application.h"
#include "issuance/batch.h"
#include "issuance/inspect.h"
#include "issuance/keys_ready.h"
#include "issuance/numbers.h"
#include "issuance/personalise.h"
#include "registry/import.h"
#include "rehearsal/pilot_steps.h"

#define PILOT_SERVICE_POINT "440100-01"

enum {
    APPLY_AT_ONCE = 250, /* applications of one transaction */
    CARDS_AT_ONCE = 32,  /* cards that are in the machines together; one transaction records them */
    INSPECT_SECOND = 7 * 3600,
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

/* One card on its way through a machine. */
struct card_job {
    struct batch_line line;
    struct person person;
    struct personalise_result made;
    struct inspection found;
    uint8_t card_id[CARD_ID_LEN];
    enum err err; /* OK; ERR_INVALID or ERR_CONFLICT: this card; anything else: the machine */
    bool whole;   /* personalised; err then speaks of the check */
    struct why why;
};

/* What a machine needs, and its share of the jobs: every PILOT_WORKERS-th from first on. */
struct card_machine {
    const struct pilot *pilot;
    const struct issuer *issuer;
    struct card_job *jobs;
    size_t count, first;
};

/* In the thread of a machine: everything it touches is the job's, the machine's vault, or the
 * chip's. */
static void job_make(
    const struct card_machine *m, const struct vault *vault, struct card_job *job) {
    const struct chip_rack *rack = m->pilot->parts->rack;
    const char *number = job->line.card_number;
    uint32_t serial = 0;
    uint8_t moment[MOMENT_LEN];
    plan_moment(m->pilot->order->date, INSPECT_SECOND, moment);
    bool good = card_number_read(number, &serial);
    assert(good);
    assert(job->line.state == LINE_IN_BATCH);
    struct reader reader;
    job->err = rack->blank(rack->self, SHELF_CARDS, number, serial, &job->why);
    job->err = job->err ? job->err
                        : rack->insert(rack->self, SHELF_CARDS, number, &reader, &job->why);
    if (job->err) {
        return;
    }
    struct personalisation p = {.reader = &reader, .vault = vault, .issuer = m->issuer};
    job->err = personalise_card(&p, &job->person, number, &job->made, &job->why);
    job->whole = job->err == OK;
    job->err = job->err ? job->err
                        : inspect_card(&p, &job->made.data, moment, &job->found, &job->why);
    job->err = job->err ? job->err
                        : card_id_make(m->issuer, job->made.data.factor, vault, KEY_TDES,
                            job->card_id, &job->why);
    reader_close(&reader);
}

/* Jobs are shared out by their places, so that nobody waits for a lock. */
static void *machine_run(void *self) {
    struct card_machine *m = self;
    assert(m->first < PILOT_WORKERS);
    const struct vault *vault = m->pilot->parts->vaults[m->first];
    for (size_t i = m->first; i < m->count; i += PILOT_WORKERS) {
        job_make(m, vault, &m->jobs[i]);
    }
    return NULL;
}

/* Runs all jobs, in one thread for each machine. */
static enum err machines_run(struct pilot *p, const struct issuer *issuer, struct card_job *jobs,
    size_t count, struct why *why) {
    struct card_machine machines[PILOT_WORKERS];
    pthread_t threads[PILOT_WORKERS];
    size_t started = 0;
    for (; started < PILOT_WORKERS; started++) {
        machines[started] = (struct card_machine){
            .pilot = p, .issuer = issuer, .jobs = jobs, .count = count, .first = started};
        if (pthread_create(&threads[started], NULL, machine_run, &machines[started]) != 0) {
            break;
        }
    }
    for (size_t i = 0; i < started; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    return started == PILOT_WORKERS
               ? OK
               : why_say(why, ERR_OUTSIDE, "the system gives no thread; end other programs");
}

/* Writes down what became of a card: its line, and the card itself when it is good. */
static enum err job_record(
    struct pilot *p, const struct issuer *issuer, struct card_job *job, struct why *why) {
    const struct issuance_store *store = p->parts->issuance;
    const struct batch_line *line = &job->line;
    struct line_result result = {.factor = job->made.data.factor, .card_id = job->card_id};
    if (job->err == ERR_OUTSIDE) {
        *why = job->why;
        return why_add(why, ERR_OUTSIDE, "card %s", line->card_number);
    }
    if (!job->whole) {
        result = (struct line_result){.event = LINE_FAIL, .reason = job->why.text};
        return batch_line_step(store, line->batch, line->seq, &result, why);
    }
    result.event = LINE_MAKE;
    enum err err = batch_line_step(store, line->batch, line->seq, &result, why);
    result = (struct line_result){
        .event = job->err ? LINE_REJECT : LINE_PASS, .reason = job->err ? job->why.text : NULL};
    err = err ? err : batch_line_step(store, line->batch, line->seq, &result, why);
    if (err || job->err) {
        return err;
    }
    struct card_record card = {
        .person = line->person,
        .batch = line->batch,
        .issued = issuer->issued,
        .valid_until = issuer->expires,
    };
    (void)memcpy(card.number, line->card_number, sizeof card.number);
    (void)memcpy(card.factor, job->made.data.factor, sizeof card.factor);
    hex_write(bytes_of(job->card_id, sizeof job->card_id), card.identification);
    return card_add(p->parts->registry, &card, "system", why);
}

/* All cards of a round in one transaction; their PINs are wiped whether it succeeds or not. */
static enum err jobs_record(struct pilot *p, const struct issuer *issuer, struct card_job *jobs,
    size_t count, struct why *why) {
    WORK_SCOPE(work);
    enum err err = work_begin(&work, p->parts->issuance, why);
    for (size_t i = 0; i < count; i++) {
        err = err ? err : job_record(p, issuer, &jobs[i], why);
        card_data_wipe(&jobs[i].made.data);
    }
    return err ? err : work_commit(&work, why);
}

/* A line that is still to be made becomes the next job. */
static enum err job_take(struct pilot *p, const struct batch_line *line, struct card_job *jobs,
    size_t *count, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    if (line->state != LINE_IN_BATCH) {
        return OK;
    }
    assert(*count < CARDS_AT_ONCE);
    struct card_job *job = &jobs[(*count)++];
    *job = (struct card_job){.line = *line};
    return registry->person_by_id(registry->self, line->person, &job->person, why);
}

/* The next lines of a batch that are still to be made; *count 0 when none is left. */
static enum err jobs_take(struct pilot *p, int64_t batch, int32_t *after, struct card_job *jobs,
    size_t *count, struct why *why) {
    const struct issuance_store *store = p->parts->issuance;
    struct batch_line lines[CARDS_AT_ONCE];
    size_t line_count = 0;
    enum err err = OK;
    *count = 0;
    do {
        line_count = CARDS_AT_ONCE;
        err = store->lines_after(store->self, batch, *after, lines, &line_count, why);
        for (size_t i = 0; !err && i < line_count; i++) {
            *after = lines[i].seq;
            err = job_take(p, &lines[i], jobs, count, why);
        }
    } while (!err && line_count > 0 && *count == 0);
    return err;
}

/* Round by round; a card that a kill left unrecorded is made again from a blank, with the same
 * number. */
static enum err batch_produce(
    struct pilot *p, int64_t batch, const struct issuer *issuer, struct why *why) {
    static struct card_job jobs[CARDS_AT_ONCE]; /* too large for a stack; one thread runs steps */
    const struct personalisation work = {.vault = p->parts->vaults[0], .issuer = issuer};
    enum err err = keys_ready(&work, why);
    if (err) {
        return err; /* no chip is spoilt for a key that the vault lacks */
    }
    struct progress progress = progress_begin(
        "personalise and check", "cards", p->figures->people.accepted, p->order->quiet);
    int32_t after = 0;
    size_t count = 0;
    do {
        err = jobs_take(p, batch, &after, jobs, &count, why);
        err = err ? err : machines_run(p, issuer, jobs, count, why);
        err = err ? err : jobs_record(p, issuer, jobs, count, why);
        progress_at(&progress, (uint64_t)after);
    } while (!err && count > 0);
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
        const char *officer;
    } way[] = {
        {BATCH_MADE,       BATCH_APPROVE,    PILOT_APPROVER},
        {BATCH_APPROVED,   BATCH_TO_MAKER,   PILOT_MAKER   },
        {BATCH_MAKER_OUT,  BATCH_FROM_MAKER, PILOT_MAKER   },
        {BATCH_MAKER_BACK, BATCH_PACK,       PILOT_MAKER   },
        {BATCH_PACKED,     BATCH_DELIVER,    PILOT_MAKER   },
        {BATCH_DELIVERED,  BATCH_STORE,      PILOT_POINT   },
    };
    const struct issuance_store *store = p->parts->issuance;
    int64_t years = 0;
    enum err err = parameter_value(
        p->parts->registry, PARAMETER_CARD_VALID_YEARS, p->order->date, &years, why);
    struct issuer issuer = issuer_of(p->order->region, p->order->date, (uint32_t)years);
    for (size_t i = 0; !err && i < sizeof way / sizeof way[0]; i++) {
        if (b->state != way[i].from) {
            continue;
        }
        int32_t boxes = 0;
        err = way[i].event == BATCH_FROM_MAKER ? batch_produce(p, b->id, &issuer, why) : OK;
        if (!err && way[i].event == BATCH_PACK) {
            err = batch_pack(store, rules, b->id, &boxes, why);
        }
        err = err ? err : batch_step(store, b->id, way[i].event, way[i].officer, why);
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
    for (int64_t id = 1; !err; id++) {
        struct line_count counts[LINE_STATES_MAX];
        struct batch batch;
        size_t count = 0;
        err = store->batch_get(store->self, id, &batch, why);
        err = err ? err : store->line_counts(store->self, id, counts, &count, why);
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
    return err == ERR_NOT_FOUND ? cards_count(p, why) : err;
}

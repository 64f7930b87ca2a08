#include "rehearsal/pilot.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "crypto/sm3.h"
#include "host/clock.h"
#include "host/files.h"
#include "issuance/issuance_store.h"
#include "registry/registry.h"
#include "rehearsal/pilot_steps.h"

_Static_assert((int)FIGURES_PATH_ROOM == (int)PATH_ROOM, "a path is a path");
_Static_assert(FIGURES_DIGEST_ROOM == 2 * SM3_LEN + 1, "a digest in hexadecimal");

/* The steps in the order of pilot_step.def. */
static enum err (*const step_run[PILOT_STEPS])(struct pilot *, struct why *) = {
    [PILOT_IMPORT] = step_import,
    [PILOT_DUPLICATES] = step_duplicates,
    [PILOT_PHOTOS] = step_photos,
    [PILOT_APPLY] = step_apply,
    [PILOT_CARDS] = step_cards,
    [PILOT_TILLS] = step_tills,
    [PILOT_PACKAGES] = step_packages,
    [PILOT_DAY] = step_day,
    [PILOT_COUNTER] = step_counter,
    [PILOT_UPLOAD] = step_upload,
    [PILOT_CLEAR] = step_clear,
    [PILOT_PROVE] = step_prove,
};

enum { CARDS_AT_ONCE = 1024, LINES_AT_ONCE = 64 };

static const char *const step_name[PILOT_STEPS] = {
#define STEP(name, zh, en) [PILOT_##name] = (en),
#include "rehearsal/pilot_step.def"
};

/* Both joins may fail for the same reason, and say so once. */
enum err pilot_path(
    const struct pilot *p, const char *folder, const char *name, char *path, struct why *why) {
    char inner[PATH_ROOM];
    if (!files_join(inner, p->order->dir, folder) || !files_join(path, inner, name)) {
        return why_say(why, ERR_INVALID, "the path of the centre is too long; take a shorter one");
    }
    return OK;
}

/* The digest by which a file of people is known again. */
static enum err digest_of(const char *path, char digest[FIGURES_DIGEST_ROOM], struct why *why) {
    FILE *file = fopen(path, "rb");
    if (!file) {
        return files_trouble(why, "read", path);
    }
    struct sm3 hash;
    sm3_begin(&hash);
    uint8_t room[65536];
    size_t len = 0;
    while ((len = fread(room, 1, sizeof room, file)) > 0) {
        sm3_add(&hash, bytes_of(room, len));
    }
    bool whole = !ferror(file);
    (void)fclose(file);
    if (!whole) {
        return files_trouble(why, "read", path);
    }
    uint8_t sum[SM3_LEN];
    sm3_end(&hash, sum);
    hex_write(bytes_of(sum, sizeof sum), digest);
    return OK;
}

/* Reads how far an earlier run came, and refuses to go on with another order. */
static enum err state_load(struct pilot *p, const char *path, struct why *why) {
    struct pilot_figures fresh = {
        .seed = p->order->seed, .date = p->order->date, .forge = p->order->forge};
    enum err err = digest_of(p->order->people, fresh.people_digest, why);
    if (err) {
        return err;
    }
    err = figures_read(path, p->figures, why);
    if (err == ERR_NOT_FOUND) {
        *p->figures = fresh;
        return OK;
    }
    if (err) {
        return err;
    }
    const struct pilot_figures *old = p->figures;
    if (old->seed != fresh.seed || old->date != fresh.date || old->forge != fresh.forge
        || strcmp(old->people_digest, fresh.people_digest) != 0) {
        return why_say(why, ERR_CONFLICT,
            "%s holds the pilot of another order (seed %" PRIu64 ", date %" PRIu32
            ", forge %" PRIu32 ", people %.8s...); give the same again, or another --data",
            p->order->dir, old->seed, old->date, old->forge, old->people_digest);
    }
    return OK;
}

/* Everything that chips and folders hold is on the disk before a step counts as done. */
static enum err step_done(
    struct pilot *p, enum pilot_step_name step, const char *state, struct why *why) {
    enum err err = p->parts->rack->settle(p->parts->rack->self, why);
    p->figures->done[step] = true;
    return err ? err : figures_write(p->figures, state, why);
}

/* One step, and the note that it is done unless that stands there already. */
static enum err step_take(
    struct pilot *p, enum pilot_step_name step, const char *state, struct why *why) {
    assert(step < PILOT_STEPS);
    bool before = p->figures->done[step];
    uint64_t began = clock_ns();
    enum err err = step_run[step](p, why);
    if (!err && !before) {
        p->figures->seconds[step] += clock_seconds_since(began);
        err = step_done(p, step, state, why);
    }
    return err ? why_add(why, err, "%s", step_name[step]) : OK;
}

/* What is done is not done again, but for the clearing and the proof: they take no time once the day
 * is closed, and what was proven then need not be true of the chips and the books of today. */
static enum err steps_run(struct pilot *p, const char *state, struct why *why) {
    enum err err = OK;
    for (int step = 0; step < PILOT_STEPS && !err; step++) {
        if (!p->figures->done[step] || step >= PILOT_CLEAR) {
            err = step_take(p, (enum pilot_step_name)step, state, why);
        }
    }
    return err;
}

/* The state file is for going on, the page for whoever wants the figures; both say the same in the
 * end. */
enum err pilot_run(const struct pilot_parts *parts, const struct pilot_order *order,
    struct pilot_figures *out, struct why *why) {
    struct pilot p = {.parts = parts, .order = order, .figures = out};
    char state[PATH_ROOM];
    char page[PATH_ROOM];
    if (!files_join(state, order->dir, "pilot.state.json")
        || !files_join(page, order->dir, "pilot.json")) {
        return why_say(why, ERR_INVALID, "the path of the centre is too long; take a shorter one");
    }
    enum err err = state_load(&p, state, why);
    err = err ? err : steps_run(&p, state, why);
    err = err ? err : figures_write(out, page, why);
    plan_free(&p.plan);
    free(p.cards);
    return err;
}

/* --- who takes part ---------------------------------------------------------------------------- */

/* By person, for pilot_card_of(). */
static int card_order(const void *a, const void *b) {
    const struct pilot_card *x = a;
    const struct pilot_card *y = b;
    return x->person < y->person ? -1 : x->person > y->person;
}

/* Room for one card more. */
static enum err cards_grow(struct pilot *p, struct why *why) {
    if (p->card_count % CARDS_AT_ONCE != 0) {
        return OK;
    }
    size_t room = p->card_count + CARDS_AT_ONCE;
    struct pilot_card *more = realloc(p->cards, room * sizeof *more);
    if (!more) {
        return why_say(why, ERR_OUTSIDE, "no memory for %zu cards", room);
    }
    p->cards = more;
    return OK;
}

/* A card that came in another's place has no part in the day: it was made behind it. */
static enum err is_first_card(
    const struct pilot *p, const struct batch_line *line, bool *first, struct why *why) {
    const struct issuance_store *store = p->parts->issuance;
    struct application a;
    enum err err = store->application_get(store->self, line->application, &a, why);
    *first = !err && a.kind == APPLY_NEW;
    return err;
}

/* Adds the card of a line, if it is a good one; one that was taken back in the end was one in the morning. */
static enum err card_of_line(struct pilot *p, const struct batch_line *line, struct why *why) {
    bool first = false;
    if (line->state != LINE_FINISHED && line->state != LINE_HANDED_OUT
        && line->state != LINE_RECOVERED) {
        return OK;
    }
    enum err err = is_first_card(p, line, &first, why);
    err = err || !first ? err : cards_grow(p, why);
    if (!err && first) {
        struct pilot_card *card = &p->cards[p->card_count++];
        card->person = (uint64_t)line->person;
        (void)memcpy(card->number, line->card_number, sizeof card->number);
        (void)memcpy(card->factor, line->card_factor, sizeof card->factor);
    }
    return err;
}

/* Adds the good cards of one batch. */
static enum err cards_of_batch(struct pilot *p, int64_t batch, struct why *why) {
    const struct issuance_store *store = p->parts->issuance;
    struct batch_line lines[LINES_AT_ONCE];
    size_t count = 0;
    int32_t after = 0;
    enum err err = OK;
    do {
        count = LINES_AT_ONCE;
        err = store->lines_after(store->self, batch, after, lines, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            after = lines[i].seq;
            err = card_of_line(p, &lines[i], why);
        }
    } while (!err && count > 0);
    return err;
}

/* By the key that the day is drawn for. */
static int key_order(const void *a, const void *b) {
    const struct plan_person *x = a;
    const struct plan_person *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

/* Draws the day for everybody who has a card. */
static enum err city_plan(struct pilot *p, struct why *why) {
    const struct registry_store *registry = p->parts->registry;
    struct plan_person *persons = calloc(p->card_count + 1, sizeof *persons);
    if (!persons) {
        return why_say(why, ERR_OUTSIDE, "no memory for %zu cards", p->card_count);
    }
    enum err err = OK;
    for (size_t i = 0; !err && i < p->card_count; i++) {
        struct person person;
        err = registry->person_by_id(registry->self, (int64_t)p->cards[i].person, &person, why);
        persons[i].id = p->cards[i].person;
        persons[i].key = err ? 0 : (uint64_t)number17_of(bytes_text(person.number));
    }
    qsort(persons, p->card_count, sizeof *persons, key_order);
    err = err ? err
              : plan_draw(p->order->seed, persons, p->card_count, PILOT_TILLS_MAX, &p->plan, why);
    free(persons);
    return err;
}

/* The cards of all batches, one after another. */
enum err pilot_city(struct pilot *p, struct why *why) {
    if (p->plan.deeds) {
        return OK;
    }
    const struct issuance_store *store = p->parts->issuance;
    struct batch batch = {0};
    enum err err = OK;
    while (!err) {
        err = store->batch_after(store->self, batch.id, &batch, why);
        err = err ? err : cards_of_batch(p, batch.id, why);
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (p->card_count > 0) {
        qsort(p->cards, p->card_count, sizeof *p->cards, card_order);
    }
    return city_plan(p, why);
}

/* The list is sorted when pilot_city() is done. */
const struct pilot_card *pilot_card_of(const struct pilot *p, uint64_t person) {
    struct pilot_card key = {.person = person};
    assert(p->plan.deeds); /* pilot_city() came before */
    return bsearch(&key, p->cards, p->card_count, sizeof key, card_order);
}

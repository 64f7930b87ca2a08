#include "ceremony/ceremony.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "ceremony/ceremony_work.h"
#include "crypto/secret.h"
#include "keys/permit.h"
#include "vaults/soft/secret_room.h"

enum {
    HEAD_LINES = 3,      /* what it is, its order, its officers */
    MINUTES_OF_STEP = 5, /* in a rehearsal */
    MINUTES_OF_DAY = 24 * 60,
    STEP_WORD_ROOM = 64,
};

/* What each kind of step is done by, and what takes it back. */
static const struct {
    enum err (*hold)(struct ceremony_work *, const struct plan_step *, struct why *);
    enum err (*undo)(struct ceremony_work *, const struct plan_step *, struct why *);
} deeds[STEP_KINDS] = {
#define STEP(name, word, pattern, changes, hold, undo, help) [STEP_##name] = {hold, undo},
#include "ceremony/ceremony_step.def"
};

static const char transcript_name[] = "transcript.txt";

/* --- paths and moments -------------------------------------------------------------------------- */

bool ceremony_shares(const struct ceremony_work *work, char path[PATH_ROOM]) {
    return files_join(path, work->house->folder, "shares");
}

void ceremony_reached(const struct ceremony_work *work, const char *what) {
    if (work->house->reached) {
        work->house->reached(work->house->self, what);
    }
}

bool ceremony_fact(struct ceremony_work *work, const char *format, ...) {
    size_t len = strlen(work->facts);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(work->facts + len, sizeof work->facts - len, format, args);
    va_end(args);
    return more >= 0 && len + (size_t)more < sizeof work->facts;
}

static enum err path_in(
    const struct ceremony_work *work, const char *name, char path[PATH_ROOM], struct why *why) {
    assert(*name);
    return files_join(path, work->house->folder, name)
               ? OK
               : why_say(
                   why, ERR_INVALID, "the path of %s is too long; use a shorter --data", name);
}

/* The copy of the ring behind so many steps. */
static enum err ring_path(
    const struct ceremony_work *work, size_t done, char path[PATH_ROOM], struct why *why) {
    assert(done <= work->plan->count);
    char name[32];
    (void)snprintf(name, sizeof name, "ring.%zu.vault", done);
    return path_in(work, name, path, why);
}

/* In a rehearsal the plan's beginning and five minutes for each step, on that day. */
static void moment(const struct ceremony_work *work, size_t step, char text[MOMENT_ROOM]) {
    const struct plan *plan = work->plan;
    if (!work->house->rehearsal) {
        work->house->now(work->house->self, text);
        return;
    }
    unsigned minute = (plan->minute + (unsigned)step * MINUTES_OF_STEP) % MINUTES_OF_DAY;
    (void)snprintf(text, MOMENT_ROOM, "%04u-%02u-%02uT%02u:%02u", plan->day / 10000 % 10000,
        plan->day / 100 % 100, plan->day % 100, minute / 60, minute % 60);
}

void ceremony_signing_seed(const struct key_ring *ring, uint8_t seed[SIGNING_SEED_LEN]) {
    struct sm3 hash;
    sm3_begin(&hash);
    sm3_add(&hash, bytes_text("shebao signing of transcripts 1"));
    sm3_add(&hash, bytes_of(ring->pin_key, sizeof ring->pin_key));
    sm3_end(&hash, seed);
    crypto_wipe(&hash, sizeof hash);
}

/* --- a rehearsal's ring ------------------------------------------------------------------------- */

static enum err rehearse_line(
    struct key_ring *ring, unsigned name, uint64_t seed, struct why *why) {
    enum err err = OK;
    for (unsigned algorithm = KEY_TDES; !err && algorithm <= KEY_SM4; algorithm++) {
        char word[64];
        struct chance chance;
        struct ring_key key = {
            .name = (uint16_t)name, .algorithm = (uint8_t)algorithm, .version = 1};
        if (!key_has_cipher((enum key_name)name, (enum key_algorithm)algorithm)) {
            continue;
        }
        (void)snprintf(
            word, sizeof word, "ring %s %u", key_kind((enum key_name)name)->name, algorithm);
        chance_rehearsal(&chance, seed, word);
        err = chance_draw(&chance, &key.root, sizeof key.root, why);
        err = err ? err : ring_import(ring, &key, why);
        crypto_wipe(&key, sizeof key);
    }
    return err;
}

enum err ceremony_rehearsal_ring(
    struct key_ring *ring, uint32_t region, uint64_t seed, struct why *why) {
    struct chance chance;
    enum err err = ring_begin(ring, region, why);
    chance_rehearsal(&chance, seed, "ring");
    err = err ? err : chance_draw(&chance, ring->pin_key, sizeof ring->pin_key, why);
    for (unsigned name = 0; !err && name < KEY_COUNT; name++) {
        if (name != KEY_TRANSPORT) {
            err = rehearse_line(ring, name, seed, why);
        }
    }
    return err;
}

/* --- officers ----------------------------------------------------------------------------------- */

/* ceremony 4. The plan's reader has refused A = B. */
static enum err officers_present(const struct ceremony_work *work, struct why *why) {
    const struct ceremony_house *house = work->house;
    enum err err = OK;
    assert(strcmp(work->plan->officers[0], work->plan->officers[1]) != 0);
    for (size_t i = 0; !err && i < 2; i++) {
        err = house->sign_in(house->self, work->plan->officers[i], why);
        err = err ? why_add(why, err, "officer %c", "AB"[i]) : OK;
    }
    return err;
}

/* --- the transcript under way ------------------------------------------------------------------- */

static enum err write_head(
    struct ceremony_work *work, struct transcript *t, char order[300], char present[120]) {
    const struct plan *plan = work->plan;
    char digest[2 * SM3_LEN + 1];
    char seed[40] = "";
    (void)t;
    hex_write(bytes_of(plan->digest, SM3_LEN), digest);
    if (work->house->rehearsal) {
        (void)snprintf(seed, sizeof seed, " rehearsal %" PRIu64, work->house->seed);
    }
    (void)snprintf(order, 300, "order %s region %06u plan %s%s", plan->order,
        (unsigned)work->ring->region, digest, seed);
    (void)snprintf(present, 120, "officers A %s B %s", plan->officers[0], plan->officers[1]);
    return OK;
}

static bool line_is(const struct transcript *t, size_t index, const char *words) {
    assert(words);
    return t->lines > index && bytes_equal(transcript_line(t, index), bytes_text(words));
}

/* A transcript that begins otherwise belongs to another plan, seed or pair of officers. */
static enum err check_head(
    struct ceremony_work *work, const struct transcript *t, struct why *why) {
    char order[300];
    char present[120];
    (void)write_head(work, NULL, order, present);
    if (!line_is(t, 1, order)) {
        return why_say(why, ERR_CONFLICT,
            "ceremony %s was begun under another plan or seed; take that one up, or undo it with "
            "it",
            work->plan->order);
    }
    return line_is(t, 2, present) ? OK
                                  : why_say(why, ERR_CONFLICT,
                                      "ceremony %s was begun by other officers", work->plan->order);
}

/* What the folder says: done steps, ended or not. */
static enum err read_state(struct ceremony_work *work, struct transcript *t,
    struct ceremony_state *state, struct why *why) {
    char path[PATH_ROOM];
    *state = (struct ceremony_state){0};
    enum err err = path_in(work, transcript_name, path, why);
    err = err ? err : transcript_read(t, path, NULL, why);
    err = err ? err : check_head(work, t, why);
    if (err) {
        return err;
    }
    state->ended = t->is_signed;
    state->done = t->lines - HEAD_LINES - (t->is_signed ? 1 : 0);
    assert(state->done <= work->plan->count);
    return OK;
}

enum err ceremony_look(const struct ceremony_house *house, const struct plan *plan,
    struct ceremony_state *state, struct why *why) {
    assert(plan->count <= PLAN_STEPS_MAX);
    assert(state);
    struct key_ring *ring = secret_room_new(sizeof *ring);
    struct ceremony_work work = {.house = house, .plan = plan, .ring = ring};
    TRANSCRIPT_SCOPE(t);
    char path[PATH_ROOM];
    *state = (struct ceremony_state){0};
    enum err err = path_in(&work, transcript_name, path, why);
    err = err ? err : transcript_read(&t, path, NULL, why);
    if (!err) {
        state->ended = t.is_signed;
        state->done = t.lines < HEAD_LINES ? 0 : t.lines - HEAD_LINES - (t.is_signed ? 1 : 0);
    }
    secret_room_free(ring, sizeof *ring);
    return err;
}

static enum err keep_transcript(
    const struct ceremony_work *work, const struct transcript *t, struct why *why) {
    char path[PATH_ROOM];
    enum err err = path_in(work, transcript_name, path, why);
    return err ? err : transcript_keep(t, path, why);
}

/* --- copies of the ring ------------------------------------------------------------------------- */

static enum err stage(const struct ceremony_work *work, size_t done, struct why *why) {
    assert(done <= work->plan->count);
    const struct ceremony_house *house = work->house;
    char path[PATH_ROOM];
    uint64_t generation = work->ring->generation;
    enum err err = ring_path(work, done, path, why);
    err = err ? err : vault_file_write(path, &house->vault, &house->cost, work->ring, why);
    work->ring->generation = generation; /* that of the vault, which is counted by it alone */
    return err;
}

/* The copy of the last step that made one; its own generation is one above the vault's. */
static size_t staged_at(const struct ceremony_work *work, size_t done) {
    while (done > 0 && !step_line(work->plan->steps[done - 1].kind)->changes) {
        done--;
    }
    return done;
}

static enum err take_staged(const struct ceremony_work *work, size_t done, struct why *why) {
    assert(done <= work->plan->count);
    const struct ceremony_house *house = work->house;
    char path[PATH_ROOM];
    enum err err = ring_path(work, staged_at(work, done), path, why);
    err = err ? err : vault_file_read(path, &house->vault, 0, work->ring, why);
    if (!err) {
        work->ring->generation--;
    }
    return err ? why_add(why, err, "the ceremony cannot go on") : OK;
}

/* Every copy but one goes; they are encrypted, so one that stays does no harm until the next time. */
static void drop_staged(const struct ceremony_work *work, size_t but) {
    char path[PATH_ROOM];
    struct why quiet;
    for (size_t done = 0; done <= work->plan->count; done++) {
        if (done != but && ring_path(work, done, path, &quiet) == OK) {
            (void)files_remove(path, &quiet);
        }
    }
}

/* --- holding ------------------------------------------------------------------------------------ */

static void step_chance(struct ceremony_work *work, size_t number) {
    char word[CODE_MAX + STEP_WORD_ROOM];
    chance_real(&work->chance);
    if (work->house->rehearsal) {
        (void)snprintf(word, sizeof word, "%s step %zu", work->plan->order, number);
        chance_rehearsal(&work->chance, work->house->seed, word);
    }
}

/* ceremony 2: the line comes last. */
static enum err hold_step(
    struct ceremony_work *work, struct transcript *t, size_t number, struct why *why) {
    assert(number >= 1);
    assert(number <= work->plan->count);
    const struct plan_step *step = &work->plan->steps[number - 1];
    char begun[MOMENT_ROOM];
    char ended[MOMENT_ROOM];
    char line[TRANSCRIPT_LINE_MAX + PLAN_TEXT_MAX];
    moment(work, number - 1, begun);
    step_chance(work, number);
    work->facts[0] = '\0';
    enum err err = deeds[step->kind].hold(work, step, why);
    crypto_wipe(&work->chance, sizeof work->chance);
    if (!err && step_line(step->kind)->changes) {
        err = stage(work, number, why);
        ceremony_reached(work, "copy of the ring");
    }
    moment(work, number, ended);
    (void)snprintf(
        line, sizeof line, "%zu %s %s %s%s", number, begun, ended, step->text, work->facts);
    err = err ? err : transcript_add(t, line, why);
    err = err ? err : keep_transcript(work, t, why);
    ceremony_reached(work, "line");
    if (!err) {
        drop_staged(work, staged_at(work, number));
    }
    return err ? why_add(why, err, "step %zu (line %u of the plan)", number, step->line) : OK;
}

static enum err begin(struct ceremony_work *work, struct transcript *t, struct why *why) {
    char order[300];
    char present[120];
    (void)write_head(work, t, order, present);
    enum err err = stage(work, 0, why);
    ceremony_reached(work, "first copy of the ring");
    err = err ? err : transcript_begin(t, why);
    err = err ? err : transcript_add(t, order, why);
    err = err ? err : transcript_add(t, present, why);
    err = err ? err : keep_transcript(work, t, why);
    ceremony_reached(work, "beginning");
    return err;
}

/* ceremony 1. Cut between the two, the house finds its ring in the vault already. */
static enum err finish(struct ceremony_work *work, struct transcript *t, struct why *why) {
    uint8_t seed[SIGNING_SEED_LEN];
    char ended[MOMENT_ROOM];
    char line[80];
    const struct ceremony_house *house = work->house;
    enum err err = house->keep(house->self, work->plan, work->ring, why);
    ceremony_reached(work, "vault");
    moment(work, work->plan->count, ended);
    (void)snprintf(line, sizeof line, "end %s steps %zu", ended, work->plan->count);
    err = err ? err : transcript_add(t, line, why);
    ceremony_signing_seed(work->ring, seed);
    err = err ? err : transcript_sign(t, seed, why);
    crypto_wipe(seed, sizeof seed);
    err = err ? err : keep_transcript(work, t, why);
    ceremony_reached(work, "signature");
    return err;
}

enum err ceremony_hold(const struct ceremony_house *house, const struct plan *plan,
    struct key_ring *ring, struct why *why) {
    assert(plan->count <= PLAN_STEPS_MAX);
    assert(ring);
    struct ceremony_work work = {.house = house, .plan = plan, .ring = ring};
    struct ceremony_state state = {0};
    TRANSCRIPT_SCOPE(t);
    enum err err = officers_present(&work, why);
    err = err ? err : read_state(&work, &t, &state, why);
    if (err == ERR_NOT_FOUND) {
        err = begin(&work, &t, why);
    } else if (!err && state.ended) {
        drop_staged(&work, plan->count + 1);
        return why_say(why, ERR_CONFLICT,
            "ceremony %s was held to its end; its transcript is %s/%s", plan->order, house->folder,
            transcript_name);
    } else if (!err) {
        err = take_staged(&work, state.done, why);
    }
    for (size_t number = state.done + 1; !err && number <= plan->count; number++) {
        err = hold_step(&work, &t, number, why);
    }
    err = err ? err : finish(&work, &t, why);
    if (!err) {
        drop_staged(&work, plan->count + 1);
    }
    return err;
}

/* --- undoing ------------------------------------------------------------------------------------ */

static enum err check_not_kept(
    struct ceremony_work *work, const struct ceremony_state *state, struct why *why) {
    const struct ceremony_house *house = work->house;
    bool kept = false;
    enum err err = OK;
    if (!state->ended && state->done == work->plan->count) {
        err = take_staged(work, state->done, why);
        err = err ? err : house->kept(house->self, work->ring, &kept, why);
    }
    if (!err && (state->ended || kept)) {
        err = why_say(why, ERR_CONFLICT,
            "ceremony %s has changed the vault and cannot be undone; %s", work->plan->order,
            state->ended ? "hold another one" : "hold it to its end");
    }
    return err;
}

/* The transcript goes last: cut in the middle, undoing is begun again. */
enum err ceremony_undo(const struct ceremony_house *house, const struct plan *plan,
    struct key_ring *ring, struct why *why) {
    assert(plan->count <= PLAN_STEPS_MAX);
    assert(ring);
    struct ceremony_work work = {.house = house, .plan = plan, .ring = ring};
    struct ceremony_state state = {0};
    char path[PATH_ROOM];
    TRANSCRIPT_SCOPE(t);
    enum err err = officers_present(&work, why);
    err = err ? err : read_state(&work, &t, &state, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(
            why, err, "no ceremony %s was begun here, so there is nothing to undo", plan->order);
    }
    err = err ? err : check_not_kept(&work, &state, why);
    size_t reached = state.done < plan->count ? state.done + 1 : plan->count;
    for (size_t i = reached; !err && i > 0; i--) {
        const struct plan_step *step = &plan->steps[i - 1];
        err = deeds[step->kind].undo ? deeds[step->kind].undo(&work, step, why) : OK;
        ceremony_reached(&work, "step taken back");
    }
    err = err ? err : path_in(&work, transcript_name, path, why);
    if (err) {
        return err;
    }
    drop_staged(&work, plan->count + 1);
    return files_remove(path, why);
}

#include "issuance/cell_round.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/secret.h"

/* round 1: a seat that waits has its job among the questions; nobody else writes there.
 * round 2: answers are in the other array than new questions, so that no question lies over an answer
 *          that is still to be read.
 * round 3: seats go on in the order of their numbers, whatever they have asked. */

/* --- the vault that a seat sees ---------------------------------------------------------------- */

/* A place among the questions. */
static struct vault_job *job_new(struct round_seat *seat, enum vault_question question) {
    struct round *r = seat->round;
    assert(r->asked < r->count);
    struct vault_job *job = &r->jobs[(size_t)r->turn * ROUND_SEATS_MAX + r->asked++];
    job->question = (uint8_t)question;
    job->data_len = 0;
    job->why.text[0] = '\0';
    return job;
}

/* Waits until the question is answered. */
static enum err wait_for(
    struct round_seat *seat, struct vault_job *job, uint8_t *out, size_t len, struct why *why) {
    seat->job = job; /* round 1 */
    fiber_pause(seat->fiber);
    seat->job = NULL;
    if (job->err) {
        *why = job->why;
        return job->err;
    }
    assert(job->out_len == len || len == 0);
    (void)memcpy(out, job->out, job->out_len);
    return OK;
}

static enum err round_authenticate(void *self, const struct key_ref *key, const uint8_t factor[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    struct vault_job *job = job_new(self, ASK_AUTHENTICATE);
    job->key = *key;
    (void)memcpy(job->first, factor, sizeof job->first);
    (void)memcpy(job->second, original, sizeof job->second);
    return wait_for(self, job, proof, 8, why);
}

static enum err round_encrypt8(void *self, const struct key_ref *key, const uint8_t block[8],
    uint8_t out[8], struct why *why) {
    struct vault_job *job = job_new(self, ASK_ENCRYPT8);
    job->key = *key;
    (void)memcpy(job->first, block, sizeof job->first);
    return wait_for(self, job, out, 8, why);
}

static enum err round_encrypt16(void *self, const struct key_ref *key, const uint8_t block[16],
    uint8_t out[16], struct why *why) {
    struct vault_job *job = job_new(self, ASK_ENCRYPT16);
    job->key = *key;
    job->data_len = 16;
    (void)memcpy(job->data, block, 16);
    return wait_for(self, job, out, 16, why);
}

/* Both kinds of MACs have the same arguments. */
static enum err wait_for_mac(struct round_seat *seat, struct vault_job *job, struct bytes data,
    uint8_t mac[4], struct why *why) {
    assert(data.len <= sizeof job->data);
    job->data_len = (uint16_t)data.len;
    (void)memcpy(job->data, data.at, data.len);
    return wait_for(seat, job, mac, 4, why);
}

/* Longer data than any command has go alone. */
static enum err round_session_mac(void *self, const struct key_ref *key, const uint8_t input[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct round_seat *seat = self;
    const struct vault *real = seat->round->vault;
    if (data.len > VAULT_JOB_DATA_MAX) {
        return real->session_mac(real->self, key, input, data, mac, why);
    }
    struct vault_job *job = job_new(seat, ASK_SESSION_MAC);
    job->key = *key;
    (void)memcpy(job->first, input, sizeof job->first);
    return wait_for_mac(seat, job, data, mac, why);
}

static enum err round_message_mac(void *self, const struct key_ref *key, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct round_seat *seat = self;
    const struct vault *real = seat->round->vault;
    if (data.len > VAULT_JOB_DATA_MAX) {
        return real->message_mac(real->self, key, iv, data, mac, why);
    }
    struct vault_job *job = job_new(seat, ASK_MESSAGE_MAC);
    job->key = *key;
    (void)memcpy(job->first, iv, sizeof job->first);
    return wait_for_mac(seat, job, data, mac, why);
}

static enum err round_wrap(
    void *self, const struct key_wrap *wrap, uint8_t *out, size_t *out_len, struct why *why) {
    struct vault_job *job = job_new(self, ASK_WRAP);
    job->wrap = *wrap;
    enum err err = wait_for(self, job, out, 0, why);
    *out_len = err ? 0 : job->out_len;
    return err;
}

/* What goes through at once. */
static const struct vault *real_of(void *self) {
    const struct round_seat *seat = self;
    return seat->round->vault;
}

static enum err round_answer_load(void *self, const struct key_ref *key,
    const struct load_macs *load, uint8_t mac2[4], struct why *why) {
    const struct vault *v = real_of(self);
    return v->answer_load(v->self, key, load, mac2, why);
}

static enum err round_folded_mac(
    void *self, const struct key_ref *key, struct bytes data, uint8_t mac[4], struct why *why) {
    const struct vault *v = real_of(self);
    return v->folded_mac(v->self, key, data, mac, why);
}

static enum err round_encrypt_message(void *self, const struct key_ref *key, struct bytes data,
    uint8_t *out, size_t *out_len, struct why *why) {
    const struct vault *v = real_of(self);
    return v->encrypt_message(v->self, key, data, out, out_len, why);
}

static enum err round_tacs(void *self, struct tac_job *jobs, size_t count, struct why *why) {
    const struct vault *v = real_of(self);
    return v->tacs(v->self, jobs, count, why);
}

static enum err round_key_sets(void *self, const struct key_set *set, const uint8_t *factors,
    size_t cards, struct wrapped_key *out, struct why *why) {
    const struct vault *v = real_of(self);
    return v->key_sets(v->self, set, factors, cards, out, why);
}

static enum err round_check_value(
    void *self, const struct key_ref *key, uint8_t value[3], struct why *why) {
    const struct vault *v = real_of(self);
    return v->check_value(v->self, key, value, why);
}

static enum err round_first_pin(
    void *self, const uint8_t card_factor[8], char pin[7], struct why *why) {
    const struct vault *v = real_of(self);
    return v->first_pin(v->self, card_factor, pin, why);
}

/* The real one is whoever opened it to close. */
static void round_vault_close(void *self) {
    (void)self;
}

static const struct vault functions = {
    .authenticate = round_authenticate,
    .encrypt8 = round_encrypt8,
    .encrypt16 = round_encrypt16,
    .session_mac = round_session_mac,
    .answer_load = round_answer_load,
    .message_mac = round_message_mac,
    .folded_mac = round_folded_mac,
    .encrypt_message = round_encrypt_message,
    .wrap = round_wrap,
    .tacs = round_tacs,
    .key_sets = round_key_sets,
    .check_value = round_check_value,
    .first_pin = round_first_pin,
    .close = round_vault_close,
};

/* --- the round --------------------------------------------------------------------------------- */

enum err round_open(
    struct round *round, const struct vault *vault, unsigned count, struct why *why) {
    assert(count >= 1);
    assert(count <= ROUND_SEATS_MAX);
    *round = (struct round){.vault = vault, .count = count};
    round->jobs = calloc((size_t)2 * ROUND_SEATS_MAX, sizeof *round->jobs);
    enum err err = round->jobs ? OK
                               : why_say(why, ERR_OUTSIDE,
                                   "no memory for the questions of a cell; end other programs");
    for (unsigned i = 0; !err && i < count; i++) {
        struct round_seat *seat = &round->seats[i];
        seat->round = round;
        seat->vault = functions;
        seat->vault.self = seat;
        err = fiber_open(&seat->fiber, why);
    }
    return err;
}

void round_close(struct round *round) {
    for (unsigned i = 0; i < round->count; i++) {
        fiber_close(round->seats[i].fiber);
    }
    free(round->jobs);
    *round = (struct round){.vault = NULL};
}

/* Asks what the seats have asked. Without an answer each gets the story of why there is none. */
static void ask_all(struct round *r) {
    struct vault_job *jobs = &r->jobs[(size_t)r->turn * ROUND_SEATS_MAX];
    struct why why = {{0}};
    enum err err = vault_jobs_do(r->vault, jobs, r->asked, &why);
    for (size_t i = 0; err && i < r->asked; i++) {
        jobs[i].err = err;
        jobs[i].why = why;
    }
}

/* Round 3. True while any of them has asked for something. */
static bool go_on(struct round *r) {
    r->asked = 0;
    for (unsigned i = 0; i < r->count; i++) {
        bool paused = fiber_resume(r->seats[i].fiber);
        assert(paused == (r->seats[i].job != NULL)); /* round 1 */
        (void)paused;
    }
    return r->asked > 0;
}

void round_run(struct round *round, void (*work)(void *self), void *const *selves) {
    for (unsigned i = 0; i < round->count; i++) {
        fiber_begin(round->seats[i].fiber, work, selves[i]);
    }
    while (go_on(round)) {
        ask_all(round);
        round->turn = !round->turn; /* round 2 */
    }
}

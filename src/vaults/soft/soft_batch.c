#include "vaults/soft/soft_batch.h"

#include <assert.h>
#include <stdlib.h>

#include "keys/chain.h"
#include "vaults/soft/set_batch.h"
#include "vaults/soft/tac_batch.h"

enum {
    STRETCH = 65536,    /* jobs of one pass */
    REST_AT_ONCE = 8192 /* jobs that the first pass left, copied: 512 KiB */
};

/* Jobs of our own, which nobody changes. */
struct tac_rest {
    size_t count;
    uint64_t done[REST_AT_ONCE / TAC_MARKS]; /* by one pass */
    size_t place[REST_AT_ONCE];              /* in the batch */
    struct tac_job jobs[REST_AT_ONCE];
};

void soft_batch_end(struct soft_batch *batch) {
    bulk_close(batch->bulk);
    batch->bulk = NULL;
    if (batch->rest) {
        crypto_wipe(batch->rest, sizeof *batch->rest);
    }
    free(batch->rest);
    batch->rest = NULL;
}

/* --- TACs --------------------------------------------------------------------------------------- */

static struct key_ref dtk_of(struct tac_kind kind) {
    return (struct key_ref){.name = tac_key_name((enum tac_account)kind.account),
        .algorithm = (enum key_algorithm)kind.algorithm,
        .version = kind.version,
        .depth = KEY_CARD};
}

static enum err permit_tac(const struct soft_keys *keys, struct tac_kind kind, struct why *why) {
    const struct key_ref dtk = dtk_of(kind);
    if (kind.account >= TAC_ACCOUNTS) {
        return why_say(why, ERR_INVALID, "a TAC was asked for of account %u, which no card has",
            (unsigned)kind.account);
    }
    if (kind.data_len > TAC_MESSAGE_MAX) {
        return why_say(why, ERR_INVALID,
            "a TAC was asked for over %u bytes; messages have at most %d", (unsigned)kind.data_len,
            (int)TAC_MESSAGE_MAX);
    }
    return soft_keys_permit(keys, &dtk, USE_TAC, why);
}

/* One by one; the kind is permitted. */
static enum err make_tac(struct soft_keys *keys, struct tac_job *job, struct why *why) {
    SECRET_SCOPE struct key128 key = {0};
    struct key_ref dtk = dtk_of(tac_kind_of(job));
    struct bytes data = bytes_of(job->data, job->data_len);
    (void)memcpy(dtk.card_factor, job->card_factor, sizeof dtk.card_factor);
    enum err err = soft_keys_take(keys, &dtk, USE_TAC, &key, why);
    if (err) {
        return err;
    }
    soft_keys_fold(dtk.algorithm, &key);
    return cipher_mac(&keys->cipher, dtk.algorithm, &key, NULL, data, job->tac)
               ? OK
               : soft_keys_failed(why);
}

/* A batch under way. */
struct tac_work {
    struct soft_keys *keys;
    struct soft_batch *batch;
    struct tac_job *jobs; /* of the caller; they may change at any moment */
    size_t count;
};

/* Refuses what may not be made, and counts the kinds. Jobs of one kind that follow each other need one
 * permission. */
static enum err tally_rest(const struct tac_work *work, struct tac_tally *tally, struct why *why) {
    const struct tac_rest *rest = work->batch->rest;
    for (size_t i = 0; i < rest->count; i++) {
        struct tac_kind kind = tac_kind_of(&rest->jobs[i]);
        bool again = i > 0 && tac_kind_same(kind, tac_kind_of(&rest->jobs[i - 1]));
        enum err err = again ? OK : permit_tac(work->keys, kind, why);
        if (err) {
            return why_add(why, err, "TAC %zu of %zu", rest->place[i] + 1, work->count);
        }
        tac_tally_add(tally, kind);
    }
    return OK;
}

/* The engine, made when it is first needed. */
static enum err need_engine(struct soft_batch *batch, struct why *why) {
    return batch->bulk ? OK : bulk_open(batch->way, batch->threads, &batch->bulk, why);
}

/* A stretch of jobs, of the caller or copied, and what a pass of the engine makes of it. */
struct stretch {
    struct tac_job *jobs;
    size_t count;
    uint64_t *done; /* marks */
    size_t taken;   /* out */
};

/* A pass of the engine for one kind, already permitted. */
static enum err bulk_pass(
    const struct tac_work *work, struct tac_kind kind, struct stretch *over, struct why *why) {
    enum err err = need_engine(work->batch, why);
    if (err) {
        return err;
    }
    const struct shared_keys *shared = soft_keys_shared(
        work->keys, dtk_of(kind).name, (enum key_algorithm)kind.algorithm, kind.version);
    if (!shared) {
        return soft_keys_failed(why);
    }
    over->taken = tac_batch_compute(
        work->batch->bulk, &shared->city, kind, over->jobs, over->count, over->done);
    return OK;
}

/* The copied jobs: kinds of which there are enough take a pass when their first job comes; all others
 * go one by one. Then their TACs go where they belong. */
static enum err make_rest(const struct tac_work *work, struct why *why) {
    struct tac_rest *rest = work->batch->rest;
    struct tac_tally tally = {{{{{0}}}}};
    struct stretch all = {.jobs = rest->jobs, .count = rest->count, .done = rest->done};
    enum err err = tally_rest(work, &tally, why);
    for (size_t i = 0; !err && i < rest->count; i++) {
        struct tac_kind kind = tac_kind_of(&rest->jobs[i]);
        switch (tac_tally_turn(&tally, kind)) {
        case TAC_PASS:
            err = bulk_pass(work, kind, &all, why);
            break;
        case TAC_ALONE:
            err = make_tac(work->keys, &rest->jobs[i], why);
            break;
        case TAC_DONE:
        default:
            break;
        }
    }
    for (size_t i = 0; !err && i < rest->count; i++) {
        struct tac_job *job = &work->jobs[rest->place[i]];
        (void)memcpy(job->tac, rest->jobs[i].tac, sizeof job->tac);
    }
    rest->count = 0;
    return err;
}

/* Copies the jobs of a stretch that are not done, and makes them. */
static enum err rest_of_stretch(
    const struct tac_work *work, size_t first, const struct stretch *stretch, struct why *why) {
    struct soft_batch *batch = work->batch;
    batch->rest = batch->rest ? batch->rest : calloc(1, sizeof *batch->rest);
    struct tac_rest *rest = batch->rest;
    if (!rest) {
        return why_say(
            why, ERR_OUTSIDE, "no memory for a batch of TACs; end other programs and try again");
    }
    enum err err = OK;
    rest->count = 0;
    for (size_t i = 0; !err && i < stretch->count; i++) {
        if (!tac_marked(stretch->done, i)) {
            rest->place[rest->count] = first + i;
            (void)memcpy(&rest->jobs[rest->count], &stretch->jobs[i], sizeof rest->jobs[0]);
            rest->count++;
        }
        if (rest->count == REST_AT_ONCE || (i + 1 == stretch->count && rest->count > 0)) {
            err = make_rest(work, why);
        }
    }
    return err;
}

/* As a rule all jobs are purchases under one version, and one pass does them without another look. */
static enum err make_stretch(
    const struct tac_work *work, size_t first, size_t count, struct why *why) {
    uint64_t done[STRETCH / TAC_MARKS] = {0};
    struct stretch stretch = {.jobs = work->jobs + first, .count = count, .done = done};
    struct tac_kind kind = tac_kind_of(&work->jobs[first]);
    enum err err = OK;
    assert(count <= STRETCH);
    if (count >= TAC_BATCH_LEAST && permit_tac(work->keys, kind, why) == OK) {
        err = bulk_pass(work, kind, &stretch, why);
    }
    return err || stretch.taken == count ? err : rest_of_stretch(work, first, &stretch, why);
}

enum err soft_batch_tacs(struct soft_keys *keys, struct soft_batch *batch, struct tac_job *jobs,
    size_t count, struct why *why) {
    const struct tac_work work = {keys, batch, jobs, count};
    enum err err = OK;
    for (size_t first = 0; !err && first < count; first += STRETCH) {
        err = make_stretch(&work, first, count - first < STRETCH ? count - first : STRETCH, why);
    }
    for (size_t i = 0; err && i < count; i++) {
        (void)memset(jobs[i].tac, 0, sizeof jobs[i].tac);
    }
    return err;
}

/* --- key sets ----------------------------------------------------------------------------------- */

/* A key under the card's transport key, and its check value. They are made here: out may be seen by
 * others while the computation is under way. */
static bool wrap_for_card(struct soft_keys *keys, const struct key_ref *ref,
    const struct key128 *transport, struct wrapped_key *out) {
    static const uint8_t zeros[CIPHER_BLOCK_MAX];
    SECRET_SCOPE struct key128 key = {0};
    enum key_algorithm how = ref->algorithm;
    struct wrapped_key made;
    uint8_t block[CIPHER_BLOCK_MAX];
    if (!soft_keys_find(keys, ref, &key)
        || !cipher_encrypt(
            &keys->cipher, how, transport, bytes_of(key.bytes, KEY128_LEN), made.wrapped)
        || !cipher_encrypt(&keys->cipher, how, &key, bytes_of(zeros, cipher_block(how)), block)) {
        return false;
    }
    (void)memcpy(made.check, block, sizeof made.check);
    *out = made;
    return true;
}

static struct key_ref transport_of_set(const struct key_set *set, const struct key_ref *key) {
    return (struct key_ref){.name = KEY_BTK,
        .algorithm = key->algorithm,
        .version = set->transport_version,
        .depth = KEY_CARD};
}

/* One key of the set, for all cards. */
static bool wrap_for_cards(
    struct soft_keys *keys, const struct key_sets_order *order, size_t index) {
    struct key_ref key = key_of_set(order->set, index);
    struct key_ref under = transport_of_set(order->set, &key);
    struct wrapped_key *out = order->out + index * order->cards;
    bool done = true;
    for (size_t c = 0; done && c < order->cards; c++) {
        SECRET_SCOPE struct key128 transport = {0};
        (void)memcpy(key.card_factor, order->factors + c * KEY_FACTOR_LEN, KEY_FACTOR_LEN);
        (void)memcpy(under.card_factor, key.card_factor, KEY_FACTOR_LEN);
        done = soft_keys_find(keys, &under, &transport)
               && wrap_for_card(keys, &key, &transport, &out[c]);
    }
    return done;
}

/* What the catalogue allows, and what this vault has: every key and the one above it. */
static enum err permit_set(
    const struct soft_keys *keys, const struct key_set *set, struct why *why) {
    enum err err = key_permit_set(set, why);
    for (size_t i = 0; !err && i < set->count; i++) {
        struct key_ref key = key_of_set(set, i);
        struct key_ref under = transport_of_set(set, &key);
        err = soft_keys_permit(keys, &key, USE_WRAPPED, why);
        err = err ? err : soft_keys_permit(keys, &under, USE_SETS_UNDER, why);
    }
    return err;
}

/* The city's keys behind the set, as the engine wants them. */
static enum err shared_of_set(struct soft_keys *keys, const struct key_sets_order *order,
    struct set_batch *batch, struct why *why) {
    for (size_t i = 0; i < order->set->count; i++) {
        struct key_ref key = key_of_set(order->set, i);
        struct key_ref under = transport_of_set(order->set, &key);
        const struct shared_keys *shared = soft_keys_shared(
            keys, key.name, key.algorithm, key.version);
        const struct shared_keys *above = soft_keys_shared(
            keys, under.name, under.algorithm, under.version);
        if (!shared || !above) {
            return soft_keys_failed(why);
        }
        batch->cities[i] = &shared->city;
        batch->transports[key.algorithm] = &above->city;
    }
    return OK;
}

/* Many cards go through the engine, few one by one. */
enum err soft_batch_key_sets(struct soft_keys *keys, struct soft_batch *batch,
    const struct key_sets_order *order, struct why *why) {
    struct set_batch work = {
        .set = order->set, .factors = order->factors, .cards = order->cards, .out = order->out};
    enum err err = permit_set(keys, order->set, why);
    if (!err && order->cards >= SET_BATCH_LEAST) {
        err = need_engine(batch, why);
        err = err ? err : shared_of_set(keys, order, &work, why);
        return err ? err : set_batch_compute(batch->bulk, &work, why);
    }
    for (size_t i = 0; !err && i < order->set->count; i++) {
        err = wrap_for_cards(keys, order, i) ? OK : soft_keys_failed(why);
    }
    return err;
}

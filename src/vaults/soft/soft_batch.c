#include "vaults/soft/soft_batch.h"

#include <assert.h>

#include "keys/chain.h"
#include "vaults/soft/set_batch.h"
#include "vaults/soft/tac_batch.h"

static struct key_ref dtk_of(const struct tac_job *job) {
    struct key_ref dtk = {.name = KEY_DTK,
        .algorithm = (enum key_algorithm)job->algorithm,
        .version = job->version,
        .depth = KEY_CARD};
    (void)memcpy(dtk.card_factor, job->card_factor, sizeof dtk.card_factor);
    return dtk;
}

/* --- TACs --------------------------------------------------------------------------------------- */

static enum err check_tac_message(const struct tac_job *job, struct why *why) {
    if (job->data_len > TAC_MESSAGE_MAX) {
        return why_say(why, ERR_INVALID,
            "a TAC was asked for over %u bytes; messages have at most %d", (unsigned)job->data_len,
            (int)TAC_MESSAGE_MAX);
    }
    return OK;
}

static enum err make_tac(struct soft_keys *keys, struct tac_job *job, struct why *why) {
    SECRET_SCOPE struct key128 key = {0};
    struct key_ref dtk = dtk_of(job);
    struct bytes data = bytes_of(job->data, job->data_len);
    enum err err = check_tac_message(job, why);
    err = err ? err : soft_keys_take(keys, &dtk, USE_TAC, &key, why);
    if (err) {
        return err;
    }
    soft_keys_fold(dtk.algorithm, &key);
    return cipher_mac(&keys->cipher, dtk.algorithm, &key, NULL, data, job->tac)
               ? OK
               : soft_keys_failed(why);
}

static enum err permit_tac(
    const struct soft_keys *keys, const struct tac_job *job, struct why *why) {
    const struct key_ref dtk = dtk_of(job);
    return soft_keys_permit(keys, &dtk, USE_TAC, why);
}

/* Refuses what make_tac() would refuse, and counts the kinds. Jobs of one version and algorithm that
 * follow each other need one permission. */
static enum err tally_tacs(const struct soft_keys *keys, const struct tac_job *jobs, size_t count,
    struct tac_tally *tally, struct why *why) {
    const struct tac_job *before = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct tac_job *job = &jobs[i];
        enum err err = check_tac_message(job, why);
        if (!err
            && (!before || before->version != job->version
                || before->algorithm != job->algorithm)) {
            err = permit_tac(keys, job, why);
        }
        if (err) {
            return why_add(why, err, "TAC %zu of %zu", i + 1, count);
        }
        tac_tally_add(tally, tac_kind_of(job));
        before = job;
    }
    return OK;
}

/* A batch under way. */
struct tac_work {
    struct soft_keys *keys;
    struct soft_batch *batch;
    struct tac_job *jobs;
    size_t count, left; /* left: jobs that no pass has taken */
};

/* The engine, made when it is first needed. */
static enum err need_engine(struct soft_batch *batch, struct why *why) {
    return batch->bulk ? OK : bulk_open(batch->way, batch->threads, &batch->bulk, why);
}

/* A pass of the engine for one kind, already permitted. */
static enum err bulk_pass(struct tac_work *work, struct tac_kind kind, struct why *why) {
    enum err err = need_engine(work->batch, why);
    if (err) {
        return err;
    }
    const struct shared_keys *shared = soft_keys_shared(
        work->keys, KEY_DTK, (enum key_algorithm)kind.algorithm, kind.version);
    if (!shared) {
        return soft_keys_failed(why);
    }
    size_t taken = tac_batch_compute(
        work->batch->bulk, &shared->city, kind, work->jobs, work->count);
    work->left -= taken < work->left ? taken : work->left;
    return OK;
}

/* The jobs of a batch that one pass, if there was one, has left: kinds of which there are enough take
 * a pass, too, when their first job comes; all others go one by one. */
static enum err mixed_tacs(struct tac_work *work, struct tac_tally *tally, struct why *why) {
    enum err err = tally_tacs(work->keys, work->jobs, work->count, tally, why);
    for (size_t i = 0; !err && i < work->count; i++) {
        struct tac_kind kind = tac_kind_of(&work->jobs[i]);
        switch (tac_tally_turn(tally, kind)) {
        case TAC_PASS:
            err = bulk_pass(work, kind, why);
            break;
        case TAC_ALONE:
            err = make_tac(work->keys, &work->jobs[i], why);
            break;
        case TAC_DONE:
        default:
            break;
        }
    }
    return err;
}

/* As a rule all jobs are purchases under one version, and one pass does them without another look. */
enum err soft_batch_tacs(struct soft_keys *keys, struct soft_batch *batch, struct tac_job *jobs,
    size_t count, struct why *why) {
    struct tac_tally tally = {{{{0}}}};
    struct tac_work work = {keys, batch, jobs, count, count};
    enum err err = OK;
    if (count >= TAC_BATCH_LEAST && check_tac_message(&jobs[0], why) == OK
        && permit_tac(keys, &jobs[0], why) == OK) {
        struct tac_kind kind = tac_kind_of(&jobs[0]);
        tac_tally_finish(&tally, kind);
        err = bulk_pass(&work, kind, why);
    }
    if (!err && work.left > 0) {
        err = mixed_tacs(&work, &tally, why);
    }
    for (size_t i = 0; err && i < count; i++) {
        (void)memset(jobs[i].tac, 0, sizeof jobs[i].tac);
    }
    return err;
}

/* --- key sets ----------------------------------------------------------------------------------- */

/* A key under the card's transport key, and its check value. */
static bool wrap_for_card(struct soft_keys *keys, const struct key_ref *ref,
    const struct key128 *transport, struct wrapped_key *out) {
    static const uint8_t zeros[CIPHER_BLOCK_MAX];
    SECRET_SCOPE struct key128 key = {0};
    enum key_algorithm how = ref->algorithm;
    uint8_t block[CIPHER_BLOCK_MAX];
    if (!soft_keys_find(keys, ref, &key)
        || !cipher_encrypt(
            &keys->cipher, how, transport, bytes_of(key.bytes, KEY128_LEN), out->wrapped)
        || !cipher_encrypt(&keys->cipher, how, &key, bytes_of(zeros, cipher_block(how)), block)) {
        return false;
    }
    (void)memcpy(out->check, block, sizeof out->check);
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

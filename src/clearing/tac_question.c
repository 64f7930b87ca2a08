#include "clearing/tac_question.h"

#include <assert.h>
#include <string.h>

#include "crypto/secret.h"

/* The message is the record's own; the key is the card's, of the account that paid. */
static void fill_job(
    const struct tac_question *q, enum key_algorithm algorithm, struct tac_job *job) {
    bool medical = trade_is_medical(q->record->trade);
    *job = (struct tac_job){.version = q->version,
        .algorithm = (uint8_t)algorithm,
        .account = medical ? TAC_OF_MEDICAL : TAC_OF_WALLET};
    struct builder b = builder_in(job->data, sizeof job->data);
    struct purchase_facts facts = upload_facts(q->record);
    put_purchase_tac(&b, &facts);
    assert(b.len > 0);
    assert(!b.overflowed);
    job->data_len = (uint8_t)b.len;
    (void)memcpy(job->card_factor, upload_factor(q->record), FACTOR_LEN);
}

/* The medical ones whose TAC was not the one of 3DES, once more under SM4. Their jobs stand in the order
 * of their questions. */
static enum err ask_again(const struct clearing *c, struct tac_question *questions, size_t count,
    struct tac_job *jobs, struct why *why) {
    struct why refused = {{0}};
    size_t asked = 0;
    for (size_t i = 0; i < count; i++) {
        if (!questions[i].good && trade_is_medical(questions[i].record->trade)) {
            fill_job(&questions[i], KEY_SM4, &jobs[asked++]);
        }
    }
    if (asked == 0) {
        return OK;
    }
    enum err err = c->vault->tacs(c->vault->self, jobs, asked, &refused);
    if (err == ERR_OUTSIDE) {
        *why = refused;
        return err;
    }
    for (size_t i = 0, at = 0; !err && i < count; i++) {
        if (!questions[i].good && trade_is_medical(questions[i].record->trade)) {
            questions[i].good = crypto_equal(jobs[at++].tac, questions[i].record->tac, MAC_LEN);
        }
    }
    return OK; /* a vault without SM4 has no such cards */
}

enum err tac_questions(const struct clearing *c, struct tac_question *questions, size_t count,
    struct tac_job *jobs, struct why *why) {
    if (count == 0) {
        return OK;
    }
    for (size_t i = 0; i < count; i++) {
        bool medical = trade_is_medical(questions[i].record->trade);
        questions[i].good = false;
        fill_job(&questions[i], medical ? KEY_TDES : c->purse, &jobs[i]);
    }
    enum err err = c->vault->tacs(c->vault->self, jobs, count, why);
    if (err) {
        return why_add(why, err, "TACs of %zu records", count);
    }
    for (size_t i = 0; i < count; i++) {
        questions[i].good = crypto_equal(jobs[i].tac, questions[i].record->tac, MAC_LEN);
    }
    return ask_again(c, questions, count, jobs, why);
}

enum err tac_version(
    const struct clearing *c, const struct upload_record *r, uint8_t *version, struct why *why) {
    if (!trade_is_medical(r->trade)) {
        *version = r->key_version;
        return OK;
    }
    enum err err = c->store->medical_version(c->store->self, upload_factor(r), version, why);
    assert(err || *version > 0);
    return err;
}

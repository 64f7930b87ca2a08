#include <assert.h>

#include "crypto/secret.h"
#include "issuance/inspector.h"

enum {
    TERMINAL_SEQ = 1, /* of the inspection's own terminal, which has no PSAM */
    PROOF_ANSWER = 8, /* TAC, MAC2 [purse.md 4.7] */
    INITIALISE_LOAD = 0x00,
    INITIALISE_PURCHASE = 0x01,
    INITIALISE_DAY = 0x04,
    DEBIT_P1 = 0x01,
};

/* The wallet and the medical account speak the same messages in two classes. [purse.md 4.4 to 4.7;
 * card.md 6; decision 0022] */
static const struct account {
    enum profile_place place;
    uint8_t cla, initialise, debit, p2;
    enum trade load, purchase;
    enum key_name tac_key;
    enum message order, begun; /* of a purchase */
} accounts[] = {
    {
     .place = AT_WALLET,
     .cla = 0x80,
     .initialise = 0x50,
     .debit = 0x54,
     .p2 = 0x02,
     .load = TRADE_EP_LOAD,
     .purchase = TRADE_EP_PURCHASE,
     .tac_key = KEY_DTK,
     .order = MESSAGE_ORDER,
     .begun = MESSAGE_BEGUN_PURCHASE,
     },
    {
     .place = AT_DF04,
     .cla = 0xB0,
     .initialise = 0x28,
     .debit = 0x2C,
     .p2 = 0x01,
     .load = TRADE_MEDICAL_LOAD,
     .purchase = TRADE_MEDICAL_PURCHASE,
     .tac_key = KEY_DTKDF04,
     .order = MESSAGE_ORDER_MEDICAL,
     .begun = MESSAGE_BEGUN_MEDICAL,
     },
};

/* The account of the directory that is selected. */
static const struct account *account_of(const struct inspector *in) {
    const struct account *found = NULL;
    for (size_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
        found = accounts[i].place == in->place ? &accounts[i] : found;
    }
    assert(found); /* the catalogue has such keys where there is an account */
    return found;
}

/* Bytes of a message whose facts are all zero: every message has one length. */
static uint16_t message_len(enum message name) {
    static const struct trade_facts nothing;
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    put_message(&b, name, &nothing);
    assert(!b.overflowed);
    return (uint16_t)b.len;
}

/* INITIALIZE with the message `order`; *facts learns what the card says in the form `begun`. False
 * when it says anything else. */
static enum err initialise(struct inspector *in, uint8_t p1, const enum message form[2],
    struct trade_facts *facts, bool *began, struct why *why) {
    const struct account *account = account_of(in);
    uint8_t data[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(data, sizeof data);
    struct reply reply;
    (void)memcpy(facts->terminal, in->terminal, TERMINAL_LEN);
    put_message(&b, form[0], facts);
    struct apdu init = {.cla = account->cla,
        .ins = account->initialise,
        .p1 = p1,
        .p2 = account->p2,
        .data = builder_bytes(&b),
        .le = message_len(form[1])};
    enum err err = station_ask(&in->station, &init, &reply, why);
    *began = !err && reply.sw == SW_OK && reply.len == message_len(form[1]);
    if (*began) {
        struct cursor c = cursor_over(reply_bytes(&reply));
        take_message(&c, form[1], facts);
        *began = cursor_finished(&c);
    }
    return err;
}

/* A MAC under the session key of this transaction. */
static enum err session_mac(struct inspector *in, const struct key_ref *key, enum message name,
    const struct trade_facts *facts, uint8_t mac[MAC_LEN], struct why *why) {
    const struct vault *v = in->station.vault;
    uint8_t input[8];
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder session = builder_in(input, sizeof input);
    struct builder b = builder_in(room, sizeof room);
    put_message(&session, MESSAGE_SESSION, facts);
    put_message(&b, name, facts);
    assert(!session.overflowed);
    assert(session.len == sizeof input);
    return v->session_mac(v->self, key, input, builder_bytes(&b), mac, why);
}

/* The card's MAC1 comes with its answer; what it began is never finished and leaves no trace. */
static enum err prove_opening(struct inspector *in, enum key_name name, uint8_t p1,
    const enum message form[3], struct why *why) {
    struct key_ref key = station_key(&in->station, name);
    struct trade_facts facts = {
        .key_id = key_kind(name)->kid, .sequence = {0, 0, 0x80, 0x00}
    };
    uint8_t mac1[MAC_LEN];
    bool began = false;
    enum err err = initialise(in, p1, form, &facts, &began, why);
    if (err || !began) {
        inspector_judge_key(in, name, false);
        return err;
    }
    facts.trade = (uint8_t)(p1 == INITIALISE_DAY ? TRADE_MEDICAL_DAY : account_of(in)->load);
    err = session_mac(in, &key, form[2], &facts, mac1, why);
    if (!err) {
        inspector_judge_key(in, name, crypto_equal(facts.mac, mac1, MAC_LEN));
    }
    return err;
}

enum err inspector_prove_load(struct inspector *in, enum key_name name, struct why *why) {
    static const enum message form[] = {MESSAGE_ORDER, MESSAGE_BEGUN, MESSAGE_OPENING};
    return prove_opening(in, name, INITIALISE_LOAD, form, why);
}

enum err inspector_prove_day(struct inspector *in, enum key_name name, struct why *why) {
    static const enum message form[] = {
        MESSAGE_ORDER_LIMIT, MESSAGE_BEGUN_LIMIT, MESSAGE_OPENING_LIMIT};
    return prove_opening(in, name, INITIALISE_DAY, form, why);
}

/* --- the zero purchase: the purchase key by MAC1 and MAC2, the TAC's by the TAC ------------ */

/* The TAC under the card's own key: in a batch of one for the wallet; the medical account's by the
 * same computation, folded MAC. */
static enum err make_tac(
    struct inspector *in, const struct trade_facts *facts, uint8_t tac[MAC_LEN], struct why *why) {
    const struct vault *v = in->station.vault;
    bool wallet = in->place == AT_WALLET;
    struct key_ref key = station_key(&in->station, account_of(in)->tac_key);
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    put_message(&b, wallet ? MESSAGE_PROOF_PURCHASE : MESSAGE_PROOF_MEDICAL, facts);
    if (!wallet) {
        return v->folded_mac(v->self, &key, builder_bytes(&b), tac, why);
    }
    struct tac_job job = {
        .version = key.version, .algorithm = (uint8_t)key.algorithm, .data_len = (uint8_t)b.len};
    (void)memcpy(job.card_factor, key.card_factor, sizeof job.card_factor);
    (void)memcpy(job.data, room, b.len);
    enum err err = v->tacs(v->self, &job, 1, why);
    (void)memcpy(tac, job.tac, MAC_LEN);
    return err;
}

/* DEBIT over nothing: the card counts it and logs it like any other. [purse.md 4.7] */
static enum err debit(struct inspector *in, const struct key_ref *key, struct trade_facts *facts,
    struct reply *reply, struct why *why) {
    const struct account *account = account_of(in);
    bool wallet = in->place == AT_WALLET;
    uint8_t data[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(data, sizeof data);
    enum err err = session_mac(
        in, key, wallet ? MESSAGE_CONSENT : MESSAGE_CONSENT_MEDICAL, facts, facts->mac, why);
    put_message(&b, MESSAGE_DONE_PURCHASE, facts);
    struct apdu apdu = {.cla = account->cla,
        .ins = account->debit,
        .p1 = DEBIT_P1,
        .data = builder_bytes(&b),
        .le = PROOF_ANSWER};
    return err ? err : station_ask(&in->station, &apdu, reply, why);
}

/* TAC in front, MAC2 behind. */
static enum err judge_proofs(struct inspector *in, const struct key_ref *key,
    const struct trade_facts *facts, const struct reply *reply, struct why *why) {
    bool wallet = in->place == AT_WALLET;
    uint8_t tac[MAC_LEN], mac2[MAC_LEN];
    assert(reply->sw == SW_OK);
    assert(reply->len == PROOF_ANSWER);
    enum err err = make_tac(in, facts, tac, why);
    err = err ? err
              : session_mac(
                  in, key, wallet ? MESSAGE_RECEIPT : MESSAGE_RECEIPT_MEDICAL, facts, mac2, why);
    if (!err
        && key->version
               == station_key(&in->station, key->name)
                      .version) { /* one TAC key, however many purchases */
        inspector_judge_key(in, account_of(in)->tac_key, crypto_equal(reply->data, tac, MAC_LEN));
    }
    if (!err) {
        inspector_judge_key(in, key->name, crypto_equal(reply->data + MAC_LEN, mac2, MAC_LEN));
    }
    return err;
}

/* INITIALIZE, then the debit; what the card answers there proves both keys. */
static enum err prove_version(
    struct inspector *in, enum key_name name, uint8_t index, struct why *why) {
    const struct account *account = account_of(in);
    const enum message form[] = {account->order, account->begun};
    struct key_ref key = station_key(&in->station, name);
    struct trade_facts facts = {
        .key_id = station_kid(name, (uint8_t)(key.version + index)),
        .sequence = {0, 0, 0, TERMINAL_SEQ}
    };
    struct reply reply;
    bool began = false;
    key.version = (uint8_t)(key.version + index);
    enum err err = initialise(in, INITIALISE_PURCHASE, form, &facts, &began, why);
    if (err || !began) {
        inspector_judge_key(in, name, false);
        return err;
    }
    facts.trade = (uint8_t)account->purchase;
    (void)memcpy(facts.moment, in->moment, MOMENT_LEN);
    err = debit(in, &key, &facts, &reply, why);
    if (!err && (reply.sw != SW_OK || reply.len != PROOF_ANSWER)) {
        inspector_judge_key(in, name, false);
        return OK;
    }
    return err ? err : judge_proofs(in, &key, &facts, &reply, why);
}

enum err inspector_prove_purchase(struct inspector *in, enum key_name name, struct why *why) {
    enum err err = OK;
    for (uint8_t i = 0; !err && i < key_kind(name)->versions; i++) {
        err = prove_version(in, name, i, why);
    }
    return err;
}

#include "card/purse/purse.h"

#include "card/files/record.h"
#include "card/guard/tries.h"
#include "card/purse/session.h"
#include "crypto/secret.h"

enum counter { ONLINE, OFFLINE };
enum needs { NO_PIN, PIN };
enum completion {
    CREDIT,   /* the amount comes in; answers TAC */
    UNLOAD,   /* it goes out to the holder's account; answers MAC3 */
    LIMIT,    /* the overdraft limit becomes another; answers TAC */
    DEBIT,    /* the amount is spent; answers TAC, MAC2 */
    COMPOUND, /* the same, and the records that were kept are written with it */
};

struct kind {
    uint8_t p1, p2;
    enum trade trade;
    enum key_type key_type;
    enum counter counter;
    enum needs needs;
    enum completion then;
};

static const struct kind kinds[] = {
#define KIND(p1, p2, trade, key, counter, pin, then) {p1, p2, trade, key, counter, pin, then},
#include "card/purse/kinds.def"
};
enum {
    KIND_COUNT = sizeof kinds / sizeof kinds[0],
    NUMBER_LAST = 0xFFFF,
    LIVES = 2, /* a command outlives itself and the next one */
    TAC_KEY_ID = 0x00,
    LOG_RECORD_LEN = 23, /* [purse.md 3.4] */
};

/* One wallet file, and what is in it. */
struct opened {
    struct ef ef, log;
    struct wallet wallet;
};

void purse_forget(struct purse *purse) {
    crypto_wipe(purse, sizeof *purse);
}

void purse_age(struct purse *purse) {
    if (purse->lives > 1) {
        purse->lives--;
    } else if (purse->lives == 1) {
        purse_forget(purse);
    }
}

bool purse_compound(const struct purse *purse) {
    return purse->kind && purse->kind->then == COMPOUND;
}

void purse_outlive(struct purse *purse) {
    if (purse_compound(purse)) {
        purse->lives = LIVES;
    }
}

static const struct kind *kind_of_order(const struct purse_order *order) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].p1 == order->p1 && kinds[i].p2 == order->p2) {
            return &kinds[i];
        }
    }
    return NULL;
}

static const struct kind *kind_of_trade(uint8_t trade) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if ((unsigned)kinds[i].trade == trade) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* ---- keys and MACs ---- */

/* The session key of a transaction. */
static void session_of(const struct key_record *key, const uint8_t input[8], uint8_t session[8]) {
    struct secret secret = key_secret(key);
    session_make(&secret, input, session);
    crypto_wipe(&secret, sizeof secret);
}

/* The key of the TAC. 6A88 when the application has no DTK. */
static enum sw tac_key_of(struct chip *chip, uint8_t key[8]) {
    struct held_key held;
    enum sw sw = key_ready(chip, KEY_TAC, TAC_KEY_ID, &held);
    if (sw != SW_OK) {
        return sw;
    }
    struct secret dtk = key_secret(&held.key);
    session_tac_key(&dtk, key);
    crypto_wipe(&dtk, sizeof dtk);
    key_wipe(&held);
    return SW_OK;
}

static bool mac_equal(const uint8_t a[MAC_LEN], const uint8_t b[MAC_LEN]) {
    return crypto_equal(a, b, MAC_LEN);
}

/* ---- the wallet file ---- */

static enum sw wallet_open(const struct chip *chip, uint8_t fid, struct opened *out) {
    enum sw sw = ef_by_fid(&chip->store, &chip->dir, fid, &out->ef);
    if (sw != SW_OK || out->ef.kind != EF_WALLET) {
        return SW_FILE_NOT_FOUND;
    }
    return wallet_read(&chip->store, &out->ef, &out->wallet);
}

static uint16_t number_of(const struct kind *kind, const struct wallet *w) {
    return kind->counter == ONLINE ? w->online : w->offline;
}

/* ---- beginning ---- */

/* May this be done with this wallet, by whoever stands here? */
static enum sw check_kind(
    const struct chip *chip, const struct kind *kind, const struct opened *opened) {
    if (!guard_allows(chip, &opened->ef.read)) {
        return SW_SECURITY;
    }
    return kind->needs == PIN && !guard_pin_proven(chip) ? SW_SECURITY : SW_OK;
}

/* What comes into the balance, and what goes out of it: under another limit the whole new one comes
 * and the whole old one goes, for the balance holds it. [purse.md 3.5, 4.10] */
struct movement {
    uint32_t in, out;
};

static struct movement movement_of(
    const struct kind *kind, const struct wallet *w, uint32_t amount) {
    switch (kind->then) {
    case CREDIT:
        return (struct movement){.in = amount};
    case LIMIT:
        return (struct movement){.in = amount, .out = w->overdraft};
    case UNLOAD:
    case DEBIT:
    case COMPOUND:
    default:
        return (struct movement){.out = amount};
    }
}

/* Is there the money, the room and the number? */
static enum sw check_amount(const struct kind *kind, const struct wallet *w, uint32_t amount) {
    struct movement m = movement_of(kind, w, amount);
    uint64_t before = (uint64_t)w->balance + m.in;
    if (m.in > 0 && before > (uint64_t)PURSE_CEILING_FEN + m.out) {
        return SW_CONDITIONS;
    }
    if (m.out > before) {
        return SW_FUNDS;
    }
    return number_of(kind, w) == NUMBER_LAST ? SW_COUNTER_FULL : SW_OK;
}

/* The same, and then the wallet is as it will be. */
static enum sw move(struct chip *chip, const struct kind *kind, uint32_t amount, struct wallet *w) {
    enum sw sw = check_amount(kind, w, amount);
    if (sw != SW_OK) {
        return sw;
    }
    struct movement m = movement_of(kind, w, amount);
    w->balance = w->balance + m.in - m.out;
    w->overdraft = kind->then == LIMIT ? amount : w->overdraft;
    (void)chip_assert(chip, m.in == 0 || w->balance <= PURSE_CEILING_FEN); /* [purse 5] */
    return SW_OK;
}

static enum sw find_trade_key(
    struct chip *chip, const struct kind *kind, uint8_t id, struct held_key *out) {
    enum sw sw = key_ready(chip, (uint8_t)kind->key_type, id, out);
    return sw == SW_KEY_NOT_FOUND ? SW_KEY_INDEX : sw;
}

static void load_session(
    const struct purse *purse, const struct key_record *key, uint8_t session[8]) {
    uint8_t input[8];
    load_session_input(purse->random, purse->number, input);
    session_of(key, input, session);
}

static struct load_facts load_facts_of(const struct purse *purse, uint32_t balance) {
    struct load_facts f = {.balance = balance,
        .amount = purse->amount,
        .number = purse->number,
        .trade = purse->kind->trade};
    (void)memcpy(f.terminal, purse->terminal, sizeof f.terminal);
    return f;
}

/* The answer to INITIALIZE: offline transactions and limits tell the limit, online ones have a MAC1
 * of the card. [purse.md 4.4, 4.6, 4.9, 4.10] */
static void put_begun(const struct purse *purse, const struct wallet *w,
    const struct key_record *key, struct builder *out) {
    bool online = purse->kind->counter == ONLINE;
    put_u32(out, w->balance);
    put_u16(out, purse->number);
    if (!online || purse->kind->then == LIMIT) {
        put_u24(out, w->overdraft);
    }
    put_u8(out, key->version);
    put_u8(out, key->counter); /* the algorithm of such a key */
    put_bytes(out, bytes_of(purse->random, sizeof purse->random));
    if (online) {
        uint8_t session[8];
        uint8_t mac1[MAC_LEN];
        struct load_facts f = load_facts_of(purse, w->balance);
        load_session(purse, key, session);
        session_load_mac(session, put_load_mac1, &f, mac1);
        put_bytes(out, bytes_of(mac1, sizeof mac1));
        crypto_wipe(session, sizeof session);
    }
}

enum sw purse_begin(
    struct chip *chip, struct purse *purse, const struct purse_order *order, struct builder *out) {
    const struct kind *kind = kind_of_order(order);
    struct opened opened;
    struct held_key held;
    purse_forget(purse);
    if (!kind) {
        return SW_WRONG_P1P2;
    }
    enum sw sw = wallet_open(chip, order->p2, &opened);
    if (sw == SW_OK) {
        sw = ef_by_sfi(&chip->store, &chip->dir, opened.ef.log_sfi, &opened.log);
    }
    sw = sw == SW_OK ? check_kind(chip, kind, &opened) : sw;
    sw = sw == SW_OK ? find_trade_key(chip, kind, order->key_id, &held) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    /* No limit comes with INITIALIZE FOR UPDATE: MAC1 speaks of the one that is. */
    uint32_t amount = kind->then == LIMIT ? opened.wallet.overdraft : order->amount;
    sw = check_amount(kind, &opened.wallet, amount);
    if (sw == SW_OK) {
        *purse = (struct purse){.kind = kind,
            .lives = LIVES,
            .key_id = order->key_id,
            .amount = amount,
            .number = number_of(kind, &opened.wallet)};
        (void)memcpy(purse->terminal, order->terminal, sizeof purse->terminal);
        const struct nvm *nvm = chip->store.nvm;
        nvm->random(nvm->self, purse->random, sizeof purse->random);
        put_begun(purse, &opened.wallet, &held.key, out);
    }
    key_wipe(&held);
    return sw;
}

/* ---- completing ---- */

/* Everything a completion works with, found again: nothing but the order was kept. */
static enum sw reopen(struct chip *chip, const struct purse *purse, enum completion completion,
    struct opened *opened, struct held_key *held) {
    bool debits = purse_compound(purse) && purse->compound.len > 0;
    if (!purse->kind || (purse->kind->then != completion && !(debits && completion == DEBIT))) {
        return SW_WRONG_STATE;
    }
    enum sw sw = wallet_open(chip, purse->kind->p2, opened);
    if (sw == SW_OK) {
        sw = ef_by_sfi(&chip->store, &chip->dir, opened->ef.log_sfi, &opened->log);
    }
    sw = sw == SW_OK ? find_trade_key(chip, purse->kind, purse->key_id, held) : sw;
    if (sw == SW_OK) { /* nothing can have come between [purse 1] */
        (void)chip_assert(chip, number_of(purse->kind, &opened->wallet) == purse->number);
        (void)chip_assert(chip, purse->number < NUMBER_LAST);
    }
    return chip->broken ? SW_OUR_MISTAKE : sw;
}

static void put_log_record(const struct purse *purse, const struct wallet *after,
    const uint8_t moment[MOMENT_LEN], struct builder *b) {
    put_u16(b, number_of(purse->kind, after)); /* the number after it [purse.md C-01] */
    put_u24(b, after->overdraft);
    put_u32(b, purse->kind->then == LIMIT ? 0 : purse->amount); /* no money moves with a limit */
    put_u8(b, (uint8_t)purse->kind->trade);
    put_bytes(b, bytes_of(purse->terminal, sizeof purse->terminal));
    put_bytes(b, bytes_of(moment, MOMENT_LEN));
}

/* Balance, number, proof, log record, and what a compound purchase kept: one batch [purse 2]. */
static enum sw settle(struct chip *chip, const struct purse *purse, struct opened *opened,
    const uint8_t moment[MOMENT_LEN], const struct wallet_proof *proof) {
    uint8_t record[LOG_RECORD_LEN];
    struct builder b = builder_in(record, sizeof record);
    struct wallet *w = &opened->wallet;
    bool online = purse->kind->counter == ONLINE;
    *(online ? &w->online : &w->offline) = proof->number;
    *(online ? &w->last_online : &w->last_offline) = *proof;
    put_log_record(purse, w, moment, &b);
    (void)chip_assert(chip, !b.overflowed && b.len == LOG_RECORD_LEN);
    (void)chip_assert(chip, number_of(purse->kind, w) == purse->number + 1);
    store_begin(&chip->store);
    enum sw sw = compound_stage(&purse->compound, &chip->store, &chip->dir);
    sw = sw == SW_OK ? wallet_write(&chip->store, &opened->ef, w) : sw;
    if (sw == SW_OK) {
        sw = record_append(&chip->store, &opened->log, builder_bytes(&b));
    }
    if (sw == SW_OK && store_commit(&chip->store)) {
        return SW_OK;
    }
    store_abandon(&chip->store);
    return sw != SW_OK ? sw : SW_MEMORY;
}

static struct wallet_proof new_proof(const struct purse *purse) {
    return (struct wallet_proof){
        .trade = (uint8_t)purse->kind->trade, .number = (uint16_t)(purse->number + 1)};
}

/* The proof of an online transaction, made when the wallet is as it will be: TAC, and of an unload
 * MAC3, the same message under the session key. [purse.md 5.4] */
static enum sw prove_online(struct chip *chip, const struct load_facts *f, const uint8_t session[8],
    struct wallet_proof *proof) {
    uint8_t tac_key[8];
    if (f->trade == TRADE_UNLOAD) {
        session_load_mac(session, put_load_tac, f, proof->mac);
        return SW_OK;
    }
    enum sw sw = tac_key_of(chip, tac_key);
    if (sw == SW_OK) {
        session_load_mac(tac_key, put_load_tac, f, proof->tac);
    }
    crypto_wipe(tac_key, sizeof tac_key);
    return sw;
}

/* Load, unload and limit: one form, told apart by what moves. */
static enum sw complete_online(struct chip *chip, const struct purse *purse,
    const struct purse_completion *done, struct opened *opened, const struct key_record *key) {
    uint8_t session[8];
    uint8_t mac2[MAC_LEN];
    struct wallet_proof proof = new_proof(purse);
    struct load_facts f = load_facts_of(purse, opened->wallet.balance);
    if (purse->kind->then == LIMIT) {
        f.amount = done->limit;
    }
    (void)memcpy(f.moment, done->moment, sizeof f.moment);
    load_session(purse, key, session);
    session_load_mac(session, put_load_mac2, &f, mac2);
    enum sw sw = mac_equal(mac2, done->mac) ? SW_OK : SW_MAC_WRONG;
    sw = sw == SW_OK ? move(chip, purse->kind, f.amount, &opened->wallet) : sw;
    f.balance = opened->wallet.balance;
    sw = sw == SW_OK ? prove_online(chip, &f, session, &proof) : sw;
    crypto_wipe(session, sizeof session);
    return sw == SW_OK ? settle(chip, purse, opened, done->moment, &proof) : sw;
}

static enum sw complete_offline(struct chip *chip, const struct purse *purse,
    const struct purse_completion *done, struct opened *opened, const struct key_record *key) {
    uint8_t input[8];
    uint8_t session[8];
    uint8_t tac_key[8];
    uint8_t mac1[MAC_LEN];
    struct wallet_proof proof = new_proof(purse);
    struct purchase_facts f = {
        .amount = purse->amount, .trade = purse->kind->trade, .terminal_seq = done->terminal_seq};
    (void)memcpy(f.terminal, purse->terminal, sizeof f.terminal);
    (void)memcpy(f.moment, done->moment, sizeof f.moment);
    purchase_session_input(purse->random, purse->number, done->terminal_seq, input);
    session_of(key, input, session);
    session_purchase_mac(session, put_purchase_mac1, &f, mac1);
    session_purchase_mac(session, put_purchase_mac2, &f, proof.mac);
    crypto_wipe(session, sizeof session);
    if (!mac_equal(mac1, done->mac)) {
        return SW_MAC_WRONG;
    }
    enum sw sw = move(chip, purse->kind, purse->amount, &opened->wallet);
    sw = sw == SW_OK ? tac_key_of(chip, tac_key) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    session_purchase_mac(tac_key, put_purchase_tac, &f, proof.tac);
    crypto_wipe(tac_key, sizeof tac_key);
    return settle(chip, purse, opened, done->moment, &proof);
}

/* What a completion answers with: TAC, MAC3, or TAC and MAC2. */
static void put_completed(enum completion then, const struct wallet *w, struct builder *out) {
    const struct wallet_proof *proof = then == DEBIT ? &w->last_offline : &w->last_online;
    if (then != UNLOAD) {
        put_bytes(out, bytes_of(proof->tac, MAC_LEN));
    }
    if (then == UNLOAD || then == DEBIT) {
        put_bytes(out, bytes_of(proof->mac, MAC_LEN));
    }
}

/* Whatever comes of it, the transaction is over. */
static enum sw complete(struct chip *chip, struct purse *purse, enum completion then,
    const struct purse_completion *done, struct builder *out) {
    struct opened opened;
    struct held_key held;
    enum sw sw = reopen(chip, purse, then, &opened, &held);
    if (sw == SW_OK && purse->kind->counter == ONLINE) {
        sw = complete_online(chip, purse, done, &opened, &held.key);
    } else if (sw == SW_OK) {
        sw = complete_offline(chip, purse, done, &opened, &held.key);
    }
    if (sw == SW_OK) {
        put_completed(then, &opened.wallet, out);
    }
    key_wipe(&held);
    purse_forget(purse);
    return sw;
}

enum sw purse_credit(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out) {
    return complete(chip, purse, CREDIT, done, out);
}

enum sw purse_unload(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out) {
    return complete(chip, purse, UNLOAD, done, out);
}

enum sw purse_limit(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out) {
    return complete(chip, purse, LIMIT, done, out);
}

enum sw purse_keep(struct chip *chip, struct purse *purse, const struct ef *ef,
    struct compound_place place, struct bytes data) {
    (void)chip_assert(chip, purse_compound(purse));
    return compound_keep(&purse->compound, &chip->store, ef, place, data);
}

enum sw purse_debit(struct chip *chip, struct purse *purse, const struct purse_completion *done,
    struct builder *out) {
    return complete(chip, purse, DEBIT, done, out);
}

/* ---- asking ---- */

enum sw purse_balance(const struct chip *chip, uint8_t wallet, struct builder *out) {
    struct opened opened;
    enum sw sw = wallet_open(chip, wallet, &opened);
    if (sw != SW_OK) {
        return sw;
    }
    if (!guard_allows(chip, &opened.ef.read)) {
        return SW_SECURITY;
    }
    put_u32(out, opened.wallet.balance);
    return SW_OK;
}

enum sw purse_prove(const struct chip *chip, uint8_t trade, uint16_t number, struct builder *out) {
    const struct kind *kind = kind_of_trade(trade);
    struct opened opened;
    if (!kind || wallet_open(chip, kind->p2, &opened) != SW_OK) {
        return SW_NO_PROOF;
    }
    const struct wallet *w = &opened.wallet;
    const struct wallet_proof *proof = kind->counter == ONLINE ? &w->last_online : &w->last_offline;
    if (proof->trade != trade || proof->number != number) {
        return SW_NO_PROOF;
    }
    put_bytes(out, bytes_of(proof->mac, sizeof proof->mac)); /* MAC, then TAC [purse.md C-03] */
    put_bytes(out, bytes_of(proof->tac, sizeof proof->tac));
    return SW_OK;
}

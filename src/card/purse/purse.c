#include "card/purse/purse.h"

#include "card/files/record.h"
#include "card/files/walletfile.h"
#include "card/guard/tries.h"
#include "card/purse/session.h"
#include "crypto/secret.h"

enum counter { ONLINE, OFFLINE };
enum needs { NO_PIN, PIN };

/* What a completion does to balance and limit. */
enum moves {
    IN,    /* the amount comes in */
    OUT,   /* the amount goes out */
    SINCE, /* the same, if the starting day has come */
    SWAP,  /* the limit becomes another, and the balance holds it */
    START, /* the starting day becomes another */
};

/* How a kind of transaction talks; what the columns mean says kinds.def. */
struct form {
    uint8_t ins, p1;
    uint8_t moves;
    uint8_t order, opening, begun;
    uint8_t done, consent, mac, tac, said, log;
};

static const struct form forms[] = {
#define FORM(name, ins, p1, moves, order, opening, begun, done, consent, mac, tac, said, log)      \
    {ins, p1, moves, MESSAGE_##order, MESSAGE_##opening, MESSAGE_##begun, MESSAGE_##done,          \
        MESSAGE_##consent, MESSAGE_##mac, MESSAGE_##tac, MESSAGE_##said, MESSAGE_##log},
#include "card/purse/kinds.def"
};

enum form_name {
#define FORM(name, ins, p1, moves, order, opening, begun, done, consent, mac, tac, said, log)      \
    FORM_##name,
#include "card/purse/kinds.def"
};

struct kind {
    uint8_t cla, p1, p2;
    uint8_t file;
    uint8_t trade;
    uint8_t key_type;
    uint8_t counter, needs;
    uint8_t form;
};

static const struct kind kinds[] = {
#define KIND(cla, p1, p2, file, trade, key, counter, pin, form)                                    \
    {cla, p1, p2, file, trade, key, counter, pin, FORM_##form},
#include "card/purse/kinds.def"
};

enum {
    KIND_COUNT = sizeof kinds / sizeof kinds[0],
    NUMBER_LAST = 0xFFFF,
    SEQ_ONLINE = 0x8000, /* stands where a purchase has the terminal's sequence [purse.md 5.3] */
    LIVES = 2,           /* a command outlives itself and the next one */
    TAC_KEY_ID = 0x00,
    ASK_BALANCE = 0x00, /* P1 of GET BALANCE */
    ASK_DAY = 0x01,
    ALGORITHM_ID_MAX = 0x01, /* of a 3DES key: 00 says 3DES and 01 DES, and its length decides */
    LOG_RECORD_MAX = 28,     /* EF18 has 23, the medical EF08 28 */
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
    return purse->kind && purse->kind->trade == TRADE_COMPOUND;
}

void purse_outlive(struct purse *purse) {
    if (purse_compound(purse)) {
        purse->lives = LIVES;
    }
}

enum sw purse_keep(struct chip *chip, struct purse *purse, const struct ef *ef,
    struct compound_place place, struct bytes data) {
    (void)chip_assert(chip, purse_compound(purse));
    return compound_keep(&purse->compound, &chip->store, ef, place, data);
}

/* ---- the table ---- */

/* What a command may name of a kind, besides its class. */
enum key_of_kind { BY_ORDER, BY_ACCOUNT, BY_TRADE, BY_COMPLETION };

static bool kind_is(const struct kind *kind, enum key_of_kind by, const struct apdu *cmd) {
    const struct form *form = &forms[kind->form];
    switch (by) {
    case BY_ORDER:
        return kind->p1 == cmd->p1 && kind->p2 == cmd->p2;
    case BY_ACCOUNT:
        return kind->p2 == cmd->p2;
    case BY_TRADE:
        return kind->trade == cmd->p2;
    case BY_COMPLETION:
    default:
        return form->ins == cmd->ins && form->p1 == cmd->p1 && cmd->p2 == 0;
    }
}

/* The first kind of the command's class that it names; NULL when there is none. */
static const struct kind *kind_find(enum key_of_kind by, const struct apdu *cmd) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].cla == cmd->cla && kind_is(&kinds[i], by, cmd)) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* ---- the wallet file ---- */

static enum sw wallet_open(const struct chip *chip, uint8_t fid, struct opened *out) {
    enum sw sw = ef_by_fid(&chip->store, &chip->dir, fid, &out->ef);
    if (sw != SW_OK || out->ef.kind != EF_WALLET) {
        return SW_FILE_NOT_FOUND;
    }
    return wallet_read(&chip->store, &out->ef, &out->wallet);
}

/* The account of the transaction under way, with its log. */
static enum sw account_open(const struct chip *chip, const struct kind *kind, struct opened *out) {
    enum sw sw = wallet_open(chip, kind->file, out);
    return sw == SW_OK ? ef_by_sfi(&chip->store, &chip->dir, out->ef.log_sfi, &out->log) : sw;
}

static uint16_t *number_of(const struct kind *kind, struct wallet *w) {
    return kind->counter == ONLINE ? &w->online : &w->offline;
}

static struct wallet_proof *proof_of(const struct kind *kind, struct wallet *w) {
    return kind->counter == ONLINE ? &w->last_online : &w->last_offline;
}

/* ---- moving money ---- */

/* What comes into the balance, and what goes out of it: under another limit the whole new one comes
 * and the whole old one goes, for the balance holds it. [purse.md 3.5, 4.10] */
struct movement {
    uint32_t in, out;
};

static struct movement movement_of(
    uint8_t moves, const struct trade_facts *f, const struct wallet *w) {
    uint32_t amount = fact_number(f->amounts + sizeof f->amounts - AMOUNT_LEN, AMOUNT_LEN);
    struct movement m = {0, 0};
    if (moves == IN) {
        m.in = amount;
    } else if (moves == OUT || moves == SINCE) {
        m.out = amount;
    } else if (moves == SWAP) {
        m.in = fact_number(f->fresh, LIMIT_LEN);
        m.out = w->overdraft;
    }
    return m;
}

/* Makes the wallet what it will be, if there are the room, the money and the number. 32 bits are
 * enough: ceilings and limits are far below them. */
static enum sw move(const struct kind *kind, const struct trade_facts *f, struct wallet *w) {
    uint8_t moves = forms[kind->form].moves;
    uint32_t ceiling = kind->cla == CLA_MEDICAL ? MEDICAL_CEILING_FEN : PURSE_CEILING_FEN;
    struct movement m = movement_of(moves, f, w);
    if (m.in > 0 && (w->balance > ceiling || m.in > ceiling + m.out - w->balance)) {
        return SW_CONDITIONS;
    }
    if (m.out > w->balance + m.in) {
        return SW_FUNDS;
    }
    if (*number_of(kind, w) == NUMBER_LAST) {
        return SW_COUNTER_FULL;
    }
    w->balance = w->balance + m.in - m.out;
    if (moves == SWAP || moves == START) {
        w->overdraft = fact_number(f->fresh, LIMIT_LEN);
    }
    return SW_OK;
}

/* The wallet as messages tell it. */
static void tell_wallet(const struct kind *kind, struct wallet *w, struct trade_facts *f) {
    uint16_t number = *number_of(kind, w);
    fact_set(f->balance, sizeof f->balance, w->balance);
    fact_set(f->limit, sizeof f->limit, w->overdraft);
    fact_set(f->after, sizeof f->after, number + 1u);
}

/* ---- keys ---- */

/* A key whose algorithm byte is neither 3DES' nor DES' computes nothing in a 3DES directory: real
 * cards answer such keys with something that nobody can check. [purse.md 3.7, C-04] */
static enum sw find_trade_key(
    struct chip *chip, const struct kind *kind, uint8_t id, struct held_key *out) {
    enum sw sw = key_ready(chip, kind->key_type, id, out);
    if (sw == SW_OK && chip->algorithm != ALGORITHM_SM4 && out->key.counter > ALGORITHM_ID_MAX) {
        key_wipe(out);
        sw = SW_KEY_NOT_FOUND;
    }
    return sw == SW_KEY_NOT_FOUND ? SW_KEY_INDEX : sw;
}

/* The session key of the transaction, from its key, which is wiped. */
static void open_session(
    struct held_key *held, const struct trade_facts *facts, struct secret *session) {
    struct secret secret = key_secret(&held->key);
    session_make(&secret, facts, session);
    crypto_wipe(&secret, sizeof secret);
    key_wipe(held);
}

/* The TAC under DTK. 6A88 when the application has none. */
static enum sw make_tac(struct chip *chip, enum message name, struct trade_facts *f) {
    struct held_key held;
    enum sw sw = key_ready(chip, KEY_TAC, TAC_KEY_ID, &held);
    if (sw == SW_OK) {
        struct secret dtk = key_secret(&held.key);
        secret_fold(&dtk, &dtk);
        session_mac(&dtk, name, f, f->tac);
        crypto_wipe(&dtk, sizeof dtk);
        key_wipe(&held);
    }
    return sw;
}

/* ---- beginning ---- */

/* May this be done with this wallet, by whoever stands here? */
static enum sw check_kind(
    const struct chip *chip, const struct kind *kind, const struct opened *opened) {
    bool pin = kind->needs == NO_PIN || guard_pin_proven(chip);
    return pin && guard_allows(chip, &opened->ef.read) ? SW_OK : SW_SECURITY;
}

/* Everything INITIALIZE adds to what the terminal brought, and its answer. [purse.md 4.4, 4.6, 4.9,
 * 4.10; card.md 6] */
static void say_begun(
    struct chip *chip, struct purse *purse, struct held_key *held, struct builder *out) {
    const struct form *form = &forms[purse->kind->form];
    const struct nvm *nvm = chip->store.nvm;
    struct trade_facts *f = &purse->facts;
    f->trade = purse->kind->trade;
    f->version = held->key.version;
    f->algorithm = held->key.counter; /* where such a key has its algorithm */
    nvm->random(nvm->self, f->random, sizeof f->random);
    if (form->opening != MESSAGE_NONE) {
        struct secret session;
        open_session(held, f, &session);
        session_mac(&session, form->opening, f, f->mac);
        crypto_wipe(&session, sizeof session);
    }
    put_message(out, form->begun, f);
}

enum sw purse_begin(
    struct chip *chip, struct purse *purse, const struct apdu *cmd, struct builder *out) {
    const struct kind *kind = kind_find(BY_ORDER, cmd);
    struct trade_facts *f = &purse->facts;
    struct cursor data = cursor_over(cmd->data);
    struct opened opened;
    struct held_key held;
    purse_forget(purse);
    if (!kind) {
        return SW_WRONG_P1P2;
    }
    take_message(&data, forms[kind->form].order, f);
    enum sw sw = cursor_finished(&data) ? account_open(chip, kind, &opened) : SW_WRONG_LENGTH;
    sw = sw == SW_OK ? check_kind(chip, kind, &opened) : sw;
    sw = sw == SW_OK ? find_trade_key(chip, kind, f->key_id, &held) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    tell_wallet(kind, &opened.wallet, f);
    fact_set(f->number, sizeof f->number, *number_of(kind, &opened.wallet));
    fact_set(f->sequence, sizeof f->sequence, kind->counter == ONLINE ? SEQ_ONLINE : 0);
    (void)memcpy(f->fresh, f->limit, sizeof f->fresh); /* INITIALIZE brings no new limit */
    sw = move(kind, f, &opened.wallet);                /* of a copy: only whether it could */
    if (sw == SW_OK) {
        purse->kind = kind;
        purse->lives = LIVES;
        say_begun(chip, purse, &held, out);
    }
    key_wipe(&held);
    return sw;
}

/* ---- completing ---- */

/* Whether the command completes what is under way. */
static bool completes(const struct purse *purse, const struct apdu *cmd) {
    return purse->kind && purse->kind->cla == cmd->cla && kind_is(purse->kind, BY_COMPLETION, cmd)
           && (!purse_compound(purse) || purse->compound.len > 0);
}

/* Nothing can have come between the beginning and the completion [purse 1]. */
static bool untouched(const struct purse *purse, struct wallet *w) {
    const struct trade_facts *f = &purse->facts;
    return *number_of(purse->kind, w) == fact_number(f->number, sizeof f->number);
}

/* A medical account pays from its starting day on: YYMMDD of this century. [decision 0022] */
static bool day_has_come(const struct kind *kind, const struct trade_facts *f) {
    return forms[kind->form].moves != SINCE
           || memcmp(f->moment + 1, f->limit, sizeof f->limit) >= 0;
}

/* Is it the other side that wants it, and can it be? Then the proof, of the wallet as it will
 * be [purse 6]. */
static enum sw decide(
    struct chip *chip, struct purse *purse, struct held_key *held, struct wallet *w) {
    const struct form *form = &forms[purse->kind->form];
    struct trade_facts *f = &purse->facts;
    struct secret session;
    uint8_t consent[MAC_LEN];
    open_session(held, f, &session);
    session_mac(&session, form->consent, f, consent);
    enum sw sw = crypto_equal(consent, f->mac, sizeof consent) ? SW_OK : SW_MAC_WRONG;
    sw = sw == SW_OK && !day_has_come(purse->kind, f) ? SW_CONDITIONS : sw;
    sw = sw == SW_OK ? move(purse->kind, f, w) : sw;
    if (sw == SW_OK) {
        tell_wallet(purse->kind, w, f);
        session_mac(&session, form->mac, f, f->mac);
        sw = form->tac == MESSAGE_NONE ? SW_OK : make_tac(chip, form->tac, f);
    }
    crypto_wipe(&session, sizeof session);
    return sw;
}

/* Balance, number, proof, log record, and what a compound purchase kept: one batch [purse 2]. */
static enum sw settle(struct chip *chip, const struct purse *purse, struct opened *opened) {
    const struct form *form = &forms[purse->kind->form];
    const struct trade_facts *f = &purse->facts;
    struct wallet_proof *proof = proof_of(purse->kind, &opened->wallet);
    uint8_t record[LOG_RECORD_MAX];
    struct builder b = builder_in(record, sizeof record);
    uint16_t *number = number_of(purse->kind, &opened->wallet);
    *number = (uint16_t)(*number + 1);
    proof->trade = f->trade;
    proof->number = *number; /* the number after it [purse.md C-01, C-02] */
    (void)memcpy(proof->mac, f->mac, sizeof proof->mac);
    (void)memcpy(proof->tac, f->tac, sizeof proof->tac);
    put_message(&b, form->log, f);
    (void)chip_assert(chip, !b.overflowed);
    store_begin(&chip->store);
    enum sw sw = compound_stage(&purse->compound, &chip->store, &chip->dir);
    sw = sw == SW_OK ? wallet_write(&chip->store, &opened->ef, &opened->wallet) : sw;
    if (sw == SW_OK && b.len > 0) {
        sw = record_append(&chip->store, &opened->log, builder_bytes(&b));
    }
    if (sw == SW_OK && store_commit(&chip->store)) {
        return SW_OK;
    }
    store_abandon(&chip->store);
    return sw != SW_OK ? sw : SW_MEMORY;
}

/* The completion of what is under way: everything is found again, nothing but facts was kept. */
static enum sw complete(
    struct chip *chip, struct purse *purse, const struct apdu *cmd, struct builder *out) {
    const struct kind *any = kind_find(BY_COMPLETION, cmd);
    struct cursor data = cursor_over(cmd->data);
    struct opened opened;
    struct held_key held;
    if (!any) {
        return SW_WRONG_P1P2;
    }
    take_message(&data, forms[any->form].done, &purse->facts);
    if (!cursor_finished(&data)) {
        return SW_WRONG_LENGTH;
    }
    if (!completes(purse, cmd)) {
        return SW_WRONG_STATE;
    }
    enum sw sw = account_open(chip, purse->kind, &opened);
    if (sw == SW_OK && !chip_assert(chip, untouched(purse, &opened.wallet))) {
        sw = SW_OUR_MISTAKE;
    }
    sw = sw == SW_OK ? find_trade_key(chip, purse->kind, purse->facts.key_id, &held) : sw;
    sw = sw == SW_OK ? decide(chip, purse, &held, &opened.wallet) : sw;
    sw = sw == SW_OK ? settle(chip, purse, &opened) : sw;
    if (sw == SW_OK) {
        put_message(out, forms[purse->kind->form].said, &purse->facts);
    }
    return sw;
}

enum sw purse_complete(
    struct chip *chip, struct purse *purse, const struct apdu *cmd, struct builder *out) {
    enum sw sw = complete(chip, purse, cmd, out);
    purse_forget(purse);
    return sw;
}

/* ---- asking ---- */

enum sw purse_balance(const struct chip *chip, const struct apdu *cmd, struct builder *out) {
    const struct kind *kind = kind_find(BY_ACCOUNT, cmd);
    struct opened opened;
    bool day = cmd->cla == CLA_MEDICAL && cmd->p1 == ASK_DAY;
    if (!kind || (cmd->p1 != ASK_BALANCE && !day)) {
        return SW_WRONG_P1P2;
    }
    enum sw sw = wallet_open(chip, kind->file, &opened);
    if (sw != SW_OK) {
        return sw;
    }
    if (!guard_allows(chip, &opened.ef.read)) {
        return SW_SECURITY;
    }
    if (day) {
        put_u24(out, opened.wallet.overdraft);
    } else {
        put_u32(out, opened.wallet.balance);
    }
    return SW_OK;
}

enum sw purse_prove(const struct chip *chip, const struct apdu *cmd, struct builder *out) {
    const struct kind *kind = kind_find(BY_TRADE, cmd);
    struct cursor data = cursor_over(cmd->data);
    struct opened opened;
    uint16_t number = cursor_u16(&data);
    if (!cursor_finished(&data)) {
        return SW_WRONG_LENGTH;
    }
    if (cmd->p1 != 0) {
        return SW_WRONG_P1P2;
    }
    if (!kind || wallet_open(chip, kind->file, &opened) != SW_OK) {
        return SW_NO_PROOF;
    }
    const struct wallet_proof *proof = proof_of(kind, &opened.wallet);
    if (proof->trade != kind->trade || proof->number != number) {
        return SW_NO_PROOF;
    }
    put_bytes(out, bytes_of(proof->mac, sizeof proof->mac)); /* MAC, then TAC [purse.md C-03] */
    put_bytes(out, bytes_of(proof->tac, sizeof proof->tac));
    return SW_OK;
}

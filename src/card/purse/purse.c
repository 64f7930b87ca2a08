#include "card/purse/purse.h"

#include "card/files/record.h"
#include "card/files/walletfile.h"
#include "card/guard/tries.h"
#include "card/purse/session.h"
#include "crypto/secret.h"

enum counter { ONLINE, OFFLINE };
enum needs { NO_PIN, PIN };

/* What a completion does to balance and limit: bits. */
enum moves {
    IN = 1,          /* the amount comes in */
    OUT = 2,         /* the amount goes out */
    SINCE = OUT | 4, /* the same, if the starting day has come */
    START = 8,       /* the starting day, or the limit, becomes another */
    SWAP = START
           | 16 /* and the balance holds it: the whole new one comes, the whole old one goes */
};

/* How a kind of transaction talks; what the columns mean says kinds.def. */
struct form {
    uint8_t ins, p1;
    uint8_t moves;
    uint8_t order, opening, begun;
    uint8_t done, consent, mac, tac, said, log;
};

enum form_name {
#define FORM(name, ins, p1, moves, order, opening, begun, done, consent, mac, tac, said, log)      \
    FORM_##name,
#include "card/purse/kinds.def"
};

static const struct form forms[] = {
#define FORM(name, ins, p1, moves, order, opening, begun, done, consent, mac, tac, said, log)      \
    {ins, p1, moves, MESSAGE_##order, MESSAGE_##opening, MESSAGE_##begun, MESSAGE_##done,          \
        MESSAGE_##consent, MESSAGE_##mac, MESSAGE_##tac, MESSAGE_##said, MESSAGE_##log},
#include "card/purse/kinds.def"
};

struct kind {
    const struct form *form;
    uint8_t cla;
    uint8_t file;
    uint8_t trade;
    uint8_t key_type;
    uint8_t counter, needs;
};

enum { FORM_COUNT = sizeof forms / sizeof forms[0], ORDER_SHIFT = 4 };

static const struct kind kinds[] = {
#define KIND(cla, p1, p2, file, trade, key, counter, pin, form)                                    \
    {&forms[FORM_##form], cla, file, trade, key, counter, pin},
#include "card/purse/kinds.def"
};

/* By which a command names a kind, besides its class. */
enum column {
    BY_ORDER,   /* P1 and P2 of INITIALIZE, a half byte each */
    BY_ACCOUNT, /* P2 of GET BALANCE */
    BY_TRADE,   /* P2 of PROVE: the transaction type */
    COLUMNS,
};

static const uint8_t names[][COLUMNS] = {
#define KIND(cla, p1, p2, file, trade, key, counter, pin, form)                                    \
    {(p1) << ORDER_SHIFT | (p2), p2, trade},
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
    ALGORITHM_ID_MAX = 0x01,    /* of a 3DES key: 00 says 3DES and 01 DES, and its length decides */
    LOG_RECORD_MAX = 28,        /* EF18 has 23, the medical EF08 28 */
    AMOUNT_AT = 2 * AMOUNT_LEN, /* of the one that moves, among three [purse_message.def] */
};

/* One wallet file, and what is in it. */
struct opened {
    struct ef ef;
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
    return CARD_COMPOUND && purse->kind && purse->kind->trade == TRADE_COMPOUND;
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

/* The first kind of the command's class that has this value in this column; NULL when there is
 * none. */
static const struct kind *kind_find(const struct apdu *cmd, enum column column, uint8_t value) {
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kinds[i].cla == cmd->cla && names[i][column] == value) {
            return &kinds[i];
        }
    }
    return NULL;
}

/* The kind that an INITIALIZE means. */
static const struct kind *kind_begun(const struct apdu *cmd) {
    if ((cmd->p1 | cmd->p2) >> ORDER_SHIFT) {
        return NULL;
    }
    uint8_t order = (uint8_t)(cmd->p1 << ORDER_SHIFT | cmd->p2);
    return kind_find(cmd, BY_ORDER, order);
}

/* The form that a completion has; the loop's table ties instruction and class together. */
static const struct form *form_find(const struct apdu *cmd) {
    for (const struct form *form = forms; form < forms + FORM_COUNT; form++) {
        if (form->ins == cmd->ins && form->p1 == cmd->p1 && cmd->p2 == 0) {
            return form;
        }
    }
    return NULL;
}

/* ---- the wallet file ---- */

static enum sw wallet_open(const struct chip *chip, const struct kind *kind, struct opened *out) {
    enum sw sw = ef_by_fid(&chip->store, &chip->dir, kind->file, &out->ef);
    if (sw != SW_OK || out->ef.kind != EF_WALLET) {
        return SW_FILE_NOT_FOUND;
    }
    return wallet_read(&chip->store, &out->ef, &out->wallet);
}

static uint16_t *number_of(const struct kind *kind, struct wallet *w) {
    return kind->counter == ONLINE ? &w->online : &w->offline;
}

static struct wallet_proof *proof_of(const struct kind *kind, struct wallet *w) {
    return kind->counter == ONLINE ? &w->last_online : &w->last_offline;
}

/* ---- moving money ---- */

/* Makes the wallet what it will be, if there are the room, the money and the number; and the facts
 * what messages tell of it. 32 bits are enough: ceilings and limits are far below them. */
static enum sw move(const struct kind *kind, struct wallet *w, struct trade_facts *f) {
    uint8_t moves = kind->form->moves;
    uint32_t amount = fact_number(f->amounts + AMOUNT_AT, AMOUNT_LEN);
    uint32_t fresh = fact_number(f->fresh, LIMIT_LEN);
    uint32_t ceiling = kind->cla == CLA_MEDICAL ? MEDICAL_CEILING_FEN : PURSE_CEILING_FEN;
    uint32_t in = moves == IN ? amount : moves == SWAP ? fresh : 0;
    uint32_t out = moves & OUT ? amount : moves == SWAP ? w->overdraft : 0;
    if (in > 0 && (w->balance > ceiling || in > ceiling + out - w->balance)) {
        return SW_CONDITIONS;
    }
    if (out > w->balance + in) {
        return SW_FUNDS;
    }
    uint16_t number = *number_of(kind, w);
    if (number == NUMBER_LAST) {
        return SW_COUNTER_FULL;
    }
    w->balance = w->balance + in - out;
    w->overdraft = moves & START ? fresh : w->overdraft;
    fact_set(f->after, sizeof f->after, number + 1u);
    return SW_OK;
}

static void tell_wallet(const struct wallet *w, struct trade_facts *f) {
    fact_set(f->balance, sizeof f->balance, w->balance);
    fact_set(f->limit, sizeof f->limit, w->overdraft);
}

/* ---- keys ---- */

/* Brings a key of the directory into the purse, where purse_forget() wipes it, and what messages tell
 * of it. 6A88; also for a key of 3DES whose algorithm byte is none of DES' kind: real cards answer
 * such keys with something that nobody can check. [purse.md 3.7, C-04] */
static enum sw fetch_key(struct chip *chip, struct purse *purse, uint8_t type, uint8_t id) {
    struct held_key held;
    enum sw sw = key_ready(chip, type, id, &held);
    if (sw != SW_OK) {
        return sw;
    }
    purse->key = key_secret(&held.key);
    purse->facts.version = held.key.version;
    purse->facts.algorithm = held.key.counter; /* where such a key has it */
    key_wipe(&held);
    bool known = chip->algorithm == ALGORITHM_SM4 || purse->facts.algorithm <= ALGORITHM_ID_MAX;
    return known ? SW_OK : SW_KEY_NOT_FOUND;
}

static enum sw fetch_trade_key(struct chip *chip, struct purse *purse, const struct kind *kind) {
    enum sw sw = fetch_key(chip, purse, kind->key_type, purse->facts.key_id);
    return sw == SW_KEY_NOT_FOUND ? SW_KEY_INDEX : sw;
}

/* ---- beginning ---- */

/* Is there such an account, with a log beside it, and may this be done by whoever stands here? */
static enum sw check_account(
    const struct chip *chip, const struct kind *kind, struct opened *opened) {
    enum sw sw = wallet_open(chip, kind, opened);
    if (sw != SW_OK) {
        return sw;
    }
    bool pin = kind->needs == NO_PIN || guard_pin_proven(chip);
    bool may = pin && guard_allows(chip, &opened->ef.read);
    sw = ef_by_sfi(&chip->store, &chip->dir, opened->ef.log_sfi, &opened->ef);
    return sw == SW_OK && !may ? SW_SECURITY : sw;
}

/* The facts that INITIALIZE adds to what the terminal brought. */
static void gather(
    const struct chip *chip, const struct kind *kind, struct wallet *w, struct trade_facts *f) {
    const struct nvm *nvm = chip->store.nvm;
    tell_wallet(w, f);
    fact_set(f->number, sizeof f->number, *number_of(kind, w));
    fact_set(f->sequence, sizeof f->sequence, kind->counter == ONLINE ? SEQ_ONLINE : 0);
    (void)memcpy(f->fresh, f->limit, sizeof f->fresh); /* INITIALIZE brings no new limit */
    f->trade = kind->trade;
    nvm->random(nvm->self, f->random, sizeof f->random);
}

/* [purse.md 4.4, 4.6, 4.9, 4.10; card.md 6] */
static enum sw begin(struct chip *chip, struct purse *purse, const struct kind *kind,
    const struct apdu *cmd, struct builder *out) {
    struct trade_facts *f = &purse->facts;
    struct cursor data = cursor_over(cmd->data);
    struct opened opened;
    take_message(&data, kind->form->order, f);
    enum sw sw = cursor_finished(&data) ? check_account(chip, kind, &opened) : SW_WRONG_LENGTH;
    sw = sw == SW_OK ? fetch_trade_key(chip, purse, kind) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    gather(chip, kind, &opened.wallet, f);
    sw = move(kind, &opened.wallet, f); /* of a copy: only whether it could */
    if (sw == SW_OK) {
        purse->kind = kind;
        purse->lives = LIVES;
        if (kind->form->opening
            != MESSAGE_NONE) { /* an offline session wants the terminal's number */
            session_make(&purse->key, f, &purse->key);
            session_mac(&purse->key, kind->form->opening, f, f->mac);
        }
        put_message(out, kind->form->begun, f);
    }
    return sw;
}

enum sw purse_begin(
    struct chip *chip, struct purse *purse, const struct apdu *cmd, struct builder *out) {
    const struct kind *kind = kind_begun(cmd);
    purse_forget(purse);
    enum sw sw = kind ? begin(chip, purse, kind, cmd, out) : SW_WRONG_P1P2;
    if (sw != SW_OK) {
        purse_forget(purse);
    }
    crypto_wipe(&purse->key, sizeof purse->key); /* the completion makes it anew */
    return sw;
}

/* ---- completing ---- */

/* Whether this form of completion is that of what is under way. */
static bool completes(const struct purse *purse, const struct form *form) {
    return purse->kind && purse->kind->form == form
           && (!purse_compound(purse) || purse->compound.len > 0);
}

/* Is it the other side that wants it, and can it be? A medical account pays from its starting day
 * on: YYMMDD of this century. [decision 0022] */
static enum sw decide(struct purse *purse, struct wallet *w) {
    const struct form *form = purse->kind->form;
    struct trade_facts *f = &purse->facts;
    uint8_t consent[MAC_LEN];
    session_make(&purse->key, f, &purse->key);
    session_mac(&purse->key, form->consent, f, consent);
    if (!crypto_equal(consent, f->mac, sizeof consent)) {
        return SW_MAC_WRONG;
    }
    if (form->moves == SINCE && memcmp(f->moment + 1, f->limit, sizeof f->limit) < 0) {
        return SW_CONDITIONS;
    }
    return move(purse->kind, w, f);
}

/* MAC and TAC of the wallet as it will be [purse 6]. */
static enum sw make_proof(struct chip *chip, struct purse *purse, const struct wallet *w) {
    const struct form *form = purse->kind->form;
    struct trade_facts *f = &purse->facts;
    enum sw sw = SW_OK;
    tell_wallet(w, f);
    session_mac(&purse->key, form->mac, f, f->mac);
    if (form->tac != MESSAGE_NONE) {
        sw = fetch_key(chip, purse, KEY_TAC, TAC_KEY_ID);
        secret_fold(&purse->key, &purse->key);
        session_mac(&purse->key, form->tac, f, f->tac);
    }
    return sw;
}

static void keep_proof(const struct purse *purse, struct wallet *w) {
    const struct trade_facts *f = &purse->facts;
    struct wallet_proof *proof = proof_of(purse->kind, w);
    uint16_t number = (uint16_t)fact_number(f->after, sizeof f->after);
    *number_of(purse->kind, w) = number;
    proof->trade = f->trade;
    proof->number = number; /* the number after it [purse.md C-02] */
    (void)memcpy(proof->mac, f->mac, sizeof proof->mac);
    (void)memcpy(proof->tac, f->tac, sizeof proof->tac);
}

/* The log is the wallet's neighbour; kinds without a record write none. */
static enum sw append_log(struct chip *chip, const struct purse *purse, struct ef *ef) {
    uint8_t record[LOG_RECORD_MAX];
    struct builder b = builder_in(record, sizeof record);
    put_message(&b, purse->kind->form->log, &purse->facts);
    (void)chip_assert(chip, !b.overflowed);
    if (b.len == 0) {
        return SW_OK;
    }
    enum sw sw = ef_by_sfi(&chip->store, &chip->dir, ef->log_sfi, ef);
    return sw == SW_OK ? record_append(&chip->store, ef, builder_bytes(&b)) : sw;
}

/* Balance, number, proof, log record, and what a compound purchase kept: one batch [purse 2]. */
static enum sw settle(struct chip *chip, const struct purse *purse, struct opened *opened) {
    keep_proof(purse, &opened->wallet);
    enum sw sw = SW_OK;
    if (purse_compound(purse)) {
        store_begin(&chip->store);
        sw = compound_stage(&purse->compound, &chip->store, &chip->dir);
    } else {
        store_begin_brief(&chip->store);
    }
    sw = sw == SW_OK ? wallet_write(&chip->store, &opened->ef, &opened->wallet) : sw;
    sw = sw == SW_OK ? append_log(chip, purse, &opened->ef) : sw;
    return chip_settle(chip, sw);
}

/* The completion of what is under way: everything is found again, nothing but facts was kept. */
static enum sw complete(
    struct chip *chip, struct purse *purse, const struct apdu *cmd, struct builder *out) {
    const struct form *form = form_find(cmd);
    struct trade_facts *f = &purse->facts;
    struct cursor data = cursor_over(cmd->data);
    struct opened opened;
    if (!form) {
        return SW_WRONG_P1P2;
    }
    take_message(&data, form->done, f);
    if (!cursor_finished(&data)) {
        return SW_WRONG_LENGTH;
    }
    if (!completes(purse, form)) {
        return SW_WRONG_STATE;
    }
    enum sw sw = wallet_open(chip, purse->kind, &opened);
    sw = sw == SW_OK ? fetch_trade_key(chip, purse, purse->kind) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    uint16_t number = *number_of(purse->kind, &opened.wallet);
    (void)chip_assert(chip, number == fact_number(f->number, sizeof f->number)); /* [purse 1] */
    sw = decide(purse, &opened.wallet);
    sw = sw == SW_OK ? make_proof(chip, purse, &opened.wallet) : sw;
    sw = sw == SW_OK ? settle(chip, purse, &opened) : sw;
    if (sw == SW_OK) {
        put_message(out, form->said, f);
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
    const struct kind *kind = kind_find(cmd, BY_ACCOUNT, cmd->p2);
    struct opened opened;
    bool day = cmd->cla == CLA_MEDICAL && cmd->p1 == ASK_DAY;
    if (!kind || (cmd->p1 != ASK_BALANCE && !day)) {
        return SW_WRONG_P1P2;
    }
    enum sw sw = wallet_open(chip, kind, &opened);
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
    const struct kind *kind = kind_find(cmd, BY_TRADE, cmd->p2);
    struct cursor data = cursor_over(cmd->data);
    struct opened opened;
    uint16_t number = cursor_u16(&data);
    if (!cursor_finished(&data)) {
        return SW_WRONG_LENGTH;
    }
    if (cmd->p1 != 0) {
        return SW_WRONG_P1P2;
    }
    if (!kind || wallet_open(chip, kind, &opened) != SW_OK) {
        return SW_NO_PROOF;
    }
    const struct wallet_proof *proof = proof_of(kind, &opened.wallet);
    if (proof->trade != cmd->p2 || proof->number != number) {
        return SW_NO_PROOF;
    }
    put_bytes(out, bytes_of(proof->mac, sizeof proof->mac)); /* MAC, then TAC [purse.md C-03] */
    put_bytes(out, bytes_of(proof->tac, sizeof proof->tac));
    return SW_OK;
}

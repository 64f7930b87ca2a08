#include "card/purse/sam.h"

#include "card/files/binary.h"
#include "card/guard/tries.h"
#include "card/purse/session.h"
#include "crypto/derive.h"
#include "crypto/secret.h"

enum {
    SFI_TERMINAL = 0x16,     /* in the master file */
    SFI_MAC2_TRIES = 0x18,   /* in the application: maximum, left */
    SFI_TERMINAL_SEQ = 0x19, /* in the application */
    USAGE_LEVELS_SHIFT = 5,
    USAGE_KIND = 0x1F,
    KIND_PURCHASE = 2,
    KIND_FOLDED = 4,
    ALGORITHM_HALF = 0x01, /* the card has the left half and computes DES */
    TRIES_MOST = 0,
    TRIES_LEFT = 1,
    TRIES_LEN = 2,
    SEQ_LEN = 4,
    RANDOM_TAIL = 8, /* of BFDE: a user card's challenge */
    LIVES = 2,       /* a command, and the next one */
    P1_MEDICAL = 0x01,
    /* Bits of 80FA's P1. */
    FA_MAC = 0x01,
    FA_MORE = 0x02,
    FA_VECTOR = 0x04,
    /* Which kinds of keys may do which, one bit a kind [sam 4]. */
    MAY_ENCRYPT = 1 << 1 | 1 << 3 | 1 << 5 | 1 << 7 | 1 << 8,
    MAY_MAC = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8,
};

void sam_forget(struct sam *sam) {
    crypto_wipe(sam, sizeof *sam);
}

void sam_age(struct sam *sam) {
    if (sam->lives > 1) {
        sam->lives--;
    } else {
        sam_forget(sam);
    }
}

/* ---- the module's own files: its rights bind terminals, not itself ---- */

/* Reads exactly len bytes from the start of a file. 6A82 when they are not there. */
static enum sw own_read(
    const struct chip *chip, const struct dir *dir, uint8_t sfi, uint8_t *to, uint8_t len) {
    struct ef ef;
    struct builder b = builder_in(to, len);
    enum sw sw = ef_by_sfi(&chip->store, dir, sfi, &ef);
    sw = sw == SW_OK ? binary_read(&chip->store, &ef, 0, len, &b) : sw;
    return sw == SW_OK && b.len < len ? SW_FILE_NOT_FOUND : sw;
}

/* A batch of its own. */
static enum sw own_write(struct chip *chip, uint8_t sfi, struct bytes data) {
    struct ef ef;
    enum sw sw = ef_by_sfi(&chip->store, &chip->dir, sfi, &ef);
    if (sw != SW_OK) {
        return sw;
    }
    store_begin_brief(&chip->store);
    return chip_settle(chip, binary_update(&chip->store, &ef, 0, data));
}

static enum sw tries_read(const struct chip *chip, uint8_t tries[TRIES_LEN]) {
    enum sw sw = own_read(chip, &chip->dir, SFI_MAC2_TRIES, tries, TRIES_LEN);
    return sw == SW_OK && tries[TRIES_LEFT] == 0 ? SW_LOCKED_FOR_EVER : sw;
}

static enum sw tries_write(struct chip *chip, const uint8_t tries[TRIES_LEN], uint8_t left) {
    const uint8_t now[TRIES_LEN] = {tries[TRIES_MOST], left};
    return own_write(chip, SFI_MAC2_TRIES, bytes_of(now, sizeof now));
}

/* The terminal's number is in the directory above the application. */
static enum sw terminal_read(const struct chip *chip, uint8_t terminal[TERMINAL_LEN]) {
    struct dir above;
    if (!dir_above(&chip->dir, &above)) {
        return SW_FILE_NOT_FOUND;
    }
    return own_read(chip, &above, SFI_TERMINAL, terminal, TERMINAL_LEN);
}

/* ---- keys ---- */

/* One step down: 3DES(K, f) || 3DES(K, ~f). What SM4 makes of a key and a factor, and DES of a key
 * of eight bytes, is the same as a session key. [card.md 5.3; decision 0020] */
static void derive_step(struct secret *key, const uint8_t factor[FACTOR_LEN]) {
    struct key128 whole;
    if (key->len == DES_BLOCK || key->algorithm == ALGORITHM_SM4) {
        secret_session(key, factor, key);
        return;
    }
    (void)memcpy(whole.bytes, key->bytes, sizeof whole.bytes);
    derive_key(&whole, factor, &whole);
    (void)memcpy(key->bytes, whole.bytes, sizeof whole.bytes);
    crypto_wipe(&whole, sizeof whole);
}

/* The key of this usage and number, led down to the card. The factors come card first, region and
 * province behind it; the last one on the line is the first to be used. [purse.md 6.3; card.md 7]
 * 6A88; 6700 when there are not as many as the usage says. */
static enum sw key_down(
    struct chip *chip, uint8_t usage, uint8_t number, struct bytes factors, struct secret *out) {
    struct held_key held;
    enum sw sw = key_ready(chip, usage, number, &held);
    if (sw != SW_OK) {
        return sw;
    }
    *out = key_secret(&held.key);
    bool half = held.key.counter == ALGORITHM_HALF;
    key_wipe(&held);
    if (factors.len != (size_t)(usage >> USAGE_LEVELS_SHIFT) * FACTOR_LEN) {
        return SW_WRONG_LENGTH;
    }
    for (size_t at = factors.len; at > 0; at -= FACTOR_LEN) {
        derive_step(out, factors.at + at - FACTOR_LEN);
    }
    uint8_t kind = usage & USAGE_KIND;
    if (kind == KIND_FOLDED) {
        secret_fold(out, out);
    } else if (half && kind != KIND_PURCHASE && out->algorithm != ALGORITHM_SM4) {
        out->len = DES_BLOCK;
    }
    return SW_OK;
}

/* ---- a purchase ---- */

/* Takes the next terminal transaction number and makes sure that nobody gets it again [sam 1]. */
static enum sw take_number(struct chip *chip, uint8_t number[SEQ_LEN]) {
    uint8_t next[SEQ_LEN];
    enum sw sw = own_read(chip, &chip->dir, SFI_TERMINAL_SEQ, number, SEQ_LEN);
    if (sw != SW_OK) {
        return sw;
    }
    uint32_t now = fact_number(number, SEQ_LEN);
    fact_set(next, sizeof next, now + 1);
    return now == UINT32_MAX ? SW_COUNTER_FULL
                             : own_write(chip, SFI_TERMINAL_SEQ, bytes_of(next, sizeof next));
}

/* What 8070 asks, decided before a number is taken: everything but the number. */
static enum sw prepare(
    struct chip *chip, struct bytes factors, struct trade_facts *f, struct secret *dpk) {
    uint8_t tries[TRIES_LEN];
    uint8_t usage = (uint8_t)(factors.len / FACTOR_LEN << USAGE_LEVELS_SHIFT | KIND_PURCHASE);
    enum sw sw = terminal_read(chip, f->terminal);
    sw = sw == SW_OK ? tries_read(chip, tries) : sw;
    sw = sw == SW_OK ? key_down(chip, usage, f->version, factors, dpk) : sw;
    return sw == SW_OK && dpk->len != KEY128_LEN ? SW_WRONG_FILE_TYPE : sw;
}

enum sw sam_begin(struct chip *chip, struct sam *sam, const struct apdu *cmd, struct builder *out) {
    bool medical = cmd->p1 == P1_MEDICAL;
    struct trade_facts f = {0};
    struct cursor data = cursor_over(cmd->data);
    struct secret dpk;
    sam_forget(sam);
    if (cmd->p1 > P1_MEDICAL || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    take_message(&data, medical ? MESSAGE_SAM_ORDER_MEDICAL : MESSAGE_SAM_ORDER, &f);
    size_t factors = data.rest.len / FACTOR_LEN;
    if (data.overran || data.rest.len % FACTOR_LEN != 0 || factors < 1 /* no such key exists */
        || factors > SAM_LEVELS_MAX) {
        return SW_WRONG_LENGTH;
    }
    enum sw sw = prepare(chip, data.rest, &f, &dpk);
    sw = sw == SW_OK ? take_number(chip, f.sequence) : sw;
    if (sw == SW_OK) {
        session_make(&dpk, &f, &sam->key);
        session_mac(&sam->key, medical ? MESSAGE_CONSENT_MEDICAL : MESSAGE_CONSENT, &f, f.mac);
        (void)memcpy(sam->amounts, f.amounts, sizeof sam->amounts);
        sam->receipt = medical ? MESSAGE_RECEIPT_MEDICAL : MESSAGE_RECEIPT;
        sam->use = SAM_PURCHASE;
        sam->lives = LIVES;
        put_message(out, MESSAGE_SAM_BEGUN, &f);
    }
    crypto_wipe(&dpk, sizeof dpk);
    return sw;
}

/* Compares, and gives the try back that was taken. */
static enum sw judge(struct chip *chip, const struct sam *sam, const uint8_t mac2[MAC_LEN],
    const uint8_t tries[TRIES_LEN], uint8_t left) {
    struct trade_facts f = {0};
    (void)memcpy(f.amounts, sam->amounts, sizeof f.amounts);
    session_mac(&sam->key, (enum message)sam->receipt, &f, f.mac);
    if (crypto_equal(f.mac, mac2, sizeof f.mac)) {
        return tries_write(chip, tries, tries[TRIES_MOST]);
    }
    return left == 0 ? SW_LOCKED_FOR_EVER : SW_MAC_WRONG;
}

enum sw sam_credit(struct chip *chip, struct sam *sam, const struct apdu *cmd) {
    uint8_t tries[TRIES_LEN];
    if (cmd->data.len != MAC_LEN) {
        return SW_WRONG_LENGTH;
    }
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    if (sam->use != SAM_PURCHASE) {
        return SW_WRONG_STATE;
    }
    enum sw sw = tries_read(chip, tries);
    uint8_t left = sw == SW_OK ? (uint8_t)(tries[TRIES_LEFT] - 1) : 0;
    (void)chip_assert(chip, sw != SW_OK || left < tries[TRIES_LEFT]); /* [sam 2] */
    sw = sw == SW_OK ? tries_write(chip, tries, left) : sw;           /* before comparing [sam 2] */
    sw = sw == SW_OK ? judge(chip, sam, cmd->data.at, tries, left) : sw;
    sam_forget(sam);
    return sw;
}

/* ---- computing with other keys ---- */

static bool may(uint8_t kind, unsigned which) {
    return (which >> kind & 1u) != 0;
}

/* What BFDE and 801A share: the key of the card, for what it is for. [sam 4] */
static enum sw load(struct chip *chip, struct sam *sam, const struct apdu *cmd, size_t tail) {
    uint8_t kind = cmd->p1 & USAGE_KIND;
    sam_forget(sam);
    if (cmd->data.len < tail) {
        return SW_WRONG_LENGTH;
    }
    struct bytes factors = bytes_of(cmd->data.at, cmd->data.len - tail);
    enum sw sw = key_down(chip, cmd->p1, cmd->p2, factors, &sam->key);
    sw = sw == SW_OK && !may(kind, MAY_ENCRYPT | MAY_MAC) ? SW_SECURITY : sw;
    if (sw != SW_OK) {
        sam_forget(sam);
        return sw;
    }
    sam->kind = kind;
    sam->lives = LIVES;
    return SW_OK;
}

enum sw sam_session(struct chip *chip, struct sam *sam, const struct apdu *cmd) {
    enum sw sw = load(chip, sam, cmd, RANDOM_TAIL);
    if (sw == SW_OK) {
        secret_session(&sam->key, cmd->data.at + cmd->data.len - RANDOM_TAIL, &sam->key);
        sam->use = SAM_ONCE;
    }
    return sw;
}

enum sw sam_load(struct chip *chip, struct sam *sam, const struct apdu *cmd) {
    enum sw sw = load(chip, sam, cmd, 0);
    sam->use = sw == SW_OK ? SAM_COMPUTE : SAM_IDLE;
    return sw;
}

static void encrypt_blocks(const struct secret *key, struct bytes data, struct builder *out) {
    size_t at = out->len;
    put_bytes(out, data);
    for (; at < out->len; at += secret_block(key)) {
        secret_encrypt(key, out->at + at, out->at + at);
    }
}

/* The half of a 3DES key that runs through a MAC (0) or closes it (1); an SM4 key or one of eight
 * bytes is whole. [purse.md 1.3] */
static struct secret half_of(const struct secret *key, size_t half) {
    struct secret part = *key;
    if (key->len == KEY128_LEN && key->algorithm != ALGORITHM_SM4) {
        (void)memcpy(part.bytes, key->bytes + half * DES_BLOCK, DES_BLOCK);
        part.len = DES_BLOCK;
    }
    return part;
}

/* The last step of a retail MAC; other MACs have none. */
static void close_chain(const struct secret *key, uint8_t chain[CIPHER_BLOCK_MAX]) {
    struct secret left = half_of(key, 0);
    struct secret right = half_of(key, 1);
    if (left.len != key->len) {
        secret_decrypt(&right, chain, chain);
        secret_encrypt(&left, chain, chain);
    }
    crypto_wipe(&left, sizeof left);
    crypto_wipe(&right, sizeof right);
}

/* CBC over whole blocks; the padding is the terminal's. */
static void chain_blocks(
    const struct secret *key, struct bytes data, uint8_t chain[CIPHER_BLOCK_MAX]) {
    struct secret left = half_of(key, 0);
    size_t filled = 0;
    for (size_t i = 0; i < data.len; i++) {
        chain[filled++] ^= data.at[i];
        if (filled == secret_block(key)) {
            secret_encrypt(&left, chain, chain);
            filled = 0;
        }
    }
    crypto_wipe(&left, sizeof left);
}

static void mac_blocks(struct sam *sam, uint8_t p1, struct cursor data, struct builder *out) {
    if (!sam->chaining) {
        (void)memset(sam->chain, 0, sizeof sam->chain);
    }
    if (p1 & FA_VECTOR) {
        cursor_copy(&data, sam->chain, secret_block(&sam->key));
    }
    chain_blocks(&sam->key, data.rest, sam->chain);
    sam->chaining = (p1 & FA_MORE) != 0;
    if (!sam->chaining) {
        close_chain(&sam->key, sam->chain);
        put_bytes(out, bytes_of(sam->chain, DES_BLOCK));
    }
}

/* Whether 80FA may do this with the key that is loaded. */
static enum sw check_compute(const struct sam *sam, const struct apdu *cmd) {
    bool mac = (cmd->p1 & FA_MAC) != 0;
    bool known = mac ? cmd->p1 <= (FA_MAC | FA_MORE | FA_VECTOR) : cmd->p1 == 0;
    bool chain = (cmd->p1 & FA_MORE) != 0 && sam->use == SAM_ONCE;
    bool restart = sam->chaining && (!mac || (cmd->p1 & FA_VECTOR) != 0);
    if (sam->use != SAM_ONCE && sam->use != SAM_COMPUTE) {
        return SW_WRONG_STATE;
    }
    if (!known || cmd->p2 != 0 || chain || restart) {
        return SW_WRONG_P1P2;
    }
    if (!may(sam->kind, mac ? MAY_MAC : MAY_ENCRYPT)) {
        return SW_SECURITY;
    }
    size_t block = secret_block(&sam->key);
    size_t least = cmd->p1 & FA_VECTOR ? 2 * block : block;
    return (cmd->data.len & (block - 1)) != 0 || cmd->data.len < least ? SW_WRONG_LENGTH : SW_OK;
}

enum sw sam_compute(struct sam *sam, const struct apdu *cmd, struct builder *out) {
    enum sw sw = check_compute(sam, cmd);
    if (sw == SW_OK && (cmd->p1 & FA_MAC)) {
        mac_blocks(sam, cmd->p1, cursor_over(cmd->data), out);
    } else if (sw == SW_OK) {
        encrypt_blocks(&sam->key, cmd->data, out);
    }
    if (sw == SW_OK && sam->use == SAM_COMPUTE) {
        sam->lives = LIVES; /* [sam 3] */
    } else {
        sam_forget(sam);
    }
    return sw;
}

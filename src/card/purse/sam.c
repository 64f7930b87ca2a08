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
    USAGE_PURCHASE = 2,
    TRIES_MOST = 0,
    TRIES_LEFT = 1,
    TRIES_LEN = 2,
    SEQ_LEN = 4,
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
    store_begin(&chip->store);
    sw = binary_update(&chip->store, &ef, 0, data);
    if (sw == SW_OK && store_commit(&chip->store)) {
        return SW_OK;
    }
    store_abandon(&chip->store);
    return sw != SW_OK ? sw : SW_MEMORY;
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

/* ---- keys and MACs ---- */

/* The card's DPK: the module's key through the factors, region first and card last, though the
 * card's comes first on the line. [purse.md 6.3] */
static void derive_down(
    const struct key_record *key, const struct sam_order *order, struct secret *out) {
    struct key128 dpk;
    (void)memcpy(dpk.bytes, key->value, sizeof dpk.bytes);
    for (uint8_t i = order->levels; i > 0; i--) {
        derive_key(&dpk, order->factors[i - 1], &dpk);
    }
    (void)memcpy(out->bytes, dpk.bytes, sizeof out->bytes);
    out->len = sizeof out->bytes;
    crypto_wipe(&dpk, sizeof dpk);
}

static void make_session(struct sam *sam, const struct key_record *key,
    const struct sam_order *order, uint32_t terminal_seq) {
    struct secret dpk;
    uint8_t input[8];
    derive_down(key, order, &dpk);
    purchase_session_input(order->random, order->number, terminal_seq, input);
    session_make(&dpk, input, sam->session);
    crypto_wipe(&dpk, sizeof dpk);
}

/* ---- the two commands ---- */

/* Takes the next terminal transaction number and makes sure that nobody gets it again [sam 1]. */
static enum sw take_number(struct chip *chip, uint32_t *number) {
    uint8_t bytes[SEQ_LEN];
    enum sw sw = own_read(chip, &chip->dir, SFI_TERMINAL_SEQ, bytes, sizeof bytes);
    if (sw != SW_OK) {
        return sw;
    }
    struct cursor c = cursor_over(bytes_of(bytes, sizeof bytes));
    *number = cursor_u32(&c);
    if (*number == UINT32_MAX) {
        return SW_COUNTER_FULL;
    }
    struct builder b = builder_in(bytes, sizeof bytes);
    put_u32(&b, *number + 1);
    return own_write(chip, SFI_TERMINAL_SEQ, builder_bytes(&b));
}

static enum sw find_purchase_key(
    struct chip *chip, const struct sam_order *order, struct held_key *out) {
    uint8_t usage = (uint8_t)(order->levels << USAGE_LEVELS_SHIFT | USAGE_PURCHASE);
    enum sw sw = key_ready(chip, usage, order->key_version, out);
    if (sw == SW_OK && out->key.len != KEY128_LEN) {
        key_wipe(out);
        return SW_WRONG_FILE_TYPE;
    }
    return sw;
}

enum sw sam_begin(
    struct chip *chip, struct sam *sam, const struct sam_order *order, struct builder *out) {
    struct held_key held;
    struct purchase_facts f = {.amount = order->amount, .trade = (enum trade)order->trade};
    uint8_t tries[TRIES_LEN];
    uint8_t mac1[MAC_LEN];
    sam_forget(sam);
    enum sw sw = terminal_read(chip, f.terminal);
    sw = sw == SW_OK ? tries_read(chip, tries) : sw;
    sw = sw == SW_OK ? find_purchase_key(chip, order, &held) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    sw = take_number(chip, &f.terminal_seq);
    (void)chip_assert(chip, order->levels >= 1 && order->levels <= SAM_LEVELS_MAX);
    if (sw == SW_OK) {
        (void)memcpy(f.moment, order->moment, sizeof f.moment);
        make_session(sam, &held.key, order, f.terminal_seq);
        sam->amount = order->amount;
        sam->lives = 2; /* 8070 itself, and 8072 */
        session_purchase_mac(sam->session, put_purchase_mac1, &f, mac1);
        put_u32(out, f.terminal_seq);
        put_bytes(out, bytes_of(mac1, sizeof mac1));
    }
    key_wipe(&held);
    return sw;
}

enum sw sam_credit(struct chip *chip, struct sam *sam, const uint8_t mac2[MAC_LEN]) {
    const struct purchase_facts f = {.amount = sam->amount};
    uint8_t tries[TRIES_LEN];
    uint8_t right[MAC_LEN];
    if (sam->lives == 0) {
        return SW_WRONG_STATE;
    }
    enum sw sw = tries_read(chip, tries);
    uint8_t left = sw == SW_OK ? (uint8_t)(tries[TRIES_LEFT] - 1) : 0;
    (void)chip_assert(chip, sw != SW_OK || left < tries[TRIES_LEFT]); /* [sam 2] */
    sw = sw == SW_OK ? tries_write(chip, tries, left) : sw;           /* before comparing [sam 2] */
    if (sw == SW_OK) {
        session_purchase_mac(sam->session, put_purchase_mac2, &f, right);
        if (crypto_equal(right, mac2, sizeof right)) {
            sw = tries_write(chip, tries, tries[TRIES_MOST]);
        } else {
            sw = left == 0 ? SW_LOCKED_FOR_EVER : SW_MAC_WRONG;
        }
    }
    sam_forget(sam);
    return sw;
}

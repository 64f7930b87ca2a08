#include "card/files/walletfile.h"

#include "base/builder.h"
#include "card/files/entry.h"

/* How the body lies: overdraft, last online proof, online number, balance, offline number, last
 * offline proof; so ordered that what one transaction changes lies together. */
enum {
    ONLINE_AT = 3,
    BALANCE_AT = ONLINE_AT + 11 + 2,
    OFFLINE_AT = BALANCE_AT + 4,
    OVERDRAFT_MAX = 0xFFFFFF,
};

/* A proof lies as trade 1, number 2, MAC 4, TAC 4; take and put must stay each other's mirror. */
static void take_proof(struct cursor *c, struct wallet_proof *proof) {
    proof->trade = cursor_u8(c);
    proof->number = cursor_u16(c);
    cursor_copy(c, proof->mac, sizeof proof->mac);
    cursor_copy(c, proof->tac, sizeof proof->tac);
}

static void put_proof(struct builder *b, const struct wallet_proof *proof) {
    put_u8(b, proof->trade);
    put_u16(b, proof->number);
    put_bytes(b, bytes_of(proof->mac, sizeof proof->mac));
    put_bytes(b, bytes_of(proof->tac, sizeof proof->tac));
}

enum sw wallet_read(const struct store *s, const struct ef *ef, struct wallet *out) {
    uint8_t raw[WALLET_LEN];
    if (ef->kind != EF_WALLET) {
        return SW_WRONG_FILE_TYPE;
    }
    store_read(s, ef_body(ef), raw, sizeof raw);
    struct cursor c = cursor_over(bytes_of(raw, sizeof raw));
    out->overdraft = cursor_u24(&c);
    take_proof(&c, &out->last_online);
    out->online = cursor_u16(&c);
    out->balance = cursor_u32(&c);
    out->offline = cursor_u16(&c);
    take_proof(&c, &out->last_offline);
    return SW_OK;
}

static void put_wallet(struct builder *b, const struct wallet *w) {
    put_u24(b, w->overdraft);
    put_proof(b, &w->last_online);
    put_u16(b, w->online);
    put_u32(b, w->balance);
    put_u16(b, w->offline);
    put_proof(b, &w->last_offline);
}

enum sw wallet_write(struct store *s, const struct ef *ef, const struct wallet *w) {
    uint8_t old[WALLET_LEN];
    uint8_t new[WALLET_LEN];
    struct builder b = builder_in(new, sizeof new);
    if (ef->kind != EF_WALLET) {
        return SW_WRONG_FILE_TYPE;
    }
    if (w->overdraft > OVERDRAFT_MAX) {
        return SW_WRONG_DATA;
    }
    put_wallet(&b, w);
    store_read(s, ef_body(ef), old, sizeof old);
    /* Whole parts, and the balance always: then each transaction writes over all that the one before
     * it wrote, and no byte of theirs has to be brought home. */
    uint32_t first = BALANCE_AT;
    uint32_t end = OFFLINE_AT;
    if (memcmp(old, new, ONLINE_AT) != 0) {
        first = 0;
    } else if (memcmp(old + ONLINE_AT, new + ONLINE_AT, BALANCE_AT - ONLINE_AT) != 0) {
        first = ONLINE_AT;
    }
    if (memcmp(old + OFFLINE_AT, new + OFFLINE_AT, WALLET_LEN - OFFLINE_AT) != 0) {
        end = WALLET_LEN;
    }
    return store_write(s, ef_body(ef) + first, new + first, end - first) ? SW_OK : SW_MEMORY;
}

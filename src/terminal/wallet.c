#include "terminal/wallet.h"

#include <assert.h>

#include "crypto/secret.h"
#include "terminal/pin_block.h"
#include "wire/profile.h"

enum {
    EP = 0x02, /* P2: the electronic purse */
    EF15_LEN = 30,
    DEBIT_ANSWER_LEN = 2 * MAC_LEN,
    COMMAND_DATA_MAX = 24,
};

/* Sends a command; an answer of 9000 must bring exactly expected bytes. */
static enum err ask(const struct reader *card, const struct apdu *command, size_t expected,
    struct reply *reply, struct why *why) {
    enum err err = reader_command(card, command, reply, why);
    if (!err && reply->sw == SW_OK && reply->len != expected) {
        err = why_say(why, ERR_OUTSIDE,
            "%02X%02X: card answered %zu bytes instead of %zu; try again or another card",
            command->cla, command->ins, reply->len, expected);
    }
    return err;
}

/* EF15 is free to read; a card that is selected but does not give it is told by its status word. */
enum err wallet_select(
    const struct reader *card, struct wallet_card *out, uint16_t *sw, struct why *why) {
    const struct apdu select = {.ins = 0xA4,
        .p1 = 0x04,
        .data = profile_directory(AT_WALLET)->df_name,
        .shape = APDU_BRINGS_DATA};
    const struct apdu read = {.ins = 0xB0, .p1 = 0x95, .le = EF15_LEN, .shape = APDU_WANTS_ANSWER};
    struct reply reply = {0};
    enum err err = reader_command(card, &select, &reply, why);
    if (!err && reply.sw == SW_OK) {
        err = ask(card, &read, EF15_LEN, &reply, why);
    }
    *sw = reply.sw;
    if (err || reply.sw != SW_OK) {
        return err;
    }
    struct cursor c = cursor_over(reply_bytes(&reply));
    cursor_copy(&c, out->issuer, sizeof out->issuer);
    (void)cursor_take(&c, 2); /* application type and version */
    cursor_copy(&c, out->asn, sizeof out->asn);
    cursor_copy(&c, out->starts, sizeof out->starts);
    cursor_copy(&c, out->expires, sizeof out->expires);
    (void)cursor_take(&c, 2); /* the issuer's own */
    assert(cursor_finished(&c));
    return OK;
}

/* The packed PIN is wiped before anything else is looked at. */
enum err wallet_verify(
    const struct reader *card, const char *digits, uint16_t *sw, struct why *why) {
    struct pin pin = {0};
    struct reply reply = {0};
    if (!pin_pack(digits, &pin)) {
        return why_say(
            why, ERR_INVALID, "a PIN is %d to %d digits", PIN_DIGITS_MIN, PIN_DIGITS_MAX);
    }
    const struct apdu verify = {
        .ins = 0x20, .data = {pin.packed, pin.len},
             .shape = APDU_BRINGS_DATA
    };
    enum err err = reader_command(card, &verify, &reply, why);
    *sw = reply.sw;
    crypto_wipe(&pin, sizeof pin);
    return err;
}

/* P1 is 00, P2 the purse. [purse.md 4.12] */
enum err wallet_balance(
    const struct reader *card, uint32_t *balance, uint16_t *sw, struct why *why) {
    const struct apdu get = {
        .cla = 0x80, .ins = 0x5C, .p2 = EP, .le = 4, .shape = APDU_WANTS_ANSWER};
    struct reply reply = {0};
    enum err err = ask(card, &get, 4, &reply, why);
    *sw = reply.sw;
    if (!err && reply.sw == SW_OK) {
        struct cursor c = cursor_over(reply_bytes(&reply));
        *balance = cursor_u32(&c);
    }
    return err;
}

/* INITIALIZE FOR x: key index, amount, terminal. What comes back differs in length alone. */
static enum err begin(const struct reader *card, uint8_t p1, uint32_t amount,
    const uint8_t terminal[TERMINAL_LEN], struct reply *reply, struct why *why) {
    uint8_t room[COMMAND_DATA_MAX];
    struct builder data = builder_in(room, sizeof room);
    put_u8(&data, WALLET_KEY_INDEX);
    put_u32(&data, amount);
    put_bytes(&data, bytes_of(terminal, TERMINAL_LEN));
    assert(builder_bytes(&data).len == 1 + 4 + TERMINAL_LEN);
    assert(p1 <= 0x01);
    const uint16_t answer_len = p1 == 0x00 ? 16 : 15;
    const struct apdu init = {.cla = 0x80,
        .ins = 0x50,
        .p1 = p1,
        .p2 = EP,
        .data = builder_bytes(&data),
        .le = answer_len,
        .shape = APDU_BOTH_WAYS};
    return ask(card, &init, answer_len, reply, why);
}

/* The answer is balance, number, key version, algorithm, random and MAC1. [purse.md 4.4] */
enum err wallet_begin_load(const struct reader *card, uint32_t amount,
    const uint8_t terminal[TERMINAL_LEN], struct wallet_begun *out, uint16_t *sw, struct why *why) {
    struct reply reply = {0};
    enum err err = begin(card, 0x00, amount, terminal, &reply, why);
    *sw = reply.sw;
    if (!err && reply.sw == SW_OK) {
        struct cursor c = cursor_over(reply_bytes(&reply));
        out->balance = cursor_u32(&c);
        out->number = cursor_u16(&c);
        out->key_version = cursor_u8(&c);
        out->algorithm = cursor_u8(&c);
        cursor_copy(&c, out->random, RANDOM_LEN);
        cursor_copy(&c, out->mac1, MAC_LEN);
        assert(cursor_finished(&c));
    }
    return err;
}

/* Moment and MAC2 go in, the TAC comes back. [purse.md 4.5] */
enum err wallet_credit(const struct reader *card, const struct load_grant *grant,
    uint8_t tac[MAC_LEN], uint16_t *sw, struct why *why) {
    uint8_t room[COMMAND_DATA_MAX];
    struct builder data = builder_in(room, sizeof room);
    put_bytes(&data, bytes_of(grant->moment, MOMENT_LEN));
    put_bytes(&data, bytes_of(grant->mac2, MAC_LEN));
    assert(builder_bytes(&data).len == MOMENT_LEN + MAC_LEN);
    const struct apdu credit = {.cla = 0x80,
        .ins = 0x52,
        .data = builder_bytes(&data),
        .le = MAC_LEN,
        .shape = APDU_BOTH_WAYS};
    struct reply reply = {0};
    enum err err = ask(card, &credit, MAC_LEN, &reply, why);
    *sw = reply.sw;
    if (!err && reply.sw == SW_OK) {
        (void)memcpy(tac, reply.data, MAC_LEN);
    }
    return err;
}

/* Like a load, with an overdraft in the middle and no MAC1: a purchase begins without proof. [purse.md
 * 4.6] */
enum err wallet_begin_purchase(const struct reader *card, uint32_t amount,
    const uint8_t terminal[TERMINAL_LEN], struct wallet_begun *out, uint16_t *sw, struct why *why) {
    struct reply reply = {0};
    enum err err = begin(card, 0x01, amount, terminal, &reply, why);
    *sw = reply.sw;
    if (!err && reply.sw == SW_OK) {
        struct cursor c = cursor_over(reply_bytes(&reply));
        out->balance = cursor_u32(&c);
        out->number = cursor_u16(&c);
        (void)cursor_take(&c, 3); /* overdraft: a purse has none */
        out->key_version = cursor_u8(&c);
        out->algorithm = cursor_u8(&c);
        cursor_copy(&c, out->random, RANDOM_LEN);
        assert(cursor_finished(&c));
    }
    return err;
}

/* Sequence, moment and MAC1 of the module go in. [purse.md 4.7] */
enum err wallet_debit(const struct reader *card, const struct wallet_debit *debit,
    struct trade_proof *out, uint16_t *sw, struct why *why) {
    uint8_t room[COMMAND_DATA_MAX];
    struct builder data = builder_in(room, sizeof room);
    put_u32(&data, debit->terminal_seq);
    put_bytes(&data, bytes_of(debit->moment, MOMENT_LEN));
    put_bytes(&data, bytes_of(debit->mac1, MAC_LEN));
    assert(builder_bytes(&data).len == 4 + MOMENT_LEN + MAC_LEN);
    const struct apdu command = {.cla = 0x80,
        .ins = 0x54,
        .p1 = 0x01,
        .data = builder_bytes(&data),
        .le = DEBIT_ANSWER_LEN,
        .shape = APDU_BOTH_WAYS};
    struct reply reply = {0};
    enum err err = ask(card, &command, DEBIT_ANSWER_LEN, &reply, why);
    *sw = reply.sw;
    if (!err && reply.sw == SW_OK) { /* TAC first, then MAC2 [purse.md 4.7] */
        (void)memcpy(out->tac, reply.data, MAC_LEN);
        (void)memcpy(out->mac2, reply.data + MAC_LEN, MAC_LEN);
    }
    return err;
}

/* By the kind of trade and the number after it. [purse.md 4.13] */
enum err wallet_prove(const struct reader *card, enum trade trade, uint16_t number,
    struct trade_proof *out, uint16_t *sw, struct why *why) {
    assert(trade == TRADE_EP_PURCHASE || trade == TRADE_EP_LOAD);
    const uint8_t data[] = {(uint8_t)(number >> 8), (uint8_t)number};
    const struct apdu prove = {
        .cla = 0x80,
        .ins = 0x5A,
        .p2 = (uint8_t)trade,
        .data = {data, sizeof data},
        .le = DEBIT_ANSWER_LEN,
        .shape = APDU_BOTH_WAYS
    };
    struct reply reply = {0};
    enum err err = ask(card, &prove, DEBIT_ANSWER_LEN, &reply, why);
    *sw = reply.sw;
    if (!err && reply.sw == SW_OK) { /* MAC first, then TAC [purse.md 4.13] */
        (void)memcpy(out->mac2, reply.data, MAC_LEN);
        (void)memcpy(out->tac, reply.data + MAC_LEN, MAC_LEN);
    }
    return err;
}

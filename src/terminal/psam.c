#include "terminal/psam.h"

#include <assert.h>

#include "wire/profile.h"

enum {
    BEGIN_ANSWER_LEN = 4 + MAC_LEN,
    BEGIN_DATA_MAX = RANDOM_LEN + 2 + 3 * 4 + 1 + MOMENT_LEN + 2 + 2 * FACTOR_LEN,
    P1_MEDICAL = 0x01,
};
_Static_assert(BEGIN_DATA_MAX == 0x2C, "two factors, and three amounts [purse.md 6.3; card.md 7]");

/* The terminal number stands in the MF, so it is read before the application is selected. */
enum err psam_start(struct psam *p, const struct reader *reader, struct why *why) {
    const uint16_t fid = profile_directory(AT_PSAM)->fid;
    const uint8_t adf[] = {(uint8_t)(fid >> 8), (uint8_t)fid};
    const struct apdu read_number = {
        .ins = 0xB0, .p1 = 0x96, .le = TERMINAL_LEN, .shape = APDU_WANTS_ANSWER};
    const struct apdu select = {
        .ins = 0xA4, .data = {adf, sizeof adf},
             .shape = APDU_BRINGS_DATA
    };
    uint8_t atr[ATR_MAX];
    size_t atr_len = 0;
    struct reply reply = {0};
    assert(reader);
    assert(reader->exchange);
    *p = (struct psam){.reader = reader};
    enum err err = reader_reset(reader, atr, &atr_len, why);
    err = err ? err : reader_expect(reader, &read_number, "terminal number", &reply, why);
    if (!err && reply.len != TERMINAL_LEN) {
        err = why_say(why, ERR_INVALID,
            "terminal number: %zu bytes instead of %d; this is no PSAM of ours", reply.len,
            TERMINAL_LEN);
    }
    if (!err) {
        (void)memcpy(p->terminal, reply.data, TERMINAL_LEN);
        err = reader_expect(reader, &select, "purchase application DF01", NULL, why);
    }
    return err ? why_add(why, err, "security module") : OK;
}

/* The facts of a purchase as the module is told them. */
static struct trade_facts facts_of(const struct psam_purchase *purchase) {
    struct trade_facts facts = {.trade = (uint8_t)purchase->trade,
        .version = purchase->key_version,
        .algorithm = purchase->algorithm};
    fact_set(facts.number, sizeof facts.number, purchase->number);
    fact_set(facts.amounts + AMOUNT_LEN, AMOUNT_LEN, purchase->total);
    fact_set(facts.amounts + (size_t)2 * AMOUNT_LEN, AMOUNT_LEN, purchase->amount);
    (void)memcpy(facts.random, purchase->random, sizeof facts.random);
    (void)memcpy(facts.moment, purchase->moment, sizeof facts.moment);
    return facts;
}

/* Card factor, then city factor: the module applies the last one first. [purse.md 6.3; card.md
 * 7] */
enum err psam_init_purchase(struct psam *p, const struct psam_purchase *purchase, uint32_t *seq,
    uint8_t mac1[MAC_LEN], uint16_t *sw, struct why *why) {
    uint8_t room[BEGIN_DATA_MAX];
    bool medical = purchase->trade == TRADE_MEDICAL_PURCHASE;
    struct trade_facts facts = facts_of(purchase);
    assert(p->reader);
    struct builder data = builder_in(room, sizeof room);
    put_message(&data, medical ? MESSAGE_SAM_ORDER_MEDICAL : MESSAGE_SAM_ORDER, &facts);
    put_bytes(&data, bytes_of(purchase->factor, FACTOR_LEN));
    put_bytes(&data, bytes_of(purchase->city_factor, FACTOR_LEN));
    assert(!data.overflowed);
    const struct apdu begin = {.cla = 0x80,
        .ins = 0x70,
        .p1 = medical ? P1_MEDICAL : 0,
        .data = builder_bytes(&data),
        .le = BEGIN_ANSWER_LEN,
        .shape = APDU_BOTH_WAYS};
    struct reply reply = {0};
    enum err err = reader_command(p->reader, &begin, &reply, why);
    if (err) {
        return why_add(why, err, "security module");
    }
    *sw = reply.sw;
    if (reply.sw != SW_OK) {
        return OK;
    }
    struct cursor c = cursor_over(reply_bytes(&reply));
    *seq = cursor_u32(&c);
    cursor_copy(&c, mac1, MAC_LEN);
    return cursor_finished(&c) ? OK
                               : why_say(why, ERR_OUTSIDE,
                                   "security module: %zu bytes instead of a MAC", reply.len);
}

/* The module compares and counts; what it computed never leaves it. */
enum err psam_credit_purchase(
    struct psam *p, const uint8_t mac2[MAC_LEN], uint16_t *sw, struct why *why) {
    assert(p->reader);
    const struct apdu credit = {
        .cla = 0x80, .ins = 0x72, .data = {mac2, MAC_LEN},
                .shape = APDU_BRINGS_DATA
    };
    struct reply reply = {0};
    enum err err = reader_command(p->reader, &credit, &reply, why);
    *sw = reply.sw;
    return err ? why_add(why, err, "security module") : OK;
}

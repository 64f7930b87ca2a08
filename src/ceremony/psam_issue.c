#include "ceremony/psam_issue.h"

#include <assert.h>
#include <inttypes.h>

#include "base/day.h"
#include "issuance/station.h"
#include "keys/permit.h"
#include "terminal/psam.h"

enum { USAGE_PURCHASE_TWO_LEVELS = 0x42, ALGORITHM_3DES = 0x00 };

/* A purchase that nobody makes: one fen on a day before any card was. */
static const struct psam_purchase tried = {
    .random = {0x4B,  0x45, 0x59, 0x53},
    .number = 1,
    .amount = 1,
    .trade = TRADE_EP_PURCHASE,
    .moment = {    0x20,  0x00, 0x01, 0x01,     0x00, 0x00, 0x00},
    .factor = { 0x00, 0x00, 0x00, 0x00,     0x00, 0x00, 0x00, 0x01},
};

static enum err vault_mac1(const struct psam_order *order, const struct psam_purchase *purchase,
    const struct psam *module, uint32_t seq, uint8_t mac1[MAC_LEN], struct why *why) {
    const struct vault *v = order->vault;
    struct key_ref key = {.name = KEY_DPK,
        .algorithm = order->issuer->purse,
        .version = purchase->key_version,
        .depth = KEY_CARD};
    struct purchase_facts facts = {
        .amount = purchase->amount, .trade = purchase->trade, .terminal_seq = seq};
    uint8_t input[8];
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder message = builder_in(room, sizeof room);
    (void)memcpy(key.card_factor, purchase->factor, sizeof key.card_factor);
    (void)memcpy(facts.terminal, module->terminal, sizeof facts.terminal);
    (void)memcpy(facts.moment, purchase->moment, sizeof facts.moment);
    put_purchase_mac1(&message, &facts);
    purchase_session_input(purchase->random, purchase->number, seq, input);
    return v->session_mac(v->self, &key, input, builder_bytes(&message), mac1, why);
}

/* The module in the reader is that of the order's terminal. */
static enum err check_terminal(
    const struct psam_order *order, struct psam *module, struct why *why) {
    uint8_t number[TERMINAL_LEN];
    bcd_write(order->terminal, number, sizeof number);
    enum err err = psam_start(module, order->reader, why);
    return err || memcmp(module->terminal, number, sizeof number) == 0
               ? err
               : why_say(why, ERR_CONFLICT,
                   "the module in the reader is not that of terminal %012" PRIu64
                   "; put in the right one",
                   order->terminal);
}

enum err psam_check(const struct psam_order *order, uint8_t version, struct why *why) {
    struct psam module;
    struct psam_purchase purchase = tried;
    uint8_t said[MAC_LEN] = {0};
    uint8_t meant[MAC_LEN] = {0};
    uint32_t seq = 0;
    uint16_t sw = 0;
    key_city_factor(order->issuer->region, purchase.city_factor);
    purchase.key_version = version;
    enum err err = check_terminal(order, &module, why);
    err = err ? err : psam_init_purchase(&module, &purchase, &seq, said, &sw, why);
    if (!err && sw != SW_OK) {
        return why_say(why, ERR_CONFLICT,
            "the module of terminal %012" PRIu64 " answers %04X to a purchase with key version %u",
            order->terminal, sw, version);
    }
    err = err ? err : vault_mac1(order, &purchase, &module, seq, meant, why);
    if (!err && memcmp(said, meant, sizeof said) != 0) {
        err = why_say(why, ERR_CONFLICT,
            "the module of terminal %012" PRIu64
            " computes with another key of version %u than the vault; do not hand it out",
            order->terminal, version);
    }
    return err;
}

static uint8_t lowest(uint16_t versions) {
    uint8_t version = 0;
    assert(versions != 0);
    while ((versions >> version & 1U) == 0) {
        version++;
    }
    return version;
}

enum err psam_issue(const struct psam_order *order, struct why *why) {
    struct personalisation p = {.reader = order->reader,
        .vault = order->vault,
        .issuer = order->issuer,
        .profile = PROFILE_PSAM};
    struct personalise_result result;
    uint8_t version = lowest(order->versions);
    p.purchase_version = version;
    uint8_t number[TERMINAL_LEN];
    bcd_write(order->terminal, number, sizeof number);
    enum err err = personalise_psam(&p, number, &result, why);
    card_data_wipe(&result.data);
    err = err ? err : psam_check(order, version, why);
    while (!err && ++version <= KEY_VERSION_MAX) {
        if ((order->versions >> version & 1U) != 0) {
            err = psam_add_version(order, version, why);
        }
    }
    return err;
}

/* As personalise.c puts the first one in: the purchase key of the province, under the module's main
 * control key, which its directory must have seen. */
static enum err write_version(struct station *st, uint8_t version, struct why *why) {
    struct key_wrap wrap = {
        .key = station_key(st, KEY_DPK),
        .under = station_key(st, KEY_MK_PSAM),
        .head = {USAGE_PURCHASE_TWO_LEVELS, version, ALGORITHM_3DES},
        .head_len = 3
    };
    uint8_t data[KEY_WRAP_MAX];
    size_t len = 0;
    wrap.key.version = version;
    wrap.key.depth = KEY_PROVINCE;
    enum err err = station_challenge(st, wrap.challenge, sizeof wrap.challenge, why);
    err = err ? err : st->vault->wrap(st->vault->self, &wrap, data, &len, why);
    if (err) {
        return err;
    }
    assert(len <= sizeof data);
    struct apdu write = {.cla = 0x84, .ins = 0xD4, .data = bytes_of(data, len)};
    return station_send(st, &write, "WRITE KEY", NULL, why);
}

enum err psam_add_version(const struct psam_order *order, uint8_t version, struct why *why) {
    struct station st = {.reader = order->reader,
        .vault = order->vault,
        .key_version = order->issuer->key_version,
        .purse = order->issuer->purse,
        .profile = PROFILE_PSAM};
    struct psam module;
    struct why quiet;
    enum err err = check_terminal(order, &module, why); /* another's is left alone */
    if (err) {
        return err;
    }
    if (psam_check(order, version, &quiet) == OK) {
        return OK; /* it was put in before; a module's keys are never changed */
    }
    err = station_reset(&st, why);
    err = err ? err : station_select(&st, AT_PSAM, why);
    err = err ? err : station_authenticate(&st, AT_PSAM, KEY_MK_PSAM, why);
    err = err ? err : write_version(&st, version, why);
    err = err ? why_add(why, err, "terminal %012" PRIu64, order->terminal) : OK;
    return err ? err : psam_check(order, version, why);
}

#include "apps/bench_chip_cards.h"

#include <assert.h>
#include <stdio.h>

#include "apps/rack.h"
#include "card/loop/card.h"
#include "crypto/secret.h"
#include "issuance/numbers.h"
#include "issuance/personalise.h"
#include "keys/catalogue.h"
#include "reader/inside.h"
#include "vaults/soft/soft_vault.h"
#include "wire/profile.h"

enum {
    REGION = 440100,
    DISTRICT = 440102,
    DAY = 20031008,
    BORN = 19800101,
    YEARS = 10,
    CARD_SERIAL = 1,
    MODULE_SERIAL = 2,
};

static const uint8_t terminal[TERMINAL_LEN] = {0x44, 0x01, 0x00, 0x00, 0x00, 0x07};
static const uint8_t moment[MOMENT_LEN] = {0x20, 0x03, 0x10, 0x08, 0x09, 0x30, 0x00};

/* A status word that no step of the bench expects. */
static enum err refused(const char *step, uint16_t sw, struct why *why) {
    return why_say(why, ERR_CONFLICT, "%s: card answered %04X (%s); tell the makers", step,
        (unsigned)sw, sw_text(sw));
}

/* A blank chip in a reader. */
static enum err blank(struct bench_card *card, uint32_t serial, struct why *why) {
    struct chip_birth birth;
    memory_make(&card->memory, RACK_CHIP_SIZE, serial);
    card->nvm = memory_nvm(&card->memory);
    card->nvm.mirror = card->mirror;
    rack_birth(REGION, serial, &birth);
    if (!card_manufacture(&card->nvm, &birth)) {
        return why_say(
            why, ERR_CONFLICT, "no chip fits into %d bytes; tell the makers", (int)RACK_CHIP_SIZE);
    }
    return inside_open(&card->nvm, &card->reader, why);
}

static enum err personalise(struct bench_cards *cards, struct why *why) {
    struct issuer issuer = issuer_of(REGION, DAY, YEARS);
    struct person person = {
        .id = 1, .sex = 2, .nation = 1, .birth = BORN, .region = DISTRICT, .name = "样本持卡人"};
    struct personalise_result result = {0};
    char number[CARD_NUMBER_LEN + 1];
    number_write(((int64_t)DISTRICT * 100000000 + BORN) * 1000, person.number);
    card_number_write(CARD_SERIAL, number);
    struct personalisation work = {
        .reader = &cards->card.reader, .vault = &cards->vault, .issuer = &issuer};
    enum err err = personalise_card(&work, &person, number, &result, why);
    (void)memcpy(cards->factor, result.data.factor, sizeof cards->factor);
    (void)memcpy(cards->pin, result.data.pin, sizeof cards->pin);
    card_data_wipe(&result.data);
    work.reader = &cards->module.reader;
    err = err ? err : personalise_psam(&work, terminal, &result, why);
    card_data_wipe(&result.data);
    return err;
}

enum err bench_visit(struct bench_cards *cards, struct why *why) {
    struct wallet_card about;
    uint8_t atr[ATR_MAX];
    size_t atr_len = 0;
    uint16_t sw = 0;
    enum err err = reader_reset(&cards->card.reader, atr, &atr_len, why);
    err = err ? err : wallet_select(&cards->card.reader, &about, &sw, why);
    return !err && sw != SW_OK ? refused("wallet", sw, why) : err;
}

enum err bench_show_pin(struct bench_cards *cards, struct why *why) {
    uint16_t sw = 0;
    enum err err = wallet_verify(&cards->card.reader, cards->pin, &sw, why);
    return !err && sw != SW_OK ? refused("PIN", sw, why) : err;
}

static enum err enter_wallet(struct bench_cards *cards, struct why *why) {
    enum err err = bench_visit(cards, why);
    return err ? err : bench_show_pin(cards, why);
}

/* The centre's half of a load: MAC2 under the card's DLK. */
static enum err grant_load(const struct bench_cards *cards, const struct wallet_begun *begun,
    uint32_t amount, struct load_grant *grant, struct why *why) {
    struct load_facts facts = {.balance = begun->balance,
        .amount = amount,
        .number = begun->number,
        .trade = TRADE_EP_LOAD};
    struct key_ref dlk = {.name = KEY_DLK, .version = begun->key_version, .depth = KEY_CARD};
    uint8_t room[PURSE_MESSAGE_MAX], input[8];
    struct builder message = builder_in(room, sizeof room);
    (void)memcpy(facts.terminal, terminal, sizeof facts.terminal);
    (void)memcpy(facts.moment, moment, sizeof facts.moment);
    (void)memcpy(grant->moment, moment, sizeof grant->moment);
    (void)memcpy(dlk.card_factor, cards->factor, sizeof dlk.card_factor);
    put_load_mac2(&message, &facts);
    load_session_input(begun->random, begun->number, input);
    return cards->vault.session_mac(
        cards->vault.self, &dlk, input, builder_bytes(&message), grant->mac2, why);
}

enum err bench_load(struct bench_cards *cards, uint32_t amount, struct why *why) {
    struct wallet_begun begun;
    struct load_grant grant = {{0}, {0}};
    uint8_t tac[MAC_LEN];
    uint16_t sw = 0;
    const struct reader *card = &cards->card.reader;
    enum err err = wallet_begin_load(card, amount, terminal, &begun, &sw, why);
    if (!err && sw == SW_OK) {
        err = grant_load(cards, &begun, amount, &grant, why);
        err = err ? err : wallet_credit(card, &grant, tac, &sw, why);
    }
    return !err && sw != SW_OK ? refused("load", sw, why) : err;
}

enum err bench_cards_renew(struct bench_cards *cards, struct why *why) {
    cards->card.memory = cards->card_loaded;
    cards->module.memory = cards->module_fresh;
    cards->bought = 0;
    enum err err = enter_wallet(cards, why);
    return err ? err : psam_start(&cards->psam, &cards->module.reader, why);
}

enum err bench_cards_open(uint64_t seed, struct bench_cards *cards, struct why *why) {
    char text[24];
    (void)memset(cards, 0, sizeof *cards);
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)seed);
    key_city_factor(REGION, cards->city_factor);
    enum err err = soft_vault_open_rehearsal(text, REGION, &cards->vault, why);
    err = err ? err : blank(&cards->card, CARD_SERIAL, why);
    err = err ? err : blank(&cards->module, MODULE_SERIAL, why);
    err = err ? err : personalise(cards, why);
    err = err ? err : enter_wallet(cards, why);
    err = err ? err : bench_load(cards, BENCH_LOADED_FEN, why);
    cards->card_loaded = cards->card.memory;
    cards->module_fresh = cards->module.memory;
    return err ? err : bench_cards_renew(cards, why);
}

void bench_cards_close(struct bench_cards *cards) {
    reader_close(&cards->card.reader);
    reader_close(&cards->module.reader);
    if (cards->vault.close) {
        cards->vault.close(cards->vault.self);
    }
    crypto_wipe(cards->pin, sizeof cards->pin);
}

/* What the card said goes to the module, and what the module said to the card. */
static enum err begin_both(struct bench_cards *cards, struct wallet_debit *debit, struct why *why) {
    struct wallet_begun begun;
    struct psam_purchase purchase = {.amount = 1, .trade = TRADE_EP_PURCHASE};
    uint16_t sw = 0;
    enum err err = wallet_begin_purchase(
        &cards->card.reader, purchase.amount, cards->psam.terminal, &begun, &sw, why);
    if (err || sw != SW_OK) {
        return err ? err : refused("purchase", sw, why);
    }
    purchase.number = begun.number;
    purchase.key_version = begun.key_version;
    purchase.algorithm = begun.algorithm;
    (void)memcpy(purchase.random, begun.random, RANDOM_LEN);
    (void)memcpy(purchase.moment, moment, MOMENT_LEN);
    (void)memcpy(purchase.factor, cards->factor, FACTOR_LEN);
    (void)memcpy(purchase.city_factor, cards->city_factor, FACTOR_LEN);
    (void)memcpy(debit->moment, moment, MOMENT_LEN);
    err = psam_init_purchase(&cards->psam, &purchase, &debit->terminal_seq, debit->mac1, &sw, why);
    return !err && sw != SW_OK ? refused("module", sw, why) : err;
}

enum err bench_buy(struct bench_cards *cards, struct why *why) {
    struct wallet_debit debit = {0};
    struct trade_proof proof;
    uint16_t sw = 0;
    assert(cards->bought < BENCH_PURCHASES_MOST);
    cards->bought++;
    enum err err = begin_both(cards, &debit, why);
    if (err) {
        return err;
    }
    err = wallet_debit(&cards->card.reader, &debit, &proof, &sw, why);
    if (err || sw != SW_OK) {
        return err ? err : refused("debit", sw, why);
    }
    err = psam_credit_purchase(&cards->psam, proof.mac2, &sw, why);
    return !err && sw != SW_OK ? refused("proof", sw, why) : err;
}

enum err bench_enter_df01(struct bench_cards *cards, struct why *why) {
    const struct reader *card = &cards->card.reader;
    static const uint8_t df01[] = {0xDF, 0x01};
    struct apdu select = {.ins = 0xA4,
        .p1 = 0x04,
        .data = profile_directory(AT_SSSE)->df_name,
        .shape = APDU_BRINGS_DATA};
    enum err err = reader_expect(card, &select, "social security environment", NULL, why);
    err = err ? err : bench_show_pin(cards, why);
    select.p1 = 0;
    select.data = bytes_of(df01, sizeof df01);
    return err ? err : reader_expect(card, &select, "DF01", NULL, why);
}

/* The answer loop. Its invariants:
 *
 *   loop 1  every line gets an answer, of a status word at least
 *   loop 2  an answer waits for GET RESPONSE only, and only for the next line
 *   loop 3  challenges, transactions and sessions grow one command older with each command
 *   loop 4  after a broken invariant nothing but 6F00 is said until the next reset */
#include "card/loop/card.h"

#include "base/crc32.h"
#include "base/features.h"
#include "card/loop/rules.h"
#include "crypto/secret.h"

enum {
    INS_GET_RESPONSE = 0xC0,
    SW1_WARNING = 0x62, /* what comes with it is sent */
    HISTORICAL_LEN = sizeof((struct chip_birth *)0)->historical,
    TRANSPORT_LEN = sizeof((struct chip_birth *)0)->transport,
    BIRTH_LEN = LAYOUT_BIRTH_END - LAYOUT_BIRTH,
    LAST_DIALECT = CARD_DATANG ? DIALECT_DATANG : DIALECT_FMCOS, /* that this build can speak */
};

/* The two ends of the card stay functions of their own where everything is optimised at once, so that
 * its size and the port's can be told apart. */
#define OF_ITS_OWN __attribute__((noinline))

bool card_manufacture(const struct nvm *nvm, const struct chip_birth *birth) {
    static const uint8_t no_life[LAYOUT_LIFE_LEN];
    uint8_t page[BIRTH_LEN];
    if ((int)birth->dialect > (int)LAST_DIALECT || !store_format(nvm)) {
        return false;
    }
    struct builder b = builder_in(page, sizeof page);
    put_u32(&b, LAYOUT_BIRTH_MARK_VALUE);
    put_bytes(&b, bytes_of(birth->historical, HISTORICAL_LEN));
    put_bytes(&b, bytes_of(birth->transport, TRANSPORT_LEN));
    put_u8(&b, (uint8_t)birth->dialect);
    put_u32(&b, crc32_of(page, b.len));
    struct store store;
    if (b.overflowed || !store_recover(&store, nvm)) {
        return false;
    }
    store_begin(&store);
    return store_write(&store, LAYOUT_LIFE, no_life, sizeof no_life) && tree_format(&store) == SW_OK
           && store_commit(&store) && nvm->write(nvm->self, LAYOUT_BIRTH, page, (uint32_t)b.len);
}

/* The birth page, if it is one. */
static bool birth_read(const struct nvm *nvm, uint8_t page[BIRTH_LEN]) {
    if (nvm->size < LAYOUT_SIZE_MIN) {
        return false;
    }
    nvm->read(nvm->self, LAYOUT_BIRTH, page, BIRTH_LEN);
    struct cursor c = cursor_over(bytes_of(page, BIRTH_LEN));
    bool marked = cursor_u32(&c) == LAYOUT_BIRTH_MARK_VALUE;
    (void)cursor_take(&c, HISTORICAL_LEN + TRANSPORT_LEN);
    bool spoken = cursor_u8(&c) <= LAST_DIALECT;
    return marked && spoken && cursor_u32(&c) == crc32_of(page, LAYOUT_BIRTH_CRC - LAYOUT_BIRTH)
           && cursor_finished(&c);
}

void card_power_off(struct card *card) {
    crypto_wipe(card, sizeof *card);
}

OF_ITS_OWN size_t card_reset(struct card *card, const struct nvm *nvm, uint8_t atr[ATR_MAX]) {
    static const uint8_t head[] = {0x3B, 0x6D, 0x00, 0x00}; /* T=0, 13 historical bytes */
    uint8_t page[BIRTH_LEN];
    card_power_off(card);
    if (!birth_read(nvm, page) || !store_recover(&card->cos.chip.store, nvm)) {
        return 0;
    }
    card->cos.chip.dialect = (enum dialect)page[LAYOUT_BIRTH_DIALECT - LAYOUT_BIRTH];
    chip_wake(&card->cos.chip);
    card->powered = true;
    struct builder b = builder_in(atr, ATR_MAX);
    put_bytes(&b, bytes_of(head, sizeof head));
    uint8_t historical[CHIP_HISTORICAL_LEN];
    chip_historical(&card->cos.chip, historical);
    put_bytes(&b, bytes_of(historical, sizeof historical));
    return b.len;
}

/* What a life stage answers to a command that does not exist in it. [purse.md 4.2, C-20] */
static enum sw life_refusal(enum life life) {
    switch (life) {
    case LIFE_APP_BLOCKED:
        return SW_CONDITIONS;
    case LIFE_APP_DEAD:
        return SW_LOCKED_FOR_EVER;
    case LIFE_BLANK:
    case LIFE_WORKING:
    case LIFE_CARD_BLOCKED:
    default:
        return SW_UNSUPPORTED;
    }
}

/* The rule of a command, once everything that it asks for holds; NULL, and *refusal, otherwise. */
static const struct rule *admit(const struct card *card, const struct apdu *cmd, enum sw *refusal) {
    enum life life = chip_life(&card->cos.chip);
    *refusal = SW_UNSUPPORTED;
    if (life == LIFE_CARD_BLOCKED) {
        return NULL;
    }
    const struct rule *rule = rule_find(card->cos.chip.dialect, cmd->cla, cmd->ins, refusal);
    if (rule && !(rule->shapes & (unsigned)cmd->shape)) {
        *refusal = SW_WRONG_LENGTH;
        return NULL;
    }
    if (rule && !(rule->lives & (unsigned)life)) {
        *refusal = life_refusal(life);
        return NULL;
    }
    return rule;
}

static enum sw run(struct card *card, const struct apdu *cmd) {
    struct builder out = builder_in(card->answer, sizeof card->answer);
    enum sw sw = SW_OK;
    const struct rule *rule = admit(card, cmd, &sw);
    if (rule) {
        sw = rule->run(&card->cos, cmd, &out);
    }
    struct chip *chip = &card->cos.chip;
    (void)chip_assert(chip, !out.overflowed);
    (void)chip_assert(chip, !chip->store.open); /* who begins a batch ends it */
    (void)chip_assert(chip, chip->ef.at == 0 || chip->dir.depth > 0); /* [chip 2] */
    if (chip->broken) {
        sw = SW_OUR_MISTAKE;
    }
    bool sends = sw == SW_OK || (unsigned)sw >> 8 == SW1_WARNING;
    card->answer_len = sends ? (uint16_t)out.len : 0;
    card->answer_sw = (uint16_t)sw;
    return sw;
}

/* One command is over [loop 3]. */
static void grow_older(struct card *card) {
    challenge_age(&card->cos.chip.challenge);
    purse_age(&card->cos.purse);
    if (CARD_SAM) {
        sam_age(&card->cos.sam);
    }
}

static size_t say_sw(uint8_t reply[REPLY_MAX], size_t at, unsigned sw) {
    uint16_t word = sw_said(sw);
    reply[at] = (uint8_t)(word >> 8);
    reply[at + 1] = (uint8_t)word;
    return at + 2;
}

/* The whole answer that waits, and its status word; then nothing waits any more. */
static size_t say_answer(struct card *card, uint8_t reply[REPLY_MAX]) {
    size_t len = card->answer_len;
    (void)memcpy(reply, card->answer, len);
    card->answer_len = 0;
    return say_sw(reply, len, card->answer_sw);
}

/* 61xx or 6Cxx for so many bytes: 256 is said as 00. */
static size_t say_len(uint8_t reply[REPLY_MAX], enum sw sw, size_t len) {
    return say_sw(reply, 0, (unsigned)sw | (len & 0xFF));
}

/* How an answer goes out depends on what the line asked for. [purse.md 1.1] */
static size_t deliver(struct card *card, const struct apdu *cmd, uint8_t reply[REPLY_MAX]) {
    size_t len = card->answer_len;
    bool fits = cmd->le == len || cmd->le == REPLY_DATA_MAX;
    if (len == 0 || (fits && !(cmd->shape & APDU_BRINGS_DATA)) || (cmd->shape & APDU_BARE)) {
        return say_answer(card, reply);
    }
    if (cmd->shape & APDU_WANTS_ANSWER) {
        card->answer_len = 0;
        return say_len(reply, SW_WRONG_LE, len);
    }
    return say_len(reply, SW_MORE_DATA, len);
}

/* Fetches what waits, whole or its first part; the wrong length may be asked again. */
static size_t get_response(struct card *card, const struct apdu *cmd, uint8_t reply[REPLY_MAX]) {
    size_t len = card->answer_len;
    if (len == 0) {
        bool blocked = card->cos.chip.card_blocked; /* then nothing has another answer */
        return say_sw(reply, 0, blocked ? SW_UNSUPPORTED : SW_CONDITIONS);
    }
    if (cmd->data.len > 0 || cmd->p1 != 0 || cmd->p2 != 0) {
        card->answer_len = 0;
        return say_sw(reply, 0, cmd->data.len > 0 ? SW_WRONG_LENGTH : SW_WRONG_P1P2);
    }
    if (cmd->le == 0 || cmd->le == len || cmd->le == REPLY_DATA_MAX) {
        return say_answer(card, reply);
    }
    if (cmd->le > len) {
        return say_len(reply, SW_WRONG_LE, len);
    }
    (void)memcpy(reply, card->answer, cmd->le);
    card->answer_len = (uint16_t)(len - cmd->le);
    (void)memmove(card->answer, card->answer + cmd->le, card->answer_len);
    return say_sw(reply, cmd->le, SW_MORE_DATA | (card->answer_len & 0xFFu));
}

OF_ITS_OWN size_t card_exchange(struct card *card, struct bytes line, uint8_t reply[REPLY_MAX]) {
    struct apdu cmd;
    if (!card->powered || card->mute) {
        return say_sw(reply, 0, SW_OUR_MISTAKE);
    }
    if (!apdu_decode(line, &cmd)) {
        card->answer_len = 0;
        grow_older(card);
        return say_sw(reply, 0, SW_WRONG_LENGTH);
    }
    if (cmd.cla == 0x00 && cmd.ins == INS_GET_RESPONSE) {
        return get_response(card, &cmd, reply);
    }
    if (run(card, &cmd) == SW_OUR_MISTAKE) {
        card->mute = true;
    }
    grow_older(card);
    return deliver(card, &cmd, reply);
}

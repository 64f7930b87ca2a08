/* A talk of any length with a chip, drawn from a seed: chips are made and personalised, loaded, bought
 * with, read, told wrong PINs and nonsense, reset, and made anew; purchases with a PSAM, too.
 *
 * Everything that is said follows from the seed and from the answers, so two chips that answer alike
 * are told the same. What comes out are two sums by SM3: one of all answers, and one of the cells of
 * every chip at its end, wherever the chip was. The chip's random numbers have to be known for that:
 * those of the hand's memory, which a carrier puts into its file beforehand.
 *
 * A small chip is told the same but for what it is without. */
#pragma once

#include "card/medic.h"
#include "card/trader.h"
#include "crypto/sm3.h"
#include "stories/carriers.h"

enum {
    SCRIPT_LIFE = 1000,      /* commands that a chip is told, more or less */
    SCRIPT_RANDOM = 0x10000, /* random bytes that are more than any life draws */
    SCRIPT_TEXT = 2 * SM3_LEN + 1,
};

/* What was said, and what came of it. */
static struct {
    const struct carrier *where; /* NULL: in the hand */
    struct hand *hand;
    uint64_t seed;
    uint32_t said, chips;
    uint32_t done;     /* of what was said: answered with 9000 or 61xx */
    uint32_t sequence; /* of the terminal that computes for itself */
    bool small;
    struct sm3 answers, stores;
} script;

static struct hand script_hand, script_sam;

/* splitmix64, as in ports/sim/memory.c, with a state of its own. */
static inline uint32_t script_draw(uint32_t below) {
    script.seed += 0x9E3779B97F4A7C15;
    uint64_t z = script.seed;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (uint32_t)((z >> 32) % below);
}

/* ---- the chip under comparison, with the sums laid over it ---- */

static inline void script_add(struct sm3 *sum, struct bytes data) {
    const uint8_t len[2] = {(uint8_t)(data.len >> 8), (uint8_t)data.len};
    sm3_add(sum, bytes_of(len, sizeof len));
    sm3_add(sum, data);
}

/* Does something to the chip where it is, without coming back to these functions. */
static inline size_t script_send(struct bytes line, uint8_t reply[REPLY_MAX]) {
    size_t len = script.where ? script.where->send(line, reply)
                              : card_exchange(&script.hand->card, line, reply);
    script.said++;
    script.done += reply[len - 2] == 0x90 || reply[len - 2] == 0x61;
    script_add(&script.answers, bytes_of(reply, len));
    return len;
}

static inline size_t script_reset(uint8_t atr[ATR_MAX]) {
    size_t len = script.where ? script.where->reset(atr)
                              : card_reset(&script.hand->card, &script.hand->nvm, atr);
    script_add(&script.answers, bytes_of(atr, len));
    return len;
}

/* The chip ends: its cells count, wherever they are. */
static inline void script_end_chip(void) {
    static uint8_t cells[HAND_SIZE];
    if (script.chips == 0) {
        return;
    }
    if (script.where) {
        carrier_cells(cells);
    } else {
        (void)memcpy(cells, script.hand->memory.cells, sizeof cells);
    }
    sm3_add(&script.stores, bytes_of(cells, sizeof cells));
}

static inline void script_blank(const struct chip_birth *birth) {
    static const struct carrier *const nowhere = NULL;
    script_end_chip();
    script.chips++;
    if (script.where) {
        script.where->blank(birth);
        return;
    }
    const struct carrier *counted = hand_carrier;
    hand_carrier = nowhere;
    hand_born(script.hand, birth);
    hand_carrier = counted;
}

static inline void script_foretell(struct bytes random) {
    (void)random;
    fail_msg("the script foretells nothing");
}

static const struct carrier script_carrier = {
    .blank = script_blank, .reset = script_reset, .send = script_send, .foretell = script_foretell};

/* ---- what may be said ---- */

/* The terminal's own module is never carried anywhere: it is a chip of this program. */
static inline void script_say_sam(const char *command) {
    const struct carrier *counted = hand_carrier;
    hand_carrier = NULL;
    hand_say(&script_sam, command);
    hand_carrier = counted;
}

static inline void script_load(struct hand *h) {
    (void)trader_load(h, 1 + script_draw(50000));
}

static inline void script_deposit(struct hand *h) {
    static const struct trader_online *const kinds[] = {
        &trader_ed_load, &trader_ed_unload, &trader_ed_limit};
    const struct trader_online *kind = kinds[script_draw(3)];
    hand_say(h, "0020000003123456");
    (void)trader_online(h, kind, 1 + script_draw(20000));
}

static inline void script_buy(struct hand *h) {
    uint32_t amount = script_draw(3000);
    (void)trader_buy(h, amount, script.sequence++);
}

#define SCRIPT_FACTORS "86844401000000013434303130307378"

/* The wallet's key number 02 is the module's, derived by city and card. */
static inline void script_share_key(struct hand *h) {
    struct partner_key root = partner_key(KEY_SAM);
    struct key128 key;
    uint8_t factors[16];
    char text[33];
    char command[64];
    (void)memcpy(key.bytes, root.bytes, sizeof key.bytes);
    (void)from_hex(SCRIPT_FACTORS, factors, sizeof factors);
    derive_key(&key, factors + 8, &key);
    derive_key(&key, factors, &key);
    hex_write(bytes_of(key.bytes, sizeof key.bytes), text);
    (void)snprintf(command, sizeof command, "80D40102153EF0020001%s", text);
    hand_say(h, command);
}

/* A purchase in which the PSAM computes: INITIALIZE, 8070, DEBIT, 8072. */
static inline void script_buy_with_sam(struct hand *h) {
    char command[128];
    char part[3][17];
    uint32_t amount = script_draw(3000);
    if (script.small) { /* and so is the program's own: it could be no PSAM */
        (void)trader_buy(h, amount, script.sequence++);
        return;
    }
    (void)snprintf(command, sizeof command, "805001020B02%08X" TRADER_TERMINAL "0F", amount);
    hand_say(h, command);
    if (hand_sw(h) != 0x9000) {
        return;
    }
    hex_write(bytes_of(h->reply + 11, 4), part[0]); /* its random number */
    hex_write(bytes_of(h->reply + 4, 2), part[1]);  /* and its transaction number */
    (void)snprintf(command, sizeof command,
        "8070000024%s%s%08X06" TRADER_MOMENT "0100" SCRIPT_FACTORS "08", part[0], part[1], amount);
    script_say_sam(command);
    assert_int_equal(hand_sw(&script_sam), 0x9000);
    hex_write(bytes_of(script_sam.reply, 4), part[0]);
    hex_write(bytes_of(script_sam.reply + 4, 4), part[1]);
    (void)snprintf(command, sizeof command, "805401000F%s" TRADER_MOMENT "%s08", part[0], part[1]);
    hand_say(h, command);
    if (hand_sw(h) == 0x9000) {
        hex_write(bytes_of(h->reply + 4, 4), part[2]);
        (void)snprintf(command, sizeof command, "8072000004%s", part[2]);
        script_say_sam(command);
        assert_int_equal(hand_sw(&script_sam), 0x9000);
    }
}

static inline void script_wrong_pin(struct hand *h) {
    char command[32];
    (void)snprintf(command, sizeof command, "0020000003%06X", script_draw(0x1000000));
    hand_say(h, command);
    if (script_draw(8) > 0) {
        hand_say(h, "0020000003123456");
    }
}

static inline void script_unblock_pin(struct hand *h) {
    (void)partner_say(h, "84240001", "123456", KEY_DPUK, PURSE_CIPHER);
    (void)partner_say(h, "84240006", "123456", KEY_PUK, SOCIAL_CIPHER);
}

/* Draws are made one after another: what stands in one call is worked out in any order. */
static inline void script_prove(struct hand *h) {
    static const char *const keys[] = {KEY_UK, KEY_LK, KEY_PUK, KEY_RK, KEY_MAIN};
    const char *key = keys[script_draw(5)];
    uint32_t id = script_draw(9);
    id += script_draw(2) * 0x80;
    bool social = script_draw(2) > 0;
    (void)partner_prove(h, key, (uint8_t)id, social);
}

static inline void script_secured(struct hand *h) {
    static const char *const heads[] = {"04D69500", "04D69600", "04DC01C4", "04E200D8"};
    const char *head = heads[script_draw(4)];
    enum partner_form form = script_draw(2) ? PURSE_MAC : PURSE_CIPHER;
    (void)partner_say(h, head, "0102030405060708090A", KEY_DAMK, form);
}

static inline void script_medical(struct hand *h) {
    uint32_t total = 0;
    if (script_draw(4) == 0) {
        medic_pin(h);
    }
    switch (script_draw(4)) {
    case 0:
        (void)medic_load(h, 1 + script_draw(50000));
        break;
    case 1:
        (void)medic_set_day(h, "031008");
        break;
    default:
        total = script_draw(4000);
        (void)medic_buy(h, total, script_draw(2000), script.sequence++);
        break;
    }
}

static inline void script_module(struct hand *h) {
    char command[128];
    uint32_t random = script_draw(UINT32_MAX);
    (void)snprintf(command, sizeof command,
        "8070000024%08X0007%08X06" TRADER_MOMENT "0100" SCRIPT_FACTORS "08", random,
        script_draw(3000));
    hand_say(h, command);
    (void)snprintf(command, sizeof command, "8072000004%08X", script_draw(UINT32_MAX));
    hand_say(h, script_draw(3) ? command : "0084000004");
}

/* Selections and readings that a terminal may think of; most fit one of the chips. */
static inline void script_read(struct hand *h) {
    static const char *const lines[] = {SELECT_WALLET, SELECT_SSSE, SELECT_DF01, SELECT_SAM,
        SELECT_DF04, "00A40000023F00", "00A4000002DDF1", "00B0950000", "00B0960010", "00B0960500",
        "00B201C400", "00B202C417", "00B2010C00", "00B2032C00", "00B2074400", "00B0850010",
        "00B0860010", "00B0880010", "00B201C41C", "805C000204", "805C000104", "B05C010004",
        "805A000602000108", "805A000202000208", "0084000004", "0084000008", "0088000008",
        "008800001001020304050607080807060504030201", "00C0000009", "00C0000010",
        "00E2004803010203", "00DC014C03040506", "00D688000401020304", "00E2002806030431000000"};
    hand_say(h, lines[script_draw(sizeof lines / sizeof lines[0])]);
}

/* Bytes without sense, with a beginning that often has some. Nothing of it blocks the card. */
static inline void script_nonsense(struct hand *h) {
    static const uint8_t classes[] = {0x00, 0x04, 0x80, 0x84, 0xB0, 0xBF};
    static const uint8_t numbers[] = {0x20, 0x24, 0x50, 0x52, 0x54, 0x58, 0x5A, 0x5C, 0x5E, 0x70,
        0x72, 0x82, 0x84, 0x88, 0xA4, 0xB0, 0xB2, 0xC0, 0xD0, 0xD2, 0xD4, 0xD6, 0xDC, 0xE0, 0xE2,
        0xFA, 0x1A, 0x28, 0x2C, 0x2E};
    uint8_t line[80];
    size_t len = 2 + script_draw(sizeof line - 2);
    for (size_t i = 0; i < len; i++) {
        line[i] = (uint8_t)script_draw(256);
    }
    line[0] = classes[script_draw(sizeof classes)];
    line[1] = numbers[script_draw(sizeof numbers)];
    if (len > 5 && script_draw(4) > 0) {
        line[4] = (uint8_t)(len - 5); /* a whole command */
        line[2] = (uint8_t)script_draw(4);
    }
    hand_send(h, bytes_of(line, len));
}

static inline void script_power(struct hand *h) {
    static const char *const homes[] = {SELECT_WALLET, SELECT_SSSE, SELECT_SAM, SELECT_DF04};
    assert_int_equal(hand_reset(h), 17);
    hand_say(h, homes[script_draw(4)]);
}

/* ---- the lives of the chips ---- */

static inline void script_make_wallet(struct hand *h) {
    hand_make_wallet(h);
    script_share_key(h);
}

static inline void script_make_medical(struct hand *h) {
    medic_make(h, !script.small && script_draw(2) > 0);
    medic_pin(h);
}

typedef void script_act(struct hand *h);

/* What a chip is made as, and what it is told besides what any chip is told. */
static const struct script_life {
    script_act *make;
    script_act *acts[4];
    bool large; /* a small chip cannot live it */
} script_lives[] = {
    {script_make_wallet,  {script_load, script_buy, script_buy_with_sam, script_deposit}, false},
    {hand_make_social,    {script_prove, script_read, script_prove, script_read},         false},
    {script_make_medical, {script_medical, script_medical, script_medical, script_read},  false},
    {hand_make_compound,  {script_load, script_buy, script_secured, script_buy},          false},
    {hand_make_sam,       {script_module, script_module, script_read, script_module},     true },
};
enum { SCRIPT_LIVES = sizeof script_lives / sizeof script_lives[0] };

static inline void script_do(struct hand *h, const struct script_life *life) {
    static script_act *const any[] = {script_wrong_pin, script_unblock_pin, script_prove,
        script_secured, script_read, script_read, script_nonsense, script_nonsense, script_power};
    if (script_draw(2) > 0) {
        life->acts[script_draw(4)](h);
    } else {
        any[script_draw(sizeof any / sizeof any[0])](h);
    }
}

/* Says so many commands to chips of hand_carrier, or of this program; the last deed is done to its
 * end. The two sums come as text. */
static inline void script_run(uint64_t seed, uint32_t commands, bool small,
    char answers[SCRIPT_TEXT], char stores[SCRIPT_TEXT]) {
    uint8_t digest[SM3_LEN];
    const struct carrier *where = hand_carrier;
    memset(&script, 0, sizeof script);
    script.where = where;
    script.hand = &script_hand;
    script.seed = seed;
    script.small = small;
    script.sequence = 1;
    carrier_state.ahead = SCRIPT_RANDOM;
    sm3_begin(&script.answers);
    sm3_begin(&script.stores);
    hand_carrier = NULL;
    if (!small) {
        hand_make_sam(&script_sam);
    }
    hand_carrier = &script_carrier;
    for (size_t i = 0; script.said < commands; i++) {
        const struct script_life *life = &script_lives[i % SCRIPT_LIVES];
        uint32_t end = script.said + SCRIPT_LIFE < commands ? script.said + SCRIPT_LIFE : commands;
        if (life->large && small) {
            continue;
        }
        life->make(&script_hand);
        while (script.said < end) {
            script_do(&script_hand, life);
        }
    }
    script_end_chip();
    hand_carrier = where;
    sm3_end(&script.answers, digest);
    hex_write(bytes_of(digest, sizeof digest), answers);
    sm3_end(&script.stores, digest);
    hex_write(bytes_of(digest, sizeof digest), stores);
}

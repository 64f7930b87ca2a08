#include "apps/bench_chip_wear.h"

#include <assert.h>

#include "issuance/station.h"

enum {
    REPEATS = 1500,   /* long enough for the memory to tidy itself up many times */
    BITS_A_BYTE = 12, /* start, eight, parity, and two of pause */
    BITS_A_SECOND = 38400,
    PAGE_MS = 3,
    HEADER_LEN = 5,
    CYCLES = 500000,
    DEEDS_A_DAY = 20,
    DAYS_A_YEAR = 365,
    KEY_VERSION = 1,
};

/* ---- a reader that counts what goes over the line ---- */

struct counting {
    struct reader inner;
    uint64_t bytes;
};

/* What T=0 sends for a line that PC/SC gives in one piece: where data go out and an answer comes
 * back, the answer is announced and fetched. */
static uint64_t bytes_on_line(struct bytes line, const struct reply *reply) {
    struct apdu cmd = {.le = 0};
    bool whole = apdu_decode(line, &cmd);
    uint64_t bytes = HEADER_LEN + 2 + cmd.data.len + reply->len; /* and a status word */
    assert(whole);
    (void)whole;
    bytes += cmd.data.len > 0;
    bytes += reply->len > 0;
    return bytes + (cmd.data.len > 0 && reply->len > 0 ? HEADER_LEN + 2 : 0);
}

static enum err counting_reset(void *self, uint8_t atr[ATR_MAX], size_t *len, struct why *why) {
    struct counting *c = self;
    return c->inner.reset(c->inner.self, atr, len, why);
}

static enum err counting_exchange(
    void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct counting *c = self;
    enum err err = c->inner.exchange(c->inner.self, line, reply, why);
    c->bytes += err ? 0 : bytes_on_line(line, reply);
    return err;
}

static struct reader counting_reader(struct counting *c) {
    return (struct reader){.self = c, .reset = counting_reset, .exchange = counting_exchange};
}

/* ---- deeds ---- */

/* Six digits that are not the holder's. */
static enum err wrong_pin(struct bench_cards *cards, struct why *why) {
    char digits[7];
    uint16_t sw = 0;
    (void)memcpy(digits, cards->pin, sizeof digits);
    digits[0] = digits[0] == '9' ? '8' : '9';
    enum err err = wallet_verify(&cards->card.reader, digits, &sw, why);
    bool counted = sw >> 4 == SW_TRIES_LEFT >> 4;
    return err || counted
               ? err
               : why_say(why, ERR_CONFLICT, "a wrong PIN: card answered %04X", (unsigned)sw);
}

/* Who went wrong puts the card in again and gets it right; then it is put in once more. */
static enum err right_pin_and_again(struct bench_cards *cards, struct why *why) {
    enum err err = bench_show_pin(cards, why);
    return err ? err : bench_visit(cards, why);
}

static enum err visit_and_wrong_pin(struct bench_cards *cards, struct why *why) {
    enum err err = bench_visit(cards, why);
    return err ? err : wrong_pin(cards, why);
}

static enum err visit_with_pin(struct bench_cards *cards, struct why *why) {
    enum err err = bench_visit(cards, why);
    return err ? err : bench_show_pin(cards, why);
}

static enum err load_one_fen(struct bench_cards *cards, struct why *why) {
    return bench_load(cards, 1, why);
}

/* The right to write DF01 EF05: a challenge, and the proof of its update key. */
static enum err prove_key(struct bench_cards *cards, struct why *why) {
    struct station st = {
        .reader = &cards->card.reader, .vault = &cards->vault, .key_version = KEY_VERSION};
    (void)memcpy(st.factor, cards->factor, sizeof st.factor);
    return station_authorise(&st, FILE_DF01_EF05, why);
}

/* The household address: 64 bytes, three pages of the memory at least. */
static enum err update_record(struct bench_cards *cards, struct why *why) {
    static uint8_t record[0x40] = {0x21, 0x3E};
    const struct apdu update = {
        .ins = 0xDC,
        .p1 = 2,
        .p2 = 0x2C,
        .data = {record, sizeof record},
        .shape = APDU_BRINGS_DATA
    };
    record[2]++;
    return reader_expect(&cards->card.reader, &update, "update", NULL, why);
}

static enum err read_record(struct bench_cards *cards, struct why *why) {
    static const struct apdu read = {
        .ins = 0xB2, .p1 = 2, .p2 = 0x2C, .le = 0x40, .shape = APDU_WANTS_ANSWER};
    return reader_expect(&cards->card.reader, &read, "read", NULL, why);
}

static enum err nothing(struct bench_cards *cards, struct why *why) {
    (void)cards;
    (void)why;
    return OK;
}

static enum err enter_updating(struct bench_cards *cards, struct why *why) {
    enum err err = bench_enter_df01(cards, why);
    return err ? err : prove_key(cards, why);
}

/* Room in the wallet for the loads. */
static enum err spend_some(struct bench_cards *cards, struct why *why) {
    enum err err = OK;
    for (unsigned i = 0; i < REPEATS && !err; i++) {
        err = bench_buy(cards, why);
    }
    return err;
}

/* What is done, what goes before all of it and what between two of it, neither of them counted. A
 * card is put into a terminal anew for each deed of a holder: the memory tidies itself up when it
 * is selected, which is counted by itself. */
static const struct deed {
    const char *name;
    unsigned limit;
    bool in_module, daily;
    enum err (*enter)(struct bench_cards *cards, struct why *why);
    enum err (*between)(struct bench_cards *cards, struct why *why);
    enum err (*run)(struct bench_cards *cards, struct why *why);
} deeds[] = {
    {"reset, SELECT of the wallet",          0, false, false, nothing,          bench_buy,           bench_visit   },
    {"purchase, card (8050, 8054)",          3, false, true,  nothing,          bench_visit,         bench_buy     },
    {"purchase, PSAM (8070, 8072)",          0, true,  false, nothing,          nothing,             bench_buy     },
    {"load (8050, 8052)",                    0, false, true,  spend_some,       visit_with_pin,      load_one_fen  },
    {"VERIFY, right PIN",                    0, false, true,  nothing,          bench_visit,         bench_show_pin},
    {"VERIFY, wrong PIN",                    2, false, false, nothing,          right_pin_and_again, wrong_pin     },
    {"VERIFY, right PIN after a wrong one",  0, false, false, nothing,          visit_and_wrong_pin,
     bench_show_pin                                                                                                },
    {"EXTERNAL AUTHENTICATE with challenge", 0, false, false, bench_enter_df01, nothing,             prove_key     },
    {"UPDATE RECORD of 64 bytes",            0, false, false, enter_updating,   nothing,             update_record },
    {"READ RECORD of 64 bytes",              0, false, false, bench_enter_df01, nothing,             read_record   },
};
_Static_assert(sizeof deeds / sizeof deeds[0] == BENCH_WEAR_ROWS, "as the header says");

static enum err repeat(const struct deed *deed, struct bench_cards *cards, struct counting *line,
    struct bench_wear_row *row, struct why *why) {
    struct memory *memory = deed->in_module ? &cards->module.memory : &cards->card.memory;
    uint64_t programs = 0, bytes = 0;
    enum err err = deed->enter(cards, why);
    memory_wear_begin(memory);
    for (unsigned i = 0; i < REPEATS && !err; i++) {
        err = deed->between(cards, why);
        uint64_t programs_before = memory->programs, bytes_before = line->bytes;
        err = err ? err : deed->run(cards, why);
        unsigned now = (unsigned)(memory->programs - programs_before);
        programs += now;
        bytes += line->bytes - bytes_before;
        row->most = now > row->most ? now : row->most;
    }
    struct memory_wear wear = memory_wear(memory);
    double a_year = (double)wear.hottest / REPEATS * DEEDS_A_DAY * DAYS_A_YEAR;
    row->programs = (double)programs / REPEATS;
    row->ms = row->programs * PAGE_MS
              + (double)bytes / REPEATS * BITS_A_BYTE * 1000 / BITS_A_SECOND;
    row->years = deed->daily && a_year > 0 ? CYCLES / a_year : 0;
    return err;
}

enum err bench_wear_measure(
    struct bench_cards *cards, struct bench_wear_row rows[BENCH_WEAR_ROWS], struct why *why) {
    enum err err = OK;
    for (size_t i = 0; i < BENCH_WEAR_ROWS && !err; i++) {
        struct bench_card *card = deeds[i].in_module ? &cards->module : &cards->card;
        struct counting line = {.bytes = 0};
        rows[i] = (struct bench_wear_row){.name = deeds[i].name, .limit = deeds[i].limit};
        err = bench_cards_renew(cards, why);
        line.inner = card->reader;
        card->reader = counting_reader(&line);
        err = err ? err : repeat(&deeds[i], cards, &line, &rows[i], why);
        card->reader = line.inner;
    }
    return err;
}

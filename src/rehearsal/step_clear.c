/* The steps at the centre: terminals and their places, the clearing of the day, the proof. */
#include "rehearsal/books.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "clearing/balance_proof.h"
#include "clearing/day_cycle.h"
#include "clearing/intake.h"
#include "clearing/load_order.h"
#include "host/files.h"
#include "issuance/inspect.h"
#include "rehearsal/tills.h"
#include "terminal/wallet.h"

enum {
    PSAM_SERIAL_FIRST = 90000000, /* chips of PSAMs are counted from here, cards from 1 */
    FUND_STEP_FEN = 10000000,     /* the pool is filled in steps of 100,000 yuan */
};

static const struct {
    const char *code, *zh;
} places[] = {
#define PLACE(code, zh, en) {code, zh},
#define TILL(serial, code)
#include "rehearsal/places.def"
};

/* The first worker's vault: the clearing runs in the thread of the steps. */
struct clearing books_of(const struct pilot *p) {
    return (struct clearing){
        .store = p->parts->clearing, .vault = p->parts->vaults[0], .purse = p->order->purse};
}

/* --- terminals and their places -------------------------------------------------------------------- */

/* Registering again writes the same rows anew. */
static enum err places_register(const struct clearing *c, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < sizeof places / sizeof places[0]; i++) {
        struct institution place = {0};
        assert(strlen(places[i].code) == INSTITUTION_LEN);
        assert(strlen(places[i].zh) <= INSTITUTION_NAME_MAX);
        (void)memcpy(place.code, places[i].code, strlen(places[i].code));
        (void)memcpy(place.name, places[i].zh, strlen(places[i].zh));
        (void)snprintf(place.bank_account, sizeof place.bank_account, "4401%012zu", i + 1);
        err = institution_register(c, &place, PILOT_CLEARER, why);
    }
    return err;
}

/* A PSAM from a blank chip, checked. */
static enum err psam_make(struct pilot *p, uint16_t i, struct why *why) {
    const struct pilot_parts *parts = p->parts;
    struct issuer issuer = issuer_of(p->order->region, p->order->date, 1);
    issuer.purse = p->order->purse;
    struct personalise_result made = {0};
    struct inspection found = {0};
    char name[2 * TERMINAL_LEN + 1];
    uint8_t number[TERMINAL_LEN];
    till_name(p->order->region, i, name);
    till_number(p->order->region, i, number);
    struct reader reader;
    enum err err = parts->rack->blank(
        parts->rack->self, SHELF_PSAMS, name, PSAM_SERIAL_FIRST + till_serial(i), why);
    err = err ? err : parts->rack->insert(parts->rack->self, SHELF_PSAMS, name, &reader, why);
    if (err) {
        return err;
    }
    struct personalisation work = {.reader = &reader, .vault = parts->vaults[0], .issuer = &issuer};
    err = personalise_psam(&work, number, &made, why);
    err = err ? err : inspect_psam(&work, &made.data, &found, why);
    card_data_wipe(&made.data);
    reader_close(&reader);
    return err ? why_add(why, err, "PSAM %s", name) : OK;
}

/* A terminal counts as installed once it is registered, which comes last. */
static enum err till_install(
    struct pilot *p, const struct clearing *c, uint16_t i, struct why *why) {
    struct terminal_row row = {0};
    till_number(p->order->region, i, row.number);
    enum err err = c->store->terminal_find(c->store->self, row.number, &row, why);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    (void)memcpy(row.institution, till_institution(i), INSTITUTION_LEN);
    err = psam_make(p, i, why);
    return err ? err : terminal_register(c, &row, PILOT_CLEARER, why);
}

/* What the fund has to pay in so that everybody can load what they plan to. */
static int64_t fund_needed(const struct pilot *p) {
    int64_t fen = 0;
    for (size_t i = 0; i < p->plan.count; i++) {
        fen += p->plan.deeds[i].kind == DEED_LOAD ? p->plan.deeds[i].amount : 0;
    }
    assert(fen >= 0);
    return (fen / FUND_STEP_FEN + 1) * FUND_STEP_FEN;
}

/* The fund's posting has the date in its number: it is paid once, however often the step runs. */
enum err step_tills(struct pilot *p, struct why *why) {
    struct clearing c = books_of(p);
    struct progress progress = progress_begin(
        "install", "terminals", PILOT_TILLS_MAX, p->order->quiet);
    char number[POSTING_NUMBER_LEN + 1];
    (void)snprintf(number, sizeof number, "FUND-%u", p->order->date);
    enum err err = pilot_city(p, why);
    err = err ? err : day_begin(&c, p->order->date, why);
    err = err ? err : ledger_fund(c.store, number, fund_needed(p), p->order->date, why);
    err = err ? err : places_register(&c, why);
    for (uint16_t i = 0; !err && i < PILOT_TILLS_MAX; i++) {
        err = till_install(p, &c, i, why);
        progress_at(&progress, i + 1U);
    }
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    return OK;
}

/* --- uploads --------------------------------------------------------------------------------------- */

/* An upload source over a stdio stream; a short read is the end or the next call's trouble. */
static long file_read(void *self, uint8_t *to, size_t len) {
    FILE *file = self;
    size_t got = fread(to, 1, len, file);
    return ferror(file) ? -1 : (long)got;
}

/* Straight from the file: a million records need no memory. */
enum err books_take_in(struct pilot *p, const char *path, struct why *why) {
    struct clearing c = books_of(p);
    FILE *file = fopen(path, "rb");
    if (!file) {
        return files_trouble(why, "read", path);
    }
    struct intake_figures figures;
    enum err err = intake_file(
        &c, (struct upload_source){.self = file, .read = file_read}, &figures, NULL, why);
    (void)fclose(file);
    return err ? why_add(why, err, "%s", path) : OK;
}

/* Forged and repeated ones have figures of their own; whatever else was not cleared is a surprise
 * and is named. */
enum err books_count_uploads(struct pilot *p, struct why *why) {
    struct clearing c = books_of(p);
    struct intake_figures sums;
    struct pilot_figures *f = p->figures;
    enum err err = intake_figures_of(&c, 0, &sums, why);
    if (err) {
        return err;
    }
    f->upload.records = sums.records;
    f->upload.tac_good = sums.tac_good;
    f->upload.tac_bad = sums.tac_bad;
    f->upload.duplicate = sums.duplicates;
    f->upload.cleared_fen = sums.by_ruling[RULING_CLEARED].fen;
    f->upload.other = (struct tally){0};
    for (int r = 0; r < REASON_COUNT; r++) {
        bool named = r == REASON_NONE || r == REASON_TAC || r == REASON_DUPLICATE;
        if (!named && sums.by_reason[r].count > 0) {
            tally_add(&f->upload.other, reason_line((enum reason)r)->word, sums.by_reason[r].count);
        }
    }
    return OK;
}

/* --- the clearing of the day ----------------------------------------------------------------------- */

/* The whole cycle with two officers, and what came of it. */
enum err step_clear(struct pilot *p, struct why *why) {
    struct clearing c = books_of(p);
    struct pilot_figures *f = p->figures;
    struct progress progress = progress_begin("clear the day", "days", 1, p->order->quiet);
    char bank_dir[FIGURES_PATH_ROOM];
    (void)snprintf(f->bank_file, sizeof f->bank_file, "bank/%u.pay", p->order->date);
    struct day_order order = {
        .day = p->order->date, .officer = PILOT_CLEARER, .bank_dir = bank_dir};
    enum err err = pilot_path(p, "bank", "", bank_dir, why);
    err = err ? err : day_run(&c, &order, PILOT_APPROVER, why);
    struct day_figures day;
    struct reason_sum loads[LOAD_STATE_COUNT];
    struct trial_balance trial;
    err = err ? err : day_figures_of(&c, p->order->date, &day, why);
    err = err ? err : load_figures_of(&c, 0, loads, why);
    err = err ? err : ledger_trial(c.store, &trial, why);
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    f->payout_fen = day.payout_fen;
    f->loads_posted_fen = loads[LOAD_POSTED].fen;
    f->books.debit_fen = trial.debit_fen;
    f->books.credit_fen = trial.credit_fen;
    f->books.difference_fen = trial.difference_fen;
    progress_at(&progress, 1);
    (void)progress_end(&progress);
    return OK;
}

/* --- the proof ------------------------------------------------------------------------------------- */

/* What is on a chip, asked of the chip. */
static enum err chip_balance(
    struct pilot *p, const struct pilot_card *card, uint32_t *fen, struct why *why) {
    const struct chip_rack *rack = p->parts->rack;
    struct reader reader;
    enum err err = rack->insert(rack->self, SHELF_CARDS, card->number, &reader, why);
    if (err) {
        return err;
    }
    uint8_t atr[ATR_MAX];
    size_t atr_len = 0;
    uint16_t sw = SW_OK;
    struct wallet_card wallet;
    err = reader_reset(&reader, atr, &atr_len, why);
    err = err ? err : wallet_select(&reader, &wallet, &sw, why);
    err = err || sw != SW_OK ? err : wallet_balance(&reader, fen, &sw, why);
    reader_close(&reader);
    if (!err && sw != SW_OK) {
        err = why_say(why, ERR_CONFLICT, "the wallet answers %04X (%s)", sw, sw_text(sw));
    }
    return err;
}

/* Card by card against the books, then the books as a whole. */
enum err step_prove(struct pilot *p, struct why *why) {
    struct clearing c = books_of(p);
    struct pilot_figures *f = p->figures;
    struct balance_proof proof;
    enum err err = pilot_city(p, why);
    struct progress progress = progress_begin("prove", "cards", p->card_count, p->order->quiet);
    proof_begin(&proof, &c);
    for (size_t i = 0; !err && i < p->card_count; i++) {
        uint32_t fen = 0;
        err = chip_balance(p, &p->cards[i], &fen, why);
        err = err ? why_add(why, err, "card %s", p->cards[i].number)
                  : proof_card(&proof, p->cards[i].factor, fen, why);
        progress_at(&progress, i + 1);
    }
    err = err ? err : proof_end(&proof, why);
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    f->cards_balance_fen = proof.cards_balance_fen;
    f->books_balance_fen = proof.books_balance_fen;
    f->difference_count = proof.difference_count;
    f->difference[0] = '\0';
    if (proof.difference_count > 0) {
        (void)snprintf(f->difference, sizeof f->difference, "%s", proof.differences[0]);
    }
    (void)progress_end(&progress);
    return OK;
}

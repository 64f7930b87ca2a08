/* A model of one page: hundreds of random days, computed in the simplest way that one can think of, and
 * the clearing must come to the same, institution by institution, card by card, and prove it.
 *
 * Half of the trades are honest; the others are forged, repeated, above the limit, of a card that nobody
 * knows, of a listed card, too late, from tomorrow, or sent for the wrong institution. The seed of a day
 * that differs is printed. */
#include "clearing/memory_city.h"

#include "clearing/day_proof.h"
#include "clearing/paid_day.h"

enum { CARDS = 9, TILLS = 4, TRADES_MAX = 24, DAYS = 300 };

/* --- the model ----------------------------------------------------------------------------- */

static const char *const codes[] = {"P0000001", "H0000002"};

/* All that there is: what each card holds, and who is to get what. */
struct model {
    uint32_t on_card[CARDS + 1];
    uint16_t number[CARDS + 1];
    uint32_t sequence[TILLS + 1];
    int64_t due[2], held;
    size_t cleared;
};

enum trick { HONEST, FORGED, REPEATED, LARGE, UNKNOWN, LISTED, LATE, EARLY, ASTRAY, TRICKS };

/* What a trick does to the money of a proven trade: paid, held, or never seen. */
static const enum {
    PAID,
    HELD,
    NOTHING
} outcome[TRICKS] = {
    [HONEST] = PAID,
    [FORGED] = NOTHING,
    [REPEATED] = PAID, /* once */
    [LARGE] = HELD,
    [UNKNOWN] = NOTHING,
    [LISTED] = HELD,
    [LATE] = HELD,
    [EARLY] = HELD,
    [ASTRAY] = HELD,
};

/* The whole of the clearing, for one trade. */
static void model_trade(
    struct model *m, enum trick trick, unsigned card, unsigned till, uint32_t fen) {
    if (outcome[trick] == NOTHING) {
        return;
    }
    m->on_card[card] -= fen;
    m->number[card]++;
    if (outcome[trick] == HELD) {
        m->held += fen;
    } else {
        m->due[(till - 1) / 2] += fen;
        m->cleared++;
    }
}

/* --- a random day -------------------------------------------------------------------------- */

/* A small generator of our own, so that a seed is a day on every machine. */
static uint32_t draw(uint32_t *seed, uint32_t below) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed % below;
}

/* One trade as the terminal sends it; its moment is what the trick needs. */
static struct upload_record trade(
    struct model *m, enum trick trick, unsigned card, unsigned till, uint32_t fen) {
    struct upload_record r = purchase(
        card, till, ++m->sequence[till], m->number[card], m->on_card[card], fen);
    uint32_t day = trick == LATE ? 20030901 : trick == EARLY ? TODAY + 1 : TODAY;
    moment_at(
        day, trick == LISTED ? 110000 : (uint32_t)(moment_number(r.moment) % 1000000), r.moment);
    if (trick == UNKNOWN) {
        r.asn[3] ^= 0x10;
    }
    sign_record(&r);
    r.tac[0] ^= trick == FORGED ? 1 : 0;
    return r;
}

/* Draws it, sends it, and tells the model. Only card 9 is listed, and only after ten; large trades are
 * above 100.00 and small ones at most that. */
static void one_trade(struct city *city, struct model *m, uint32_t *seed) {
    enum trick trick = draw(seed, 2) ? HONEST : (enum trick)draw(seed, TRICKS);
    unsigned card = trick == LISTED ? 9 : 1 + draw(seed, CARDS - 1);
    unsigned till = 1 + draw(seed, TILLS);
    uint32_t fen = trick == LARGE ? 10001 + draw(seed, 2000) : 1 + draw(seed, 1800);
    if (fen > m->on_card[card]) {
        return; /* the card refuses */
    }
    struct upload_record r = trade(m, trick, card, till, fen);
    const char *sender = codes[trick == ASTRAY ? 1 - (till - 1) / 2 : (till - 1) / 2];
    struct upload_record twice[2] = {r, r};
    sell(&city->clearing, sender, till, twice, trick == REPEATED ? 2 : 1);
    model_trade(m, trick, card, till, fen);
}

/* --- the comparison ------------------------------------------------------------------------ */

static void compare(struct city *city, const struct model *m, uint32_t seed) {
    const struct clearing *c = &city->clearing;
    struct day_proof proof;
    struct why why = {{0}};
    must(day_prove(c, TODAY, NULL, &proof, &why), &why);
    bool same = proof.differences.count == 0 && proof.cleared == m->cleared
                && proof.payout_fen == m->due[0] + m->due[1] && fen_in_suspense(c) == m->held
                && fen_on(c, account_named(ACCOUNT_BANK, NULL)) == m->due[0] + m->due[1];
    for (unsigned i = 0; i < 2; i++) {
        same = same && fen_of_institution(c, codes[i]) == 0;
    }
    for (unsigned card = 1; card <= CARDS; card++) {
        same = same && fen_on_card(c, card) == m->on_card[card];
    }
    for (size_t i = 0; i < city->rows->now.payout_count; i++) {
        const struct payout *p = &city->rows->now.payouts[i];
        same = same && p->fen == m->due[strcmp(p->to.code, codes[0]) == 0 ? 0 : 1];
    }
    if (!same) {
        fail_msg("the day of seed %u: the clearing pays %d and holds %d, the model %d and %d; %s",
            seed, (int)proof.payout_fen, (int)fen_in_suspense(c), (int)(m->due[0] + m->due[1]),
            (int)m->held, proof.differences.named[0]);
    }
}

/* The day with its steps, and the model beside it: how many trades were cleared. */
static size_t one_day(uint32_t seed) {
    struct city *city = new_city();
    struct bank bank = new_bank();
    struct model m = {.held = 0};
    uint32_t state = seed;
    for (unsigned card = 1; card <= CARDS; card++) {
        m.on_card[card] = 50000;
    }
    uint32_t trades = draw(&state, TRADES_MAX + 1);
    for (uint32_t i = 0; i < trades; i++) {
        one_trade(city, &m, &state);
    }
    for (int to = DAY_CUT; to < DAY_STATE_COUNT; to++) {
        step_to(&city->clearing, &bank, (enum day_state)to);
    }
    compare(city, &m, seed);
    drop_bank(&bank);
    drop_city(city);
    return m.cleared;
}

static void a_random_day_is_that_of_the_model(void **state) {
    (void)state;
    const char *given = getenv("SHEBAO_SEED");
    size_t cleared = 0;
    for (uint32_t day = 0; day < (given ? 1 : DAYS); day++) {
        cleared += one_day(given ? (uint32_t)strtoul(given, NULL, 10) : 1 + day * 7919);
    }
    assert_true(given || cleared > 5U * DAYS); /* the days are no empty ones */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_random_day_is_that_of_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

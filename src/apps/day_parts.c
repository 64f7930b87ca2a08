#include "apps/day_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "clearing/load_order.h"

enum err day_parts_open(
    struct day_parts *parts, struct day_desk *desk, const char *dir, struct why *why) {
    if (!files_join(parts->folder, dir, "segments")) {
        return why_say(why, ERR_INVALID, "the centre's directory has too long a name");
    }
    enum err err = files_make_folder(parts->folder, why);
    return err ? err : sql_parts_open(&desk->city.db, &parts->rows, &parts->store, why);
}

void day_parts_close(struct day_parts *parts) {
    sql_parts_close(parts->rows);
    parts->rows = NULL;
}

/* --- what cannot be done to a day in parts ------------------------------------------------------- */

enum err day_parts_allow_file(struct day_desk *desk, struct why *why) {
    DAY_PARTS_SCOPE(parts);
    enum err err = sql_parts_open(&desk->city.db, &parts.rows, &parts.store, why);
    return err ? err : parts_allow_file(&desk->clearing, &parts.store, why);
}

enum err day_parts_forbid(struct day_desk *desk, uint32_t day, const char *what, struct why *why) {
    DAY_PARTS_SCOPE(parts);
    struct parts_row row;
    enum err err = sql_parts_open(&desk->city.db, &parts.rows, &parts.store, why);
    err = err ? err : parts.store.day_find(parts.store.self, day, &row, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    return why_say(why, ERR_CONFLICT,
        "%s each record of day %08" PRIu32
        ", which was taken in parts and keeps them in sealed segments; ask for its reports instead "
        "(day report)",
        what, day);
}

enum err day_parts_forbid_card(
    struct day_desk *desk, const uint8_t factor[FACTOR_LEN], struct why *why) {
    DAY_PARTS_SCOPE(parts);
    uint32_t day = 0;
    enum err err = sql_parts_open(&desk->city.db, &parts.rows, &parts.store, why);
    err = err ? err : parts.store.bought(parts.store.self, factor, &day, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    return why_say(why, ERR_CONFLICT,
        "the card bought on day %08" PRIu32
        ", which was taken in parts; prove that day as a whole (day prove %08" PRIu32 ")",
        day, day);
}

/* --- the proof ----------------------------------------------------------------------------------- */

/* What each institution gets by records and moves, by the books, and by the payout list. */
static enum err prove_nets(struct day_desk *desk, struct day_proof *p, struct why *why) {
    const struct clearing_store *store = &desk->store;
    struct net_row net = {0};
    enum err err = OK;
    while (!(err = store->net_next(store->self, p->day, net.institution, &net, why))) {
        p->due_fen += net.fen > 0 ? net.fen : 0;
        if (net.fen != net.booked_fen) {
            differ(&p->differences,
                "institution %s: records say %" PRId64 " fen, the books %" PRId64, net.institution,
                net.fen, net.booked_fen);
        }
    }
    if (err == ERR_NOT_FOUND && p->state >= DAY_LISTED && p->due_fen != p->payout_fen) {
        differ(&p->differences, "%" PRId64 " fen are due, and the payout list says %" PRId64,
            p->due_fen, p->payout_fen);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err prove_sums(struct day_desk *desk, struct day_proof *p, struct why *why) {
    const struct clearing *c = &desk->clearing;
    struct day_figures day;
    struct intake_figures figures;
    struct reason_sum loads[LOAD_STATE_COUNT] = {{0}};
    struct trial_balance trial;
    enum err err = day_figures_of(c, p->day, &day, why);
    err = err ? err : intake_figures_of(c, p->day, &figures, why);
    err = err ? err : load_figures_of(c, p->day, loads, why);
    err = err ? err : ledger_trial(&desk->store, &trial, why);
    if (err) {
        return err;
    }
    p->state = day.state;
    p->payout_fen = day.payout_fen;
    p->cleared = figures.by_ruling[RULING_CLEARED].count;
    p->cleared_fen = figures.by_ruling[RULING_CLEARED].fen;
    p->held = figures.by_ruling[RULING_SUSPENSE].count;
    p->held_fen = figures.by_ruling[RULING_SUSPENSE].fen;
    p->loaded_fen = loads[LOAD_POSTED].fen;
    if (!trial_even(&trial)) {
        differ(&p->differences, "the books are not even");
    }
    return prove_nets(desk, p, why);
}

enum err day_parts_prove(
    struct day_desk *desk, const char *dir, uint32_t day, struct day_proof *out, struct why *why) {
    DAY_PARTS_SCOPE(parts);
    struct parts_proof proof;
    *out = (struct day_proof){.day = day};
    enum err err = day_parts_open(&parts, desk, dir, why);
    const struct parts_taking order = {
        .c = &desk->clearing, .parts = &parts.store, .folder = parts.folder};
    err = err ? err : parts_prove_books(&order, day, &proof, why);
    if (err) {
        return err;
    }
    out->uploads = (uint32_t)proof.files;
    out->records = proof.records;
    out->tac_good = proof.tac_good;
    out->differences = proof.differences;
    return prove_sums(desk, out, why);
}

#include "apps/day_parts.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "clearing/load_order.h"
#include "clearing/move.h"

enum err day_parts_begin(struct day_desk *desk, struct why *why) {
    assert(desk->segment_dir[0] != '\0');
    return files_make_folder(desk->segment_dir, why);
}

enum err day_parts_allow_file(struct day_desk *desk, struct why *why) {
    return parts_allow_file(&desk->clearing, &desk->parts, why);
}

/* What two officers decided for institutions on the day. */
static enum err tell_moves(
    struct day_desk *desk, uint32_t day, const struct proof_listener *listener, struct why *why) {
    const struct clearing_store *store = &desk->store;
    struct move_row row = {.number = ""};
    enum err err = OK;
    while (!(err = store->move_next(store->self, day, row.number, &row, why))) {
        char rule[MOVE_REFERENCE_MAX + 2 * MOVE_NUMBER_MAX + 8];
        (void)snprintf(
            rule, sizeof rule, "%s %s: %s", move_word(row.kind), row.number, row.reference);
        const struct proof_line line = {
            row.institution, move_sign(row.kind) * row.fen, NULL, row.upload, row.place, rule};
        if (line.fen != 0) {
            listener->told(listener->cookie, &line);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

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

enum err day_parts_prove(struct day_desk *desk, uint32_t day, const struct proof_listener *listener,
    struct day_proof *out, struct why *why) {
    struct parts_proof proof;
    const bool listened = listener && listener->told;
    const struct parts_taking order = {.c = &desk->clearing,
        .parts = &desk->parts,
        .folder = desk->segment_dir,
        .listener = listened ? listener : NULL};
    *out = (struct day_proof){.day = day};
    enum err err = parts_prove_books(&order, day, &proof, why);
    err = err || !listened ? err : tell_moves(desk, day, listener, why);
    if (err) {
        return err;
    }
    out->uploads = (uint32_t)proof.files;
    out->records = proof.records;
    out->tac_good = proof.tac_good;
    out->differences = proof.differences;
    return prove_sums(desk, out, why);
}

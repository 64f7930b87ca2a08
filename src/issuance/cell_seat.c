#include "issuance/cell_seat.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/hex.h"
#include "crypto/secret.h"
#include "host/clock.h"
#include "issuance/cell_round.h"
#include "issuance/making_rule.h"

enum {
    INSPECT_HOUR = 7, /* the time of day that zero purchases bear */
    NS_OF_MICRO = 1000,
};

/* --- one piece ------------------------------------------------------------------------------- */

/* Every fate but a good one has its story. */
static void settle_fate(struct cell_piece *piece, enum cell_fate fate) {
    assert(fate != FATE_OPEN);
    piece->fate = fate;
}

/* The chip's own serial must be that of the blank that was taken: a feeder may slip. */
static bool chip_is_due(struct cell_piece *piece, const struct making_chip *chip) {
    char text[2 * sizeof chip->factor + 1];
    if (chip->serial == piece->serial) {
        return true;
    }
    hex_write(bytes_of(chip->factor, sizeof chip->factor), text);
    (void)why_say(&piece->why, ERR_CONFLICT,
        "the feeder gave chip %s where blank %" PRId64
        " was due; put the blanks into their order again",
        text, piece->serial);
    return false;
}

/* Trouble from outside may be the chip's end or the reader's: another reset tells. A chip that
 * answers again has done nothing wrong: then the reader or the vault let us down. */
static enum cell_fate fate_of_outside(
    const struct cell *cell, unsigned seat, const struct reader *reader) {
    uint8_t atr[ATR_MAX];
    size_t atr_len = 0;
    struct why ignored;
    if (!cell->feed->alive(cell->feed->self, seat)) {
        return FATE_UNKNOWN;
    }
    bool answers = reader_reset(reader, atr, &atr_len, &ignored) == OK;
    return answers ? FATE_UNKNOWN : FATE_FAILED;
}

/* What an error of making or of reading back says about the piece; refused is what the card's own
 * word comes to. */
static enum cell_fate fate_of(const struct cell *cell, unsigned seat, const struct reader *reader,
    enum err err, enum cell_fate refused) {
    switch (err) {
    case OK:
        return FATE_GOOD;
    case ERR_INVALID:
        return FATE_UNFIT;
    case ERR_OUTSIDE:
        return fate_of_outside(cell, seat, reader);
    case ERR_NOT_FOUND:
    case ERR_CONFLICT:
    case ERR_DENIED:
    default:
        return refused;
    }
}

/* The moment of the inspection's zero purchases: the day of issue, early. */
static void inspect_moment(const struct issuer *issuer, uint8_t moment[7]) {
    (void)memset(moment, 0, 7);
    bcd_write(issuer->issued, moment, 4);
    bcd_write(INSPECT_HOUR, moment + 4, 1);
}

/* Cell 3: everything is read back from a chip that was powered anew. */
static enum err read_back(
    const struct personalisation *p, struct cell_piece *piece, const struct card_data *data) {
    uint8_t moment[7];
    inspect_moment(p->issuer, moment);
    return piece->again ? inspect_card_again(p, data, moment, &piece->found, &piece->why)
                        : inspect_card(p, data, moment, &piece->found, &piece->why);
}

/* Cell 5: a chip that was in the machine when it stopped may be a card already. Its data are made
 * again, which gives the same; when it is not that card, nothing was found out yet. */
static bool is_card_already(
    const struct personalisation *p, const struct making_chip *chip, struct cell_piece *piece) {
    const struct card_source source = {.issuer = p->issuer,
        .person = &piece->person,
        .card_number = piece->line.card_number,
        .factor = chip->factor,
        .vault = p->vault,
        .profile = p->profile};
    return card_data_make(&piece->made.data, &source, &piece->why) == OK
           && read_back(p, piece, &piece->made.data) == OK;
}

/* Made, then read back. */
static void make_and_read(const struct cell *cell, const struct personalisation *p,
    const struct making_chip *chip, struct cell_piece *piece) {
    if (piece->again && is_card_already(p, chip, piece)) {
        settle_fate(piece, FATE_GOOD);
        return;
    }
    enum err err = personalise_card(
        p, &piece->person, piece->line.card_number, &piece->made, &piece->why);
    if (err) {
        settle_fate(piece, fate_of(cell, piece->seat, p->reader, err, FATE_FAILED));
        return;
    }
    err = read_back(p, piece, &piece->made.data);
    settle_fate(piece, fate_of(cell, piece->seat, p->reader, err, FATE_WRONG));
}

/* The answer to reset says which chip it is and how it wants to be made; then it is made. */
static void work_on(
    const struct seat_at *at, const struct reader *reader, struct cell_piece *piece) {
    struct personalisation p = {.reader = reader,
        .vault = at->vault,
        .issuer = at->cell->issuer,
        .profile = (enum profile_name)at->run->profile};
    struct making_chip chip;
    enum err err = reader_reset(reader, piece->atr, &piece->atr_len, &piece->why);
    if (err) {
        settle_fate(piece, fate_of_outside(at->cell, at->seat, reader));
        return;
    }
    if (making_rule_chip(bytes_of(piece->atr, piece->atr_len), &chip, &piece->why)
        || !chip_is_due(piece, &chip)) {
        settle_fate(piece, FATE_MISTAKEN);
        return;
    }
    p.chips = chip.chips;
    make_and_read(at->cell, &p, &chip, piece);
}

/* Whatever happens, the reader is closed and the piece taken out before its fate counts. */
bool seat_make(const struct seat_at *at, struct cell_piece *piece) {
    const struct cell_feed *feed = at->cell->feed;
    struct reader reader = {.self = NULL};
    uint64_t began = clock_ns();
    assert(at->seat < at->cell->seats);
    assert(piece->fate == FATE_OPEN);
    piece->seat = at->seat;
    enum err err = feed->load(feed->self, at->seat, piece, &reader, &piece->why);
    if (err) {
        settle_fate(piece, FATE_UNKNOWN); /* nobody knows where the blank is */
    } else {
        work_on(at, &reader, piece);
        reader_close(&reader);
        err = feed->unload(feed->self, at->seat, piece, &piece->why);
        piece->fate = err ? FATE_UNKNOWN : piece->fate;
    }
    piece->micros = (clock_ns() - began) / NS_OF_MICRO;
    assert(piece->fate != FATE_OPEN);
    return piece->fate != FATE_UNKNOWN;
}

/* --- hands ----------------------------------------------------------------------------------- */

/* One seat of a hand. */
struct attended {
    struct cell_group *group;
    struct seat_at at;
};

/* A thread, and the seats that it attends to: every so many of the cell's. */
struct hand {
    struct attended seats[ROUND_SEATS_MAX];
    unsigned count;
    struct round round; /* open when there are several */
    pthread_t thread;
};

/* Takes the next piece that nobody has, until none is left or this seat cannot go on. */
static void seat_run(void *self) {
    const struct attended *a = self;
    struct cell_group *g = a->group;
    bool good = true;
    for (size_t i = g->next++; good && i < g->count; i = good ? g->next++ : g->count) {
        good = seat_make(&a->at, &g->pieces[i]);
    }
}

/* Alone as it comes, several in a round. */
static void *hand_run(void *self) {
    struct hand *hand = self;
    void *selves[ROUND_SEATS_MAX];
    if (hand->count == 1) {
        seat_run(&hand->seats[0]);
        return NULL;
    }
    for (unsigned i = 0; i < hand->count; i++) {
        selves[i] = &hand->seats[i];
    }
    round_run(&hand->round, seat_run, selves);
    return NULL;
}

/* How many threads: those that are wanted, or one for each seat. */
static unsigned hands_of(const struct cell *cell) {
    unsigned hands = cell->hands == 0 || cell->hands > cell->seats ? cell->seats : cell->hands;
    assert(hands >= 1);
    assert(hands <= CELL_HANDS_MAX);
    return hands;
}

/* Seats of a round see a vault that gathers; a seat alone sees the hand's own. */
static enum err hand_open(
    struct hand *hand, struct cell_group *group, unsigned number, struct why *why) {
    const struct cell *cell = group->cell;
    const unsigned hands = hands_of(cell);
    for (unsigned seat = number; seat < cell->seats; seat += hands) {
        assert(hand->count < ROUND_SEATS_MAX);
        hand->seats[hand->count++] = (struct attended){
            group, {cell, group->run, seat, cell->vaults[number]}
        };
    }
    enum err err = hand->count > 1
                       ? round_open(&hand->round, cell->vaults[number], hand->count, why)
                       : OK;
    for (unsigned i = 0; !err && hand->count > 1 && i < hand->count; i++) {
        hand->seats[i].at.vault = &hand->round.seats[i].vault;
    }
    return err;
}

/* --- a group --------------------------------------------------------------------------------- */

/* Pieces are large, and hold what must be wiped: they live on the heap, for a whole run. */
enum err group_open(struct cell_group *group, const struct cell *cell,
    const struct production_run *run, struct why *why) {
    *group = (struct cell_group){.cell = cell, .run = run};
    group->pieces = calloc(CELL_CARDS_AT_ONCE, sizeof *group->pieces);
    group->hands = calloc(CELL_HANDS_MAX, sizeof *group->hands);
    enum err err = group->pieces && group->hands
                       ? OK
                       : why_say(
                           why, ERR_OUTSIDE, "no memory for a group of cards; end other programs");
    for (unsigned i = 0; !err && i < hands_of(cell); i++) {
        err = hand_open(&group->hands[i], group, i, why);
    }
    return err;
}

/* Names, numbers and first PINs are among the pieces. */
void group_close(struct cell_group *group) {
    if (group->pieces) {
        crypto_wipe(group->pieces, CELL_CARDS_AT_ONCE * sizeof *group->pieces);
    }
    for (unsigned i = 0; group->hands && i < CELL_HANDS_MAX; i++) {
        round_close(&group->hands[i].round);
    }
    free(group->pieces);
    free(group->hands);
    group->pieces = NULL;
    group->hands = NULL;
}

/* Fewer hands than were wanted are hands, too: the seats of the others stay empty. */
enum err group_start(struct cell_group *group, struct why *why) {
    const unsigned hands = hands_of(group->cell);
    group->next = 0;
    for (group->started = 0; group->started < hands; group->started++) {
        struct hand *hand = &group->hands[group->started];
        if (pthread_create(&hand->thread, NULL, hand_run, hand) != 0) {
            break;
        }
    }
    return group->started > 0
               ? OK
               : why_say(why, ERR_OUTSIDE, "the system gives no thread; end other programs");
}

/* After this, pieces and fates are the caller's alone. */
void group_wait(struct cell_group *group) {
    for (unsigned i = 0; i < group->started; i++) {
        (void)pthread_join(group->hands[i].thread, NULL);
    }
    group->started = 0;
}

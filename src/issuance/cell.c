#include "issuance/cell.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "issuance/batch.h"
#include "issuance/cell_record.h"
#include "issuance/making_rule.h"
#include "issuance/numbers.h"

enum {
    TEST_BIRTH = 19800101,
    TEST_SEX = 2,
    TEST_NATION = 1,
    PEOPLE_OF_REGION = 1000, /* citizen numbers that end a region and a birth date */
    TESTS_MAX = 16,
    TEST_SERIAL_FIRST = CARD_SERIAL_MAX + 1, /* where each number has its own blank */
};

/* A specimen's name says so in Chinese and its number is no card's. [system.md 6.3.2] */
static const char test_name[] = "测试样卡";
static const char test_number[CARD_NUMBER_LEN + 1] = "T00000000";

/* --- blanks and pieces ----------------------------------------------------------------------- */

/* The last of its blanks that the run took; 0 before the first. */
static enum err last_taken(
    const struct cell *cell, const struct production_run *run, int64_t *last, struct why *why) {
    const struct production_store *production = cell->production;
    return production->serial_last(
        production->self, run->id, run->first, run->first + run->count - 1, last, why);
}

/* The blank after that; where each number has its own, the line's. */
static enum err next_serial(const struct production_run *run, int64_t *last,
    const char *card_number, int64_t *serial, struct why *why) {
    uint32_t of_number = 0;
    if (run->count == 0) {
        bool good = card_number_read(card_number, &of_number);
        *serial = of_number;
        return good ? OK : why_say(why, ERR_INVALID, "%s is no card number", card_number);
    }
    if (*last == run->first + run->count - 1) {
        return why_say(why, ERR_CONFLICT,
            "the %" PRId64
            " blanks of this run are used up; draw more with stock requisition, then "
            "production resume with --first and --count",
            run->count);
    }
    *last = *last == 0 ? run->first : *last + 1;
    assert(*last >= run->first);
    assert(*last < run->first + run->count);
    *serial = *last;
    return OK;
}

/* The next blank, when blanks are counted; else a serial that no number of the city has. */
static enum err test_serial(
    const struct cell *cell, const struct production_run *run, int64_t *serial, struct why *why) {
    const struct production_store *production = cell->production;
    const struct piece_question tests = {
        .run = run->id, .only = PIECE_STATES, .after = TEST_SERIAL_FIRST - 1};
    struct production_piece rows[TESTS_MAX];
    size_t count = TESTS_MAX;
    int64_t last = 0;
    if (run->count > 0) {
        enum err err = last_taken(cell, run, &last, why);
        return err ? err : next_serial(run, &last, NULL, serial, why);
    }
    enum err err = production->pieces_after(production->self, &tests, rows, &count, why);
    *serial = TEST_SERIAL_FIRST + (int64_t)count;
    return err || count < TESTS_MAX ? err
                                    : why_say(why, ERR_CONFLICT,
                                        "%d test cards were bad; look at the machine", TESTS_MAX);
}

/* Blanks that were drawn for this run and are not used yet must be in production, all of them. */
static enum err check_blanks(
    const struct cell *cell, const struct production_run *run, struct why *why) {
    struct stock_order order = {.count = 0};
    int64_t last = 0;
    int64_t out = 0;
    enum err err = last_taken(cell, run, &last, why);
    order.first = last == 0 ? run->first : last + 1;
    order.count = run->first + run->count - order.first;
    (void)snprintf(order.point, sizeof order.point, "%s", cell->point);
    if (!err && order.count > 0) {
        err = cell->stock->blanks_count(cell->stock->self, &order, BLANK_OUT, &out, why);
    }
    if (!err && out != order.count) {
        return why_say(why, ERR_CONFLICT,
            "%" PRId64 " of the blanks %" PRId64 " to %" PRId64
            " are not in production at %s; stock requisition and stock sign first",
            order.count - out, order.first, order.first + order.count - 1, cell->point);
    }
    return err;
}

/* --- beginning ------------------------------------------------------------------------------- */

/* Cell 6, and who may at all. */
static enum err check_officers(
    const struct cell *cell, const struct production_run *run, struct why *why) {
    enum err err = officer_require(cell->registry, run->officer, ROLE_MAKER, why);
    err = err ? err : officer_require(cell->registry, run->second, ROLE_APPROVER, why);
    if (!err && strcmp(run->officer, run->second) == 0) {
        return why_say(why, ERR_DENIED, "%s cannot review, too; the second person signs in",
            run->officer); /* cell 6 */
    }
    return err;
}

/* A new run: its profile follows from the day of issue. */
static enum err begin_new(const struct cell *cell, struct production_run *run, struct why *why) {
    const struct making_rule *rule = making_rule_of(cell->issuer->issued);
    if (!rule) {
        return why_say(
            why, ERR_CONFLICT, "no rule has a profile for cards of %" PRIu32, cell->issuer->issued);
    }
    run->profile = (int)rule->profile;
    run->key_version = cell->issuer->key_version;
    run->day = cell->issuer->issued;
    run->tested = false;
    run->ended = false;
    enum err err = cell->production->run_add(cell->production->self, run, why);
    return err ? err : cell_note(cell, run, run->officer, "begin production", why);
}

/* Cell 5: another shift may go on, at the same machine. */
static enum err begin_again(const struct cell *cell, const struct production_run *open,
    struct production_run *run, struct why *why) {
    if (strcmp(open->machine, run->machine) != 0) {
        return why_say(why, ERR_CONFLICT,
            "run %" PRId64 " of this batch is open in %s; go on there", open->id, open->machine);
    }
    struct production_run now = *open;
    (void)memcpy(now.officer, run->officer, sizeof now.officer);
    (void)memcpy(now.second, run->second, sizeof now.second);
    bool more = run->count > 0 && (run->first != open->first || run->count != open->count);
    now.first = more ? run->first : open->first;
    now.count = more ? run->count : open->count;
    *run = now;
    enum err err = cell->production->run_change(cell->production->self, run, why);
    return err ? err : cell_note(cell, run, run->officer, "go on with production", why);
}

/* Batch, officers and blanks are looked at in the transaction that writes the run. */
enum err cell_begin(const struct cell *cell, struct production_run *run, struct why *why) {
    const struct production_store *production = cell->production;
    struct production_run open = {.ended = true};
    struct batch batch;
    assert(cell->seats >= 1);
    assert(cell->seats <= CELL_SEATS_MAX);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, cell->store, why);
    err = err ? err : check_officers(cell, run, why);
    err = err ? err : cell->store->batch_get(cell->store->self, run->batch, &batch, why);
    if (!err && batch.state != BATCH_MAKER_OUT) {
        err = why_say(why, ERR_CONFLICT, "it is %s (%s); only a batch with its maker is made",
            machine_state_en(&batch_machine, (int)batch.state),
            machine_state_zh(&batch_machine, (int)batch.state));
    }
    if (!err) {
        err = production->run_of_batch(production->self, run->batch, &open, why);
        err = err == ERR_NOT_FOUND ? OK : err;
    }
    if (!err) {
        err = open.ended ? begin_new(cell, run, why) : begin_again(cell, &open, run, why);
    }
    err = err || !cell->stock ? err : check_blanks(cell, run, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "batch %" PRId64, run->batch) : OK;
}

/* --- the test card --------------------------------------------------------------------------- */

/* The last three digits before the check character are 000, which no office gives out. */
static void test_person(const struct cell *cell, struct person *person) {
    *person = (struct person){.id = 1,
        .sex = TEST_SEX,
        .nation = TEST_NATION,
        .birth = TEST_BIRTH,
        .region = cell->issuer->region};
    number_write(((int64_t)cell->issuer->region * 100000000 + TEST_BIRTH) * PEOPLE_OF_REGION,
        person->number);
    (void)memcpy(person->name, test_name, sizeof test_name);
}

/* Good or bad, its blank is spoiled: a test card never leaves the centre. */
static enum err record_test(const struct cell *cell, struct production_run *run,
    struct cell_group *group, struct why *why) {
    struct cell_piece *piece = &group->pieces[0];
    struct why story = {{0}};
    size_t left = 0;
    bool good = piece->fate == FATE_GOOD;
    if (good) {
        (void)why_say(&piece->why, OK, "test card 测试卡, good");
    }
    piece->fate = good || piece->fate == FATE_WRONG ? FATE_FAILED : piece->fate;
    struct production_run now = *run;
    now.tested = good;
    assert(piece->line.seq == 0);
    assert(piece->fate != FATE_OPEN);
    WORK_SCOPE(work);
    enum err err = work_begin(&work, cell->store, why);
    err = err ? err : cell_record(cell, run, group, &left, &story, why);
    err = err ? err : cell->production->run_change(cell->production->self, &now, why);
    err = err ? err
              : cell_note(cell, run, run->second, good ? "test card good" : "test card bad", why);
    err = err ? err : work_commit(&work, why);
    run->tested = !err && good;
    return err;
}

/* One piece in the first seat, in the caller's thread. */
static enum err make_test(const struct cell *cell, struct production_run *run,
    struct cell_group *group, struct why *why) {
    struct cell_piece *piece = &group->pieces[0];
    group->count = 1;
    (void)memcpy(piece->line.card_number, test_number, sizeof test_number);
    piece->line.batch = run->batch;
    test_person(cell, &piece->person);
    enum err err = test_serial(cell, run, &piece->serial, why);
    err = err ? err : cell_take(cell, run, piece, 1, why);
    if (err) {
        return err;
    }
    const struct seat_at first = {cell, run, 0, cell->vaults[0]};
    (void)seat_make(&first, piece);
    struct why story = piece->why;
    enum cell_fate fate = piece->fate;
    err = record_test(cell, run, group, why);
    if (!err && fate != FATE_GOOD) {
        err = why_say(why, ERR_CONFLICT, "it is not as it must be: %s; look at machine and chips",
            story.text);
    }
    return err;
}

/* Cell 2: once for a run; a bad one costs its blank and may be tried again. */
enum err cell_test(const struct cell *cell, struct production_run *run, struct why *why) {
    struct cell_group group;
    if (run->tested) {
        return OK;
    }
    enum err err = group_open(&group, cell, run, why);
    err = err ? err : make_test(cell, run, &group, why);
    group_close(&group);
    return err ? why_add(why, err, "test card") : OK;
}

/* --- making ---------------------------------------------------------------------------------- */

/* Where a walk over a batch stands. */
struct walk {
    const struct cell *cell;
    const struct production_run *run;
    int32_t after;       /* the last line that was looked at */
    int64_t last;        /* the last blank that was taken */
    int64_t found_after; /* of the pieces that were taken before */
    uint64_t done;       /* lines that came by */
    struct why empty;    /* why no blank was taken, once none is left */
};

/* A line that is still to be made, with the next blank. */
static enum err take_line(
    struct walk *w, const struct batch_line *line, struct cell_group *group, struct why *why) {
    const struct registry_store *registry = w->cell->registry;
    bool open = line->state == LINE_IN_BATCH || line->state == LINE_ACCOUNT;
    if (!open) {
        return OK;
    }
    assert(group->count < CELL_CARDS_AT_ONCE);
    struct cell_piece *piece = &group->pieces[group->count];
    *piece = (struct cell_piece){.line = *line};
    enum err err = next_serial(w->run, &w->last, line->card_number, &piece->serial, why);
    err = err ? err : registry->person_by_id(registry->self, line->person, &piece->person, why);
    group->count += err ? 0 : 1;
    return err ? why_add(why, err, "line %" PRId32, line->seq) : OK;
}

/* The next lines that are still to be made, each with a blank, written down as taken. A group is as
 * large as the blanks allow; no blank at all is the caller's to tell. */
static enum err take_lines(struct walk *w, struct cell_group *group, struct why *why) {
    const struct issuance_store *store = w->cell->store;
    static const size_t at_once = CELL_CARDS_AT_ONCE;
    struct batch_line lines[CELL_CARDS_AT_ONCE];
    size_t count = 0;
    enum err err = OK;
    group->count = 0;
    do {
        count = at_once;
        err = store->lines_after(store->self, w->run->batch, w->after, lines, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            err = take_line(w, &lines[i], group, why);
            w->after = err ? w->after : lines[i].seq;
            w->done += err ? 0 : 1;
        }
    } while (!err && count > 0 && group->count == 0);
    if (err == ERR_CONFLICT && group->count > 0) {
        err = OK; /* what blanks there are, first */
    }
    return err || group->count == 0 ? err
                                    : cell_take(w->cell, w->run, group->pieces, group->count, why);
}

/* A piece that was in the machine when it stopped, with its line. A test card has none. */
static enum err take_found(
    struct walk *w, const struct production_piece *row, struct cell_group *group, struct why *why) {
    const struct issuance_store *store = w->cell->store;
    const struct registry_store *registry = w->cell->registry;
    struct cell_piece *piece = &group->pieces[group->count++];
    *piece = (struct cell_piece){.serial = row->serial, .again = true};
    if (row->seq == 0) {
        (void)memcpy(piece->line.card_number, test_number, sizeof test_number);
        piece->line.batch = row->batch;
        test_person(w->cell, &piece->person);
        return OK;
    }
    enum err err = store->line_get(store->self, row->batch, row->seq, &piece->line, why);
    return err ? err
               : registry->person_by_id(registry->self, piece->line.person, &piece->person, why);
}

/* What a run that was cut has left; no row is written, for they are there. */
static enum err take_left(struct walk *w, struct cell_group *group, struct why *why) {
    const struct production_store *production = w->cell->production;
    const struct piece_question left = {
        .run = w->run->id, .only = PIECE_TAKEN, .after = w->found_after};
    struct production_piece rows[CELL_CARDS_AT_ONCE];
    size_t count = CELL_CARDS_AT_ONCE;
    group->count = 0;
    enum err err = production->pieces_after(production->self, &left, rows, &count, why);
    for (size_t i = 0; !err && i < count; i++) {
        err = take_found(w, &rows[i], group, why);
        w->found_after = rows[i].serial;
    }
    return err;
}

/* A test card that was cut is spoiled, whatever it has become. */
static void spoil_tests(struct cell_group *group) {
    for (size_t i = 0; i < group->count; i++) {
        struct cell_piece *piece = &group->pieces[i];
        if (piece->line.seq == 0 && piece->fate == FATE_GOOD) {
            piece->fate = FATE_FAILED;
            (void)why_say(&piece->why, ERR_CONFLICT, "test card 测试卡, cut short");
        }
    }
}

/* Writes a group down; ERR_OUTSIDE when some of it is still in the machine. */
static enum err finish_group(struct walk *w, struct cell_group *group, struct why *why) {
    struct why story = {{0}};
    size_t left = 0;
    spoil_tests(group);
    enum err err = cell_record(w->cell, w->run, group, &left, &story, why);
    if (!err && w->cell->moved) {
        w->cell->moved(w->cell->cookie, w->done);
    }
    if (!err && left > 0) {
        return why_say(why, ERR_OUTSIDE,
            "%zu pieces are in doubt: %s; mend the readers, then production resume", left,
            story.text);
    }
    return err || w->cell->stock || story.text[0] == '\0'
               ? err
               : why_say(why, ERR_OUTSIDE, "%s", story.text); /* no other blank would come */
}

/* Cell 5, before anything new is taken. */
static enum err find_out(struct walk *w, struct cell_group *group, struct why *why) {
    enum err err = OK;
    do {
        err = take_left(w, group, why);
        if (!err && group->count > 0) {
            err = group_start(group, why);
            group_wait(group);
            err = err ? err : finish_group(w, group, why);
        }
    } while (!err && group->count > 0);
    return err;
}

/* Whether the seats can go on: nothing is in doubt, and whatever came is worth a next blank. */
static bool seats_good(const struct cell *cell, const struct cell_group *group) {
    for (size_t i = 0; i < group->count; i++) {
        enum cell_fate fate = group->pieces[i].fate;
        bool slipped = fate == FATE_MISTAKEN && !cell->stock;
        if (fate == FATE_OPEN || fate == FATE_UNKNOWN || slipped) {
            return false;
        }
    }
    return true;
}

/* A group that was in the seats is written down, while the next one, if it can, is made. After trouble
 * with the rows the next one is waited for and written down, too; what cannot be is found out later. */
static enum err hand_over(
    struct walk *w, struct cell_group *done, struct cell_group *next, struct why *why) {
    struct why start_why = {{0}};
    struct why ignored = {{0}};
    group_wait(done);
    bool go_on = next->count > 0 && seats_good(w->cell, done);
    enum err started = go_on ? group_start(next, &start_why) : OK;
    enum err err = finish_group(w, done, why);
    if (err && go_on && !started) {
        group_wait(next);
        (void)finish_group(w, next, &ignored);
    }
    if (!err && started) {
        *why = start_why;
        err = started;
    }
    return err;
}

/* One pass over the lines: while a group is in the seats, the last is written down and the next is
 * taken. */
static enum err make_pass(struct walk *w, struct cell_group groups[2], struct why *why) {
    struct cell_group *now = &groups[0];
    struct cell_group *next = &groups[1];
    enum err err = take_lines(w, now, why);
    err = err || now->count == 0 ? err : group_start(now, why);
    while (!err && now->count > 0) {
        struct why taken_why = {{0}};
        enum err taken = take_lines(w, next, &taken_why);
        next->count = taken ? 0 : next->count;
        err = hand_over(w, now, next, why);
        if (!err && taken) {
            *why = taken_why;
            err = taken;
        }
        struct cell_group *done = now;
        now = next;
        next = done;
    }
    return err;
}

/* What is still to be made after a pass: lines that get another blank. */
static enum err lines_left(const struct cell *cell, int64_t batch, int64_t *left, struct why *why) {
    struct line_count counts[LINE_STATES_MAX];
    size_t count = 0;
    *left = 0;
    enum err err = cell->store->line_counts(cell->store->self, batch, counts, &count, why);
    for (size_t i = 0; !err && i < count; i++) {
        bool open = counts[i].state == LINE_IN_BATCH || counts[i].state == LINE_ACCOUNT;
        *left += open ? counts[i].count : 0;
    }
    return err;
}

/* What was left is found out first: its lines are still open, and must not be taken twice. */
static enum err make_all(struct walk *w, struct cell_group groups[2], struct why *why) {
    int64_t left = 0;
    enum err err = find_out(w, &groups[0], why);
    err = err ? err : lines_left(w->cell, w->run->batch, &left, why);
    while (!err && left > 0) { /* each pass spends blanks, or tries of a line */
        w->after = 0;
        w->done = 0;
        err = make_pass(w, groups, why);
        err = err ? err : lines_left(w->cell, w->run->batch, &left, why);
    }
    return err;
}

/* Two groups are enough: one in the seats, one being taken or written down. */
enum err cell_make(const struct cell *cell, struct production_run *run, struct why *why) {
    struct walk w = {.cell = cell, .run = run};
    struct cell_group groups[2] = {{.cell = NULL}, {.cell = NULL}};
    if (!run->tested || run->ended) {
        return why_say(why, ERR_CONFLICT, "run %" PRId64 " has %s", run->id,
            run->ended ? "ended; begin another" : "no good test card yet; make one first");
    }
    enum err err = last_taken(cell, run, &w.last, why);
    err = err ? err : group_open(&groups[0], cell, run, why);
    err = err ? err : group_open(&groups[1], cell, run, why);
    err = err ? err : make_all(&w, groups, why);
    group_close(&groups[0]);
    group_close(&groups[1]);
    return err ? why_add(why, err, "run %" PRId64, run->id) : OK;
}

/* --- ending ---------------------------------------------------------------------------------- */

/* One order for a run of blanks, numbered by its first: asked again, it answers as before. */
static enum err return_blanks(const struct cell *cell, const struct production_run *run,
    int64_t first, int64_t count, struct why *why) {
    struct stock_order order = {
        .step = STOCK_RETURN, .first = first, .count = count, .day = run->day};
    (void)snprintf(order.request, sizeof order.request, "run %" PRId64 " chip %" PRId64 " back",
        run->id, first);
    (void)snprintf(order.point, sizeof order.point, "%s", cell->point);
    (void)snprintf(order.officer, sizeof order.officer, "%s", run->officer);
    return stock_order_make(cell->stock, cell->registry, &order, why);
}

/* Blanks that came back untouched, one by one, then those that were never taken. */
static enum err return_all(
    const struct cell *cell, const struct production_run *run, struct why *why) {
    const struct production_store *production = cell->production;
    struct piece_question back = {.run = run->id, .only = PIECE_RETURNED};
    struct production_piece rows[CELL_CARDS_AT_ONCE];
    int64_t last = 0;
    size_t count = 0;
    enum err err = OK;
    do {
        count = CELL_CARDS_AT_ONCE;
        err = production->pieces_after(production->self, &back, rows, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            back.after = rows[i].serial;
            err = return_blanks(cell, run, back.after, 1, why);
        }
    } while (!err && count > 0);
    err = err ? err : last_taken(cell, run, &last, why);
    int64_t next = last == 0 ? run->first : last + 1;
    int64_t unused = run->first + run->count - next;
    assert(err || unused >= 0);
    return err || unused <= 0 ? err : return_blanks(cell, run, next, unused, why);
}

/* Cell 4. */
static enum err check_end(const struct cell *cell, const struct production_run *run,
    const struct production_counts *counts, struct why *why) {
    int64_t left = 0;
    enum err err = lines_left(cell, run->batch, &left, why);
    if (!err && (left > 0 || counts->by[PIECE_TAKEN] > 0)) {
        return why_say(why, ERR_CONFLICT,
            "%" PRId64 " lines are still to be made and %" PRId64
            " pieces are in the machine; production resume goes on",
            left, counts->by[PIECE_TAKEN]);
    }
    assert(err
           || counts->received
                  == counts->by[PIECE_PASSED] + counts->by[PIECE_REJECTED]
                         + counts->by[PIECE_RETURNED]);
    return err;
}

/* Cell 4 is looked at in the transaction that ends the run, so that nothing can come between. */
enum err cell_end(const struct cell *cell, struct production_run *run,
    struct production_counts *counts, struct why *why) {
    const struct production_store *production = cell->production;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, cell->store, why);
    err = err ? err : production->counts(production->self, run->id, counts, why);
    if (err || run->ended) {
        return err;
    }
    struct production_run now = *run;
    now.ended = true;
    err = check_end(cell, run, counts, why);
    err = err || !cell->stock ? err : return_all(cell, run, why);
    err = err ? err : production->run_change(production->self, &now, why);
    err = err ? err : cell_note(cell, run, run->officer, "end production", why);
    err = err ? err : work_commit(&work, why);
    run->ended = !err;
    return err ? why_add(why, err, "run %" PRId64, run->id) : OK;
}

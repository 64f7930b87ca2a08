/* The centre's own production cell: a batch begun, made, gone on with, and shown. [system.md 4.2.4]
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/production_desk.h"
#include "base/hex.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"
#include "issuance/batch.h"
#include "issuance/cell.h"

enum { PIECES_AT_ONCE = 64 };

struct cell_options {
    int64_t batch, first, count, seats;
    const char *machine, *officer, *second, *dialect, *data;
    struct vault_words words;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct cell_options, batch), NULL, NULL,
        "number of the batch", false},
    {"--officer", OPTION_TEXT, offsetof(struct cell_options, officer), "CODE", NULL,
        "who works at the machine: a maker", false},
    {"--second", OPTION_TEXT, offsetof(struct cell_options, second), "CODE", NULL,
        "who reviews: an approver, another person", false},
    {"--first", OPTION_NUMBER, offsetof(struct cell_options, first), "SERIAL", "0",
        "first serial of the blanks that were drawn for it", false},
    {"--count", OPTION_NUMBER, offsetof(struct cell_options, count), "N", "0",
        "how many blanks; one of them becomes the test card", false},
    {"--machine", OPTION_TEXT, offsetof(struct cell_options, machine), "NAME", "cell-1",
        "name of the cell", false},
    {"--seats", OPTION_NUMBER, offsetof(struct cell_options, seats), "N", "32",
        "readers that work at once, 1 to 64", false},
    {"--dialect", OPTION_TEXT, offsetof(struct cell_options, dialect), "WHOSE", "fmcos",
        "whose blanks the factory delivered: fmcos or datang", false},
    OPTIONS_VAULT(struct cell_options, words),
    OPTION_DATA(struct cell_options, data),
    OPTION_JSON(struct cell_options, json),
};
/* clang-format on */

/* --- one run ---------------------------------------------------------------------------------- */

/* The equation of a run, for people or as one object. */
static void print_counts(
    const struct production_run *run, const struct production_counts *c, bool json) {
    if (json) {
        (void)printf("{\"run\": %" PRId64 ", \"batch\": %" PRId64 ", \"machine\": \"%s\", "
                     "\"profile\": \"%s\", \"tested\": %s, \"ended\": %s, \"received\": %" PRId64
                     ", \"passed\": %" PRId64 ", \"rejected\": %" PRId64 ", \"returned\": %" PRId64
                     ", \"in_machine\": %" PRId64 "}\n",
            run->id, run->batch, run->machine, profile_text((enum profile_name)run->profile),
            run->tested ? "true" : "false", run->ended ? "true" : "false", c->received,
            c->by[PIECE_PASSED], c->by[PIECE_REJECTED], c->by[PIECE_RETURNED], c->by[PIECE_TAKEN]);
        return;
    }
    (void)printf("run %" PRId64 " of batch %" PRId64 " in %s, %s cards, test card %s, %s\n",
        run->id, run->batch, run->machine, profile_text((enum profile_name)run->profile),
        run->tested ? "good 合格" : "not made yet", run->ended ? "ended 已结束" : "open 进行中");
    (void)printf("    received 接收 %" PRId64 " = passed 合格 %" PRId64 " + rejected 废卡 %" PRId64
                 " + returned 退回 %" PRId64 " + in the machine 在机 %" PRId64 "\n",
        c->received, c->by[PIECE_PASSED], c->by[PIECE_REJECTED], c->by[PIECE_RETURNED],
        c->by[PIECE_TAKEN]);
}

/* A word of the command line into a member of a run. */
static enum err read_word(
    const char *text, const char *what, char *to, size_t room, struct why *why) {
    return stock_word(to, room, text, what, why);
}

/* Which blanks the factory of a rehearsal delivers. */
static enum err read_dialect(const char *word, enum chips_of *chips, struct why *why) {
    *chips = strcmp(word, "datang") == 0 ? CHIPS_OF_DATANG : CHIPS_OF_FMCOS;
    return *chips == CHIPS_OF_DATANG || strcmp(word, "fmcos") == 0
               ? OK
               : why_say(why, ERR_CONFLICT, "--dialect is fmcos or datang, not \"%s\"", word);
}

/* The run as the command line has it. */
static enum err fill_run(
    const struct cell_options *given, struct production_run *run, struct why *why) {
    *run = (struct production_run){
        .batch = given->batch, .first = given->first, .count = given->count};
    enum err err = read_word(given->machine, "--machine", run->machine, sizeof run->machine, why);
    err = err ? err
              : read_word(given->officer, "--officer", run->officer, sizeof run->officer, why);
    return err ? err : read_word(given->second, "--second", run->second, sizeof run->second, why);
}

/* A batch that was approved is with its maker from now on: the maker is this cell. */
static enum err to_maker(
    struct production_desk *desk, const struct production_run *run, struct why *why) {
    const struct issuance_store *store = &desk->stock.issuance;
    struct batch b;
    enum err err = officer_require(&desk->stock.city.store, run->officer, ROLE_MAKER, why);
    err = err ? err : store->batch_get(store->self, run->batch, &b, why);
    return err || b.state != BATCH_APPROVED
               ? err
               : batch_step(store, run->batch, BATCH_TO_MAKER, run->officer, why);
}

/* What a new run must bring; one that is open knows its blanks already. */
static enum err check_blanks_given(
    struct production_desk *desk, const struct production_run *run, bool start, struct why *why) {
    struct production_run open = {.ended = true};
    const struct production_store *production = &desk->production;
    enum err err = production->run_of_batch(production->self, run->batch, &open, why);
    bool has_run = err == OK && !open.ended;
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    if (start && run->count < 1) {
        return why_say(
            why, ERR_CONFLICT, "name the blanks that were drawn, with --first and --count");
    }
    return start || has_run
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "batch %" PRId64 " has no open run; production start begins one", run->batch);
}

/* Draws the bar. */
static void cards_moved(void *cookie, uint64_t lines) {
    progress_at(cookie, lines);
}

/* All that is left of the batch; ended, it is back from its maker. */
static enum err finish(struct production_desk *desk, struct production_run *run, bool quiet,
    struct production_counts *counts, struct why *why) {
    struct progress progress = progress_begin("personalise and check", "cards", 0, quiet);
    desk->cell.moved = cards_moved;
    desk->cell.cookie = &progress;
    enum err err = cell_make(&desk->cell, run, why);
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    WORK_SCOPE(work);
    err = work_begin(&work, &desk->stock.issuance, why);
    err = err ? err : cell_end(&desk->cell, run, counts, why);
    err = err ? err
              : batch_step(&desk->stock.issuance, run->batch, BATCH_FROM_MAKER, run->officer, why);
    return err ? err : work_commit(&work, why);
}

/* How far a command goes: to the test card of a new run, or to the end of one that is open. */
enum how_far { BEGIN_ONLY, OPEN_ONLY };

/* The batch goes to its maker in the transaction that writes the run: a run that is refused leaves
 * it as it was. */
static enum err begin(struct production_desk *desk, struct production_run *run,
    enum how_far how_far, struct why *why) {
    WORK_SCOPE(work);
    enum err err = work_begin(&work, &desk->stock.issuance, why);
    err = err || how_far == OPEN_ONLY ? err : to_maker(desk, run, why);
    err = err ? err : cell_begin(&desk->cell, run, why);
    return err ? err : work_commit(&work, why);
}

/* Each step looks whether it was done; so the same command goes on after a kill. */
static enum err work(struct production_desk *desk, const struct cell_options *given,
    enum how_far how_far, struct production_counts *counts, struct production_run *run,
    struct why *why) {
    enum err err = fill_run(given, run, why);
    err = err ? err : check_blanks_given(desk, run, how_far == BEGIN_ONLY, why);
    err = err ? err : production_desk_keys(desk, run->batch, why);
    err = err ? err : begin(desk, run, how_far, why);
    err = err ? err : cell_test(&desk->cell, run, why);
    if (err || how_far == BEGIN_ONLY) {
        const struct production_store *production = &desk->production;
        return err ? err : production->counts(production->self, run->id, counts, why);
    }
    return finish(desk, run, given->json, counts, why);
}

/* A wrong word on the command line is wrong use; no file is read here. */
static int told(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}

/* The three commands of the cell read the same words. */
static int cell_command(
    const char *command, const char *help, enum how_far how_far, int argc, char **argv) {
    struct cell_options given;
    struct production_run run = {.id = 0};
    struct production_counts counts = {.received = 0};
    struct why why = {0};
    int status = 0;
    const struct usage usage = {.command = command,
        .help = help,
        .options = options,
        .count = sizeof options / sizeof options[0]};
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    PRODUCTION_DESK_SCOPE(desk);
    struct production_order order = {
        .data = given.data, .words = &given.words, .seats = given.seats, .quiet = given.json};
    enum err err = read_dialect(given.dialect, &order.chips, &why);
    err = err ? err : production_desk_open_cell(&desk, &order, &why);
    err = err ? err : work(&desk, &given, how_far, &counts, &run, &why);
    if (!err) {
        print_counts(&run, &counts, given.json);
    }
    return told(err, &why);
}

int production_start_command(int argc, char **argv) {
    return cell_command("production start",
        "Begins the production of an approved batch: two officers sign in, the blanks are named, "
        "and\n"
        "the test card is made, read back and proven.",
        BEGIN_ONLY, argc, argv);
}

int production_run_command(int argc, char **argv) {
    return cell_command("production run",
        "Makes the cards of a batch whose run was begun, reads each back, and writes down what\n"
        "became of every blank. The batch is back from its maker when all is done.",
        OPEN_ONLY, argc, argv);
}

int production_resume_command(int argc, char **argv) {
    return cell_command("production resume",
        "Goes on with a run that was cut, or lacks blanks (--first and --count name more): what "
        "was\n"
        "in the machine is found out first.",
        OPEN_ONLY, argc, argv);
}

/* --- show ------------------------------------------------------------------------------------- */

struct show_options {
    int64_t batch;
    const char *data;
    bool json, all;
};

static const struct option show_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct show_options, batch), NULL, NULL,
     "number of the batch",                           false},
    {"--all", OPTION_FLAG,   offsetof(struct show_options, all),   NULL, NULL,
     "every piece; without, those that did not pass", false},
    OPTION_DATA(struct show_options, data),
    OPTION_JSON(struct show_options, json),
};

static const struct usage show_usage = {
    .command = "production show",
    .help =
        "Shows the newest run of a batch: what it received and what became of it, piece by piece.",
    .options = show_options,
    .count = sizeof show_options / sizeof show_options[0],
};

/* Both languages, as on the sheets. */
static const char *state_word(enum piece_state state) {
    static const char *const words[PIECE_STATES] = {
        "in the machine 在机", "passed 合格", "rejected 废卡", "returned 退回"};
    return state < PIECE_STATES ? words[state] : "?";
}

/* Without `all`, what passed is not worth a line. */
static void print_piece(const struct production_piece *p, bool all) {
    char atr[2 * ATR_MAX + 1];
    if (!all && p->state == PIECE_PASSED) {
        return;
    }
    hex_write(bytes_of(p->atr, p->atr_len), atr);
    (void)printf("%9" PRId64 "  line %" PRId32 "  %s  seat %d  %" PRId64 " commands  %" PRId64
                 " us  %s  %s\n",
        p->serial, p->seq, state_word(p->state), p->seat, p->commands, p->micros, atr, p->reason);
}

/* A window at a time. */
static enum err print_pieces(struct production_desk *desk, int64_t run, bool all, struct why *why) {
    const struct production_store *production = &desk->production;
    struct production_piece list[PIECES_AT_ONCE];
    struct piece_question question = {.run = run, .only = PIECE_STATES};
    size_t count = 0;
    enum err err = OK;
    do {
        count = PIECES_AT_ONCE;
        err = production->pieces_after(production->self, &question, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            question.after = list[i].serial;
            print_piece(&list[i], all);
        }
    } while (!err && count > 0);
    return err;
}

int production_show_command(int argc, char **argv) {
    struct show_options given;
    struct production_run run;
    struct production_counts counts;
    struct why why = {0};
    int status = 0;
    if (!options_read(&show_usage, argc, argv, &given, &status)) {
        return status;
    }
    PRODUCTION_DESK_SCOPE(desk);
    const struct production_store *production = &desk.production;
    enum err err = production_desk_open(&desk, given.data, &why);
    err = err ? err : production->run_of_batch(production->self, given.batch, &run, &why);
    err = err ? err : production->counts(production->self, run.id, &counts, &why);
    if (!err) {
        print_counts(&run, &counts, given.json);
        err = given.json ? OK : print_pieces(&desk, run.id, given.all, &why);
    }
    return told(err, &why);
}

/* The page of figures that a pilot ends with, and pilot.json, which says the same to programs.
 *
 * Money is in fen, as integers. "refused" maps a reason to a count and leaves reasons out that did
 * not occur. The same figures are kept after each step in pilot.state.json, so that a pilot which
 * was cut short knows what it was asked and how far it came; the figures themselves are made from
 * the records again, never carried on from the file. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "host/why.h"

/* The most reasons of one tally, and the bytes of texts with their ends. */
enum {
    FIGURES_REASONS_MAX = 32,
    FIGURES_DIGEST_ROOM = 65,
    FIGURES_STORY_ROOM = 400,
    FIGURES_DIFFERENCE_ROOM = 200,
    FIGURES_PATH_ROOM = 1024
};

/* Counts by name, in the order in which they were first counted. Names are borrowed for ever:
 * string constants, as a rule. */
struct tally {
    struct {
        const char *name;
        uint64_t count;
    } rows[FIGURES_REASONS_MAX];
    size_t count;
};

/* Counts so many more under a name. More than FIGURES_REASONS_MAX names are our own mistake. */
void tally_add(struct tally *tally, const char *name, uint64_t count);

/* PILOT_IMPORT and so on, in the order in which they are taken. */
enum pilot_step_name {
#define STEP(name, zh, en) PILOT_##name,
#include "rehearsal/pilot_step.def"
    PILOT_STEPS
};

/* What the way of the cards into hands came to: the lines of issuing_figure.def. */
enum issued_figure {
#define GROUP(group, zh, en)
#define ISSUED(member, group, name, zh, en) ISSUED_##member,
#include "rehearsal/issuing_figure.def"
    ISSUED_FIGURES
};

/* Loads or purchases, as the terminals' receipts tell them. */
struct trade_figures {
    uint64_t count;              /* done */
    int64_t fen;                 /* of those */
    uint64_t offline, recovered; /* of those: not asked first, completed by GET TRANSACTION PROVE */
    struct tally refused;
};

/* Everything that a pilot tells, group by group as pilot.json has it. */
struct pilot_figures {
    /* What was asked for. */
    uint64_t seed;
    uint32_t date, forge;
    char people_digest[FIGURES_DIGEST_ROOM]; /* SM3 of the file of people */
    /* How far it has come. */
    bool done[PILOT_STEPS];
    double seconds[PILOT_STEPS];

    struct {
        uint64_t lines, accepted; /* accepted: the person is in the registry */
        uint64_t registered;      /* all persons of the registry, this file's and earlier ones */
        struct tally refused;
    } people;
    /* made: a chip took all of it; checked: and is good; failed: the rest. */
    struct {
        uint64_t made, checked, failed, handed_out, reported_lost;
    } cards;
    uint64_t issued[ISSUED_FIGURES]; /* by enum issued_figure */
    struct trade_figures loads, purchases;
    /* What the centre found in the upload files. */
    struct {
        uint64_t records, tac_good, tac_bad, duplicate;
        int64_t cleared_fen;
        struct tally other; /* reasons beside forged and repeated ones */
    } upload;
    /* The trial balance. */
    struct {
        int64_t debit_fen, credit_fen, difference_fen;
    } books;
    int64_t loads_posted_fen;
    int64_t cards_balance_fen, books_balance_fen, payout_fen;
    uint64_t difference_count;                /* of the balance proof */
    char difference[FIGURES_DIFFERENCE_ROOM]; /* the first of them */
    char bank_file[FIGURES_PATH_ROOM];        /* below the centre's directory */
};

/* True when every fen, every card at the point and every blank is accounted for, and every forged and repeated record was found; otherwise
 * story says the first thing that does not agree, with both figures. "" when all agree. */
bool figures_balance(const struct pilot_figures *f, char story[FIGURES_STORY_ROOM]);

/* Writes pilot.json (or its state file): whole or not at all, so a kill leaves the earlier one.
 * ERR_OUTSIDE when disk or memory fail. */
enum err figures_write(const struct pilot_figures *f, const char *path, struct why *why);

/* The same object on a stream, for --json. A reader who had enough (EPIPE) is no error. */
enum err figures_print_json(const struct pilot_figures *f, FILE *to, struct why *why);

/* Reads what figures_write() wrote; ERR_NOT_FOUND when there is no such file, ERR_INVALID when it is
 * none of ours. Tallies come back with names that live as long as the program. */
enum err figures_read(const char *path, struct pilot_figures *out, struct why *why);

/* The page for a person, in Chinese and English. */
void figures_print(const struct pilot_figures *f, FILE *to);

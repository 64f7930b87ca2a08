/* What the steps of the pilot share. Internal to rehearsal.
 *
 * A step reads what it needs from stores, chips and journals, does what is missing, and leaves its
 * figures. It can be run again at any time with the same outcome; that is the whole story of
 * resuming. */
#pragma once

#include "host/progress.h"
#include "rehearsal/pilot.h"
#include "rehearsal/plan.h"

/* The terminals of the city, from places.def. */
enum {
    PILOT_TILLS_MAX = 0
#define PLACE(code, zh, en)
#define TILL(serial, code) +1
#include "rehearsal/places.def"
};

/* A good card, and whose it is. */
struct pilot_card {
    uint64_t person;   /* struct person.id */
    char number[10];   /* with an end */
    uint8_t factor[8]; /* of its chip */
};

/* A pilot under way: what it was handed, what it has found out, and who takes part. */
struct pilot {
    const struct pilot_parts *parts;
    const struct pilot_order *order;
    struct pilot_figures *figures;
    /* Known once the cards exist, by pilot_city(): */
    struct pilot_card *cards; /* sorted by person */
    size_t card_count;
    struct plan plan;
};

/* The steps, in their order. Each leaves its figures in p->figures; ERR_OUTSIDE says that disk,
 * database, chips or threads failed: run it again. Any other error is a finding about the city.
 *
 * import   the file of people, into the registry
 * duplicates  records that may be one person, found, and some decided by two officers
 * photos   pictures are drawn of some, judged by the rule, some by a person, taken again where they fail
 * apply    an application for everybody without a card, audited
 * cards    batches, from applications to finished cards in boxes at the service point
 * tills    the first day, the pool, institutions, PSAMs and terminals
 * packages cards leave for a unit, and by post
 * day      what people do with their cards, deed by deed
 * counter  what happens at the service point: the unit's list, losses, replacement, instant cards, a death
 * upload   the terminals' files, forged where that was asked for
 * clear    the day cycle, to the file for the bank
 * prove    every chip against the books */
enum err step_import(struct pilot *p, struct why *why);
enum err step_duplicates(struct pilot *p, struct why *why);
enum err step_photos(struct pilot *p, struct why *why);
enum err step_apply(struct pilot *p, struct why *why);
enum err step_cards(struct pilot *p, struct why *why);
enum err step_tills(struct pilot *p, struct why *why);
enum err step_packages(struct pilot *p, struct why *why);
enum err step_day(struct pilot *p, struct why *why);
enum err step_counter(struct pilot *p, struct why *why);
enum err step_upload(struct pilot *p, struct why *why);
enum err step_clear(struct pilot *p, struct why *why);
enum err step_prove(struct pilot *p, struct why *why);

/* Who signs in a rehearsal: officers of the registry. */
#define PILOT_MAKER         "maker"
#define PILOT_APPROVER      "approver"
#define PILOT_POINT         "point"
#define PILOT_CLEARER       "clearer"

/* Where the city's cards are packed, fetched, and made while people wait. */
#define PILOT_SERVICE_POINT "440100-01"

/* Lists the good cards and draws the plan for their holders, unless that is done. The plan follows
 * from the seed and the cards alone, so every run draws the same. */
enum err pilot_city(struct pilot *p, struct why *why);

/* The card of a person who has one, borrowed; NULL for others. pilot_city() comes before. */
const struct pilot_card *pilot_card_of(const struct pilot *p, uint64_t person);

/* Name of a file or folder in the centre's directory, in path[FIGURES_PATH_ROOM]. ERR_INVALID when
 * it is too long. */
enum err pilot_path(
    const struct pilot *p, const char *folder, const char *name, char *path, struct why *why);

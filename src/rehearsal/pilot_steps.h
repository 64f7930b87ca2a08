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
    uint64_t person;
    char number[10];
    uint8_t factor[8];
};

struct pilot {
    const struct pilot_parts *parts;
    const struct pilot_order *order;
    struct pilot_figures *figures;
    /* Known once the cards exist, by pilot_city(): */
    struct pilot_card *cards; /* sorted by person */
    size_t card_count;
    struct plan plan;
};

enum err step_import(struct pilot *p, struct why *why);
enum err step_apply(struct pilot *p, struct why *why);
enum err step_cards(struct pilot *p, struct why *why);
enum err step_tills(struct pilot *p, struct why *why);
enum err step_day(struct pilot *p, struct why *why);
enum err step_upload(struct pilot *p, struct why *why);
enum err step_clear(struct pilot *p, struct why *why);
enum err step_prove(struct pilot *p, struct why *why);

/* Who signs in a rehearsal: officers of the registry. */
#define PILOT_MAKER    "maker"
#define PILOT_APPROVER "approver"
#define PILOT_POINT    "point"
#define PILOT_CLEARER  "clearer"

/* Lists the good cards and draws the plan for their holders, unless that is done. */
enum err pilot_city(struct pilot *p, struct why *why);
/* The card of a person who has one; NULL for others. */
const struct pilot_card *pilot_card_of(const struct pilot *p, uint64_t person);

/* Name of a file or folder in the centre's directory, in path[FIGURES_PATH_ROOM]. */
enum err pilot_path(
    const struct pilot *p, const char *folder, const char *name, char *path, struct why *why);

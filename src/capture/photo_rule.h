/* The photo rule: what the figures of a photo mean, and what it is sent as. [system.md 4.1.3]
 *
 * photo_figure.def says what a figure may be. Each passes, fails with its reason and the figure, or goes
 * to a person; the photo fails when one fails, goes to a person when one does, and passes otherwise.
 * photo_profile.def says what each destination takes. Nothing here looks at a picture: what was measured
 * came from the painter's process, and is judged in the centre's. */
#pragma once

#include "capture/photo_look.h"

enum photo_judgement { PHOTO_PASSES, PHOTO_TO_PERSON, PHOTO_FAILS };

enum photo_profile {
#define PROFILE(member, name, width, height, dpi, quality, least, most, zh, en) PROFILE_##member,
#include "capture/photo_profile.def"
    PROFILES
};

/* A line of the sheet of destinations. */
struct photo_profile_text {
    const char *name;
    uint32_t width, height, dpi;
    int quality;
    size_t least, most; /* bytes; most 0: any */
    const char *zh, *en;
};

enum {
    FINDING_ROOM = 256,                     /* bytes of one finding as a sentence */
    FINDINGS_ROOM = FIGURES * FINDING_ROOM, /* of all of them */
};

/* Static. */
const struct photo_profile_text *photo_profile_text(enum photo_profile profile);
/* PROFILES for a name that is none. */
enum photo_profile photo_profile_named(const char *name);

/* "pass", "person", "fail", and the same in Chinese. Static. */
const char *photo_judgement_text(enum photo_judgement judgement);
const char *photo_judgement_zh(enum photo_judgement judgement);

/* "face-width". Static. */
const char *photo_figure_name(enum photo_figure figure);

/* What one figure means. */
enum photo_judgement photo_figure_judge(enum photo_figure figure, uint32_t value);
/* What all of them mean: the worst. */
enum photo_judgement photo_judge(const struct photo_figures *figures);

/* One figure as a line without an end: "face-width 脸宽 140 px, wanted 179-255: fail 不合格, ...". Cut at
 * the room; the room is FINDING_ROOM. */
void photo_finding_write(enum photo_figure figure, uint32_t value, char text[FINDING_ROOM]);

/* Every figure that does not pass, a line each with its line feed, the failing ones first; "" when all
 * pass. */
void photo_findings_write(const struct photo_figures *figures, char text[FINDINGS_ROOM]);

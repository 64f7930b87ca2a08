/* Invented people's pictures, as a camera would take them: drawn from ellipses, nobody's portrait. Internal to
 * rehearsal. [system.md 4.1.3]
 *
 * Who is drawn decides about hair, skin and clothes; what is wrong with a picture is asked for, so that the rule and
 * the people behind it have something to decide. The same order is the same bytes. */
#pragma once

#include "base/builder.h"
#include "host/why.h"

/* What the photographer did. */
enum portrait_kind {
    PORTRAIT_GOOD, /* as the rule wants it */
    PORTRAIT_DARK, /* the lamp was off: the rule refuses it */
    PORTRAIT_DOUBTFUL, /* against the light: a dark face before a white ground, for a person to decide */
    PORTRAIT_KINDS
};

enum { PORTRAIT_FILE_MAX = 256 * 1024 /* bytes that a picture takes at most */ };

/* Appends the picture of somebody as a JPEG file; key is the person's. ERR_INVALID: there is no room;
 * ERR_OUTSIDE: no memory. */
enum err portrait_draw(
    uint64_t seed, uint64_t key, enum portrait_kind kind, struct builder *out, struct why *why);

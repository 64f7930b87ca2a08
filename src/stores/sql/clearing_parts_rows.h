/* What the two parts of clearing_parts.h share: the prepared sentences. clearing_parts.c keeps
 * days,
 * clearing_register.c draws registers. Nobody else includes this. */
#pragma once

#include "stores/sql/clearing_parts.h"

enum parts_sentence {
#define SQL(name, text) PARTS_##name,
#include "stores/sql/clearing_parts.def"
    PARTS_SENTENCES
};

struct sql_parts {
    struct prepared *prepared[PARTS_SENTENCES];
};

/* Begins to say a sentence; self is a struct sql_parts. */
struct say parts_say(void *self, enum parts_sentence which);

/* parts_store.draw() and drop(). */
enum err register_draw(void *self, const struct clearing_store *store,
    const struct clearing_limits *limits, uint32_t from, struct day_register *out, struct why *why);
void register_drop(struct day_register *r);

/* What the two parts of clearing_parts.h share: the prepared sentences. clearing_parts.c keeps
 * days, clearing_register.c draws registers, clearing_parts_pay.c pays. Nobody else includes this. */
#pragma once

#include "stores/sql/clearing_parts.h"

enum parts_sentence {
#define SQL(name, text) PARTS_##name,
#include "stores/sql/clearing_parts.def"
    PARTS_SENTENCES
};

/* The accounts that cards pay to, by name; a slot without id is free. fen is what this day gave. */
struct parts_payees {
    struct account *slots;
    size_t room, count; /* room: a power of two */
};

struct sql_parts {
    struct prepared *prepared[PARTS_SENTENCES];
    struct parts_payees payees;
};

/* Begins to say a sentence; self is a struct sql_parts. */
struct say parts_say(void *self, enum parts_sentence which);

/* parts_store.draw() and drop(). */
enum err register_draw(void *self, const struct clearing_store *store,
    const struct clearing_limits *limits, uint32_t from, struct day_register *out, struct why *why);
void register_drop(struct day_register *r);

/* parts_store.pay_begin(), pay() and pay_end(). */
void parts_pay_begin(void *self);
enum err parts_pay(void *self, const struct posting *p, struct why *why);
enum err parts_pay_end(void *self, struct why *why);

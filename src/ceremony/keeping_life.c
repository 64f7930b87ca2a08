#include "ceremony/keeping_life.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A line of either table. */
struct move {
    const char *word;
    unsigned from, to;
};

static const struct move carrier_moves[] = {
#define CARRIER(event, word, from, to) {word, from, to},
#include "ceremony/keeping_life.def"
};

static const struct move module_moves[] = {
#define MODULE(event, word, from, to) {word, from, to},
#include "ceremony/keeping_life.def"
};

static const char *const carrier_texts[CARRIER_STATES] = {
    [CARRIER_MADE] = "生成 made",
    [CARRIER_STORED] = "入库 stored",
    [CARRIER_TAKEN] = "领用 taken",
    [CARRIER_RETURNED] = "归还 returned",
    [CARRIER_STOPPED] = "停用 stopped",
    [CARRIER_DESTROYED] = "销毁 destroyed",
};

static const char *const module_texts[MODULE_STATES] = {
    [MODULE_MADE] = "生成 made",
    [MODULE_REGISTERED] = "启用 registered",
    [MODULE_SUSPENDED] = "停用 suspended",
    [MODULE_DESTROYED] = "销毁 destroyed",
};

const char *carrier_state_text(enum carrier_state state) {
    assert((unsigned)state < CARRIER_STATES);
    return carrier_texts[state];
}

const char *module_state_text(enum module_state state) {
    assert((unsigned)state < MODULE_STATES);
    return module_texts[state];
}

/* The line that leads away from here by that word; *known says whether any line has the word. */
static const struct move *find(
    const struct move *moves, size_t count, unsigned from, const char *word, bool *known) {
    const struct move *found = NULL;
    *known = false;
    for (size_t i = 0; i < count; i++) {
        bool named = strcmp(moves[i].word, word) == 0;
        *known = *known || named;
        found = named && moves[i].from == from ? &moves[i] : found;
    }
    return found;
}

static enum err no_move(bool known, const char *event, const char *state, struct why *why) {
    return known ? why_say(why, ERR_CONFLICT,
               "it is %s, and \"%s\" does not lead on from there; nothing was changed", state,
               event)
                 : why_say(why, ERR_INVALID, "\"%s\" is nothing that can happen to it", event);
}

enum err carrier_next(enum carrier_state *state, const char *event, struct why *why) {
    bool known = false;
    const struct move *move = find(
        carrier_moves, sizeof carrier_moves / sizeof carrier_moves[0], *state, event, &known);
    if (!move) {
        return no_move(known, event, carrier_state_text(*state), why);
    }
    *state = (enum carrier_state)move->to;
    return OK;
}

enum err module_next(enum module_state *state, const char *event, struct why *why) {
    bool known = false;
    const struct move *move = find(
        module_moves, sizeof module_moves / sizeof module_moves[0], *state, event, &known);
    if (!move) {
        return no_move(known, event, module_state_text(*state), why);
    }
    *state = (enum module_state)move->to;
    return OK;
}

#include "registry/card_life.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The table as data; KEEP, ADD and REMOVE are its short words for what the blacklist learns. */
static const struct card_step steps[] = {
#define KEEP   EFFECT_KEEP
#define ADD    EFFECT_ADD
#define REMOVE EFFECT_REMOVE
#define STEP(from, event, to, effect, reason, hands, guard)                                        \
    {LIFE_##from, EVENT_##event, LIFE_##to, effect, reason, HANDS_##hands, guard},
#include "registry/card_life.def"
#undef KEEP
#undef ADD
#undef REMOVE
};
enum { STEP_COUNT = sizeof steps / sizeof steps[0] };

static const struct sub_reason sub_reasons[] = {
#define SUB_REASON(code, event, reason, word, zh) {code, EVENT_##event, reason, word, zh},
#include "registry/sub_reason.def"
};
enum { SUB_REASON_COUNT = sizeof sub_reasons / sizeof sub_reasons[0] };

/* Codes 5 to 8 leave holes here; card_life_exists() keeps everybody out of them. */
static const struct life_words {
    const char *en, *zh;
} lives[] = {
    [LIFE_SEALED] = {"not handed over yet",   "封存"      },
    [LIFE_NORMAL] = {"in use",                "正常"      },
    [LIFE_LOST] = {"reported lost",         "正式挂失"},
    [LIFE_LOCKED] = {"locked",                "应用锁定"},
    [LIFE_LOST_FOR_NOW] = {"reported lost for now", "临时挂失"},
    [LIFE_CANCELLED] = {"cancelled",             "注销"      },
};

/* As they stand in "cannot ... a card that is ...", so each must read on into "a card". */
static const char *const events[CARD_EVENTS] = {
    [EVENT_HAND_OVER] = "hand over",
    [EVENT_SPOIL] = "spoil",
    [EVENT_REPORT_LOSS_FOR_NOW] = "report loss of (for now)",
    [EVENT_LIFT] = "lift the loss report of",
    [EVENT_TERM_OVER] = "end the loss report of",
    [EVENT_REPORT_LOSS] = "report loss of",
    [EVENT_REPLACE] = "replace",
    [EVENT_LOCK] = "lock",
    [EVENT_UNLOCK] = "unlock",
    [EVENT_CANCEL] = "cancel",
    [EVENT_EXPIRE] = "expire",
    [EVENT_ORDER] = "order a replacement of",
    [EVENT_WITHDRAW] = "withdraw the replacement of",
};

static const char *const reasons[] = {
    [LIST_LOSS] = "loss",
    [LIST_FORMAL_LOSS] = "formal loss",
    [LIST_CANCELLED] = "cancelled",
    [LIST_SPOILED] = "spoiled",
    [LIST_FRAUD] = "fraud",
    [LIST_DEATH] = "death",
    [LIST_FROZEN] = "frozen",
    [LIST_EXPIRED] = "expired",
};

const struct card_step *card_steps(size_t *count) {
    *count = STEP_COUNT;
    return steps;
}

bool card_life_exists(int64_t code) {
    return (code >= LIFE_SEALED && code <= LIFE_LOST_FOR_NOW) || code == LIFE_CANCELLED;
}

const char *card_life_name(enum card_life life) {
    assert(card_life_exists(life));
    return lives[life].en;
}

const char *card_life_name_zh(enum card_life life) {
    assert(card_life_exists(life));
    return lives[life].zh;
}

const char *card_event_name(enum card_event event) {
    assert(event < CARD_EVENTS);
    return events[event];
}

const char *list_reason_name(enum list_reason reason) {
    assert(reason >= LIST_LOSS && reason <= LIST_REASON_LAST);
    return reasons[reason];
}

enum err card_life_next(
    enum card_life from, enum card_event event, const struct card_step **step, struct why *why) {
    assert(card_life_exists(from));
    assert(event < CARD_EVENTS);
    for (size_t i = 0; i < STEP_COUNT; i++) {
        if (steps[i].from == from && steps[i].event == event) {
            *step = &steps[i];
            return OK;
        }
    }
    return why_say(why, ERR_CONFLICT, "cannot %s a card that is %s (%s)", card_event_name(event),
        card_life_name(from), card_life_name_zh(from));
}

/* --- why it was cancelled ------------------------------------------------------------------------- */

const struct sub_reason *sub_reason_find(enum card_event event, const char *word) {
    for (size_t i = 0; i < SUB_REASON_COUNT; i++) {
        const struct sub_reason *r = &sub_reasons[i];
        char code[8];
        (void)snprintf(code, sizeof code, "%d", r->code);
        if (r->event == event && (strcmp(word, r->word) == 0 || strcmp(word, code) == 0)) {
            return r;
        }
    }
    return NULL;
}

const struct sub_reason *sub_reason_of(int code) {
    for (size_t i = 0; i < SUB_REASON_COUNT; i++) {
        if (sub_reasons[i].code == code) {
            return &sub_reasons[i];
        }
    }
    return NULL;
}

bool sub_reason_needed(enum card_event event) {
    assert(event < CARD_EVENTS);
    for (size_t i = 0; i < SUB_REASON_COUNT; i++) {
        if (sub_reasons[i].event == event) {
            return true;
        }
    }
    return false;
}

void sub_reason_words(enum card_event event, char *text, size_t room) {
    size_t len = 0;
    assert(room > 0);
    text[0] = '\0';
    for (size_t i = 0; i < SUB_REASON_COUNT; i++) {
        if (sub_reasons[i].event == event && len < room) {
            len += (size_t)snprintf(
                text + len, room - len, "%s%s", len > 0 ? ", " : "", sub_reasons[i].word);
        }
    }
}

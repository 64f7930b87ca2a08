/* The life of a card as every business sees it (卡应用状态 AAZ502), and the steps between its states.
 * [system.md 4.0.1]
 *
 * One table, card_life.def, for the registry, the pages and the tests:
 *
 *              hand over              report loss for now
 *   SEALED ----------------> NORMAL <-------------------> LOST FOR NOW
 *     |                       ^  ^      lift, term over         |
 *     |         lock, unlock  |  |  report loss, lift           | report loss
 *     |              LOCKED <-+  +-------------------> LOST <---+
 *     |                |         |                      |
 *     | spoil          | cancel  | cancel, expire       | replace
 *     +----------------+---------+----------------------+-------> CANCELLED
 *
 * life 1: what is not in the table cannot happen; nothing leads out of CANCELLED.
 * life 2: a card is on the blacklist while it is LOST, LOST FOR NOW, LOCKED or CANCELLED, and
 *         then only.
 * life 3: a card that was never handed over cannot be lost; it is spoiled, and made again.
 * life 4: ordering a replacement, and withdrawing the order, leave the card in the state it has.
 *
 * Production, application and person have states of their own (issuance/machine.h) and never
 * appear here. Nothing here keeps a state; any thread may ask. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/why.h"

/* The codes of the live systems; 5 to 8 do not exist. */
enum card_life {
    LIFE_SEALED = 0,       /* 封存: made, not handed over */
    LIFE_NORMAL = 1,       /* 正常 */
    LIFE_LOST = 2,         /* 正式挂失 */
    LIFE_LOCKED = 3,       /* 应用锁定 */
    LIFE_LOST_FOR_NOW = 4, /* 临时挂失: reported by telephone, until confirmed or over */
    LIFE_CANCELLED = 9,    /* 注销: for ever */
};

/* What can befall a card. The words are those of the counter and of system.md 4.0.1. */
enum card_event {
    EVENT_HAND_OVER,           /* 领卡启用 */
    EVENT_SPOIL,               /* 废卡: spoiled, wrong data, not collected */
    EVENT_REPORT_LOSS_FOR_NOW, /* 临时挂失 */
    EVENT_LIFT,                /* 解挂 */
    EVENT_TERM_OVER,           /* 到期自动解挂 */
    EVENT_REPORT_LOSS,         /* 正式挂失 */
    EVENT_REPLACE,             /* 补卡启用 */
    EVENT_LOCK,                /* 应用锁定 */
    EVENT_UNLOCK,              /* 解锁 */
    EVENT_CANCEL,              /* 注销 */
    EVENT_EXPIRE,              /* 到期 */
    /* The order of the history's own codes: new events are added at the end. */
    EVENT_ORDER,    /* 申请补换卡: another card is to be made in its place */
    EVENT_WITHDRAW, /* 撤销补换卡申请 */
    CARD_EVENTS
};

/* What a step tells the blacklist. */
enum list_effect { EFFECT_KEEP, EFFECT_ADD, EFFECT_REMOVE };

/* Whose hands a step takes: an officer of a service point; such a one (or a maker) and an approver
 * who is another person; nobody's, because the centre does it by itself when its time has come.
 * [system.md 4.0.1 "who", 9 "2"] */
enum step_hands { HANDS_ONE, HANDS_TWO, HANDS_SYSTEM };

/* Why a card is on the blacklist; the byte that stands in wire/blacklist.h. */
enum list_reason {
    /* The order of the list's own byte: new reasons are added at the end. */
    LIST_LOSS = 1,
    LIST_FORMAL_LOSS = 2,
    LIST_CANCELLED = 3,
    LIST_SPOILED = 4,
    LIST_FRAUD = 5,
    LIST_DEATH = 6,
    LIST_FROZEN = 7,
    LIST_EXPIRED = 8,
    LIST_REASON_LAST = LIST_EXPIRED
};

/* One line of the table: from, on this event, to. What only people can look at (an identity
 * document, a chip in the reader) stands in words as the guard, which whoever gives the order
 * must have made sure of; registry.h says which guards the registry sees by itself. */
struct card_step {
    enum card_life from;
    enum card_event event;
    enum card_life to;
    enum list_effect effect;
    int reason; /* enum list_reason for the blacklist, or 0 where the effect adds nothing */
    enum step_hands hands;
    const char *guard; /* one line for the manual and the pages */
};

/* One line of sub_reason.def: why a card was cancelled, finer than its state says. */
struct sub_reason {
    int code; /* 91 to 98 */
    enum card_event event;
    int reason; /* enum list_reason, or 0: the step's own */
    const char *word, *zh;
};

/* The whole table, in its order; static. */
const struct card_step *card_steps(size_t *count);

/* The step that event makes from a state, static. ERR_CONFLICT says in words what state the
 * card is in, and *step is untouched; asking changes nothing. */
enum err card_life_next(
    enum card_life from, enum card_event event, const struct card_step **step, struct why *why);

/* True for the six codes that exist. Whoever reads a code from a file or a row asks this before
 * the code becomes an enum card_life. */
bool card_life_exists(int64_t code);

/* English words for people and logs: "in use", "hand over", "formal loss". Static; a value
 * outside its enum is our own mistake and stops the program. */
const char *card_life_name(enum card_life life);
const char *card_event_name(enum card_event event);
const char *list_reason_name(enum list_reason reason);
/* The sub-reason of a word ("death") or of a code as text ("93") that this event takes; static, and
 * NULL when there is none such. */
const struct sub_reason *sub_reason_find(enum card_event event, const char *word);
/* The sub-reason of a code, or NULL; for showing what a card's row says. */
const struct sub_reason *sub_reason_of(int code);
/* True when the event ends a card for a reason that its order must name. */
bool sub_reason_needed(enum card_event event);
/* Writes the words that the event takes, "death, moved", for people; room bytes with the end. */
void sub_reason_words(enum card_event event, char *text, size_t room);

/* The Chinese words of system.md 4.0.1, for the same six; static. */
const char *card_life_name_zh(enum card_life life);

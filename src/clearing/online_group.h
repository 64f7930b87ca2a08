/* Many online questions in one transaction: what waits together is kept together, by one write to
 * the disk. [decision 0052]
 *
 * Each question is decided by the rules of load_order.h, the same that serve a terminal inside this
 * process, one after another and in the order given. Between them and the store stands a desk that
 * knows what cannot change while the group's transaction is open: the day, its limits, the pool,
 * what is reserved of it. A question that is refused takes back what it did, and only that.
 *
 * group 1: an answer exists only when online_decide() says OK: then everything it speaks of is
 *          kept, as surely as the store keeps a commit. After anything else no answer may leave the
 *          house, none of the questions has happened, and each may be asked again.
 * group 2: the answers are those that the questions would have got one by one.
 * group 3: the same question twice in a group, or in two groups, has the same answer (load 2).
 * group 4: a ticket is answered only to the terminal that it belongs to.
 *
 * One thread at a time. The store and the vault are borrowed. */
#pragma once

#include "clearing/online_message.h"

enum { ONLINE_GROUP_MAX = 256 };

/* One question on its way through a group; the caller fills in request, with its terminal. */
struct online_ask {
    struct online_request request;
    struct online_answer answer;
};

struct online_desk;

/* A desk over the clearing; NULL when there is no memory. *clearing is copied, what it points to is
 * borrowed. */
struct online_desk *online_desk_new(const struct clearing *clearing);
/* NULL does nothing. */
void online_desk_free(struct online_desk *desk);

/* Decides count questions (1 to ONLINE_GROUP_MAX; no sign-ins) at the host's moment and keeps what
 * they did. A question's own refusal is its answer, ERR_OUTSIDE of the vault included; the result
 * is ERR_OUTSIDE when the store failed and nothing was kept. */
enum err online_decide(struct online_desk *desk, struct online_ask *asks, size_t count,
    const uint8_t now[MOMENT_LEN], struct why *why);

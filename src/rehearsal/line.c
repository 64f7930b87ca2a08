#include "rehearsal/line.h"

#include <assert.h>

#include "clearing/load_order.h"

/* The centre goes by its own clock, whatever the terminal's says. */
static enum err line_status(void *self, const struct sale_question *question, struct why *why) {
    struct short_line *line = self;
    struct approval approval = {.amount = question->amount};
    (void)memcpy(approval.ticket, question->ticket, sizeof approval.ticket);
    (void)memcpy(approval.factor, question->factor, sizeof approval.factor);
    (void)memcpy(approval.terminal, question->terminal, sizeof approval.terminal);
    return purchase_approve(line->clearing, &approval, line->now, why);
}

/* Member by member: the terminal's struct and the centre's are two, as they would be at the ends of
 * a wire. */
static enum err line_authorise(
    void *self, const struct load_order *order, struct load_grant *grant, struct why *why) {
    struct short_line *line = self;
    struct load_request request = {.facts = order->facts, .key_version = order->key_version};
    struct load_answer answer;
    assert(moment_number(line->now) != 0); /* set before each trade */
    (void)memcpy(request.ticket, order->ticket, sizeof request.ticket);
    (void)memcpy(request.factor, order->factor, sizeof request.factor);
    (void)memcpy(request.random, order->random, sizeof request.random);
    (void)memcpy(request.mac1, order->mac1, sizeof request.mac1);
    enum err err = load_authorise(line->clearing, &request, line->now, &answer, why);
    if (!err) {
        (void)memcpy(grant->moment, answer.moment, sizeof grant->moment);
        (void)memcpy(grant->mac2, answer.mac2, sizeof grant->mac2);
    }
    return err;
}

/* The ticket and the proof are all that a confirmation has. */
static enum err line_confirm(
    void *self, const uint8_t ticket[TICKET_LEN], const uint8_t tac[MAC_LEN], struct why *why) {
    struct short_line *line = self;
    return load_confirm(line->clearing, ticket, tac, why);
}

/* Likewise. */
static enum err line_cancel(void *self, const uint8_t ticket[TICKET_LEN], struct why *why) {
    struct short_line *line = self;
    return load_cancel(line->clearing, ticket, why);
}

struct centre_line line_to_clearing(struct short_line *line) {
    return (struct centre_line){
        .self = line,
        .card_status = line_status,
        .load_authorise = line_authorise,
        .load_confirm = line_confirm,
        .load_cancel = line_cancel,
        .always = true,
    };
}

/* The step in which the city lives: cards are collected, loaded, used and lost, deed by deed. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "registry/registry.h"
#include "rehearsal/at_point.h"
#include "rehearsal/books.h"
#include "rehearsal/clumsy.h"
#include "rehearsal/tills.h"
#include "terminal/terminal.h"

enum { LIST_EVERY = 1800 }; /* seconds between two pulls of the blacklist */

/* The day as it goes on. */
struct living {
    struct pilot *pilot;
    struct tills *tills;
    struct short_line line;
    uint32_t list_second; /* when the list was last fetched */
};

/* --- at the service point ------------------------------------------------------------------------ */

/* Under the deed's own ticket, so that the report is made once. */
static enum err deed_lose(
    struct living *l, const struct deed *deed, const struct pilot_card *card, struct why *why) {
    char request[TICKET_LEN + 1] = {0};
    plan_ticket(deed, (uint8_t *)request);
    struct card_order order = {
        .card = card->number,
        .event = EVENT_REPORT_LOSS_FOR_NOW,
        .who = PILOT_POINT,
        .request = request,
        .day = l->pilot->order->date,
        .time = plan_time(deed->second),
    };
    enum err err = card_step(l->pilot->parts->registry, &order, why);
    l->pilot->figures->cards.reported_lost += err ? 0 : 1;
    return err;
}

/* --- at a terminal ------------------------------------------------------------------------------- */

/* What came of a trade, into the figures. */
static void receipt_count(struct trade_figures *f, const struct receipt *receipt) {
    const struct journal_record *r = &receipt->record;
    if (!receipt->done) {
        tally_add(&f->refused, refusal_text((uint8_t)receipt->reason)->name, 1);
        return;
    }
    f->count++;
    f->fen += r->amount;
    f->offline += r->trade == TRADE_EP_PURCHASE && !(r->flags & JOURNAL_ONLINE) ? 1 : 0;
    f->recovered += r->flags & JOURNAL_RECOVERED ? 1 : 0;
}

/* A load is on its card and the centre has not heard of it: its disk may be full. The next load of
 * that card would be refused, at any terminal; so the centre has to hear it before the day goes on. */
static enum err load_told(struct terminal *till, const struct reader *card, struct why *why) {
    struct settled settled = {0};
    enum err err = terminal_recover(till, card, &settled, why);
    if (!err && journal_untold(terminal_journal(till))) {
        return why_say(why, ERR_OUTSIDE,
            "the centre could not note a load down (is its disk full?); free some space and start "
            "again");
    }
    return err;
}

/* A mistyped PIN costs the card a try, which the right one gives back. */
static enum err trade_load(struct living *l, struct terminal *till, const struct reader *card,
    struct trade_order *order, const struct deed *deed, struct why *why) {
    struct receipt receipt;
    char pin[7];
    plan_pin(l->pilot->order->seed, deed->person, pin);
    order->pin = pin;
    enum err err = OK;
    if (deed->pin_mistyped) { /* a trade of its own: refused, and under another ticket */
        order->ticket[0] = 'Q';
        pin[5] = pin[5] == '9' ? '0' : '9'; /* another last digit */
        err = terminal_load(till, card, order, &receipt, why);
        if (err) {
            return err;
        }
        receipt_count(&l->pilot->figures->loads, &receipt);
        plan_ticket(deed, order->ticket);
        plan_pin(l->pilot->order->seed, deed->person, pin);
    }
    err = terminal_load(till, card, order, &receipt, why);
    if (!err && receipt.record.state == TICKET_UNTOLD) {
        err = load_told(till, card, why);
    }
    if (!err) {
        receipt_count(&l->pilot->figures->loads, &receipt);
    }
    return err;
}

/* Whoever pulled the card puts it back, and the cashier asks again with the same ticket. */
static enum err trade_purchase(struct living *l, struct terminal *till, const struct reader *card,
    struct trade_order *order, const struct deed *deed, struct why *why) {
    static const enum pull_moment moments[] = {
        [MISHAP_NONE] = PULL_NEVER,
        [MISHAP_PULLED_EARLY] = PULL_BEFORE_COMMAND,
        [MISHAP_PULLED_LATE] = PULL_BEFORE_ANSWER,
    };
    struct clumsy clumsy;
    struct receipt receipt;
    assert(deed->mishap < sizeof moments / sizeof moments[0]);
    struct reader hand = clumsy_reader(&clumsy, card, moments[deed->mishap]);
    enum err err = terminal_purchase(till, &hand, order, &receipt, why);
    if (err == ERR_OUTSIDE && clumsy.happened) { /* the card is put back, and the same is asked */
        err = terminal_purchase(till, &hand, order, &receipt, why);
    }
    if (!err) {
        receipt_count(&l->pilot->figures->purchases, &receipt);
    }
    return err;
}

/* The centre's clock and the terminal's are both the deed's moment. */
static enum err deed_trade(
    struct living *l, const struct deed *deed, const struct pilot_card *card, struct why *why) {
    const struct chip_rack *rack = l->pilot->parts->rack;
    struct terminal *till = till_at(l->tills, deed->till);
    assert(deed->amount > 0);
    struct trade_order order = {.amount = deed->amount};
    plan_ticket(deed, order.ticket);
    plan_moment(l->pilot->order->date, deed->second, order.moment);
    (void)memcpy(l->line.now, order.moment, sizeof l->line.now);
    struct reader reader;
    enum err err = rack->insert(rack->self, SHELF_CARDS, card->number, &reader, why);
    if (err) {
        return err;
    }
    err = deed->kind == DEED_LOAD ? trade_load(l, till, &reader, &order, deed, why)
                                  : trade_purchase(l, till, &reader, &order, deed, why);
    reader_close(&reader);
    return err;
}

/* --- the day ------------------------------------------------------------------------------------- */

/* Lists go round every half hour of the city's day, before the deed that comes next. */
static enum err deed_do(struct living *l, const struct deed *deed, struct why *why) {
    const struct pilot_card *card = pilot_card_of(l->pilot, deed->person);
    assert(card);
    if (deed->second >= l->list_second + LIST_EVERY) {
        l->list_second = deed->second / LIST_EVERY * LIST_EVERY;
        enum err err = tills_fetch_list(l->pilot, l->tills, l->list_second, why);
        if (err) {
            return err;
        }
    }
    enum err err = OK;
    switch ((enum deed_kind)deed->kind) {
    case DEED_COLLECT:
        err = point_collect(l->pilot, card, plan_time(deed->second), why);
        break;
    case DEED_LOSE:
        err = deed_lose(l, deed, card, why);
        break;
    case DEED_LOAD:
    case DEED_BUY:
    case DEED_BUY_FOUND:
        err = deed_trade(l, deed, card, why);
        break;
    }
    return err ? why_add(why, err, "card %s", card->number) : OK;
}

/* Every deed from the first on, whenever the step runs: what was done is found done, by its ticket,
 * and is counted the same. */
enum err step_day(struct pilot *p, struct why *why) {
    struct clearing clearing = books_of(p);
    struct living l = {.pilot = p, .line = {.clearing = &clearing}};
    struct centre_line line = line_to_clearing(&l.line);
    enum err err = pilot_city(p, why);
    err = err ? err : tills_open(p, &line, &l.tills, why);
    err = err ? err : tills_fetch_list(p, l.tills, 0, why);
    p->figures->loads = p->figures->purchases = (struct trade_figures){0};
    p->figures->cards.handed_out = p->figures->cards.reported_lost = 0;
    for (int i = ISSUED_TAKEN_BY_HOLDER; i <= ISSUED_TAKEN_BY_POST; i++) {
        p->figures->issued[i] = 0;
    }
    struct progress progress = progress_begin("a day", "deeds", p->plan.count, p->order->quiet);
    for (size_t i = 0; !err && i < p->plan.count; i++) {
        err = deed_do(&l, &p->plan.deeds[i], why);
        progress_at(&progress, i + 1);
    }
    tills_close(l.tills);
    if (err) {
        progress_abandon(&progress);
        return err;
    }
    (void)progress_end(&progress);
    return OK;
}

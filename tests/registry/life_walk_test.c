/* A hundred thousand random orders about thirty cards, and a model of what must come of each. */
#include "host/rng.h"
#include "issuance/counter.h"
#include "registry/card_service.h"
#include "wire/blacklist.h"

enum { CARDS = 30, STEPS = 100000, TODAY = 20031008, UNLOCKS = 10, LIST_ROOM = 1 << 17 };

/* Where each event leads, by the code of the state: system.md 4.0.1 a second time, by hand; -1: it
 * does not exist. The columns are the states 0 to 4; nothing leads out of 9. */
static const int leads[CARD_EVENTS][5] = {
    [EVENT_HAND_OVER] = {1,  -1, -1, -1, -1},
    [EVENT_SPOIL] = {9,  -1, -1, -1, -1},
    [EVENT_REPORT_LOSS_FOR_NOW] = {-1, 4,  -1, -1, -1},
    [EVENT_LIFT] = {-1, -1, 1,  -1, 1 },
    [EVENT_TERM_OVER] = {-1, -1, -1, -1, 1 },
    [EVENT_REPORT_LOSS] = {-1, 2,  -1, -1, 2 },
    [EVENT_REPLACE] = {-1, -1, -1, -1, -1}, /* never without a card that is in use */
    [EVENT_LOCK] = {-1, 3,  -1, -1, -1},
    [EVENT_UNLOCK] = {-1, -1, -1, 1,  -1},
    [EVENT_CANCEL] = {-1, 9,  -1, 9,  -1},
    [EVENT_EXPIRE] = {-1, 9,  -1, -1, -1},
    [EVENT_ORDER] = {-1, 1,  2,  3,  -1},
    [EVENT_WITHDRAW] = {-1, 1,  2,  3,  4 },
};

/* The model: a card is its state, whether a replacement is ordered, and how often it was unlocked. */
struct model {
    int life, ordered, unlocks;
    int round; /* how many cards ended before this one in its place */
};

/* True when the order is carried out; the model is then what the card must be. */
static bool model_step(struct model *m, enum card_event event) {
    int to = m->life == 9 ? -1 : leads[event][m->life];
    if (to < 0 || (event == EVENT_LIFT && m->life == 2 && m->ordered)
        || (event == EVENT_ORDER && m->ordered) || (event == EVENT_WITHDRAW && !m->ordered)
        || (event == EVENT_UNLOCK && m->unlocks == UNLOCKS)) {
        return false;
    }
    m->life = to;
    m->unlocks += event == EVENT_UNLOCK;
    m->ordered = event == EVENT_ORDER ? 1 : event == EVENT_WITHDRAW ? 0 : m->ordered;
    return true;
}

struct walk {
    struct counter *c;
    struct rng rng;
    struct model models[CARDS];
    int cards; /* made in all */
};

static void number_of(const struct walk *w, int i, char number[CARD_NUMBER_LEN + 1]) {
    card_number_write((uint32_t)(w->models[i].round * CARDS + i + 1), number);
}

static void new_card(struct walk *w, int i) {
    int serial = w->models[i].round * CARDS + i + 1;
    struct card_record card = {
        .person = 1,
        .batch = 1,
        .issued = TODAY,
        .valid_until = TODAY,
        .factor = {0, 0, 0, 0, 0, 0, (uint8_t)(serial >> 8), (uint8_t)serial}
    };
    number_of(w, i, card.number);
    (void)snprintf(card.identification, sizeof card.identification, "%032d", serial);
    counter_expect(w->c, card_add(&w->c->registry, &card, "maker", &w->c->why));
    w->cards++;
}

/* One order, as whoever may give it gives it, on a day when every term has passed. */
static enum err give(struct walk *w, int i, enum card_event event, const char *request) {
    char number[CARD_NUMBER_LEN + 1];
    struct card_receipt receipt;
    bool timer = event == EVENT_TERM_OVER || event == EVENT_EXPIRE || event == EVENT_REPLACE;
    number_of(w, i, number);
    const struct card_order order = {.card = number,
        .event = event,
        .who = timer ? "system" : "point",
        .second = event == EVENT_SPOIL || event == EVENT_LOCK ? "approver" : NULL,
        .sub_reason = event == EVENT_SPOIL     ? 95
                      : event == EVENT_CANCEL  ? 94
                      : event == EVENT_REPLACE ? 91
                                               : 0,
        .application = event == EVENT_ORDER ? 1 + w->models[i].round * CARDS + i : 0,
        .request = request,
        .day = timer ? 20200101 : TODAY};
    return card_serve(&w->c->registry, &order, &receipt, &w->c->why);
}

/* Every card is what the model says, and listed exactly when its state says so. [life 2] */
static void check_all(struct walk *w) {
    uint8_t room[LIST_ROOM];
    struct blacklist list;
    struct builder b = builder_in(room, sizeof room);
    counter_expect(w->c, registry_blacklist(&w->c->registry, 20991231, 0, &b, &w->c->why));
    assert_true(blacklist_decode(builder_bytes(&b), &list));
    for (int i = 0; i < CARDS; i++) {
        char number[CARD_NUMBER_LEN + 1];
        struct card_record card;
        number_of(w, i, number);
        counter_expect(w->c, card_find(&w->c->registry, number, &card, &w->c->why));
        bool listed = blacklist_reason(&list, card.factor) != 0;
        assert_int_equal(card.life, w->models[i].life);
        assert_int_equal(card.replacement != 0, w->models[i].ordered);
        assert_int_equal(listed, card.life != LIFE_SEALED && card.life != LIFE_NORMAL);
    }
}

/* One in eight orders comes twice; the second time it is answered as the first, and does nothing. */
static void random_order(struct walk *w, int step) {
    char request[24];
    int i = (int)rng_below(&w->rng, CARDS);
    enum card_event event = (enum card_event)rng_below(&w->rng, CARD_EVENTS);
    if (w->models[i].life == 9 && rng_below(&w->rng, 2) == 0) {
        w->models[i] = (struct model){.round = w->models[i].round + 1};
        new_card(w, i);
    }
    bool deadly = event == EVENT_CANCEL || event == EVENT_EXPIRE || event == EVENT_SPOIL;
    if (deadly && rng_below(&w->rng, 12) != 0) {
        event = EVENT_HAND_OVER; /* lives should be long enough to see something */
    }
    (void)snprintf(request, sizeof request, "walk %d", step);
    bool done = model_step(&w->models[i], event);
    enum err err = give(w, i, event, request);
    if ((err == OK) != done) {
        fail_msg("step %d, event %d: %s", step, (int)event, w->c->why.text);
    }
    if (done && step % 8 == 0) {
        counter_expect(w->c, give(w, i, event, request));
    }
}

static void a_hundred_thousand_orders_do_what_the_model_does(void **state) {
    (void)state;
    struct walk w = {.c = counter_open(1), .rng = rng_stream(20031008, "life", 1)};
    print_message("seed 20031008\n");
    for (int i = 0; i < CARDS; i++) {
        new_card(&w, i);
    }
    for (int step = 1; step <= STEPS; step++) {
        random_order(&w, step);
        if (step % 1000 == 0) {
            check_all(&w);
        }
    }
    check_all(&w);
    assert_int_equal(counter_ask(w.c, "SELECT count(*) FROM card_event"),
        counter_ask(w.c, "SELECT count(*) FROM audit WHERE subject LIKE 'card %' AND what <> "
                         "'card made'"));
    int64_t made = counter_ask(w.c, "SELECT count(*) FROM card_event");
    print_message("%lld steps of %d cards\n", (long long)made, w.cards);
    assert_true(made > STEPS / 10); /* it saw whole lives, and many */
    assert_true(w.cards > 10 * CARDS);
    assert_int_equal(db_audit_verify(&w.c->db, NULL, &w.c->why), OK);
    counter_close(w.c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_thousand_orders_do_what_the_model_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

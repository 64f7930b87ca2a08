/* A hundred thousand events of a seeded die at two points, against a model that a page holds: what is
 * refused is refused by both, and the books say what the model says. */
#include "issuance/handover_package.h"
#include "windows.h"

enum {
    EVENTS = 100000,
    EVENTS_ON_A_SERVER = 25000,
    CARDS = 40,
    BOXES = 10,
    POINTS = 2,
    LOOK_EVERY = 250
};

static const char *const point_names[POINTS] = {"GZ01", "GZ02"};

/* Where a card is. */
enum where { IN_BOX, OUT, GONE };

/* The model: for each card the box it lies in, for each box its state and point. */
struct model {
    enum where where[CARDS];
    int box[CARDS];
    enum box_state state[BOXES];
    int point[BOXES];
    int64_t taken, sent, counted, differed, merged, back, missing, refused;
};

struct walk {
    struct windows *w;
    struct model m;
    char number[CARDS][CARD_NUMBER_LEN + 1];
    int64_t id[BOXES];
    int64_t package;
    uint32_t die;
};

static uint32_t throw_die(struct walk *k, uint32_t sides) {
    k->die = k->die * 1664525U + 1013904223U;
    return (k->die >> 8) % sides;
}

static int cards_in(const struct model *m, int box) {
    int count = 0;
    for (int i = 0; i < CARDS; i++) {
        count += m->where[i] == IN_BOX && m->box[i] == box ? 1 : 0;
    }
    return count;
}

/* An emptied box is empty, whatever emptied it. */
static void settle(struct model *m, int box) {
    if (cards_in(m, box) == 0
        && (m->state[box] == BOX_STORED || m->state[box] == BOX_QUARANTINED)) {
        m->state[box] = BOX_EMPTY;
    }
}

/* Both say the same: the event happens or does not. */
static bool agree(struct walk *k, enum err err, bool expected) {
    if ((err == OK) != expected) {
        print_error("model says %d: %s\n", expected, k->w->p->why.text);
    }
    assert_int_equal(err == OK, expected);
    k->m.refused += expected ? 0 : 1;
    return expected;
}

static void do_receive(struct walk *k, int box) {
    struct model *m = &k->m;
    struct box out;
    int count = cards_in(m, box) - (throw_die(k, 4) == 0 ? 1 : 0);
    bool first = m->state[box] == BOX_SENT;
    if (!first) { /* a count of before is answered as before, which the box tests try */
        return;
    }
    enum err err = box_receive(&k->w->desk.at, k->id[box], count, &out, &k->w->p->why);
    if (agree(k, err, count >= 0)) {
        bool same = count == cards_in(m, box);
        m->state[box] = same ? BOX_STORED : BOX_QUARANTINED;
        m->counted += same ? 1 : 0;
        m->differed += same ? 0 : 1;
    }
}

static void do_recount(struct walk *k, int box) {
    struct model *m = &k->m;
    struct box out;
    enum err err = box_recount(&k->w->desk.at, k->id[box], cards_in(m, box), &out, &k->w->p->why);
    if (agree(k, err, m->state[box] == BOX_QUARANTINED)) {
        m->state[box] = BOX_STORED;
    }
}

static void do_send(struct walk *k, int box) {
    struct model *m = &k->m;
    int to = (int)throw_die(k, POINTS);
    enum err err = box_send(&k->w->desk.at, k->id[box], point_names[to], &k->w->p->why);
    if (agree(k, err, m->state[box] == BOX_STORED && m->point[box] != to)) {
        m->state[box] = BOX_SENT;
        m->point[box] = to;
        m->sent++;
    }
}

static void do_merge(struct walk *k, int box) {
    struct model *m = &k->m;
    int into = (int)throw_die(k, BOXES);
    bool fits = cards_in(m, box) + cards_in(m, into) <= points_rules.box_cards;
    bool stored = m->state[box] == BOX_STORED && m->state[into] == BOX_STORED;
    enum err err = box_merge(
        &k->w->desk.at, k->id[box], k->id[into], points_rules.box_cards, &k->w->p->why);
    if (agree(k, err, stored && fits && box != into && m->point[box] == m->point[into])) {
        for (int i = 0; i < CARDS; i++) {
            m->box[i] = m->where[i] == IN_BOX && m->box[i] == box ? into : m->box[i];
        }
        settle(m, box);
        m->merged++;
    }
}

/* Into the package of GZ01: a card that is out already is counted, and nothing moves. */
static void do_take(struct walk *k, int card) {
    struct model *m = &k->m;
    struct package_result result = {.handed = 0};
    int box = m->box[card];
    bool there = m->where[card] == IN_BOX && m->state[box] == BOX_STORED && m->point[box] == 0;
    enum err err = package_take(&k->w->desk, k->package, k->number[card], &result, &k->w->p->why);
    if (agree(k, err, there || m->where[card] == OUT)) {
        assert_int_equal(result.handed, there ? 1 : 0);
        m->taken += there ? 1 : 0;
        m->where[card] = OUT;
        settle(m, box);
    }
}

/* Back into the first stored box of its point that has room, or the box that it was packed into. */
static void do_back(struct walk *k, int card) {
    struct model *m = &k->m;
    int own = card / points_rules.box_cards;
    int into = -1;
    for (int i = BOXES - 1; i >= 0; i--) {
        bool room = m->state[i] == BOX_STORED && m->point[i] == 0
                    && cards_in(m, i) < points_rules.box_cards;
        into = room ? i : into;
    }
    into = into < 0 && m->state[own] == BOX_EMPTY ? own : into;
    enum err err = package_card_back(
        &k->w->desk, k->number[card], points_rules.box_cards, &k->w->p->why);
    if (agree(k, err, m->where[card] == OUT && into >= 0)) {
        m->where[card] = IN_BOX;
        m->box[card] = into;
        m->state[into] = BOX_STORED;
        m->point[into] = 0;
        m->back++;
    }
}

/* One card in a thousand throws, so that some are left at the end. */
static void do_missing(struct walk *k, int card) {
    struct model *m = &k->m;
    int box = m->box[card];
    if (throw_die(k, 1000) != 0) {
        return;
    }
    bool there = m->where[card] == IN_BOX
                 && (m->state[box] == BOX_STORED || m->state[box] == BOX_QUARANTINED);
    enum err err = box_card_missing(&k->w->desk.at, k->number[card], "police", &k->w->p->why);
    if (agree(k, err, there)) {
        m->where[card] = GONE;
        settle(m, box);
        m->missing++;
    }
}

/* Every row against the model. */
static void look(struct walk *k) {
    const struct model *m = &k->m;
    struct windows *w = k->w;
    int lying[POINTS] = {0, 0};
    for (int i = 0; i < BOXES; i++) {
        struct box box = points_box(w->p, i + 1);
        assert_int_equal(box.state, m->state[i]);
        assert_int_equal(box.cards, cards_in(m, i));
        lying[m->point[i]] += m->state[i] == BOX_STORED ? cards_in(m, i) : 0;
    }
    for (int i = 0; i < POINTS; i++) {
        struct point_count count;
        windows_expect(w, point_count_read(&w->desk.at, point_names[i], &count, &w->p->why));
        windows_expect(w, point_count_check(&count, point_names[i], lying[i], &w->p->why));
    }
    points_hold(w->p);
    int64_t out = 0;
    for (int i = 0; i < CARDS; i++) {
        out += m->where[i] == OUT ? 1 : 0;
    }
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM handover"), out);
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM batch_line WHERE state = 60"), out);
    assert_int_equal(windows_ask(w, "SELECT count(*) FROM card WHERE life = 9"), m->missing);
    assert_int_equal(windows_ask(w, "SELECT cards - returned FROM package"), out);
}

static void walk_begin(struct walk *k) {
    struct package p = {
        .kind = TO_UNIT,
        .point = "GZ01",
        .unit = "A",
        .letter = "17",
        .first = {"梁思", "1", "020-1", ""},
        .second = {"陈安", "2", "020-2", ""}
    };
    windows_begin(k->w);
    windows_expect(k->w, package_open(&k->w->desk, &p, &k->w->p->why));
    k->package = p.id;
    for (int i = 0; i < CARDS; i++) {
        windows_card(k->w, i + 1, k->number[i]);
        k->m.box[i] = i / points_rules.box_cards;
    }
    for (int i = 0; i < BOXES; i++) {
        k->id[i] = points_box(k->w->p, i + 1).id;
        k->m.state[i] = BOX_SENT;
    }
}

static void no_event_loses_a_card(void **state) {
    (void)state;
    static void (*const of_box[])(struct walk *, int) = {
        do_receive, do_receive, do_recount, do_send, do_merge};
    static void (*const of_card[])(struct walk *, int) = {do_take, do_back, do_back, do_missing};
    struct walk k = {.w = calloc(1, sizeof *k.w), .die = 20031008};
    assert_non_null(k.w);
    *k.w = windows_over(points_sent(CARDS));
    walk_begin(&k);
    const int events = on_a_server() ? EVENTS_ON_A_SERVER : EVENTS;
    for (int i = 0; i < events; i++) {
        if (throw_die(&k, 2)) {
            of_box[throw_die(&k, 5)](&k, (int)throw_die(&k, BOXES));
        } else {
            of_card[throw_die(&k, 4)](&k, (int)throw_die(&k, CARDS));
        }
        if (i % LOOK_EVERY == 0) {
            look(&k);
        }
    }
    look(&k);
    print_message("seed 20031008: %d events, %d refused; taken %d, back %d, sent %d, merged %d, "
                  "counted in %d, quarantined %d, missing %d\n",
        events, (int)k.m.refused, (int)k.m.taken, (int)k.m.back, (int)k.m.sent, (int)k.m.merged,
        (int)k.m.counted, (int)k.m.differed, (int)k.m.missing);
    assert_true(k.m.taken > 100 && k.m.back > 100 && k.m.sent > 100 && k.m.merged > 10);
    counter_expect(k.w->p->c, db_audit_verify(&k.w->p->c->db, NULL, &k.w->p->c->why));
    windows_close(k.w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_event_loses_a_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

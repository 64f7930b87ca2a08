/* Groups of online questions, and the hall where they come in: the same answers as one by one, lost
 * answers, doubled and mixed questions, a store that fails at each call, a vault that is gone,
 * clients that go or do not read. */
#include "clearing/memory_city.h"
#include "clearing/online_hall.h"

enum { TIME = 93000, OUT_ROOM = 4 * ONLINE_FRAME_MAX };

static void now_is(uint8_t now[MOMENT_LEN]) {
    moment_at(TODAY, TIME, now);
}

static struct online_ask sale_of(unsigned card, unsigned terminal, uint32_t ticket, uint32_t fen) {
    struct online_ask ask = {
        .request = {.kind = ONLINE_SALE, .number = ticket, .amount = fen}
    };
    ticket_no(ticket, ask.request.ticket);
    card_factor(card, ask.request.factor);
    terminal_no(terminal, ask.request.terminal);
    return ask;
}

static struct online_ask load_ask(const struct load_request *l) {
    struct online_ask ask = {
        .request = {.kind = ONLINE_LOAD, .key_version = l->key_version, .facts = l->facts}
    };
    (void)memcpy(ask.request.ticket, l->ticket, TICKET_LEN);
    (void)memcpy(ask.request.factor, l->factor, FACTOR_LEN);
    (void)memcpy(ask.request.random, l->random, RANDOM_LEN);
    (void)memcpy(ask.request.mac1, l->mac1, MAC_LEN);
    (void)memcpy(ask.request.terminal, l->facts.terminal, TERMINAL_LEN);
    return ask;
}

static struct online_ask about(
    enum online_kind kind, const uint8_t ticket[TICKET_LEN], unsigned terminal) {
    struct online_ask ask = {.request = {.kind = kind}};
    (void)memcpy(ask.request.ticket, ticket, TICKET_LEN);
    terminal_no(terminal, ask.request.terminal);
    return ask;
}

static enum err decide(struct online_desk *desk, struct online_ask *asks, size_t count) {
    uint8_t now[MOMENT_LEN];
    struct why why = {{0}};
    now_is(now);
    return online_decide(desk, asks, count, now, &why);
}

/* Sales, loads, refusals and repetitions, in one order. */
enum { MIXED = 12 };
static void mix(struct online_ask asks[MIXED]) {
    struct load_request good = load_of(1, 1, 2, 50000, 10000);
    struct load_request again = load_of(1, 2, 2, 50000, 20000); /* cancels the one before: load 3 */
    struct load_request forged = load_of(2, 3, 2, 50000, 10000);
    struct load_request most = load_of(3, 4, 2, 50000, 10000);
    forged.mac1[0] ^= 1;
    asks[0] = sale_of(1, 1, 100, 20000);
    asks[1] = load_ask(&good);
    asks[2] = sale_of(70, 1, 101, 20000); /* no such card */
    asks[3] = load_ask(&again);
    asks[4] = load_ask(&forged);
    asks[5] = sale_of(1, 1, 100, 20000); /* the same */
    asks[6] = sale_of(1, 1, 100, 20001); /* the ticket stands for another */
    asks[7] = load_ask(&most);
    asks[8] = about(ONLINE_CANCEL, most.ticket, 1);
    asks[9] = about(ONLINE_CANCEL, again.ticket, 2); /* another terminal's */
    asks[10] = load_ask(&most);                      /* it was cancelled */
    asks[11] = sale_of(4, 9, 102, 20000);            /* no such terminal */
}

/* group 2: one city is asked one by one, the other all at once. */
static void a_group_gets_the_answers_that_its_questions_get_one_by_one(void **state) {
    (void)state;
    static const enum err expected[MIXED] = {OK, OK, ERR_DENIED, OK, ERR_DENIED, OK, ERR_CONFLICT,
        OK, OK, ERR_DENIED, ERR_CONFLICT, ERR_DENIED};
    struct city *one = new_city(), *all = new_city();
    struct online_desk *slow = online_desk_new(&one->clearing);
    struct online_desk *fast = online_desk_new(&all->clearing);
    struct online_ask single[MIXED], group[MIXED];
    mix(single);
    mix(group);
    for (size_t i = 0; i < MIXED; i++) {
        assert_int_equal(decide(slow, &single[i], 1), OK);
    }
    assert_int_equal(decide(fast, group, MIXED), OK);
    for (size_t i = 0; i < MIXED; i++) {
        assert_int_equal(single[i].answer.err, expected[i]);
        assert_int_equal(group[i].answer.err, expected[i]);
        assert_string_equal(group[i].answer.story, single[i].answer.story);
        assert_memory_equal(group[i].answer.load.mac2, single[i].answer.load.mac2, MAC_LEN);
    }
    int64_t reserved[2];
    struct why why = {{0}};
    must(one->store.load_reserved(one->store.self, &reserved[0], &why), &why);
    must(all->store.load_reserved(all->store.self, &reserved[1], &why), &why);
    assert_int_equal(reserved[0], 20000);
    assert_int_equal(reserved[1], 20000);
    online_desk_free(slow);
    online_desk_free(fast);
    drop_city(one);
    drop_city(all);
}

/* group 3. */
static void a_group_that_comes_again_is_answered_again(void **state) {
    (void)state;
    struct city *city = new_city();
    struct online_desk *desk = online_desk_new(&city->clearing);
    struct load_request l = load_of(1, 1, 2, 50000, 10000);
    struct online_ask first[2] = {sale_of(1, 1, 100, 20000), load_ask(&l)};
    struct online_ask again[2] = {load_ask(&l), sale_of(1, 1, 100, 20000)}; /* in another order */
    assert_int_equal(decide(desk, first, 2), OK);
    assert_int_equal(decide(desk, again, 2), OK);
    assert_int_equal(again[0].answer.err, OK);
    assert_int_equal(again[1].answer.err, OK);
    assert_memory_equal(first[1].answer.load.mac2, again[0].answer.load.mac2, MAC_LEN);
    assert_int_equal(city->rows->now.approval_count, 1);
    online_desk_free(desk);
    drop_city(city);
}

/* What the pool covers is counted inside a group, too. */
static void a_group_never_grants_more_than_the_pool(void **state) {
    (void)state;
    struct city *city = new_city();
    struct online_desk *desk = online_desk_new(&city->clearing);
    int64_t pool = fen_on(&city->clearing, account_named(ACCOUNT_POOL, NULL)), granted = 0;
    struct online_ask asks[9];
    for (unsigned n = 1; n <= 8; n++) {
        struct load_request l = load_of(n, n, 2, 50000, 100000);
        asks[n - 1] = load_ask(&l);
    }
    for (int round = 0; round < 2; round++) {
        assert_int_equal(decide(desk, asks, 8), OK);
    }
    for (unsigned i = 0; i < 8; i++) {
        granted += asks[i].answer.err == OK ? 100000 : 0;
    }
    assert_true(granted <= pool);
    assert_int_equal(granted, 800000);
    online_desk_free(desk);
    drop_city(city);
}

static void a_load_is_confirmed_by_its_card_through_a_group(void **state) {
    (void)state;
    struct city *city = new_city();
    struct online_desk *desk = online_desk_new(&city->clearing);
    struct load_request l = load_of(1, 1, 2, 50000, 10000);
    struct online_ask asks[3] = {
        load_ask(&l), about(ONLINE_CONFIRM, l.ticket, 1), about(ONLINE_CONFIRM, l.ticket, 1)};
    assert_int_equal(decide(desk, asks, 1), OK);
    load_tac(&l, asks[0].answer.load.moment, asks[1].request.tac);
    asks[2].request.tac[0] = (uint8_t)(asks[1].request.tac[0] ^ 1);
    assert_int_equal(decide(desk, asks + 1, 2), OK);
    assert_int_equal(asks[1].answer.err, OK);
    assert_int_equal(asks[2].answer.err, ERR_DENIED);
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    online_desk_free(desk);
    drop_city(city);
}

/* group 1: whatever call fails, the group is kept with true answers or not at all, and the same
 * group again ends as if nothing had been. */
static void a_store_that_fails_at_any_call_keeps_no_unanswered_group(void **state) {
    (void)state;
    for (unsigned long n = 1; n < 200; n++) {
        struct city *city = new_city();
        struct online_desk *desk = online_desk_new(&city->clearing);
        struct online_ask asks[MIXED];
        size_t before = city->rows->now.approval_count;
        mix(asks);
        fail_call(city, n);
        enum err err = decide(desk, asks, MIXED);
        bool reached = city->rows->calls >= n;
        size_t yes = 0;
        for (size_t i = 0; i < MIXED; i++) {
            yes += i != 5 && asks[i].request.kind == ONLINE_SALE && asks[i].answer.err == OK;
        }
        yes += asks[0].answer.err && !asks[5].answer.err; /* the repetition did it */
        assert_int_equal(city->rows->now.approval_count, err ? before : before + yes);
        city->rows->fail_at = 0;
        mix(asks);
        assert_int_equal(decide(desk, asks, MIXED), OK);
        assert_int_equal(asks[0].answer.err, OK);
        assert_int_equal(city->rows->now.approval_count, before + 1);
        online_desk_free(desk);
        drop_city(city);
        if (!reached) {
            assert_true(n > 20);
            return;
        }
    }
    fail_msg("the group never ended");
}

static void a_vault_that_is_gone_stops_loads_and_no_purchases(void **state) {
    (void)state;
    struct city *city = new_city();
    struct online_desk *desk = online_desk_new(&city->clearing);
    struct load_request l = load_of(1, 1, 2, 50000, 10000);
    struct online_ask asks[2] = {load_ask(&l), sale_of(1, 1, 100, 20000)};
    city->keys.broken = true;
    assert_int_equal(decide(desk, asks, 2), OK);
    assert_int_equal(asks[0].answer.err, ERR_OUTSIDE);
    assert_int_equal(asks[1].answer.err, OK);
    city->keys.broken = false;
    assert_int_equal(decide(desk, asks, 1), OK);
    assert_int_equal(asks[0].answer.err, OK);
    online_desk_free(desk);
    drop_city(city);
}

/* --- the hall --------------------------------------------------------------------------------- */

static enum err hall_mac(void *self, const struct key_ref *key, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    (void)self;
    (void)iv;
    (void)why;
    test_tac(key->card_factor, key->version, data, mac);
    return OK;
}

struct outside {
    uint32_t day;
    bool dry; /* no chance is left */
};

static void outside_moment(void *self, uint8_t now[MOMENT_LEN]) {
    moment_at(((struct outside *)self)->day, TIME, now);
}

static bool outside_chance(void *self, uint8_t *room, size_t len) {
    (void)memset(room, 0x42, len);
    return !((struct outside *)self)->dry;
}

struct hall_room {
    struct city *city;
    struct vault vault;
    struct clearing clearing;
    struct outside outside;
    struct online_hall *hall;
};

static struct hall_room *new_hall(void) {
    struct hall_room *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->city = new_city();
    r->vault = r->city->vault;
    r->vault.message_mac = hall_mac;
    r->clearing = r->city->clearing;
    r->clearing.vault = &r->vault;
    r->outside.day = TODAY;
    const struct online_outside outside = {&r->outside, outside_moment, outside_chance};
    r->hall = online_hall_new(&r->clearing, &outside);
    assert_non_null(r->hall);
    return r;
}

static void drop_hall(struct hall_room *r) {
    online_hall_free(r->hall);
    drop_city(r->city);
    free(r);
}

/* A terminal's end of a line. */
struct guest {
    struct online_visitor *visitor;
    struct online_session session;
    uint8_t room[OUT_ROOM];
    struct builder out;
};

static void guest_comes(struct hall_room *r, struct guest *g, unsigned terminal) {
    struct online_greeting greeting;
    uint8_t key[ONLINE_KEY_LEN], number[TERMINAL_LEN];
    struct why why = {{0}};
    g->out = builder_in(g->room, sizeof g->room);
    g->visitor = online_came(r->hall, &g->out);
    assert_non_null(g->visitor);
    assert_true(online_greeting_read(builder_bytes(&g->out), &greeting));
    terminal_no(terminal, number);
    must(online_line_key(&r->vault, number, key, &why), &why);
    online_session_begin(&g->session, key, &greeting, number);
    g->out.len = 0;
}

static long guest_asks(struct hall_room *r, struct guest *g, const struct online_request *q) {
    uint8_t room[ONLINE_FRAME_MAX];
    struct builder b = builder_in(room, sizeof room);
    put_online_request(&b, &g->session, q);
    long used = online_take(r->hall, g->visitor, builder_bytes(&b), &g->out);
    assert_true(used <= 0 || (size_t)used == b.len);
    return used;
}

/* The next answer that stands in its out, which is emptied of it. */
static struct online_answer guest_hears(struct guest *g) {
    struct bytes frame = {0};
    struct online_answer answer;
    assert_int_equal(online_frame_next(builder_bytes(&g->out), &frame), ONLINE_WHOLE);
    assert_true(online_sealed(&g->session, frame));
    assert_true(online_answer_read(frame, &answer));
    size_t used = ONLINE_LENGTH_LEN + frame.len;
    g->out.len -= used;
    (void)memmove(g->room, g->room + used, g->out.len);
    return answer;
}

static void guest_signs_in(struct hall_room *r, struct guest *g, unsigned terminal) {
    struct online_request q = {.kind = ONLINE_SIGN_IN, .number = 1};
    guest_comes(r, g, terminal);
    terminal_no(terminal, q.terminal);
    assert_true(guest_asks(r, g, &q) > 0);
    assert_int_equal(guest_hears(g).err, OK);
    assert_true(online_signed_in(g->visitor));
}

/* hall 3: no answer before the group is kept. */
static void an_answer_stands_in_the_line_only_after_the_settling(void **state) {
    (void)state;
    struct hall_room *r = new_hall();
    struct guest g;
    guest_signs_in(r, &g, 1);
    struct online_ask ask = sale_of(1, 1, 100, 20000);
    assert_true(guest_asks(r, &g, &ask.request) > 0);
    assert_int_equal(g.out.len, 0);
    online_settle(r->hall);
    struct online_answer answer = guest_hears(&g);
    assert_int_equal(answer.err, OK);
    assert_int_equal(answer.number, 100);
    assert_int_equal(r->city->rows->now.approval_count, 1);
    online_gone(r->hall, g.visitor);
    drop_hall(r);
}

/* hall 1. */
static void who_has_not_signed_in_or_seals_wrongly_is_turned_away(void **state) {
    (void)state;
    struct hall_room *r = new_hall();
    struct online_ask ask = sale_of(1, 1, 100, 20000);
    struct online_request in = {.kind = ONLINE_SIGN_IN};
    struct guest g;
    guest_comes(r, &g, 1);
    assert_int_equal(guest_asks(r, &g, &ask.request), -1); /* asks before it signs in */
    online_gone(r->hall, g.visitor);
    guest_comes(r, &g, 1);
    terminal_no(2, in.terminal);
    assert_int_equal(guest_asks(r, &g, &in), -1); /* with the key of another terminal */
    online_gone(r->hall, g.visitor);
    guest_signs_in(r, &g, 1);
    terminal_no(1, in.terminal);
    assert_int_equal(guest_asks(r, &g, &in), -1); /* twice */
    g.session = (struct online_session){0};
    online_gone(r->hall, g.visitor);
    guest_signs_in(r, &g, 1);
    g.session.inner.state[0] ^= 1;
    assert_int_equal(guest_asks(r, &g, &ask.request), -1);
    online_gone(r->hall, g.visitor);
    online_settle(r->hall);
    assert_int_equal(r->city->rows->now.approval_count, 0);
    assert_int_equal(online_counted(r->hall)->turned_away, 4);
    drop_hall(r);
}

/* hall 2: it is asked for no more than its out can hold, and others are served. */
static void who_does_not_read_waits_and_nobody_else_does(void **state) {
    (void)state;
    struct hall_room *r = new_hall();
    struct guest lazy, keen;
    unsigned taken = 0;
    guest_signs_in(r, &lazy, 1);
    guest_signs_in(r, &keen, 2);
    for (unsigned n = 0; n < 100; n++) {
        struct online_ask ask = sale_of(70, 1, 1000 + n, 20000); /* refused, with a sentence */
        taken += guest_asks(r, &lazy, &ask.request) > 0;
        online_settle(r->hall);
    }
    assert_true(taken >= 4);
    assert_true(taken < 40);
    struct online_ask ask = sale_of(1, 2, 100, 20000);
    assert_true(guest_asks(r, &keen, &ask.request) > 0);
    online_settle(r->hall);
    assert_int_equal(guest_hears(&keen).err, OK);
    while (lazy.out.len > 0) {
        assert_int_equal(guest_hears(&lazy).err, ERR_DENIED);
    }
    assert_true(guest_asks(r, &lazy, &ask.request) > 0);
    online_gone(r->hall, lazy.visitor);
    online_gone(r->hall, keen.visitor);
    drop_hall(r);
}

/* Its question stands; whoever asks again from another line gets the same answer. */
static void who_goes_before_the_settling_may_ask_again_on_another_line(void **state) {
    (void)state;
    struct hall_room *r = new_hall();
    struct guest g;
    struct online_ask ask = sale_of(1, 1, 100, 20000);
    guest_signs_in(r, &g, 1);
    assert_true(guest_asks(r, &g, &ask.request) > 0);
    online_gone(r->hall, g.visitor);
    online_settle(r->hall);
    guest_signs_in(r, &g, 1);
    assert_true(guest_asks(r, &g, &ask.request) > 0);
    online_settle(r->hall);
    assert_int_equal(guest_hears(&g).err, OK);
    assert_int_equal(r->city->rows->now.approval_count, 1);
    online_gone(r->hall, g.visitor);
    drop_hall(r);
}

/* The n-th call fails, for every n: the answer says so, nothing is kept, and the same again is a
 * yes. */
static void a_store_that_keeps_nothing_is_told_as_such(void **state) {
    (void)state;
    struct hall_room *r = new_hall();
    struct guest g;
    guest_signs_in(r, &g, 1);
    for (unsigned n = 1; n < 20; n++) {
        struct online_ask ask = sale_of(1, 1, 100 + n, 20000);
        size_t before = r->city->rows->now.approval_count;
        assert_true(guest_asks(r, &g, &ask.request) > 0);
        fail_call(r->city, n);
        online_settle(r->hall);
        bool reached = r->city->rows->calls > n;
        assert_int_equal(guest_hears(&g).err, reached ? ERR_OUTSIDE : OK);
        assert_int_equal(r->city->rows->now.approval_count, before + !reached);
        r->city->rows->fail_at = 0;
        assert_true(guest_asks(r, &g, &ask.request) > 0);
        online_settle(r->hall);
        assert_int_equal(guest_hears(&g).err, OK);
        assert_int_equal(r->city->rows->now.approval_count, before + 1);
    }
    assert_true(online_counted(r->hall)->failed > 0);
    online_gone(r->hall, g.visitor);
    drop_hall(r);
}

/* hall 4. */
static void a_line_ends_with_its_day(void **state) {
    (void)state;
    struct hall_room *r = new_hall();
    struct guest g;
    struct online_ask ask = sale_of(1, 1, 100, 20000);
    guest_signs_in(r, &g, 1);
    r->outside.day = TODAY + 1;
    assert_int_equal(guest_asks(r, &g, &ask.request), -1);
    online_gone(r->hall, g.visitor);
    drop_hall(r);
}

static void without_chance_no_line_is_opened(void **state) {
    (void)state;
    struct hall_room *r = new_hall();
    uint8_t room[ONLINE_GREETING_LEN];
    struct builder out = builder_in(room, sizeof room);
    r->outside.dry = true;
    assert_null(online_came(r->hall, &out));
    assert_int_equal(out.len, 0);
    drop_hall(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_gets_the_answers_that_its_questions_get_one_by_one),
        cmocka_unit_test(a_group_that_comes_again_is_answered_again),
        cmocka_unit_test(a_group_never_grants_more_than_the_pool),
        cmocka_unit_test(a_load_is_confirmed_by_its_card_through_a_group),
        cmocka_unit_test(a_store_that_fails_at_any_call_keeps_no_unanswered_group),
        cmocka_unit_test(a_vault_that_is_gone_stops_loads_and_no_purchases),
        cmocka_unit_test(an_answer_stands_in_the_line_only_after_the_settling),
        cmocka_unit_test(who_has_not_signed_in_or_seals_wrongly_is_turned_away),
        cmocka_unit_test(who_does_not_read_waits_and_nobody_else_does),
        cmocka_unit_test(who_goes_before_the_settling_may_ask_again_on_another_line),
        cmocka_unit_test(a_store_that_keeps_nothing_is_told_as_such),
        cmocka_unit_test(a_line_ends_with_its_day),
        cmocka_unit_test(without_chance_no_line_is_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "registry/list_service.h"

#include "host/rng.h"
#include "issuance/counter.h"

enum { TODAY = 20031008, CARDS = 40, ROOM = 8192 };

/* Forty cards in use, their numbers given out by the range. */
static struct counter *city_open(void) {
    struct counter *c = counter_open(1);
    counter_expect(
        c, db_run(&c->db, "UPDATE number_range SET next = 41 WHERE prefix = 'B'", &c->why));
    for (int i = 0; i < CARDS; i++) {
        struct card_record card = {
            .person = 1,
            .batch = 1,
            .issued = TODAY,
            .valid_until = 20131008,
            .factor = {0x86, 0x84, 0x44, 0x01, 0, 0, 0, (uint8_t)(7 * i)}
        };
        card_number_write((uint32_t)i + 1, card.number);
        (void)snprintf(card.identification, sizeof card.identification, "%032d", i);
        counter_expect(c, card_add(&c->registry, &card, "maker", &c->why));
        const struct card_order order = {.card = card.number,
            .event = EVENT_HAND_OVER,
            .who = "point",
            .request = "hand over",
            .day = TODAY};
        counter_expect(c, card_step(&c->registry, &order, &c->why));
    }
    return c;
}

static enum err step(
    struct counter *c, uint32_t serial, enum card_event event, int request, uint32_t time) {
    char number[CARD_NUMBER_LEN + 1];
    char text[16];
    card_number_write(serial, number);
    (void)snprintf(text, sizeof text, "%d", request);
    const struct card_order order = {.card = number,
        .event = event,
        .who = "point",
        .request = text,
        .day = TODAY,
        .time = time};
    return card_step(&c->registry, &order, &c->why);
}

static struct bytes full_at(struct counter *c, uint32_t time, uint8_t room[ROOM]) {
    struct builder b = builder_in(room, ROOM);
    counter_expect(c, registry_blacklist(&c->registry, TODAY, time, &b, &c->why));
    return builder_bytes(&b);
}

/* The three forms of two moments agree: the increment turns the first list into the second byte for
 * byte, and a bit is set exactly for the cards of the list. */
static void check_forms(struct counter *c, uint32_t early, uint32_t late) {
    uint8_t old_room[ROOM], new_room[ROOM], change_room_[ROOM], made_room[ROOM], map_room[ROOM];
    struct blacklist old, young;
    struct blacklist_change change;
    struct blacklist_bitmap map;
    struct bytes new_bytes = full_at(c, late, new_room);
    assert_true(blacklist_decode(full_at(c, early, old_room), &old));
    assert_true(blacklist_decode(new_bytes, &young));
    struct builder b = builder_in(change_room_, sizeof change_room_);
    counter_expect(c, list_change(&c->registry, &old, TODAY, late, &b, &c->why));
    assert_true(change_decode(builder_bytes(&b), &change));
    b = builder_in(made_room, sizeof made_room);
    assert_true(blacklist_apply(&old, &change, &b));
    assert_true(bytes_equal(builder_bytes(&b), new_bytes));
    b = builder_in(map_room, sizeof map_room);
    counter_expect(c, list_bitmap(&c->registry, TODAY, late, &b, &c->why));
    assert_true(bitmap_decode(builder_bytes(&b), &map));
    assert_int_equal(map.version, young.version);
    for (uint32_t serial = 1; serial <= CARDS; serial++) {
        const uint8_t factor[8] = {0x86, 0x84, 0x44, 0x01, 0, 0, 0, (uint8_t)(7 * (serial - 1))};
        bool listed = blacklist_reason(&young, factor) != 0;
        assert_int_equal(bitmap_ask(&map, 'B', serial), listed ? BITMAP_LISTED : BITMAP_FREE);
    }
    assert_int_equal(bitmap_ask(&map, 'B', CARDS + 1), BITMAP_UNKNOWN);
}

/* Four hundred steps at moments in any order, some of them written long after they hold. */
static void increment_bitmap_and_list_tell_the_same(void **state) {
    (void)state;
    static const enum card_event events[] = {
        EVENT_REPORT_LOSS_FOR_NOW, EVENT_LIFT, EVENT_REPORT_LOSS, EVENT_LOCK, EVENT_UNLOCK};
    struct counter *c = city_open();
    struct rng rng = rng_stream(5, "list", 0);
    check_forms(c, 0, 0);
    for (int i = 0; i < 400; i++) {
        uint32_t serial = (uint32_t)rng_below(&rng, CARDS) + 1;
        uint32_t time = (uint32_t)rng_below(&rng, 24) * 10000;
        (void)step(c, serial, events[rng_below(&rng, 5)], i, time);
        uint32_t early = (uint32_t)rng_below(&rng, 24) * 10000;
        if (i % 8 == 0) {
            check_forms(c, early, early + (uint32_t)rng_below(&rng, 24 - early / 10000) * 10000);
        }
    }
    counter_close(c);
}

/* A list that a terminal fetched before an entry was written for an earlier moment. */
static void what_was_written_late_is_told_later(void **state) {
    (void)state;
    uint8_t room[ROOM], change_bytes[ROOM];
    struct blacklist old;
    struct blacklist_change change;
    struct counter *c = city_open();
    assert_int_equal(step(c, 1, EVENT_REPORT_LOSS, 1, 100000), OK);
    assert_true(blacklist_decode(full_at(c, 120000, room), &old));
    assert_int_equal(step(c, 2, EVENT_REPORT_LOSS, 1, 110000), OK); /* before that list's moment */
    struct builder b = builder_in(change_bytes, sizeof change_bytes);
    counter_expect(c, list_change(&c->registry, &old, TODAY, 130000, &b, &c->why));
    assert_true(change_decode(builder_bytes(&b), &change));
    assert_int_equal(change.to.count, 1);
    assert_int_equal(change.to.version, 2);
    counter_close(c);
}

static void what_cannot_be_told_is_refused(void **state) {
    (void)state;
    uint8_t room[ROOM];
    struct counter *c = counter_open(1);
    struct blacklist young = {.version = 1, .day = TODAY, .time = 120000};
    struct builder b = builder_in(room, sizeof room);
    assert_int_equal(list_change(&c->registry, &young, TODAY, 110000, &b, &c->why), ERR_CONFLICT);
    b = builder_in(room, sizeof room);
    assert_int_equal(list_bitmap(&c->registry, TODAY, 0, &b, &c->why), ERR_CONFLICT); /* no card */
    counter_close(c);
    c = city_open();
    assert_int_equal(step(c, 1, EVENT_REPORT_LOSS, 1, 0), OK);
    b = builder_in(room, 10);
    assert_int_equal(list_bitmap(&c->registry, TODAY, 0, &b, &c->why), ERR_INVALID);
    b = builder_in(room, 10);
    young.day = 20030101;
    assert_int_equal(list_change(&c->registry, &young, TODAY, 0, &b, &c->why), ERR_INVALID);
    counter_close(c);
}

/* The room that is asked for is enough for each form. */
static void the_room_that_is_named_is_enough(void **state) {
    (void)state;
    struct counter *c = city_open();
    for (uint32_t serial = 1; serial <= CARDS; serial++) {
        uint8_t room[ROOM];
        size_t len = 0;
        const struct blacklist none = {.day = 20030101};
        assert_int_equal(step(c, serial, EVENT_REPORT_LOSS, 1, 0), OK);
        counter_expect(c, list_room(&c->registry, TODAY, 0, &len, &c->why));
        assert_true(len <= sizeof room);
        struct builder b = builder_in(room, len);
        counter_expect(c, registry_blacklist(&c->registry, TODAY, 0, &b, &c->why));
        b = builder_in(room, len);
        counter_expect(c, list_change(&c->registry, &none, TODAY, 0, &b, &c->why));
        b = builder_in(room, len);
        counter_expect(c, list_bitmap(&c->registry, TODAY, 0, &b, &c->why));
    }
    counter_close(c);
}

static void each_terminal_has_the_list_it_was_given_last(void **state) {
    (void)state;
    struct counter *c = counter_open(1);
    struct terminal_list has = {.terminal = "T2", .version = 3, .day = TODAY, .time = 20000};
    struct terminal_list out = {.terminal = ""};
    const struct registry_store *s = &c->registry;
    counter_expect(c, s->terminal_list_put(s->self, &has, "system", &c->why));
    has.version = 4;
    counter_expect(c, s->terminal_list_put(s->self, &has, "system", &c->why));
    (void)memcpy(has.terminal, "T1", 3);
    counter_expect(c, s->terminal_list_put(s->self, &has, "system", &c->why));
    counter_expect(c, s->terminal_list_after(s->self, "", &out, &c->why));
    assert_string_equal(out.terminal, "T1");
    counter_expect(c, s->terminal_list_after(s->self, "T1", &out, &c->why));
    assert_string_equal(out.terminal, "T2");
    assert_int_equal(out.version, 4);
    assert_int_equal(s->terminal_list_after(s->self, "T2", &out, &c->why), ERR_NOT_FOUND);
    assert_int_equal(
        counter_ask(c, "SELECT count(*) FROM audit WHERE what = 'blacklist given'"), 3);
    counter_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(increment_bitmap_and_list_tell_the_same),
        cmocka_unit_test(what_was_written_late_is_told_later),
        cmocka_unit_test(what_cannot_be_told_is_refused),
        cmocka_unit_test(the_room_that_is_named_is_enough),
        cmocka_unit_test(each_terminal_has_the_list_it_was_given_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

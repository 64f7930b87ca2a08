#include "issuance/handover.h"

#include "counter.h"
#include "issuance/box.h"
#include "issuance/station.h"
#include "reader/pulled.h"
#include "stores/sql/issuance_box_rows.h"
#include "stores/sql/issuance_window_rows.h"
#include "workshop.h"

static const char new_pin[] = "314159";

/* One finished card in a stored batch, its chip in the workshop, its record in the registry. */
struct scene {
    struct workshop *w;
    struct counter *c;
    struct batch batch;
    char number[CARD_NUMBER_LEN + 1];
    struct handover h;
};

static void step(struct scene *s, enum batch_event event) {
    counter_expect(s->c, batch_step(&s->c->store, s->batch.id, event, "approver", &s->c->why));
}

static void record_line(struct scene *s, enum line_event event) {
    struct line_result result = {.event = event,
        .factor = s->w->result.data.factor,
        .card_id = s->w->result.data.values.card_id};
    counter_expect(s->c, batch_line_step(&s->c->store, s->batch.id, 1, &result, &s->c->why));
}

static void record_card(struct scene *s) {
    struct card_record card = {
        .person = 1, .batch = s->batch.id, .issued = 20031008, .valid_until = 20131008};
    (void)memcpy(card.number, s->number, sizeof card.number);
    (void)memcpy(card.factor, s->w->result.data.factor, sizeof card.factor);
    hex_write(bytes_of(s->w->result.data.values.card_id, 16), card.identification);
    counter_expect(s->c, card_add(&s->c->registry, &card, "maker", &s->c->why));
}

static struct scene *scene_open(void) {
    struct scene *s = calloc(1, sizeof *s);
    struct person person = workshop_person();
    int32_t lines = 0;
    assert_non_null(s);
    s->w = workshop_open();
    s->c = counter_open(1);
    counter_apply(s->c, 1);
    s->batch = counter_batch(s->c, &lines);
    card_number_write(1, s->number);
    expect_ok(s->w, personalise_card(&s->w->p, &person, s->number, &s->w->result, &s->w->why));
    expect_ok(s->w,
        inspect_card(&s->w->p, &s->w->result.data, workshop_moment, &s->w->found, &s->w->why));
    step(s, BATCH_APPROVE);
    step(s, BATCH_TO_MAKER);
    record_line(s, LINE_MAKE);
    record_line(s, LINE_PASS);
    step(s, BATCH_FROM_MAKER);
    step(s, BATCH_PACK);
    step(s, BATCH_DELIVER);
    step(s, BATCH_STORE);
    record_card(s);
    s->h = (struct handover){.store = &s->c->store,
        .registry = &s->c->registry,
        .reader = &s->w->reader,
        .officer = "point",
        .card_number = s->number,
        .old_pin = s->w->result.data.pin,
        .new_pin = new_pin,
        .day = 20031008,
        .time = 100000};
    return s;
}

static void scene_close(struct scene *s) {
    counter_close(s->c);
    workshop_close(s->w);
    free(s);
}

static uint16_t verify(struct scene *s, enum profile_place place, const char *pin) {
    struct station st = {.reader = &s->w->reader};
    uint8_t bytes[STATION_PIN_LEN];
    struct reply reply;
    assert_true(station_pin(pin, bytes));
    struct apdu apdu = {.ins = 0x20, .data = bytes_of(bytes, sizeof bytes)};
    expect_ok(s->w, station_reset(&st, &s->w->why));
    expect_ok(s->w, station_select(&st, place, &s->w->why));
    expect_ok(s->w, station_ask(&st, &apdu, &reply, &s->w->why));
    return reply.sw;
}

static int64_t ask(struct scene *s, const char *sql) {
    return counter_ask(s->c, sql);
}

static void a_card_reaches_its_holder(void **state) {
    (void)state;
    struct scene *s = scene_open();
    counter_expect(s->c, hand_over(&s->h, &s->c->why));
    assert_int_equal(verify(s, AT_SSSE, new_pin), 0x9000);
    assert_int_equal(verify(s, AT_WALLET, new_pin), 0x9000);
    assert_int_equal(verify(s, AT_SSSE, s->h.old_pin) & 0xFFF0, 0x63C0);
    assert_int_equal(ask(s, "SELECT life FROM card"), LIFE_NORMAL);
    assert_int_equal(ask(s, "SELECT state FROM batch_line"), LINE_HANDED_OUT);
    assert_int_equal(ask(s, "SELECT state FROM application"), APPLICATION_SUCCEEDED);
    assert_int_equal(ask(s, "SELECT count(*) FROM audit WHERE who = 'point'") > 0, 1);
    counter_expect(s->c, db_audit_verify(&s->c->db, NULL, &s->c->why));
    step(s, BATCH_CLOSE);
    scene_close(s);
}

/* The card in whose place it comes ends in the same transaction, whichever of the two fails.
 * [system.md 4.0.1 T2, T9] */
static void the_old_card_ends_as_the_new_one_begins(void **state) {
    (void)state;
    only_in_a_file(); /* the trigger is SQLite's */
    struct scene *s = scene_open();
    struct card_record old = {
        .person = 1, .batch = 1, .issued = 20030101, .valid_until = 20130101, .factor = {1}};
    card_number_write(9, old.number);
    (void)snprintf(old.identification, sizeof old.identification, "%032d", 9);
    counter_expect(s->c, card_add(&s->c->registry, &old, "maker", &s->c->why));
    counter_expect(s->c,
        db_run(&s->c->db,
            "UPDATE card SET life = 2, replacement = (SELECT id FROM application) WHERE number "
            "LIKE 'B0000009%'",
            &s->c->why));
    counter_expect(s->c, db_run(&s->c->db,
                             "CREATE TRIGGER broken BEFORE INSERT ON card_event WHEN new.card LIKE "
                             "'B0000009%' BEGIN SELECT RAISE(ABORT, 'broken'); END",
                             &s->c->why));
    assert_int_not_equal(hand_over(&s->h, &s->c->why), OK);
    assert_int_equal(ask(s, "SELECT sum(life) FROM card"), LIFE_SEALED + LIFE_LOST);
    counter_expect(s->c, db_run(&s->c->db, "DROP TRIGGER broken", &s->c->why));
    counter_expect(s->c, hand_over(&s->h, &s->c->why));
    assert_int_equal(ask(s, "SELECT sum(life) FROM card"), LIFE_NORMAL + LIFE_CANCELLED);
    assert_int_equal(ask(s, "SELECT sub_reason FROM card WHERE life = 9"), 91);
    assert_int_equal(ask(s, "SELECT count(*) FROM card WHERE life = 9 AND replaced_by = (SELECT "
                            "number FROM card WHERE life = 1)"),
        1);
    scene_close(s);
}

static void nobody_gets_a_card_twice(void **state) {
    (void)state;
    struct scene *s = scene_open();
    counter_expect(s->c, hand_over(&s->h, &s->c->why));
    s->h.old_pin = new_pin;
    s->h.new_pin = "271828";
    assert_int_equal(hand_over(&s->h, &s->c->why), ERR_CONFLICT);
    assert_int_equal(verify(s, AT_SSSE, new_pin), 0x9000); /* the chip was not touched */
    scene_close(s);
}

/* Each reason to refuse, and that neither chip nor records move. */
static void a_refused_hand_over_changes_nothing(void **state) {
    (void)state;
    static const struct {
        const char *number, *old_pin, *new_pin;
        enum err err;
    } cases[] = {
        {"B00000027", NULL,     new_pin,   ERR_NOT_FOUND},
        {NULL,        "000000", new_pin,   ERR_DENIED   },
        {NULL,        NULL,     "31415",   ERR_INVALID  },
        {NULL,        NULL,     "3141592", ERR_INVALID  },
        {NULL,        NULL,     "31415x",  ERR_INVALID  },
        {NULL,        new_pin,  new_pin,   ERR_INVALID  },
    };
    struct scene *s = scene_open();
    struct handover good = s->h;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        s->h = good;
        s->h.card_number = cases[i].number ? cases[i].number : good.card_number;
        s->h.old_pin = cases[i].old_pin ? cases[i].old_pin : good.old_pin;
        s->h.new_pin = cases[i].new_pin;
        assert_int_equal(hand_over(&s->h, &s->c->why), cases[i].err);
        assert_int_equal(verify(s, AT_SSSE, good.old_pin), 0x9000);
        assert_int_equal(verify(s, AT_WALLET, good.old_pin), 0x9000);
        assert_int_equal(ask(s, "SELECT life FROM card"), LIFE_SEALED);
        assert_int_equal(ask(s, "SELECT state FROM batch_line"), LINE_FINISHED);
    }
    s->h = good;
    counter_expect(s->c, hand_over(&s->h, &s->c->why));
    scene_close(s);
}

static void another_card_in_the_reader_is_noticed(void **state) {
    (void)state;
    struct scene *s = scene_open();
    struct person person = workshop_person();
    workshop_blank(s->w, 2);
    expect_ok(s->w, personalise_card(&s->w->p, &person, "B00000027", &s->w->result, &s->w->why));
    assert_int_equal(hand_over(&s->h, &s->c->why), ERR_CONFLICT);
    assert_non_null(strstr(s->c->why.text, "not the one of card B00000019"));
    assert_int_equal(ask(s, "SELECT life FROM card"), LIFE_SEALED);
    scene_close(s);
}

/* The right chip with another card's number on it: the record decides. */
static void a_chip_with_another_number_is_noticed(void **state) {
    (void)state;
    struct scene *s = scene_open();
    struct person person = workshop_person();
    workshop_blank(s->w, 1);
    expect_ok(s->w, personalise_card(&s->w->p, &person, "B00000027", &s->w->result, &s->w->why));
    assert_int_equal(hand_over(&s->h, &s->c->why), ERR_CONFLICT);
    assert_non_null(strstr(s->c->why.text, "not card B00000019"));
    assert_int_equal(
        hand_over_chip(&s->w->reader, "B00000019", s->w->result.data.pin, new_pin, &s->w->why),
        ERR_CONFLICT);
    expect_ok(s->w,
        hand_over_chip(&s->w->reader, "B00000027", s->w->result.data.pin, new_pin, &s->w->why));
    scene_close(s);
}

static void only_a_service_point_hands_out(void **state) {
    (void)state;
    static const char *const others[] = {"maker", "approver", "clearer", "nobody"};
    struct scene *s = scene_open();
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        s->h.officer = others[i];
        assert_int_equal(hand_over(&s->h, &s->c->why), ERR_DENIED);
        assert_int_equal(verify(s, AT_SSSE, s->h.old_pin), 0x9000);
    }
    scene_close(s);
}

/* The card is pulled at every line, on both sides of the command; the same call made again
 * succeeds, with the PIN changed once in each application. */
static void an_interrupted_hand_over_is_made_again(void **state) {
    (void)state;
    for (int side = PULL_BEFORE_COMMAND; side <= PULL_BEFORE_ANSWER; side++) {
        bool done = false;
        for (unsigned n = 1; !done; n++) {
            struct scene *s = scene_open();
            struct pulled pulled;
            struct reader torn = pulled_reader(&pulled, &s->w->reader);
            pulled_arm(&pulled, n, (enum pull_moment)side);
            s->h.reader = &torn;
            enum err err = hand_over(&s->h, &s->c->why);
            done = err == OK;
            assert_true(done || err == ERR_OUTSIDE);
            s->h.reader = &s->w->reader;
            if (!done) {
                assert_int_equal(ask(s, "SELECT life FROM card"), LIFE_SEALED);
                counter_expect(s->c, hand_over(&s->h, &s->c->why));
            }
            assert_int_equal(verify(s, AT_SSSE, new_pin), 0x9000);
            assert_int_equal(verify(s, AT_WALLET, new_pin), 0x9000);
            assert_int_equal(ask(s, "SELECT life FROM card"), LIFE_NORMAL);
            scene_close(s);
            assert_true(n < 30);
        }
    }
}

/* The records fail after the chip has changed: the same call finds the PIN changed and goes on. */
static void records_that_fail_are_written_by_the_next_call(void **state) {
    (void)state;
    struct scene *s = scene_open();
    trap_set(&s->c->db, "UPDATE ON application");
    assert_int_not_equal(hand_over(&s->h, &s->c->why), OK);
    assert_int_equal(ask(s, "SELECT life FROM card"), LIFE_SEALED); /* all of it taken back */
    assert_int_equal(ask(s, "SELECT state FROM batch_line"), LINE_FINISHED);
    trap_open(&s->c->db);
    counter_expect(s->c, hand_over(&s->h, &s->c->why));
    assert_int_equal(ask(s, "SELECT life FROM card"), LIFE_NORMAL);
    scene_close(s);
}

/* --- at a window ------------------------------------------------------------------------------- */

/* A scene whose card lies in a stored box, with the stores of its window. */
struct booth {
    struct scene *s;
    struct point_store points;
    struct window_store window;
};

static struct booth booth_open(void) {
    struct booth b = {.s = scene_open()};
    struct counter *c = b.s->c;
    counter_expect(c, box_rows_open(&c->db, &c->store, &b.points, &c->why));
    counter_expect(c, window_rows_open(&c->db, &c->store, &b.window, &c->why));
    counter_expect(
        c, db_run(&c->db, "INSERT INTO box VALUES (1, 1, 1, 1, 'GZ01', 20031008)", &c->why));
    counter_expect(
        c, db_run(&c->db, "INSERT INTO box_card SELECT card_number, 1, 1, 20031008 FROM batch_line",
               &c->why));
    return b;
}

/* What points into the booth. */
static struct handover booth_order(struct booth *b) {
    struct handover h = b->s->h;
    h.points = &b->points;
    h.window = &b->window;
    h.kind = TO_HOLDER;
    return h;
}

static void booth_close(struct booth *b) {
    window_rows_close(&b->window);
    box_rows_close(&b->points);
    scene_close(b->s);
}

static void a_card_leaves_its_box_with_a_receipt(void **state) {
    (void)state;
    struct booth b = booth_open();
    struct handover h = booth_order(&b);
    counter_expect(b.s->c, hand_over(&h, &b.s->c->why));
    assert_int_equal(ask(b.s, "SELECT count(*) FROM box_card"), 0);
    assert_int_equal(ask(b.s, "SELECT state FROM box"), BOX_EMPTY);
    assert_int_equal(ask(b.s, "SELECT kind FROM handover WHERE enabled = 20031008"), TO_HOLDER);
    assert_int_equal(ask(b.s, "SELECT sum(stock) FROM box_entry"), -1);
    assert_int_equal(hand_over(&h, &b.s->c->why), ERR_CONFLICT);
    booth_close(&b);
}

static void an_agent_is_named_whole(void **state) {
    (void)state;
    static const struct taker agents[] = {
        {"",       "990102197612115191", "020-1", ""},
        {"陈安", "",                   "020-1", ""},
        {"陈安", "990102197612115191", "",      ""},
    };
    struct booth b = booth_open();
    struct handover h = booth_order(&b);
    const struct taker whole = {"陈安", "990102197612115191", "020-1", ""};
    h.kind = TO_AGENT;
    assert_int_equal(hand_over(&h, &b.s->c->why), ERR_INVALID);
    for (size_t i = 0; i < sizeof agents / sizeof agents[0]; i++) {
        h.agent = &agents[i];
        assert_int_equal(hand_over(&h, &b.s->c->why), ERR_INVALID);
    }
    assert_int_equal(verify(b.s, AT_SSSE, b.s->h.old_pin), 0x9000); /* the chip was not touched */
    h.agent = &whole;
    counter_expect(b.s->c, hand_over(&h, &b.s->c->why));
    assert_int_equal(
        ask(b.s, "SELECT count(*) FROM handover WHERE kind = 2 AND phone = '020-1'"), 1);
    booth_close(&b);
}

/* Fifteen on the day before the birthday, sixteen on the day. */
static void under_sixteen_only_a_guardian_takes_the_card(void **state) {
    (void)state;
    const struct taker mother = {"陈安", "990102197612115191", "020-1", ""};
    struct booth b = booth_open();
    struct handover h = booth_order(&b);
    counter_expect(b.s->c, db_run(&b.s->c->db, "UPDATE person SET birth = 19871009", &b.s->c->why));
    assert_int_equal(hand_over(&h, &b.s->c->why), ERR_DENIED);
    h.kind = TO_AGENT;
    h.agent = &mother;
    assert_int_equal(hand_over(&h, &b.s->c->why), ERR_DENIED);
    h.guardian = true;
    counter_expect(b.s->c, hand_over(&h, &b.s->c->why));
    booth_close(&b);
    b = booth_open();
    h = booth_order(&b);
    counter_expect(b.s->c, db_run(&b.s->c->db, "UPDATE person SET birth = 19871008", &b.s->c->why));
    counter_expect(b.s->c, hand_over(&h, &b.s->c->why));
    booth_close(&b);
}

static void the_temporary_card_comes_back_in_the_same_step(void **state) {
    (void)state;
    struct booth b = booth_open();
    struct handover h = booth_order(&b);
    counter_expect(b.s->c, db_run(&b.s->c->db,
                               "INSERT INTO temporary_card VALUES (1, 1, 1, 440100, 20031001, "
                               "20031130, 'GZ01', 'point', 0)",
                               &b.s->c->why));
    assert_int_equal(hand_over(&h, &b.s->c->why), ERR_CONFLICT);
    assert_non_null(strstr(b.s->c->why.text, "temporary card 1"));
    h.temporary = TEMPORARY_RETURNED;
    counter_expect(b.s->c, hand_over(&h, &b.s->c->why));
    assert_int_equal(ask(b.s, "SELECT state FROM temporary_card WHERE ended = 20031008"), 2);
    booth_close(&b);
}

static void a_card_of_a_quarantined_box_or_of_wrong_data_stays(void **state) {
    (void)state;
    struct booth b = booth_open();
    struct handover h = booth_order(&b);
    counter_expect(b.s->c, db_run(&b.s->c->db, "UPDATE box SET state = 3", &b.s->c->why));
    assert_int_equal(hand_over(&h, &b.s->c->why), ERR_CONFLICT);
    counter_expect(b.s->c, db_run(&b.s->c->db, "UPDATE box SET state = 1", &b.s->c->why));
    counter_expect(
        b.s->c, db_run(&b.s->c->db,
                    "INSERT INTO wrong_card SELECT number, '姓名', 20031008, 0, 'point' FROM card",
                    &b.s->c->why));
    assert_int_equal(hand_over(&h, &b.s->c->why), ERR_CONFLICT);
    assert_int_equal(verify(b.s, AT_SSSE, b.s->h.old_pin), 0x9000);
    booth_close(&b);
}

/* It left in a package, sealed; its holder enables it at any window. */
static void a_card_of_a_package_is_enabled_later(void **state) {
    (void)state;
    struct booth b = booth_open();
    struct handover h = booth_order(&b);
    counter_expect(b.s->c,
        db_run(&b.s->c->db,
            "INSERT INTO handover SELECT number, 3, 1, '', '', '', '', 'GZ01', 'point', 20031007, "
            "0, 0 FROM card",
            &b.s->c->why));
    counter_expect(b.s->c, db_run(&b.s->c->db, "UPDATE batch_line SET state = 60", &b.s->c->why));
    counter_expect(b.s->c, db_run(&b.s->c->db, "DELETE FROM box_card", &b.s->c->why));
    counter_expect(b.s->c, hand_over(&h, &b.s->c->why));
    assert_int_equal(ask(b.s, "SELECT enabled FROM handover WHERE day = 20031007"), 20031008);
    assert_int_equal(ask(b.s, "SELECT life FROM card"), LIFE_NORMAL);
    assert_int_equal(ask(b.s, "SELECT state FROM application"), APPLICATION_SUCCEEDED);
    booth_close(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_reaches_its_holder),
        cmocka_unit_test(the_old_card_ends_as_the_new_one_begins),
        cmocka_unit_test(nobody_gets_a_card_twice),
        cmocka_unit_test(a_refused_hand_over_changes_nothing),
        cmocka_unit_test(another_card_in_the_reader_is_noticed),
        cmocka_unit_test(a_chip_with_another_number_is_noticed),
        cmocka_unit_test(only_a_service_point_hands_out),
        cmocka_unit_test(an_interrupted_hand_over_is_made_again),
        cmocka_unit_test(records_that_fail_are_written_by_the_next_call),
        cmocka_unit_test(a_card_leaves_its_box_with_a_receipt),
        cmocka_unit_test(an_agent_is_named_whole),
        cmocka_unit_test(under_sixteen_only_a_guardian_takes_the_card),
        cmocka_unit_test(the_temporary_card_comes_back_in_the_same_step),
        cmocka_unit_test(a_card_of_a_quarantined_box_or_of_wrong_data_stays),
        cmocka_unit_test(a_card_of_a_package_is_enabled_later),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

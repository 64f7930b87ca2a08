#include "check.h"

#include "base/checkdigit.h"
#include "host/scratch.h"
#include "registry/import.h"
#include "registry/registry.h"
#include "stores/engine_address.h"
#include "stores/sql/audit.h"
#include "stores/sql/registry_store.h"
#include "wire/blacklist.h"

enum { TODAY = 20031008 };

/* A registry with the pilot's people. */
struct office {
    struct db db;
    struct registry_rows *rows;
    struct registry_store store;
    struct why why;
};

static struct office office;

static void office_open(void **state) {
    char path[512];
    const struct import_order order = {.path = "data/pilot-people.csv", .business_day = TODAY};
    struct import_result result;
    office = (struct office){.rows = NULL};
    enum err err = db_open(&office.db, engine_address(below(state, "city.db", path)), &office.why);
    err = err ? err : registry_rows_open(&office.rows, &office.db, &office.why);
    office.store = registry_store_of(office.rows);
    err = err ? err : registry_found(&office.store, true, &office.why);
    err = err ? err : people_import(&office.store, &order, &result, &office.why);
    if (err) {
        fail_msg("%s", office.why.text);
    }
}

static void office_close(void) {
    assert_int_equal(db_audit_verify(&office.db, NULL, &office.why), OK);
    registry_rows_close(office.rows);
    db_close(&office.db);
}

static int64_t ask(const char *sentence) {
    struct prepared *stmt[1];
    assert_int_equal(db_prepare(&office.db, &sentence, 1, stmt, &office.why), OK);
    struct say s = say(stmt[0]);
    int64_t answer = say_next(&s) ? row_int(&s) : -1;
    assert_int_equal(say_end(&s, &office.why), OK);
    db_finalize(stmt, 1);
    return answer;
}

/* Card i, of one of the first thirty persons. */
static struct card_record card_of(int i) {
    struct card_record card = {
        .person = i % 30 + 1, /* lines 2 to 31 were all accepted */
        .batch = 1,
        .issued = TODAY,
        .valid_until = 20131008,
        .factor = {0x86, 0x84, 0x44, 0x01, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}
    };
    (void)snprintf(card.number, sizeof card.number, "B%07d", i);
    card.number[8] = organisation_check(bytes_of(card.number, 8));
    card.number[9] = '\0';
    (void)snprintf(card.identification, sizeof card.identification, "%032d", i);
    return card;
}

static struct card_record add_card(int i) {
    struct card_record card = card_of(i);
    if (card_add(&office.store, &card, "maker", &office.why)) {
        fail_msg("%s", office.why.text);
    }
    return card;
}

static enum err step(const char *card, enum card_event event, const char *request) {
    const struct card_order order = {.card = card,
        .event = event,
        .who = "point",
        .request = request,
        .day = TODAY,
        .time = 90000};
    return card_step(&office.store, &order, &office.why);
}

static enum card_life life_of(const char *number) {
    struct card_record card;
    assert_int_equal(
        office.store.card_by_number(office.store.self, number, &card, &office.why), OK);
    return card.life;
}

/* --- persons ------------------------------------------------------------------------------------------ */

static void persons_are_found_by_number_and_by_id(void **state) {
    struct person by_number, by_id;
    int64_t count = 0;
    office_open(state);
    assert_int_equal(person_find(&office.store, "990102197612115183", &by_number, &office.why), OK);
    assert_int_equal(by_number.id, 1); /* line 2 is the first of all */
    assert_string_equal(by_number.name, "梁思");
    assert_int_equal(office.store.person_by_id(office.store.self, 1, &by_id, &office.why), OK);
    assert_string_equal(by_id.number, "990102197612115183");
    assert_int_equal(
        person_find(&office.store, "11010519491231002X", &by_id, &office.why), ERR_NOT_FOUND);
    assert_int_equal(
        person_find(&office.store, "110105194912310021", &by_id, &office.why), ERR_INVALID);
    assert_int_equal(
        office.store.person_by_id(office.store.self, 999999, &by_id, &office.why), ERR_NOT_FOUND);
    assert_int_equal(office.store.person_count(office.store.self, &count, &office.why), OK);
    assert_int_equal(count, 1887);
    office_close();
}

/* Every person without a card comes once, in the order of the file; a cancelled card is none. */
static void persons_without_a_card_come_in_order(void **state) {
    struct person person = {.id = 0};
    int count = 0;
    office_open(state);
    int64_t last = 0;
    while (office.store.person_without_card(office.store.self, last, &person, &office.why) == OK) {
        assert_true(person.id > last);
        last = person.id;
        count++;
    }
    assert_int_equal(count, 1887);
    struct card_record card = add_card(0);
    assert_int_equal(
        office.store.person_without_card(office.store.self, 0, &person, &office.why), OK);
    assert_int_equal(person.id, 2);
    assert_int_equal(step(card.number, EVENT_SPOIL, "1"), OK);
    assert_int_equal(
        office.store.person_without_card(office.store.self, 0, &person, &office.why), OK);
    assert_int_equal(person.id, 1);
    office_close();
}

/* --- cards ---------------------------------------------------------------------------------------------- */

static void a_card_is_found_by_number_factor_and_person(void **state) {
    struct card_record found;
    office_open(state);
    struct card_record card = add_card(0);
    (void)add_card(1);
    assert_int_equal(
        office.store.card_by_number(office.store.self, card.number, &found, &office.why), OK);
    assert_string_equal(found.identification, card.identification);
    assert_memory_equal(found.factor, card.factor, CARD_FACTOR_LEN);
    assert_int_equal(found.life, LIFE_SEALED);
    assert_int_equal(found.valid_until, 20131008);
    assert_int_equal(
        office.store.card_by_factor(office.store.self, card.factor, &found, &office.why), OK);
    assert_string_equal(found.number, card.number);
    assert_int_equal(office.store.card_of_person(office.store.self, 1, &found, &office.why), OK);
    assert_string_equal(found.number, card.number);
    assert_int_equal(
        office.store.card_of_person(office.store.self, 3, &found, &office.why), ERR_NOT_FOUND);
    assert_int_equal(
        office.store.card_by_number(office.store.self, "none", &found, &office.why), ERR_NOT_FOUND);
    office_close();
}

static void a_card_that_is_not_right_is_not_kept(void **state) {
    office_open(state);
    struct card_record card = card_of(0);
    card.number[8] = card.number[8] == '0' ? '1' : '0';
    assert_int_equal(card_add(&office.store, &card, "maker", &office.why), ERR_INVALID);
    card = card_of(0);
    card.identification[31] = '\0';
    assert_int_equal(card_add(&office.store, &card, "maker", &office.why), ERR_INVALID);
    card = card_of(0);
    card.valid_until = 20031007;
    assert_int_equal(card_add(&office.store, &card, "maker", &office.why), ERR_INVALID);
    card = card_of(0);
    card.person = 999999; /* nobody */
    assert_int_equal(card_add(&office.store, &card, "maker", &office.why), ERR_CONFLICT);
    assert_int_equal(ask("SELECT count(*) FROM card"), 0);
    office_close();
}

static void number_factor_and_identification_are_given_once(void **state) {
    office_open(state);
    (void)add_card(0);
    for (int i = 0; i < 3; i++) {
        struct card_record same = card_of(0);
        struct card_record card = card_of(1);
        if (i == 0) {
            memcpy(card.number, same.number, sizeof card.number);
        } else if (i == 1) {
            memcpy(card.factor, same.factor, sizeof card.factor);
        } else {
            memcpy(card.identification, same.identification, sizeof card.identification);
        }
        assert_int_equal(card_add(&office.store, &card, "maker", &office.why), ERR_CONFLICT);
    }
    assert_int_equal(ask("SELECT count(*) FROM card"), 1);
    office_close();
}

/* Brings a new card into the state by a way that the table allows. */
static struct card_record card_in(int i, enum card_life life) {
    struct card_record card = add_card(i);
    if (life == LIFE_SEALED) {
        return card;
    }
    assert_int_equal(step(card.number, EVENT_HAND_OVER, "way 1"), OK);
    static const int way[] = {[LIFE_NORMAL] = -1,
        [LIFE_LOST] = EVENT_REPORT_LOSS,
        [LIFE_LOCKED] = EVENT_LOCK,
        [LIFE_LOST_FOR_NOW] = EVENT_REPORT_LOSS_FOR_NOW,
        [LIFE_CANCELLED] = EVENT_CANCEL};
    if (way[life] >= 0) {
        assert_int_equal(step(card.number, (enum card_event)way[life], "way 2"), OK);
    }
    return card;
}

/* What the guards want to see: an order to withdraw, a card of the same person that is in use. */
static struct card_record in_its_place(
    const struct card_record *card, int i, enum card_event event) {
    struct card_record young = {.number = ""};
    char sentence[100];
    if (event == EVENT_WITHDRAW) {
        (void)snprintf(sentence, sizeof sentence,
            "UPDATE card SET replacement = %d WHERE number = '%s'", i + 1, card->number);
        assert_int_equal(db_run(&office.db, sentence, &office.why), OK);
    } else if (event == EVENT_REPLACE) {
        young = card_in(i + 3000, LIFE_NORMAL);
        assert_int_equal(young.person, card->person);
    }
    return young;
}

/* All 78 pairs through the store: what the table allows happens with event, audit and blacklist; what
 * it does not leaves every row as it was. */
static void every_pair_of_state_and_event_holds_in_the_rows(void **state) {
    static const enum card_life lives[] = {
        LIFE_SEALED, LIFE_NORMAL, LIFE_LOST, LIFE_LOCKED, LIFE_LOST_FOR_NOW, LIFE_CANCELLED};
    int i = 0;
    office_open(state);
    for (size_t l = 0; l < 6; l++) {
        for (int event = 0; event < CARD_EVENTS; event++, i++) {
            struct card_record card = card_in(i, lives[l]);
            struct card_record young = in_its_place(&card, i, (enum card_event)event);
            int64_t events = ask("SELECT count(*) FROM card_event");
            int64_t audits = ask("SELECT count(*) FROM audit");
            const struct card_step *allowed = NULL;
            struct why unheard;
            bool may = card_life_next(lives[l], (enum card_event)event, &allowed, &unheard) == OK;
            const struct card_order order = {.card = card.number,
                .event = (enum card_event)event,
                .who = "point",
                .request = "last",
                .day = 20200101, /* every term has passed */
                .application = event == EVENT_ORDER ? i + 1 : 0,
                .replaced_by = event == EVENT_REPLACE ? young.number : NULL};
            assert_int_equal(
                card_step(&office.store, &order, &office.why), may ? OK : ERR_CONFLICT);
            assert_int_equal(life_of(card.number), may ? allowed->to : lives[l]);
            assert_int_equal(ask("SELECT count(*) FROM card_event"), events + may);
            assert_int_equal(ask("SELECT count(*) FROM audit"), audits + may);
        }
    }
    office_close();
}

static void the_same_request_is_answered_again_and_not_done_again(void **state) {
    office_open(state);
    struct card_record card = card_in(0, LIFE_NORMAL);
    assert_int_equal(step(card.number, EVENT_REPORT_LOSS, "counter 7"), OK);
    int64_t audits = ask("SELECT count(*) FROM audit");
    assert_int_equal(step(card.number, EVENT_REPORT_LOSS, "counter 7"), OK);
    assert_int_equal(step(card.number, EVENT_LIFT, "counter 8"), OK);
    assert_int_equal(step(card.number, EVENT_REPORT_LOSS, "counter 7"), OK); /* a late repetition */
    assert_int_equal(life_of(card.number), LIFE_NORMAL);
    assert_int_equal(ask("SELECT count(*) FROM audit"), audits + 1);
    assert_int_equal(step(card.number, EVENT_LOCK, "counter 7"), ERR_CONFLICT);
    assert_int_equal(step("B00000001", EVENT_LOCK, "counter 7"), ERR_NOT_FOUND);
    office_close();
}

static void orders_that_make_no_sense_are_refused(void **state) {
    office_open(state);
    struct card_record card = card_in(0, LIFE_NORMAL);
    const struct card_order good = {.card = card.number,
        .event = EVENT_CANCEL,
        .who = "point",
        .request = "r",
        .day = TODAY,
        .sub_reason = 93};
    struct card_order order = good;
    order.request = "";
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_INVALID);
    order.request = "12345678901234567890123456789012345678901";
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_INVALID);
    order = good;
    order.day = 20030231;
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_INVALID);
    order = good;
    order.sub_reason = 90;
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_INVALID);
    order = good;
    order.reason = LIST_REASON_LAST + 1;
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_INVALID);
    assert_int_equal(card_step(&office.store, &good, &office.why), OK);
    assert_int_equal(ask("SELECT sub_reason FROM card"), 93);
    office_close();
}

static void a_loss_report_holds_for_its_term(void **state) {
    struct card_record card;
    office_open(state);
    struct card_record made = card_in(0, LIFE_LOST_FOR_NOW);
    assert_int_equal(
        office.store.card_by_number(office.store.self, made.number, &card, &office.why), OK);
    assert_int_equal(card.loss_until, 20031023); /* fifteen days */
    struct card_order order = {.card = made.number,
        .event = EVENT_TERM_OVER,
        .who = "system",
        .request = "timer",
        .day = 20031023};
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_CONFLICT);
    order.day = 20031024;
    assert_int_equal(card_step(&office.store, &order, &office.why), OK);
    assert_int_equal(life_of(made.number), LIFE_NORMAL);
    assert_int_equal(ask("SELECT loss_until FROM card"), 0);
    office_close();
}

/* The order is remembered by its application; the old card ends only for one that is in use. */
static void a_replacement_that_is_ordered_keeps_the_old_card_lost(void **state) {
    office_open(state);
    struct card_record card = card_in(0, LIFE_LOST);
    struct card_record young = add_card(30); /* of the same person */
    struct card_order order = {.card = card.number,
        .event = EVENT_ORDER,
        .who = "point",
        .request = "counter 1",
        .application = 7,
        .day = TODAY};
    assert_int_equal(step(card.number, EVENT_WITHDRAW, "counter 0"), ERR_CONFLICT);
    assert_int_equal(step(card.number, EVENT_ORDER, "counter 0"), ERR_INVALID); /* for nothing */
    assert_int_equal(card_step(&office.store, &order, &office.why), OK);
    assert_int_equal(ask("SELECT replacement FROM card WHERE number LIKE 'B0000000%'"), 7);
    assert_int_equal(step(card.number, EVENT_LIFT, "counter 2"), ERR_CONFLICT);
    assert_non_null(strstr(office.why.text, "application 7"));
    order.request = "counter 3";
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_CONFLICT); /* twice */

    order = (struct card_order){.card = card.number,
        .event = EVENT_REPLACE,
        .who = "point",
        .request = "counter 4",
        .day = TODAY};
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_INVALID); /* by what? */
    order.replaced_by = young.number;
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_CONFLICT); /* sealed */
    assert_int_equal(step(young.number, EVENT_HAND_OVER, "hand over"), OK);
    assert_int_equal(card_step(&office.store, &order, &office.why), OK);
    assert_int_equal(life_of(card.number), LIFE_CANCELLED);
    assert_int_equal(ask("SELECT count(*) FROM card WHERE replaced_by LIKE 'B0000030%'"), 1);
    office_close();
}

/* Somebody else's card is no replacement. */
static void a_card_is_not_replaced_by_another_persons(void **state) {
    office_open(state);
    struct card_record card = card_in(0, LIFE_LOST);
    struct card_record other = card_in(1, LIFE_NORMAL);
    const struct card_order order = {.card = card.number,
        .event = EVENT_REPLACE,
        .who = "point",
        .request = "counter 4",
        .replaced_by = other.number,
        .day = TODAY};
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_CONFLICT);
    assert_int_equal(life_of(card.number), LIFE_LOST);
    office_close();
}

static void a_card_expires_after_its_last_day(void **state) {
    office_open(state);
    struct card_record card = card_in(0, LIFE_NORMAL);
    struct card_order order = {.card = card.number,
        .event = EVENT_EXPIRE,
        .who = "system",
        .request = "timer",
        .day = 20131008};
    assert_int_equal(card_step(&office.store, &order, &office.why), ERR_CONFLICT);
    order.day = 20131009;
    assert_int_equal(card_step(&office.store, &order, &office.why), OK);
    office_close();
}

/* Any of the five rows of a step refused by the database: none of them stays. */
static void a_step_is_written_whole_or_not_at_all(void **state) {
    static const char *const events[] = {
        "INSERT ON card_event", "INSERT ON blacklist", "INSERT ON audit"};
    office_open(state);
    struct card_record card = card_in(0, LIFE_NORMAL);
    int64_t audits = ask("SELECT count(*) FROM audit");
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        trap_set(&office.db, events[i]);
        assert_int_equal(step(card.number, EVENT_REPORT_LOSS, "counter 1"), ERR_CONFLICT);
        assert_int_equal(life_of(card.number), LIFE_NORMAL);
        assert_int_equal(ask("SELECT count(*) FROM blacklist"), 0);
        assert_int_equal(ask("SELECT count(*) FROM card_event"), 1);
        assert_int_equal(ask("SELECT count(*) FROM audit"), audits);
        trap_open(&office.db);
    }
    assert_int_equal(step(card.number, EVENT_REPORT_LOSS, "counter 1"), OK);
    office_close();
}

/* --- the blacklist ---------------------------------------------------------------------------------------- */

static struct blacklist list_at(uint32_t time, uint8_t room[4096]) {
    struct blacklist list;
    struct builder b = builder_in(room, 4096);
    if (registry_blacklist(&office.store, TODAY, time, &b, &office.why)) {
        fail_msg("%s", office.why.text);
    }
    assert_true(blacklist_decode(builder_bytes(&b), &list));
    return list;
}

static void step_at(const char *card, enum card_event event, uint32_t time) {
    char request[32];
    (void)snprintf(request, sizeof request, "at %u", time);
    const struct card_order order = {.card = card,
        .event = event,
        .who = "point",
        .request = request,
        .day = TODAY,
        .time = time};
    assert_int_equal(card_step(&office.store, &order, &office.why), OK);
}

/* The list of each moment tells exactly the cards that may not be used at that moment. */
static void the_list_tells_who_may_not_pay_at_each_moment(void **state) {
    uint8_t room[4096];
    office_open(state);
    struct card_record a = add_card(3), b = add_card(1);
    step_at(a.number, EVENT_HAND_OVER, 80000);
    step_at(b.number, EVENT_HAND_OVER, 80001);
    step_at(a.number, EVENT_REPORT_LOSS_FOR_NOW, 90000);
    step_at(b.number, EVENT_LOCK, 91000);
    step_at(a.number, EVENT_LIFT, 92000);
    step_at(a.number, EVENT_REPORT_LOSS, 93000);
    static const struct {
        uint32_t time, count, version;
        uint8_t a, b;
    } cases[] = {
        {85959,  0, 0, 0,                0          },
        {90000,  1, 1, LIST_LOSS,        0          },
        {91000,  2, 2, LIST_LOSS,        LIST_FROZEN},
        {92000,  1, 3, 0,                LIST_FROZEN},
        {93000,  2, 4, LIST_FORMAL_LOSS, LIST_FROZEN},
        {235959, 2, 4, LIST_FORMAL_LOSS, LIST_FROZEN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct blacklist list = list_at(cases[i].time, room);
        assert_int_equal(list.day, TODAY);
        assert_int_equal(list.time, cases[i].time);
        assert_int_equal(list.count, cases[i].count);
        assert_int_equal(list.version, cases[i].version);
        assert_int_equal(blacklist_reason(&list, a.factor), cases[i].a);
        assert_int_equal(blacklist_reason(&list, b.factor), cases[i].b);
    }
    struct builder small = builder_in(room, blacklist_room(2) - 1);
    assert_int_equal(
        registry_blacklist(&office.store, TODAY, 93000, &small, &office.why), ERR_INVALID);
    office_close();
}

static void an_order_may_name_a_reason_of_its_own(void **state) {
    uint8_t room[4096];
    office_open(state);
    struct card_record card = card_in(0, LIFE_NORMAL);
    const struct card_order order = {.card = card.number,
        .event = EVENT_LOCK,
        .reason = LIST_DEATH,
        .who = "point",
        .request = "feed 1",
        .day = TODAY};
    assert_int_equal(card_step(&office.store, &order, &office.why), OK);
    struct blacklist list = list_at(0, room);
    assert_int_equal(blacklist_reason(&list, card.factor), LIST_DEATH);
    office_close();
}

/* --- parameters and officers ---------------------------------------------------------------------------------- */

static void a_parameter_holds_from_its_day(void **state) {
    int64_t value = 0;
    office_open(state);
    for (int i = 0; i < PARAMETERS; i++) {
        enum parameter which = (enum parameter)i;
        assert_int_equal(parameter_value(&office.store, which, TODAY, &value, &office.why), OK);
        assert_int_equal(value, parameter_text(which)->value);
    }
    assert_int_equal(parameter_change(&office.store, PARAMETER_OFFLINE_PURCHASE_FEN, 20040101, 5000,
                         "approver", &office.why),
        OK);
    static const struct {
        uint32_t day;
        int64_t value;
    } cases[] = {
        {19900101, 10000},
        {20031231, 10000},
        {20040101, 5000 },
        {20500101, 5000 }
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parameter_value(&office.store, PARAMETER_OFFLINE_PURCHASE_FEN,
                             cases[i].day, &value, &office.why),
            OK);
        assert_int_equal(value, cases[i].value);
    }
    assert_int_equal(
        parameter_change(&office.store, PARAMETER_PIN_TRIES, 20040101, 11, "approver", &office.why),
        ERR_INVALID);
    assert_int_equal(
        parameter_change(&office.store, PARAMETER_PIN_TRIES, 20040230, 6, "approver", &office.why),
        ERR_INVALID);
    office_close();
}

static void foundations_are_laid_once(void **state) {
    int64_t value = 0;
    office_open(state);
    int64_t audits = ask("SELECT count(*) FROM audit");
    assert_int_equal(parameter_change(&office.store, PARAMETER_BATCH_LINES, PARAMETER_FIRST_DAY,
                         500, "approver", &office.why),
        OK);
    assert_int_equal(registry_found(&office.store, true, &office.why), OK);
    assert_int_equal(ask("SELECT count(*) FROM audit"), audits + 1);
    assert_int_equal(
        parameter_value(&office.store, PARAMETER_BATCH_LINES, TODAY, &value, &office.why), OK);
    assert_int_equal(value, 500); /* what the city set stays */
    office_close();
}

static void officers_do_what_their_role_says(void **state) {
    struct officer officer = {.code = "maker", .name = "x", .role = ROLE_MAKER};
    office_open(state);
    assert_int_equal(officer_require(&office.store, "maker", ROLE_MAKER, &office.why), OK);
    assert_int_equal(
        officer_require(&office.store, "maker", ROLE_APPROVER, &office.why), ERR_DENIED);
    assert_int_equal(officer_require(&office.store, "approver", ROLE_APPROVER, &office.why), OK);
    assert_int_equal(
        officer_require(&office.store, "stranger", ROLE_MAKER, &office.why), ERR_DENIED);
    assert_int_equal(
        office.store.officer_add(office.store.self, &officer, "system", &office.why), ERR_CONFLICT);
    assert_int_equal(ask("SELECT count(*) FROM officer"), 5);
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(persons_are_found_by_number_and_by_id),
        CASE(persons_without_a_card_come_in_order),
        CASE(a_card_is_found_by_number_factor_and_person),
        CASE(a_card_that_is_not_right_is_not_kept),
        CASE(number_factor_and_identification_are_given_once),
        CASE(every_pair_of_state_and_event_holds_in_the_rows),
        CASE(the_same_request_is_answered_again_and_not_done_again),
        CASE(orders_that_make_no_sense_are_refused),
        CASE(a_loss_report_holds_for_its_term),
        CASE(a_replacement_that_is_ordered_keeps_the_old_card_lost),
        CASE(a_card_is_not_replaced_by_another_persons),
        CASE(a_card_expires_after_its_last_day),
        CASE(a_step_is_written_whole_or_not_at_all),
        CASE(the_list_tells_who_may_not_pay_at_each_moment),
        CASE(an_order_may_name_a_reason_of_its_own),
        CASE(a_parameter_holds_from_its_day),
        CASE(foundations_are_laid_once),
        CASE(officers_do_what_their_role_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

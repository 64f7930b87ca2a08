#include "check.h"

#include "registry/duplicate.h"
#include "registry/person_office.h"

#define CARDS_PLACE "广州市越秀区一号"

static const int64_t li = INT64_C(44010419700305123);
static const int64_t li_slip = INT64_C(44010419700305213); /* two digits changed places */
static const int64_t li_other = INT64_C(
    11010519700305777); /* another place, nothing else the same */
static const int64_t li_born = INT64_C(44010419700503123); /* the birth was corrected */
static const int64_t old_man = INT64_C(44010419020101001);
static const int64_t grandchild = INT64_C(44010420020101001); /* the same 15 digits */

static void open_family(void **state) {
    char lines[4096];
    (void)snprintf(lines, sizeof lines, "%s%s%s%s%s%s",
        office_line(li, "李伟", "13800000001", CARDS_PLACE),
        office_line(li_slip, "李伟", "13800000001", CARDS_PLACE),
        office_line(li_other, "李维", "", "北京市"), office_line(li_born, "李伟", "", ""),
        office_line(old_man, "陈华", "", "一"), office_line(grandchild, "陈华", "", "二"));
    office_open(state, lines);
}

static struct duplicate_found find(int least) {
    struct duplicate_found found;
    const struct duplicate_order order = {.day = OFFICE_DAY, .least = least, .folder = "/tmp"};
    assert_ok(duplicate_find(&office.desk, &order, &found, &office.why));
    return found;
}

static struct duplicate best_case(void) {
    struct duplicate d;
    assert_ok(office.store.case_after(office.store.self, DUPLICATE_OPEN, 101, 0, &d, &office.why));
    return d;
}

static struct duplicate the_case(int64_t id) {
    struct duplicate d;
    assert_ok(office.store.case_get(office.store.self, id, &d, &office.why));
    return d;
}

static struct duplicate_say order_for(int64_t id) {
    return (struct duplicate_say){.id = id,
        .decision = DECISION_MERGE,
        .keep = office_person(li),
        .reason = "seen both papers",
        .who = "point",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
}

static enum err decide(const struct duplicate_say *order) {
    return duplicate_decide(&office.desk, order, &office.why);
}

static enum err agree(int64_t id, const char *who, bool agreed) {
    const struct duplicate_say order = {
        .id = id, .who = who, .day = OFFICE_DAY, .time = OFFICE_TIME, .reason = "-"};
    return duplicate_agree(&office.desk, &order, agreed, &office.why);
}

static enum err undo(int64_t id) {
    const struct duplicate_say order = {.id = id,
        .who = "point",
        .second = "approver",
        .reason = "two brothers",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME + 1};
    return duplicate_undo(&office.desk, &order, &office.why);
}

/* --- finding ------------------------------------------------------------------------------------------- */

static int cases_of(enum duplicate_rule rule) {
    char sentence[96];
    (void)snprintf(
        sentence, sizeof sentence, "SELECT count(*) FROM duplicate WHERE rule = %d", (int)rule);
    return (int)office_ask(sentence);
}

static void each_rule_finds_its_pair(void **state) {
    open_family(state);
    struct duplicate_found found = find(0);
    assert_int_equal(found.persons, 6);
    assert_int_equal(found.added, 5);
    assert_int_equal(found.likely, 6);                    /* the last pair has two keys in common */
    assert_int_equal(cases_of(DUPLICATE_NAME_BIRTH), 1);  /* li, li_slip */
    assert_int_equal(cases_of(DUPLICATE_SOUND_BIRTH), 2); /* each with li_other */
    assert_int_equal(cases_of(DUPLICATE_CORRECTED), 1);   /* li, li_born */
    assert_int_equal(cases_of(DUPLICATE_SAME_15), 1);
    struct duplicate d = best_case();
    assert_int_equal(d.first, office_person(li));
    assert_int_equal(d.second, office_person(li_slip));
    assert_int_equal(d.score, 100); /* name and birth, telephone, address, place, a slip */
    office_close();
}

static void who_shares_nothing_but_a_name_does_not_wait(void **state) {
    open_family(state);
    struct duplicate_found found = find(50);
    assert_int_equal(found.added, 3);
    assert_int_equal(cases_of(DUPLICATE_SOUND_BIRTH), 0);
    office_close();
}

/* Found again, nothing is there twice; and what was decided is not asked again. */
static void a_second_search_adds_nothing(void **state) {
    open_family(state);
    assert_int_equal(find(0).added, 5);
    assert_int_equal(find(0).added, 0);
    struct duplicate_say order = order_for(best_case().id);
    order.decision = DECISION_DIFFERENT;
    assert_ok(decide(&order));
    assert_ok(agree(order.id, "approver", true));
    assert_int_equal(find(0).added, 0);
    assert_int_equal(office_ask("SELECT count(*) FROM duplicate WHERE state = 0"), 4);
    office_close();
}

/* Each digit of a number as another one, and each pair of neighbours changed: near; two others: not. */
static void a_slip_of_the_finger_is_near(void **state) {
    struct person a = {.name = "李伟"}, b = a;
    (void)state;
    number_write(li, a.number);
    for (int i = 6; i < 17; i++) {
        enum duplicate_rule rule = DUPLICATE_CORRECTED;
        b = a;
        b.number[i] = a.number[i] == '9' ? '8' : '9';
        assert_int_equal(duplicate_score(&a, &b, &rule), 50 + 10 + 30);
        b = a;
        b.number[i] = a.number[i - 1];
        b.number[i - 1] = a.number[i];
        bool same = a.number[i] == a.number[i - 1];
        bool place = i > 6 || same;
        assert_int_equal(duplicate_score(&a, &b, &rule), 50 + (place ? 10 : 0) + (same ? 0 : 30));
    }
}

static void a_folder_without_room_is_told(void **state) {
    struct duplicate_found found;
    const struct duplicate_order order = {
        .day = OFFICE_DAY, .least = 0, .folder = "/nonexistent/folder"};
    open_family(state);
    assert_int_equal(duplicate_find(&office.desk, &order, &found, &office.why), ERR_OUTSIDE);
    assert_non_null(strstr(office.why.text, "/nonexistent/folder"));
    office_close();
}

/* --- merging ------------------------------------------------------------------------------------------- */

static void merged_both_numbers_and_the_card_lead_to_one_record(void **state) {
    struct person_status status;
    open_family(state);
    (void)find(50);
    int64_t aside = office_person(li_slip);
    int64_t keep = office_person(li);
    const char *card = office_card(1, aside);
    struct duplicate_say order = order_for(best_case().id);
    assert_ok(decide(&order));
    assert_int_equal(office_person(li_slip), aside); /* nothing yet */
    assert_ok(agree(order.id, "approver", true));
    assert_int_equal(office_person(li_slip), keep);
    assert_int_equal(office_person(li), keep);
    struct card_record record;
    assert_ok(office.registry.card_by_number(office.registry.self, card, &record, &office.why));
    assert_int_equal(record.person, keep);
    assert_ok(office.store.status_get(office.store.self, aside, &status, &office.why));
    assert_int_equal(status.merged, keep);
    assert_string_equal(the_case(order.id).second_who, "approver");
    int64_t other = 0;
    assert_ok(office.store.aside_after(office.store.self, keep, 0, &other, &office.why));
    assert_int_equal(other, aside);
    assert_int_equal(office.store.aside_after(office.store.self, keep, aside, &other, &office.why),
        ERR_NOT_FOUND);
    /* The record that stands aside is given no card. */
    struct person next;
    for (int64_t id = 0;
         office.registry.person_without_card(office.registry.self, id, &next, &office.why) == OK;
         id = next.id) {
        assert_true(next.id != aside);
    }
    office_close();
}

static void undone_all_is_as_it_was(void **state) {
    open_family(state);
    (void)find(50);
    int64_t aside = office_person(li_slip);
    (void)office_card(1, aside);
    struct duplicate_say order = order_for(best_case().id);
    for (int round = 0; round < 3; round++) {
        struct person_status status;
        assert_ok(decide(&order));
        assert_ok(agree(order.id, "approver", true));
        assert_int_equal(office_person(li_slip), order.keep);
        assert_ok(undo(order.id));
        assert_int_equal(office_person(li_slip), aside);
        assert_int_equal(office_ask("SELECT count(*) FROM card WHERE person = 2"), 1);
        assert_ok(office.store.status_get(office.store.self, aside, &status, &office.why));
        assert_int_equal(status.merged, 0);
        assert_int_equal(the_case(order.id).state, DUPLICATE_OPEN);
    }
    assert_int_equal(undo(order.id), ERR_CONFLICT);
    office_close();
}

/* duplicates 1 */
static void two_valid_cards_are_not_merged(void **state) {
    open_family(state);
    (void)find(50);
    (void)office_card(1, office_person(li));
    (void)office_card(2, office_person(li_slip));
    struct duplicate_say order = order_for(best_case().id);
    assert_int_equal(decide(&order), ERR_CONFLICT);
    assert_non_null(strstr(office.why.text, "cancel one first"));
    assert_int_equal(the_case(order.id).state, DUPLICATE_OPEN);
    office_close();
}

/* A card that came between the decision and the agreement counts, too. */
static void what_happened_meanwhile_counts(void **state) {
    open_family(state);
    (void)find(50);
    (void)office_card(1, office_person(li));
    struct duplicate_say order = order_for(best_case().id);
    assert_ok(decide(&order));
    (void)office_card(2, office_person(li_slip));
    assert_int_equal(agree(order.id, "approver", true), ERR_CONFLICT);
    assert_int_equal(the_case(order.id).state, DUPLICATE_PROPOSED);
    assert_ok(agree(order.id, "approver", false));
    assert_int_equal(the_case(order.id).state, DUPLICATE_OPEN);
    office_close();
}

/* --- who may ----------------------------------------------------------------------------------------------- */

static void it_takes_two_officers_of_the_right_roles(void **state) {
    open_family(state);
    (void)find(50);
    struct duplicate_say order = order_for(best_case().id);
    order.who = "clearer";
    assert_int_equal(decide(&order), ERR_DENIED);
    order.who = "nobody";
    assert_int_equal(decide(&order), ERR_DENIED);
    order.who = "point";
    assert_int_equal(agree(order.id, "approver", true), ERR_CONFLICT); /* nothing was decided */
    assert_ok(decide(&order));
    assert_int_equal(decide(&order), ERR_CONFLICT);
    assert_int_equal(agree(order.id, "point", true), ERR_DENIED);
    assert_int_equal(agree(order.id, "maker", true), ERR_DENIED);
    assert_int_equal(undo(order.id), ERR_CONFLICT);
    assert_ok(agree(order.id, "approver", true));
    office_close();
}

static void a_decision_needs_words_and_a_record_of_the_case(void **state) {
    char long_reason[REASON_ROOM + 1];
    open_family(state);
    (void)find(50);
    struct duplicate_say good = order_for(best_case().id), order = good;
    order.reason = "";
    assert_int_equal(decide(&order), ERR_INVALID);
    (void)memset(long_reason, 'a', REASON_ROOM);
    long_reason[REASON_ROOM] = '\0';
    order.reason = long_reason;
    assert_int_equal(decide(&order), ERR_INVALID);
    order = good;
    order.decision = DECISION_NONE;
    assert_int_equal(decide(&order), ERR_INVALID);
    order = good;
    order.keep = office_person(li_other);
    assert_int_equal(decide(&order), ERR_INVALID);
    order = good;
    order.id = 4711;
    assert_int_equal(decide(&order), ERR_NOT_FOUND);
    assert_int_equal(office_ask("SELECT count(*) FROM audit WHERE what = 'duplicate decided'"), 0);
    office_close();
}

/* --- freezing ---------------------------------------------------------------------------------------------- */

static void frozen_the_cards_are_locked_and_nothing_is_merged(void **state) {
    open_family(state);
    (void)find(50);
    char card[CARD_NUMBER_LEN + 1];
    (void)strcpy(card, office_card(1, office_person(li)));
    struct duplicate_say order = order_for(best_case().id);
    order.decision = DECISION_FREEZE;
    for (int round = 0; round < 2; round++) {
        assert_ok(decide(&order));
        assert_int_equal(office_life(card), LIFE_NORMAL);
        assert_ok(agree(order.id, "approver", true));
        assert_int_equal(office_life(card), LIFE_LOCKED);
        assert_int_equal(office_ask("SELECT added * 100 + reason FROM blacklist ORDER BY version "
                                    "DESC LIMIT 1"),
            100 + LIST_FROZEN);
        /* Another case about the same record has to wait. */
        struct duplicate_say other = order_for(
            office_ask("SELECT id FROM duplicate WHERE state = 0 AND first_person = 1"));
        other.keep = office_person(li);
        assert_int_equal(decide(&other), ERR_CONFLICT);
        assert_non_null(strstr(office.why.text, "frozen by case"));
        assert_ok(undo(order.id));
        assert_int_equal(office_life(card), LIFE_NORMAL);
    }
    office_close();
}

/* --- lines that wait ----------------------------------------------------------------------------------------- */

static void a_name_that_waits_is_taken_or_refused(void **state) {
    struct person person;
    office_open(state, LIANG "\n" SU "\n");
    office_import(state, LIANG_OTHER_NAME "\n");
    assert_int_equal(find(50).added, 1);
    struct duplicate d = best_case();
    assert_int_equal(d.rule, DUPLICATE_OTHER_NAME);
    assert_int_equal(d.second, 0);
    assert_string_equal(d.name, "梁慧");
    struct duplicate_say order = {.id = d.id,
        .decision = DECISION_DIFFERENT,
        .reason = "a slip of the sender",
        .who = "point",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    assert_ok(decide(&order));
    assert_ok(agree(d.id, "approver", true));
    assert_ok(office.registry.person_by_id(office.registry.self, 1, &person, &office.why));
    assert_string_equal(person.name, "梁思");
    assert_ok(undo(d.id));
    order.decision = DECISION_MERGE;
    assert_ok(decide(&order));
    assert_ok(agree(d.id, "approver", true));
    assert_ok(office.registry.person_by_id(office.registry.self, 1, &person, &office.why));
    assert_string_equal(person.name, "梁慧");
    struct person_change_row row;
    assert_ok(office.store.history_after(office.store.self, 1, 0, &row, &office.why));
    assert_string_equal(row.was, "梁思");
    assert_string_equal(row.became, "梁慧");
    assert_string_equal(row.who, "point+approver");
    assert_int_equal(row.day, OFFICE_DAY);
    assert_int_equal(undo(d.id), ERR_CONFLICT);
    office_close();
}

/* --- many ------------------------------------------------------------------------------------------------------ */

/* The pilot's two thousand are all different people: the search says so, and stays silent. */
static void the_pilots_people_are_different(void **state) {
    office_open_pilot(state);
    struct duplicate_found found = find(50);
    assert_int_equal(found.persons, 1887);
    assert_true(found.added <= 113); /* the lines that wait for a name among them */
    assert_int_equal(
        found.added, office_ask("SELECT count(*) FROM person_waiting") + (int64_t)found.likely);
    office_close();
}

static void words_of_decisions_are_read_back(void **state) {
    (void)state;
    for (int i = DECISION_MERGE; i <= DECISION_FREEZE; i++) {
        assert_int_equal(
            duplicate_decision_named(duplicate_decision_name((enum duplicate_decision)i)), i);
    }
    assert_int_equal(duplicate_decision_named("none"), DECISION_NONE);
    assert_int_equal(duplicate_decision_named(""), DECISION_NONE);
    assert_string_equal(duplicate_state_name(DUPLICATE_PROPOSED), "proposed");
    for (int i = 0; i < DUPLICATE_RULES; i++) {
        assert_true(duplicate_rule_text((enum duplicate_rule)i)->points <= 100);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(each_rule_finds_its_pair),
        CASE(who_shares_nothing_but_a_name_does_not_wait),
        CASE(a_second_search_adds_nothing),
        CASE(a_slip_of_the_finger_is_near),
        CASE(a_folder_without_room_is_told),
        CASE(merged_both_numbers_and_the_card_lead_to_one_record),
        CASE(undone_all_is_as_it_was),
        CASE(two_valid_cards_are_not_merged),
        CASE(what_happened_meanwhile_counts),
        CASE(it_takes_two_officers_of_the_right_roles),
        CASE(a_decision_needs_words_and_a_record_of_the_case),
        CASE(frozen_the_cards_are_locked_and_nothing_is_merged),
        CASE(a_name_that_waits_is_taken_or_refused),
        CASE(the_pilots_people_are_different),
        CASE(words_of_decisions_are_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

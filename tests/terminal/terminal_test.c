/* Opening, uploading and the table of refusals. */
#include "city.h"

static int set_up(void **state) {
    struct city *city = city_open();
    struct receipt receipt;
    *state = city;
    assert_int_equal(city_load(city, 900, 50000, &receipt), OK);
    return 0;
}

static int tear_down(void **state) {
    city_close(*state);
    return 0;
}

static void the_number_is_the_modules(void **state) {
    struct city *city = *state;
    assert_hex(bytes_of(terminal_number(city->terminal), TERMINAL_LEN), CITY_TERMINAL);
    terminal_close(NULL);
}

static void another_module_does_not_get_this_journal(void **state) {
    struct city *city = *state;
    struct terminal *other = NULL;
    struct why why = {{0}};
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    terminal_close(city->terminal);
    city->terminal = NULL;
    assert_int_equal(reader_reset(&city->module.inside, atr, &len, &why), OK);
    chip_say(&city->module, "00D6960006 440100000002");
    assert_int_equal(terminal_open(&city->setup, &other, &why), ERR_CONFLICT);
    assert_null(other);
    assert_non_null(strstr(why.text, "another terminal"));
}

static void a_card_is_no_module(void **state) {
    struct city *city = *state;
    struct terminal *other = NULL;
    struct why why = {{0}};
    struct terminal_setup setup = city->setup;
    setup.module = &city->card.reader;
    assert_int_equal(terminal_open(&setup, &other, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "security module"));
}

/* The module is silent at each exchange of the opening. */
static void a_silent_module_opens_nothing(void **state) {
    struct city *city = *state;
    struct terminal *other = NULL;
    struct why why = {{0}};
    terminal_close(city->terminal);
    city->terminal = NULL;
    for (unsigned n = 1; n <= 2; n++) {
        pulled_arm(&city->module.pulled, n, PULL_BEFORE_ANSWER);
        assert_int_equal(terminal_open(&city->setup, &other, &why), ERR_OUTSIDE);
        assert_null(other);
    }
    city_open_terminal(city);
}

/* --- uploads ---------------------------------------------------------------------------------- */

static char upload_folder[] =
    "/tmp/terminal-uploads-XXXXXX"; /* made by main(), of this run alone */

static struct upload_made upload(struct city *city, uint32_t day) {
    struct upload_made made;
    struct why why = {{0}};
    enum err err = terminal_upload(city->terminal, upload_folder, day, &made, &why);
    if (err) {
        print_message("%s\n", why.text);
    }
    assert_int_equal(err, OK);
    return made;
}

static size_t load_file(const char *path, uint8_t *room, size_t len) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t got = fread(room, 1, len, f);
    (void)fclose(f);
    return got;
}

/* Reads a file with the centre's own decoder; counts records whose TAC is the card's. */
static unsigned good_records(
    const char *path, struct upload_header *head, struct upload_record *last) {
    static uint8_t room[8192];
    struct bytes view = bytes_of(room, load_file(path, room, sizeof room));
    struct upload_reader r;
    unsigned good = 0;
    assert_true(upload_open(&r, upload_source_bytes(&view)));
    while (upload_next(&r, last) == UPLOAD_RECORD) {
        struct journal_record j = {
            .amount = last->amount, .trade = last->trade, .terminal_seq = last->terminal_seq};
        (void)memcpy(j.factor, upload_factor(last), FACTOR_LEN);
        (void)memcpy(j.terminal, last->terminal, TERMINAL_LEN);
        (void)memcpy(j.moment, last->moment, MOMENT_LEN);
        (void)memcpy(j.tac, last->tac, MAC_LEN);
        good += city_tac_good(&j);
    }
    assert_int_equal(upload_next(&r, last), UPLOAD_END);
    *head = r.header;
    return good;
}

static void an_upload_holds_what_was_sold_and_only_once(void **state) {
    struct city *city = *state;
    struct upload_header head;
    struct upload_record last;
    struct receipt receipt;
    struct why why;
    assert_int_equal(upload(city, 20031008).batch, 0);
    for (uint32_t i = 1; i <= 5; i++) {
        assert_int_equal(city_buy(city, i, 100 * i, &receipt), OK);
    }
    assert_int_equal(city_buy(city, 6, 90000, &receipt), OK); /* refused */
    struct upload_made made = upload(city, 20031008);
    assert_int_equal(made.batch, 1);
    assert_int_equal(made.count, 5);
    assert_int_equal(made.fen, 1500);
    assert_int_equal(good_records(made.path, &head, &last), 5);
    assert_string_equal(head.institution, "YD000001");
    assert_hex(bytes_of(head.terminal, TERMINAL_LEN), CITY_TERMINAL);
    assert_int_equal(head.batch, 1);
    assert_int_equal(head.business_day, 20031008);
    assert_hex(bytes_of(last.asn, ASN_LEN), "0000" CITY_FACTOR);
    assert_hex(bytes_of(last.issuer, 8), "1111222233330006");
    assert_int_equal(last.flag, UPLOAD_NORMAL);
    assert_true(last.mac2_checked);
    (void)unlink(made.path);
    assert_int_equal(terminal_upload_confirm(city->terminal, 1, &why), OK);
    assert_int_equal(upload(city, 20031008).batch, 0);
    assert_int_equal(terminal_upload_confirm(city->terminal, 2, &why), ERR_NOT_FOUND);
}

/* Until the centre has it, the file is made again byte for byte, whatever is sold meanwhile, whatever
 * day it is, and by whichever program. */
static void an_upload_made_again_is_the_same_file(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    static uint8_t first[8192], again[8192];
    assert_int_equal(city_buy(city, 1, 100, &receipt), OK);
    struct upload_made made = upload(city, 20031008);
    size_t len = load_file(made.path, first, sizeof first);
    (void)unlink(made.path);
    assert_int_equal(city_buy(city, 2, 200, &receipt), OK);
    city_restart_terminal(city);
    made = upload(city, 20031009);
    assert_int_equal(made.batch, 1);
    assert_int_equal(load_file(made.path, again, sizeof again), len);
    assert_memory_equal(first, again, len);
    (void)unlink(made.path);
    struct why why;
    assert_int_equal(terminal_upload_confirm(city->terminal, 1, &why), OK);
    made = upload(city, 20031009);
    assert_int_equal(made.batch, 2);
    assert_int_equal(made.fen, 200);
    (void)unlink(made.path);
}

static void flags_tell_how_a_record_came_about(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    struct upload_header head;
    struct upload_record last;
    for (unsigned n = 1; journal_pending_count(terminal_journal(city->terminal)) == 0; n++) {
        pulled_arm(&city->card.pulled, n, PULL_BEFORE_ANSWER);
        assert_int_equal(city_buy(city, 1, 300, &receipt), ERR_OUTSIDE);
    }
    city_restart_terminal(city); /* and with it the module, which forgets its session */
    assert_int_equal(city_buy(city, 1, 300, &receipt), OK);
    struct why why;
    struct upload_made made = upload(city, 20031008);
    assert_int_equal(good_records(made.path, &head, &last), 1);
    assert_int_equal(last.flag, UPLOAD_RECOVERED);
    assert_false(last.mac2_checked);
    (void)unlink(made.path);
    assert_int_equal(terminal_upload_confirm(city->terminal, 1, &why), OK);
    assert_int_equal(city_buy(city, 2, 20000, &receipt), OK);
    made = upload(city, 20031008);
    assert_int_equal(good_records(made.path, &head, &last), 1);
    assert_int_equal(last.flag, UPLOAD_ONLINE);
    (void)unlink(made.path);
}

static void an_upload_without_a_place_is_told_and_made_later(void **state) {
    struct city *city = *state;
    struct receipt receipt;
    struct upload_made made;
    struct why why = {{0}};
    char deep[400];
    assert_int_equal(city_buy(city, 1, 100, &receipt), OK);
    assert_int_equal(
        terminal_upload(city->terminal, "/nowhere/at/all", 20031008, &made, &why), ERR_OUTSIDE);
    (void)memset(deep, 'x', sizeof deep);
    deep[sizeof deep - 1] = 0;
    assert_int_equal(terminal_upload(city->terminal, deep, 20031008, &made, &why), ERR_INVALID);
    made = upload(city, 20031008);
    assert_int_equal(made.batch, 1);
    assert_int_equal(made.fen, 100);
    (void)unlink(made.path);
}

/* --- the table of refusals -------------------------------------------------------------------- */

static void every_reason_has_its_own_code_name_and_sentences(void **state) {
    (void)state;
    size_t count = 0;
    const struct refusal_text *all = refusal_all(&count);
    assert_true(count >= 20);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(refusal_text((uint8_t)all[i].code), &all[i]);
        assert_true(all[i].code != REFUSED_NOTHING);
        assert_true(strlen(all[i].zh) > 10 && strlen(all[i].en) > 10);
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(all[i].code, all[k].code);
            assert_string_not_equal(all[i].name, all[k].name);
        }
    }
    assert_string_equal(refusal_text(0xFF)->name, "unknown");
}

/* Every word at every step has a reason that is in the table; tries are told from a lock. */
static void every_status_word_has_a_reason(void **state) {
    (void)state;
    for (int step = STEP_SELECT; step <= STEP_MODULE; step++) {
        for (unsigned sw = 0x6000; sw <= 0x9FFF; sw++) {
            enum refusal r = refusal_of_sw((enum refusal_step)step, (uint16_t)sw);
            assert_string_not_equal(refusal_text((uint8_t)r)->name, "unknown");
        }
    }
    assert_int_equal(refusal_of_sw(STEP_PIN, 0x63C1), REFUSED_PIN_WRONG);
    assert_int_equal(refusal_of_sw(STEP_PIN, 0x63C0), REFUSED_PIN_BLOCKED);
    assert_int_equal(refusal_of_sw(STEP_PIN, 0x6983), REFUSED_PIN_BLOCKED);
    assert_int_equal(refusal_of_sw(STEP_PURCHASE, 0x9401), REFUSED_FUNDS);
    assert_int_equal(refusal_of_sw(STEP_SELECT, 0x6A81), REFUSED_CARD_BLOCKED);
    assert_int_equal(refusal_of_sw(STEP_MODULE, 0x9303), REFUSED_MODULE_LOCKED);
    assert_int_equal(refusal_of_sw(STEP_MODULE, 0x6F00), REFUSED_MODULE_SAYS);
    assert_int_equal(refusal_of_sw(STEP_LOAD, 0x6F00), REFUSED_CARD_SAYS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_number_is_the_modules),
        TEST(another_module_does_not_get_this_journal),
        TEST(a_card_is_no_module),
        TEST(a_silent_module_opens_nothing),
        TEST(an_upload_holds_what_was_sold_and_only_once),
        TEST(an_upload_made_again_is_the_same_file),
        TEST(flags_tell_how_a_record_came_about),
        TEST(an_upload_without_a_place_is_told_and_made_later),
        cmocka_unit_test(every_reason_has_its_own_code_name_and_sentences),
        cmocka_unit_test(every_status_word_has_a_reason),
    };
    if (!mkdtemp(upload_folder)) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)rmdir(upload_folder); /* each test has removed its files */
    return failed;
}

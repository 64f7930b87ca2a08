/* A reader over PC/SC, with the test in the place of pcscd. */
#include "reader/pcsc.h"

#include "fake_pcsc.h"
#include "host/clock.h"
#include "reader/pcsc_trouble.h"

static const char atr_text[] = "3B6D000000995342108684440100000007";
static const char two_readers[] = "Virtual PCD 00 00\0Virtual PCD 00 01\0";
static const char challenge[] = "0084000008";

static const LONG faces[] = {SCARD_E_NOT_TRANSACTED, SCARD_E_NO_SMARTCARD, SCARD_W_RESET_CARD,
    SCARD_W_REMOVED_CARD, SCARD_E_PROTO_MISMATCH};
enum { FACES = sizeof faces / sizeof faces[0] };

static int set_up(void **state) {
    (void)state;
    (void)memset(&fake, 0, sizeof fake);
    fake.names = two_readers;
    fake.names_len = sizeof two_readers;
    fake.protocol = SCARD_PROTOCOL_T0;
    fake.atr = atr_text;
    fake.answer = "9000";
    return 0;
}

/* Whatever happened, nothing is left open: no card, no line to the daemon. */
static int tear_down(void **state) {
    (void)state;
    assert_int_equal(fake.cards, 0);
    assert_int_equal(fake.contexts, 0);
    return 0;
}

static void fail_from_now(const char *function, int at, int times, LONG code) {
    fake.fail_function = function;
    fake.fail_at = at;
    fake.fail_times = times;
    fake.fail_code = code;
}

static struct reader opened(const struct pcsc_wish *wish) {
    struct reader r = {0};
    struct why why = {{0}};
    assert_int_equal(pcsc_open(wish, &r, &why), OK);
    return r;
}

static enum err powered(const struct reader *r, struct why *why) {
    uint8_t atr[ATR_MAX];
    size_t len = 0;
    enum err err = reader_reset(r, atr, &len, why);
    if (!err) {
        assert_hex(bytes_of(atr, len), atr_text);
    }
    return err;
}

static struct reader ready(void) {
    struct reader r = opened(&(struct pcsc_wish){0});
    struct why why = {{0}};
    assert_int_equal(powered(&r, &why), OK);
    return r;
}

static enum err sent(
    const struct reader *r, const char *hex, struct reply *reply, struct why *why) {
    uint8_t line[300];
    size_t len = from_hex(hex, line, sizeof line);
    return r->exchange(r->self, bytes_of(line, len), reply, why);
}

static void assert_says(const struct why *why, const char *text) {
    if (!strstr(why->text, text)) {
        fail_msg("\"%s\" is not in: %s", text, why->text);
    }
}

/* --- the table ------------------------------------------------------------------------------- */

static void each_code_has_its_cause_and_a_next_step(void **state) {
    (void)state;
    static const struct {
        LONG code;
        enum pcsc_cause cause;
        const char *says;
    } cases[] = {
        {SCARD_E_NOT_TRANSACTED,       PCSC_CARD_GONE,   "the card has gone"},
        {SCARD_E_NO_SMARTCARD,         PCSC_CARD_GONE,   "the card has gone"},
        {SCARD_W_RESET_CARD,           PCSC_CARD_GONE,   "the card has gone"},
        {SCARD_W_REMOVED_CARD,         PCSC_CARD_GONE,   "the card has gone"},
        {SCARD_E_PROTO_MISMATCH,       PCSC_CARD_GONE,   "the card has gone"},
        {SCARD_W_UNRESPONSIVE_CARD,    PCSC_CARD_SILENT, "right way round"  },
        {SCARD_W_UNPOWERED_CARD,       PCSC_CARD_SILENT, "right way round"  },
        {SCARD_W_UNSUPPORTED_CARD,     PCSC_CARD_SILENT, "right way round"  },
        {SCARD_E_SHARING_VIOLATION,    PCSC_IN_USE,      "another program"  },
        {SCARD_E_NO_READERS_AVAILABLE, PCSC_NO_READER,   "plug one in"      },
        {SCARD_E_UNKNOWN_READER,       PCSC_NO_READER,   "plug one in"      },
        {SCARD_E_READER_UNAVAILABLE,   PCSC_NO_READER,   "plug one in"      },
        {SCARD_E_NO_SERVICE,           PCSC_NO_DAEMON,   "start it"         },
        {SCARD_E_SERVICE_STOPPED,      PCSC_NO_DAEMON,   "start it"         },
        {SCARD_E_INVALID_HANDLE,       PCSC_NO_DAEMON,   "start it"         },
        {SCARD_F_COMM_ERROR,           PCSC_NO_DAEMON,   "start it"         },
        {SCARD_W_SECURITY_VIOLATION,   PCSC_NOT_ALLOWED, "ask whoever"      },
        {SCARD_E_NO_ACCESS,            PCSC_NOT_ALLOWED, "ask whoever"      },
        {SCARD_F_INTERNAL_ERROR,       PCSC_OTHER,       "80100001"         },
        {1,                            PCSC_OTHER,       "00000001"         },
    };
    assert_int_equal(pcsc_cause_of(SCARD_S_SUCCESS), PCSC_FINE);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why = {{0}};
        assert_int_equal(pcsc_cause_of(cases[i].code), cases[i].cause);
        assert_int_equal(pcsc_trouble_say(&why, cases[i].code, "Reader 5"), ERR_OUTSIDE);
        assert_says(&why, cases[i].says);
        assert_says(&why, "Reader 5: ");
        assert_says(&why, "; ");
        assert_int_equal(pcsc_trouble_say(&why, cases[i].code, NULL), ERR_OUTSIDE);
        assert_null(strstr(why.text, "Reader"));
    }
}

/* --- names ----------------------------------------------------------------------------------- */

static void a_reader_is_found_by_what_it_is_called(void **state) {
    (void)state;
    static const char three[] = "Virtual PCD\0Virtual PCD 00 01\0Omnikey 00 00\0";
    static const struct {
        const char *wanted;
        enum err err;
        const char *found; /* or what is said */
    } cases[] = {
        {NULL,                 OK,            "Virtual PCD"                                      },
        {"Virtual PCD",        OK,            "Virtual PCD"                                      },
        {"Virtual PCD 00 01",  OK,            "Virtual PCD 00 01"                                },
        {"Virtual PCD ",       OK,            "Virtual PCD 00 01"                                },
        {"O",                  OK,            "Omnikey 00 00"                                    },
        {"Virtual",            ERR_CONFLICT,  "\"Virtual PCD\", \"Virtual PCD 00 01\", \"Omnikey"},
        {"virtual PCD",        ERR_NOT_FOUND, "\"Omnikey 00 00\""                                },
        {"Omnikey 00 00 more", ERR_NOT_FOUND, "\"Omnikey 00 00\""                                },
    };
    fake.names = three;
    fake.names_len = sizeof three;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct reader r = {0};
        struct why why = {{0}};
        struct pcsc_wish wish = {.name = cases[i].wanted};
        assert_int_equal(pcsc_open(&wish, &r, &why), cases[i].err);
        if (cases[i].err) {
            assert_says(&why, cases[i].found);
        } else {
            assert_string_equal(pcsc_name(&r), cases[i].found);
            reader_close(&r);
        }
    }
}

/* As many as there can be, with the longest names: the sentence ends, and names some of them. */
static void many_long_names_still_make_a_sentence(void **state) {
    (void)state;
    char names[PCSC_READERS_MAX * PCSC_NAME_ROOM + 1] = {0};
    char wanted[300];
    for (int i = 0; i < PCSC_READERS_MAX; i++) {
        (void)memset(names + i * PCSC_NAME_ROOM, 'a' + i, PCSC_NAME_ROOM - 1);
    }
    (void)memset(wanted, 'x', sizeof wanted - 1);
    wanted[sizeof wanted - 1] = 0;
    fake.names = names;
    fake.names_len = sizeof names;
    struct reader r = {0};
    struct why why = {{0}};
    assert_int_equal(pcsc_open(&(struct pcsc_wish){.name = wanted}, &r, &why), ERR_NOT_FOUND);
    assert_says(&why, "\"aaaa");
    struct pcsc_slot slots[PCSC_READERS_MAX];
    size_t count = 0;
    assert_int_equal(pcsc_list(slots, &count, &why), OK);
    assert_int_equal(count, PCSC_READERS_MAX);
    assert_int_equal(strlen(slots[15].name), PCSC_NAME_ROOM - 1);
}

static void a_list_says_what_is_in_each_reader(void **state) {
    (void)state;
    struct pcsc_slot slots[PCSC_READERS_MAX];
    size_t count = 0;
    struct why why = {{0}};
    fake.also = SCARD_STATE_INUSE;
    assert_int_equal(pcsc_list(slots, &count, &why), OK);
    assert_int_equal(count, 2);
    assert_string_equal(slots[0].name, "Virtual PCD 00 00");
    assert_string_equal(slots[1].name, "Virtual PCD 00 01");
    assert_true(slots[0].card && slots[0].in_use && !slots[0].mute);
    assert_hex(bytes_of(slots[0].atr, slots[0].atr_len), atr_text);
    fake.looks_until_card = -1;
    assert_int_equal(pcsc_list(slots, &count, &why), OK);
    assert_false(slots[0].card || slots[0].in_use);
    assert_int_equal(slots[0].atr_len, 0);
}

/* --- what is missing ------------------------------------------------------------------------- */

static void no_daemon_and_no_reader_are_told(void **state) {
    (void)state;
    struct reader r = {0};
    struct why why = {{0}};
    struct pcsc_slot slots[PCSC_READERS_MAX];
    size_t count = 5;
    fail_from_now("establish", 1, 2, SCARD_E_NO_SERVICE);
    assert_int_equal(pcsc_open(&(struct pcsc_wish){0}, &r, &why), ERR_OUTSIDE);
    assert_says(&why, "start it (systemctl start pcscd)");
    assert_int_equal(pcsc_list(slots, &count, &why), ERR_OUTSIDE);
    assert_int_equal(count, 0);
    fake.names = "\0";
    fake.names_len = 1;
    assert_int_equal(pcsc_open(&(struct pcsc_wish){0}, &r, &why), ERR_OUTSIDE);
    assert_says(&why, "there is no reader");
    assert_int_equal(pcsc_list(slots, &count, &why), ERR_OUTSIDE);
}

static void an_empty_reader_is_told_at_once(void **state) {
    (void)state;
    struct reader r = opened(&(struct pcsc_wish){0});
    struct why why = {{0}};
    fake.looks_until_card = -1;
    uint64_t began = clock_ns();
    assert_int_equal(powered(&r, &why), ERR_OUTSIDE);
    assert_true(clock_seconds_since(began) < 0.5);
    assert_says(&why, "Virtual PCD 00 00: there is no card in it; put one in");
    reader_close(&r);
}

static void a_card_is_waited_for(void **state) {
    (void)state;
    struct reader r = opened(&(struct pcsc_wish){.wait_ms = 5000});
    struct why why = {{0}};
    fake.looks_until_card = 20;
    assert_int_equal(powered(&r, &why), OK);
    reader_close(&r);
    r = opened(&(struct pcsc_wish){.wait_ms = 60});
    fake.looks_until_card = -1;
    uint64_t began = clock_ns();
    assert_int_equal(powered(&r, &why), ERR_OUTSIDE);
    assert_true(clock_seconds_since(began) >= 0.04);
    assert_says(&why, "there is no card in it");
    reader_close(&r);
}

static void a_reader_that_is_unplugged_is_told(void **state) {
    (void)state;
    struct reader r = ready();
    struct why why = {{0}};
    fake.also = SCARD_STATE_UNAVAILABLE;
    assert_int_equal(powered(&r, &why), ERR_OUTSIDE);
    assert_says(&why, "unplugged");
    reader_close(&r);
}

static void a_reader_in_use_is_asked_again_and_then_told(void **state) {
    (void)state;
    struct reader r = opened(&(struct pcsc_wish){0});
    struct why why = {{0}};
    fail_from_now("connect", 1, 3, SCARD_E_SHARING_VIOLATION);
    assert_int_equal(powered(&r, &why), OK);
    reader_close(&r);
    r = opened(&(struct pcsc_wish){0});
    fail_from_now("connect", 1, 1000, SCARD_E_SHARING_VIOLATION);
    uint64_t began = clock_ns();
    assert_int_equal(powered(&r, &why), ERR_OUTSIDE);
    assert_true(clock_seconds_since(began) < 4);
    assert_says(&why, "another program uses the reader");
    reader_close(&r);
}

static void a_daemon_started_anew_is_found_again(void **state) {
    (void)state;
    struct reader r = ready();
    struct why why = {{0}};
    struct reply reply;
    fail_from_now("transmit", 1, 1, SCARD_E_NO_SERVICE);
    assert_int_equal(sent(&r, challenge, &reply, &why), ERR_OUTSIDE);
    fail_from_now("status change", 1, 1, SCARD_E_INVALID_HANDLE);
    assert_int_equal(powered(&r, &why), OK);
    assert_int_equal(fake.contexts_made, 2);
    assert_int_equal(sent(&r, challenge, &reply, &why), OK);
    reader_close(&r);
}

/* --- cards that go --------------------------------------------------------------------------- */

/* Whichever of the five codes it is: gone once is gone until reset(), and the card is not asked. */
static void a_card_that_goes_is_gone_until_reset(void **state) {
    (void)state;
    struct reader r = ready();
    for (size_t i = 0; i < FACES; i++) {
        struct why why = {{0}};
        struct reply reply;
        fail_from_now("transmit", 1, 1, faces[i]);
        assert_int_equal(sent(&r, challenge, &reply, &why), ERR_OUTSIDE);
        assert_says(&why, "Virtual PCD 00 00: the card has gone");
        assert_int_equal(fake.cards, 0); /* let go at once, and as it is */
        assert_int_equal(fake.leave_with, SCARD_LEAVE_CARD);
        int before = fake.transmits;
        assert_int_equal(sent(&r, challenge, &reply, &why), ERR_OUTSIDE);
        assert_int_equal(fake.transmits, before);
        assert_int_equal(powered(&r, &why), OK);
        assert_int_equal(sent(&r, challenge, &reply, &why), OK);
        assert_int_equal(reply.sw, 0x9000);
    }
    reader_close(&r);
}

/* The first second of a card, as it was seen: each code, at each of the three calls. */
static void the_strange_codes_of_a_new_card_are_borne_with(void **state) {
    (void)state;
    static const char *const calls[] = {"connect", "reconnect", "status"};
    for (size_t c = 0; c < 3; c++) {
        for (size_t i = 0; i < FACES; i++) {
            struct reader r = opened(&(struct pcsc_wish){0});
            struct why why = {{0}};
            fail_from_now(calls[c], 1, 2, faces[i]);
            assert_int_equal(powered(&r, &why), OK);
            assert_int_equal(fake.share, SCARD_SHARE_EXCLUSIVE);
            reader_close(&r);
            assert_int_equal(fake.leave_with, SCARD_UNPOWER_CARD);
        }
    }
}

/* So a card looks that is pulled while it gets its power, and one that lies the wrong way round. */
static void a_silent_card_is_asked_again_and_then_told(void **state) {
    (void)state;
    struct reader r = opened(&(struct pcsc_wish){0});
    struct why why = {{0}};
    fail_from_now("connect", 1, 2, SCARD_W_UNPOWERED_CARD);
    assert_int_equal(powered(&r, &why), OK);
    reader_close(&r);
    r = opened(&(struct pcsc_wish){0});
    fail_from_now("connect", 1, 100000, SCARD_W_UNRESPONSIVE_CARD);
    assert_int_equal(powered(&r, &why), ERR_OUTSIDE);
    assert_says(&why, "right way round");
    reader_close(&r);
}

static void bearing_has_an_end(void **state) {
    (void)state;
    struct reader r = opened(&(struct pcsc_wish){0});
    struct why why = {{0}};
    fail_from_now("reconnect", 1, 100000, SCARD_E_PROTO_MISMATCH);
    uint64_t began = clock_ns();
    assert_int_equal(powered(&r, &why), ERR_OUTSIDE);
    assert_true(clock_seconds_since(began) < 4);
    assert_says(&why, "has not settled");
    reader_close(&r);
}

/* Every call fails once, with a code of each kind: it is told or overcome, and tear_down() sees
 * that nothing stays open. */
static void every_call_may_fail(void **state) {
    (void)state;
    static const LONG codes[] = {SCARD_E_NO_SERVICE, SCARD_W_UNRESPONSIVE_CARD,
        SCARD_W_REMOVED_CARD, SCARD_E_READER_UNAVAILABLE, SCARD_F_INTERNAL_ERROR};
    for (size_t c = 0; c < sizeof codes / sizeof codes[0]; c++) {
        bool reached = true;
        for (int n = 1; reached; n++) {
            struct reader r = {0};
            struct reply reply = {0};
            struct why why = {{0}};
            fail_from_now(NULL, n, 1, codes[c]);
            enum err err = pcsc_open(&(struct pcsc_wish){0}, &r, &why);
            err = err ? err : powered(&r, &why);
            err = err ? err : sent(&r, challenge, &reply, &why);
            assert_true(err == OK || err == ERR_OUTSIDE);
            assert_true(err == OK || strchr(why.text, ';'));
            reader_close(&r);
            reached = fake.fail_times == 0;
            assert_int_equal(fake.contexts, 0);
            assert_int_equal(fake.cards, 0);
        }
    }
}

/* --- what passes ----------------------------------------------------------------------------- */

static void a_line_of_one_byte_is_never_sent(void **state) {
    (void)state;
    struct reader r = ready();
    struct why why = {{0}};
    struct reply reply;
    uint8_t line[APDU_MAX + 1] = {0};
    assert_int_equal(r.exchange(r.self, bytes_of(line, 0), &reply, &why), ERR_INVALID);
    assert_int_equal(r.exchange(r.self, bytes_of(line, 1), &reply, &why), ERR_INVALID);
    assert_int_equal(r.exchange(r.self, bytes_of(line, sizeof line), &reply, &why), ERR_INVALID);
    assert_int_equal(fake.transmits, 0);
    assert_int_equal(r.exchange(r.self, bytes_of(line, 2), &reply, &why), OK);
    assert_int_equal(r.exchange(r.self, bytes_of(line, APDU_MAX), &reply, &why), OK);
    reader_close(&r);
}

static void le_behind_data_goes_over_t1_only(void **state) {
    (void)state;
    static const struct {
        const char *line, *over_t0;
    } cases[] = {
        {"0084000008",       "0084000008"    },
        {"805000020B",       "805000020B"    },
        {"00A4000002DDF1",   "00A4000002DDF1"},
        {"00A4000002DDF100", "00A4000002DDF1"},
        {"00A4000002DDF105", "00A4000002DDF1"},
        {"00A400000000",     "00A400000000"  },
        {"00A4000002DD",     "00A4000002DD"  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why = {{0}};
        struct reply reply;
        fake.protocol = SCARD_PROTOCOL_T0;
        struct reader r = ready();
        assert_int_equal(sent(&r, cases[i].line, &reply, &why), OK);
        assert_string_equal(fake.line, cases[i].over_t0);
        fake.protocol = SCARD_PROTOCOL_T1;
        assert_int_equal(powered(&r, &why), OK);
        assert_int_equal(sent(&r, cases[i].line, &reply, &why), OK);
        assert_string_equal(fake.line, cases[i].line);
        reader_close(&r);
    }
}

static void an_answer_without_status_word_is_none(void **state) {
    (void)state;
    static const char *const answers[] = {"", "90"};
    char too_long[2 * (REPLY_MAX + 1) + 1];
    (void)memset(too_long, '0', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = 0;
    for (size_t i = 0; i < 3; i++) {
        struct reader r = ready();
        struct why why = {{0}};
        struct reply reply;
        fake.answer = i < 2 ? answers[i] : too_long;
        assert_int_equal(sent(&r, challenge, &reply, &why), ERR_OUTSIDE);
        assert_says(&why, "bytes is none");
        reader_close(&r);
    }
}

/* The driver waits for a mute card without end. We do not; the thread left behind cleans up when
 * the card is pulled, and a new one serves meanwhile. */
static void a_mute_card_holds_up_nobody(void **state) {
    (void)state;
    struct reader r = opened(&(struct pcsc_wish){.answer_ms = 60});
    struct why why = {{0}};
    struct reply reply;
    assert_int_equal(powered(&r, &why), OK);
    fake.mute = true;
    uint64_t began = clock_ns();
    assert_int_equal(sent(&r, challenge, &reply, &why), ERR_OUTSIDE);
    assert_true(clock_seconds_since(began) < 1);
    assert_says(&why, "no answer within");
    assert_int_equal(sent(&r, challenge, &reply, &why), ERR_OUTSIDE);
    fake.mute = false;
    for (int i = 0; i < 1000 && fake.contexts > 0; i++) {
        fake_moment();
    }
    assert_int_equal(fake.contexts, 0);
    assert_int_equal(powered(&r, &why), OK);
    assert_int_equal(fake.contexts_made, 2);
    assert_int_equal(sent(&r, challenge, &reply, &why), OK);
    assert_int_equal(reply.sw, 0x9000);
    reader_close(&r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(each_code_has_its_cause_and_a_next_step),
        TEST(a_reader_is_found_by_what_it_is_called),
        TEST(many_long_names_still_make_a_sentence),
        TEST(a_list_says_what_is_in_each_reader),
        TEST(no_daemon_and_no_reader_are_told),
        TEST(an_empty_reader_is_told_at_once),
        TEST(a_card_is_waited_for),
        TEST(a_reader_that_is_unplugged_is_told),
        TEST(a_reader_in_use_is_asked_again_and_then_told),
        TEST(a_daemon_started_anew_is_found_again),
        TEST(a_card_that_goes_is_gone_until_reset),
        TEST(the_strange_codes_of_a_new_card_are_borne_with),
        TEST(a_silent_card_is_asked_again_and_then_told),
        TEST(bearing_has_an_end),
        TEST(every_call_may_fail),
        TEST(a_line_of_one_byte_is_never_sent),
        TEST(le_behind_data_goes_over_t1_only),
        TEST(an_answer_without_status_word_is_none),
        TEST(a_mute_card_holds_up_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

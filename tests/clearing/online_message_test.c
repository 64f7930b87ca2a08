/* Messages of online lines: written and read again, every prefix, every byte flipped, wrong
 * keys. */
#include "clearing/online_message.h"
#include "clearing/world.h"

/* A vault of one key that makes "MACs" nobody could mistake for another's. */
static enum err line_vault_mac(void *self, const struct key_ref *key, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    const bool *broken = self;
    (void)iv;
    assert_int_equal(key->name, KEY_DAMK);
    assert_int_equal(key->depth, KEY_CARD);
    if (*broken) {
        return why_say(why, ERR_OUTSIDE, "the vault is gone");
    }
    test_tac(key->card_factor, key->version, data, mac);
    return OK;
}

static struct online_session session_of(uint8_t secret, uint32_t day, unsigned terminal) {
    struct online_greeting greeting = {
        .day = day, .challenge = {1, 2, 3}
    };
    uint8_t key[ONLINE_KEY_LEN], number[TERMINAL_LEN];
    struct online_session session;
    (void)memset(key, secret, sizeof key);
    terminal_no(terminal, number);
    online_session_begin(&session, key, &greeting, number);
    return session;
}

static struct online_request request_of(enum online_kind kind) {
    struct load_request load = load_of(3, 77, 9, 50000, 10000);
    struct online_request q = {.kind = kind, .number = 0x01020304};
    if (kind == ONLINE_SIGN_IN) {
        terminal_no(2, q.terminal);
        return q;
    }
    ticket_no(77, q.ticket);
    if (kind == ONLINE_SALE) {
        card_factor(3, q.factor);
        q.amount = 20000;
    } else if (kind == ONLINE_LOAD) {
        card_factor(3, q.factor);
        q.key_version = 1;
        q.facts = load.facts;
        (void)memset(q.facts.terminal, 0, TERMINAL_LEN);
        (void)memcpy(q.random, load.random, RANDOM_LEN);
        (void)memcpy(q.mac1, load.mac1, MAC_LEN);
    } else if (kind == ONLINE_CONFIRM) {
        (void)memset(q.tac, 0xA5, MAC_LEN);
    }
    return q;
}

/* A whole request as it goes over the line. */
static size_t written(const struct online_session *s, const struct online_request *q,
    uint8_t room[ONLINE_FRAME_MAX]) {
    struct builder b = builder_in(room, ONLINE_FRAME_MAX);
    put_online_request(&b, s, q);
    assert_false(b.overflowed);
    return b.len;
}

static void every_question_is_read_as_it_was_written(void **state) {
    (void)state;
    struct online_session s = session_of(7, TODAY, 1);
    for (unsigned kind = ONLINE_SIGN_IN; kind < ONLINE_KIND_END; kind++) {
        uint8_t room[ONLINE_FRAME_MAX], again[ONLINE_FRAME_MAX];
        struct online_request q = request_of((enum online_kind)kind), read;
        struct bytes frame = {0};
        size_t len = written(&s, &q, room);
        assert_int_equal(online_frame_next(bytes_of(room, len), &frame), ONLINE_WHOLE);
        assert_int_equal(frame.len + ONLINE_LENGTH_LEN, len);
        assert_true(online_sealed(&s, frame));
        assert_true(online_request_read(frame, &read));
        assert_int_equal(written(&s, &read, again), len);
        assert_memory_equal(room, again, len);
    }
}

static void every_prefix_is_a_part_and_no_question(void **state) {
    (void)state;
    struct online_session s = session_of(7, TODAY, 1);
    for (unsigned kind = ONLINE_SIGN_IN; kind < ONLINE_KIND_END; kind++) {
        uint8_t room[ONLINE_FRAME_MAX];
        struct online_request q = request_of((enum online_kind)kind), read;
        struct bytes frame = {0};
        size_t len = written(&s, &q, room);
        for (size_t cut = 0; cut < len; cut++) {
            assert_int_equal(online_frame_next(bytes_of(room, cut), &frame), ONLINE_PART);
            struct bytes torn = bytes_of(
                room + ONLINE_LENGTH_LEN, cut > ONLINE_LENGTH_LEN ? cut - ONLINE_LENGTH_LEN : 0);
            assert_false(online_request_read(torn, &read));
            assert_false(online_sealed(&s, torn));
        }
    }
}

static void a_flipped_bit_breaks_the_seal(void **state) {
    (void)state;
    struct online_session s = session_of(7, TODAY, 1);
    for (unsigned kind = ONLINE_SIGN_IN; kind < ONLINE_KIND_END; kind++) {
        uint8_t room[ONLINE_FRAME_MAX];
        struct online_request q = request_of((enum online_kind)kind);
        size_t len = written(&s, &q, room);
        for (size_t bit = 8 * ONLINE_LENGTH_LEN; bit < 8 * len; bit++) {
            room[bit / 8] ^= (uint8_t)(1U << bit % 8);
            assert_false(
                online_sealed(&s, bytes_of(room + ONLINE_LENGTH_LEN, len - ONLINE_LENGTH_LEN)));
            room[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

static void a_length_that_no_frame_has_is_bad(void **state) {
    (void)state;
    static const unsigned bad[] = {0, 1, 12, ONLINE_FRAME_MAX - 1, ONLINE_FRAME_MAX, 0xFFFF};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const uint8_t room[] = {(uint8_t)(bad[i] >> 8), (uint8_t)bad[i]};
        struct bytes frame = {0};
        assert_int_equal(online_frame_next(bytes_of(room, sizeof room), &frame), ONLINE_BAD);
    }
}

/* Another line key, day, challenge or terminal is another key; and an answer is no question. */
static void a_key_is_of_one_terminal_one_day_and_one_connection(void **state) {
    (void)state;
    struct online_session s = session_of(7, TODAY, 1);
    struct online_session others[] = {
        session_of(8, TODAY, 1), session_of(7, TODAY + 1, 1), session_of(7, TODAY, 2), s};
    struct online_greeting greeting = {
        .day = TODAY, .challenge = {1, 2, 4}
    };
    uint8_t key[ONLINE_KEY_LEN], number[TERMINAL_LEN], room[ONLINE_FRAME_MAX];
    (void)memset(key, 7, sizeof key);
    terminal_no(1, number);
    online_session_begin(&others[3], key, &greeting, number);
    struct online_request q = request_of(ONLINE_SALE);
    size_t len = written(&s, &q, room);
    struct bytes frame = bytes_of(room + ONLINE_LENGTH_LEN, len - ONLINE_LENGTH_LEN);
    assert_true(online_sealed(&s, frame));
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(online_sealed(&others[i], frame));
    }
    struct online_answer answer;
    assert_false(online_answer_read(frame, &answer));
}

static void questions_that_no_terminal_asks_are_refused(void **state) {
    (void)state;
    struct online_session s = session_of(7, TODAY, 1);
    uint8_t room[ONLINE_FRAME_MAX];
    struct online_request read;
    struct online_request none = request_of(ONLINE_SALE);
    none.amount = 0;
    struct online_request other = request_of(ONLINE_LOAD);
    other.facts.trade = TRADE_ED_LOAD;
    struct online_request nobody = request_of(ONLINE_SIGN_IN);
    nobody.terminal[3] = 0xAB;
    const struct online_request bad[] = {none, other, nobody};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        size_t len = written(&s, &bad[i], room);
        assert_false(online_request_read(
            bytes_of(room + ONLINE_LENGTH_LEN, len - ONLINE_LENGTH_LEN), &read));
    }
    struct online_request q = request_of(ONLINE_CANCEL);
    size_t len = written(&s, &q, room);
    for (unsigned kind = 0; kind < 256; kind++) { /* fields of another length, or no kind at all */
        room[ONLINE_LENGTH_LEN] = (uint8_t)kind;
        assert_int_equal(
            online_request_read(bytes_of(room + ONLINE_LENGTH_LEN, len - ONLINE_LENGTH_LEN), &read),
            kind == ONLINE_CANCEL);
    }
}

static void every_answer_is_read_as_it_was_written(void **state) {
    (void)state;
    struct online_session s = session_of(7, TODAY, 1);
    for (unsigned kind = ONLINE_SIGN_IN; kind < ONLINE_KIND_END; kind++) {
        for (unsigned err = OK; err <= ERR_OUTSIDE; err++) {
            uint8_t room[ONLINE_FRAME_MAX];
            struct online_answer a = {.kind = (enum online_kind)kind,
                                     .number = 9,
                                     .err = (enum err)err},
                                 read;
            (void)memset(a.story, 'x', err ? ONLINE_STORY_MAX : 0);
            (void)memset(a.load.mac2, 0x5A, MAC_LEN);
            struct builder b = builder_in(room, sizeof room);
            put_online_answer(&b, &s, &a);
            assert_false(b.overflowed);
            struct bytes frame = bytes_of(room + ONLINE_LENGTH_LEN, b.len - ONLINE_LENGTH_LEN);
            assert_true(online_answer_read(frame, &read));
            assert_int_equal(read.err, err);
            assert_int_equal(read.number, 9);
            assert_string_equal(read.story, err ? a.story : "");
            assert_int_equal(read.load.mac2[0], !err && kind == ONLINE_LOAD ? 0x5A : 0);
            struct online_request q;
            assert_false(online_request_read(frame, &q));
        }
    }
}

/* A terminal shows the sentence to people: nothing in it moves a cursor. */
static void a_sentence_with_control_characters_is_no_answer(void **state) {
    (void)state;
    struct online_session s = session_of(7, TODAY, 1);
    struct online_answer a = {.kind = ONLINE_SALE, .err = ERR_DENIED, .story = "no\033[2J"}, read;
    uint8_t room[ONLINE_FRAME_MAX];
    struct builder b = builder_in(room, sizeof room);
    put_online_answer(&b, &s, &a);
    assert_false(
        online_answer_read(bytes_of(room + ONLINE_LENGTH_LEN, b.len - ONLINE_LENGTH_LEN), &read));
}

static void a_greeting_is_read_as_it_was_written_and_nothing_else_is(void **state) {
    (void)state;
    struct online_greeting greeting =
                               {
                                   .day = TODAY, .challenge = {9, 8, 7}
    },
                           read;
    uint8_t room[ONLINE_GREETING_LEN + 1] = {0};
    struct builder b = builder_in(room, sizeof room);
    put_online_greeting(&b, &greeting);
    assert_int_equal(b.len, ONLINE_GREETING_LEN);
    assert_true(online_greeting_read(bytes_of(room, b.len), &read));
    assert_int_equal(read.day, TODAY);
    assert_memory_equal(read.challenge, greeting.challenge, ONLINE_CHALLENGE_LEN);
    for (size_t cut = 0; cut <= sizeof room; cut++) {
        assert_int_equal(
            online_greeting_read(bytes_of(room, cut), &read), cut == ONLINE_GREETING_LEN);
    }
    for (size_t i = 0; i < 9; i++) { /* the name and the version */
        room[i] ^= 1;
        assert_false(online_greeting_read(bytes_of(room, b.len), &read));
        room[i] ^= 1;
    }
    room[12] = 99; /* no day of any month */
    assert_false(online_greeting_read(bytes_of(room, b.len), &read));
}

static void terminals_have_line_keys_of_their_own(void **state) {
    (void)state;
    bool broken = false;
    const struct vault vault = {.self = &broken, .message_mac = line_vault_mac};
    uint8_t keys[3][ONLINE_KEY_LEN], number[TERMINAL_LEN];
    struct why why = {{0}};
    for (unsigned n = 0; n < 3; n++) {
        terminal_no(n / 2 + 1, number);
        must(online_line_key(&vault, number, keys[n], &why), &why);
    }
    assert_memory_equal(keys[0], keys[1], ONLINE_KEY_LEN);
    assert_memory_not_equal(keys[0], keys[2], ONLINE_KEY_LEN);
    assert_memory_not_equal(keys[0], keys[0] + MAC_LEN, MAC_LEN);
    broken = true;
    assert_int_equal(online_line_key(&vault, number, keys[0], &why), ERR_OUTSIDE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_is_read_as_it_was_written),
        cmocka_unit_test(every_prefix_is_a_part_and_no_question),
        cmocka_unit_test(a_flipped_bit_breaks_the_seal),
        cmocka_unit_test(a_length_that_no_frame_has_is_bad),
        cmocka_unit_test(a_key_is_of_one_terminal_one_day_and_one_connection),
        cmocka_unit_test(questions_that_no_terminal_asks_are_refused),
        cmocka_unit_test(every_answer_is_read_as_it_was_written),
        cmocka_unit_test(a_sentence_with_control_characters_is_no_answer),
        cmocka_unit_test(a_greeting_is_read_as_it_was_written_and_nothing_else_is),
        cmocka_unit_test(terminals_have_line_keys_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

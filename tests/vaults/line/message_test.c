/* Messages of the vault's line: every function there and back, and nothing else is taken. */
#include "check.h"

#include "vaults/line/vault_server.h"
#include "vaults/soft/model.h"
#include "vaults/soft/soft_vault.h"

static const uint8_t data[] = {0xDA, 0x7A, 1, 2, 3}, more[] = {9, 8, 7};

/* A request with every part filled; the function decides which of them travel. */
static struct vault_request full_request(enum vault_function function) {
    struct vault_request r = {
        .function = function,
        .key = {KEY_DLK, KEY_SM4, 3,     KEY_CARD,       {1, 2, 3, 4, 5, 6, 7, 8}},
        .first = {11,       12,             13,          14,          15, 16, 17, 18},
        .second = {21,     22,          23,             24,                25, 26, 27, 28},
        .four = {31,      32,       33, 34},
        .data = bytes_of(data, sizeof data),
        .more = bytes_of(more, sizeof more),
        .place = 0x0102030405060708u,
        .count = 0x1112131415161718u
    };
    r.wrap = (struct key_wrap){
        .key = r.key,
        .under = r.key,
        .head = {41,  42, 43, 44, 45, 46, 47, 48},
        .head_len = 7,
        .p1 = 51,
        .p2 = 52,
        .challenge = {61, 62, 63, 64  }
    };
    r.wrap.under.name = KEY_MK_WALLET;
    return r;
}

static void every_request_is_read_as_it_was_written(void **state) {
    (void)state;
    for (unsigned f = 0; f < LINE_FUNCTIONS; f++) {
        struct vault_request r = full_request((enum vault_function)f), got;
        uint8_t one[LINE_MESSAGE_MAX], other[LINE_MESSAGE_MAX];
        size_t len = vault_request_write(&r, one);
        assert_true(vault_request_read(bytes_of(one, len), &got));
        assert_int_equal(got.function, f);
        assert_int_equal(vault_request_write(&got, other), len);
        assert_memory_equal(one, other, len);
        assert_true(strlen(vault_function_text((enum vault_function)f)) > 0);
    }
    struct vault_request wrap = full_request(LINE_WRAP), got;
    uint8_t room[LINE_MESSAGE_MAX];
    size_t len = vault_request_write(&wrap, room);
    assert_true(vault_request_read(bytes_of(room, len), &got));
    assert_int_equal(got.wrap.key.name, KEY_DLK);
    assert_int_equal(got.wrap.under.name, KEY_MK_WALLET);
    assert_int_equal(got.wrap.head_len, 7);
    assert_memory_equal(got.wrap.challenge, wrap.wrap.challenge, 4);
    assert_int_equal(got.wrap.key.algorithm, KEY_SM4);
}

/* Every prefix of every request, one byte more, and every length that is not the packet's. */
static void a_message_of_another_length_is_none(void **state) {
    (void)state;
    for (unsigned f = 0; f < LINE_FUNCTIONS; f++) {
        struct vault_request r = full_request((enum vault_function)f), got;
        uint8_t room[LINE_MESSAGE_MAX + 1] = {0};
        size_t len = vault_request_write(&r, room);
        for (size_t cut = 0; cut < len; cut++) {
            assert_false(vault_request_read(bytes_of(room, cut), &got));
        }
        assert_false(vault_request_read(bytes_of(room, len + 1), &got));
        for (size_t cut = 5; cut < len; cut++) { /* even when the length says so */
            struct builder length = builder_in(room, 4);
            put_u32(&length, (uint32_t)(cut - 4));
            assert_false(vault_request_read(bytes_of(room, cut), &got));
        }
    }
}

static void a_function_that_is_none_is_refused(void **state) {
    (void)state;
    struct vault_request got;
    for (unsigned f = LINE_FUNCTIONS; f <= UINT8_MAX; f++) {
        const uint8_t message[] = {0, 0, 0, 1, (uint8_t)f};
        assert_false(vault_request_read(bytes_of(message, sizeof message), &got));
    }
    const uint8_t rest[] = {0, 0, 0, 1, LINE_REST};
    assert_true(vault_request_read(bytes_of(rest, sizeof rest), &got));
}

static void answers_carry_replies_or_stories(void **state) {
    (void)state;
    uint8_t room[LINE_MESSAGE_MAX];
    struct bytes reply;
    struct why why = {"not asked"}, told = {"cannot"};
    enum err err = ERR_DENIED;
    size_t len = vault_answer_write(OK, bytes_of(data, sizeof data), &told, room);
    assert_true(vault_answer_read(bytes_of(room, len), &err, &reply, &why));
    assert_int_equal(err, OK);
    assert_true(bytes_equal(reply, bytes_of(data, sizeof data)));
    assert_string_equal(why.text, "not asked");
    for (enum err e = ERR_INVALID; e <= ERR_OUTSIDE; e++) {
        len = vault_answer_write(e, bytes_of(data, sizeof data), &told, room);
        assert_true(vault_answer_read(bytes_of(room, len), &err, &reply, &why));
        assert_int_equal(err, e);
        assert_int_equal(reply.len, 0); /* no result comes with an error */
        assert_string_equal(why.text, "cannot");
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_false(vault_answer_read(bytes_of(room, cut), &err, &reply, &why));
    }
    room[4] = ERR_OUTSIDE + 1;
    assert_false(vault_answer_read(bytes_of(room, len), &err, &reply, &why));
    (void)memset(told.text, 'x', sizeof told.text - 1); /* the longest story */
    told.text[3] = '\x1B';
    len = vault_answer_write(ERR_OUTSIDE, (struct bytes){0}, &told, room);
    assert_true(vault_answer_read(bytes_of(room, len), &err, &reply, &why));
    assert_int_equal(strlen(why.text), sizeof told.text - 1);
    assert_int_equal(why.text[3], '?'); /* nothing that a terminal would obey */
}

/* --- the server --------------------------------------------------------------------------------- */

enum { ROOM_LEN = 1 << 16 };
static uint8_t shared[ROOM_LEN];
static struct vault_server *server;

static int serve(void **state) {
    struct vault vault;
    struct why why;
    (void)state;
    if (soft_vault_open_rehearsal(model_seed, MODEL_REGION, &vault, &why) != OK) {
        return -1;
    }
    server = vault_server_new(&vault, shared, sizeof shared);
    return server ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    vault_server_free(server);
    vault_server_free(NULL);
    return 0;
}

static enum err ask(const struct vault_request *r, struct why *why) {
    uint8_t message[LINE_MESSAGE_MAX], answer[LINE_MESSAGE_MAX];
    struct bytes reply;
    enum err err = OK;
    size_t len = vault_request_write(r, message);
    len = vault_server_answer(server, bytes_of(message, len), answer);
    assert_true(vault_answer_read(bytes_of(answer, len), &err, &reply, why));
    return err;
}

/* Places and counts at, over and far over the end of the room, whose products overflow, too. */
static void an_array_outside_the_room_is_refused(void **state) {
    static const uint64_t odd[] = {1, 7, ROOM_LEN - 64, ROOM_LEN - 63, ROOM_LEN, ROOM_LEN + 64,
        1u << 31, UINT64_MAX / 64, UINT64_MAX / 64 + 1, UINT64_MAX - 63, UINT64_MAX};
    (void)state;
    struct why why = {""};
    for (size_t p = 0; p < sizeof odd / sizeof odd[0]; p++) {
        for (size_t c = 0; c < sizeof odd / sizeof odd[0]; c++) {
            struct vault_request r = {.function = LINE_TACS, .place = odd[p], .count = odd[c]};
            bool inside = odd[p] == ROOM_LEN - 64 && odd[c] == 1;
            assert_int_equal(ask(&r, &why), inside ? OK : ERR_INVALID);
            assert_true(inside || strstr(why.text, "shared room"));
            r.function = LINE_KEY_SETS;
            assert_int_equal(ask(&r, &why), ERR_INVALID);
        }
    }
    struct vault_request none = {.function = LINE_TACS, .place = ROOM_LEN, .count = 0};
    assert_int_equal(ask(&none, &why), OK);
}

/* A set that lies about its length cannot make the answer run over the room's end. */
static void a_set_too_large_for_the_room_is_refused(void **state) {
    struct key_set *set = (struct key_set *)(void *)shared;
    struct vault_request r = {.function = LINE_KEY_SETS, .count = 1};
    struct why why = {""};
    (void)state;
    for (unsigned keys = 0; keys <= UINT8_MAX; keys++) {
        (void)memset(shared, 0, sizeof *set);
        set->count = (uint8_t)keys;
        for (size_t i = 0; i < KEY_SET_MAX; i++) {
            set->keys[i] = (struct key_of_set){KEY_DTK, KEY_TDES, 1};
        }
        bool fits = keys >= 1 && keys <= KEY_SET_MAX;
        assert_int_equal(ask(&r, &why), fits ? OK : ERR_INVALID);
        r.place = ROOM_LEN - sizeof *set;
        assert_int_equal(ask(&r, &why), ERR_INVALID);
        r.place = 0;
    }
}

static void what_is_no_request_is_answered_with_a_sentence(void **state) {
    uint8_t answer[LINE_MESSAGE_MAX];
    struct bytes reply;
    struct why why = {""};
    enum err err = OK;
    (void)state;
    size_t len = vault_server_answer(server, bytes_of(data, sizeof data), answer);
    assert_true(vault_answer_read(bytes_of(answer, len), &err, &reply, &why));
    assert_int_equal(err, ERR_INVALID);
    assert_non_null(strstr(why.text, "5 bytes came over the line that are no request"));
    len = vault_server_answer(server, (struct bytes){0}, answer);
    assert_true(vault_answer_read(bytes_of(answer, len), &err, &reply, &why));
    assert_int_equal(err, ERR_INVALID);
}

/* A key is refused inside, whatever the message says of it. */
static void keys_are_judged_inside(void **state) {
    struct vault_request r = full_request(LINE_ENCRYPT8);
    struct why why = {""};
    (void)state;
    r.key = (struct key_ref){.name = KEY_DTK, .version = 1, .depth = KEY_CARD};
    assert_int_equal(ask(&r, &why), ERR_DENIED);
    r.key.name = (enum key_name)0xFFFF;
    assert_int_equal(ask(&r, &why), ERR_INVALID);
    r.key = (struct key_ref){.name = KEY_UK1DF01, .version = 1, .depth = (enum key_depth)200};
    assert_int_equal(ask(&r, &why), ERR_INVALID);
    r.key.depth = KEY_CARD;
    assert_int_equal(ask(&r, &why), OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_request_is_read_as_it_was_written),
        cmocka_unit_test(a_message_of_another_length_is_none),
        cmocka_unit_test(a_function_that_is_none_is_refused),
        cmocka_unit_test(answers_carry_replies_or_stories),
        cmocka_unit_test(an_array_outside_the_room_is_refused),
        cmocka_unit_test(a_set_too_large_for_the_room_is_refused),
        cmocka_unit_test(what_is_no_request_is_answered_with_a_sentence),
        cmocka_unit_test(keys_are_judged_inside),
    };
    return cmocka_run_group_tests(tests, serve, stop);
}

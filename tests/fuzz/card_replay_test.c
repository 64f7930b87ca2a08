/* Every talk of the corpus again, in an ordinary build: what the fuzzer once reached stays reached,
 * and none of it is a finding. And findings are found: cards that were spoilt on purpose. */
#include "check.h"

#include <dirent.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/card_fuzz.c"

enum { INPUT_MOST = 1 << 16, PATH_MOST = 512, TALK_MOST = 256 };
static const char folder[] = "tests/fuzz/corpus/card_fuzz";

static size_t load(const char *name, uint8_t *room) {
    char path[PATH_MOST];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(room, 1, INPUT_MOST, file);
    assert_int_equal(fclose(file), 0);
    return len;
}

static void no_talk_of_the_corpus_is_a_finding(void **state) {
    (void)state;
    static uint8_t room[INPUT_MOST];
    unsigned count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *d = readdir(dir); d; d = readdir(dir)) {
        if (d->d_name[0] != '.') {
            (void)LLVMFuzzerTestOneInput(room, load(d->d_name, room));
            count++;
        }
    }
    assert_int_equal(closedir(dir), 0);
    assert_true(count > 0);
    print_message("%u talks\n", count);
}

/* ---- what the steps reach ---- */

static void talk_hex(const char *hex) {
    uint8_t input[TALK_MOST];
    (void)LLVMFuzzerTestOneInput(input, from_hex(hex, input, sizeof input));
}

static struct world *after(const char *hex) {
    talk_hex(hex);
    return &worlds[0];
}

#define TO_WALLET "F505 "
#define PIN       "F1 "
#define LOAD      "11 805000020B0100001000 440100000001 10 F401 "
#define BUY       "11 805001020B0100000010 440100000001 0F F402 "

/* The model keeps what the last command left, even after the talk. */
static void the_steps_pay_and_are_paid(void **state) {
    (void)state;
    assert_int_equal(after(TO_WALLET PIN LOAD)->balances[1], 0x1000);
    assert_int_equal(after(TO_WALLET PIN LOAD BUY)->balances[1], 0xFF0);
    assert_int_equal(after(TO_WALLET LOAD)->balances[1], 0); /* who did not show the PIN */
}

static void the_steps_prove_keys(void **state) {
    (void)state;
    static uint8_t input[] = {0xF5, 0x05, 0xF0, 0x00};
    talk_hex("");
    struct world *w = &worlds[0];
    begin(w);
    struct cursor c = cursor_over(bytes_of(input, sizeof input));
    step(w, &c);
    assert_int_equal(w->model.place, AT_WALLET);
    assert_int_equal(w->model.state, 0);
    step(w, &c);
    assert_int_equal(w->model.here, 0);
    assert_int_equal(w->model.state, STATE_MAIN);
}

/* ---- findings are found ---- */

/* Whether the talk ends this program, after `spoil` worked on both cards. */
static bool is_found(void (*spoil)(struct world *w), const char *hex) {
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        assert_non_null(freopen("/dev/null", "w", stderr));
        talk_hex("");
        spoil(&worlds[0]);
        spoil(&worlds[1]);
        talk_hex(hex);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

/* Writes behind the back of every right; from now on every talk begins with such a card. */
static void overwrite(struct world *w, uint32_t at, const void *from, uint32_t len) {
    struct store *store = &w->k.card.cos.chip.store;
    begin(w);
    store_begin(store);
    assert_true(store_write(store, at, from, len));
    assert_true(store_commit(store));
    w->fresh = w->k;
}

static struct dir place_of(struct world *w, enum place place) {
    begin(w);
    known_select(&w->k, place);
    return w->k.card.cos.chip.dir;
}

static uint32_t entry_of_file(struct world *w, enum place place, uint16_t fid) {
    struct dir dir = place_of(w, place);
    struct ef ef;
    assert_int_equal(ef_by_fid(&w->k.card.cos.chip.store, &dir, fid, &ef), SW_OK);
    return ef.at;
}

enum { DATA_AT = 3, BODY_AT = TREE_EF_HEAD }; /* in an entry [card/files/entry.h] */

static void leave_alone(struct world *w) {
    (void)w;
}

/* DF01 EF05 wants the PIN: now it is free. */
static void forget_a_right(struct world *w) {
    static const uint8_t nobody_asked = 0x00;
    overwrite(w, entry_of_file(w, AT_DF01, 0xEF05) + DATA_AT + 4, &nobody_asked, 1);
}

/* EF05 of SSSE, free to read, holds a piece of the card's load key. */
static void mislay_a_key(struct world *w) {
    uint8_t key[16];
    known_secret(w->k.seed, known_key_find(AT_WALLET, 0x3F, 0x01), key);
    overwrite(w, entry_of_file(w, AT_SSSE, 0xEF05) + BODY_AT + 5, key + 7, LEAK_RUN);
}

/* The wallet believes twelve zeros, too. */
static void weaken_the_pin(struct world *w) {
    static const uint8_t zeros[PIN_DIGITS];
    struct dir dir = place_of(w, AT_WALLET);
    struct key_record pin;
    uint32_t at = 0;
    assert_int_equal(key_find(&w->k.card.cos.chip.store, &dir, TYPE_PIN, 0, &pin, &at), SW_OK);
    overwrite(w, at + KEY_RECORD_HEAD, zeros, sizeof zeros);
}

static void a_right_that_is_not_asked_is_found(void **state) {
    (void)state;
    static const char talk[] = "F502 05 00B2012C12 ";
    assert_false(is_found(leave_alone, talk));
    assert_true(is_found(forget_a_right, talk));
    assert_false(is_found(forget_a_right, "F501 F1 07 00A4000002DF01 05 00B2012C12"));
}

static void a_piece_of_a_key_in_an_answer_is_found(void **state) {
    (void)state;
    static const char talk[] = "F501 05 00B2012C12 ";
    assert_false(is_found(leave_alone, talk));
    assert_true(is_found(mislay_a_key, talk));
}

static void a_wrong_pin_that_is_believed_is_found(void **state) {
    (void)state;
    static const char talk[] = "F505 0B 0020000006 000000000000";
    assert_false(is_found(leave_alone, talk));
    assert_true(is_found(weaken_the_pin, talk));
}

/* The model is told of a smaller purchase than the card: as if the card took more than was said. */
static void money_that_moves_otherwise_is_found(void **state) {
    (void)state;
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        assert_non_null(freopen("/dev/null", "w", stderr));
        struct world *w = after(TO_WALLET PIN LOAD);
        const struct apdu debit = {.cla = 0x80, .ins = 0x54, .p1 = 0x01};
        model_paid(&w->model, &debit, 1);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void a_refusal_may_change_counters_only(void **state) {
    (void)state;
    assert_true(change_allowed(0x33, 0x32, 0x63C2));
    assert_true(change_allowed(0x31, 0x33, 0x6985)); /* right MAC, wrong file */
    assert_true(change_allowed(0x00, 0x02, 0x9303));
    assert_false(change_allowed(0x00, 0x02, 0x6985));
    assert_false(change_allowed(0x32, 0x31 + 4, 0x63C2));
    assert_false(change_allowed(0x30, 0x2F, 0x6983)); /* there was none to take */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_talk_of_the_corpus_is_a_finding),
        cmocka_unit_test(the_steps_pay_and_are_paid),
        cmocka_unit_test(the_steps_prove_keys),
        cmocka_unit_test(a_right_that_is_not_asked_is_found),
        cmocka_unit_test(a_piece_of_a_key_in_an_answer_is_found),
        cmocka_unit_test(a_wrong_pin_that_is_believed_is_found),
        cmocka_unit_test(money_that_moves_otherwise_is_found),
        cmocka_unit_test(a_refusal_may_change_counters_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

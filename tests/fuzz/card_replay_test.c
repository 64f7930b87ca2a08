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

/* All steps of a talk, without the power cycle at its end; returns the last status word. */
static unsigned steps(const char *hex) {
    uint8_t input[TALK_MOST];
    struct world *w = &worlds[0];
    struct cursor c = cursor_over(bytes_of(input, from_hex(hex, input, sizeof input)));
    talk_hex("");
    begin(w);
    while (c.rest.len > 0) {
        step(w, &c);
    }
    return (unsigned)w->k.reply[w->k.reply_len - 2] << 8 | w->k.reply[w->k.reply_len - 1];
}

#define TO_SM4      "F506 "
#define TO_MODULE   "F507 "
#define FACTOR      "0102030405060708 "
#define TAKE(usage) "0D 801A" usage "01 08" FACTOR
#define ENCIPHER    "0D 80FA0000 08" FACTOR
#define MAC         "0D 80FA0100 08" FACTOR

static void the_steps_reach_the_directory_of_sm4(void **state) {
    (void)state;
    assert_int_equal(steps(TO_SM4 "05 00B0850008"), 0x6982);
    assert_int_equal(steps(TO_SM4 "F001 05 00B0850008"), 0x9000);      /* UK was proven */
    assert_int_equal(steps(TO_SM4 "F001 F2 06 00D685000011"), 0x9000); /* MACed right */
    assert_int_equal(steps(TO_SM4 "F000 05 00B0860008"), 0x6982);      /* the main key alone */
    assert_int_equal(steps(TO_SM4 "F1 F000 05 00B0860008"), 0x9000);
}

static void the_steps_reach_what_the_keys_of_a_module_are_for(void **state) {
    (void)state;
    assert_int_equal(steps(TO_MODULE TAKE("21") ENCIPHER), 0x6108);
    assert_int_equal(steps(TO_MODULE TAKE("26") MAC), 0x6108);
    assert_int_equal(steps(TO_MODULE TAKE("26") ENCIPHER), 0x6982);
    assert_int_equal(steps(TO_MODULE TAKE("24") ENCIPHER), 0x6982);
    assert_int_equal(steps(TO_MODULE TAKE("27") MAC), 0x6982);
    assert_int_equal(steps(TO_MODULE TAKE("20")), 0x6982);
    assert_int_equal(steps(TO_MODULE "05 801A200100"), 0x6700);
    assert_int_equal(steps(TO_MODULE "15 801A4201 10" FACTOR FACTOR), 0x6982);
}

/* 8070 of a wallet's purchase by two factors, and three wrong MAC2. */
static void the_steps_reach_a_purchase_in_the_module(void **state) {
    (void)state;
#define BEGIN "2A 80700000 24 0A0B0C0D 0007 00000100 06 20031008120000 0100" FACTOR FACTOR "08 "
#define WRONG "09 8072000004 00000000 "
    assert_int_equal(steps(TO_MODULE WRONG), 0x6901);
    assert_int_equal(steps(TO_MODULE BEGIN), 0x9000);
    assert_int_equal(steps(TO_MODULE BEGIN WRONG), 0x9302);
    assert_int_equal(steps(TO_MODULE BEGIN WRONG BEGIN WRONG BEGIN WRONG), 0x9303);
    assert_int_equal(steps(TO_MODULE BEGIN WRONG BEGIN WRONG BEGIN WRONG BEGIN), 0x9303);
}

/* ---- findings are found ---- */

/* Whether the deed ends a program: a finding. */
static bool ends_the_program(void (*deed)(void *what), void *what) {
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        assert_non_null(freopen("/dev/null", "w", stderr));
        talk_hex("");
        deed(what);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

struct spoilt_talk {
    void (*spoil)(struct world *w);
    const char *hex;
};

static void talk_with_spoilt_cards(void *what) {
    const struct spoilt_talk *talk = what;
    talk->spoil(&worlds[0]);
    talk->spoil(&worlds[1]);
    talk_hex(talk->hex);
}

/* Whether the talk is a finding, after `spoil` worked on both cards. */
static bool is_found(void (*spoil)(struct world *w), const char *hex) {
    struct spoilt_talk talk = {spoil, hex};
    return ends_the_program(talk_with_spoilt_cards, &talk);
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
static void pay_otherwise(void *what) {
    const struct apdu debit = {.cla = 0x80, .ins = 0x54, .p1 = 0x01};
    (void)what;
    model_paid(&after(TO_WALLET PIN LOAD)->model, &debit, 1);
}

static void money_that_moves_otherwise_is_found(void **state) {
    (void)state;
    assert_true(ends_the_program(pay_otherwise, NULL));
}

/* The account of DF04 is a fen richer after a command that nobody can complete. */
static void enrich_the_sick(void *what) {
    struct world *w = &worlds[0];
    (void)what;
    begin(w);
    w->balances[MEDICAL]++;
    (void)say_with(w, 0x00840000, bytes_of(NULL, 0), &(const uint8_t){8});
}

static void medical_money_that_moves_is_found(void **state) {
    (void)state;
    assert_true(ends_the_program(enrich_the_sick, NULL));
}

/* The module is told to take a key for MACs; then it enciphers. */
static void encipher_with_a_key_for_macs(void *what) {
    const struct apdu takes = {.cla = 0x80, .ins = 0x1A, .p1 = 0x26};
    const struct apdu enciphers = {.cla = 0x80, .ins = 0xFA};
    struct model *model = &worlds[0].model;
    (void)what;
    model_hear(model, &takes, 0x9000, bytes_of(NULL, 0));
    model_hear(model, &enciphers, 0x9000, bytes_of(NULL, 0));
}

static void a_key_for_something_else_is_found(void **state) {
    (void)state;
    assert_true(ends_the_program(encipher_with_a_key_for_macs, NULL));
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
        cmocka_unit_test(the_steps_reach_the_directory_of_sm4),
        cmocka_unit_test(the_steps_reach_what_the_keys_of_a_module_are_for),
        cmocka_unit_test(the_steps_reach_a_purchase_in_the_module),
        cmocka_unit_test(a_right_that_is_not_asked_is_found),
        cmocka_unit_test(a_piece_of_a_key_in_an_answer_is_found),
        cmocka_unit_test(a_wrong_pin_that_is_believed_is_found),
        cmocka_unit_test(money_that_moves_otherwise_is_found),
        cmocka_unit_test(medical_money_that_moves_is_found),
        cmocka_unit_test(a_key_for_something_else_is_found),
        cmocka_unit_test(a_refusal_may_change_counters_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* No command of the chip lets a key or a PIN choose its way.
 *
 * Method: talks with a card whose keys and PINs memcheck takes for undefined, in the memory and on
 * the line. Whatever the chip computes with them may not decide a jump or an address; memcheck looks
 * on while the chip runs and nowhere else. Two things are no secret any more: the verdict of a
 * comparison, and a MAC, which goes out or is kept as a proof. The ciphers themselves are watched in
 * tests/crypto/constant_time_test.c.
 *
 * Keys and PINs on their way into the memory are left out: the checksum of a batch looks four bits
 * of what is staged up in a table, and a reset does it again for what lies in the ring. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>
#include <valgrind/memcheck.h>

/* Comparing as the chip does, and looking at the verdict: takes the place of crypto/secret.c. */
#define crypto_equal chips_equal
#include "crypto/secret.c"
#undef crypto_equal

bool crypto_equal(const void *a, const void *b, size_t len);

/* Every command line goes through here on its way from the talk to the chip. */
#include "card/loop/card.h"

static size_t watched_exchange(struct card *card, struct bytes line, uint8_t reply[REPLY_MAX]);

#define card_exchange watched_exchange
#include "fuzz/card_fuzz.c"
#undef card_exchange

enum { SAW_A_SECRET = 9, VALGRIND_FAILED = 1, TALK_MOST = 512, INS_VERIFY = 0x20, HEAD_LEN = 5 };

static const char *own_path;
static bool carelessly; /* compares as nobody should */

bool crypto_equal(const void *a, const void *b, size_t len) {
    const uint8_t *left = a, *right = b;
    bool same = chips_equal(a, b, len);
    for (size_t i = 0; carelessly && i < len; i++) {
        if (left[i] != right[i]) {
            break;
        }
    }
    (void)VALGRIND_MAKE_MEM_DEFINED(&same, sizeof same);
    return same;
}

/* What goes over the line is public, but for a PIN. */
static size_t watched_exchange(struct card *card, struct bytes line, uint8_t reply[REPLY_MAX]) {
    (void)VALGRIND_MAKE_MEM_DEFINED(line.at, line.len);
    if (line.len > HEAD_LEN && line.at[1] == INS_VERIFY) {
        (void)VALGRIND_MAKE_MEM_UNDEFINED(line.at + HEAD_LEN, line.len - HEAD_LEN);
    }
    VALGRIND_ENABLE_ERROR_REPORTING;
    size_t len = card_exchange(card, line, reply);
    VALGRIND_DISABLE_ERROR_REPORTING;
    (void)VALGRIND_MAKE_MEM_DEFINED(&len, sizeof len);
    (void)VALGRIND_MAKE_MEM_DEFINED(reply, len);
    return len;
}

static void telling_chain(
    const uint8_t key[DES_BLOCK], uint8_t chain[DES_BLOCK], const uint8_t *data, size_t blocks) {
    engine_plain.chain(key, chain, data, blocks);
    (void)VALGRIND_MAKE_MEM_DEFINED(chain, DES_BLOCK);
}

/* Other batches take the place of those that brought the keys, which go home. */
static void wash_ring(struct world *w) {
    struct nvm nvm = memory_nvm(&w->fresh.memory);
    struct store s;
    assert(store_recover(&s, &nvm));
    for (uint8_t i = 0; i < LAYOUT_RING_LEN / NVM_PAGE; i++) {
        store_begin(&s);
        bool done = store_write(&s, LAYOUT_LIFE + LAYOUT_LIFE_LEN - 1, &i, 1) && store_commit(&s);
        assert(done);
    }
}

/* Marks the values of all keys and PINs wherever they lie in the memory; returns how many. */
static unsigned hide_secrets(struct world *w) {
    unsigned hidden = 0;
    for (size_t key = 0; key < KNOWN_KEYS; key++) {
        for (uint32_t at = 0; at + known_keys[key].len <= KNOWN_SIZE; at++) {
            uint8_t *cells = w->fresh.memory.cells + at;
            size_t len = known_keys[key].type == TYPE_PIN ? PIN_DIGITS : known_keys[key].len;
            if (memcmp(cells, w->secrets[key], len) == 0) {
                (void)VALGRIND_MAKE_MEM_UNDEFINED(cells, len);
                hidden++;
                at += (uint32_t)len - 1;
            }
        }
    }
    return hidden;
}

/* Whole lives of a card: steps as card_fuzz.c reads them. */
static const char *const talks[] = {
    /* the wallet: a wrong PIN, a short one, the right one; load, buy, and what proves it */
    "F505 0B 0020000006111111111111 08 0020000003111111 F1"
    "11 805000020B0100001000 440100000001 10 F401 11 805001020B0100000010 440100000001 0F F402"
    "08 805A000602000108 05 805C000204",
    /* deposit: load, limit, unload */
    "F505 F1 11 805000010B0100001000 440100000001 10 F401"
    "0D 805004010701 440100000001 13 F407 11 805005010B0100000010 440100000001 10 F402",
    /* a debit and a credit with wrong MACs */
    "F505 F1 11 805000020B0100001000 440100000001 10 10 805200000B 20031008093000 01020304"
    "11 805001020B0100000000 440100000001 0F 14 805401000F 00000001 20031008093000 01020304",
    /* proofs: right ones, wrong ones, and the card's own */
    "F505 F000 05 0084000008 0D 00820000080102030405060708 0E 00880001081122334455667788 08"
    "F501 F000 F001 F002 15 00880000101122334455667788 1122334455667788"
    "05 0084000008 15 00820004101122334455667788 1122334455667788",
    /* messages: right MACs under both dialects, wrong ones, a sealed read, blocking */
    "F505 F209 00D6950004AABBCCDD F205 00B09C0000 05 0084000008"
    "0D 04D6950008AABBCCDD01020304 F205 841E000000 F205 8418000000"
    "F501 F00A F20A 00DC012805 6203AABBCC 05 0084000008 09 842400000401020304",
};

/* Under valgrind: all talks, with the watched engine. */
static int run_watched(bool carefully) {
    static const struct engine telling = {.triple = NULL, .chain = telling_chain};
    static struct engine watched;
    VALGRIND_DISABLE_ERROR_REPORTING;
    (void)LLVMFuzzerTestOneInput(NULL, 0);
    watched = telling;
    watched.triple = engine_plain.triple;
    engine_use(&watched);
    carelessly = !carefully;
    wash_ring(&worlds[0]);
    if (hide_secrets(&worlds[0]) < KNOWN_KEYS) {
        VALGRIND_ENABLE_ERROR_REPORTING;
        return VALGRIND_FAILED;
    }
    for (size_t i = 0; i < sizeof talks / sizeof talks[0]; i++) {
        uint8_t input[TALK_MOST];
        talk(&worlds[0], bytes_of(input, from_hex(talks[i], input, sizeof input)));
    }
    VALGRIND_ENABLE_ERROR_REPORTING;
    return 0;
}

/* The exit status of this program under valgrind: 0, or SAW_A_SECRET, or valgrind's trouble. */
static int under_valgrind(const char *how) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!getenv("SHOW")) {
            assert_non_null(freopen("/dev/null", "w", stderr));
        }
        (void)execlp("valgrind", "valgrind", "-q", "--error-exitcode=9", own_path, how, NULL);
        _exit(VALGRIND_FAILED);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) == VALGRIND_FAILED) {
        print_message("skipped: valgrind cannot run this program\n");
        skip();
    }
    return WEXITSTATUS(status);
}

static void a_comparison_that_stops_early_is_seen(void **state) {
    (void)state;
    assert_int_equal(under_valgrind("careless"), SAW_A_SECRET);
}

static void no_command_lets_a_key_or_a_pin_choose_its_way(void **state) {
    (void)state;
    assert_int_equal(under_valgrind("careful"), 0);
}

/* The same talks without valgrind: they do reach what they are there for. */
static void the_talks_reach_money(void **state) {
    (void)state;
    uint8_t input[TALK_MOST];
    (void)LLVMFuzzerTestOneInput(NULL, 0);
    talk(&worlds[0], bytes_of(input, from_hex(talks[0], input, sizeof input)));
    assert_int_equal(worlds[0].balances[1], 0xFF0);
    talk(&worlds[0], bytes_of(input, from_hex(talks[1], input, sizeof input)));
    assert_int_not_equal(worlds[0].balances[0], 0);
}

int main(int argc, char **argv) {
    own_path = argv[0];
    if (argc == 2) {
        return run_watched(strcmp(argv[1], "careful") == 0);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_talks_reach_money),
        cmocka_unit_test(a_comparison_that_stops_early_is_seen),
        cmocka_unit_test(no_command_lets_a_key_or_a_pin_choose_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A memory that refuses a programming, for the n-th of a talk and every n: worn cells, or a supply
 * that is too weak. The page is then as it was, or holds anything, or took everything although it
 * says otherwise. What the card answers must be true all the same: no try comes back, no wrong PIN
 * is believed, no fen moves but with a purchase that was asked for. */
#include "card/trader.h"

enum {
    REFUSALS = 40, /* every talk has more programmings */
    FILLED_MOST = 48,
    FILLED_STEP = 8,
    STEPS = 40,
    RESET_EVERY = 13,
    PRICE = 7,
    MONEY = 1000,
    TRIES = 3,
    NEVER = INT32_MAX, /* more writes than any talk here makes */
};

enum refusal { NOTHING_WRITTEN, GARBAGE_WRITTEN, ALL_WRITTEN, REFUSAL_KINDS };

static struct hand hand;
static bool (*real_write)(void *self, uint32_t at, const void *from, uint32_t len);
static uint32_t good_writes; /* before the one that is refused */
static enum refusal kind;
static bool refused; /* in this talk */

static bool refusing_write(void *self, uint32_t at, const void *from, uint32_t len) {
    static const uint8_t garbage[NVM_PAGE] = {0x5A, 0xA5, 0x00, 0xFF};
    if (good_writes != NEVER && good_writes-- == 0) {
        good_writes = NEVER;
        refused = true;
        if (kind != NOTHING_WRITTEN) {
            (void)real_write(self, at, kind == ALL_WRITTEN ? from : garbage, len);
        }
        return false;
    }
    return real_write(self, at, from, len);
}

/* The power comes back, and the port is as bad as before. */
static void power(void) {
    uint32_t later = good_writes;
    good_writes = NEVER;
    assert_int_equal(hand_reset(&hand), 17);
    hand.nvm.write = refusing_write;
    good_writes = later;
}

/* Batches that must go home when their room is wanted, in free space [sweep.h has the same]. */
static void fill_ring(unsigned batches) {
    struct store *s = &hand.card.cos.chip.store;
    for (unsigned i = 0; i < batches; i++) {
        uint8_t byte = (uint8_t)(i + 1);
        store_begin_brief(s);
        assert_true(store_write(s, HAND_SIZE - (i % 32 + 1) * NVM_PAGE, &byte, 1));
        assert_true(store_commit(s));
    }
}

/* What a terminal knows. */
struct knowledge {
    uint32_t balance;
    unsigned tries;
};

static void wrong_pin(struct knowledge *k) {
    hand_say(&hand, "0020000003654321");
    unsigned sw = hand_sw(&hand);
    assert_int_not_equal(sw, 0x9000);
    if (sw >> 4 == 0x63C) {
        assert_true((sw & 0x0F) < k->tries); /* no try was won */
        k->tries = sw & 0x0F;
    }
}

static void right_pin(struct knowledge *k) {
    hand_say(&hand, "0020000003123456");
    k->tries = hand_sw(&hand) == 0x9000 ? TRIES : k->tries;
}

static void buy(struct knowledge *k, uint32_t seq) {
    k->balance -= trader_buy(&hand, PRICE, seq) == 0x9000 ? PRICE : 0;
}

static void ask(const struct knowledge *k) {
    hand_say(&hand, "805C000204");
    if (hand_sw(&hand) == 0x9000) {
        struct cursor c = cursor_over(bytes_of(hand.reply, 4));
        assert_int_equal(cursor_u32(&c), k->balance);
    }
}

/* After a reset the memory decides: at most the one purchase whose answer was lost is more than
 * the terminal knows, and a try that was taken. */
static void reset_and_look(struct knowledge *k) {
    uint32_t later = good_writes;
    power();
    good_writes = NEVER; /* while we look */
    uint32_t balance = trader_look(&hand, 2).wallet.balance;
    assert_true(balance == k->balance || balance == k->balance - PRICE);
    k->balance = balance;
    hand_say(&hand, SELECT_WALLET);
    right_pin(k);
    assert_int_equal(hand_sw(&hand), 0x9000); /* two wrong ones have not locked it */
    good_writes = later;
}

static void talk(void) {
    struct knowledge k = {.balance = MONEY, .tries = TRIES};
    for (uint32_t step = 0; step < STEPS; step++) {
        switch (step % 4) {
        case 0:
            wrong_pin(&k);
            break;
        case 1:
            right_pin(&k);
            break;
        case 2:
            buy(&k, step);
            break;
        default:
            ask(&k);
            break;
        }
        if (step % RESET_EVERY == RESET_EVERY - 1) {
            reset_and_look(&k);
        }
    }
    reset_and_look(&k);
}

/* One refusal in a talk, on a ring that is so full. */
static void refuse_once(const struct memory *kept, unsigned batches, uint32_t n) {
    memory_copy(&hand.memory, kept);
    good_writes = NEVER;
    refused = false;
    power();
    hand_say(&hand, SELECT_WALLET);
    fill_ring(batches);
    good_writes = n;
    talk();
    assert_true(refused);
}

static void no_refused_programming_gains_anything(void **state) {
    static struct memory kept;
    (void)state;
    hand_make_wallet(&hand);
    hand_ok(&hand, "0020000003123456");
    assert_int_equal(trader_load(&hand, MONEY), 0x9000);
    memory_copy(&kept, &hand.memory);
    real_write = hand.nvm.write;
    for (kind = NOTHING_WRITTEN; kind < REFUSAL_KINDS; kind++) {
        for (uint32_t n = 0; n < REFUSALS; n++) {
            for (unsigned batches = 0; batches <= FILLED_MOST; batches += FILLED_STEP) {
                refuse_once(&kept, batches, n);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_refused_programming_gains_anything),
    };
    return partner_run("refused programmings", tests, sizeof tests / sizeof tests[0]);
}

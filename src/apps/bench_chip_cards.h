/* The cards that `shebao bench chip` works with: a card of profile P10 and a PSAM, made by the same
 * code as any card, in memories of this program that count what is programmed.
 *
 * Keys are test keys from a seed. Nothing here is timed; the loops that are timed begin and end
 * with cards in a state that a function here has brought about. One thread. */
#pragma once

#include "keys/vault.h"
#include "ports/sim/memory.h"
#include "terminal/psam.h"
#include "terminal/wallet.h"

/* One chip, its memory and the reader it lies in. The mirror is for the speed of reading: see
 * card/store/nvm.h. */
struct bench_card {
    struct memory memory;
    uint8_t mirror[MEMORY_MAX];
    struct nvm nvm;
    struct reader reader;
};

struct bench_cards {
    struct bench_card card, module;
    struct memory card_loaded, module_fresh; /* what bench_cards_renew() goes back to */
    struct psam psam;
    struct vault vault;
    uint8_t factor[FACTOR_LEN], city_factor[FACTOR_LEN];
    char pin[7];
    unsigned bought; /* since the cards were renewed */
};

enum {
    BENCH_LOADED_FEN = 1000000,   /* the most that a wallet holds: as many purchases of one fen */
    BENCH_PURCHASES_MOST = 60000, /* before offline numbers run out [purse.md 3.5] */
};

/* Makes both and loads the wallet. The struct is large: it belongs into static memory or on the
 * heap. ERR_CONFLICT when a card refuses what it should not. Ended by bench_cards_close(), also
 * after a failure. */
enum err bench_cards_open(uint64_t seed, struct bench_cards *cards, struct why *why);
void bench_cards_close(struct bench_cards *cards);

/* Both as they were when they were opened: the wallet full and selected, the module at its
 * application. */
enum err bench_cards_renew(struct bench_cards *cards, struct why *why);

/* The card as it comes into a terminal: powered, its wallet selected. Then the PIN, if wanted. */
enum err bench_visit(struct bench_cards *cards, struct why *why);
enum err bench_show_pin(struct bench_cards *cards, struct why *why);

/* One whole purchase of one fen as a terminal makes it: INITIALIZE on the card, 8070 in the module,
 * DEBIT on the card, 8072 in the module. Every MAC is checked by the side that has to. */
enum err bench_buy(struct bench_cards *cards, struct why *why);

/* A load of the wallet with the centre's MAC; the PIN must have been verified. */
enum err bench_load(struct bench_cards *cards, uint32_t amount, struct why *why);

/* Opens DF01 to the holder: selects the social security environment, verifies the PIN, selects
 * DF01. Its files may be read now, because of the PIN of the directory above. */
enum err bench_enter_df01(struct bench_cards *cards, struct why *why);

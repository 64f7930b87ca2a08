#include "card/commands/commands.h"

/* The commands of the wallet, of the medical account and of the purchase module. What their data
 * are made of says a table, so their engines take them apart. [purse.md 4.4 to 4.13, 6; card.md 6,
 * 7] */

enum sw initialize_transaction(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    return purse_begin(&cos->chip, &cos->purse, cmd, out);
}

enum sw complete_transaction(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    return purse_complete(&cos->chip, &cos->purse, cmd, out);
}

enum sw get_balance(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    return purse_balance(&cos->chip, cmd, out);
}

enum sw get_transaction_prove(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    return purse_prove(&cos->chip, cmd, out);
}

enum sw sam_init_purchase(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    return sam_begin(&cos->chip, &cos->sam, cmd, out);
}

enum sw sam_credit_purchase(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    return sam_credit(&cos->chip, &cos->sam, cmd);
}

enum sw sam_init_session(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    return sam_session(&cos->chip, &cos->sam, cmd);
}

enum sw sam_init_key(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    return sam_load(&cos->chip, &cos->sam, cmd);
}

enum sw sam_calculate(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    return sam_compute(&cos->sam, cmd, out);
}

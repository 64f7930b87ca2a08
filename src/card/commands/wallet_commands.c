#include "card/commands/commands.h"

/* The commands of the wallet and of the purchase module: their data taken apart. [purse.md 4.4 to
 * 4.13, 6.3, 6.4] */

enum {
    P1_INIT_LIMIT = 0x04, /* INITIALIZE FOR UPDATE, which brings no amount */
    P1_CREDIT = 0x00,
    P1_DEBIT_PURCHASE = 0x01,
    P1_DEBIT_UNLOAD = 0x03,
    WALLET_P2_MAX = 2,
    SAM_FIXED_LEN = 0x14, /* of INIT SAM FOR PURCHASE, before the factors */
};

enum sw initialize_transaction(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct cursor c = cursor_over(cmd->data);
    struct purse_order order = {.p1 = cmd->p1, .p2 = cmd->p2};
    order.key_id = cursor_u8(&c);
    order.amount = cmd->p1 == P1_INIT_LIMIT ? 0 : cursor_u32(&c);
    cursor_copy(&c, order.terminal, sizeof order.terminal);
    if (!cursor_finished(&c)) {
        purse_forget(&cos->purse);
        return SW_WRONG_LENGTH;
    }
    return purse_begin(&cos->chip, &cos->purse, &order, out);
}

/* What all completions end with. 6700 when that is not the end. */
static enum sw take_moment_and_mac(struct cursor *c, struct purse_completion *done) {
    cursor_copy(c, done->moment, sizeof done->moment);
    cursor_copy(c, done->mac, sizeof done->mac);
    return cursor_finished(c) ? SW_OK : SW_WRONG_LENGTH;
}

enum sw credit_for_load(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct cursor c = cursor_over(cmd->data);
    struct purse_completion done = {0};
    enum sw sw = take_moment_and_mac(&c, &done);
    if (sw != SW_OK) {
        return sw;
    }
    if (cmd->p1 != P1_CREDIT || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    return purse_credit(&cos->chip, &cos->purse, &done, out);
}

/* DEBIT FOR PURCHASE, with the terminal's sequence in front, or DEBIT FOR UNLOAD, without. */
enum sw debit_for(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct cursor c = cursor_over(cmd->data);
    struct purse_completion done = {0};
    bool unloads = cmd->p1 == P1_DEBIT_UNLOAD;
    if (!unloads) {
        done.terminal_seq = cursor_u32(&c);
    }
    enum sw sw = take_moment_and_mac(&c, &done);
    if (sw != SW_OK) {
        return sw;
    }
    if ((cmd->p1 != P1_DEBIT_PURCHASE && !unloads) || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    return unloads ? purse_unload(&cos->chip, &cos->purse, &done, out)
                   : purse_debit(&cos->chip, &cos->purse, &done, out);
}

enum sw update_overdraw_limit(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct cursor c = cursor_over(cmd->data);
    struct purse_completion done = {.limit = cursor_u24(&c)};
    enum sw sw = take_moment_and_mac(&c, &done);
    if (sw != SW_OK) {
        return sw;
    }
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    return purse_limit(&cos->chip, &cos->purse, &done, out);
}

enum sw get_balance(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    if (cmd->p1 != 0 || cmd->p2 == 0 || cmd->p2 > WALLET_P2_MAX) {
        return SW_WRONG_P1P2;
    }
    return purse_balance(&cos->chip, cmd->p2, out);
}

enum sw get_transaction_prove(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct cursor c = cursor_over(cmd->data);
    uint16_t number = cursor_u16(&c);
    if (!cursor_finished(&c)) {
        return SW_WRONG_LENGTH;
    }
    return cmd->p1 == 0 ? purse_prove(&cos->chip, cmd->p2, number, out) : SW_WRONG_P1P2;
}

enum sw sam_init_purchase(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    struct cursor c = cursor_over(cmd->data);
    struct sam_order order = {0};
    if (cmd->data.len < SAM_FIXED_LEN) {
        return SW_WRONG_LENGTH;
    }
    size_t levels = (cmd->data.len - SAM_FIXED_LEN) / FACTOR_LEN;
    if (levels < 1
        || levels > SAM_LEVELS_MAX) { /* purchase keys that need no factor do not exist */
        return SW_WRONG_LENGTH;
    }
    cursor_copy(&c, order.random, sizeof order.random);
    order.number = cursor_u16(&c);
    order.amount = cursor_u32(&c);
    order.trade = cursor_u8(&c);
    cursor_copy(&c, order.moment, sizeof order.moment);
    order.key_version = cursor_u8(&c);
    order.algorithm = cursor_u8(&c);
    order.levels = (uint8_t)levels;
    cursor_copy(&c, order.factors, levels * FACTOR_LEN);
    if (!cursor_finished(&c)) {
        return SW_WRONG_LENGTH;
    }
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    return sam_begin(&cos->chip, &cos->sam, &order, out);
}

enum sw sam_credit_purchase(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    if (cmd->data.len != MAC_LEN) {
        return SW_WRONG_LENGTH;
    }
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    return sam_credit(&cos->chip, &cos->sam, cmd->data.at);
}

/* The body of a wallet file: balance, transaction numbers, and the proofs of the last transactions.
 * [purse.md 3.5, 4.13, 7.1]
 *
 * The parts of it that have changed are written in one range into the store's open batch: with the log record of
 * the same batch all that a purchase changes is new together or old together. A purchase costs the
 * memory two page programmings: 17 bytes here, the record of 23, the log's pointer of 2, under one
 * head. Balances do not stay in one place to wear it: they live in the store's ring. */
#pragma once

#include "card/files/tree.h"
#include "wire/purse_message.h"

/* What GET TRANSACTION PROVE answers with. trade 0: there was no transaction yet. */
struct wallet_proof {
    uint8_t trade;        /* enum trade */
    uint16_t number;      /* the transaction number after it [purse.md C-02] */
    uint8_t mac[MAC_LEN]; /* MAC2 of a purchase, MAC3 of an unload, zeros of a load */
    uint8_t tac[MAC_LEN];
};

struct wallet {
    uint32_t balance; /* fen; for the deposit wallet with its overdraft limit */
    uint16_t online;  /* numbers of the next transactions, each kind its own */
    uint16_t offline;
    uint32_t overdraft; /* three bytes on the card */
    struct wallet_proof last_online, last_offline;
};

enum { WALLET_LEN = 4 + 2 + 2 + 3 + 2 * (1 + 2 + MAC_LEN + MAC_LEN) };
_Static_assert(WALLET_LEN == 33, "the body that tree.h counts");

/* 6981 when it is no wallet. */
enum sw wallet_read(const struct store *s, const struct ef *ef, struct wallet *out);

/* Stages the balance and what else is other than before. overdraft must fit three bytes (6A80). */
enum sw wallet_write(struct store *s, const struct ef *ef, const struct wallet *w);

/* Another card in place of one 补卡, 换卡: the order for it, and taking the order back. [system.md
 * 4.0.1 T8, T9; 4.4.4]
 *
 * An order is one transaction: the application for the new card, and the step of the old card that
 * remembers it. From then on the loss of the old card cannot be lifted; it ends when the new card is
 * handed over (card_end_replaced() in registry/card_service.h). Sent again under the same request,
 * an order makes no second application and is answered with the same receipt. */
#pragma once

#include "issuance/fee.h"
#include "registry/card_service.h"

/* One order. Everything is borrowed for the call. */
struct replacement {
    const struct issuance_store *store;
    const struct registry_store *registry; /* over the same database */
    const char *card;                      /* the old one's number */
    const char *point;                     /* where the holder will fetch the new one */
    const char *officer;                   /* of a service point */
    const char *request;                   /* as in struct card_order */
    uint32_t day, time;
    const struct order_store
        *fees;    /* takes down what it costs; NULL where it is paid on the spot */
    bool renewal; /* because its validity ends: allowed in the last days before that only */
};

/* Orders the new card; *application receives the application's number. ERR_CONFLICT: the card is
 * sealed, cancelled, or lost for now only; a replacement or another application of the person is
 * open; a renewal comes too early (parameter card-renewal-days). ERR_DENIED: the officer may not. */
enum err replacement_order(const struct replacement *r, int64_t *application,
    struct card_receipt *receipt, struct why *why);

/* Takes the order back, with its application. ERR_CONFLICT when nothing is ordered, or the new card
 * is in work already. */
enum err replacement_withdraw(
    const struct replacement *r, struct card_receipt *receipt, struct why *why);

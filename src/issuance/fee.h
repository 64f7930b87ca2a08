/* 缴费: the fee of a card that takes the place of one, and the mark of an urgent application. [system.md 4.0.2,
 * 4.0.3, 4.4.4, 12; decision 0062]
 *
 * A first card is free, and so is one that the centre owes (07, 质保换卡) or whose validity ends. The order of
 * any other takes down what is due that day (parameter replacement-fen); a batch takes it once the fee is
 * settled: paid, with the number of a receipt, or waived by two officers with a reason.
 *
 * fee 1: a receipt pays one application, once; the same again changes nothing.
 * fee 2: what is paid is not withdrawn any more.
 *
 * Each function is one transaction with its row of the audit chain. */
#pragma once

#include "issuance/order_store.h"

/* Takes down what the application costs on the desk's day; nothing when the parameter is 0. In the caller's
 * transaction. */
enum err fee_take_down(const struct order_store *store, const struct registry_store *registry,
    int64_t application, uint32_t day, struct why *why);

/* It is paid. ERR_NOT_FOUND: nothing is due for it; ERR_CONFLICT: another receipt paid it, it was waived, or the
 * receipt paid another; ERR_INVALID: no number of a receipt; ERR_DENIED: the officer is of no point. */
enum err fee_pay(const struct order_desk *desk, int64_t application, const char *receipt,
    struct fee *fee, struct why *why);

/* Two officers, one of a point and an approver, waive it. Errors as fee_pay(). */
enum err fee_waive(const struct order_desk *desk, int64_t application, const char *reason,
    struct fee *fee, struct why *why);

/* ERR_CONFLICT when it was paid: the order stands. In the caller's transaction. */
enum err fee_open_to_withdraw(
    const struct order_store *store, int64_t application, struct why *why);

/* Marks an application that waits as normal, urgent or made by the centre; a batch holds one mark and takes
 * the highest first. The same mark again changes nothing. ERR_CONFLICT: it waits no longer; ERR_INVALID: the
 * mark of an instant card, which is ordered as one; ERR_DENIED: the officer is no approver. */
enum err application_mark(
    const struct order_desk *desk, int64_t application, enum priority priority, struct why *why);

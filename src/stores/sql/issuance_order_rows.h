/* Fees, priorities and number ranges in the centre's database.
 *
 * order_rows_open() fills the table of functions that issuance/order_store.h describes. Nothing is decided
 * here: rows move only from the state that the caller saw. Every sentence stands in issuance_order.def and is
 * prepared at the opening. One thread at a time. */
#pragma once

#include "issuance/order_store.h"
#include "stores/sql/db.h"

/* Prepares every sentence over a database that db_open() brought up to date; issuance is borrowed and gives
 * transactions, audit, applications and numbers. order_rows_close() ends it before the database is closed.
 * After a failure *out is as it was. */
enum err order_rows_open(
    struct db *db, const struct issuance_store *issuance, struct order_store *out, struct why *why);

/* Finalizes the sentences; a store that was never opened (self NULL) is left alone. */
void order_rows_close(struct order_store *store);
#define ORDER_SCOPE(name)                                                                          \
    __attribute__((cleanup(order_rows_close))) struct order_store name = {.self = NULL}

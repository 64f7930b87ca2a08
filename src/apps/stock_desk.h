/* A centre opened for the work of a store room: its registry, its issuing and its stock of blanks,
 * over one database. */
#pragma once

#include "apps/city.h"
#include "stores/sql/issuance_rows.h"
#include "stores/sql/issuance_stock.h"

struct stock_desk {
    struct city city;
    struct issuance_store issuance;
    struct stock_store stock;
};

/* Opens all of it; the errors are those of city_open(). stock_desk_close() ends it, also after a
 * failure. */
enum err stock_desk_open(struct stock_desk *desk, const char *dir, struct why *why);
void stock_desk_close(struct stock_desk *desk);
#define STOCK_DESK_SCOPE(name)                                                                     \
    __attribute__((cleanup(stock_desk_close))) struct stock_desk name = {.city.use = USE_DESK}

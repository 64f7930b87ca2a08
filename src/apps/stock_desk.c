#include "apps/stock_desk.h"

enum err stock_desk_open(struct stock_desk *desk, const char *dir, struct why *why) {
    enum err err = city_open(&desk->city, dir, why);
    err = err ? err : issuance_rows_open(&desk->city.db, &desk->issuance, why);
    return err ? err : stock_rows_open(&desk->city.db, &desk->issuance, &desk->stock, why);
}

/* Sentences before the database that they were prepared on. */
void stock_desk_close(struct stock_desk *desk) {
    stock_rows_close(&desk->stock);
    issuance_rows_close(&desk->issuance);
    city_close(&desk->city);
}

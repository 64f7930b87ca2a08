#include "apps/order_desk.h"

#include "host/ending.h"
#include "stores/sql/issuance_order_rows.h"
#include "stores/sql/issuance_rows.h"

enum err order_room_open(
    struct order_room *room, const struct order_options *given, struct why *why) {
    enum err err = city_open(&room->city, given->data, why);
    err = err ? err : issuance_rows_open(&room->city.db, &room->issuance, why);
    err = err ? err : order_rows_open(&room->city.db, &room->issuance, &room->orders, why);
    room->desk = (struct order_desk){.store = &room->orders,
        .registry = &room->city.store,
        .officer = given->officer,
        .second = given->second,
        .day = given->date ? given->date : room->city.centre.file.date};
    return err;
}

/* Sentences before the database that they were prepared on. */
void order_room_close(struct order_room *room) {
    order_rows_close(&room->orders);
    issuance_rows_close(&room->issuance);
    city_close(&room->city);
}

int order_tell(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}

#include <inttypes.h>
#include <stdio.h>

#include "apps/card_slip.h"
#include "apps/command.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/replacement.h"
#include "stores/sql/issuance_order_rows.h"
#include "stores/sql/issuance_rows.h"

struct replace_options {
    struct slip_options common;
    const char *point;
    bool withdraw;
};

/* clang-format off */
static const struct option options[] = {
    SLIP_OPTIONS(struct replace_options),
    {"--point", OPTION_TEXT, offsetof(struct replace_options, point), "CODE", NULL,
        "service point where the new card is fetched; else that of the last application", true},
    {"--withdraw", OPTION_FLAG, offsetof(struct replace_options, withdraw), NULL, NULL,
        "take the order back, as long as the new card is not in work", false},
};
/* clang-format on */

static const struct usage replace_usage = {
    .command = "card replace",
    .help =
        "Orders a card in place of one that is lost, locked or broken. The old one ends when the\n"
        "new one is handed over; from the order on its loss cannot be lifted.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static const struct usage renew_usage = {
    .command = "card renew",
    .help = "Orders a card in place of one whose validity ends soon (parameter\n"
            "card-renewal-days). The old one ends when the new one is handed over.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* The point of the person's last application: where the old card was fetched. */
static enum err last_point(const struct city *city, const struct issuance_store *store,
    const struct card_order *order, struct application *last, struct why *why) {
    struct card_record card;
    struct batch_line line;
    enum err err = card_find(&city->store, order->card, &card, why);
    err = err ? err : store->line_of_card(store->self, card.number, &line, why);
    err = err ? err : store->application_get(store->self, line.application, last, why);
    return err == ERR_NOT_FOUND ? why_say(why, ERR_CONFLICT,
               "it is not known where the old card was fetched; name a point with --point")
                                : err;
}

/* What the order costs, on the same slip. */
static enum err tell_fee(
    const struct order_store *fees, int64_t application, bool json, struct why *why) {
    struct fee fee;
    struct why none;
    enum err err = fees->fee_get(fees->self, application, &fee, &none);
    if (!err && !json && !fee.settled) {
        (void)printf("应缴 fee due: %" PRId64 ".%02d 元; then application pay %" PRId64 "\n",
            fee.fen / 100, (int)(fee.fen % 100), application);
    }
    return err && err != ERR_NOT_FOUND ? why_say(why, err, "%s", none.text) : OK;
}

static enum err order_or_withdraw(struct city *city, const struct order_store *fees,
    const struct replace_options *given, bool renewal, struct why *why) {
    const struct issuance_store *store = fees->issuance;
    char made[SLIP_REQUEST_ROOM];
    struct card_order order;
    struct card_receipt receipt;
    int64_t application = 0;
    struct application last = {.point = ""};
    enum err err = slip_order(&given->common, city, made, &order, why);
    if (!err && !given->point && !given->withdraw) {
        err = last_point(city, store, &order, &last, why);
    }
    const struct replacement r = {.store = store,
        .registry = &city->store,
        .card = order.card,
        .point = given->point ? given->point : last.point,
        .officer = order.who,
        .request = order.request,
        .day = order.day,
        .time = order.time,
        .fees = fees,
        .renewal = renewal};
    if (!err && given->withdraw) {
        err = replacement_withdraw(&r, &receipt, why);
    } else if (!err) {
        err = replacement_order(&r, &application, &receipt, why);
    }
    if (!err) {
        slip_print(&receipt, application, given->common.json);
        err = tell_fee(fees, application, given->common.json, why);
    }
    return err;
}

static int replace(const struct usage *usage, bool renewal, int argc, char **argv) {
    struct replace_options given;
    struct issuance_store store = {.self = NULL};
    struct order_store fees = {.self = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.common.data, &why);
    err = err ? err : issuance_rows_open(&city.db, &store, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    err = order_rows_open(&city.db, &store, &fees, &why);
    err = err ? err : order_or_withdraw(&city, &fees, &given, renewal, &why);
    order_rows_close(&fees);
    issuance_rows_close(&store);
    return slip_tell(err, &why);
}

int card_replace_command(int argc, char **argv) {
    return replace(&replace_usage, false, argc, argv);
}

int card_renew_command(int argc, char **argv) {
    return replace(&renew_usage, true, argc, argv);
}

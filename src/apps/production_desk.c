#include "apps/production_desk.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "apps/key_desk.h"
#include "issuance/keys_ready.h"
#include "issuance/making_rule.h"

/* Production over the same database as the stock. */
enum err production_desk_open(struct production_desk *desk, const char *data, struct why *why) {
    enum err err = stock_desk_open(&desk->stock, data, why);
    return err ? err : production_rows_open(&desk->stock.city.db, &desk->production, why);
}

/* The issuer is the city's, on its business date. */
static enum err open_issuer(struct production_desk *desk, struct why *why) {
    const struct centre_file *file = &desk->stock.city.centre.file;
    int64_t years = 0;
    enum err err = parameter_value(
        &desk->stock.city.store, PARAMETER_CARD_VALID_YEARS, file->date, &years, why);
    desk->issuer = issuer_of(
        (uint32_t)strtoul(file->region, NULL, 10), file->date, (uint32_t)years);
    desk->issuer.purse = city_purse(&desk->stock.city);
    return err;
}

/* A feed delivers chips that the profile of the day fits into. */
static enum err open_feed(
    struct production_desk *desk, const struct production_order *order, struct why *why) {
    const struct centre *centre = &desk->stock.city.centre;
    const struct making_rule *rule = making_rule_of(centre->file.date);
    if (!centre->file.rehearsal) {
        return why_say(why, ERR_DENIED,
            "this program's chips are for rehearsals; a city's blanks are plastic: send the batch "
            "to "
            "its maker with batch export");
    }
    if (!rule) {
        return why_say(why, ERR_CONFLICT, "no rule has a profile for cards of %u",
            (unsigned)centre->file.date);
    }
    const struct cell_feed_order feed = {.dir = centre->dir,
        .region = desk->issuer.region,
        .chips = order->chips,
        .profile = rule->profile,
        .seats = (unsigned)order->seats,
        .found = true};
    return cell_feed_open(&feed, &desk->feed, why);
}

/* Chips of this program never wait: a hand for each core, and the seats among them. */
static unsigned hands_for(int64_t seats) {
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t hands = cores < 1 ? 1 : cores;
    hands = hands < CELL_HANDS_MAX ? hands : CELL_HANDS_MAX;
    return (unsigned)(hands < seats ? hands : seats);
}

/* The vault's process comes first: what is opened after it is not even there in it. */
enum err production_desk_open_cell(
    struct production_desk *desk, const struct production_order *order, struct why *why) {
    if (order->seats < 1 || order->seats > CELL_SEATS_MAX) {
        return why_say(why, ERR_CONFLICT, "--seats is 1 to %d", CELL_SEATS_MAX);
    }
    const unsigned hands = hands_for(order->seats);
    enum err err = vault_desk_open(order->data, order->words, desk->vaults, hands, why);
    err = err ? err : production_desk_open(desk, order->data, why);
    err = err ? err : open_issuer(desk, why);
    err = err ? err : open_feed(desk, order, why);
    desk->cell = (struct cell){.store = &desk->stock.issuance,
        .registry = &desk->stock.city.store,
        .production = &desk->production,
        .stock = &desk->stock.stock,
        .point = desk->stock.city.centre.file.region, /* the centre's own store [decision 0032] */
        .feed = &desk->feed,
        .issuer = &desk->issuer,
        .seats = (unsigned)order->seats,
        .hands = hands};
    for (unsigned i = 0; i < hands; i++) {
        desk->cell.vaults[i] = &desk->vaults[i];
    }
    return err;
}

enum err production_desk_keys(struct production_desk *desk, int64_t batch, struct why *why) {
    const struct making_rule *rule = making_rule_of(desk->stock.city.centre.file.date);
    struct personalisation work = {.vault = &desk->vaults[0], .issuer = &desk->issuer};
    struct keeping_keys *keys = NULL;
    assert(rule); /* the feed was opened with it */
    enum err err = keeping_keys_open(&keys, &desk->stock.city.db, why);
    err = err ? err : key_desk_of_batch(keys, batch, desk->key_versions, why);
    keeping_keys_close(keys);
    desk->issuer.key_versions = desk->key_versions;
    work.profile = rule->profile;
    return err ? err : keys_ready(&work, why);
}

/* Sentences before the database that they were prepared on. */
void production_desk_close(struct production_desk *desk) {
    for (size_t i = 0; i < CELL_HANDS_MAX; i++) {
        if (desk->vaults[i].close) {
            desk->vaults[i].close(desk->vaults[i].self);
        }
    }
    if (desk->feed.self) {
        cell_feed_close(&desk->feed);
    }
    production_rows_close(&desk->production);
    stock_desk_close(&desk->stock);
}

/* The sample is that of the business date. */
enum err production_desk_quality(
    struct production_desk *desk, struct quality_desk *out, struct why *why) {
    *out = (struct quality_desk){.store = &desk->stock.issuance,
        .registry = &desk->stock.city.store,
        .production = &desk->production};
    return parameter_value(&desk->stock.city.store, PARAMETER_QUALITY_SAMPLE,
        desk->stock.city.centre.file.date, &out->percent, why);
}

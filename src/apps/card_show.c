#include <stdio.h>
#include <string.h>

#include "apps/card_slip.h"
#include "apps/command.h"
#include "base/hex.h"
#include "host/ending.h"
#include "host/options.h"

struct show_options {
    const char *number, *data;
    bool json;
};

static const struct option options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct show_options, number), NULL, NULL, "number of the card",
     false},
    OPTION_DATA(struct show_options, data),
    OPTION_JSON(struct show_options, json),
};

static const struct usage usage = {
    .command = "card show",
    .help = "Shows what a card is, and every step of its life with who made it. Its holder's\n"
            "number is masked.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* What stands above the steps. */
static void print_card(const struct card_record *c, const struct person *holder) {
    char masked[NUMBER_LEN + 1];
    number_mask(holder->number, masked);
    (void)printf("%-12s %s\n%-12s %s, %s\n%-12s %s (%s)\n", "card", c->number, "holder",
        holder->name, masked, "state", card_life_name(c->life), card_life_name_zh(c->life));
    const struct sub_reason *sub = sub_reason_of(c->sub_reason);
    if (sub) {
        (void)printf("%-12s %d %s %s\n", "reason", sub->code, sub->word, sub->zh);
    }
    (void)printf("%-12s %u to %u\n", "valid", c->issued, c->valid_until);
    if (c->loss_until) {
        (void)printf("%-12s until %u\n", "loss report", c->loss_until);
    }
    if (c->replacement) {
        (void)printf("%-12s application %lld%s%s\n", "replacement", (long long)c->replacement,
            c->replaced_by[0] ? ", card " : "", c->replaced_by);
    }
}

static json_t *json_of(const struct card_record *c, const struct person *holder) {
    char masked[NUMBER_LEN + 1];
    char factor[2 * CARD_FACTOR_LEN + 1];
    number_mask(holder->number, masked);
    hex_write(bytes_of(c->factor, CARD_FACTOR_LEN), factor);
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:i, s:i, s:i, s:I, s:s}", "number",
        c->number, "holder", holder->name, "holder_number", masked, "factor", factor, "life",
        (int)c->life, "sub_reason", c->sub_reason, "batch", (json_int_t)c->batch, "issued",
        (int)c->issued, "valid_until", (int)c->valid_until, "loss_until", (int)c->loss_until,
        "replacement", (json_int_t)c->replacement, "replaced_by", c->replaced_by);
}

/* Every step in its order; steps NULL: to the terminal. */
static enum err show_steps(
    const struct registry_store *store, const char *number, json_t *steps, struct why *why) {
    struct card_receipt r = {.id = 0};
    enum err err = OK;
    while (!err) {
        err = store->card_receipt_after(store->self, number, r.id, &r, why);
        if (!err && steps) {
            (void)json_array_append_new(steps, slip_json(&r));
        } else if (!err) {
            (void)printf("%u %06u  %-28s %s -> %s  by %s, slip %lld\n", r.day, r.time,
                card_event_name(r.event), card_life_name_zh(r.was), card_life_name_zh(r.became),
                r.who, (long long)r.id);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err show(struct city *city, const struct show_options *given, struct why *why) {
    struct card_record card;
    struct person holder;
    enum err err = card_find(&city->store, given->number, &card, why);
    err = err ? err : city->store.person_by_id(city->store.self, card.person, &holder, why);
    if (err) {
        return err;
    }
    if (!given->json) {
        print_card(&card, &holder);
        return show_steps(&city->store, card.number, NULL, why);
    }
    json_t *shown = json_of(&card, &holder);
    json_t *steps = json_array();
    err = show_steps(&city->store, card.number, steps, why);
    (void)json_object_set_new(shown, "steps", steps);
    if (!err) {
        (void)json_dumpf(shown, stdout, 0);
        (void)printf("\n");
    }
    json_decref(shown);
    return err;
}

int card_show_command(int argc, char **argv) {
    struct show_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    return slip_tell(show(&city, &given, &why), &why);
}

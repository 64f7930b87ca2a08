#include "apps/card_slip.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <openssl/rand.h>

#include "base/day.h"
#include "base/hex.h"
#include "host/ending.h"

/* The wall's time of day, as the counter's clock shows it. */
static uint32_t time_now(void) {
    time_t now = time(NULL);
    struct tm local;
    if (!localtime_r(&now, &local)) {
        return 0;
    }
    return (uint32_t)(local.tm_hour * 10000 + local.tm_min * 100 + (local.tm_sec % 60));
}

static enum err time_read(const char *text, uint32_t *time, struct why *why) {
    uint64_t value = 0;
    struct bytes digits = bytes_text(text);
    bool good = digits.len == 6 && digits_read(digits, &value) && value / 10000 < 24
                && value / 100 % 100 < 60 && value % 100 < 60;
    *time = (uint32_t)value;
    return good ? OK : why_say(why, ERR_INVALID, "%.16s is no time of day; write HHMMSS", text);
}

enum err slip_order(const struct slip_options *given, const struct city *city,
    char made[SLIP_REQUEST_ROOM], struct card_order *order, struct why *why) {
    uint8_t chance[8] = {0};
    *order = (struct card_order){.card = given->number,
        .who = given->by,
        .request = given->request,
        .day = given->date ? given->date : city->centre.file.date,
        .time = time_now()};
    if (!given->request) {
        if (RAND_bytes(chance, sizeof chance) != 1) {
            return why_say(why, ERR_OUTSIDE, "no chance from the system; give a --request");
        }
        char text[2 * sizeof chance + 1];
        hex_write(bytes_of(chance, sizeof chance), text);
        (void)snprintf(made, SLIP_REQUEST_ROOM, "counter-%s", text);
        order->request = made;
    }
    return given->time ? time_read(given->time, &order->time, why) : OK;
}

json_t *slip_json(const struct card_receipt *r) {
    return json_pack("{s:I, s:s, s:s, s:i, s:i, s:i, s:s, s:s, s:i, s:i, s:i, s:i}", "slip",
        (json_int_t)r->id, "card", r->card, "event", card_event_name(r->event), "was", (int)r->was,
        "became", (int)r->became, "sub_reason", r->sub_reason, "by", r->who, "request", r->request,
        "day", (int)r->day, "time", (int)r->time, "until", (int)r->until, "list_version",
        (int)r->version);
}

static void print_words(const struct card_receipt *r, int64_t application) {
    (void)printf("%-12s %" PRId64 "\n%-12s %s\n%-12s %s a card\n", "slip", r->id, "card", r->card,
        "order", card_event_name(r->event));
    (void)printf("%-12s %s (%s), was %s (%s)\n", "now", card_life_name(r->became),
        card_life_name_zh(r->became), card_life_name(r->was), card_life_name_zh(r->was));
    const struct sub_reason *sub = sub_reason_of(r->sub_reason);
    if (sub) {
        (void)printf("%-12s %d %s %s\n", "reason", sub->code, sub->word, sub->zh);
    }
    (void)printf("%-12s %s\n%-12s %s\n%-12s %u %06u\n", "by", r->who, "request", r->request, "at",
        r->day, r->time);
    if (r->until) {
        (void)printf("%-12s %u, the last day of the report\n", "until", r->until);
    }
    if (r->version) {
        (void)printf(
            "%-12s version %u says so: online points at once, others with their next list\n",
            "blacklist", r->version);
    }
    if (application) {
        (void)printf("%-12s %" PRId64 "\n", "application", application);
    }
}

void slip_print(const struct card_receipt *receipt, int64_t application, bool json) {
    assert(receipt->id > 0);
    if (!json) {
        print_words(receipt, application);
        return;
    }
    json_t *shown = slip_json(receipt);
    if (application) {
        (void)json_object_set_new(shown, "application", json_integer(application));
    }
    (void)json_dumpf(shown, stdout, 0);
    (void)printf("\n");
    json_decref(shown);
}

int slip_tell(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}

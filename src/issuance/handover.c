#include "issuance/handover.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "issuance/application.h"
#include "issuance/batch.h"
#include "issuance/handover_window.h"
#include "issuance/station.h"
#include "registry/card_service.h"

enum { REQUEST_MAX = 32 };

/* Where a PIN lives, and what the holder calls it. */
static const enum profile_place pin_places[] = {AT_SSSE, AT_WALLET};

/* --- the chip ----------------------------------------------------------------------------- */

/* The chip says the number that the record says. [system.md 4.0.1 T2: read-back equals record] */
static enum err check_number(struct station *st, const char *card_number, struct why *why) {
    const struct profile_file *f = profile_file(FILE_SSSE_EF05);
    struct apdu read = {.ins = 0xB2,
        .p1 = 0x07,
        .p2 = (uint8_t)(profile_sfi(f) << 3 | 0x04),
        .le = CARD_NUMBER_LEN + 2};
    struct reply reply;
    enum err err = station_select(st, AT_SSSE, why);
    err = err ? err : station_send(st, &read, "card number", &reply, why);
    if (!err
        && (reply.len != CARD_NUMBER_LEN + 2
            || memcmp(reply.data + 2, card_number, CARD_NUMBER_LEN) != 0)) {
        err = why_say(why, ERR_CONFLICT,
            "the chip is not card %s; take the card that belongs to the record", card_number);
    }
    return err;
}

/* A change whose answer was lost may have been made: then the new PIN is the right one. */
static enum err check_new_pin(
    struct station *st, const uint8_t new_pin[STATION_PIN_LEN], uint16_t sw, struct why *why) {
    struct apdu verify = {.ins = 0x20, .data = bytes_of(new_pin, STATION_PIN_LEN)};
    struct reply reply;
    enum err err = station_ask(st, &verify, &reply, why);
    if (!err && reply.sw != SW_OK) {
        err = why_say(why, ERR_DENIED, "the old PIN is wrong: card answered %04X (%s)",
            (unsigned)sw, sw_text(sw));
    }
    return err;
}

/* 80 5E 01 00 old FF new; plain, since the holder types both at this very reader. [purse.md 4.2] */
static enum err change_pin(struct station *st, enum profile_place place, const uint8_t *old_pin,
    const uint8_t *new_pin, struct why *why) {
    uint8_t data[2 * STATION_PIN_LEN + 1];
    struct builder b = builder_in(data, sizeof data);
    put_bytes(&b, bytes_of(old_pin, STATION_PIN_LEN));
    put_u8(&b, 0xFF);
    put_bytes(&b, bytes_of(new_pin, STATION_PIN_LEN));
    assert(!b.overflowed);
    assert(b.len == sizeof data);
    struct apdu change = {.cla = 0x80, .ins = 0x5E, .p1 = 0x01, .data = builder_bytes(&b)};
    struct reply reply;
    enum err err = station_select(st, place, why);
    err = err ? err : station_ask(st, &change, &reply, why);
    crypto_wipe(data, sizeof data);
    if (!err && reply.sw != SW_OK) {
        err = check_new_pin(st, new_pin, reply.sw, why);
    }
    return err ? why_add(why, err, "change PIN of %s", profile_directory(place)->zh) : OK;
}

/* Both applications, or the error of the first that refuses; secrets leave the stack on every
 * path. */
static enum err change_pins(
    struct station *st, const char *old_pin, const char *new_pin, struct why *why) {
    uint8_t old_bytes[STATION_PIN_LEN] = {0};
    uint8_t new_bytes[STATION_PIN_LEN] = {0};
    enum err err = OK;
    if (!station_pin(old_pin, old_bytes) || !station_pin(new_pin, new_bytes)) {
        err = why_say(why, ERR_INVALID, "a PIN is six digits");
    } else if (crypto_equal(old_bytes, new_bytes, STATION_PIN_LEN)) {
        err = why_say(why, ERR_INVALID, "the new PIN must differ from the first one");
    }
    for (size_t i = 0; !err && i < sizeof pin_places / sizeof pin_places[0]; i++) {
        err = change_pin(st, pin_places[i], old_bytes, new_bytes, why);
    }
    crypto_wipe(old_bytes, sizeof old_bytes);
    crypto_wipe(new_bytes, sizeof new_bytes);
    return err;
}

/* factor NULL: whatever chip it is, its number decides. */
static enum err chip_part(const struct reader *reader, const char *card_number,
    const uint8_t *factor, const char *old_pin, const char *new_pin, struct why *why) {
    struct station st = {.reader = reader};
    enum err err = station_reset(&st, why);
    if (!err && factor && memcmp(st.factor, factor, sizeof st.factor) != 0) {
        err = why_say(why, ERR_CONFLICT,
            "the chip in the reader is not the one of card %s; take the card that belongs to the "
            "record",
            card_number);
    }
    err = err ? err : check_number(&st, card_number, why);
    return err ? err : change_pins(&st, old_pin, new_pin, why);
}

/* For whoever keeps the records elsewhere. */
enum err hand_over_chip(const struct reader *reader, const char *card_number, const char *old_pin,
    const char *new_pin, struct why *why) {
    return chip_part(reader, card_number, NULL, old_pin, new_pin, why);
}

/* --- the records -------------------------------------------------------------------------- */

/* A card can be handed over while it is sealed and its line is finished. */
static enum err check_records(const struct handover *h, struct card_record *card,
    struct batch_line *line, bool *out, struct why *why) {
    const struct card_step *step;
    int to = 0;
    enum err err = officer_require(h->registry, h->officer, ROLE_POINT, why);
    err = err ? err : h->registry->card_by_number(h->registry->self, h->card_number, card, why);
    err = err ? err : card_life_next(card->life, EVENT_HAND_OVER, &step, why);
    err = err ? err : h->store->line_of_card(h->store->self, h->card_number, line, why);
    err = err ? err : handover_look(h, card, out, why);
    if (!err && !*out) {
        err = machine_next(&line_machine, (int)line->state, LINE_HAND_OUT, &to, why);
    }
    if (!err && memcmp(line->card_factor, card->factor, sizeof line->card_factor) != 0) {
        err = why_say(why, ERR_CONFLICT,
            "batch %" PRId64 " and the registry name two different chips", line->batch);
    }
    return err;
}

/* Card, line, application and the card that this one replaces in one transaction; the request's number is the card's, because a
 * card is handed over once in its life. */
static enum err write_records(const struct handover *h, const struct card_record *card,
    const struct batch_line *line, bool out, struct why *why) {
    char request[REQUEST_MAX];
    (void)snprintf(request, sizeof request, "hand-over %s", h->card_number);
    struct card_order order = {.card = h->card_number,
        .event = EVENT_HAND_OVER,
        .who = h->officer,
        .request = request,
        .day = h->day,
        .time = h->time};
    assert(strlen(request) <= REQUEST_LEN);
    struct line_result result = {.event = LINE_HAND_OUT};
    WORK_SCOPE(work);
    enum err err = work_begin(&work, h->store, why);
    err = err ? err : card_step(h->registry, &order, why);
    if (!err && !out) { /* one of a package is out already */
        err = batch_line_step(h->store, line->batch, line->seq, &result, why);
    }
    err = err ? err : handover_write(h, card, out, why);
    err = err ? err
              : application_step(h->store, line->application, APPLICATION_SUCCEED, h->officer, why);
    err = err ? err : card_end_replaced(h->registry, line->application, &order, why);
    return err ? err : work_commit(&work, why);
}

/* Look at the records, then at the chip, change the chip, write the records: each part that has
 * been done is found done by the next call. */
enum err hand_over(const struct handover *h, struct why *why) {
    struct card_record card;
    struct batch_line line;
    bool out = false;
    enum err err = check_records(h, &card, &line, &out, why);
    err = err ? err
              : chip_part(h->reader, h->card_number, card.factor, h->old_pin, h->new_pin, why);
    err = err ? err : write_records(h, &card, &line, out, why);
    return err ? why_add(why, err, "hand over card %s", h->card_number) : OK;
}

#include <assert.h>

#include "stores/sql/registry_rows.h"

/* A row of the history as the struct has it; what does not fit was not written by this program. */
static void row_receipt(struct say *s, struct card_receipt *out) {
    out->id = row_int(s);
    row_text(s, out->card, sizeof out->card);
    int64_t event = row_int(s);
    int64_t was = row_int(s);
    int64_t became = row_int(s);
    assert(event >= 0 && event < CARD_EVENTS);
    assert(card_life_exists(was) && card_life_exists(became));
    out->event = (enum card_event)event;
    out->was = (enum card_life)was;
    out->became = (enum card_life)became;
    out->sub_reason = (int)row_int(s);
    row_text(s, out->who, sizeof out->who);
    row_text(s, out->request, sizeof out->request);
    out->day = (uint32_t)row_int(s);
    out->time = (uint32_t)row_int(s);
    out->until = (uint32_t)row_int(s);
    out->version = (uint32_t)row_int(s);
}

static enum err receipt_found(struct say *s, struct card_receipt *out, struct why *why) {
    bool there = say_next(s);
    if (there) {
        row_receipt(s, out);
    }
    return registry_found_row(s, there, "request", why);
}

enum err rows_card_receipt(void *self, const char *number, const char *request,
    struct card_receipt *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_RECEIPT);
    say_text(&s, number);
    say_text(&s, request);
    return receipt_found(&s, out, why);
}

enum err rows_card_receipt_after(
    void *self, const char *number, int64_t after, struct card_receipt *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_RECEIPT_AFTER);
    say_text(&s, number);
    say_int(&s, after);
    return receipt_found(&s, out, why);
}

enum err rows_card_event_count(
    void *self, const char *number, enum card_event event, int64_t *count, struct why *why) {
    struct say s = registry_say(self, SENTENCE_EVENT_COUNT);
    say_text(&s, number);
    say_int(&s, event);
    *count = say_next(&s) ? row_int(&s) : 0;
    return say_end(&s, why);
}

enum err rows_card_of_replacement(
    void *self, int64_t application, struct card_record *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_CARD_OF_REPLACEMENT);
    assert(application > 0); /* 0 is every card that has none */
    say_int(&s, application);
    return registry_card_found(&s, out, why);
}

/* One walk over the cards in all, however many are due: each call goes on behind the last one. */
enum err rows_card_due(
    void *self, uint32_t day, const char *after, struct card_record *out, struct why *why) {
    struct say s = registry_say(self, SENTENCE_CARD_DUE);
    say_int(&s, day);
    say_text(&s, after);
    return registry_card_found(&s, out, why);
}

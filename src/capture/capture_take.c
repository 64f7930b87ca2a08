#include "capture/capture_take.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/day.h"
#include "registry/applicant.h"
#include "registry/person_change.h"

static const struct refusal_text {
    const char *code, *zh, *en, *next;
} refusals[CAPTURE_MAY] = {
#define REFUSAL(member, code, zh, en, next) [member] = {code, zh, en, next},
#include "capture/capture_refusal.def"
};

/* --- may they be captured? -------------------------------------------------------------------- */

/* What stands behind "KIND:" when text begins so, or NULL. */
static const char *number_behind(const char *text, const char *kind) {
    size_t len = strlen(kind);
    bool so = text && strncmp(text, kind, len) == 0 && text[len] == ':' && text[len + 1] != '\0';
    return so ? text + len + 1 : NULL;
}

static enum capture_refusal document_check(
    const struct person *person, const char *document, bool child) {
    const char *card = number_behind(document, "id-card");
    if (card) {
        return number17_of(bytes_text(card)) == number17_of(bytes_text(person->number))
                   ? CAPTURE_MAY
                   : CAPTURE_OTHER_DOCUMENT;
    }
    return child && number_behind(document, "household-book") ? CAPTURE_MAY : CAPTURE_NO_DOCUMENT;
}

/* The day on which the identity card ends, as the record has it; a record without one says nothing. */
static enum err expired(
    const struct capture_desk *desk, const struct person *person, bool *is, struct why *why) {
    char until[ITEM_ROOM];
    uint64_t day = 0;
    const struct item *item = item_named("id-to");
    assert(item);
    enum err err = item_read(desk->persons->store, person, item, until, why);
    *is = !err && strlen(until) == 8 && digits_read(bytes_text(until), &day) && day < desk->day;
    return err;
}

static enum err refusal_of(const struct capture_desk *desk, const struct capture_order *order,
    const struct person *person, enum capture_refusal *refusal, struct why *why) {
    bool child = person_is_child(person, desk->day);
    bool old = false;
    enum err err = expired(desk, person, &old, why);
    *refusal = document_check(person, order->document, child);
    if (*refusal == CAPTURE_MAY && old && number_behind(order->document, "id-card")) {
        *refusal = CAPTURE_EXPIRED;
    }
    bool proven = number_behind(order->proof, "household-book")
                  || number_behind(order->proof, "birth-paper");
    if (*refusal == CAPTURE_MAY && child && !proven) {
        *refusal = CAPTURE_NO_PROOF;
    }
    if (*refusal == CAPTURE_MAY && !order->confirmed) {
        *refusal = CAPTURE_NOT_CONFIRMED;
    }
    return err;
}

/* Everything that stands in the way of somebody, whom *person then holds. */
static enum err may_be_captured(const struct capture_desk *desk, const struct capture_order *order,
    struct person *person, struct why *why) {
    const struct applicant applicant = {.number = order->number,
        .name = order->name,
        .guardian = order->guardian,
        .day = desk->day};
    enum applicant_answer answer = APPLICANT_MAY;
    enum capture_refusal refusal = CAPTURE_MAY;
    enum err err = applicant_ask(desk->persons, &applicant, person, &answer, why);
    if (!err && answer != APPLICANT_MAY) {
        const struct applicant_text *text = applicant_text(answer);
        return why_say(why, answer == APPLICANT_UNKNOWN ? ERR_NOT_FOUND : ERR_CONFLICT,
            "%d %s, %s; %s", text->answer, text->zh, text->en, text->next);
    }
    err = err ? err : refusal_of(desk, order, person, &refusal, why);
    if (!err && refusal != CAPTURE_MAY) {
        const struct refusal_text *text = &refusals[refusal];
        return why_say(
            why, ERR_CONFLICT, "%s %s, %s; %s", text->code, text->zh, text->en, text->next);
    }
    return err;
}

/* --- taking ----------------------------------------------------------------------------------- */

static enum err audit(
    const struct capture_desk *desk, const struct capture_record *record, struct why *why) {
    const struct person_store *store = desk->persons->store;
    char what[64];
    char code[CAPTURE_CODE_ROOM];
    (void)snprintf(what, sizeof what, "capture %s", record_state_text(record->state));
    capture_code_write(record, code);
    return store->audit(store->self, desk->officer, what, code, why);
}

/* The youngest record that still counts: not sent back, and not older than its photo may be. */
static enum err known_record(const struct capture_desk *desk, int64_t person,
    struct capture_record *record, bool *known, struct why *why) {
    struct why none;
    int64_t days = 0;
    enum err err = parameter_value(
        desk->persons->registry, PARAMETER_PHOTO_DAYS, desk->day, &days, why);
    if (err) {
        return err;
    }
    uint32_t since = day_plus(desk->day, -(int32_t)days);
    err = desk->store->record_of(desk->store->self, person, since, record, &none);
    *known = err == OK;
    return !err || err == ERR_NOT_FOUND ? OK : why_say(why, err, "%s", none.text);
}

/* "id-card:NUMBER, guardian NUMBER, birth-paper:NUMBER", with the numbers masked to their ends: the papers
 * themselves are not kept. */
static void materials_write(const struct capture_order *order, char text[MATERIALS_ROOM]) {
    char document[NUMBER_LEN + 1];
    char guardian[NUMBER_LEN + 1] = "";
    const char *colon = strchr(order->document, ':');
    assert(colon); /* document_check() let it pass */
    number_mask(colon + 1, document);
    if (order->guardian) {
        number_mask(order->guardian, guardian);
    }
    (void)snprintf(text, MATERIALS_ROOM, "%.*s:%s%s%s%s%.40s", (int)(colon - order->document),
        order->document, document, order->guardian ? ", guardian " : "", guardian,
        order->proof ? ", " : "", order->proof ? order->proof : "");
}

/* What capture_take() changes, once it may: the photo, and the record over it. The first finding is the
 * worst. */
static enum err keep(const struct capture_desk *desk, const struct capture_order *order,
    struct capture_record *record, struct why *why) {
    struct photo photo;
    struct photo_offer offer = *order->photo;
    offer.person = record->person;
    enum err err = photo_take(desk, &offer, &photo, why);
    if (!err && photo.state != PHOTO_USABLE && photo.state != PHOTO_MANUAL) {
        return why_say(why, ERR_CONFLICT, "照片%s: %.*s; take it again",
            photo_state_text(photo.state), (int)strcspn(photo.reason, "\n"), photo.reason);
    }
    record->photo = photo.id;
    err = err ? err : desk->store->record_add(desk->store->self, record, why);
    return err ? err : audit(desk, record, why);
}

enum err capture_take(const struct capture_desk *desk, const struct capture_order *order,
    struct capture_record *record, struct why *why) {
    PERSON_WORK_SCOPE(work);
    struct person person;
    bool known = false;
    assert((order->package == 0) == (order->sequence == 0));
    enum err err = officer_require(desk->persons->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : person_work_begin(&work, desk->persons->store, why);
    err = err ? err : may_be_captured(desk, order, &person, why);
    err = err ? err : known_record(desk, person.id, record, &known, why);
    if (err || known) {
        return err;
    }
    *record = (struct capture_record){.person = person.id,
        .state = RECORD_TAKEN,
        .package = order->package,
        .sequence = order->sequence,
        .day = desk->day,
        .time = desk->time};
    (void)snprintf(record->officer, sizeof record->officer, "%s", desk->officer);
    (void)snprintf(record->point, sizeof record->point, "%s", desk->point);
    materials_write(order, record->materials);
    err = keep(desk, order, record, why);
    return err ? err : person_work_commit(&work, why);
}

/* --- the second operator ---------------------------------------------------------------------- */

static enum err check_check(const struct capture_desk *desk, const struct capture_record *record,
    bool good, const char *reason, struct why *why) {
    struct photo photo;
    enum err err = officer_require(desk->persons->registry, desk->officer, ROLE_APPROVER, why);
    if (!err && strcmp(record->officer, desk->officer) == 0) {
        err = why_say(
            why, ERR_DENIED, "%s captured this person; another officer checks it", desk->officer);
    }
    if (!err && !good && (!reason || !*reason || strlen(reason) >= REASON_ROOM)) {
        err = why_say(why, ERR_INVALID,
            "what goes back has a reason of at most %d bytes; say it (--back)", REASON_ROOM - 1);
    }
    err = err ? err : desk->store->photo_get(desk->store->self, record->photo, &photo, why);
    if (!err && good && photo.state != PHOTO_USABLE) {
        err = why_say(why, ERR_CONFLICT,
            "photo P%" PRId64 " is %s; decide about it first (photo decide)", photo.id,
            photo_state_text(photo.state));
    }
    return err;
}

enum err capture_check(const struct capture_desk *desk, int64_t id, bool good, const char *reason,
    struct capture_record *record, struct why *why) {
    PERSON_WORK_SCOPE(work);
    enum record_state to = good ? RECORD_CHECKED : RECORD_BACK;
    enum err err = person_work_begin(&work, desk->persons->store, why);
    err = err ? err : desk->store->record_get(desk->store->self, id, record, why);
    err = err ? err : check_check(desk, record, good, reason, why);
    if (err || (record->state == to && strcmp(record->second, desk->officer) == 0)) {
        return err;
    }
    if (record->state != RECORD_TAKEN) {
        return why_say(why, ERR_CONFLICT, "it is %s; only what waits is checked",
            record_state_text(record->state));
    }
    record->state = to;
    (void)snprintf(record->second, sizeof record->second, "%s", desk->officer);
    (void)snprintf(record->reason, sizeof record->reason, "%s", good ? "" : reason);
    err = desk->store->record_move(desk->store->self, record, RECORD_TAKEN, why);
    err = err ? err : audit(desk, record, why);
    return err ? err : person_work_commit(&work, why);
}

/* --- codes ------------------------------------------------------------------------------------ */

void capture_code_write(const struct capture_record *record, char code[CAPTURE_CODE_ROOM]) {
    assert(record->id > 0 && record->id < 1000000000000);
    (void)snprintf(code, CAPTURE_CODE_ROOM, "C%08u-%" PRId64, record->day, record->id);
}

enum err capture_by_code(const struct capture_desk *desk, const char *code,
    struct capture_record *record, struct why *why) {
    uint64_t day = 0;
    uint64_t id = 0;
    size_t len = strlen(code);
    bool good = len >= 11 && len <= 22 && code[0] == 'C' && code[9] == '-'
                && digits_read(bytes_of(code + 1, 8), &day)
                && digits_read(bytes_of(code + 10, len - 10), &id);
    struct why none;
    enum err err = good ? desk->store->record_get(desk->store->self, (int64_t)id, record, &none)
                        : ERR_NOT_FOUND;
    if (!err && record->day != day) {
        err = ERR_NOT_FOUND;
    }
    return err == ERR_NOT_FOUND ? why_say(why, err,
               "%.24s is no progress code of ours; it stands on the receipt, as C20031008-12", code)
           : err                ? why_say(why, err, "%s", none.text)
                                : OK;
}

/* --- the day ---------------------------------------------------------------------------------- */

static void count_record(
    struct capture_day *count, const struct capture_record *record, const struct photo *photo) {
    count->taken++;
    count->waiting += record->state == RECORD_TAKEN;
    count->checked += record->state == RECORD_CHECKED;
    count->back += record->state == RECORD_BACK;
    count->road += record->package != 0;
    count->photo_waiting += photo->state == PHOTO_MANUAL;
    bool usable = photo->state == PHOTO_USABLE || photo->state == PHOTO_EXPIRED;
    count->photo_passed += usable && photo->second[0] == '\0';
    count->photo_by_person += usable && photo->second[0] != '\0';
}

static enum err count_rejected(
    const struct capture_desk *desk, uint32_t day, int64_t *count, struct why *why) {
    struct photo photo = {.id = 0};
    for (;;) {
        enum err err = desk->store->photo_after(
            desk->store->self, PHOTO_REJECTED, UINT32_MAX, photo.id, &photo, why);
        if (err) {
            return err == ERR_NOT_FOUND ? OK : err;
        }
        *count += photo.day == day;
    }
}

enum err capture_day_count(
    const struct capture_desk *desk, uint32_t day, struct capture_day *count, struct why *why) {
    struct capture_record record = {.id = 0};
    *count = (struct capture_day){.taken = 0};
    enum err err = OK;
    while (!err) {
        struct photo photo;
        err = desk->store->record_after(desk->store->self, day, record.id, &record, why);
        if (err == ERR_NOT_FOUND) {
            break;
        }
        err = err ? err : desk->store->photo_get(desk->store->self, record.photo, &photo, why);
        if (!err) {
            count_record(count, &record, &photo);
        }
    }
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    assert(count->waiting + count->checked + count->back == count->taken);
    return count_rejected(desk, day, &count->photo_rejected, why);
}

#include "issuance/taking_back.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "issuance/application.h"
#include "issuance/batch.h"
#include "issuance/box.h"
#include "issuance/order_rule.h"

enum { SUBJECT_MAX = 96, REQUEST_ROOM = 40 };

/* The first keeps cards, the second approves; they are two. */
static enum err check_officers(
    const struct taking_back *t, enum officer_role role, struct why *why) {
    if (strcmp(t->officer, t->second) == 0) {
        return why_say(why, ERR_DENIED, "%s cannot be the second person, too", t->officer);
    }
    enum err err = officer_require(t->registry, t->officer, role, why);
    return err ? err : officer_require(t->registry, t->second, ROLE_APPROVER, why);
}

/* An officer decides about it, unless one has already. */
static enum err application_wait(
    const struct taking_back *t, const struct batch_line *line, struct why *why) {
    struct application a;
    enum err err = t->store->application_get(t->store->self, line->application, &a, why);
    return err || a.state != APPLICATION_IN_WORK ? err
                                                 : application_step(t->store, line->application,
                                                     APPLICATION_TROUBLE, t->officer, why);
}

/* One row that names both. */
static enum err note(
    const struct taking_back *t, const char *what, const struct batch_line *line, struct why *why) {
    char subject[SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "batch %" PRId64 " line %" PRId32 ", with %.32s",
        line->batch, line->seq, t->second);
    return t->store->audit(t->store->self, t->officer, what, subject, why);
}

/* The line's own step and what every end of this kind brings with it. */
static enum err end_line(const struct taking_back *t, const struct batch_line *line,
    enum line_event event, const char *reason, struct why *why) {
    const struct line_result result = {.event = event, .reason = reason};
    enum err err = batch_line_step(t->store, line->batch, line->seq, &result, why);
    err = err ? err : application_wait(t, line, why);
    return err ? err : note(t, machine_event_en(&line_machine, (int)event), line, why);
}

/* Out of the box that it lies in, if it lies in one. */
static enum err out_of_box(const struct taking_back *t, const char *card_number, struct why *why) {
    const struct point_desk desk = {.store = t->points,
        .registry = t->registry,
        .officer = t->officer,
        .second = t->second,
        .day = t->day,
        .time = t->time};
    char point[POINT_MAX + 1];
    return t->points ? box_take_out(&desk, card_number, ENTRY_RECOVERED, point, why) : OK;
}

enum err card_take_back(
    const struct taking_back *t, const char *card_number, int sub_reason, struct why *why) {
    struct batch_line line;
    char request[REQUEST_ROOM];
    (void)snprintf(request, sizeof request, "take back %.9s", card_number);
    const struct card_order order = {.card = card_number,
        .event = EVENT_SPOIL,
        .sub_reason = sub_reason,
        .who = t->officer,
        .second = t->second,
        .request = request,
        .day = t->day,
        .time = t->time};
    enum err err = check_officers(t, ROLE_POINT, why);
    if (!err && sub_reason != 95 && sub_reason != 96 && sub_reason != 98) {
        err = why_say(why, ERR_INVALID,
            "a card is taken back as 95 (spoiled), 96 (not fetched) or 98 (wrong data), not %d",
            sub_reason);
    }
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, t->store, why);
    err = err ? err : t->store->line_of_card(t->store->self, card_number, &line, why);
    err = err ? err : end_line(t, &line, LINE_RECOVER, sub_reason == 96 ? "not fetched" : "", why);
    err = err ? err : card_step(t->registry, &order, why);
    err = err ? err : out_of_box(t, card_number, why);
    if (!err && t->window) {
        err = t->window->wrong_end(t->window->self, card_number, t->day, why);
    }
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "take back card %s", card_number) : OK;
}

enum err line_destroy(const struct taking_back *t, int64_t batch, int32_t seq, struct why *why) {
    struct batch_line line;
    enum err err = check_officers(t, ROLE_MAKER, why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, t->store, why);
    err = err ? err : t->store->line_get(t->store->self, batch, seq, &line, why);
    err = err ? err : end_line(t, &line, LINE_DESTROY, line.reason, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "destroy") : OK;
}

enum err application_again(
    const struct taking_back *t, int64_t application, struct application *fresh, struct why *why) {
    struct application old = {0};
    enum err err = check_officers(t, ROLE_POINT, why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, t->store, why);
    err = err ? err : t->store->application_get(t->store->self, application, &old, why);
    err = err ? err : application_step(t->store, application, APPLICATION_SOLVE, t->second, why);
    *fresh = old;
    fresh->kind = APPLY_WARRANTY;
    fresh->day = t->day;
    fresh->priority = PRIORITY_URGENT;
    err = err ? err : order_holder_fits(t->registry, old.person, t->day, why);
    err = err ? err : application_make(t->store, fresh, t->officer, why);
    err = err ? err : application_answer(t->store, fresh->id, AUDIT_PASSED, t->second, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "order again") : OK;
}

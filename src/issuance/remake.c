#include "issuance/remake.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "issuance/errand.h"
#include "issuance/numbers.h"
#include "issuance/stock.h"

enum { SUBJECT_MAX = 96, LINES_AT_ONCE = 64, RESTORE_ACTION = 15 };

static enum err note(const struct point_desk *desk, const char *what, int64_t batch, int64_t other,
    struct why *why) {
    char subject[SUBJECT_MAX];
    const struct issuance_store *issuance = desk->store->issuance;
    (void)snprintf(subject, sizeof subject, "batch %" PRId64 ", %" PRId64 "%s%.32s", batch, other,
        desk->second ? ", with " : "", desk->second ? desk->second : "");
    return issuance->audit(issuance->self, desk->officer, what, subject, why);
}

/* --- remaking --------------------------------------------------------------------------------- */

/* Only a failure that names no chip is sure to have made none. */
static bool no_chip_was_made(const struct batch_line *line) {
    static const uint8_t none[sizeof line->card_factor] = {0};
    return line->state == LINE_FAILED && memcmp(line->card_factor, none, sizeof none) == 0;
}

/* The old line lets go of application and number, the new one takes them. */
static enum err take_over(const struct point_desk *desk, const struct batch_line *old,
    struct remake *remake, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    const struct line_result leave = {.event = LINE_LEAVE, .reason = old->reason};
    struct batch_line line = {.batch = remake->batch.id,
        .seq = remake->lines + 1,
        .application = old->application,
        .person = old->person,
        .state = LINE_IN_BATCH};
    (void)memcpy(line.card_number, old->card_number, sizeof line.card_number);
    enum err err = batch_line_step(issuance, old->batch, old->seq, &leave, why);
    if (!err && !no_chip_was_made(old)) {
        err = number_step(issuance, old->card_number, NUMBER_USE, why);
        err = err ? err : number_reserve(issuance, remake->batch.id, line.card_number, why);
        remake->new_numbers++;
    }
    err = err ? err : issuance->line_add(issuance->self, &line, why);
    remake->lines++;
    return err ? why_add(why, err, "line %" PRId32, old->seq) : OK;
}

static enum err take_all(
    const struct point_desk *desk, int64_t batch, struct remake *remake, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct batch_line list[LINES_AT_ONCE];
    int32_t after = 0;
    size_t count = 0;
    enum err err = OK;
    do {
        count = LINES_AT_ONCE;
        err = issuance->lines_after(issuance->self, batch, after, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            after = list[i].seq;
            bool again = list[i].state == LINE_FAILED || list[i].state == LINE_ODD;
            err = again ? take_over(desk, &list[i], remake, why) : OK;
        }
    } while (!err && count > 0);
    return err || remake->lines
               ? err
               : why_say(why, ERR_NOT_FOUND, "none of its lines has failed or is in doubt");
}

enum err batch_remake(
    const struct point_desk *desk, int64_t batch, struct remake *remake, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct batch old;
    *remake = (struct remake){
        .batch = {.state = BATCH_MADE, .day = desk->day}
    };
    enum err err = officer_require(desk->registry, desk->officer, ROLE_MAKER, why);
    err = err ? err
              : stock_word(remake->batch.maker, sizeof remake->batch.maker, desk->officer,
                  "an officer's code", why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, issuance, why);
    err = err ? err : issuance->batch_get(issuance->self, batch, &old, why);
    (void)memcpy(remake->batch.point, err ? "" : old.point, err ? 1 : sizeof old.point);
    err = err ? err : issuance->batch_add(issuance->self, &remake->batch, why);
    err = err ? err : take_all(desk, batch, remake, why);
    err = err ? err : note(desk, "remake batch", batch, remake->batch.id, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "remake of batch %" PRId64, batch) : OK;
}

/* --- restoring -------------------------------------------------------------------------------- */

/* Another officer may approve it next time. */
static enum err withdraw_approval(
    const struct point_desk *desk, const struct batch *b, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    enum err err = issuance->batch_approver(issuance->self, b->id, "", why);
    return err ? err : batch_step(issuance, b->id, BATCH_RESTORE, desk->officer, why);
}

/* Back to whoever answered last. */
static enum err unpack(const struct point_desk *desk, const struct batch *b, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct batch_file file;
    enum err err = issuance->file_get(
        issuance->self, b->id, errand_way(ERRAND_KEYS, true), &file, why);
    enum batch_event event = err ? BATCH_RESTORE : BATCH_RESTORE_KEYS;
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    err = boxes_unpack(desk, b->id, why);
    return err ? err : batch_step(issuance, b->id, event, desk->officer, why);
}

static enum err restore(const struct point_desk *desk, const struct batch *b, struct why *why) {
    switch (b->state) {
    case BATCH_APPROVED:
        return withdraw_approval(desk, b, why);
    case BATCH_PACKED:
        return unpack(desk, b, why);
    case BATCH_MADE:
    case BATCH_BANK_OUT:
    case BATCH_BANK_BACK:
    case BATCH_MAKER_OUT:
    case BATCH_MAKER_BACK:
    case BATCH_KEYS_OUT:
    case BATCH_KEYS_BACK:
    case BATCH_DELIVERED:
    case BATCH_STORED:
    case BATCH_CLOSED:
    case BATCH_CANCELLED:
        break;
    }
    return why_say(why, ERR_CONFLICT,
        "it is %s (%s): what this state brought out is with others already; only an approved or a "
        "packed batch can be restored",
        machine_state_en(&batch_machine, (int)b->state),
        machine_state_zh(&batch_machine, (int)b->state));
}

enum err batch_restore(const struct point_desk *desk, int64_t batch, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct batch b;
    enum err err = officer_require(desk->registry, desk->officer, ROLE_MAKER, why);
    if (!err && !desk->second) {
        err = why_say(why, ERR_DENIED, "restoring takes a maker and an approver");
    }
    err = err ? err : officer_require(desk->registry, desk->second, ROLE_APPROVER, why);
    if (err) {
        return err;
    }
    WORK_SCOPE(work);
    err = work_begin(&work, issuance, why);
    err = err ? err : issuance->batch_get(issuance->self, batch, &b, why);
    err = err ? err : restore(desk, &b, why);
    err = err ? err : note(desk, "restore batch", batch, RESTORE_ACTION, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "restore batch %" PRId64, batch) : OK;
}

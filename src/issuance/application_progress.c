#include "issuance/application_progress.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "issuance/errand.h"

static const struct {
    const char *name, *zh;
} stamps[STAMPS] = {
#define STAMP(member, name, zh, en) {name, zh},
#include "issuance/progress.def"
};
static const struct {
    const char *zh, *en;
} wordings[WORDINGS] = {
#define WORDING(member, zh, en) {zh, en},
#include "issuance/progress.def"
};

const char *progress_name(enum progress_stamp stamp) {
    assert(stamp < STAMPS);
    return stamps[stamp].name;
}

const char *progress_zh(enum progress_stamp stamp) {
    assert(stamp < STAMPS);
    return stamps[stamp].zh;
}

const char *progress_words_zh(enum progress_wording wording) {
    assert(wording < WORDINGS);
    return wordings[wording].zh;
}

const char *progress_words_en(enum progress_wording wording) {
    assert(wording < WORDINGS);
    return wordings[wording].en;
}

/* --- days ------------------------------------------------------------------------------------- */

/* Which file's day is which stamp. */
static const struct {
    enum progress_stamp stamp;
    enum errand errand;
    bool back;
} files[] = {
    {STAMP_BANK,       ERRAND_BANK,  false},
    {STAMP_BANK_BACK,  ERRAND_BANK,  true },
    {STAMP_MAKER,      ERRAND_MAKER, false},
    {STAMP_MAKER_BACK, ERRAND_MAKER, true },
    {STAMP_KEYS,       ERRAND_KEYS,  false},
    {STAMP_KEYS_BACK,  ERRAND_KEYS,  true },
};

static enum err read_files(
    const struct window_desk *desk, int64_t batch, struct progress_view *view, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    enum err err = OK;
    for (size_t i = 0; !err && i < sizeof files / sizeof files[0]; i++) {
        struct batch_file file;
        err = issuance->file_get(
            issuance->self, batch, errand_way(files[i].errand, files[i].back), &file, why);
        if (!err) {
            view->days[files[i].stamp] = file.day;
        }
        err = err == ERR_NOT_FOUND ? OK : err;
    }
    return err;
}

/* The day on which a box was sent last. */
static enum err read_sending(
    const struct window_desk *desk, int64_t box, struct progress_view *view, struct why *why) {
    const struct point_store *points = desk->at.store;
    struct box_entry entry = {.id = 0};
    enum err err = OK;
    while ((err = points->entry_after(points->self, box, NULL, entry.id, &entry, why)) == OK) {
        if (entry.kind == ENTRY_SENT) {
            view->days[STAMP_SENT] = entry.day;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The box that the card was packed into was sent; the one that it lies in now says its place. */
static enum err read_boxes(const struct window_desk *desk, const struct batch_line *line,
    struct progress_view *view, struct why *why) {
    const struct point_store *points = desk->at.store;
    struct box_card place;
    struct box box;
    enum err err = points->box_labelled(points->self, line->batch, line->box, &box, why);
    if (!err) {
        err = read_sending(desk, box.id, view, why);
        (void)memcpy(view->point, box.point[0] ? box.point : view->point, sizeof view->point);
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    err = err ? err : points->card_place(points->self, line->card_number, &place, why);
    err = err ? err : points->box_get(points->self, place.box, &box, why);
    if (!err) {
        char label[BOX_LABEL_MAX];
        box_label_write(&box, label);
        (void)snprintf(view->place, sizeof view->place, "%s-%" PRId32, label, place.position);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --- the word --------------------------------------------------------------------------------- */

/* A line that ended without a card in a hand. */
static bool has_failed(enum line_state state) {
    static const enum line_state failed[] = {LINE_NO_ACCOUNT, LINE_ACCOUNT_MISMATCH, LINE_FAILED,
        LINE_ODD, LINE_KEYS_WRONG, LINE_RECOVERED, LINE_DESTROYED, LINE_MISSING};
    for (size_t i = 0; i < sizeof failed / sizeof failed[0]; i++) {
        if (failed[i] == state) {
            return true;
        }
    }
    return false;
}

static enum progress_wording wording_of_application(const struct application *a) {
    return a->state == APPLICATION_APPLIED     ? WORDING_ENTERED
           : a->state == APPLICATION_IN_WORK   ? WORDING_MAKING
           : a->state == APPLICATION_SUCCEEDED ? WORDING_ENABLED
           : a->state == APPLICATION_TROUBLED  ? WORDING_FAILED
                                               : WORDING_ENDED;
}

/* Without a failure, the batch says how far the card is. */
static enum progress_wording wording_of_batch(enum batch_state state) {
    return state == BATCH_DELIVERED                         ? WORDING_CITY
           : state == BATCH_STORED || state == BATCH_CLOSED ? WORDING_POINT
                                                            : WORDING_MAKING;
}

/* What the receipt says of a card that has left the point. */
static enum err read_receipt(const struct window_desk *desk, const struct batch_line *line,
    struct progress_view *view, struct why *why) {
    struct handover_receipt receipt;
    enum err err = desk->store->receipt_get(desk->store->self, line->card_number, &receipt, why);
    if (!err) {
        view->days[STAMP_GOT] = receipt.day;
        view->wording = receipt.enabled ? WORDING_ENABLED : WORDING_SEALED;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err read_line(const struct window_desk *desk, const struct batch_line *line,
    struct progress_view *view, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct batch batch;
    (void)memcpy(view->card, line->card_number, sizeof view->card);
    enum err err = issuance->batch_get(issuance->self, line->batch, &batch, why);
    err = err ? err : read_files(desk, line->batch, view, why);
    err = err ? err : read_boxes(desk, line, view, why);
    if (err) {
        return err;
    }
    if (has_failed(line->state)) {
        view->valid = -(int)line->state;
        view->wording = WORDING_FAILED;
        (void)memcpy(view->remarks, line->reason, sizeof view->remarks);
        return OK;
    }
    if (view->wording == WORDING_MAKING) {
        view->wording = wording_of_batch(batch.state);
    }
    return read_receipt(desk, line, view, why);
}

/* What waits for its batch may have a fee: until it is settled, and then. A waived one is as if paid. */
static enum err read_fee(
    const struct window_desk *desk, struct progress_view *view, struct why *why) {
    struct fee fee;
    struct why none;
    if (!desk->orders || view->wording != WORDING_ENTERED) {
        return OK;
    }
    enum err err = desk->orders->fee_get(desk->orders->self, view->application.id, &fee, &none);
    if (!err) {
        view->wording = fee.settled ? WORDING_PAID : WORDING_UNPAID;
        view->due_fen = fee.settled ? 0 : fee.fen;
    }
    return err && err != ERR_NOT_FOUND ? why_say(why, err, "%s", none.text) : OK;
}

enum err application_progress(
    const struct window_desk *desk, int64_t person, struct progress_view *view, struct why *why) {
    struct batch_line line;
    *view = (struct progress_view){.valid = 1, .wording = WORDING_NONE};
    WORK_SCOPE(work); /* all of one moment */
    enum err err = work_begin(&work, desk->store->issuance, why);
    err = err ? err
              : desk->store->application_last(desk->store->self, person, &view->application, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    view->days[STAMP_APPLIED] = view->application.day;
    view->wording = wording_of_application(&view->application);
    (void)memcpy(view->point, view->application.point, sizeof view->point);
    err = read_fee(desk, view, why);
    err = err ? err
              : desk->store->line_of_application(
                  desk->store->self, view->application.id, &line, why);
    if (err) {
        return err == ERR_NOT_FOUND ? OK : err;
    }
    return read_line(desk, &line, view, why);
}

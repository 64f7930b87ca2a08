#include "issuance/box.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "issuance/point_day.h"

enum { SUBJECT_MAX = 96, LINES_AT_ONCE = 64, BOXES_OF_A_BIN = 10, LABEL_DIGITS_MAX = 12 };

/* --- the machine ------------------------------------------------------------------------------ */

static const struct machine_name box_states[] = {
#define BOX_STATE(member, code, zh, en) {member, zh, en},
#include "issuance/box.def"
};
static const struct machine_name box_events[] = {
#define BOX_EVENT(member, zh, en) {member, zh, en},
#include "issuance/box.def"
};
static const struct machine_step box_steps[] = {
    {BOX_PACKED,      BOX_SEND,       BOX_SENT       },
    {BOX_PACKED,      BOX_UNPACK,     BOX_EMPTY      },
    {BOX_SENT,        BOX_RECEIVE,    BOX_STORED     },
    {BOX_SENT,        BOX_QUARANTINE, BOX_QUARANTINED},
    {BOX_QUARANTINED, BOX_RELEASE,    BOX_STORED     },
    {BOX_QUARANTINED, BOX_FINISH,     BOX_EMPTY      }, /* its last card was found missing */
    {BOX_STORED,      BOX_SEND,       BOX_SENT       }, /* to another point */
    {BOX_STORED,      BOX_FINISH,     BOX_EMPTY      },
    {BOX_EMPTY,       BOX_REFILL,     BOX_STORED     },
};
#define COUNT(table) (sizeof(table) / sizeof(table)[0])
const struct machine box_machine = {
    .thing = "a box",
    .states = box_states,
    .events = box_events,
    .state_count = COUNT(box_states),
    .event_count = COUNT(box_events),
    .steps = box_steps,
    .step_count = COUNT(box_steps),
};

/* --- labels ----------------------------------------------------------------------------------- */

static int32_t bin_of(int32_t number) {
    return (number - 1) / BOXES_OF_A_BIN + 1;
}

void box_label_write(const struct box *box, char label[BOX_LABEL_MAX]) {
    assert(box->batch >= 1);
    assert(box->number >= 1);
    (void)snprintf(label, BOX_LABEL_MAX, "%" PRId64 "-%" PRId32 "-%" PRId32, box->batch,
        bin_of(box->number), box->number);
}

/* Digits without a leading zero, up to a '-' or the end; returns what follows, or NULL. */
static const char *label_part(const char *text, int64_t *value) {
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > LABEL_DIGITS_MAX || text[0] == '0') {
        return NULL;
    }
    *value = strtoll(text, NULL, 10);
    return text[len] == '-' ? text + len + 1 : text + len;
}

/* The bin follows from the box: a label with another one was mistyped. */
bool box_label_read(const char *label, int64_t *batch, int32_t *number) {
    int64_t parts[3] = {0};
    const char *rest = label;
    size_t dashes = 0;
    for (const char *c = label; *c; c++) {
        dashes += *c == '-' ? 1 : 0;
    }
    for (size_t i = 0; rest && i < 3; i++) {
        rest = label_part(rest, &parts[i]);
    }
    if (!rest || *rest || dashes != 2 || parts[2] > INT32_MAX
        || parts[1] != bin_of((int32_t)parts[2])) {
        return false;
    }
    *batch = parts[0];
    *number = (int32_t)parts[2];
    assert(*number >= 1);
    return true;
}

enum err box_find(
    const struct point_store *store, const char *label, struct box *box, struct why *why) {
    int64_t batch = 0;
    int32_t number = 0;
    if (!box_label_read(label, &batch, &number)) {
        return why_say(why, ERR_INVALID,
            "\"%.40s\" is no label of a box; batch-bin-box is expected, such as 12-1-3", label);
    }
    enum err err = store->box_labelled(store->self, batch, number, box, why);
    return err ? why_add(why, err, "box %s", label) : OK;
}

const char *box_entry_word(enum box_entry_kind kind) {
    static const struct {
        enum box_entry_kind kind;
        const char *word;
    } words[] = {
#define BOX_ENTRY(member, code, word, zh) {member, word},
#include "issuance/box.def"
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        if (words[i].kind == kind) {
            return words[i].word;
        }
    }
    return "unknown";
}

/* --- packing ---------------------------------------------------------------------------------- */

/* One row of the audit chain for all boxes of a batch. */
static enum err note(const struct point_desk *desk, const char *what, int64_t batch, int32_t boxes,
    struct why *why) {
    char subject[SUBJECT_MAX];
    const struct issuance_store *issuance = desk->store->issuance;
    (void)snprintf(subject, sizeof subject, "batch %" PRId64 ": %" PRId32 " boxes", batch, boxes);
    return issuance->audit(issuance->self, desk->officer, what, subject, why);
}

/* The last box of a batch, all of them counted; number 0 when it has none. */
static enum err last_box(const struct point_store *store, int64_t batch, struct box *last,
    int32_t *boxes, struct why *why) {
    struct box next;
    int64_t after = 0;
    enum err err = OK;
    *last = (struct box){.batch = batch};
    *boxes = 0;
    while ((err = store->box_after(store->self, NULL, batch, after, &next, why)) == OK) {
        after = next.id;
        *boxes += next.state == BOX_EMPTY ? 0 : 1;
        *last = next.number > last->number ? next : *last;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The box that the next card goes into: the last one while it has room and was not sent. */
static enum err box_for_next(const struct point_desk *desk, const struct batch_rules *rules,
    struct box *box, int32_t *boxes, struct why *why) {
    if (box->number > 0 && box->state == BOX_PACKED && box->cards < rules->box_cards) {
        return OK;
    }
    *box = (struct box){
        .batch = box->batch, .number = box->number + 1, .state = BOX_PACKED, .since = desk->day};
    *boxes += 1;
    return desk->store->box_add(desk->store->self, box, why);
}

/* The label on the card's sleeve and the row of its place say the same when it is packed. */
static enum err pack_one(const struct point_desk *desk, struct box *box,
    const struct batch_line *line, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct box_card card = {.box = box->id, .position = box->cards + 1};
    assert(line->box == 0);
    (void)memcpy(card.card, line->card_number, sizeof card.card);
    box->cards++;
    enum err err = issuance->line_place(
        issuance->self, line->batch, line->seq, box->number, box->cards, why);
    return err ? err : desk->store->card_put(desk->store->self, &card, why);
}

/* A few at a time: what was packed is not asked for again. */
static enum err pack_all(const struct point_desk *desk, const struct batch_rules *rules,
    int64_t batch, int32_t *boxes, struct why *why) {
    const struct point_store *store = desk->store;
    struct batch_line list[LINES_AT_ONCE];
    struct box box;
    size_t count = 0;
    enum err err = last_box(store, batch, &box, boxes, why);
    do {
        count = LINES_AT_ONCE;
        err = err ? err : store->lines_to_pack(store->self, batch, list, &count, why);
        for (size_t i = 0; !err && i < count; i++) {
            err = box_for_next(desk, rules, &box, boxes, why);
            err = err ? err : pack_one(desk, &box, &list[i], why);
        }
    } while (!err && count > 0);
    return err;
}

enum err boxes_pack(const struct point_desk *desk, const struct batch_rules *rules, int64_t batch,
    int32_t *boxes, struct why *why) {
    assert(rules->box_cards >= 1);
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_MAKER, why);
    err = err ? err : work_begin(&work, desk->store->issuance, why);
    err = err ? err : pack_all(desk, rules, batch, boxes, why);
    err = err ? err : note(desk, "pack", batch, *boxes, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "pack batch %" PRId64, batch) : OK;
}

/* --- all boxes of a batch --------------------------------------------------------------------- */

/* One box goes; the row of the ledger is the line of the delivery note. */
static enum err send_one(
    const struct point_desk *desk, const struct box *box, const char *point, struct why *why) {
    struct box_entry entry = {.kind = ENTRY_SENT, .box = box->id, .expected = box->cards};
    int to = 0;
    enum err err = machine_next(&box_machine, (int)box->state, BOX_SEND, &to, why);
    err = err ? err
              : desk->store->box_move(
                  desk->store->self, box, (enum box_state)to, point, desk->day, why);
    return err ? err : point_entry(desk, &entry, why);
}

/* Does something with each box that still has cards; *boxes says how many those are. */
static enum err each_box(const struct point_desk *desk, int64_t batch,
    enum err (*deed)(
        const struct point_desk *desk, const struct box *box, const char *point, struct why *why),
    const char *point, int32_t *boxes, struct why *why) {
    const struct point_store *store = desk->store;
    struct box box;
    int64_t after = 0;
    enum err err = OK;
    *boxes = 0;
    while (!err && (err = store->box_after(store->self, NULL, batch, after, &box, why)) == OK) {
        after = box.id;
        if (box.state == BOX_EMPTY) {
            continue;
        }
        *boxes += 1;
        err = deed(desk, &box, point, why);
        if (err) { /* nothing that a deed lacks may pass for the end of the list */
            char label[BOX_LABEL_MAX];
            box_label_write(&box, label);
            return why_add(why, err == ERR_NOT_FOUND ? ERR_CONFLICT : err, "box %s", label);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err boxes_deliver(const struct point_desk *desk, int64_t batch, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct batch b;
    int32_t boxes = 0;
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_MAKER, why);
    err = err ? err : work_begin(&work, issuance, why);
    err = err ? err : issuance->batch_get(issuance->self, batch, &b, why);
    err = err ? err : batch_step(issuance, batch, BATCH_DELIVER, desk->officer, why);
    err = err ? err : each_box(desk, batch, send_one, b.point, &boxes, why);
    err = err ? err : note(desk, "sign delivery note", batch, boxes, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "deliver batch %" PRId64, batch) : OK;
}

/* Step 55: each box was counted, whatever came of it. */
static enum err check_counted(
    const struct point_desk *desk, const struct box *box, const char *point, struct why *why) {
    (void)desk;
    (void)point;
    return box->state == BOX_PACKED || box->state == BOX_SENT
               ? why_say(why, ERR_CONFLICT, "it is %s; count it in first: point receive",
                   machine_state_en(&box_machine, (int)box->state))
               : OK;
}

enum err boxes_store(const struct point_desk *desk, int64_t batch, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    int32_t boxes = 0;
    WORK_SCOPE(work);
    enum err err = officer_require(desk->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : work_begin(&work, issuance, why);
    err = err ? err : each_box(desk, batch, check_counted, NULL, &boxes, why);
    err = err ? err : batch_step(issuance, batch, BATCH_STORE, desk->officer, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "store batch %" PRId64, batch) : OK;
}

static enum err unpack_one(
    const struct point_desk *desk, const struct box *box, const char *point, struct why *why) {
    int to = 0;
    (void)point;
    enum err err = machine_next(&box_machine, (int)box->state, BOX_UNPACK, &to, why);
    return err ? err : desk->store->box_remove(desk->store->self, box, why);
}

enum err boxes_unpack(const struct point_desk *desk, int64_t batch, struct why *why) {
    int32_t boxes = 0;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : each_box(desk, batch, unpack_one, NULL, &boxes, why);
    err = err ? err : note(desk, "unpack", batch, boxes, why);
    err = err ? err : work_commit(&work, why);
    return err ? why_add(why, err, "unpack batch %" PRId64, batch) : OK;
}

/* One person from all sides: who, in which state, with which cards, how far an application is, what is on
 * the account, where the card lies, which photo there is, and why a card is refused. [system.md 4.4.5] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/person_city.h"
#include "apps/window_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/application_progress.h"
#include "registry/applicant.h"
#include "registry/feed.h"
#include "registry/region.h"
#include "stores/sql/audit.h"
#include "stores/sql/capture_rows.h"
#include "stores/sql/clearing_store.h"
#include "stores/sql/issuance_order_rows.h"

struct show_options {
    const char *number, *reason, *data;
    bool json, unmask;
};

/* clang-format off */
static const struct option options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct show_options, number), NULL, NULL,
        "social security number, 15 or 18 characters", false},
    OPTION_DATA(struct show_options, data),
    {"--unmask", OPTION_FLAG, offsetof(struct show_options, unmask), NULL, NULL,
        "show the number and the telephones whole, and note in the audit chain that it was done", false},
    {"--reason", OPTION_TEXT, offsetof(struct show_options, reason), NULL, NULL,
        "with --unmask: why; it is written into the audit chain", true},
    OPTION_JSON(struct show_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "person show",
    .help = "Shows one person from all sides: record, cards with state and account, application, "
            "what is in\n"
            "the way. Number and telephones are masked.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* The rooms that are asked, all over one database. */
struct rooms {
    struct window window;
    struct person_rows *person_rows;
    struct person_store store;
    struct sqlite_clearing *clearing_rows;
    struct clearing_store clearing;
    struct capture_store capture;
    struct order_store orders;
    struct why *why;
};

enum { CARDS_SHOWN = 16 };

/* A card as it is shown. */
struct card_view {
    struct card_record card;
    struct card_receipt last; /* the last step of its life */
    bool has_last;
    int listed; /* enum list_reason, or 0 */
    struct card_books books;
    char place[BOX_PLACE_MAX + POINT_MAX + 2]; /* "box-position point"; empty when in no box */
};

struct view {
    struct person person;
    struct person_status status;
    struct card_view cards[CARDS_SHOWN];
    size_t card_count;
    struct progress_view progress;
    int64_t changes; /* rows of the history */
    bool has_photo;
    struct photo photo; /* the youngest usable one */
    bool was_captured;
    struct capture_record captured; /* how the record was seen, unless it was sent back */
    char guardian[ITEM_ROOM];
};

/* --- asking ---------------------------------------------------------------------------------------------- */

/* The card's own story, its place on the blacklist, and what the books say of it. */
static enum err ask_card(struct rooms *r, struct card_view *v) {
    const struct registry_store *registry = &r->window.stock.city.store;
    int64_t after = 0;
    enum err err = OK;
    while (!err) {
        struct card_receipt step;
        err = registry->card_receipt_after(registry->self, v->card.number, after, &step, r->why);
        if (!err) {
            v->last = step;
            v->has_last = true;
            after = step.id;
        }
    }
    err = err == ERR_NOT_FOUND ? OK : err;
    err = err ? err : r->store.card_listed(r->store.self, v->card.number, &v->listed, r->why);
    err = err ? err : r->clearing.card_books(r->clearing.self, v->card.factor, &v->books, r->why);
    return err == ERR_NOT_FOUND ? OK : err; /* a card without an account has no sums */
}

/* The box that the card lies in, of a point or on its way. */
static enum err ask_place(struct rooms *r, struct card_view *v) {
    const struct point_store *points = &r->window.points;
    struct box_card card;
    struct box box;
    char label[BOX_LABEL_MAX];
    enum err err = points->card_place(points->self, v->card.number, &card, r->why);
    err = err ? err : points->box_get(points->self, card.box, &box, r->why);
    if (!err) {
        box_label_write(&box, label);
        (void)snprintf(
            v->place, sizeof v->place, "%s-%" PRId32 " %s", label, card.position, box.point);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The photo that a card would have, and when the person was last captured. */
static enum err ask_capture(struct rooms *r, struct view *v) {
    enum err err = r->capture.photo_usable(r->capture.self, v->person.id, &v->photo, r->why);
    v->has_photo = err == OK;
    if (err && err != ERR_NOT_FOUND) {
        return err;
    }
    err = r->capture.record_of(r->capture.self, v->person.id, 0, &v->captured, r->why);
    v->was_captured = err == OK;
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err ask_cards(struct rooms *r, struct view *v) {
    const char *after = "";
    enum err err = OK;
    while (!err && v->card_count < CARDS_SHOWN) {
        struct card_view *card = &v->cards[v->card_count];
        err = r->store.card_after(r->store.self, v->person.id, after, &card->card, r->why);
        err = err ? err : ask_card(r, card);
        err = err ? err : ask_place(r, card);
        v->card_count += err == OK;
        after = card->card.number;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err ask_changes(struct rooms *r, struct view *v) {
    struct person_change_row row = {.id = 0};
    enum err err = OK;
    while (!err) {
        err = r->store.history_after(r->store.self, v->person.id, row.id, &row, r->why);
        v->changes += err == OK;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err ask_all(struct rooms *r, struct view *v) {
    const struct window_desk desk = {
        .at = r->window.desk, .store = &r->window.window, .orders = &r->orders};
    enum err err = r->store.status_get(r->store.self, v->person.id, &v->status, r->why);
    err = err ? err : ask_cards(r, v);
    err = err ? err : application_progress(&desk, v->person.id, &v->progress, r->why);
    err = err ? err : ask_changes(r, v);
    err = err ? err : ask_capture(r, v);
    return err ? err : item_read(&r->store, &v->person, item_named("g-name"), v->guardian, r->why);
}

/* Either hides what a list need not show, or notes that it was shown and why. */
static enum err veil(struct rooms *r, const struct show_options *given, struct person *person) {
    char subject[AUDIT_SUBJECT_MAX];
    char masked[NUMBER_LEN + 1];
    if (given->unmask) {
        size_t len = given->reason ? strlen(given->reason) : 0;
        if (len > AUDIT_WORD_MAX) {
            return why_say(
                r->why, ERR_CONFLICT, "a reason has at most %d bytes", (int)AUDIT_WORD_MAX);
        }
        (void)snprintf(subject, sizeof subject, "person %" PRId64 "%s%s", person->id,
            len > 0 ? ": " : "", len > 0 ? given->reason : "");
        return db_audit(&r->window.stock.city.db, "system", "person shown whole", subject, r->why);
    }
    number_mask(person->number, masked);
    (void)memcpy(person->number, masked, sizeof masked);
    person_mask_tail(person->phone);
    person_mask_tail(person->mobile);
    return OK;
}

/* --- in words --------------------------------------------------------------------------------------------- */

static void print_record(const struct view *v) {
    const struct person *p = &v->person;
    const struct {
        const char *label, *value;
    } texts[] = {
        {"number",   p->number       },
        {"name",     p->name         },
        {"address",  p->address      },
        {"postcode", p->postcode     },
        {"phone",    p->phone        },
        {"mobile",   p->mobile       },
        {"employer", p->employer     },
        {"",         p->employer_name},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        (void)printf("%-12s %s\n", texts[i].label, texts[i].value);
    }
    const char *region = region_name(p->region);
    (void)printf("%-12s %s\n%-12s %02u\n%-12s %u\n%-12s %u %s\n", "sex", p->sex == 1 ? "男" : "女",
        "group", p->nation, "born", p->birth, "region", p->region, region ? region : "");
}

/* What is in the way of the person, and of what, with the way on. */
static void print_state(const struct view *v, uint32_t today) {
    const struct person_status *s = &v->status;
    if (s->life == 2) {
        (void)printf(
            "%-12s 已死亡 dead since %u; the family brings the death certificate: settle the "
            "account, then card cancel\n",
            "state", s->died);
    }
    if (s->frozen != 0) {
        (void)printf(
            "%-12s 档案冻结 frozen by case %" PRId64 " (person duplicates)\n", "state", s->frozen);
    }
    if (s->compared != 0) {
        (void)printf(
            "%-12s %s, compared %u\n", "police", police_result_text(s->result), s->compared);
    }
    if (person_is_child(&v->person, today)) {
        (void)printf(
            "%-12s %s\n", "guardian", v->guardian[0] ? v->guardian : "未登记 none entered");
    }
    (void)printf("%-12s %" PRId64 " (person history)\n", "changes", v->changes);
}

static void print_card(const struct card_view *c) {
    (void)printf("%-12s %s, %s (%s), valid until %u\n", "card", c->card.number,
        card_life_name(c->card.life), card_life_name_zh(c->card.life), c->card.valid_until);
    if (c->has_last) {
        (void)printf("%-12s %s on %u\n", "", card_event_name(c->last.event), c->last.day);
    }
    if (c->card.loss_until != 0) {
        (void)printf("%-12s loss report holds until %u\n", "", c->card.loss_until);
    }
    if (c->place[0] != '\0') {
        (void)printf("%-12s 在箱 in box %s\n", "", c->place);
    }
    if (c->listed != 0) {
        (void)printf("%-12s 黑名单 on the blacklist: %s\n", "",
            list_reason_name((enum list_reason)c->listed));
    }
    if (c->books.loaded_fen != 0 || c->books.spent_fen != 0) {
        (void)printf("%-12s loaded %" PRId64 ".%02d, spent %" PRId64 ".%02d, balance %" PRId64
                     ".%02d yuan\n",
            "account", c->books.loaded_fen / 100, (int)(c->books.loaded_fen % 100),
            c->books.spent_fen / 100, (int)(c->books.spent_fen % 100), c->books.balance_fen / 100,
            (int)(c->books.balance_fen % 100));
    }
}

static void print_capture(const struct view *v) {
    if (v->has_photo) {
        (void)printf("%-12s 照片 %" PRId64 ", taken %u, %s\n", "photo", v->photo.id, v->photo.taken,
            photo_state_text(v->photo.state));
    } else {
        (void)printf("%-12s 缺照片 none that a card can have: capture take\n", "photo");
    }
    if (v->was_captured) {
        (void)printf("%-12s %u at %s, %s\n", "captured", v->captured.day, v->captured.point,
            record_state_text(v->captured.state));
    }
}

static void print_view(const struct view *v, uint32_t today) {
    print_record(v);
    print_state(v, today);
    print_capture(v);
    for (size_t i = 0; i < v->card_count; i++) {
        print_card(&v->cards[i]);
    }
    if (v->card_count == 0) {
        (void)printf("%-12s none\n", "card");
    }
    (void)printf("%-12s %s (%s)\n", "application", progress_words_zh(v->progress.wording),
        progress_words_en(v->progress.wording));
    if (v->progress.place[0] != '\0') {
        (void)printf("%-12s %s at %s\n", "place", v->progress.place, v->progress.point);
    }
}

/* --- as JSON ------------------------------------------------------------------------------------------------ */

static json_t *json_card(const struct card_view *c) {
    return json_pack("{s:s, s:s, s:i, s:i, s:s, s:s, s:s, s:I, s:I, s:I}", "number", c->card.number,
        "place", c->place, "life", (int)c->card.life, "valid_until", (int)c->card.valid_until,
        "state", card_life_name(c->card.life), "last",
        c->has_last ? card_event_name(c->last.event) : "", "listed",
        c->listed ? list_reason_name((enum list_reason)c->listed) : "", "loaded_fen",
        (json_int_t)c->books.loaded_fen, "spent_fen", (json_int_t)c->books.spent_fen, "balance_fen",
        (json_int_t)c->books.balance_fen);
}

/* The youngest card that is not cancelled is the card; the others are in the list. */
static json_t *json_the_card(const struct view *v) {
    const struct card_view *the = NULL;
    for (size_t i = 0; i < v->card_count; i++) {
        const struct card_view *c = &v->cards[i];
        bool younger = c->card.life != LIFE_CANCELLED
                       && (!the || c->card.issued >= the->card.issued);
        the = younger ? c : the;
    }
    return the ? json_card(the) : json_null();
}

static void print_json(const struct view *v) {
    const struct person *p = &v->person;
    json_t *cards = json_array();
    json_t *shown = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:s, s:s, s:s}",
        "number", p->number, "name", p->name, "sex", (int)p->sex, "nation", (int)p->nation, "birth",
        (int)p->birth, "region", (int)p->region, "household", p->household, "address", p->address,
        "postcode", p->postcode, "phone", p->phone, "mobile", p->mobile, "employer", p->employer,
        "employer_name", p->employer_name);
    json_t *status = json_pack("{s:i, s:i, s:I, s:i, s:i, s:I, s:s}", "life", v->status.life,
        "died", (int)v->status.died, "frozen_by", (json_int_t)v->status.frozen, "police",
        v->status.result, "compared", (int)v->status.compared, "changes", (json_int_t)v->changes,
        "guardian", v->guardian);
    json_t *application = json_pack("{s:s, s:s, s:s, s:s}", "words",
        progress_words_en(v->progress.wording), "card", v->progress.card, "point",
        v->progress.point, "place", v->progress.place);
    for (size_t i = 0; i < v->card_count; i++) {
        (void)json_array_append_new(cards, json_card(&v->cards[i]));
    }
    (void)json_object_set_new(shown, "card", json_the_card(v));
    (void)json_object_set_new(shown, "cards", cards);
    (void)json_object_set_new(shown, "status", status);
    (void)json_object_set_new(shown, "application", application);
    (void)json_object_set_new(shown, "photo",
        v->has_photo ? json_pack("{s:I, s:i, s:s}", "id", (json_int_t)v->photo.id, "taken",
            (int)v->photo.taken, "state", photo_state_text(v->photo.state))
                     : json_null());
    (void)json_object_set_new(shown, "captured",
        v->was_captured ? json_pack("{s:i, s:s, s:s}", "day", (int)v->captured.day, "point",
            v->captured.point, "state", record_state_text(v->captured.state))
                        : json_null());
    (void)json_dumpf(shown, stdout, 0);
    (void)printf("\n");
    json_decref(shown);
}

/* --- the command -------------------------------------------------------------------------------------------- */

static enum err rooms_open(struct rooms *r) {
    struct db *db = &r->window.stock.city.db;
    enum err err = person_rows_open(&r->person_rows, db, r->why);
    err = err ? err : sqlite_clearing_open(db, &r->clearing_rows, &r->clearing, r->why);
    err = err ? err : capture_rows_open(db, &r->capture, r->why);
    err = err ? err : order_rows_open(db, &r->window.stock.issuance, &r->orders, r->why);
    if (!err) {
        r->store = person_store_of(r->person_rows);
    }
    return err;
}

static enum err show(struct rooms *r, const struct show_options *given) {
    struct view view = {.card_count = 0};
    const struct city *city = &r->window.stock.city;
    enum err err = person_find(&city->store, given->number, &view.person, r->why);
    if (err) {
        return err == ERR_NOT_FOUND ? why_say(r->why, err,
                   "nobody here has that number; \"shebao person find\" looks for them by name, "
                   "employer or telephone")
                                    : err;
    }
    err = ask_all(r, &view);
    err = err ? err : veil(r, given, &view.person);
    if (!err && given->json) {
        print_json(&view);
    } else if (!err) {
        print_view(&view, city->centre.file.date);
    }
    return err;
}

int person_show_command(int argc, char **argv) {
    struct show_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    const struct window_options at = {.officer = "", .data = given.data, .time = "120000"};
    struct rooms rooms = {.why = &why};
    enum err err = window_open(&rooms.window, &at, &why);
    err = err ? err : rooms_open(&rooms);
    err = err ? err : show(&rooms, &given);
    order_rows_close(&rooms.orders);
    capture_rows_close(&rooms.capture);
    sqlite_clearing_close(rooms.clearing_rows);
    person_rows_close(rooms.person_rows);
    window_close(&rooms.window);
    /* A number that is none is wrong use, not a bad file. */
    return person_ending(err, &why);
}

/* Cards, found by what is known of the card or of its holder: state, and where it lies. [system.md 4.4.5] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/person_seek.h"
#include "host/options.h"
#include "issuance/box.h"
#include "stores/sql/issuance_box_rows.h"
#include "stores/sql/issuance_rows.h"

struct card_options {
    struct seek_options seek;
    const char *card;
};

/* clang-format off */
static const struct option options[] = {
    {"--card", OPTION_TEXT, offsetof(struct card_options, card), "NUMBER", NULL,
        "a card number: the cards of its holder", true},
    SEEK_OPTIONS(struct card_options, seek),
};
static const struct report_column columns[] = {
    {"card",        "卡号 Card",      REPORT_TEXT,    9, false},
    {"state",       "状态 State",     REPORT_TEXT,   18, false},
    {"valid_until", "有效期 Valid",   REPORT_DAY,    12, false},
    {"batch",       "批次 Batch",     REPORT_NUMBER, 10, false},
    {"place",       "装箱位置 Place", REPORT_TEXT,   16, false},
    {"point",       "网点 Point",     REPORT_TEXT,   12, false},
    {"number",      "号码 Number",    REPORT_TEXT,   18, false},
    {"name",        "姓名 Name",      REPORT_TEXT,   12, false},
    {"employer",    "单位 Employer",  REPORT_TEXT,   13, false},
};
/* clang-format on */
static const struct report_head head = {.name = "cards-found",
    .title = "卡片查询 Cards found",
    .about = "",
    .columns = columns,
    .column_count = sizeof columns / sizeof columns[0]};

static const struct usage usage = {
    .command = "card find",
    .help = "Finds cards by their number, by what is known of the holder, by batch or box. Numbers "
            "of people are masked.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* What a row needs beside the holder. */
struct card_room {
    struct issuance_store issuance;
    struct point_store points;
    struct person_city *people;
    struct report_sink *sink;
    int64_t batch; /* only cards of this one; 0: all */
    int64_t box;   /* and of this box, as the batch was packed */
    bool unmask;
};

static void card_room_end(struct card_room *room) {
    box_rows_close(&room->points);
    issuance_rows_close(&room->issuance);
}

/* Where it lies now: empty words when in no box. */
static enum err place_of(const struct card_room *room, const char *number,
    char place[BOX_PLACE_MAX], struct box *box, struct why *why) {
    struct box_card card;
    char label[BOX_LABEL_MAX];
    const struct point_store *points = &room->points;
    place[0] = '\0';
    box->point[0] = '\0';
    enum err err = points->card_place(points->self, number, &card, why);
    err = err ? err : points->box_get(points->self, card.box, box, why);
    if (!err) {
        box_label_write(box, label);
        (void)snprintf(place, BOX_PLACE_MAX, "%s-%" PRId32, label, card.position);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err card_row(const struct card_room *room, const struct card_record *card,
    const struct person *holder, struct why *why) {
    struct box box;
    char place[BOX_PLACE_MAX];
    char state[64];
    char number[NUMBER_LEN + 1];
    enum err err = place_of(room, card->number, place, &box, why);
    (void)snprintf(
        state, sizeof state, "%s %s", card_life_name_zh(card->life), card_life_name(card->life));
    (void)snprintf(number, sizeof number, "%s", holder->number);
    if (!room->unmask) {
        number_mask(holder->number, number);
    }
    const struct report_value row[] = {report_text(card->number), report_text(state),
        report_number(card->valid_until), report_number(card->batch), report_text(place),
        report_text(box.point), report_text(number), report_text(holder->name),
        report_text(holder->employer)};
    return err ? err : report_row(room->sink, row, why);
}

/* Every card of the holder, ended ones too; of a batch only its own, of a box only those packed into it. */
static bool of_question(
    const struct card_room *room, const struct card_record *card, struct why *why) {
    struct batch_line line;
    if (room->batch != 0 && card->batch != room->batch) {
        return false;
    }
    return room->box == 0
           || (room->issuance.line_of_card(room->issuance.self, card->number, &line, why) == OK
               && line.box == room->box);
}

static enum err tell_cards(void *cookie, const struct person *holder, struct why *why) {
    const struct card_room *room = cookie;
    const struct person_store *store = &room->people->store;
    struct card_record card = {.number = ""};
    char after[CARD_NUMBER_LEN + 1] = "";
    enum err err = OK;
    while ((err = store->card_after(store->self, holder->id, after, &card, why)) == OK) {
        (void)snprintf(after, sizeof after, "%s", card.number);
        err = of_question(room, &card, why) ? card_row(room, &card, holder, why) : OK;
        if (err) {
            return err;
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* --card: the question becomes one for its holder's number. */
static enum err holder_of(struct person_city *people, struct card_options *given,
    struct person *holder, struct why *why) {
    struct card_record card;
    const struct registry_store *registry = &people->city.store;
    if (!given->card) {
        return OK;
    }
    enum err err = card_find(registry, given->card, &card, why);
    err = err ? err : registry->person_by_id(registry->self, card.person, holder, why);
    if (!err && given->seek.number) {
        return why_say(why, ERR_CONFLICT, "say either --card or --number");
    }
    given->seek.number = err ? NULL : holder->number;
    return err;
}

static enum err find(struct person_city *people, struct card_options *given, struct why *why) {
    struct person holder;
    __attribute__((cleanup(card_room_end))) struct card_room room = {
        .people = people, .batch = given->seek.batch, .unmask = given->seek.unmask};
    room.box = given->seek.box;
    enum err err = issuance_rows_open(&people->city.db, &room.issuance, why);
    err = err ? err : box_rows_open(&people->city.db, &room.issuance, &room.points, why);
    err = err ? err : holder_of(people, given, &holder, why);
    const struct seek seek = {
        .head = &head, .sink = &room.sink, .cookie = &room, .told = tell_cards};
    return err ? err : person_seek(people, &given->seek, &seek, why);
}

int card_find_command(int argc, char **argv) {
    struct card_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    PERSON_CITY_SCOPE(people);
    enum err err = person_city_open(&people, given.seek.data, &why);
    return person_ending(err ? err : find(&people, &given, &why), &why);
}

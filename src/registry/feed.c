#include "registry/feed.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/csv.h"
#include "registry/person_change.h"
#include "registry/region.h"
#include "registry/text_file.h"

enum {
    GROUP_LINES = 1024,
    FIELDS_MAX = 64,
    LINE_ROOM = 16384,
    BIG_WORD = ITEM_ROOM,
    CODE_ROOM = 24
};

static const struct feed_verdict_text verdicts[FEED_VERDICTS] = {
#define FEED_VERDICT(member, name, known, zh, en, next) [member] = {name, known, zh, en, next},
#include "registry/feed_verdict.def"
};

const struct feed_verdict_text *feed_verdict_text(enum feed_verdict verdict) {
    assert(verdict < FEED_VERDICTS);
    return &verdicts[verdict];
}

/* --- results of a comparison ---------------------------------------------------------------------------- */

/* The list has no code for a wrong region with something else: the region then waits its turn. */
int police_result(unsigned wrong) {
    static const int codes[] = {[0] = 1,
        [WRONG_PHOTO] = 2,
        [WRONG_NAME] = 3,
        [WRONG_DATA] = 4,
        [WRONG_PHOTO | WRONG_NAME] = 5,
        [WRONG_PHOTO | WRONG_DATA] = 6,
        [WRONG_NAME | WRONG_DATA] = 7,
        [WRONG_PHOTO | WRONG_NAME | WRONG_DATA] = 9};
    unsigned base = wrong & (WRONG_PHOTO | WRONG_NAME | WRONG_DATA);
    if (base == 0 && wrong & WRONG_REGION) {
        return 11;
    }
    return base == 0 && wrong & ONLY_OWN_PHOTO ? 10 : codes[base];
}

const char *police_result_text(int result) {
    static const char *const texts[] = {"未处理 not compared yet", "合格 qualified",
        "照片错误 the photo is wrong or missing", "少数民族姓名错误 name of a minority",
        "人员数据错误 data differ", "照片及姓名错误 photo and name",
        "照片及数据错误 photo and data", "姓名及数据错误 name and data", "重复人员 repeated person",
        "照片、姓名及数据错误 photo, name and data",
        "有本人照片无公安照片 own photo, none of the police", "地区错误 region"};
    assert(result >= 0 && result < (int)(sizeof texts / sizeof texts[0]));
    return texts[result];
}

/* --- a file under way -------------------------------------------------------------------------------------- */

struct feed {
    const struct person_desk *desk;
    const struct feed_order *order;
    struct feed_result *result;
    struct why *why;
    struct text_file *text;
    uint64_t size;
    int64_t id; /* of the row of the file */
    const struct item *items[FIELDS_MAX];
    size_t count; /* of fields in a line */
    /* A group: what its lines came to. */
    enum feed_verdict told[GROUP_LINES];
    uint64_t first_line, cards;
    size_t group;
    /* The line at work. */
    char line[LINE_ROOM];
    uint16_t end[FIELDS_MAX];
};

/* Field i of the line, as text with an end. Longer than any value may be is told apart by its length. */
static const char *word(const struct feed *f, size_t i, char room[BIG_WORD + 1]) {
    size_t from = i == 0 ? 0 : f->end[i - 1];
    size_t len = f->end[i] - from;
    (void)snprintf(
        room, BIG_WORD + 1, "%.*s", (int)(len < BIG_WORD ? len : BIG_WORD), f->line + from);
    return room;
}

/* What the owner may send: its own, and the police what is only compared. */
static bool may_send(const struct feed *f, const struct item *item) {
    return item && item->owner == f->order->owner && strcmp(item->code, "AAC002") != 0
           && strcmp(item->code, "AAC003") != 0;
}

static enum err heading_bad(struct feed *f, const char *code) {
    return why_say(f->why, ERR_INVALID,
        "%.20s is no field of the %s's in a heading that begins with AAC002,AAC003; "
        "docs/sheets/persons.md lists them",
        code, owner_name(f->order->owner));
}

/* The next code of the heading, with an end; *at moves behind it and its comma. A longer one than any is
 * cut, and then is no code. */
static void heading_code(struct bytes line, size_t *at, char code[CODE_ROOM]) {
    const uint8_t *from = line.at + *at;
    const uint8_t *comma = memchr(from, ',', line.len - *at);
    size_t len = comma ? (size_t)(comma - from) : line.len - *at;
    (void)snprintf(
        code, CODE_ROOM, "%.*s", (int)(len < CODE_ROOM ? len : CODE_ROOM), (const char *)from);
    *at += len + 1;
}

/* The item of that code in this place: number and name first, then what the owner may send, each once. */
static const struct item *heading_item(const struct feed *f, const char *code) {
    const struct item *item = item_named(code);
    if (f->count < 2) {
        return strcmp(code, f->count == 0 ? "AAC002" : "AAC003") == 0 ? item : NULL;
    }
    for (size_t i = 0; i < f->count; i++) {
        if (f->items[i] == item) {
            return NULL;
        }
    }
    return f->count < FIELDS_MAX && may_send(f, item) ? item : NULL;
}

/* At least one field besides number and name. */
static enum err heading_read(struct feed *f, struct bytes line) {
    size_t at = 0;
    for (f->count = 0; at <= line.len; f->count++) {
        char code[CODE_ROOM];
        heading_code(line, &at, code);
        const struct item *item = heading_item(f, code);
        if (!item) {
            return heading_bad(f, code);
        }
        f->items[f->count] = item;
    }
    return f->count > 2 ? OK : heading_bad(f, "nothing");
}

/* --- a line ------------------------------------------------------------------------------------------------ */

static enum err load(
    struct feed *f, const struct person *person, const char *code, char value[ITEM_ROOM]) {
    return item_read(f->desk->store, person, item_named(code), value, f->why);
}

/* What the police leave behind with a record: the result and the day. */
static enum err keep_result(struct feed *f, const struct person *person, unsigned wrong) {
    char police[ITEM_ROOM];
    char own[ITEM_ROOM];
    struct person_status status;
    const struct person_store *store = f->desk->store;
    if (f->order->owner != OWNER_POLICE) {
        return OK;
    }
    enum err err = load(f, person, "police-photo", police);
    err = err ? err : load(f, person, "photo", own);
    err = err ? err : store->status_get(store->self, person->id, &status, f->why);
    if (err) {
        return err;
    }
    bool has_own = strcmp(own, "1") == 0;
    wrong |= strcmp(police, "1") == 0 ? 0U
             : has_own                ? (unsigned)ONLY_OWN_PHOTO
                                      : (unsigned)WRONG_PHOTO;
    wrong |= region_exists(person->region, f->order->day) ? 0U : (unsigned)WRONG_REGION;
    status.result = police_result(wrong);
    status.compared = f->order->day;
    return store->status_put(store->self, person->id, &status, f->why);
}

/* A middle dot is in the names of many minorities, and a source of most of their errors. */
static unsigned wrong_name(const char *name) {
    return strstr(name, "·") ? WRONG_NAME : WRONG_DATA;
}

/* Moves a card by the table of its life; both officers answer for it. */
static enum err move_card(struct feed *f, const struct card_record *card, enum card_event event) {
    int64_t times = 0;
    char request[REQUEST_LEN + 1];
    const struct registry_store *registry = f->desk->registry;
    enum err err = registry->card_event_count(registry->self, card->number, event, &times, f->why);
    (void)snprintf(request, sizeof request, "feed %" PRId64 " %s %" PRId64, f->id,
        event == EVENT_LOCK ? "lock" : "loss", times + 1);
    const struct card_order order = {.card = card->number,
        .event = event,
        .reason = LIST_DEATH,
        .who = f->order->who,
        .second = f->order->second,
        .request = request,
        .day = f->order->day,
        .time = f->order->time};
    f->cards += err == OK;
    return err ? err : card_step(registry, &order, f->why);
}

/* feed 3 */
static enum err lock_cards(struct feed *f, int64_t person) {
    struct card_record card = {.number = ""};
    const struct person_store *store = f->desk->store;
    enum err err = OK;
    while (!err) {
        err = store->card_after(store->self, person, card.number, &card, f->why);
        if (!err && card.life == LIFE_NORMAL) {
            err = move_card(f, &card, EVENT_LOCK);
        } else if (!err && card.life == LIFE_LOST_FOR_NOW) {
            err = move_card(f, &card, EVENT_REPORT_LOSS);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* The two items that a status keeps, too: what stands in the way is asked more often than what is said. */
static enum err keep_life(struct feed *f, struct person *person, bool *died) {
    char life[ITEM_ROOM];
    char day[ITEM_ROOM];
    struct person_status status;
    const struct person_store *store = f->desk->store;
    enum err err = load(f, person, "life", life);
    err = err ? err : load(f, person, "died", day);
    err = err ? err : store->status_get(store->self, person->id, &status, f->why);
    if (err) {
        return err;
    }
    int now = life[0] ? life[0] - '0' : 1;
    *died = now == 2 && status.life != 2;
    if (now == status.life) {
        return OK;
    }
    status.life = now;
    status.died = now == 2 && day[0] ? (uint32_t)strtoul(day, NULL, 10) : 0;
    err = store->status_put(store->self, person->id, &status, f->why);
    return err || !*died ? err : lock_cards(f, person->id);
}

/* Sex and birth are the number's; the police may only repeat them. */
static enum err compare_fixed(struct feed *f, const struct person *person, bool *same) {
    char said[BIG_WORD + 1];
    char known[ITEM_ROOM];
    enum err err = OK;
    *same = true;
    for (size_t i = 2; !err && i < f->count; i++) {
        if (f->items[i]->type == ITEM_FIXED && word(f, i, said)[0] != '\0') {
            err = item_read(f->desk->store, person, f->items[i], known, f->why);
            *same = *same && strcmp(said, known) == 0;
        }
    }
    return err;
}

/* Every value may stand in its field, or none is written. */
static bool values_good(const struct feed *f) {
    char said[BIG_WORD + 1];
    struct why unheard;
    bool good = true;
    for (size_t i = 2; good && i < f->count; i++) {
        bool fixed = f->items[i]->type == ITEM_FIXED;
        good = fixed || word(f, i, said)[0] == '\0'
               || item_check(f->items[i], said, f->order->day, &unheard) == OK;
    }
    return good;
}

static enum err write_values(struct feed *f, struct person *person, uint64_t line, bool *changed) {
    char said[BIG_WORD + 1];
    enum err err = OK;
    for (size_t i = 2; !err && i < f->count; i++) {
        struct person_change_row row = {
            .feed = f->id, .line = (uint32_t)line, .day = f->order->day, .time = f->order->time};
        (void)snprintf(row.who, sizeof row.who, "%s%s%s", f->order->who,
            f->order->second ? "+" : "", f->order->second ? f->order->second : "");
        if (f->items[i]->type != ITEM_FIXED && word(f, i, said)[0] != '\0') {
            err = person_set_item(f->desk, person, f->items[i], said, &row, f->why);
        }
        *changed = *changed || row.field[0] != '\0';
    }
    return err;
}

/* What is wrong about a line of a known person, or FEED_VERDICTS. */
static enum err judge(struct feed *f, const struct person *person, enum feed_verdict *verdict) {
    char name[BIG_WORD + 1];
    bool same = true;
    unsigned wrong = 0;
    enum err err = compare_fixed(f, person, &same);
    *verdict = FEED_VERDICTS;
    if (!err && strcmp(word(f, 1, name), person->name) != 0) {
        *verdict = FEED_OTHER_NAME;
        wrong = wrong_name(person->name);
    } else if (!err && !values_good(f)) {
        *verdict = FEED_CODE;
    } else if (!err && !same) {
        *verdict = FEED_DATA;
        wrong = WRONG_DATA;
    }
    return err || wrong == 0 ? err : keep_result(f, person, wrong);
}

/* feed 2: whether an earlier line of this very file was about them; this one is from now on the last. */
static enum err seen_before(struct feed *f, int64_t number17, uint64_t line, bool *seen) {
    int64_t feed = 0;
    int64_t at = 0;
    const struct person_store *store = f->desk->store;
    const char *owner = owner_name(f->order->owner);
    enum err err = store->feed_seen(store->self, owner, number17, &feed, &at, f->why);
    *seen = !err && feed == f->id;
    return err || *seen
               ? err
               : store->feed_see(store->self, owner, number17, f->id, (int64_t)line, f->why);
}

static enum err take_known(
    struct feed *f, struct person *person, uint64_t line, enum feed_verdict *verdict) {
    bool changed = false;
    bool died = false;
    bool seen = false;
    enum err err = judge(f, person, verdict);
    if (err || *verdict != FEED_VERDICTS) {
        return err;
    }
    err = seen_before(f, number17_of(bytes_text(person->number)), line, &seen);
    if (err || seen) {
        *verdict = FEED_REPEATED;
        return err;
    }
    err = write_values(f, person, line, &changed);
    err = err || f->order->owner != OWNER_POLICE ? err : keep_life(f, person, &died);
    err = err ? err : keep_result(f, person, 0);
    *verdict = died ? FEED_DEAD : changed ? FEED_UPDATED : FEED_UNCHANGED;
    return err;
}

/* Who it is, before what it says. */
static enum err take_line(
    struct feed *f, struct bytes utf8, uint64_t line, enum feed_verdict *verdict) {
    char number[BIG_WORD + 1];
    struct person person;
    struct person_status status;
    const struct registry_store *registry = f->desk->registry;
    struct builder b = builder_in((uint8_t *)f->line, sizeof f->line);
    *verdict = FEED_MALFORMED;
    if (!csv_split(utf8, &b, f->end, f->count)) {
        return OK;
    }
    int64_t number17 = number17_of(bytes_text(word(f, 0, number)));
    *verdict = FEED_NUMBER;
    if (number17 == 0) {
        return OK;
    }
    enum err err = registry->person_by_number(registry->self, number17, &person, f->why);
    if (err == ERR_NOT_FOUND) {
        *verdict = FEED_UNKNOWN;
        return OK;
    }
    err = err ? err : f->desk->store->status_get(f->desk->store->self, person.id, &status, f->why);
    *verdict = FEED_ASIDE;
    return err || status.frozen != 0 ? err : take_known(f, &person, line, verdict);
}

/* --- groups ------------------------------------------------------------------------------------------------- */

/* Lines up to a group's end; *more is false at the end of the file. What a bad place left before it is a
 * group, too. */
static enum err read_group(struct feed *f, bool *more, enum err *bad) {
    struct text_place place = {0};
    struct bytes utf8 = {0};
    enum err err = OK;
    for (f->group = 0; !err && *more && f->group < GROUP_LINES;) {
        *bad = text_file_next(f->text, &utf8, more, &place, f->why);
        if (*bad) {
            f->result->stopped_line = place.line;
            f->result->stopped_byte = place.byte;
            return OK;
        }
        if (*more) {
            uint64_t line = text_file_line(f->text);
            f->first_line = f->group == 0 ? line : f->first_line;
            err = take_line(f, utf8, line, &f->told[f->group]);
            f->group++;
        }
    }
    return err;
}

/* Only what is kept is told. */
static void tell_group(struct feed *f) {
    for (size_t i = 0; i < f->group; i++) {
        f->result->lines++;
        f->result->verdicts[f->told[i]]++;
        if (f->order->told) {
            f->order->told(f->order->cookie, f->first_line + i, f->told[i]);
        }
    }
    f->result->cards = f->cards;
    if (f->order->moved) {
        f->order->moved(f->order->cookie, text_file_bytes(f->text), f->size);
    }
}

/* One row of the audit chain for the group; whom it is about stands in the tables. */
static enum err note_group(struct feed *f) {
    char subject[96];
    char hands[HANDS_ROOM];
    (void)snprintf(hands, sizeof hands, "%s%s%s", f->order->who, f->order->second ? "+" : "",
        f->order->second ? f->order->second : "");
    (void)snprintf(subject, sizeof subject, "feed %" PRId64 " of %s, %zu lines from %" PRIu64,
        f->id, owner_name(f->order->owner), f->group, f->first_line);
    return f->group == 0
               ? OK
               : f->desk->store->audit(f->desk->store->self, hands, "persons fed", subject, f->why);
}

/* feed 1 */
static enum err take_group(struct feed *f, bool *more, enum err *bad) {
    PERSON_WORK_SCOPE(work);
    enum err err = person_work_begin(&work, f->desk->store, f->why);
    err = err ? err : read_group(f, more, bad);
    struct why story = *f->why; /* of a bad place */
    err = err ? err : note_group(f);
    err = err ? err : person_work_commit(&work, f->why);
    if (!err) {
        tell_group(f);
        *f->why = story;
    }
    return err;
}

static enum err first_line(struct feed *f) {
    bool there = false;
    struct text_place place = {1, 0};
    struct bytes utf8 = {0};
    enum err err = text_file_next(f->text, &utf8, &there, &place, f->why);
    if (!err && !there) {
        err = why_say(f->why, ERR_INVALID, "the file is empty; send a file with a heading");
    }
    err = err ? err : heading_read(f, utf8);
    if (err == ERR_INVALID) {
        f->result->stopped_line = place.line;
        f->result->stopped_byte = place.byte;
    }
    return err;
}

static enum err take_all(struct feed *f) {
    bool more = true;
    enum err bad = OK;
    const struct person_store *store = f->desk->store;
    enum err err = first_line(f);
    err = err ? err
              : store->feed_begin(store->self, owner_name(f->order->owner), f->order->path,
                  f->order->day, &f->id, f->why);
    while (!err && !bad && more) {
        err = take_group(f, &more, &bad);
    }
    if (!err && bad) {
        return why_add(f->why, bad,
            "line %" PRIu64 ", byte %" PRIu64 " (%" PRIu64 " lines before it are kept)",
            f->result->stopped_line, f->result->stopped_byte, f->result->lines);
    }
    return err ? err : store->feed_end(store->self, f->id, f->why);
}

/* Identity takes two. */
static enum err hands_check(
    const struct person_desk *desk, const struct feed_order *order, struct why *why) {
    bool centre = order->owner == OWNER_CENTRE;
    enum err err = officer_require(
        desk->registry, order->who, centre ? ROLE_POINT : ROLE_MAKER, why);
    if (!err && order->owner == OWNER_POLICE && !order->second) {
        err = why_say(
            why, ERR_DENIED, "a file of the police takes two officers: name an approver, too");
    }
    return err || !order->second
               ? err
               : officer_require(desk->registry, order->second, ROLE_APPROVER, why);
}

enum err person_feed(const struct person_desk *desk, const struct feed_order *order,
    struct feed_result *result, struct why *why) {
    *result = (struct feed_result){0};
    enum err err = hands_check(desk, order, why);
    struct feed *f = err ? NULL : calloc(1, sizeof *f);
    if (!f) {
        return err ? err
                   : why_say(why, ERR_OUTSIDE, "no memory to read a file; end other programs");
    }
    f->desk = desk;
    f->order = order;
    f->result = result;
    f->why = why;
    err = text_file_open(&f->text, order->path, &f->size, why);
    err = err ? err : take_all(f);
    text_file_close(f->text);
    free(f);
    return err ? why_add(why, err, "%s", order->path) : OK;
}

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/sound.h"
#include "stores/sql/registry_person_rows.h"
#include "stores/sql/registry_rows.h"

/* find 1: person_index says up to which id the persons are in person_name and person_word. Both grow
 *         in the same transaction as it does, so that a kill leaves whole steps.
 * find 2: a step writes its rows in the order of the tables' keys: millions of them touch each page
 *         once. That is why the index follows the persons and is not filled with each of them. */
enum { STEP_PERSONS = 1 << 20, ENTRY_ROOM = SOUND_ROOM + PERSON_NAME_ROOM };

/* One row to be of the index: two texts, each with its end, in one piece of the step's text. */
struct entry {
    size_t at; /* of the sound, or of the word */
    int64_t person;
    int kind; /* enum person_word_kind; 0: a name */
};

/* What one step gathers. */
struct step {
    struct entry *entries;
    char *text;
    size_t count, room, text_len, text_room;
    int64_t persons, last;
};

static void step_free(struct step *step) {
    free(step->entries);
    free(step->text);
}

/* Room for one more person: a name and four words of at most the largest size. */
static bool step_grow(struct step *step) {
    enum { MOST = 5, MOST_TEXT = ENTRY_ROOM + PERSON_LONG_ROOM + 3 * PERSON_WORD_ROOM };
    if (step->room - step->count < MOST) {
        size_t room = step->room ? 2 * step->room : 4096;
        struct entry *more = realloc(step->entries, room * sizeof *more);
        if (!more) {
            return false;
        }
        step->entries = more;
        step->room = room;
    }
    if (step->text_room - step->text_len < MOST_TEXT) {
        size_t room = step->text_room ? 2 * step->text_room : (size_t)1 << 18;
        char *more = realloc(step->text, room);
        if (!more) {
            return false;
        }
        step->text = more;
        step->text_room = room;
    }
    return true;
}

static void step_text(struct step *step, const char *text) {
    size_t len = strlen(text) + 1;
    assert(step->text_room - step->text_len >= len);
    (void)memcpy(step->text + step->text_len, text, len);
    step->text_len += len;
}

/* An empty word finds nobody and is left out. */
static void step_word(struct step *step, int64_t person, int kind, const char *word) {
    if (word[0] != '\0') {
        step->entries[step->count++] = (struct entry){step->text_len, person, kind};
        step_text(step, word);
    }
}

/* The words by which a person is found beside the name; in the order of enum person_word_kind. */
static void words_of(const struct person *p, const char *words[4]) {
    words[0] = p->employer;
    words[1] = p->employer_name;
    words[2] = p->phone;
    words[3] = p->mobile;
}

static void step_person(struct step *step, const struct person *person) {
    char sound[SOUND_ROOM];
    const char *words[4];
    bool heard = sound_of(bytes_text(person->name), sound);
    assert(heard || sound[0] == '\0'); /* what has no sound is found by its name, under "" */
    (void)heard;
    step->entries[step->count++] = (struct entry){step->text_len, person->id, 0};
    step_text(step, sound);
    step_text(step, person->name);
    words_of(person, words);
    for (int i = 0; i < 4; i++) {
        step_word(step, person->id, WORD_EMPLOYER + i, words[i]);
    }
    step->persons++;
    step->last = person->id;
}

/* By kind, by the texts as bytes, by person: the order of the tables' keys. */
static int entry_order(const void *a, const void *b, void *text) {
    const struct entry *x = a;
    const struct entry *y = b;
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    const char *s = (const char *)text + x->at;
    const char *t = (const char *)text + y->at;
    int order = strcmp(s, t);
    if (order == 0 && x->kind == 0) {
        order = strcmp(s + strlen(s) + 1, t + strlen(t) + 1);
    }
    if (order != 0) {
        return order;
    }
    return (x->person > y->person) - (x->person < y->person);
}

static enum err read_persons(struct person_rows *rows, struct step *step, struct why *why) {
    struct person person;
    bool room = true;
    struct say s = people_say(rows, PEOPLE_INDEX_PERSONS);
    say_int(&s, step->last);
    say_int(&s, STEP_PERSONS);
    while (say_next(&s) && (room = step_grow(step))) {
        row_person(&s, &person);
        step_person(step, &person);
    }
    enum err err = say_end(&s, why);
    return err || room ? err
                       : why_say(why, ERR_OUTSIDE, "no memory to index names; end other programs");
}

/* One row into the table of its kind, or out of it. */
static enum err put_entry(struct person_rows *rows, const struct entry *entry, const char *text,
    bool add, struct why *why) {
    const char *first = text + entry->at;
    bool name = entry->kind == 0;
    enum people_sentence which = name ? (add ? PEOPLE_NAME_ADD : PEOPLE_NAME_REMOVE)
                                      : (add ? PEOPLE_WORD_ADD : PEOPLE_WORD_REMOVE);
    struct say s = people_say(rows, which);
    if (name) {
        say_text(&s, first);
        say_text(&s, first + strlen(first) + 1);
    } else {
        say_int(&s, entry->kind);
        say_text(&s, first);
    }
    say_int(&s, entry->person);
    return say_done(&s, why);
}

static enum err put_entries(
    struct person_rows *rows, const struct step *step, bool add, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < step->count; i++) {
        err = put_entry(rows, &step->entries[i], step->text, add, why);
    }
    return err;
}

static enum err index_last(struct person_rows *rows, int64_t *last, struct why *why) {
    struct say s = people_say(rows, PEOPLE_INDEX_LAST);
    bool there = say_next(&s);
    *last = there ? row_int(&s) : 0;
    return people_found_row(&s, there, "index of persons", why);
}

/* find 1 */
static enum err take_step(struct person_rows *rows, struct step *step, struct why *why) {
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, rows->db, why);
    err = err ? err : index_last(rows, &step->last, why);
    err = err ? err : read_persons(rows, step, why);
    if (!err && step->count > 0) {
        qsort_r(step->entries, step->count, sizeof *step->entries, entry_order, step->text);
        err = put_entries(rows, step, true, why);
    }
    if (!err && step->count > 0) {
        struct say s = people_say(rows, PEOPLE_INDEX_MOVE);
        say_int(&s, step->last);
        err = people_changed(rows, &s, "index of persons", why);
    }
    return err ? err : tx_commit(&tx, why);
}

static enum err index_step(void *self, int64_t *done, struct why *why) {
    struct step step = {.count = 0};
    enum err err = take_step(self, &step, why);
    *done = err ? 0 : step.persons;
    step_free(&step);
    return err;
}

static enum err index_behind(void *self, int64_t *count, struct why *why) {
    struct say s = people_say(self, PEOPLE_INDEX_BEHIND);
    *count = say_next(&s) ? row_int(&s) : 0;
    return say_end(&s, why);
}

enum err people_index_person(
    struct person_rows *rows, const struct person *person, bool add, struct why *why) {
    struct step step = {.count = 0};
    enum err err = index_last(rows, &step.last, why);
    if (err || step.last < person->id) {
        return err;
    }
    if (step_grow(&step)) {
        step_person(&step, person);
        err = put_entries(rows, &step, add, why);
    } else {
        err = why_say(why, ERR_OUTSIDE, "no memory to index a name; end other programs");
    }
    step_free(&step);
    return err;
}

/* --- finding ----------------------------------------------------------------------------------------- */

/* The first key that does not begin with sound: its last byte, a blank or a letter, plus one. "" is
 * the beginning of every key. */
static void span_end(const char *sound, char end[SOUND_ROOM]) {
    size_t len = strlen(sound);
    (void)snprintf(end, SOUND_ROOM, "%s", len > 0 ? sound : "~");
    if (len > 0) {
        end[len - 1]++;
    }
}

static enum err by_name(void *self, const struct name_span *span,
    bool (*told)(void *cookie, int64_t person, const char *name), void *cookie, struct why *why) {
    char end[SOUND_ROOM];
    char name[PERSON_NAME_ROOM];
    struct say s = people_say(self, span->name    ? PEOPLE_NAME_EXACT
                                    : span->whole ? PEOPLE_NAME_SOUND
                                                  : PEOPLE_NAME_SPAN);
    assert(span->whole || !span->name);
    say_text(&s, span->sound);
    if (span->name) {
        say_text(&s, span->name);
    } else if (!span->whole) {
        span_end(span->sound, end);
        say_text(&s, end);
    }
    bool more = true;
    while (more && say_next(&s)) {
        int64_t person = row_int(&s);
        row_text(&s, name, sizeof name);
        more = told(cookie, person, name);
    }
    return say_end(&s, why);
}

/* What the three sentences that answer with persons alone have in common. */
static enum err tell_persons(
    struct say *s, bool (*told)(void *cookie, int64_t person), void *cookie, struct why *why) {
    while (say_next(s) && told(cookie, row_int(s))) {}
    return say_end(s, why);
}

static enum err by_word(void *self, enum person_word_kind kind, const char *word,
    bool (*told)(void *cookie, int64_t person), void *cookie, struct why *why) {
    struct say s = people_say(self, PEOPLE_WORD_FIND);
    say_int(&s, kind);
    say_text(&s, word);
    return tell_persons(&s, told, cookie, why);
}

static enum err by_number_range(void *self, int64_t least, int64_t most,
    bool (*told)(void *cookie, int64_t person), void *cookie, struct why *why) {
    struct say s = people_say(self, PEOPLE_NUMBER_RANGE);
    say_int(&s, least);
    say_int(&s, most);
    return tell_persons(&s, told, cookie, why);
}

static enum err by_batch(void *self, int64_t batch, int64_t box,
    bool (*told)(void *cookie, int64_t person), void *cookie, struct why *why) {
    struct say s = people_say(self, PEOPLE_BATCH_PERSONS);
    say_int(&s, batch);
    say_int(&s, box);
    return tell_persons(&s, told, cookie, why);
}

static enum err all_persons(void *self,
    bool (*told)(void *cookie, const struct person_brief *person), void *cookie, struct why *why) {
    struct person_brief brief;
    struct say s = people_say(self, PEOPLE_PERSON_BRIEFS);
    bool more = true;
    while (more && say_next(&s)) {
        brief.id = row_int(&s);
        brief.number17 = row_int(&s);
        brief.birth = (uint32_t)row_int(&s);
        brief.sex = (uint8_t)row_int(&s);
        row_text(&s, brief.name, sizeof brief.name);
        more = told(cookie, &brief);
    }
    return say_end(&s, why);
}

void people_find_functions(struct person_store *store) {
    store->index_behind = index_behind;
    store->index_step = index_step;
    store->by_name = by_name;
    store->by_word = by_word;
    store->by_number_range = by_number_range;
    store->by_batch = by_batch;
    store->all = all_persons;
}

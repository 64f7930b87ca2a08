#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/builder.h"
#include "registry/import.h"
#include "stores/sql/audit.h"
#include "stores/sql/registry_rows.h"

/* people 1: a group is judged twice over. First in the order of the numbers, which is the order of
 *           person_number's pages: every number is looked up or claimed once, near the one before.
 *           Then the new persons are written in the order of the file, at the end of their table.
 * people 2: a line claims a number under the id base + its place in the group, before the person's
 *           row exists; both are written in the same transaction. Refused lines leave gaps in the
 *           ids, which nobody minds.
 * people 3: of a number, person_number tells the file and line that brought it first in the last
 *           file that brought it. Same file, earlier line: the line repeats. */
struct group {
    struct registry_rows *rows;
    int64_t import;
    int64_t base; /* the id of the first entry of the chunk */
    struct person_chunk *chunk;
    struct why *why;
};

/* Where a number stands before its line is judged. */
struct seen {
    int64_t person, import, line;
};

/* Milliseconds since 1970, for the row of the import. */
static int64_t moment_now(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- what a known person's line may do -------------------------------------------------------------- */

/* The text columns of the fields that the sender owns, as struct person holds them. */
static const size_t text_at[PERSON_FIELDS] = {
    [PERSON_HOUSEHOLD] = offsetof(struct person, household),
    [PERSON_ADDRESS] = offsetof(struct person, address),
    [PERSON_POSTCODE] = offsetof(struct person, postcode),
    [PERSON_PHONE] = offsetof(struct person, phone),
    [PERSON_MOBILE] = offsetof(struct person, mobile),
    [PERSON_EMPLOYER] = offsetof(struct person, employer),
    [PERSON_EMPLOYER_NAME] = offsetof(struct person, employer_name),
};
enum { CODE_ROOM = 16 };

/* What the record says in a field, as a file would write it; codes are written into room. */
static const char *person_word(
    const struct person *person, enum person_field field, char room[CODE_ROOM]) {
    if (text_at[field] != 0) {
        return (const char *)person + text_at[field];
    }
    bool nation = field == PERSON_NATION;
    uint32_t code = field == PERSON_SEX     ? person->sex
                    : nation                ? person->nation
                    : field == PERSON_BIRTH ? person->birth
                                            : person->region;
    (void)snprintf(room, CODE_ROOM, nation ? "%02u" : "%u", (unsigned)code);
    return room;
}

/* What a field held and what it became, with the line that said so. */
static enum err history_add(struct group *g, const struct person_entry *entry, int64_t person,
    enum person_field field, const char *was) {
    struct say s = registry_say(g->rows, SENTENCE_HISTORY_ADD);
    say_int(&s, person);
    say_int(&s, g->import);
    say_int(&s, entry->line);
    say_text(&s, person_field_text(field)->code);
    say_text(&s, was);
    say_words(&s, person_entry_word(g->chunk, entry, field));
    return say_done(&s, g->why);
}

/* people 4: a field that its own owner has set, by a file or with a proof, is no longer the sender's of
 *           files of people; *spoken says so. [decision 0038] */
static enum err owner_spoke(
    struct group *g, int64_t person, enum person_field field, bool *spoken) {
    struct say s = registry_say(g->rows, SENTENCE_FIELD_SPOKEN);
    say_int(&s, person);
    say_text(&s, person_field_text(field)->code);
    *spoken = say_next(&s);
    return say_end(&s, g->why);
}

/* Notes each field that differs and may be changed; *differ counts them. Those that may not are bits of
 * *kept. */
static enum err compare(struct group *g, const struct person_entry *entry,
    const struct person *person, int *differ, uint32_t *kept) {
    enum err err = OK;
    *differ = 0;
    *kept = 0;
    for (int i = 0; !err && i < PERSON_FIELDS; i++) {
        enum person_field field = (enum person_field)i;
        char room[CODE_ROOM];
        if (!person_field_text(field)->owned) {
            continue;
        }
        const char *was = person_word(person, field, room);
        if (bytes_equal(bytes_text(was), person_entry_word(g->chunk, entry, field))) {
            continue;
        }
        bool spoken = false;
        err = owner_spoke(g, person->id, field, &spoken);
        if (!err && spoken) {
            *kept |= UINT32_C(1) << i;
        } else if (!err) {
            ++*differ;
            err = history_add(g, entry, person->id, field, was);
        }
    }
    return err;
}

/* Fills the columns that the sender owns, from sex on; where a bit of kept is set, with what the record
 * says already. Without a record nothing is kept. */
static void say_owned(struct say *s, const struct group *g, const struct person_entry *entry,
    const struct person *person, uint32_t kept) {
    assert(person || kept == 0);
    bool nation = kept >> PERSON_NATION & 1;
    bool region = kept >> PERSON_REGION & 1;
    say_int(s, entry->sex);
    say_int(s, nation ? person->nation : entry->nation);
    say_int(s, entry->birth);
    say_int(s, region ? person->region : entry->region);
    for (int field = PERSON_HOUSEHOLD; field < PERSON_FIELDS; field++) {
        bool stays = kept >> field & 1;
        say_words(s, stays ? bytes_text((const char *)person + text_at[field])
                           : person_entry_word(g->chunk, entry, (enum person_field)field));
    }
}

/* Writes every field that the sender owns; the history has what they held. */
static enum err person_update(
    struct group *g, const struct person_entry *entry, const struct person *person, uint32_t kept) {
    struct say s = registry_say(g->rows, SENTENCE_PERSON_UPDATE);
    say_int(&s, person->id);
    say_owned(&s, g, entry, person, kept);
    return say_done(&s, g->why);
}

/* The person may be one of an earlier line of this very group, not written yet: then the group's
 * own line tells the name. [people 2] */
static const struct person_entry *entry_of(const struct group *g, const struct seen *seen) {
    assert(seen->person < g->base + (int64_t)g->chunk->count);
    return seen->person >= g->base ? &g->chunk->entries[seen->person - g->base] : NULL;
}

/* A number that leads to no person contradicts people 2: the database was damaged or altered. */
static enum err person_read(struct group *g, int64_t id, struct person *out) {
    struct say s = registry_say(g->rows, SENTENCE_PERSON_BY_ID);
    say_int(&s, id);
    bool there = say_next(&s);
    if (there) {
        row_person(&s, out);
    }
    enum err err = say_end(&s, g->why);
    return err || there ? err : why_say(g->why, ERR_OUTSIDE, "a number without its person");
}

/* A line whose number is known under another name waits, whole, once for each name. */
static enum err wait_for_decision(struct group *g, struct person_entry *entry) {
    char sent[IMPORT_LINE_MAX * 2];
    struct builder b = builder_in(sent, sizeof sent);
    for (int field = 0; field < PERSON_FIELDS; field++) {
        put_fill(&b, '\t', field > 0); /* no word holds a control character */
        put_bytes(&b, person_entry_word(g->chunk, entry, (enum person_field)field));
    }
    assert(!b.overflowed);
    struct say s = registry_say(g->rows, SENTENCE_WAITING_PUT);
    say_int(&s, entry->number17);
    say_words(&s, person_entry_name(g->chunk, entry));
    say_words(&s, builder_bytes(&b));
    say_int(&s, g->import);
    say_int(&s, entry->line);
    entry->verdict = OTHER_NAME;
    return say_done(&s, g->why);
}

/* people 3: from here on this line is the one that brought the number first. */
static enum err number_seen(struct group *g, const struct person_entry *entry) {
    struct say s = registry_say(g->rows, SENTENCE_NUMBER_SEEN);
    say_int(&s, entry->number17);
    say_int(&s, g->import);
    say_int(&s, entry->line);
    return say_done(&s, g->why);
}

/* The person is known from an earlier file: the first line of this one about them. */
static enum err judge_known(
    struct group *g, struct person_entry *entry, const struct person *person) {
    int differ = 0;
    uint32_t kept = 0;
    enum err err = compare(g, entry, person, &differ, &kept);
    if (!err && differ > 0) {
        err = person_update(g, entry, person, kept);
    }
    entry->verdict = differ > 0 ? UPDATED : UNCHANGED;
    return err ? err : number_seen(g, entry);
}

/* Who has the number; claim() has just found that somebody does. */
static enum err number_find(struct group *g, int64_t number17, struct seen *seen) {
    struct say s = registry_say(g->rows, SENTENCE_NUMBER_FIND);
    say_int(&s, number17);
    if (say_next(&s)) {
        seen->person = row_int(&s);
        seen->import = row_int(&s);
        seen->line = row_int(&s);
    }
    return say_end(&s, g->why);
}

/* The number is claimed already: by an earlier file, or an earlier line of this one. [people 3] */
static enum err judge_claimed(struct group *g, struct person_entry *entry) {
    struct seen seen = {0};
    struct person person = {0};
    struct bytes name = {0};
    enum err err = number_find(g, entry->number17, &seen);
    const struct person_entry *first = err ? NULL : entry_of(g, &seen);
    if (first) {
        name = person_entry_name(g->chunk, first);
    } else if (!err) {
        err = person_read(g, seen.person, &person);
        name = err ? name : bytes_text(person.name);
    }
    if (err) {
        return err;
    }
    if (!bytes_equal(name, person_entry_name(g->chunk, entry))) {
        return wait_for_decision(g, entry);
    }
    if (seen.import == g->import) {
        assert(seen.line < entry->line);
        entry->verdict = REPEATED_PERSON;
        return OK;
    }
    assert(!first);
    return judge_known(g, entry, &person);
}

/* --- the two passes ---------------------------------------------------------------------------------- */

/* True when nobody had the number: the line's place is then the person's id. [people 2] */
static bool claim(struct group *g, size_t place, enum err *err) {
    const struct person_entry *entry = &g->chunk->entries[place];
    assert(place < g->chunk->count);
    assert(entry->verdict == ACCEPTED);
    struct say s = registry_say(g->rows, SENTENCE_NUMBER_ADD);
    say_int(&s, entry->number17);
    say_int(&s, g->base + (int64_t)place);
    say_int(&s, g->import);
    say_int(&s, entry->line);
    *err = say_done(&s, g->why);
    return !*err && db_changed(g->rows->db) == 1;
}

/* The first pass of people 1: every line gets its verdict. */
static enum err judge_by_number(struct group *g) {
    enum err err = OK;
    for (uint32_t i = 0; !err && i < g->chunk->order_count; i++) {
        size_t place = g->chunk->order[i].place;
        if (!claim(g, place, &err) && !err) {
            err = judge_claimed(g, &g->chunk->entries[place]);
        }
    }
    return err;
}

/* people 2: under the id that claim() gave the number. */
static enum err person_insert(struct group *g, size_t place) {
    const struct person_entry *entry = &g->chunk->entries[place];
    assert(place < g->chunk->count);
    assert(entry->number17 > 0);
    struct say s = registry_say(g->rows, SENTENCE_PERSON_ADD);
    say_int(&s, g->base + (int64_t)place);
    say_int(&s, entry->number17);
    say_words(&s, person_entry_name(g->chunk, entry));
    say_owned(&s, g, entry, NULL, 0);
    return say_done(&s, g->why);
}

/* The second pass: what is still ACCEPTED is new, and goes to the end of the table in the
 * file's order. */
static enum err write_new(struct group *g) {
    enum err err = OK;
    for (uint32_t i = 0; !err && i < g->chunk->count; i++) {
        if (g->chunk->entries[i].verdict == ACCEPTED) {
            err = person_insert(g, i);
        }
    }
    return err;
}

/* One row in the audit chain for the whole group: who came with it stands in the tables. */
static enum err note_group(struct group *g) {
    struct say s = registry_say(g->rows, SENTENCE_IMPORT_GROUP);
    say_int(&s, g->import);
    say_int(&s, g->chunk->count);
    enum err err = say_done(&s, g->why);
    if (err || g->chunk->count == 0) {
        return err;
    }
    char subject[AUDIT_SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "import %lld, lines %u to %u", (long long)g->import,
        (unsigned)g->chunk->entries[0].line, (unsigned)g->chunk->entries[g->chunk->count - 1].line);
    return db_audit(g->rows->db, "system", "people imported", subject, g->why);
}

/* One transaction from the first look to the audit row: after a kill the group is there or it
 * is not. */
enum err rows_import_group(
    void *self, int64_t import, struct person_chunk *chunk, struct why *why) {
    struct group g = {.rows = self, .import = import, .chunk = chunk, .why = why};
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, g.rows->db, why);
    if (!err) {
        struct say s = registry_say(g.rows, SENTENCE_PERSON_LAST);
        g.base = say_next(&s) ? row_int(&s) + 1 : 0;
        err = say_end(&s, why);
    }
    err = err ? err : judge_by_number(&g);
    err = err ? err : write_new(&g);
    err = err ? err : note_group(&g);
    return err ? err : tx_commit(&tx, why);
}

/* A row of its own at once: an import that is killed is seen to have begun and not ended. */
enum err rows_import_begin(
    void *self, const char *file, uint32_t day, int64_t *import, struct why *why) {
    struct registry_rows *rows = self;
    struct say s = registry_say(rows, SENTENCE_IMPORT_ADD);
    say_text(&s, file);
    say_int(&s, day);
    say_int(&s, moment_now());
    return say_added(&s, import, why);
}

/* Marks it as finished: the whole file was read. */
enum err rows_import_end(void *self, int64_t import, struct why *why) {
    struct say s = registry_say(self, SENTENCE_IMPORT_END);
    say_int(&s, import);
    return say_done(&s, why);
}

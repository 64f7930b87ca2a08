#include "registry/people_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/builder.h"
#include "host/csv.h"

struct people_file {
    struct text_file *text;
    uint32_t business_day;
};

/* What the first line has to be, with one comma too many; heading_check() leaves that off. */
static const char heading[] =
#define FIELD(code, name, letters, owned) #code ","
#include "registry/person_field.def"
    ;

enum err people_file_open(struct people_file **file, const char *path, uint32_t business_day,
    uint64_t *size, struct why *why) {
    struct people_file *opened = malloc(sizeof *opened);
    if (!opened) {
        return why_say(why, ERR_OUTSIDE, "no memory to read %s; end other programs", path);
    }
    opened->business_day = business_day;
    enum err err = text_file_open(&opened->text, path, size, why);
    if (err) {
        free(opened);
        return err;
    }
    *file = opened;
    return OK;
}

void people_file_close(struct people_file *file) {
    if (file) {
        text_file_close(file->text);
        free(file);
    }
}

/* --- what a line is ---------------------------------------------------------------------------------- */

/* Looks at every byte without leaving early: one pass that the compiler can do many bytes at a
 * time. */
static bool holds_control(struct bytes text) {
    unsigned found = 0;
    for (size_t i = 0; i < text.len; i++) {
        found |= text.at[i] < 0x20 || text.at[i] == 0x7F;
    }
    return found != 0;
}

/* Lets the rules judge the words of an entry, and keeps what they read. */
static void entry_check(struct person_entry *entry, const uint8_t *text, uint32_t business_day) {
    struct person_words words;
    struct person_facts facts = {0};
    uint16_t from = 0;
    for (int i = 0; i < PERSON_FIELDS; i++) {
        words.word[i] = bytes_of(text + from, entry->end[i] - (size_t)from);
        from = entry->end[i];
    }
    entry->verdict = (uint8_t)person_check(&words, business_day, &facts);
    if (entry->verdict != ACCEPTED) {
        return;
    }
    entry->number17 = facts.number17;
    entry->birth = facts.birth;
    entry->region = facts.region;
    entry->sex = facts.sex;
    entry->nation = facts.nation;
    entry->name_at = (uint16_t)(facts.name.at - text);
    entry->name_len = (uint16_t)facts.name.len;
}

/* Splits and checks a line, and takes it into the chunk; a malformed one without its words. */
static void line_take(struct people_file *file, struct bytes utf8, struct person_chunk *chunk) {
    struct person_entry entry = {.line = (uint32_t)text_file_line(file->text),
        .text = (uint32_t)chunk->text_len,
        .verdict = LINE_MALFORMED};
    uint8_t *text = chunk->text + chunk->text_len;
    struct builder b = builder_in(text, IMPORT_GROUP_BYTES - chunk->text_len);
    if (utf8.len <= IMPORT_LINE_MAX && !holds_control(utf8)
        && csv_split(utf8, &b, entry.end, PERSON_FIELDS)) {
        entry_check(&entry, text, file->business_day);
    } else {
        (void)memset(entry.end, 0, sizeof entry.end);
    }
    assert(entry.end[PERSON_FIELDS - 1] <= IMPORT_GROUP_BYTES - chunk->text_len);
    person_chunk_add(chunk, &entry);
}

/* The headings must be ours in our order: a column that moved would put telephone numbers into
 * names, and each line would still look well. */
static enum err heading_check(struct bytes utf8, struct why *why) {
    struct bytes ours = bytes_of(heading, sizeof heading - 2); /* without its last comma and end */
    if (bytes_equal(utf8, ours)) {
        return OK;
    }
    return why_say(why, ERR_INVALID,
        "the first line should be the headings %.*s; send a file of people", (int)ours.len,
        heading);
}

/* True while another line surely fits the chunk. */
static bool has_room(const struct person_chunk *chunk) {
    return chunk->count < IMPORT_GROUP_LINES
           && IMPORT_GROUP_BYTES - chunk->text_len >= IMPORT_LINE_MAX;
}

/* One line further. *there is false at the good end of the file. */
static enum err step(struct people_file *file, struct person_chunk *chunk, bool *there,
    struct text_place *place, struct why *why) {
    struct bytes utf8 = {0};
    enum err err = text_file_next(file->text, &utf8, there, place, why);
    if (err || !*there) {
        return err;
    }
    if (text_file_line(file->text) > 1) {
        line_take(file, utf8, chunk);
        return OK;
    }
    *place = (struct text_place){1, 0};
    return heading_check(utf8, why);
}

enum err people_file_next(struct people_file *file, struct person_chunk *chunk,
    struct text_place *place, struct why *why) {
    bool there = true;
    enum err err = OK;
    person_chunk_clear(chunk);
    while (!err && there && has_room(chunk)) {
        err = step(file, chunk, &there, place, why);
    }
    if (!err && !there && text_file_line(file->text) == 0) {
        *place = (struct text_place){1, 0};
        err = why_say(why, ERR_INVALID, "the file is empty; send a file of people");
    }
    chunk->bytes_done = text_file_bytes(file->text);
    person_chunk_sort(chunk);
    return err;
}

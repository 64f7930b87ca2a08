#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "registry/duplicate.h"
#include "registry/sound.h"

/* finder 1: equal keys have equal hashes, and lie in one file; what has equal hashes by chance falls
 *           out when the records are compared.
 * finder 2: every pair is compared from the records themselves, as they are then. */
enum { FILES = 64, FILE_BITS = 6, RULE_BITS = 2 };

/* A person under one key. The low bits of the hash are the rule. */
struct keyed {
    uint64_t key;
    int64_t person;
};

/* One search under way. */
struct search {
    const struct person_desk *desk;
    const struct duplicate_order *order;
    struct duplicate_found *found;
    struct why *why;
    FILE *files[FILES];
    uint64_t counts[FILES];
    struct person *group; /* DUPLICATE_GROUP_MAX records */
    uint64_t persons;     /* that there are */
    bool failed;          /* a file could not be written */
};

/* --- keys ---------------------------------------------------------------------------------------- */

/* The digits that count for a rule, and the sound, as one hash. */
static uint64_t key_of(enum duplicate_rule rule, int64_t digits, const char *sound) {
    char text[32 + SOUND_ROOM];
    (void)snprintf(text, sizeof text, "%lld %s", (long long)digits, sound);
    return (sound_hash(text) & ~(uint64_t)((1 << RULE_BITS) - 1)) | (uint64_t)rule;
}

static void put_key(struct search *s, uint64_t key, int64_t person) {
    const struct keyed keyed = {key, person};
    size_t file = (size_t)(key >> (64 - FILE_BITS));
    assert(file < FILES);
    s->failed = s->failed || fwrite(&keyed, sizeof keyed, 1, s->files[file]) != 1;
    s->counts[file]++;
}

/* Of a number RRRRRRYYYYMMDDSSS: all but the century, birth and sex, all but the birth. */
static bool take_person(void *cookie, const struct person_brief *person) {
    enum { CENTURY_AT = 1000000000, BIRTH_AT = 1000 };
    struct search *s = cookie;
    char sound[SOUND_ROOM];
    int64_t n = person->number17;
    int64_t place = n / INT64_C(100000000000);
    int64_t sequence = n % BIRTH_AT;
    if (!sound_of(bytes_text(person->name), sound)) {
        (void)snprintf(sound, sizeof sound, "%.*s", SOUND_ROOM - 1, person->name);
    }
    put_key(s, key_of(DUPLICATE_SAME_15, place * CENTURY_AT + n % CENTURY_AT, sound), person->id);
    put_key(s, key_of(DUPLICATE_NAME_BIRTH, (int64_t)person->birth * 10 + person->sex, sound),
        person->id);
    put_key(s, key_of(DUPLICATE_CORRECTED, place * BIRTH_AT + sequence, sound), person->id);
    s->found->persons++;
    if (s->order->moved && s->found->persons % 65536 == 0) {
        s->order->moved(s->order->cookie, s->found->persons / 2, s->persons);
    }
    return !s->failed;
}

/* --- pairs ---------------------------------------------------------------------------------------- */

/* A record that stands aside already is nobody's double. */
static enum err record_counts(struct search *s, int64_t person, bool *counts) {
    struct person_status status;
    const struct person_store *store = s->desk->store;
    enum err err = store->status_get(store->self, person, &status, s->why);
    *counts = !err && status.merged == 0;
    return err;
}

static enum err compare_pair(
    struct search *s, const struct person *a, const struct person *b, enum duplicate_rule rule) {
    const struct person_store *store = s->desk->store;
    bool first = false;
    bool second = false;
    bool added = false;
    s->found->pairs++;
    const struct person *low = a->id < b->id ? a : b;
    struct duplicate d = {
        .first = low->id, .second = low == a ? b->id : a->id, .day = s->order->day};
    d.score = duplicate_score(a, b, &rule);
    d.rule = (int)rule;
    if (d.score < s->order->least) {
        return OK;
    }
    enum err err = record_counts(s, d.first, &first);
    err = err ? err : record_counts(s, d.second, &second);
    if (err || !first || !second) {
        return err;
    }
    s->found->likely++;
    err = store->case_add(store->self, &d, &added, s->why);
    s->found->added += added;
    return err;
}

/* All pairs of the persons of one key. */
static enum err compare_group(struct search *s, const struct keyed *keyed, size_t count) {
    enum err err = OK;
    const struct registry_store *registry = s->desk->registry;
    size_t taken = count < DUPLICATE_GROUP_MAX ? count : DUPLICATE_GROUP_MAX;
    enum duplicate_rule rule = (enum duplicate_rule)(keyed[0].key & ((1 << RULE_BITS) - 1));
    for (size_t i = 0; !err && i < taken; i++) {
        err = registry->person_by_id(registry->self, keyed[i].person, &s->group[i], s->why);
        for (size_t j = 0; !err && j < i; j++) {
            err = compare_pair(s, &s->group[j], &s->group[i], rule);
        }
    }
    return err;
}

static int keyed_order(const void *a, const void *b) {
    const struct keyed *x = a;
    const struct keyed *y = b;
    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->person > y->person) - (x->person < y->person);
}

/* Equal keys stand together when they are sorted. */
static enum err compare_sorted(struct search *s, const struct keyed *list, size_t count) {
    enum err err = OK;
    for (size_t from = 0, to = 0; !err && from < count; from = to) {
        for (to = from + 1; to < count && list[to].key == list[from].key; to++) {}
        if (to - from > 1) {
            err = compare_group(s, list + from, to - from);
        }
    }
    return err;
}

/* One file: read, sorted, walked; its cases are one transaction. */
static enum err compare_file(struct search *s, size_t file) {
    size_t count = (size_t)s->counts[file];
    if (count == 0) {
        return OK;
    }
    struct keyed *list = calloc(count, sizeof *list);
    if (!list) {
        return why_say(
            s->why, ERR_OUTSIDE, "no memory to sort %zu keys; end other programs", count);
    }
    rewind(s->files[file]);
    enum err err = fread(list, sizeof *list, count, s->files[file]) == count
                       ? OK
                       : why_say(
                           s->why, ERR_OUTSIDE, "the keys cannot be read back; look at the disk");
    PERSON_WORK_SCOPE(work);
    err = err ? err : person_work_begin(&work, s->desk->store, s->why);
    if (!err) {
        qsort(list, count, sizeof *list, keyed_order);
        err = compare_sorted(s, list, count);
    }
    free(list);
    return err ? err : person_work_commit(&work, s->why);
}

/* --- the search ----------------------------------------------------------------------------------- */

/* A file that has no name, so that nobody finds it after a kill. */
static FILE *nameless(const char *folder) {
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w+b");
    if (fd >= 0 && !file) {
        (void)close(fd);
    }
    return file;
}

static enum err search_open(struct search *s) {
    s->group = calloc(DUPLICATE_GROUP_MAX, sizeof *s->group);
    if (!s->group) {
        return why_say(s->why, ERR_OUTSIDE, "no memory to compare records; end other programs");
    }
    for (size_t i = 0; i < FILES; i++) {
        s->files[i] = nameless(s->order->folder);
        if (!s->files[i]) {
            return why_say(s->why, ERR_OUTSIDE,
                "no file to sort in can be made in %s; see that there is room and that it may be "
                "written",
                s->order->folder);
        }
    }
    int64_t persons = 0;
    enum err err = s->desk->registry->person_count(s->desk->registry->self, &persons, s->why);
    s->persons = err ? 0 : (uint64_t)persons;
    return err;
}

static void search_close(struct search *s) {
    for (size_t i = 0; i < FILES; i++) {
        if (s->files[i]) {
            (void)fclose(s->files[i]);
        }
    }
    free(s->group);
}

static enum err spread(struct search *s) {
    const struct person_store *store = s->desk->store;
    enum err err = store->all(store->self, take_person, s, s->why);
    for (size_t i = 0; i < FILES; i++) {
        s->failed = s->failed || fflush(s->files[i]) != 0;
    }
    return !err && s->failed ? why_say(s->why, ERR_OUTSIDE,
               "the keys do not fit into %s; make room or name another folder", s->order->folder)
                             : err;
}

static enum err compare_all(struct search *s) {
    enum err err = OK;
    for (size_t i = 0; !err && i < FILES; i++) {
        err = compare_file(s, i);
        if (s->order->moved) {
            s->order->moved(
                s->order->cookie, s->persons / 2 + s->persons * (i + 1) / FILES / 2, s->persons);
        }
    }
    return err;
}

enum err duplicate_find(const struct person_desk *desk, const struct duplicate_order *order,
    struct duplicate_found *found, struct why *why) {
    struct search s = {.desk = desk, .order = order, .found = found, .why = why};
    int64_t collected = 0;
    assert(order->least >= 0 && order->least <= 100);
    *found = (struct duplicate_found){0};
    enum err err = desk->store->case_collect(desk->store->self, order->day, &collected, why);
    err = err ? err : search_open(&s);
    err = err ? err : spread(&s);
    err = err ? err : compare_all(&s);
    search_close(&s);
    err = err ? err
              : desk->store->audit(
                  desk->store->self, "system", "duplicates searched", "registry", why);
    found->added += (uint64_t)collected;
    return err ? why_add(why, err, "search for duplicates") : OK;
}

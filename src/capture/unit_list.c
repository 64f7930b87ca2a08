#include "capture/unit_list.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/day.h"
#include "base/hex.h"
#include "capture/unit_words.h"
#include "registry/person_change.h"

/* --- the list --------------------------------------------------------------------------------- */

/* The list of the unit that is out, or ERR_NOT_FOUND. */
static enum err list_out(const struct capture_desk *desk, const char *unit,
    struct capture_package *package, struct why *why) {
    package->id = 0;
    for (;;) {
        enum err err = desk->store->package_after(
            desk->store->self, PACKAGE_UNIT, package->id, package, why);
        if (err || (package->back == 0 && strcmp(package->place, unit) == 0)) {
            return err;
        }
    }
}

/* Has the person a photo that a card can have? */
static enum err has_photo(
    const struct capture_desk *desk, int64_t person, bool *has, struct why *why) {
    struct photo photo;
    struct why none;
    enum err err = desk->store->photo_usable(desk->store->self, person, &photo, &none);
    *has = err == OK;
    return !err || err == ERR_NOT_FOUND ? OK : why_say(why, err, "%s", none.text);
}

/* One line of the list. */
static enum err put_line(const struct capture_desk *desk, int64_t sequence, int64_t id,
    struct builder *lines, struct why *why) {
    const struct registry_store *registry = desk->persons->registry;
    struct person person;
    bool photo = false;
    char line[UNIT_LINE_ROOM];
    enum err err = registry->person_by_id(registry->self, id, &person, why);
    err = err ? err : has_photo(desk, id, &photo, why);
    if (err) {
        return err;
    }
    int len = snprintf(line, sizeof line, "%" PRId64 "|%s|%s|%u|%08u|%s\n", sequence, person.number,
        person.name, person.sex, person.birth, photo ? "photo" : "missing");
    assert(len > 0);
    assert((size_t)len < sizeof line); /* a name is far shorter */
    put_bytes(lines, bytes_of(line, (size_t)len));
    return OK;
}

static enum err put_lines(const struct capture_desk *desk, const struct capture_package *package,
    struct builder *lines, struct why *why) {
    struct expected one = {.person = 0};
    for (int64_t sequence = package->first;; sequence++) {
        enum err err = desk->store->expected_after(
            desk->store->self, package->id, one.person, &one, why);
        err = err ? err : put_line(desk, sequence, one.person, lines, why);
        if (err) {
            assert(err != ERR_NOT_FOUND || sequence == package->last + 1);
            return err == ERR_NOT_FOUND ? OK : err;
        }
    }
}

/* Head and lines: the lines are written first, for their digest. */
static enum err write_list(const struct capture_desk *desk, const struct capture_package *package,
    struct builder *file, struct why *why) {
    uint8_t digest[SM3_LEN];
    char digest_text[UNIT_DIGEST_TEXT + 1];
    char head[UNIT_LINE_ROOM];
    uint8_t *room = malloc(UNIT_FILE_MAX);
    if (!room) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    struct builder lines = builder_in(room, UNIT_FILE_MAX);
    enum err err = put_lines(desk, package, &lines, why);
    unit_digest(builder_bytes(&lines), digest);
    hex_write(bytes_of(digest, sizeof digest), digest_text);
    int len = snprintf(head, sizeof head, "%" PRId64 "|unit|%s|%" PRId64 "|%08u|%s\n", package->id,
        package->place, package->last - package->first + 1, package->day, digest_text);
    assert(len > 0 && (size_t)len < sizeof head);
    put_bytes(file, bytes_of(head, (size_t)len));
    put_bytes(file, builder_bytes(&lines));
    assert(!file->overflowed);
    free(room);
    return err;
}

enum err unit_list(const struct capture_desk *desk, const char *unit, struct builder *file,
    struct capture_package *package, struct why *why) {
    struct why none;
    PERSON_WORK_SCOPE(work);
    enum err err = officer_require(desk->persons->registry, desk->officer, ROLE_POINT, why);
    if (!err && strchr(unit, '|')) {
        err = why_say(why, ERR_CONFLICT, "%.40s is no number of a unit", unit);
    }
    err = err ? err : person_work_begin(&work, desk->persons->store, why);
    if (err) {
        return err;
    }
    err = list_out(desk, unit, package, &none);
    if (err == ERR_NOT_FOUND) {
        package->kind = PACKAGE_UNIT;
        err = place_expect(desk, unit, 0, package, why);
    } else if (err) {
        err = why_say(why, err, "%s", none.text);
    }
    err = err ? err : write_list(desk, package, file, why);
    return err ? err : person_work_commit(&work, why);
}

/* --- reading an answer ------------------------------------------------------------------------ */

/* The head of an answer, and its lines behind it. */
struct answer_head {
    int64_t package, lines, day;
    char unit[PLACE_ROOM];
    uint8_t digest[SM3_LEN]; /* of the lines: true of them */
    struct bytes body;
};

static enum err head_read(struct bytes file, struct answer_head *head, struct why *why) {
    struct unit_words words;
    uint8_t is[SM3_LEN];
    head->body = file;
    bool good = unit_words_take(&head->body, &words) && words.count == UNIT_HEAD_WORDS
                && strcmp(words.at[1], "unit-back") == 0 && unit_number(words.at[0], &head->package)
                && strlen(words.at[2]) < sizeof head->unit && unit_number(words.at[3], &head->lines)
                && unit_number(words.at[4], &head->day)
                && hex_read(bytes_text(words.at[5]), head->digest, SM3_LEN);
    if (!good) {
        return why_say(why, ERR_INVALID,
            "line 1 is not package|unit-back|UNIT|lines|day|SM3; it is no answer of a unit");
    }
    (void)snprintf(head->unit, sizeof head->unit, "%s", words.at[2]);
    unit_digest(head->body, is);
    return memcmp(is, head->digest, SM3_LEN) == 0
               ? OK
               : why_say(why, ERR_INVALID,
                   "line 1 has another SM3 than its lines: the answer is torn or was changed; the "
                   "unit sends it again");
}

/* The list that is answered; it must be this one's, whole. */
static enum err list_of(const struct capture_desk *desk, const struct answer_head *head,
    struct unit_answer *answer, struct why *why) {
    struct capture_package *package = &answer->package;
    enum err err = desk->store->package_get(desk->store->self, head->package, package, why);
    if (err) {
        return err == ERR_NOT_FOUND
                   ? why_say(why, err, "line 1: no list has number %" PRId64, head->package)
                   : err;
    }
    if (package->kind != PACKAGE_UNIT || strcmp(package->place, head->unit) != 0) {
        return why_say(why, ERR_INVALID, "line 1: list %" PRId64 " is not of unit %.40s",
            head->package, head->unit);
    }
    int64_t lines = package->last - package->first + 1;
    if (head->day != package->day || head->lines != lines) {
        return why_say(why, ERR_INVALID,
            "line 1: list %" PRId64 " has %" PRId64 " lines and is of %u; the unit answers all",
            head->package, lines, package->day);
    }
    answer->before = package->back != 0
                     && memcmp(package->digest, head->digest, sizeof head->digest) == 0;
    return package->back == 0 || answer->before
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "list %" PRId64 " was answered otherwise on %u; ask for a new one "
                   "(capture list-for-unit)",
                   head->package, package->back);
}

/* --- taking it in ----------------------------------------------------------------------------- */

/* Every field of a line that corrects, by way of a change; what waits for an approver is noted. */
static enum err correct(const struct capture_desk *desk, const struct unit_words *words,
    struct expected *one, struct why *why) {
    one->state = EXPECTED_CAPTURED;
    one->note[0] = '\0';
    for (size_t i = 4; i + 1 < words->count; i += 2) {
        struct change_result result;
        const struct change_order order = {.person = one->person,
            .field = words->at[i],
            .value = words->at[i + 1],
            .proof = words->at[3],
            .who = desk->officer,
            .day = desk->day,
            .time = desk->time};
        enum err err = person_change(desk->persons, &order, &result, why);
        if (err) {
            return err;
        }
        size_t len = strlen(one->note);
        assert(len + 48 <= sizeof one->note); /* four times a code and a number */
        if (result.request != 0) {
            one->state = EXPECTED_CORRECTED;
            (void)snprintf(one->note + len, sizeof one->note - len, "%s%s change %" PRId64,
                len ? ", " : "", result.item->code, result.request);
        } else if (!result.same) {
            (void)snprintf(one->note + len, sizeof one->note - len, "%s%s changed", len ? ", " : "",
                result.item->code);
        }
    }
    return OK;
}

/* The unit does not know the person: its name leaves the record, while it still stands there. A field that is
 * empty for a correction is one that is cleared. */
static enum err not_ours(const struct capture_desk *desk, const struct unit_words *words,
    const struct person *person, struct expected *one, struct why *why) {
    static const char *const fields[] = {"AAB001", "AAB004"};
    struct capture_package package;
    enum err err = desk->store->package_get(desk->store->self, one->package, &package, why);
    if (err) {
        return err;
    }
    bool still = strcmp(person->employer, package.place) == 0;
    for (size_t i = 0; still && !err && i < sizeof fields / sizeof fields[0]; i++) {
        struct change_result result;
        const struct change_order order = {.person = one->person,
            .field = fields[i],
            .value = "",
            .proof = words->at[3],
            .who = desk->officer,
            .day = desk->day,
            .time = desk->time};
        err = person_change(desk->persons, &order, &result, why);
    }
    one->state = EXPECTED_NOT_OURS;
    (void)snprintf(
        one->note, sizeof one->note, "%s", still ? "AAB001 cleared" : "elsewhere by now");
    return err;
}

/* One line about the person whom the list has in its place. */
static enum err answer_line(const struct capture_desk *desk, const struct unit_words *words,
    int64_t sequence, struct expected *one, struct why *why) {
    const struct registry_store *registry = desk->persons->registry;
    struct person person;
    int64_t said = 0;
    enum err err = registry->person_by_id(registry->self, one->person, &person, why);
    if (err) {
        return err;
    }
    if (words->count < 3 || !unit_number(words->at[0], &said) || said != sequence
        || strcmp(words->at[1], person.number) != 0) {
        char masked[NUMBER_LEN + 1];
        number_mask(person.number, masked);
        return why_say(why, ERR_INVALID, "number %" PRId64 " of the list, %s, is expected here",
            sequence, masked);
    }
    one->state = EXPECTED_CAPTURED;
    one->note[0] = '\0';
    bool corrected = strcmp(words->at[2], "corrected") == 0;
    bool strange = strcmp(words->at[2], "not-ours") == 0 && words->count == 4;
    bool whole = corrected ? words->count >= 6 && words->count % 2 == 0
                           : words->count == 3 && strcmp(words->at[2], "confirmed") == 0;
    if (!whole && !strange) {
        return why_say(why, ERR_INVALID,
            "a line ends with confirmed, with not-ours|PROOF, or with corrected|PROOF|FIELD|VALUE "
            "and at most %d fields",
            UNIT_FIELDS_MAX);
    }
    err = corrected ? correct(desk, words, one, why) : OK;
    err = strange ? not_ours(desk, words, &person, one, why) : err;
    return err ? err : desk->store->expected_put(desk->store->self, one, why);
}

/* All lines, beside the people of the list. The head is line 1. */
static enum err answer_lines(const struct capture_desk *desk, const struct answer_head *head,
    const struct capture_package *package, struct why *why) {
    struct bytes rest = head->body;
    struct expected one = {.person = 0};
    for (int64_t sequence = package->first; sequence <= package->last; sequence++) {
        int64_t line = sequence - package->first + 2;
        struct unit_words words;
        enum err err = desk->store->expected_after(
            desk->store->self, package->id, one.person, &one, why);
        if (!err && !unit_words_take(&rest, &words)) {
            err = why_say(why, ERR_INVALID, "the answer ends here, or the line is too long");
        }
        err = err ? err : answer_line(desk, &words, sequence, &one, why);
        if (err) {
            return why_add(why, err, "line %" PRId64, line);
        }
    }
    return rest.len == 0 ? OK
                         : why_say(why, ERR_INVALID, "line %" PRId64 ": the list has ended before",
                             package->last - package->first + 3);
}

/* What unit_confirm() changes when the head is right. */
static enum err take_answer(const struct capture_desk *desk, const struct answer_head *head,
    struct capture_package *package, struct why *why) {
    const struct person_store *store = desk->persons->store;
    char subject[32];
    enum err err = answer_lines(desk, head, package, why);
    if (err) {
        return err;
    }
    package->back = desk->day;
    (void)memcpy(package->digest, head->digest, sizeof package->digest);
    (void)snprintf(subject, sizeof subject, "package %" PRId64, package->id);
    err = desk->store->package_back(desk->store->self, package, why);
    return err ? err : store->audit(store->self, desk->officer, "capture confirm", subject, why);
}

enum err unit_confirm(const struct capture_desk *desk, struct bytes file,
    struct unit_answer *answer, struct why *why) {
    struct answer_head head;
    PERSON_WORK_SCOPE(work);
    *answer = (struct unit_answer){.before = false};
    enum err err = officer_require(desk->persons->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : head_read(file, &head, why);
    err = err ? err : person_work_begin(&work, desk->persons->store, why);
    err = err ? err : list_of(desk, &head, answer, why);
    if (!err && !answer->before) {
        err = take_answer(desk, &head, &answer->package, why);
    }
    err = err ? err : unit_stands(desk, head.package, &answer->standing, why);
    return err ? err : person_work_commit(&work, why);
}

/* --- how it stands ---------------------------------------------------------------------------- */

enum err unit_stands(const struct capture_desk *desk, int64_t package,
    struct unit_standing *standing, struct why *why) {
    struct expected one = {.person = 0};
    *standing = (struct unit_standing){.expected = 0};
    for (;;) {
        bool photo = false;
        enum err err = desk->store->expected_after(
            desk->store->self, package, one.person, &one, why);
        if (err == ERR_NOT_FOUND) {
            break;
        }
        bool confirmed = !err && one.state == EXPECTED_CAPTURED;
        err = !err && confirmed ? has_photo(desk, one.person, &photo, why) : err;
        if (err) {
            return err;
        }
        standing->expected++;
        standing->confirmed += confirmed;
        standing->corrected += one.state == EXPECTED_CORRECTED;
        standing->not_ours += one.state == EXPECTED_NOT_OURS;
        standing->silent += one.state == EXPECTED_MISSING;
        standing->ready += photo;
        standing->no_photo += confirmed && !photo;
    }
    assert(standing->confirmed + standing->corrected + standing->not_ours + standing->silent
           == standing->expected);
    assert(standing->ready + standing->no_photo == standing->confirmed);
    return OK;
}

/* --- a unit that is silent ---------------------------------------------------------------------- */

/* Its answer is not in, and today nobody has reminded it. */
static enum err remind_check(const struct capture_desk *desk, int64_t list,
    struct unit_reminded *reminded, struct why *why) {
    struct capture_package package;
    enum err err = desk->store->package_get(desk->store->self, list, &package, why);
    if (!err && package.kind != PACKAGE_UNIT) {
        err = why_say(why, ERR_NOT_FOUND, "package %" PRId64 " is no list of a unit", list);
    }
    if (!err && package.back != 0) {
        err = why_say(why, ERR_CONFLICT, "list %" PRId64 " was answered on %u", list, package.back);
    }
    err = err ? err
              : desk->store->package_reminded(
                  desk->store->self, list, &reminded->last, &reminded->count, why);
    return err || reminded->last < desk->day
               ? err
               : why_say(why, ERR_CONFLICT, "the unit of list %" PRId64 " was reminded on %u", list,
                   reminded->last);
}

enum err unit_remind(const struct capture_desk *desk, int64_t list, struct unit_reminded *reminded,
    struct why *why) {
    const struct person_store *store = desk->persons->store;
    char subject[32];
    PERSON_WORK_SCOPE(work);
    enum err err = officer_require(desk->persons->registry, desk->officer, ROLE_POINT, why);
    err = err ? err : person_work_begin(&work, store, why);
    err = err ? err : remind_check(desk, list, reminded, why);
    if (err) {
        return err;
    }
    const struct unit_reminder one = {.package = list, .day = desk->day, .officer = desk->officer};
    (void)snprintf(subject, sizeof subject, "package %" PRId64, list);
    err = desk->store->package_remind(desk->store->self, &one, why);
    err = err ? err : store->audit(store->self, desk->officer, "capture remind", subject, why);
    err = err ? err : person_work_commit(&work, why);
    if (!err) {
        reminded->last = desk->day;
        reminded->count++;
    }
    return err;
}

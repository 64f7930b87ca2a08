#include "registry/applicant.h"

#include <assert.h>
#include <string.h>

static const struct applicant_text texts[] = {
#define APPLICANT(member, answer, zh, en, next) [member] = {answer, zh, en, next},
#include "registry/applicant.def"
};

const struct applicant_text *applicant_text(enum applicant_answer answer) {
    assert(answer < APPLICANT_MAY);
    return &texts[answer];
}

/* A day is YYYYMMDD, so years are added by their digits; who is born on the 29th of February is of age
 * on the 1st of March. */
bool person_is_child(const struct person *person, uint32_t day) {
    enum { YEAR = 10000 };
    assert(person->birth > 0);
    return day < person->birth + AGE_OF_ONE_S_OWN * YEAR;
}

enum err guardian_ask(const struct person_desk *desk, const struct person *person, uint32_t day,
    const char *guardian, enum applicant_answer *answer, struct why *why) {
    char name[ITEM_ROOM];
    char document[ITEM_ROOM];
    *answer = APPLICANT_MAY;
    if (!person_is_child(person, day)) {
        return OK;
    }
    enum err err = item_read(desk->store, person, item_named("g-name"), name, why);
    err = err ? err : item_read(desk->store, person, item_named("g-id"), document, why);
    if (!err && (name[0] == '\0' || document[0] == '\0')) {
        *answer = APPLICANT_NO_GUARDIAN;
    } else if (!err && (!guardian || strcmp(guardian, document) != 0)) {
        *answer = APPLICANT_NOT_GUARDIAN;
    }
    return err;
}

/* What the record says of the person, before anything of cards. */
static enum err ask_status(const struct person_desk *desk, const struct applicant *applicant,
    const struct person *person, enum applicant_answer *answer, struct why *why) {
    struct person_status status;
    enum err err = desk->store->status_get(desk->store->self, person->id, &status, why);
    if (err) {
        return err;
    }
    if (applicant->name && strcmp(applicant->name, person->name) != 0) {
        *answer = APPLICANT_OTHER_NAME;
    } else if (applicant->running) {
        *answer = APPLICANT_RUNNING;
    } else if (status.life == 2) {
        *answer = APPLICANT_DEAD;
    } else if (status.frozen != 0) {
        *answer = APPLICANT_FROZEN;
    }
    return OK;
}

/* Here, or elsewhere as the province's file says. */
static enum err ask_cards(const struct person_desk *desk, const struct person *person,
    enum applicant_answer *answer, struct why *why) {
    struct card_record card;
    char elsewhere[ITEM_ROOM];
    const struct registry_store *registry = desk->registry;
    enum err err = registry->card_of_person(registry->self, person->id, &card, why);
    if (err != ERR_NOT_FOUND) {
        *answer = APPLICANT_HAS_CARD;
        return err;
    }
    err = item_read(desk->store, person, item_named("province-card"), elsewhere, why);
    if (!err && strcmp(elsewhere, "1") == 0) {
        *answer = APPLICANT_HAS_ELSEWHERE;
    }
    return err;
}

enum err applicant_ask(const struct person_desk *desk, const struct applicant *applicant,
    struct person *person, enum applicant_answer *answer, struct why *why) {
    *answer = APPLICANT_MAY;
    enum err err = person_find(desk->registry, applicant->number, person, why);
    if (err == ERR_NOT_FOUND) {
        *answer = APPLICANT_UNKNOWN;
        return OK;
    }
    err = err ? err : ask_status(desk, applicant, person, answer, why);
    if (!err && *answer == APPLICANT_MAY) {
        err = ask_cards(desk, person, answer, why);
    }
    if (!err && *answer == APPLICANT_MAY) {
        err = guardian_ask(desk, person, applicant->day, applicant->guardian, answer, why);
    }
    return err;
}

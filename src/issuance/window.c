#include "issuance/window.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"

enum { SUBJECT_MAX = 96 };

enum err window_officer(const struct window_desk *desk, struct why *why) {
    return officer_require(desk->at.registry, desk->at.officer, ROLE_POINT, why);
}

enum err window_two(const struct window_desk *desk, struct why *why) {
    enum err err = window_officer(desk, why);
    if (!err && (!desk->at.second || strcmp(desk->at.officer, desk->at.second) == 0)) {
        err = why_say(why, ERR_DENIED, "this takes two: %s and an approver", desk->at.officer);
    }
    return err ? err : officer_require(desk->at.registry, desk->at.second, ROLE_APPROVER, why);
}

enum err window_note(const struct window_desk *desk, const char *what, const char *thing,
    const char *number, struct why *why) {
    char subject[SUBJECT_MAX];
    const struct issuance_store *issuance = desk->store->issuance;
    (void)snprintf(subject, sizeof subject, "%s %.40s%s%.32s", thing, number,
        desk->at.second ? ", with " : "", desk->at.second ? desk->at.second : "");
    return issuance->audit(issuance->self, desk->at.officer, what, subject, why);
}

/* Days since 1 March of the year 0, as calendars are counted. */
static int32_t day_number(uint32_t day) {
    int32_t year = (int32_t)(day / 10000);
    int32_t month = (int32_t)(day / 100 % 100);
    int32_t shifted = (month + 9) % 12;
    year -= shifted / 10;
    return 365 * year + year / 4 - year / 100 + year / 400 + (shifted * 306 + 5) / 10
           + (int32_t)(day % 100);
}

int32_t days_between(uint32_t from, uint32_t to) {
    assert(from <= to);
    return day_number(to) - day_number(from);
}

#include "issuance/order_rule.h"

#include <assert.h>
#include <inttypes.h>

#include "issuance/making_rule.h"

enum err order_person_fits(const struct person *person, uint32_t day, struct why *why) {
    const struct making_rule *rule = making_rule_of(day);
    assert(person->id > 0);
    return rule ? making_rule_name(rule, person, why)
                : why_say(why, ERR_CONFLICT,
                    "no rule has a profile for cards of %" PRIu32 "; put the day right", day);
}

/* The record as it is now: a name may have been corrected since it was last asked. */
enum err order_holder_fits(
    const struct registry_store *registry, int64_t id, uint32_t day, struct why *why) {
    struct person person;
    assert(id > 0);
    if (!making_rule_of(day)) {
        return why_say(why, ERR_CONFLICT,
            "no rule has a profile for cards of %" PRIu32 "; put the day right", day);
    }
    enum err err = registry->person_by_id(registry->self, id, &person, why);
    return err ? err : order_person_fits(&person, day, why);
}

#include "issuance/order_rule.h"

#include <assert.h>
#include <inttypes.h>

#include "issuance/making_rule.h"

/* The record as it is now: a name may have been corrected since it was last asked. */
enum err order_holder_fits(
    const struct registry_store *registry, int64_t id, uint32_t day, struct why *why) {
    const struct making_rule *rule = making_rule_of(day);
    struct person person;
    assert(id > 0);
    if (!rule) {
        return why_say(why, ERR_CONFLICT,
            "no rule has a profile for cards of %" PRIu32 "; put the day right", day);
    }
    enum err err = registry->person_by_id(registry->self, id, &person, why);
    err = err ? err : making_rule_name(rule, &person, why);
    return err;
}

#include "registry/parameter_service.h"

#include <assert.h>
#include <string.h>

#include "base/day.h"

enum parameter parameter_named(const char *name) {
    int i = 0;
    while (i < PARAMETERS && strcmp(parameter_text((enum parameter)i)->name, name) != 0) {
        i++;
    }
    return (enum parameter)i;
}

/* Like parameter_change(), but before anybody has approved. */
static enum err check_value(const struct parameter_proposal *p, uint32_t today, struct why *why) {
    const struct parameter_text *text = parameter_text(p->which);
    if (p->value < text->least || p->value > text->most) {
        return why_say(why, ERR_INVALID, "%s is %lld to %lld, not %lld", text->name,
            (long long)text->least, (long long)text->most, (long long)p->value);
    }
    if (!day_exists(p->day)) {
        return why_say(why, ERR_INVALID, "%s: %u is no day", text->name, p->day);
    }
    return p->day > today ? OK
                          : why_say(why, ERR_CONFLICT,
                              "%s can change from %u on at the earliest: what was judged by the "
                              "old value stays judged",
                              text->name, day_plus(today, 1));
}

enum err parameter_propose(const struct registry_store *store, struct parameter_proposal *proposal,
    uint32_t today, struct why *why) {
    struct officer officer;
    assert(proposal->which < PARAMETERS);
    enum err err = store->officer_by_code(store->self, proposal->who, &officer, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(
            why, ERR_DENIED, "%.16s is no officer of this centre; name one who is", proposal->who);
    }
    err = err ? err : check_value(proposal, today, why);
    return err ? err : store->proposal_add(store->self, proposal, why);
}

/* What was decided stays decided; the same again is no mistake. True when there is nothing to do. */
static bool decided(const struct parameter_proposal *p, enum proposal_decision decision,
    const char *second, enum err *err, struct why *why) {
    *err = OK;
    if (p->decision == PROPOSAL_WAITING) {
        return false;
    }
    if (p->decision != decision || strcmp(p->second, second) != 0) {
        *err = why_say(why, ERR_CONFLICT, "%s has %s it already", p->second,
            p->decision == PROPOSAL_APPROVED ? "approved" : "refused");
    }
    return true;
}

enum err parameter_decide(const struct registry_store *store, int64_t id, bool approve,
    const char *second, uint32_t today, struct why *why) {
    struct parameter_proposal p;
    enum proposal_decision decision = approve ? PROPOSAL_APPROVED : PROPOSAL_REFUSED;
    enum err err = officer_require(store, second, ROLE_APPROVER, why);
    err = err ? err : store->proposal_get(store->self, id, &p, why);
    if (err || decided(&p, decision, second, &err, why)) {
        return err ? why_add(why, err, "proposal %lld", (long long)id) : OK;
    }
    if (strcmp(p.who, second) == 0) {
        err = why_say(why, ERR_DENIED, "%s proposed it and cannot decide about it, too", second);
    }
    err = err || !approve ? err : check_value(&p, today, why);
    err = err ? err : store->proposal_decide(store->self, &p, decision, second, why);
    return err ? why_add(why, err, "proposal %lld", (long long)id) : OK;
}

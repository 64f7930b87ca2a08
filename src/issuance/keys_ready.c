#include "issuance/keys_ready.h"

#include <assert.h>

#include "issuance/station.h"

/* One key in all versions that a card holds. */
static enum err key_ready(const struct station *st, enum key_name name, struct why *why) {
    const struct vault *v = st->vault;
    struct key_ref key = station_key(st, name); /* derived, too, as for a card */
    const uint8_t first = key.version;
    uint8_t value[3];
    enum err err = OK;
    for (uint8_t i = 0; !err && i < key_kind(name)->versions; i++) {
        key.version = (uint8_t)(first + i);
        err = v->check_value(v->self, &key, value, why);
    }
    if (err == ERR_INVALID || err == ERR_DENIED) {
        return why_add(why, ERR_CONFLICT, "no card can be made before its keys are there");
    }
    return err;
}

enum err keys_ready(const struct personalisation *p, struct why *why) {
    const struct station st = {.vault = p->vault,
        .key_version = p->issuer->key_version,
        .key_versions = p->issuer->key_versions,
        .purse = p->issuer->purse,
        .profile = p->profile};
    enum err err = OK;
    assert(p->vault);
    assert(p->issuer->key_version > 0);
    for (enum key_name name = 0; !err && name < KEY_COUNT; name++) {
        bool held = name != KEY_TRANSPORT && (key_kind(name)->cards & 1U << p->profile) != 0;
        err = held ? key_ready(&st, name, why) : OK;
    }
    return err;
}

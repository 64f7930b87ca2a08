#include "ceremony/key_change.h"

#include <assert.h>

#include "issuance/making.h"

/* In this order; see the header. */
static const enum key_name changed[] = {KEY_DTK, KEY_DPK};

static enum err replace_key(
    struct making *m, enum key_name name, uint8_t version, struct why *why) {
    const struct key_kind *kind = key_kind(name);
    struct station *st = &m->station;
    struct key_wrap wrap = {.key = station_key(st, name), .under = station_key(st, KEY_MK_WALLET)};
    const struct new_key key = {.place = AT_WALLET,
        .type = kind->type,
        .kid = kind->kid,
        .version = version,
        .length = key_length(name, wrap.key.algorithm),
        .replaces = true};
    uint8_t data[KEY_WRAP_MAX];
    size_t len = 0;
    wrap.key.version = version;
    m->maker->put_head(m, &key, &wrap);
    enum err err = station_challenge(st, wrap.challenge, sizeof wrap.challenge, why);
    err = err ? err : st->vault->wrap(st->vault->self, &wrap, data, &len, why);
    if (err) {
        return why_add(why, err, "key %s", kind->name);
    }
    assert(len <= sizeof data);
    struct apdu write = {
        .cla = 0x84, .ins = 0xD4, .p1 = wrap.p1, .p2 = wrap.p2, .data = bytes_of(data, len)};
    err = station_send(st, &write, "WRITE KEY", NULL, why);
    return err ? why_add(why, err, "key %s", kind->name) : OK;
}

enum err key_change_card(const struct personalisation *p, uint8_t version, struct why *why) {
    struct personalise_result unused = {0};
    struct making m = {
        .station = {.reader = p->reader,
                    .vault = p->vault,
                    .key_version = p->issuer->key_version,
                    .profile = p->profile},
        .issuer = p->issuer,
        .result = &unused,
        .maker = p->chips == CHIPS_OF_DATANG ? &maker_datang : &maker_fmcos
    };
    enum err err = station_reset(&m.station, why);
    err = err ? err : station_select(&m.station, AT_WALLET, why);
    err = err ? err : station_authenticate(&m.station, AT_WALLET, KEY_MK_WALLET, why);
    for (size_t i = 0; !err && i < sizeof changed / sizeof changed[0]; i++) {
        err = replace_key(&m, changed[i], version, why);
    }
    return err ? why_add(why, err, "new keys of version %u", version) : OK;
}

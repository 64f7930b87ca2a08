#include "ceremony/key_change.h"

#include <assert.h>

#include "issuance/making.h"

/* In this order; see the header. */
static const enum key_name wallets[] = {KEY_DTK, KEY_DLK, KEY_DPK};

enum key_name key_change_leader(enum key_name name) {
    for (size_t i = 0; i < sizeof wallets / sizeof wallets[0]; i++) {
        if (wallets[i] == name) {
            return KEY_DPK;
        }
    }
    return name == KEY_DTKDF04 ? KEY_DPKDF04 : name;
}

uint8_t key_change_lowest(enum key_name name, uint8_t version) {
    const struct key_kind *leader = key_kind(key_change_leader(name));
    uint8_t beside = (uint8_t)(leader->versions - 1);
    assert(leader->versions >= 1);
    return version > beside ? (uint8_t)(version - beside) : 1;
}

static struct making making_of(const struct personalisation *p, struct personalise_result *unused) {
    return (struct making){
        .station = {.reader = p->reader,
                    .vault = p->vault,
                    .key_version = p->issuer->key_version,
                    .key_versions = p->issuer->key_versions,
                    .purse = p->issuer->purse,
                    .profile = p->profile},
        .issuer = p->issuer,
        .result = unused,
        .maker = p->chips == CHIPS_OF_DATANG ? &maker_datang : &maker_fmcos
    };
}

static enum profile_place place_of(enum key_name name) {
    return (enum profile_place)key_kind(name)->place; /* one list [issuance/station.c] */
}

/* WRITE KEY with what the vault wrapped for the chip's challenge; its directory is selected and has seen
 * its main control key. */
static enum err replace_key(
    struct making *m, enum key_name name, uint8_t version, struct why *why) {
    const struct key_kind *kind = key_kind(name);
    struct station *st = &m->station;
    const enum key_name main = station_main_key(st, place_of(name));
    struct key_wrap wrap = {.key = station_key(st, name), .under = station_key(st, main)};
    const struct new_key key = {.place = place_of(name),
        .type = kind->type,
        .kid = station_kid(name, version),
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

/* From the master file down, one directory after the other: names are known to the parent only. */
static enum err select_from_top(struct station *st, enum profile_place place, struct why *why) {
    enum profile_place way[PLACE_COUNT];
    size_t count = 0;
    enum err err = OK;
    for (enum profile_place at = place; at != AT_NONE; at = profile_directory(at)->parent) {
        assert(count < PLACE_COUNT);
        way[count++] = at;
    }
    while (!err && count > 0) {
        err = station_select(st, way[--count], why);
    }
    return err;
}

/* The card in the reader, its directory open for new keys. */
static enum err open_directory(struct making *m, enum profile_place place, struct why *why) {
    enum err err = station_reset(&m->station, why);
    err = err ? err : select_from_top(&m->station, place, why);
    return err ? err
               : station_authenticate(
                   &m->station, place, station_main_key(&m->station, place), why);
}

enum err key_change_card(const struct personalisation *p, uint8_t version, struct why *why) {
    struct personalise_result unused = {0};
    struct making m = making_of(p, &unused);
    enum err err = open_directory(&m, AT_WALLET, why);
    for (size_t i = 0; !err && i < sizeof wallets / sizeof wallets[0]; i++) {
        err = replace_key(&m, wallets[i], version, why);
    }
    return err ? why_add(why, err, "new keys of version %u", version) : OK;
}

/* Whether the card proves to have the main control key in that version already: a cut came between the
 * card and whoever wrote it down. A wrong proof costs a try, which the right one gives back. */
static bool has_main_key(
    const struct making *m, enum key_name name, uint8_t version, struct why *why) {
    uint8_t versions[KEY_COUNT] = {0};
    struct making other = *m;
    versions[name] = version;
    other.station.key_versions = versions;
    return open_directory(&other, place_of(name), why) == OK;
}

static enum err change_main_key(
    struct making *m, enum key_name name, uint8_t version, struct why *why) {
    struct why first = {0};
    enum err err = open_directory(m, place_of(name), &first);
    if (err == ERR_CONFLICT && has_main_key(m, name, version, why)) {
        return OK;
    }
    *why = err ? first : *why;
    return err ? err : replace_key(m, name, version, why);
}

static enum err check_change(
    const struct making *m, enum key_name name, uint8_t version, struct why *why) {
    const struct key_kind *kind = key_kind(name);
    if (name == KEY_TRANSPORT || (kind->cards & 1U << m->station.profile) == 0) {
        return why_say(
            why, ERR_CONFLICT, "this kind of card holds no %s; nothing to change", kind->name);
    }
    uint8_t now = station_key(&m->station, name).version;
    bool next = version == now + kind->versions
                || (version >= now && version < now + kind->versions);
    return kind->versions == 1 || next
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "the card holds versions %u to %u of %s side by side, and the next is %u", now,
                   now + kind->versions - 1U, kind->name, now + kind->versions);
}

enum err key_change_one(
    const struct personalisation *p, enum key_name name, uint8_t version, struct why *why) {
    struct personalise_result unused = {0};
    struct making m = making_of(p, &unused);
    name = key_change_leader(name);
    enum err err = check_change(&m, name, version, why);
    if (err || name == KEY_DPK) {
        return err ? err : key_change_card(p, version, why);
    }
    if (name == station_main_key(&m.station, place_of(name))) {
        err = change_main_key(&m, name, version, why);
    } else {
        err = open_directory(&m, place_of(name), why);
        err = err ? err : replace_key(&m, name, version, why);
        err = err || name != KEY_DPKDF04
                  ? err
                  : replace_key(&m, KEY_DTKDF04, key_change_lowest(name, version), why);
    }
    return err ? why_add(why, err, "version %u", version) : OK;
}

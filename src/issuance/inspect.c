#include "issuance/inspect.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "crypto/secret.h"
#include "issuance/inspector.h"

enum {
    EP = 0x02,
    BLOCK_MAX = 24,
    READ_BLOCK = 0x80, /* of a long transparent file [card.md 6] */
    RECORDS_MAX = 254, /* of any file */
};

/* --- findings ----------------------------------------------------------------------------- */

/* Counts a finding, and keeps its words while there is room. */
static void note(struct inspector *in, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void note(struct inspector *in, const char *format, ...) {
    struct inspection *found = in->found;
    if (found->finding_count < INSPECT_FINDINGS_MAX) {
        va_list list;
        va_start(list, format);
        (void)vsnprintf(found->findings[found->finding_count], INSPECT_FINDING_LEN, format, list);
        va_end(list);
    }
    found->finding_count++;
}

/* A refusal, with the directory in which it came. */
static void note_sw(struct inspector *in, const char *thing, uint16_t sw) {
    note(in, "%s %s: card answered %04X (%s)", profile_directory(in->place)->zh, thing,
        (unsigned)sw, sw_text(sw));
}

void inspector_judge_key(struct inspector *in, enum key_name name, bool right) {
    if (right) {
        in->found->keys++;
    } else {
        note(in, "key %s (%s) is wrong", key_kind(name)->name, key_kind(name)->zh);
    }
}

/* Most keys are proven by a plain 9000. */
static void judge_sw(struct inspector *in, enum key_name name, uint16_t sw) {
    inspector_judge_key(in, name, sw == SW_OK);
}

/* Compares what was read with what should be there, and says at which byte they part. */
static void judge_bytes(
    struct inspector *in, const char *thing, struct bytes got, struct bytes wanted) {
    size_t same = 0;
    while (same < got.len && same < wanted.len && got.at[same] == wanted.at[same]) {
        same++;
    }
    in->found->bytes += (unsigned)same;
    if (same < wanted.len || got.len != wanted.len) {
        note(in, "%s %s: differs at byte %zu of %zu (%zu read)", profile_directory(in->place)->zh,
            thing, same, wanted.len, got.len);
    }
}

/* --- reading back ------------------------------------------------------------------------- */

/* A file that cannot be read is a finding like one that differs. */
static enum err read_and_judge(struct inspector *in, const struct apdu *read, const char *thing,
    struct bytes wanted, struct why *why) {
    struct reply reply;
    enum err err = station_ask(&in->station, read, &reply, why);
    if (!err && reply.sw != SW_OK) {
        note_sw(in, thing, reply.sw);
    } else if (!err) {
        judge_bytes(in, thing, reply_bytes(&reply), wanted);
    }
    return err;
}

/* Nothing was written into it and it is as long as it must be: zeros to the last byte, and there
 * the end. */
static enum err inspect_long(struct inspector *in, enum profile_file_name file, struct why *why) {
    static const uint8_t zeros[READ_BLOCK];
    const struct profile_file *f = profile_file(file);
    struct apdu select = {
        .ins = 0xA4,
        .p1 = 0x02,
        .data = {(uint8_t[2]){(uint8_t)(f->fid >> 8), (uint8_t)f->fid}, 2}
    };
    enum err err = station_send(&in->station, &select, f->zh, NULL, why);
    for (uint16_t at = 0; !err && at < f->length; at = (uint16_t)(at + READ_BLOCK)) {
        uint16_t left = (uint16_t)(f->length - at);
        struct apdu read = {.ins = 0xB0,
            .p1 = (uint8_t)(at >> 8),
            .p2 = (uint8_t)(at & 0xFF),
            .le = left < READ_BLOCK ? left : READ_BLOCK};
        err = read_and_judge(in, &read, f->zh, bytes_of(zeros, read.le), why);
    }
    struct apdu behind = {
        .ins = 0xB0, .p1 = (uint8_t)(f->length >> 8), .p2 = (uint8_t)f->length, .le = 1};
    struct reply reply;
    err = err ? err : station_ask(&in->station, &behind, &reply, why);
    if (!err && reply.sw == SW_OK) {
        note(in, "%s %s: longer than its profile has it", profile_directory(in->place)->zh, f->zh);
    }
    return err;
}

/* What nobody may read must be refused to us, too. */
static enum err inspect_secret(struct inspector *in, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    struct apdu read = {.ins = 0xB0, .p1 = (uint8_t)(0x80 | profile_sfi(f)), .le = 1};
    struct reply reply;
    enum err err = station_ask(&in->station, &read, &reply, why);
    if (!err && reply.sw != SW_SECURITY) {
        note_sw(in, f->zh, reply.sw);
    }
    return err;
}

/* The update command knows where the file is and what should be in it: the reading follows it. */
static enum err inspect_transparent(
    struct inspector *in, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    uint8_t room[APDU_DATA_MAX];
    struct builder b = builder_in(room, sizeof room);
    size_t fields = 0;
    if (!profile_fields(file, &fields)) {
        return inspect_long(in, file, why);
    }
    struct apdu update = station_update(&in->data->values, file, 0, &b);
    struct apdu read = {.ins = 0xB0, .p1 = update.p1, .le = (uint16_t)update.data.len};
    return read_and_judge(in, &read, f->zh, update.data, why);
}

/* The end of a record file: nothing stands at this number. */
static enum err read_record(struct inspector *in, const struct profile_file *f, size_t number,
    struct reply *reply, struct why *why) {
    struct apdu read = {.ins = 0xB2,
        .p1 = (uint8_t)number,
        .p2 = (uint8_t)(profile_sfi(f) << 3 | 0x04),
        .le = REPLY_DATA_MAX};
    return station_ask(&in->station, &read, reply, why);
}

/* A record of a log that an inspection has left names the inspection's own terminal, which no terminal
 * in use has. */
static bool is_inspections(const struct inspector *in, const struct reply *reply) {
    for (size_t at = 0; at + sizeof in->terminal <= reply->len; at++) {
        if (memcmp(reply->data + at, in->terminal, sizeof in->terminal) == 0) {
            return true;
        }
    }
    return false;
}

/* The record behind the last one must not be there; but a log that was inspected before may hold what
 * inspections did. */
static enum err inspect_end(
    struct inspector *in, const struct profile_file *f, size_t count, struct why *why) {
    struct reply reply = {.sw = SW_OK};
    bool log = in->again && f->kind == KIND_CYCLIC;
    enum err err = read_record(in, f, count + 1, &reply, why);
    for (size_t i = count + 2; !err && log && i <= RECORDS_MAX && is_inspections(in, &reply); i++) {
        err = read_record(in, f, i, &reply, why);
    }
    if (!err && reply.sw != SW_RECORD_NOT_FOUND) {
        note(in, "%s %s: a record too many", profile_directory(in->place)->zh, f->zh);
    }
    return err;
}

/* By number, each as long as it must be; then the end. */
static enum err inspect_records(
    struct inspector *in, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    size_t count = 0;
    const struct profile_field *field = profile_fields(file, &count);
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        uint8_t room[PROFILE_RECORD_MAX];
        struct builder b = builder_in(room, sizeof room);
        profile_put_field(&b, &in->data->values, &field[i]);
        struct apdu read = {.ins = 0xB2,
            .p1 = (uint8_t)(i + 1),
            .p2 = (uint8_t)(profile_sfi(f) << 3 | 0x04),
            .le = (uint16_t)b.len};
        err = read_and_judge(in, &read, field[i].zh, builder_bytes(&b), why);
    }
    return err ? err : inspect_end(in, f, count, why);
}

/* A card leaves the centre without money. [system.md 4.2.4] */
static enum err inspect_balance(
    struct inspector *in, enum profile_file_name file, struct why *why) {
    static const uint8_t zero[4] = {0};
    struct apdu get = {.cla = 0x80, .ins = 0x5C, .p2 = EP, .le = sizeof zero};
    if (in->place == AT_DF04) { /* the medical account [decision 0022] */
        get = (struct apdu){.cla = 0xB0, .ins = 0x5C, .p2 = 0x01, .le = sizeof zero};
    }
    return read_and_judge(in, &get, profile_file(file)->zh, bytes_of(zero, sizeof zero), why);
}

/* How each kind of file is read back. A cyclic file has no fields yet: its end is its beginning. */
static const struct way {
    enum profile_kind kind;
    enum err (*read)(struct inspector *in, enum profile_file_name file, struct why *why);
} ways[] = {
    {KIND_TRANSPARENT,     inspect_transparent},
    {KIND_TRANSPARENT_MAC, inspect_transparent},
    {KIND_FIXED,           inspect_records    },
    {KIND_VARIABLE,        inspect_records    },
    {KIND_CYCLIC,          inspect_records    },
    {KIND_PURSE_FILE,      inspect_balance    },
};

/* One file in its way, after what its reading asks for: the PIN is verified already, a key is
 * proven now. A key that is refused is named when the keys are tried; the file is one finding. */
static enum err inspect_file(struct inspector *in, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    if (station_never_read(file)) {
        return inspect_secret(in, file, why);
    }
    enum err err = station_authorise_read(&in->station, file, why);
    if (err == ERR_CONFLICT) {
        note(in, "%s %s: cannot be read: %s", profile_directory(in->place)->zh, f->zh, why->text);
        return OK;
    }
    for (size_t i = 0; !err && i < sizeof ways / sizeof ways[0]; i++) {
        err = ways[i].kind == f->kind ? ways[i].read(in, file, why) : OK;
    }
    return err;
}

/* Every file of the directory that is selected. */
static enum err inspect_files(struct inspector *in, struct why *why) {
    enum err err = OK;
    for (enum profile_file_name file = 0; !err && file < FILE_COUNT; file++) {
        if (profile_file(file)->place == in->place && profile_has(in->station.profile, file)) {
            err = inspect_file(in, file, why);
        }
    }
    return err;
}

/* --- PIN ---------------------------------------------------------------------------------- */

/* The right PIN also opens what asks for it: most files of DF01 to DF04, and the log. */
static enum err prove_pin(struct inspector *in, struct why *why) {
    uint8_t pin[STATION_PIN_LEN];
    if (in->place != AT_SSSE && in->place != AT_WALLET) {
        return OK;
    }
    if (!station_pin(in->data->pin, pin)) {
        return why_say(why, ERR_INVALID, "the PIN to check with is not six digits");
    }
    struct apdu verify = {.ins = 0x20, .data = bytes_of(pin, sizeof pin)};
    struct reply reply;
    enum err err = station_ask(&in->station, &verify, &reply, why);
    crypto_wipe(pin, sizeof pin);
    if (!err && reply.sw != SW_OK) {
        note_sw(in, "PIN", reply.sw);
    }
    return err;
}

/* --- keys, one way of proving each type --------------------------------------------------- */

/* The card proves itself to us; any factor and any original will do. */
static enum err prove_internal(struct inspector *in, enum key_name name, struct why *why) {
    static const uint8_t question[16] = {8, 7, 6, 5, 4, 3, 2, 1, 1, 2, 3, 4, 5, 6, 7, 8};
    const struct vault *v = in->station.vault;
    struct key_ref key = station_key(&in->station, name);
    struct apdu ask = {.ins = 0x88, .data = bytes_of(question, sizeof question), .le = 8};
    struct reply reply;
    uint8_t wanted[8];
    enum err err = v->authenticate(v->self, &key, question, question + 8, wanted, why);
    err = err ? err : station_ask(&in->station, &ask, &reply, why);
    if (!err) {
        inspector_judge_key(in, name,
            reply.sw == SW_OK && reply.len == sizeof wanted
                && crypto_equal(reply.data, wanted, sizeof wanted));
    }
    return err;
}

/* We prove ourselves to the card: it answers 9000 only to whoever holds the same key. */
static enum err prove_external(struct inspector *in, enum key_name name, struct why *why) {
    uint16_t sw = 0;
    enum err err = station_authenticate_ask(&in->station, in->place, name, &sw, why);
    if (!err) {
        judge_sw(in, name, sw);
    }
    return err;
}

/* The file whose unchanged rewriting proves the maintenance key: the first that may be written. */
static enum profile_file_name file_to_rewrite(const struct inspector *in) {
    enum profile_file_name file = 0;
    while (file < FILE_COUNT
           && (profile_file(file)->place != in->place || !profile_has(in->station.profile, file)
               || (profile_file(file)->kind != KIND_VARIABLE
                   && profile_file(file)->kind != KIND_TRANSPARENT_MAC))) {
        file++;
    }
    assert(file < FILE_COUNT);
    return file;
}

/* Reads what the command would write, so that the card is left as it is even when it is wrong. */
static enum err read_for_update(
    struct inspector *in, const struct apdu *update, struct reply *reply, struct why *why) {
    bool record = update->ins == 0xDC;
    struct apdu read = {.ins = record ? 0xB2 : 0xB0,
        .p1 = update->p1,
        .p2 = update->p2,
        .le = (uint16_t)update->data.len};
    return station_send(&in->station, &read, "READ", reply, why);
}

/* What is there is written there again, under the MAC that is to be proven. */
static enum err rewrite_maced(
    struct inspector *in, enum profile_file_name file, uint16_t *sw, struct why *why) {
    uint8_t room[APDU_DATA_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct reply reply;
    struct apdu update = station_update(&in->data->values, file, 0, &b);
    enum err err = station_authorise_read(&in->station, file, why);
    err = err ? err : read_for_update(in, &update, &reply, why);
    err = err ? err : station_authorise(&in->station, file, why);
    update.data = reply_bytes(&reply);
    return err ? err : station_send_maced(&in->station, in->place, &update, sw, why);
}

/* A MAC that is wrong is 6988, and the file stays as it was. */
static enum err prove_maintenance(struct inspector *in, enum key_name name, struct why *why) {
    uint16_t sw = 0;
    enum err err = rewrite_maced(in, file_to_rewrite(in), &sw, why);
    if (err == ERR_CONFLICT) { /* the update key or the file is wrong, and is named for that, too */
        note(in, "key %s cannot be tried: %s", key_kind(name)->name, why->text);
        return OK;
    }
    if (!err) {
        judge_sw(in, name, sw);
    }
    return err;
}

/* 84 24 with ENC(LD || PIN) and a MAC under DPUK: the PIN stays what it is. [purse.md 4.2] */
static enum err prove_unblock(struct inspector *in, enum key_name name, struct why *why) {
    const struct vault *v = in->station.vault;
    struct key_ref key = station_key(&in->station, name);
    uint8_t room[5 + BLOCK_MAX + MAC_LEN] = {0x84, 0x24, 0x00, 0x01};
    uint8_t pin[STATION_PIN_LEN];
    uint8_t iv[8] = {0};
    size_t len = 0;
    (void)station_pin(in->data->pin, pin);
    enum err err = v->encrypt_message(
        v->self, &key, bytes_of(pin, sizeof pin), room + 5, &len, why);
    crypto_wipe(pin, sizeof pin);
    assert(len <= BLOCK_MAX);
    room[4] = (uint8_t)(len + MAC_LEN);
    err = err ? err : station_challenge(&in->station, iv, 4, why);
    err = err ? err
              : v->message_mac(v->self, &key, iv, bytes_of(room, 5 + len), room + 5 + len, why);
    struct apdu unblock = {
        .cla = 0x84, .ins = 0x24, .p2 = 0x01, .data = bytes_of(room + 5, len + MAC_LEN)};
    struct reply reply;
    err = err ? err : station_ask(&in->station, &unblock, &reply, why);
    if (!err) {
        judge_sw(in, name, reply.sw);
    }
    return err;
}

/* 80 5E 00 with the same PIN and a MAC over it under DRPK. [purse.md 4.2] */
static enum err prove_reload(struct inspector *in, enum key_name name, struct why *why) {
    const struct vault *v = in->station.vault;
    struct key_ref key = station_key(&in->station, name);
    uint8_t data[STATION_PIN_LEN + MAC_LEN];
    struct reply reply;
    (void)station_pin(in->data->pin, data);
    enum err err = v->folded_mac(
        v->self, &key, bytes_of(data, STATION_PIN_LEN), data + STATION_PIN_LEN, why);
    struct apdu reload = {.cla = 0x80, .ins = 0x5E, .data = bytes_of(data, sizeof data)};
    err = err ? err : station_ask(&in->station, &reload, &reply, why);
    crypto_wipe(data, sizeof data);
    if (!err) {
        judge_sw(in, name, reply.sw);
    }
    return err;
}

/* DTK is proven by the TAC of the same purchase. */
static enum err prove_with_purchase(struct inspector *in, enum key_name name, struct why *why) {
    (void)in;
    (void)name;
    (void)why;
    return OK;
}

/* --- the whole ---------------------------------------------------------------------------- */

static const struct prover {
    uint8_t type; /* of WRITE KEY */
    enum err (*prove)(struct inspector *in, enum key_name name, struct why *why);
} provers[] = {
    {0x30, prove_internal          },
    {0x34, prove_with_purchase     },
    {0x36, prove_maintenance       },
    {0x37, prove_unblock           },
    {0x38, prove_reload            },
    {0x39, prove_external          },
    {0x3C, inspector_prove_day     },
    {0x3E, inspector_prove_purchase},
    {0x3F, inspector_prove_load    },
};

/* By the type byte, which says what the chip lets the key do. */
static enum err prove_key(struct inspector *in, enum key_name name, struct why *why) {
    for (size_t i = 0; i < sizeof provers / sizeof provers[0]; i++) {
        if (provers[i].type == key_kind(name)->type) {
            enum err err = provers[i].prove(in, name, why);
            return err ? why_add(why, err, "key %s", key_kind(name)->name) : OK;
        }
    }
    assert(false); /* the catalogue has a type that nobody can prove */
    return OK;
}

/* The keys of the place in the order of the catalogue: its main control key first. */
static enum err prove_keys(struct inspector *in, struct why *why) {
    enum err err = OK;
    for (enum key_name name = 0; !err && name < KEY_COUNT; name++) {
        if (station_holds_key(&in->station, in->place, name)) {
            err = prove_key(in, name, why);
        }
    }
    return err;
}

/* A directory that cannot be selected is one finding, not a hundred. */
static enum err inspect_place(struct inspector *in, enum profile_place place, struct why *why) {
    assert(place < PLACE_COUNT);
    in->place = place;
    struct apdu select = {.ins = 0xA4, .p1 = 0x04, .data = profile_directory(place)->df_name};
    struct reply reply;
    enum err err = station_ask(&in->station, &select, &reply, why);
    if (!err && reply.sw != SW_OK) {
        note_sw(in, "SELECT", reply.sw);
        return OK;
    }
    err = err ? err : prove_pin(in, why);
    err = err ? err : inspect_files(in, why);
    err = err ? err : prove_keys(in, why);
    return err ? why_add(why, err, "%s", profile_directory(place)->zh) : OK;
}

/* The inspection's own terminal has the city's code and a serial of zero. */
static struct inspector inspector_of(const struct personalisation *p, enum profile_name profile,
    const struct card_data *data, struct inspection *found) {
    *found = (struct inspection){.commands = 0};
    struct inspector in = {
        .station = {.reader = p->reader,
                    .vault = p->vault,
                    .key_version = p->issuer->key_version,
                    .key_versions = p->issuer->key_versions,
                    .purse = p->issuer->purse,
                    .profile = profile},
        .data = data,
        .found = found,
    };
    bcd_write(p->issuer->region, in.terminal, 3);
    return in;
}

/* Another chip than the record's is left alone: nothing on it is ours to try. */
static enum err inspect_places(struct inspector *in, struct why *why) {
    const struct profile_made *made;
    bool ours = true;
    enum err err = station_reset(&in->station, why);
    if (!err && memcmp(in->station.factor, in->data->factor, sizeof in->data->factor) != 0) {
        note(in, "the answer to reset is another chip's");
        ours = false;
    }
    for (size_t i = 0; !err && ours && (made = profile_made_at(in->station.profile, i)); i++) {
        err = inspect_place(in, made->place, why);
    }
    in->found->commands = in->station.commands;
    if (!err && in->found->finding_count > 0) {
        err = why_say(why, ERR_CONFLICT, "%s%s", in->found->findings[0],
            in->found->finding_count > 1 ? ", and more" : "");
    }
    return err;
}

/* In the order of the sheet, the wallet last: zero purchases are all that stays on the card. */
enum err inspect_card(const struct personalisation *p, const struct card_data *data,
    const uint8_t moment[7], struct inspection *found, struct why *why) {
    struct inspector in = inspector_of(p, p->profile, data, found);
    in.moment = moment;
    enum err err = inspect_places(&in, why);
    return err ? why_add(why, err, "inspect card %.9s", (const char *)data->values.card_number)
               : OK;
}

enum err inspect_card_again(const struct personalisation *p, const struct card_data *data,
    const uint8_t moment[7], struct inspection *found, struct why *why) {
    struct inspector in = inspector_of(p, p->profile, data, found);
    in.moment = moment;
    in.again = true;
    enum err err = inspect_places(&in, why);
    return err ? why_add(why, err, "inspect card %.9s", (const char *)data->values.card_number)
               : OK;
}

/* A PSAM has no PIN and no wallet; what is left is its files and main control keys. */
enum err inspect_psam(const struct personalisation *p, const struct card_data *data,
    struct inspection *found, struct why *why) {
    struct inspector in = inspector_of(p, PROFILE_PSAM, data, found);
    enum err err = inspect_places(&in, why);
    return err ? why_add(why, err, "inspect PSAM") : OK;
}

#include "issuance/inspect.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/day.h"
#include "crypto/secret.h"
#include "issuance/station.h"
#include "wire/purse_message.h"

enum {
    LOAD_ANSWER = 16,     /* [purse.md 4.4] */
    PURCHASE_ANSWER = 15, /* [purse.md 4.6] */
    PROOF_ANSWER = 8,     /* TAC, MAC2 [purse.md 4.7] */
    EP = 0x02,
    TERMINAL_SEQ = 1, /* of the inspection's own terminal, which has no PSAM */
    BLOCK_MAX = 24,
};

/* One pass over one card. What differs is noted and the pass goes on; a reader that fails ends
 * it. So functions here return the reader's and the vault's errors, and findings go another way. */
struct inspector {
    struct station station;
    const struct card_data *data;
    const uint8_t *moment;
    struct inspection *found;
    uint8_t terminal[TERMINAL_LEN]; /* city code and zeros: no terminal in use has this number */
    enum profile_place place;
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

/* A key that answered as it should counts; another one is named. */
static void judge_key(struct inspector *in, enum key_name name, bool right) {
    if (right) {
        in->found->keys++;
    } else {
        note(in, "key %s (%s) is wrong", key_kind(name)->name, key_kind(name)->zh);
    }
}

/* Most keys are proven by a plain 9000. */
static void judge_sw(struct inspector *in, enum key_name name, uint16_t sw) {
    judge_key(in, name, sw == SW_OK);
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

/* The update command knows where the file is and what should be in it: the reading follows it. */
static enum err inspect_transparent(
    struct inspector *in, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    uint8_t room[APDU_DATA_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct apdu update = station_update(&in->data->values, file, 0, &b);
    struct apdu read = {.ins = 0xB0, .p1 = update.p1, .le = (uint16_t)update.data.len};
    return read_and_judge(in, &read, f->zh, update.data, why);
}

/* The record behind the last one must not be there. */
static enum err inspect_end(
    struct inspector *in, const struct profile_file *f, size_t count, struct why *why) {
    struct apdu read = {.ins = 0xB2,
        .p1 = (uint8_t)(count + 1),
        .p2 = (uint8_t)(profile_sfi(f) << 3 | 0x04),
        .le = REPLY_DATA_MAX};
    struct reply reply;
    enum err err = station_ask(&in->station, &read, &reply, why);
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

/* Every file of the directory that is selected, each in its way. */
static enum err inspect_files(struct inspector *in, struct why *why) {
    enum err err = OK;
    for (enum profile_file_name file = 0; !err && file < FILE_COUNT; file++) {
        const struct profile_file *f = profile_file(file);
        for (size_t i = 0; !err && f->place == in->place && i < sizeof ways / sizeof ways[0]; i++) {
            err = ways[i].kind == f->kind ? ways[i].read(in, file, why) : OK;
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
        judge_key(in, name,
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
static enum profile_file_name file_to_rewrite(enum profile_place place) {
    enum profile_file_name file = 0;
    while (file < FILE_COUNT
           && (profile_file(file)->place != place
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
    enum err err = station_authorise(&in->station, file, why);
    err = err ? err : read_for_update(in, &update, &reply, why);
    update.data = reply_bytes(&reply);
    return err ? err : station_send_maced(&in->station, in->place, &update, sw, why);
}

/* A MAC that is wrong is 6988, and the file stays as it was. */
static enum err prove_maintenance(struct inspector *in, enum key_name name, struct why *why) {
    uint16_t sw = 0;
    enum err err = rewrite_maced(in, file_to_rewrite(in->place), &sw, why);
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

/* keyId, amount 0, terminal: what INITIALIZE brings. */
static enum err initialise_zero(struct inspector *in, uint8_t p1, uint8_t key_id, uint16_t le,
    struct reply *reply, struct why *why) {
    uint8_t data[11] = {key_id};
    (void)memcpy(data + 5, in->terminal, TERMINAL_LEN);
    struct apdu init = {.cla = 0x80,
        .ins = 0x50,
        .p1 = p1,
        .p2 = EP,
        .data = bytes_of(data, sizeof data),
        .le = le};
    return station_ask(&in->station, &init, reply, why);
}

/* MAC1 comes with the answer to INITIALIZE; the load is never finished and leaves no trace. */
static enum err prove_load(struct inspector *in, enum key_name name, struct why *why) {
    const struct vault *v = in->station.vault;
    struct key_ref key = station_key(&in->station, name);
    struct load_facts facts = {.trade = TRADE_EP_LOAD};
    struct reply reply;
    uint8_t input[8];
    uint8_t room[PURSE_MESSAGE_MAX];
    uint8_t mac1[MAC_LEN];
    enum err err = initialise_zero(in, 0x00, key_kind(name)->kid, LOAD_ANSWER, &reply, why);
    if (err) {
        return err;
    }
    if (reply.sw != SW_OK || reply.len != LOAD_ANSWER) {
        judge_key(in, name, false);
        return OK;
    }
    struct cursor c = cursor_over(reply_bytes(&reply));
    facts.balance = cursor_u32(&c);
    facts.number = cursor_u16(&c);
    (void)cursor_take(&c, 2); /* key version, algorithm */
    load_session_input(cursor_take(&c, RANDOM_LEN).at, facts.number, input);
    (void)memcpy(facts.terminal, in->terminal, TERMINAL_LEN);
    struct builder b = builder_in(room, sizeof room);
    put_load_mac1(&b, &facts);
    err = v->session_mac(v->self, &key, input, builder_bytes(&b), mac1, why);
    if (!err) {
        judge_key(in, name, crypto_equal(cursor_take(&c, MAC_LEN).at, mac1, MAC_LEN));
    }
    return err;
}

/* --- the zero purchase: DPK by MAC1 and MAC2, DTK by the TAC ------------------------------ */

struct zero_purchase {
    struct purchase_facts facts;
    uint8_t input[8]; /* of the session key */
};

/* MAC1 and MAC2 under the session key of this purchase, as a PSAM would make them. */
static enum err purchase_mac(struct inspector *in, const struct zero_purchase *z,
    void (*put)(struct builder *b, const struct purchase_facts *f), uint8_t mac[MAC_LEN],
    struct why *why) {
    const struct vault *v = in->station.vault;
    struct key_ref key = station_key(&in->station, KEY_DPK);
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder b = builder_in(room, sizeof room);
    put(&b, &z->facts);
    return v->session_mac(v->self, &key, z->input, builder_bytes(&b), mac, why);
}

/* DEBIT FOR PURCHASE over nothing: the card counts it and logs it like any other. [purse.md 4.7] */
static enum err debit(
    struct inspector *in, const struct zero_purchase *z, struct reply *reply, struct why *why) {
    uint8_t data[15];
    uint8_t mac1[MAC_LEN];
    struct builder b = builder_in(data, sizeof data);
    enum err err = purchase_mac(in, z, put_purchase_mac1, mac1, why);
    put_u32(&b, z->facts.terminal_seq);
    put_bytes(&b, bytes_of(z->facts.moment, MOMENT_LEN));
    put_bytes(&b, bytes_of(mac1, MAC_LEN));
    struct apdu apdu = {
        .cla = 0x80, .ins = 0x54, .p1 = 0x01, .data = builder_bytes(&b), .le = PROOF_ANSWER};
    return err ? err : station_ask(&in->station, &apdu, reply, why);
}

/* TAC in front, MAC2 behind. [purse.md 4.7] */
static enum err judge_proofs(struct inspector *in, const struct zero_purchase *z,
    const struct reply *reply, struct why *why) {
    const struct vault *v = in->station.vault;
    uint8_t mac2[MAC_LEN];
    assert(reply->sw == SW_OK);
    assert(reply->len == PROOF_ANSWER);
    struct tac_job job = {.version = in->station.key_version};
    struct builder b = builder_in(job.data, sizeof job.data);
    put_purchase_tac(&b, &z->facts);
    assert(!b.overflowed);
    job.data_len = (uint8_t)b.len;
    (void)memcpy(job.card_factor, in->station.factor, sizeof job.card_factor);
    enum err err = v->tacs(v->self, &job, 1, why);
    err = err ? err : purchase_mac(in, z, put_purchase_mac2, mac2, why);
    if (!err) {
        judge_key(in, KEY_DTK, crypto_equal(reply->data, job.tac, MAC_LEN));
        judge_key(in, KEY_DPK, crypto_equal(reply->data + MAC_LEN, mac2, MAC_LEN));
    }
    return err;
}

/* INITIALIZE, then the debit; what the card answers there proves both keys. */
static enum err prove_purchase(struct inspector *in, enum key_name name, struct why *why) {
    struct zero_purchase z = {
        .facts = {.trade = TRADE_EP_PURCHASE, .terminal_seq = TERMINAL_SEQ}
    };
    struct reply reply;
    enum err err = initialise_zero(in, 0x01, key_kind(name)->kid, PURCHASE_ANSWER, &reply, why);
    if (err) {
        return err;
    }
    if (reply.sw != SW_OK || reply.len != PURCHASE_ANSWER) {
        judge_key(in, name, false);
        return OK;
    }
    struct cursor c = cursor_over(reply_bytes(&reply));
    (void)cursor_u32(&c); /* balance, compared already */
    uint16_t number = cursor_u16(&c);
    (void)cursor_take(&c, 5); /* overdraft limit, key version, algorithm */
    purchase_session_input(cursor_take(&c, RANDOM_LEN).at, number, TERMINAL_SEQ, z.input);
    (void)memcpy(z.facts.terminal, in->terminal, TERMINAL_LEN);
    (void)memcpy(z.facts.moment, in->moment, MOMENT_LEN);
    err = debit(in, &z, &reply, why);
    if (!err && (reply.sw != SW_OK || reply.len != PROOF_ANSWER)) {
        judge_key(in, name, false);
        return OK;
    }
    return err ? err : judge_proofs(in, &z, &reply, why);
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
    {0x30, prove_internal     },
    {0x34, prove_with_purchase},
    {0x36, prove_maintenance  },
    {0x37, prove_unblock      },
    {0x38, prove_reload       },
    {0x39, prove_external     },
    {0x3E, prove_purchase     },
    {0x3F, prove_load         },
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
        enum key_name found;
        const struct key_kind *kind = key_kind(name);
        if (station_find_key(in->place, kind->type, kind->kid, &found) && found == name) {
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
static struct inspector inspector_of(
    const struct personalisation *p, const struct card_data *data, struct inspection *found) {
    *found = (struct inspection){.commands = 0};
    struct inspector in = {
        .station = {.reader = p->reader, .vault = p->vault, .key_version = p->issuer->key_version},
        .data = data,
        .found = found,
    };
    bcd_write(p->issuer->region, in.terminal, 3);
    return in;
}

/* Another chip than the record's is left alone: nothing on it is ours to try. */
static enum err inspect_places(
    struct inspector *in, const enum profile_place *places, size_t count, struct why *why) {
    enum err err = station_reset(&in->station, why);
    if (!err && memcmp(in->station.factor, in->data->factor, sizeof in->data->factor) != 0) {
        note(in, "the answer to reset is another chip's");
        count = 0;
    }
    for (size_t i = 0; !err && i < count; i++) {
        err = inspect_place(in, places[i], why);
    }
    in->found->commands = in->station.commands;
    if (!err && in->found->finding_count > 0) {
        err = why_say(why, ERR_CONFLICT, "%s%s", in->found->findings[0],
            in->found->finding_count > 1 ? ", and more" : "");
    }
    return err;
}

/* The wallet comes last: its zero purchase is the one thing that stays on the card. */
enum err inspect_card(const struct personalisation *p, const struct card_data *data,
    const uint8_t moment[7], struct inspection *found, struct why *why) {
    static const enum profile_place places[] = {
        AT_MF, AT_SSSE, AT_DF01, AT_DF02, AT_DF03, AT_DF04, AT_WALLET};
    struct inspector in = inspector_of(p, data, found);
    in.moment = moment;
    enum err err = inspect_places(&in, places, sizeof places / sizeof places[0], why);
    return err ? why_add(why, err, "inspect card %.9s", (const char *)data->values.card_number)
               : OK;
}

/* A PSAM has no PIN and no wallet; what is left is its files and main control keys. */
enum err inspect_psam(const struct personalisation *p, const struct card_data *data,
    struct inspection *found, struct why *why) {
    static const enum profile_place places[] = {AT_PSAM_MF, AT_PSAM};
    struct inspector in = inspector_of(p, data, found);
    enum err err = inspect_places(&in, places, sizeof places / sizeof places[0], why);
    return err ? why_add(why, err, "inspect PSAM") : OK;
}

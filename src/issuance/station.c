#include "issuance/station.h"

#include <assert.h>

#include "base/day.h"
#include "reader/atr.h"

enum {
    CHALLENGE_MAX = 16,
    MESSAGE_CHALLENGE = 8,
    TYPE_MAINTENANCE = 0x36, /* DAMK, STK [purse.md 2.4] */
    TYPE_EXTERNAL = 0x39,
    MAIN_KID = 0x00,
    CONTROL_MAIN = 0xFF, /* of a social security control */
    RIGHT_MAIN = 0xAA,   /* of a purse right byte */
    RIGHT_NOBODY = 0xEF,
    PICK_BY_NUMBER = 0x04, /* low bits of P2 */
    SFI_IN_P1 = 0x80,
};

_Static_assert((int)AT_MF == (int)IN_MF, "places of the profile and of the catalogue agree");
_Static_assert((int)AT_SSSE == (int)IN_SSSE, "places of the profile and of the catalogue agree");
_Static_assert((int)AT_DF04 == (int)IN_DF04, "places of the profile and of the catalogue agree");
_Static_assert(
    (int)AT_WALLET == (int)IN_WALLET, "places of the profile and of the catalogue agree");
_Static_assert((int)AT_PSAM == (int)IN_PSAM, "places of the profile and of the catalogue agree");
_Static_assert((int)AT_CERT == (int)IN_CERT, "places of the profile and of the catalogue agree");
_Static_assert((int)CHIPS_P10 == (int)CARDS_P10, "profiles and chips of the catalogue agree");
_Static_assert((int)CHIPS_FROM_P20 == (int)CARDS_FROM_P20, "profiles and chips agree");
_Static_assert((int)CHIPS_PSAM == (int)CARDS_MODULE, "profiles and chips agree");

/* The profile's places and the catalogue's are one list; the asserts above keep them so. A
 * PSAM's master file has the same key as a card's. */
static enum key_place catalogue_place(enum profile_place place) {
    return place == AT_PSAM_MF ? IN_MF : (enum key_place)place;
}

/* The other way: a module's master file is not a card's. */
static enum profile_place profile_place(const struct station *st, enum key_place place) {
    return place == IN_MF && st->profile == PROFILE_PSAM ? AT_PSAM_MF : (enum profile_place)place;
}

/* The factor is all that a vault needs to know of a chip. */
enum err station_reset(struct station *st, struct why *why) {
    uint8_t atr[ATR_MAX];
    size_t atr_len = 0;
    enum err err = reader_reset(st->reader, atr, &atr_len, why);
    if (!err && !atr_factor(bytes_of(atr, atr_len), st->factor)) {
        err = why_say(why, ERR_CONFLICT,
            "the chip's answer to reset has no thirteen historical bytes; put in a chip for social "
            "security cards");
    }
    return err ? why_add(why, err, "reset") : OK;
}

/* Fetching an answer with GET RESPONSE counts as part of its command. */
enum err station_ask(
    struct station *st, const struct apdu *command, struct reply *reply, struct why *why) {
    st->commands++;
    return reader_command(st->reader, command, reply, why);
}

enum err station_send(struct station *st, const struct apdu *command, const char *name,
    struct reply *reply, struct why *why) {
    st->commands++;
    return reader_expect(st->reader, command, name, reply, why);
}

enum err station_select(struct station *st, enum profile_place place, struct why *why) {
    const struct profile_directory *d = profile_directory(place);
    struct apdu select = {.ins = 0xA4, .p1 = 0x04, .data = d->df_name};
    return station_send(st, &select, d->zh, NULL, why);
}

/* A challenge is for the very next command; nothing may be sent between. [purse.md 1.3] */
enum err station_challenge(struct station *st, uint8_t *challenge, uint16_t len, struct why *why) {
    assert(len <= CHALLENGE_MAX);
    struct apdu get = {.ins = 0x84, .le = len};
    struct reply reply;
    enum err err = station_send(st, &get, "challenge", &reply, why);
    if (!err && reply.len != len) {
        err = why_say(
            why, ERR_CONFLICT, "challenge: %u bytes asked for, %zu came", (unsigned)len, reply.len);
    }
    if (!err) {
        (void)memcpy(challenge, reply.data, len);
    }
    return err;
}

/* --- keys --------------------------------------------------------------------------------- */

/* A module's purchase keys are of places that it does not have, and stand in its application. */
enum key_algorithm station_algorithm(const struct station *st, enum profile_place place) {
    const struct profile_made *made = place < PLACE_COUNT ? profile_made(st->profile, place) : NULL;
    bool module = st->profile == PROFILE_PSAM && place != AT_PSAM_MF && place != AT_MF;
    if (place == AT_WALLET || module) {
        return st->purse;
    }
    return made && made->algorithm == ALGORITHM_OF_SM4 ? KEY_SM4 : KEY_TDES;
}

/* At the depth of the card: a station asks for nothing that others share. */
struct key_ref station_key(const struct station *st, enum key_name name) {
    uint8_t own = st->key_versions ? st->key_versions[name] : 0;
    struct key_ref key = {.name = name,
        .algorithm = station_algorithm(st, profile_place(st, key_kind(name)->place)),
        .version = own ? own : st->key_version,
        .depth = KEY_CARD};
    (void)memcpy(key.card_factor, st->factor, sizeof key.card_factor);
    return key;
}

uint8_t station_kid(enum key_name name, uint8_t version) {
    const struct key_kind *kind = key_kind(name);
    assert(kind->versions > 0);
    unsigned slot = kind->versions > 1 && version > 0 ? (version - 1U) % kind->versions : 0;
    return (uint8_t)(kind->kid + slot);
}

/* What a search asks of each line of the catalogue, close together: a card is asked for its keys
 * some thousands of times while it is made. */
static const struct line {
    uint8_t place, type, kid, cards;
} lines[KEY_COUNT] = {
#define KEY(name, zh, en, owner, length, place, type, kid, cards, ...)                             \
    [KEY_##name] = {place, type, kid, CARDS_##cards},
#include "keys/catalogue.def"
};

bool station_holds_key(const struct station *st, enum profile_place place, enum key_name name) {
    assert((unsigned)name < KEY_COUNT);
    return name != KEY_TRANSPORT && lines[name].place == catalogue_place(place)
           && (lines[name].cards & 1u << st->profile) != 0;
}

bool station_find_key(const struct station *st, enum profile_place place, uint8_t type, uint8_t kid,
    enum key_name *name) {
    for (enum key_name i = 0; i < KEY_COUNT; i++) {
        if (lines[i].type == type && lines[i].kid == kid && station_holds_key(st, place, i)) {
            *name = i;
            return true;
        }
    }
    return false;
}

/* The catalogue has one for every directory of the profile. */
enum key_name station_main_key(const struct station *st, enum profile_place place) {
    enum key_name name = KEY_COUNT;
    bool found = station_find_key(st, place, TYPE_EXTERNAL, MAIN_KID, &name);
    assert(found);
    (void)found;
    return name;
}

/* What a card is shown of a key. Social: DES(SK, original) with SK = 3DES(K, challenge), and the
 * original. Purse: the challenge enciphered, 8 bytes of it or, under SM4, 16. [card.md 2.7, 5.3;
 * purse.md 4.1] */
static enum err make_proof(struct station *st, enum profile_place place, enum key_name name,
    struct builder *proof, struct why *why) {
    static const uint8_t original[8] = {1, 2, 3, 4, 5, 6, 7, 8}; /* any will do [card.md 6] */
    bool social = profile_directory(place)->family == SPEAKS_SOCIAL;
    struct key_ref key = station_key(st, name);
    uint8_t challenge[CHALLENGE_MAX];
    uint8_t out[CHALLENGE_MAX];
    uint16_t len = !social && key.algorithm == KEY_SM4 ? 16 : 8;
    enum err err = station_challenge(st, challenge, len, why);
    if (err) {
        return err;
    }
    const struct vault *v = st->vault;
    if (social) {
        err = v->authenticate(v->self, &key, challenge, original, out, why);
    } else {
        err = len == 16 ? v->encrypt16(v->self, &key, challenge, out, why)
                        : v->encrypt8(v->self, &key, challenge, out, why);
    }
    if (!err) {
        put_bytes(proof, bytes_of(out, len));
        put_bytes(proof, social ? bytes_of(original, sizeof original) : (struct bytes){0});
    }
    return err;
}

/* The proof is for the challenge just fetched; nothing may come between. */
enum err station_authenticate_ask(struct station *st, enum profile_place place, enum key_name name,
    uint16_t *sw, struct why *why) {
    uint8_t room[16];
    struct builder proof = builder_in(room, sizeof room);
    enum err err = make_proof(st, place, name, &proof, why);
    if (err) {
        return why_add(why, err, "%s", key_kind(name)->name);
    }
    struct apdu auth = {.ins = 0x82, .p2 = key_kind(name)->kid, .data = builder_bytes(&proof)};
    struct reply reply;
    err = station_ask(st, &auth, &reply, why);
    *sw = reply.sw;
    return err ? why_add(why, err, "%s", key_kind(name)->name) : OK;
}

/* For whoever can do nothing without the key. */
enum err station_authenticate(
    struct station *st, enum profile_place place, enum key_name name, struct why *why) {
    uint16_t sw = 0;
    enum err err = station_authenticate_ask(st, place, name, &sw, why);
    if (!err && sw != SW_OK) {
        err = why_say(why, ERR_CONFLICT, "%s (%s) is not proven: card answered %04X (%s)",
            key_kind(name)->name, key_kind(name)->zh, (unsigned)sw, sw_text(sw));
    }
    return err;
}

/* The identifier that a file's write right asks for; false when it asks for no key. */
static bool write_kid(const struct profile_file *f, uint8_t *kid) {
    uint8_t here = (uint8_t)(f->write & 0xFF);
    if (profile_directory(f->place)->family == SPEAKS_PURSE) {
        *kid = MAIN_KID;
        return here == RIGHT_MAIN;
    }
    *kid = here == CONTROL_MAIN ? MAIN_KID : here;
    return here != 0;
}

/* The sheet names the key; one that the catalogue does not have is a mistake of the sheet. */
enum err station_authorise(struct station *st, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    enum key_name name;
    uint8_t kid;
    if (!write_kid(f, &kid)) {
        return OK;
    }
    bool known = station_find_key(st, f->place, TYPE_EXTERNAL, kid, &name);
    assert(known);
    return known ? station_authenticate(st, f->place, name, why)
                 : why_say(why, ERR_INVALID, "%s has no key to write with", f->zh);
}

/* Only the purse dialect has files that nobody reads: private keys. */
bool station_never_read(enum profile_file_name file) {
    const struct profile_file *f = profile_file(file);
    uint8_t here = (uint8_t)(f->read & 0xFF);
    return here == RIGHT_NOBODY;
}

/* "PIN or key" is the PIN's; a key alone has no byte for the directory above. */
enum err station_authorise_read(struct station *st, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    uint8_t here = (uint8_t)(f->read & 0xFF), above = (uint8_t)(f->read >> 8);
    enum key_name name;
    bool social = profile_directory(f->place)->family == SPEAKS_SOCIAL;
    if (!social || f->kind == KIND_PURSE_FILE || above != 0 || here == 0) {
        return OK;
    }
    bool known = station_find_key(st, f->place, TYPE_EXTERNAL, here, &name);
    assert(known);
    return known ? station_authenticate(st, f->place, name, why)
                 : why_say(why, ERR_INVALID, "%s has no key to read with", f->zh);
}

/* --- secure messaging --------------------------------------------------------------------- */

/* CLA INS P1 P2 Lc data, Lc counting the MAC that is still to come. */
static void put_maced_head(struct builder *b, const struct apdu *command) {
    put_u8(b, 0x04);
    put_u8(b, command->ins);
    put_u8(b, command->p1);
    put_u8(b, command->p2);
    put_u8(b, (uint8_t)(command->data.len + 4));
    put_bytes(b, command->data);
}

/* STK: a session key from the challenge, IV zero. DAMK: the key itself, the challenge as IV.
 * [card.md 6.1; purse.md 1.3] */
static enum err message_mac(struct station *st, enum profile_place place, struct bytes message,
    uint8_t mac[4], struct why *why) {
    const struct vault *v = st->vault;
    uint8_t challenge[MESSAGE_CHALLENGE];
    enum key_name name = KEY_COUNT;
    bool known = station_find_key(st, place, TYPE_MAINTENANCE, 0, &name);
    assert(known);
    (void)known;
    struct key_ref key = station_key(st, name);
    enum err err = station_challenge(st, challenge, sizeof challenge, why);
    if (err) {
        return err;
    }
    return profile_directory(place)->family == SPEAKS_SOCIAL
               ? v->session_mac(v->self, &key, challenge, message, mac, why)
               : v->message_mac(v->self, &key, challenge, message, mac, why);
}

/* Head, data, MAC: what was MACed is what is sent. */
enum err station_send_maced(struct station *st, enum profile_place place,
    const struct apdu *command, uint16_t *sw, struct why *why) {
    uint8_t room[APDU_MAX];
    uint8_t mac[4];
    struct builder b = builder_in(room, sizeof room);
    put_maced_head(&b, command);
    assert(!b.overflowed);
    enum err err = message_mac(st, place, builder_bytes(&b), mac, why);
    if (err) {
        return why_add(why, err, "MAC");
    }
    put_bytes(&b, bytes_of(mac, sizeof mac));
    assert(!b.overflowed);
    assert(room[4] == b.len - 5);
    struct apdu maced = *command;
    maced.cla = 0x04;
    maced.data = bytes_of(room + 5, b.len - 5);
    struct reply reply;
    err = station_ask(st, &maced, &reply, why);
    *sw = reply.sw;
    return err;
}

/* Cards of this city are born with six digits; holders may choose others later. */
bool station_pin(const char *text, uint8_t pin[STATION_PIN_LEN]) {
    uint64_t digits;
    if (strlen(text) != STATION_PIN_DIGITS
        || !digits_read(bytes_of(text, STATION_PIN_DIGITS), &digits)) {
        return false;
    }
    bcd_write(digits, pin, STATION_PIN_LEN);
    return true;
}

/* Short identifiers throughout, so that no file has to be selected first: SFI in P1 for bytes,
 * in P2 for records. [card.md 2.3] */
struct apdu station_update(const struct profile_values *values, enum profile_file_name file,
    size_t index, struct builder *room) {
    const struct profile_file *f = profile_file(file);
    bool transparent = f->kind == KIND_TRANSPARENT || f->kind == KIND_TRANSPARENT_MAC;
    size_t count = 0;
    const struct profile_field *field = profile_fields(file, &count);
    assert(index < count);
    uint8_t sfi = profile_sfi(f);
    struct apdu update = {
        .ins = 0xDC, .p1 = (uint8_t)(index + 1), .p2 = (uint8_t)(sfi << 3 | PICK_BY_NUMBER)};
    if (!transparent) {
        profile_put_field(room, values, &field[index]);
    } else {
        update = (struct apdu){.ins = 0xD6, .p1 = SFI_IN_P1 | sfi};
        for (size_t i = 0; i < count; i++) {
            profile_put_field(room, values, &field[i]);
        }
    }
    assert(!room->overflowed);
    update.data = builder_bytes(room);
    return update;
}

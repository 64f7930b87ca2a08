#include "issuance/personalise.h"

#include <assert.h>
#include <string.h>

#include "crypto/secret.h"
#include "issuance/making.h"

enum {
    KEY_RECORD_HEAD = 8,
    PIN_RECORD = 16,
    USAGE_PURCHASE = 0x42, /* two factors still to come, purchase [purse.md 6.2] */
    ALGORITHM_3DES = 0x00,
    LOG_SFI = 0x18,
    MEDICAL_LOG_SFI = 0x08,
    PSAM_VERSIONS = 8, /* of its purchase key; those that come later need room from the beginning */
};

/* --- what of the sheets belongs where ----------------------------------------------------- */

bool making_has_file(
    const struct making *m, enum profile_place place, enum profile_file_name file) {
    return profile_file(file)->place == place && profile_has(m->station.profile, file);
}

bool making_is_child(const struct making *m, enum profile_place child, enum profile_place place) {
    return profile_directory(child)->parent == place && profile_made(m->station.profile, child);
}

bool making_belongs(const struct making *m, enum key_name name, enum profile_place place) {
    return station_holds_key(&m->station, place, name)
           && name != station_main_key(&m->station, place);
}

/* The PIN of SSSE holds in its four applications, too [card.md 4]; the wallet has its own. */
static bool has_pin(enum profile_place place) {
    return place == AT_SSSE || place == AT_WALLET;
}

/* The purchase key of this PSAM's trades. */
static enum key_name psam_key(const struct making *m) {
    return m->hospital ? KEY_DPKDF04 : KEY_DPK;
}

/* Keys are added one by one; the file has room for exactly these, and a PSAM's for versions to come:
 * its keys are never replaced. [system.md 6.1.3] */
uint16_t making_key_bytes(const struct making *m, enum profile_place place) {
    uint16_t size = KEY_RECORD_HEAD + 16; /* the main control key */
    if (place == AT_PSAM) {
        size = (uint16_t)(size + PSAM_VERSIONS * (KEY_RECORD_HEAD + 16));
    }
    for (enum key_name name = 0; name < KEY_COUNT; name++) {
        if (making_belongs(m, name, place)) {
            uint8_t len = key_length(name, station_algorithm(&m->station, place));
            size = (uint16_t)(size + key_kind(name)->versions * (KEY_RECORD_HEAD + len));
        }
    }
    return (uint16_t)(size + (has_pin(place) ? PIN_RECORD : 0));
}

uint8_t making_log_sfi(enum profile_place place) {
    return place == AT_DF04 ? MEDICAL_LOG_SFI : LOG_SFI;
}

/* --- keys --------------------------------------------------------------------------------- */

/* A directory's main control key, as WRITE KEY introduces it. */
static struct new_key main_key(const struct making *m, enum profile_place place, bool replaces) {
    return (struct new_key){.place = place,
        .type = MAKING_MAIN_TYPE,
        .version = station_key(&m->station, station_main_key(&m->station, place)).version,
        .length = 16,
        .replaces = replaces};
}

/* 84 D4 with what the vault wrapped for the chip's challenge. */
static enum err send_wrapped(struct making *m, struct key_wrap *wrap, struct why *why) {
    const struct vault *v = m->station.vault;
    const char *name = key_kind(wrap->key.name)->name;
    uint8_t data[KEY_WRAP_MAX];
    size_t len = 0;
    enum err err = station_challenge(&m->station, wrap->challenge, sizeof wrap->challenge, why);
    err = err ? err : v->wrap(v->self, wrap, data, &len, why);
    if (!err) {
        struct apdu write = {
            .cla = 0x84, .ins = 0xD4, .p1 = wrap->p1, .p2 = wrap->p2, .data = bytes_of(data, len)};
        err = station_send(&m->station, &write, "WRITE KEY", NULL, why);
    }
    assert(len <= sizeof data);
    m->result->keys += err ? 0 : 1;
    return err ? why_add(why, err, "key %s", name) : OK;
}

/* The public transport key goes in plain: it is what the chip's first main control key is. */
static enum err write_transport_key(struct making *m, enum profile_place place, struct why *why) {
    struct key_wrap wrap = {.p1 = 0};
    struct new_key key = main_key(m, place, false);
    uint8_t data[sizeof wrap.head + 16];
    struct builder b = builder_in(data, sizeof data);
    m->maker->put_head(m, &key, &wrap);
    put_bytes(&b, bytes_of(wrap.head, wrap.head_len));
    put_fill(&b, 0xFF, 16);
    struct apdu write = {.cla = m->maker->plain_cla,
        .ins = 0xD4,
        .p1 = wrap.p1,
        .p2 = wrap.p2,
        .data = builder_bytes(&b)};
    return station_send(&m->station, &write, "WRITE KEY", NULL, why);
}

/* ... and is replaced by the card's own before anything else goes in. */
static enum err replace_main_key(struct making *m, enum profile_place place, struct why *why) {
    struct key_wrap wrap = {.key = station_key(&m->station, station_main_key(&m->station, place)),
        .under = station_key(&m->station, KEY_TRANSPORT)};
    struct new_key key = main_key(m, place, true);
    wrap.under.algorithm = wrap.key.algorithm; /* the same sixteen bytes under either cipher */
    m->maker->put_head(m, &key, &wrap);
    return send_wrapped(m, &wrap, why);
}

/* All other keys come under the card's own main control key; of a key that a card holds in several
 * versions each has an identifier of its own, and its version in its head. */
static enum err write_key(
    struct making *m, enum profile_place place, enum key_name name, struct why *why) {
    const struct key_kind *kind = key_kind(name);
    enum err err = OK;
    for (uint8_t i = 0; !err && i < kind->versions; i++) {
        struct key_wrap wrap = {.key = station_key(&m->station, name),
            .under = station_key(&m->station, station_main_key(&m->station, place))};
        struct new_key key = {.place = place,
            .type = kind->type,
            .kid = station_kid(name, (uint8_t)(wrap.key.version + i)),
            .version = (uint8_t)(wrap.key.version + i),
            .length = key_length(name, wrap.key.algorithm)};
        wrap.key.version = (uint8_t)(wrap.key.version + i);
        m->maker->put_head(m, &key, &wrap);
        err = send_wrapped(m, &wrap, why);
    }
    return err;
}

/* A PSAM gets the purchase key as a province shares it, and derives the card's itself; of several
 * versions each, for cards choose one. Its form of WRITE KEY says usage, version and algorithm.
 * [purse.md 6.2] */
static enum err write_psam_keys(struct making *m, struct why *why) {
    enum err err = OK;
    for (uint8_t i = 0; !err && i < key_kind(psam_key(m))->versions; i++) {
        struct key_wrap wrap = {
            .key = station_key(&m->station, psam_key(m)),
            .under = station_key(&m->station, KEY_MK_PSAM),
            .head = {USAGE_PURCHASE, (uint8_t)(m->purchase_version + i), ALGORITHM_3DES},
            .head_len = 3
        };
        wrap.key.version = (uint8_t)(m->purchase_version + i);
        wrap.key.depth = KEY_PROVINCE;
        err = send_wrapped(m, &wrap, why);
    }
    return err;
}

/* In the order of the catalogue; the main control key is in already. */
static enum err write_keys(struct making *m, enum profile_place place, struct why *why) {
    enum err err = place == AT_PSAM ? write_psam_keys(m, why) : OK;
    for (enum key_name name = 0; !err && name < KEY_COUNT; name++) {
        err = making_belongs(m, name, place) ? write_key(m, place, name, why) : OK;
    }
    return err;
}

/* 84 D4 P1 P2 Lc ENC(LD || head PIN): the command without its MAC. */
static enum err put_pin_message(struct making *m, const struct key_ref *main,
    const struct key_wrap *wrap, struct builder *message, struct why *why) {
    const struct vault *v = m->station.vault;
    uint8_t plain[sizeof wrap->head + STATION_PIN_LEN];
    uint8_t cipher[sizeof plain + 16];
    size_t plain_len = wrap->head_len + STATION_PIN_LEN, len = 0;
    (void)memcpy(plain, wrap->head, wrap->head_len);
    if (!station_pin(m->result->data.pin, plain + wrap->head_len)) {
        return why_say(why, ERR_INVALID, "the first PIN is not six digits");
    }
    enum err err = v->encrypt_message(v->self, main, bytes_of(plain, plain_len), cipher, &len, why);
    crypto_wipe(plain, sizeof plain);
    if (!err) {
        const uint8_t head[] = {0x84, 0xD4, wrap->p1, wrap->p2, (uint8_t)(len + 4)};
        put_bytes(message, bytes_of(head, sizeof head));
        put_bytes(message, bytes_of(cipher, len));
    }
    return err;
}

/* A PIN is no key of the vault's, but goes in the same way: enciphered and MACed. */
static enum err write_pin(struct making *m, enum profile_place place, struct why *why) {
    const struct vault *v = m->station.vault;
    struct key_ref main = station_key(&m->station, station_main_key(&m->station, place));
    struct key_wrap wrap = {.p1 = 0};
    struct new_key pin = {.place = place, .type = MAKING_PIN_TYPE, .length = STATION_PIN_LEN};
    uint8_t room[APDU_MAX];
    uint8_t iv[8] = {0}; /* four random bytes and four zeros [purse.md 1.3] */
    uint8_t mac[4];
    struct builder b = builder_in(room, sizeof room);
    if (!has_pin(place)) {
        return OK;
    }
    m->maker->put_head(m, &pin, &wrap);
    enum err err = put_pin_message(m, &main, &wrap, &b, why);
    err = err ? err : station_challenge(&m->station, iv, 4, why);
    err = err ? err : v->message_mac(v->self, &main, iv, builder_bytes(&b), mac, why);
    if (!err) {
        put_bytes(&b, bytes_of(mac, sizeof mac));
        struct apdu write = {.cla = 0x84,
            .ins = 0xD4,
            .p1 = wrap.p1,
            .p2 = wrap.p2,
            .data = bytes_of(room + 5, b.len - 5)};
        err = station_send(&m->station, &write, "WRITE KEY", NULL, why);
    }
    return err;
}

/* --- files -------------------------------------------------------------------------------- */

/* A directory below was made with its parent and is selected; a master file is made first of
 * all, once the chip is open. */
static enum err enter(struct making *m, enum profile_place place, struct why *why) {
    if (profile_directory(place)->parent != AT_NONE) {
        return station_select(&m->station, place, why);
    }
    enum err err = m->maker->open(m, why);
    return err ? err : m->maker->create_directory(m, place, why);
}

static enum err begin_directory(struct making *m, enum profile_place place, struct why *why) {
    return m->maker->begin_directory(m, place, making_key_bytes(m, place), why);
}

/* Made while this directory is still open; each is entered later, and only once. */
static enum err create_children(struct making *m, enum profile_place place, struct why *why) {
    enum err err = OK;
    for (enum profile_place child = 0; !err && child < PLACE_COUNT; child++) {
        if (making_is_child(m, child, place)) {
            err = m->maker->create_directory(m, child, why);
        }
    }
    return err;
}

static enum err end_directory(struct making *m, enum profile_place place, struct why *why) {
    return m->maker->end_directory(m, place, why);
}

/* Every record once, as long as it will ever be: a variable record keeps its length. */
static enum err append_blanks(struct making *m, enum profile_file_name file, struct why *why) {
    const struct profile_file *f = profile_file(file);
    size_t count = 0;
    const struct profile_field *field = profile_fields(file, &count);
    if (f->kind != KIND_VARIABLE && f->kind != KIND_FIXED) {
        return OK;
    }
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        uint8_t room[PROFILE_RECORD_MAX];
        struct builder b = builder_in(room, sizeof room);
        profile_put_field(&b, &m->blank, &field[i]);
        err = m->maker->add_record(m, file, (uint8_t)(i + 1), builder_bytes(&b), why);
        err = err ? why_add(why, err, "%s", field[i].zh) : OK;
        m->result->records += err ? 0 : 1;
    }
    return err;
}

/* Each file is made and filled before the next, so that a torn chip ends at a known place. */
static enum err create_files(struct making *m, enum profile_place place, struct why *why) {
    enum err err = OK;
    for (enum profile_file_name file = 0; !err && file < FILE_COUNT; file++) {
        if (making_has_file(m, place, file)) {
            err = m->maker->create_file(m, file, why);
            err = err ? err : append_blanks(m, file, why);
        }
    }
    return err;
}

/* --- the holder's data -------------------------------------------------------------------- */

/* The wallet's public files take their data under a MAC of DAMK; all others after a proof. */
static enum err write_field(
    struct making *m, enum profile_file_name file, size_t index, struct why *why) {
    const struct profile_file *f = profile_file(file);
    uint8_t room[APDU_DATA_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct apdu update = station_update(&m->result->data.values, file, index, &b);
    if (f->kind != KIND_TRANSPARENT_MAC) {
        return station_send(&m->station, &update, "UPDATE", NULL, why);
    }
    uint16_t sw = 0;
    enum err err = station_send_maced(&m->station, f->place, &update, &sw, why);
    if (!err && sw != SW_OK) {
        err = why_say(why, ERR_CONFLICT, "UPDATE with MAC: card answered %04X (%s)", (unsigned)sw,
            sw_text(sw));
    }
    return err;
}

/* Whole files of bytes, with a MAC or without. */
static bool is_transparent(const struct profile_file *f) {
    return f->kind == KIND_TRANSPARENT || f->kind == KIND_TRANSPARENT_MAC;
}

/* Whether the index-th write of a file is needed: one for each field with data, one for a
 * transparent file as a whole. */
static bool wants_writing(const struct making *m, enum profile_file_name file,
    const struct profile_field *field, size_t index) {
    if (is_transparent(profile_file(file))) {
        return index == 0;
    }
    return !bytes_equal(profile_value(&m->blank, &field[index]),
        profile_value(&m->result->data.values, &field[index]));
}

/* The key is proven once for a file, and only when there is something to write. */
static enum err write_file(struct making *m, enum profile_file_name file, struct why *why) {
    size_t count = 0;
    const struct profile_field *field = profile_fields(file, &count);
    bool authorised = false;
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        if (wants_writing(m, file, field, i)) {
            err = authorised ? OK : station_authorise(&m->station, file, why);
            authorised = true;
            err = err ? err : write_field(m, file, i, why);
            err = err ? why_add(why, err, "%s", field[i].zh) : OK;
            m->result->records += err ? 0 : 1;
        }
    }
    return err;
}

/* File after file of the directory that is selected. */
static enum err write_files(struct making *m, enum profile_place place, struct why *why) {
    enum err err = OK;
    for (enum profile_file_name file = 0; !err && file < FILE_COUNT; file++) {
        if (making_has_file(m, place, file)) {
            err = write_file(m, file, why);
        }
    }
    return err;
}

/* From this selection on the rights of the files count. */
static enum err select_again(struct making *m, enum profile_place place, struct why *why) {
    return station_select(&m->station, place, why);
}

/* --- the whole ---------------------------------------------------------------------------- */

/* A chip is made directory by directory, each from the top of a list to its end. A directory that
 * was just made asks for nothing until it is selected again, or ended: so initialising never
 * selects twice, and personalising always finds the rights in force. [purse.md 2.1; card.md 2.8] */
struct stage {
    const char *name;
    enum err (*run)(struct making *m, enum profile_place place, struct why *why);
};

static const struct stage initialising[] = {
    {"enter",             enter              },
    {"key file",          begin_directory    },
    {"transport key",     write_transport_key},
    {"main control key",  replace_main_key   },
    {"keys",              write_keys         },
    {"first PIN",         write_pin          },
    {"files",             create_files       },
    {"directories below", create_children    },
    {"end",               end_directory      },
};

static const struct stage personalising[] = {
    {"select", select_again},
    {"data",   write_files },
};

/* The first failure ends all; it says where and in which stage. */
static enum err run_stages(struct making *m, enum profile_place place, const struct stage *stages,
    size_t count, struct why *why) {
    for (size_t i = 0; i < count; i++) {
        enum err err = stages[i].run(m, place, why);
        if (err) {
            return why_add(why, err, "%s, %s", profile_directory(place)->zh, stages[i].name);
        }
    }
    return OK;
}

/* The stages for every directory of the profile, parents before children. */
static enum err run_everywhere(
    struct making *m, const struct stage *stages, size_t count, struct why *why) {
    const struct profile_made *made;
    enum err err = OK;
    for (size_t i = 0; !err && (made = profile_made_at(m->station.profile, i)) != NULL; i++) {
        err = run_stages(m, made->place, stages, count, why);
    }
    return err;
}

/* First the whole card is initialised, then personalised: from the second part on every right
 * counts, so a wrong right in the sheet is found in making and not at a counter. */
static enum err run_all(struct making *m, struct why *why) {
    profile_blank(&m->blank);
    enum err err = run_everywhere(
        m, initialising, sizeof initialising / sizeof initialising[0], why);
    err = err ? err
              : run_everywhere(
                  m, personalising, sizeof personalising / sizeof personalising[0], why);
    m->result->commands = m->station.commands;
    return err;
}

/* The station learns its factor at the reset. */
static struct making making_of(
    const struct personalisation *p, enum profile_name profile, struct personalise_result *result) {
    *result = (struct personalise_result){.commands = 0};
    return (struct making){
        .station = {.reader = p->reader,
                    .vault = p->vault,
                    .key_version = p->issuer->key_version,
                    .key_versions = p->issuer->key_versions,
                    .purse = p->issuer->purse,
                    .profile = profile},
        .issuer = p->issuer,
        .result = result,
        .hospital = p->hospital,
        .purchase_version = p->purchase_version ? p->purchase_version
                                                : issuer_version(p->issuer, KEY_DPK),
        .maker = p->chips == CHIPS_OF_DATANG ? &maker_datang : &maker_fmcos,
    };
}

/* The data are made after the reset, because keys and identification follow from the chip's
 * factor. */
enum err personalise_card(const struct personalisation *p, const struct person *person,
    const char *card_number, struct personalise_result *result, struct why *why) {
    struct making m = making_of(p, p->profile, result);
    struct card_source source = {.issuer = p->issuer,
        .person = person,
        .card_number = card_number,
        .factor = m.station.factor,
        .vault = p->vault,
        .profile = p->profile};
    enum err err = station_reset(&m.station, why);
    err = err ? err : card_data_make(&result->data, &source, why);
    err = err ? err : run_all(&m, why);
    return err ? why_add(why, err, "personalise card %s", card_number) : OK;
}

/* The same stages over two directories, with a PSAM's data. */
enum err personalise_psam(const struct personalisation *p, const uint8_t terminal[6],
    struct personalise_result *result, struct why *why) {
    struct making m = making_of(p, PROFILE_PSAM, result);
    if (p->chips != CHIPS_OF_FMCOS) {
        return why_say(why, ERR_INVALID,
            "a PSAM is made on chips of the first dialect only; take another blank");
    }
    enum err err = station_reset(&m.station, why);
    err = err ? err : psam_data_make(&result->data, p->issuer, terminal, m.station.factor, why);
    err = err ? err : run_all(&m, why);
    return err ? why_add(why, err, "personalise PSAM") : OK;
}

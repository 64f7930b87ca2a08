#include "issuance/card_data.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/checkdigit.h"
#include "base/day.h"
#include "crypto/secret.h"
#include "host/gb18030.h"
#include "wire/purse_message.h"

enum {
    SERIAL_AT = 4, /* of the factor: TA to TD */
    GB_MAX = 400,  /* more than any field holds */
};

/* The registered application provider of social security cards. [card.md 3.1; purse.md 3.2] */
static const uint8_t rid[5] = {0xD1, 0x56, 0x00, 0x00, 0x05};

/* The last byte of the initialiser stays 00: in a rehearsal no ministry gave one. */
uint8_t issuer_version(const struct issuer *issuer, enum key_name name) {
    uint8_t own = issuer->key_versions ? issuer->key_versions[name] : 0;
    assert(name < KEY_COUNT);
    return own ? own : issuer->key_version;
}

struct issuer issuer_of(uint32_t region, uint32_t day, uint32_t valid_years) {
    struct issuer issuer = {.region = region,
        .key_version = 1,
        .pin_tries = 6,
        .issued = day,
        .expires = day_plus_years(day, valid_years)};
    (void)memset(issuer.transport, 0xFF, sizeof issuer.transport);
    return issuer;
}

/* --- one kind of field after the other ---------------------------------------------------- */

/* Exactly as many bytes as the field has. */
static void set_bytes(uint8_t *field, size_t field_len, const void *from) {
    (void)memcpy(field, from, field_len);
}

/* Packed digits, as many as the field holds, zeros in front. */
static void set_number(uint8_t *field, size_t field_len, uint64_t value) {
    bcd_write(value, field, field_len);
}

/* Text as GB 18030; false when it does not fit or has no code there. */
static bool set_words(uint8_t *field, size_t field_len, const char *utf8) {
    uint8_t gb[GB_MAX];
    struct builder b = builder_in(gb, sizeof gb);
    size_t bad_at;
    return utf8_to_gb18030(bytes_text(utf8), &b, &bad_at) && !b.overflowed
           && profile_set_text(field, field_len, builder_bytes(&b));
}

/* Text that the card can do without. */
static void set_optional(
    struct card_data *data, uint8_t *field, size_t field_len, const char *utf8) {
    if (utf8[0] && !set_words(field, field_len, utf8)) {
        data->left_out++;
    }
}

#define FIELD_OF(data, name) (data)->values.name, sizeof(data)->values.name

/* --- the issuer's and the card's own files ------------------------------------------------ */

/* One directory entry: 61 len { mark name }, where mark says a DDF (9D) or an application (4F). */
static void put_entry(struct builder *b, uint8_t mark, enum profile_place place) {
    struct bytes name = profile_directory(place)->df_name;
    put_u8(b, 0x61);
    put_u8(b, (uint8_t)(name.len + 2));
    put_u8(b, mark);
    put_u8(b, (uint8_t)name.len);
    put_bytes(b, name);
}

/* What a stranger finds in EF DIR: the two applications under the MF, and those under the SSSE. */
static void fill_directories(struct card_data *data) {
    static const uint8_t label[] = {0x50, 0x04, 'P', 'B', 'O', 'C'};
    struct builder social = builder_in(FIELD_OF(data, mf_dir_ssse));
    put_entry(&social, 0x9D, AT_SSSE);
    struct builder wallet = builder_in(FIELD_OF(data, mf_dir_wallet));
    put_entry(&wallet, 0x4F, AT_WALLET);
    /* The label belongs into the entry, whose length is the second byte. [purse.md 3.1] */
    put_bytes(&wallet, bytes_of(label, sizeof label));
    data->values.mf_dir_wallet[1] = (uint8_t)(wallet.len - 2);
    struct builder inner = builder_in(FIELD_OF(data, ssse_dir_p20));
    for (enum profile_place place = AT_DF01; place <= AT_DF04; place++) {
        put_entry(&inner, 0x4F, place);
    }
    set_bytes(FIELD_OF(data, ssse_dir), data->values.ssse_dir_p20); /* 1.0 ends with DF04 */
    put_entry(&inner, 0x4F, AT_DF07);
    assert(!social.overflowed);
    assert(social.len == sizeof data->values.mf_dir_ssse);
    assert(!wallet.overflowed);
    assert(wallet.len == sizeof data->values.mf_dir_wallet);
    assert(!inner.overflowed);
    assert(inner.len == sizeof data->values.ssse_dir_p20);
}

/* The check is made over the twelve bytes before it, by a key that only this card has. */
enum err card_id_make(const struct issuer *issuer, const uint8_t factor[8],
    const struct vault *vault, enum key_algorithm algorithm, uint8_t id[16], struct why *why) {
    static const uint8_t iv[8] = {0};
    struct builder b = builder_in(id, sizeof((struct profile_values *)0)->card_id);
    uint8_t region[3];
    bcd_write(issuer->region, region, sizeof region);
    put_bytes(&b, bytes_of(region, sizeof region));
    put_bytes(&b, bytes_of(rid, sizeof rid));
    put_bytes(&b, bytes_of(factor + SERIAL_AT, FACTOR_LEN - SERIAL_AT));
    assert(!b.overflowed);
    struct key_ref irk = {.name = KEY_IRK,
        .algorithm = algorithm,
        .version = issuer_version(issuer, KEY_IRK),
        .depth = KEY_CARD};
    (void)memcpy(irk.card_factor, factor, sizeof irk.card_factor);
    enum err err = vault->message_mac(vault->self, &irk, iv, builder_bytes(&b), id + b.len, why);
    return err ? why_add(why, err, "card identification code") : OK;
}

/* 91 56 00 00 02, card region, agency, and a byte that the ministry gives. [card.md 3.5] */
static void fill_initialiser(struct card_data *data, const struct issuer *issuer) {
    static const uint8_t head[5] = {0x91, 0x56, 0x00, 0x00, 0x02};
    uint8_t region[3];
    bcd_write(issuer->region, region, sizeof region);
    struct builder b = builder_in(FIELD_OF(data, initialiser));
    put_bytes(&b, bytes_of(head, sizeof head));
    put_bytes(&b, bytes_of(region, sizeof region));
    put_bytes(&b, bytes_of(region, sizeof region));
    put_u8(&b, issuer->initialiser_last);
    assert(!b.overflowed);
    assert(b.len == sizeof data->values.initialiser);
}

/* Who issued: the application provider and the city. [purse.md 3.2, issuer identifier] */
static void write_issuer(const struct issuer *issuer, uint8_t id[8]) {
    (void)memcpy(id, rid, sizeof rid);
    bcd_write(issuer->region, id + sizeof rid, 3);
}

/* EF15 and EF16; the ASN is the chip's factor behind two zeros, so that one factor serves the whole
 * card. */
static void fill_wallet(struct card_data *data, const struct issuer *issuer) {
    enum { ATI_EP_ONLY = 0x02, ID_CITIZEN = 0x00 };
    struct profile_values *v = &data->values;
    write_issuer(issuer, v->wallet_issuer);
    v->wallet_kind[0] = ATI_EP_ONLY;
    v->wallet_version[0] = 0x01;
    (void)memset(v->wallet_asn, 0, sizeof v->wallet_asn);
    (void)memcpy(v->wallet_asn + ASN_LEN - FACTOR_LEN, data->factor, FACTOR_LEN);
    set_number(v->wallet_from, sizeof v->wallet_from, issuer->issued);
    set_number(v->wallet_until, sizeof v->wallet_until, issuer->expires);
    v->wallet_id_type[0] = ID_CITIZEN;
}

/* EF05 of the SSSE: a card of class 3, and the version of its profile. [card.md 3.4] */
static void fill_issuer(
    struct card_data *data, const struct issuer *issuer, enum profile_name profile) {
    static const char versions[][5] = {
        [PROFILE_P10] = "1.00", [PROFILE_P20] = "2.00", [PROFILE_P30] = "3.00"};
    assert(profile <= PROFILE_P30);
    struct profile_values *v = &data->values;
    v->card_class[0] = '3';
    set_bytes(v->version, sizeof v->version, versions[profile]);
    fill_initialiser(data, issuer);
    set_number(v->issued, sizeof v->issued, issuer->issued);
    set_number(v->expires, sizeof v->expires, issuer->expires);
    fill_wallet(data, issuer);
}

/* --- the person's files ------------------------------------------------------------------- */

/* How many bytes of the text go into the first of two fields: as many whole characters as fit. A
 * character of GB 18030 has one byte, or two, or four with a digit in the second place. */
static size_t whole_letters(struct bytes gb, size_t room) {
    size_t at = 0;
    while (at < gb.len) {
        size_t len = gb.at[at] < 0x80 ? 1 : 2;
        if (len == 2 && at + 1 < gb.len && gb.at[at + 1] < 0x40) {
            len = 4;
        }
        if (at + len > room) {
            return at;
        }
        at += len;
    }
    return at;
}

/* A name as the chip holds it: the first field's bytes, and what goes on in the extension. */
struct chip_name {
    uint8_t gb[GB_MAX];
    size_t len, first; /* bytes of the whole, and of them in the first field */
};

/* The refusal of a name that is too long, with the way on: a card with an extension if that holds
 * it, else the ministry. */
static enum err name_too_long(
    size_t len, enum profile_name profile, bool later_holds, struct why *why) {
    static const char *const cards[] = {
        [PROFILE_P10] = "1.0", [PROFILE_P20] = "2.0", [PROFILE_P30] = "3.0"};
    enum { ROOM = sizeof((struct profile_values *)0)->name };
    enum { MORE = sizeof((struct profile_values *)0)->name_more };
    assert(profile <= PROFILE_P30);
    const char *way = later_holds ? "apply for a 2.0 card, whose name extension holds the rest"
                                  : "ask the ministry how the name shall be written on a card";
    if (profile == PROFILE_P10) {
        return why_say(why, ERR_INVALID,
            "the name takes %zu bytes of GB 18030 and a %s card holds %d; %s", len, cards[profile],
            (int)ROOM, way);
    }
    return why_say(why, ERR_INVALID,
        "the name takes %zu bytes of GB 18030 and a %s card holds %d in whole characters, %d of "
        "them "
        "in the name extension; %s",
        len, cards[profile], (int)(ROOM + MORE), (int)MORE, way);
}

/* Whole or not at all: a cut name is another person's. From 2.0 on it goes on in a second field,
 * behind a whole character. [card.md 2.6: 姓名扩展] */
static enum err name_for_chip(const struct person *person, enum profile_name profile,
    struct chip_name *name, struct why *why) {
    enum { ROOM = sizeof((struct profile_values *)0)->name };
    enum { MORE = sizeof((struct profile_values *)0)->name_more };
    struct builder b = builder_in(name->gb, sizeof name->gb);
    size_t bad_at = 0;
    if (!person->name[0]) {
        return why_say(why, ERR_INVALID, "the person has no name; correct the person's record");
    }
    if (!utf8_to_gb18030(bytes_text(person->name), &b, &bad_at) || b.overflowed) {
        return why_say(why, ERR_INVALID,
            "the name has no GB 18030 code from byte %zu on; correct the person's record", bad_at);
    }
    name->len = b.len;
    name->first = whole_letters(builder_bytes(&b), ROOM);
    assert(name->first <= ROOM);
    assert(name->first <= name->len);
    size_t more = name->len - name->first;
    if (more > (profile == PROFILE_P10 ? 0 : MORE)) {
        return name_too_long(name->len, profile, profile == PROFILE_P10 && more <= MORE, why);
    }
    return OK;
}

enum err card_name_fits(const struct person *person, enum profile_name profile, struct why *why) {
    struct chip_name name = {.len = 0};
    return name_for_chip(person, profile, &name, why);
}

/* Both fields, and the wallet's. */
static enum err fill_name(struct card_data *data, const struct person *person,
    enum profile_name profile, struct why *why) {
    struct chip_name name = {.len = 0};
    enum err err = name_for_chip(person, profile, &name, why);
    if (err) {
        return err;
    }
    bool first = profile_set_text(FIELD_OF(data, name), bytes_of(name.gb, name.first));
    bool more = profile_set_text(
        FIELD_OF(data, name_more), bytes_of(name.gb + name.first, name.len - name.first));
    assert(first);
    assert(more);
    (void)first;
    (void)more;
    /* The wallet's own field is shorter still; the name is then only where it fits whole. */
    (void)profile_set_text(FIELD_OF(data, wallet_name), bytes_of(name.gb, name.len));
    return OK;
}

/* Facts that the registry has already judged; what is wrong here never passed its rules. */
static enum err fill_identity(
    struct card_data *data, const struct person *person, struct why *why) {
    struct profile_values *v = &data->values;
    struct bytes number = bytes_text(person->number);
    if (number.len != sizeof v->social_number || citizen_check(bytes_of(number.at, 17)) == 0
        || citizen_check(bytes_of(number.at, 17)) != person->number[17]) {
        return why_say(why, ERR_INVALID, "the social security number is no citizen number");
    }
    if (person->sex > 9 || person->nation > 99 || !day_exists(person->birth)) {
        return why_say(why, ERR_INVALID, "sex, nation or birth date is none");
    }
    (void)profile_set_text(v->social_number, sizeof v->social_number, number);
    (void)profile_set_text(v->wallet_number, sizeof v->wallet_number, number);
    (void)profile_set_digits(v->birthplace, sizeof v->birthplace, bytes_of(number.at, 6));
    v->sex[0] = (uint8_t)('0' + person->sex);
    set_number(v->nation, sizeof v->nation, person->nation);
    set_number(v->born, sizeof v->born, person->birth);
    return OK;
}

/* Contact and employer, as far as the person has them: what the profiles share. */
static void fill_contact(struct card_data *data, const struct person *person) {
    const char *phone = person->phone[0] ? person->phone : person->mobile;
    struct bytes unit = bytes_text(person->employer);
    set_optional(data, FIELD_OF(data, telephone), phone);
    struct bytes postcode = bytes_text(person->postcode);
    if (postcode.len > 0 && !profile_set_digits(FIELD_OF(data, postcode), postcode)) {
        data->left_out++;
    }
    /* The field is for organisation codes; a unit number of another form is none. */
    if (unit.len == sizeof data->values.organisation && organisation_check(bytes_of(unit.at, 8))
        && organisation_check(bytes_of(unit.at, 8)) == person->employer[8]) {
        (void)profile_set_text(FIELD_OF(data, organisation), unit);
    }
}

/* The fields that are longer from 2.0 on, or are not in 1.0 at all. */
static void fill_by_profile(
    struct card_data *data, const struct person *person, enum profile_name profile) {
    struct profile_values *v = &data->values;
    bool known = person->household[0] == '1' || person->household[0] == '2';
    if (profile == PROFILE_P10) {
        /* One character: the group of AAC009, 1 non-agricultural or 2 agricultural. */
        v->household_kind[0] = known ? (uint8_t)person->household[0] : 0;
        set_optional(data, FIELD_OF(data, address), person->address);
        set_optional(data, FIELD_OF(data, employer), person->employer_name);
        return;
    }
    if (known && strlen(person->household) == sizeof v->household_kind_2) {
        set_bytes(FIELD_OF(data, household_kind_2), person->household);
    }
    set_optional(data, FIELD_OF(data, address_2), person->address);
    set_optional(data, FIELD_OF(data, employer_2), person->employer_name);
    set_bytes(FIELD_OF(data, country), "CHN"); /* who has a citizen number is a citizen */
}

/* What can be refused without the vault is refused first. */
enum err card_data_make(struct card_data *data, const struct card_source *source, struct why *why) {
    const struct vault *vault = source->vault;
    enum key_algorithm algorithm = source->profile == PROFILE_P30 ? KEY_SM4 : KEY_TDES;
    struct bytes number = bytes_text(source->card_number);
    *data = (struct card_data){.left_out = 0};
    profile_blank(&data->values);
    (void)memcpy(data->factor, source->factor, sizeof data->factor);
    if (number.len != sizeof data->values.card_number) {
        return why_say(
            why, ERR_INVALID, "\"%s\" is no card number of nine characters", source->card_number);
    }
    (void)profile_set_text(FIELD_OF(data, card_number), number);
    fill_directories(data);
    fill_issuer(data, source->issuer, source->profile);
    fill_contact(data, source->person);
    fill_by_profile(data, source->person, source->profile);
    enum err err = fill_identity(data, source->person, why);
    err = err ? err : fill_name(data, source->person, source->profile, why);
    err = err ? err
              : card_id_make(
                  source->issuer, source->factor, vault, algorithm, data->values.card_id, why);
    err = err ? err : vault->first_pin(vault->self, source->factor, data->pin, why);
    return err ? why_add(why, err, "data of card %s", source->card_number) : OK;
}

/* --- PSAM --------------------------------------------------------------------------------- */

/* The serial is the chip's factor; sequence and tries are those of a module that never worked.
 * [purse.md 6.1] */
enum err psam_data_make(struct card_data *data, const struct issuer *issuer,
    const uint8_t terminal[6], const uint8_t factor[8], struct why *why) {
    enum { PSAM_VERSION = 0x01, PSAM_KIND = 0x44, MAC2_TRIES = 0x0A, FIRST_SEQ = 1 };
    struct profile_values *v = &data->values;
    uint64_t number;
    *data = (struct card_data){.left_out = 0};
    profile_blank(v);
    if (!bcd_read(bytes_of(terminal, sizeof v->terminal), &number) || number == 0) {
        return why_say(why, ERR_INVALID, "a terminal number is twelve decimal digits, not all 0");
    }
    (void)memcpy(data->factor, factor, sizeof data->factor);
    set_number(v->psam_serial, sizeof v->psam_serial, 0);
    (void)memcpy(v->psam_serial + sizeof v->psam_serial - FACTOR_LEN, factor, FACTOR_LEN);
    v->psam_version[0] = PSAM_VERSION;
    v->psam_kind[0] = PSAM_KIND;
    set_bytes(v->terminal, sizeof v->terminal, terminal);
    v->purchase_key[0] = 0x01;
    write_issuer(issuer, v->psam_issuer);
    write_issuer(issuer, v->psam_user);
    set_number(v->psam_from, sizeof v->psam_from, issuer->issued);
    set_number(v->psam_until, sizeof v->psam_until, issuer->expires);
    v->mac2_tries[0] = MAC2_TRIES;
    v->mac2_tries[1] = MAC2_TRIES;
    v->terminal_seq[3] = FIRST_SEQ;
    return OK;
}

/* crypto_wipe(), which no compiler leaves out. */
void card_data_wipe(struct card_data *data) {
    crypto_wipe(data, sizeof *data);
}

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "ceremony/carrier_chip.h"
#include "ceremony/ceremony_work.h"
#include "ceremony/psam_issue.h"
#include "crypto/derive.h"
#include "crypto/secret.h"
#include "crypto/sm4.h"
#include "keys/permit.h"
#include "vaults/soft/secret_room.h"
#include "vaults/soft/soft_vault.h"

/* Keys on their way out of the vault, encrypted, and the chips that they travel in. */

enum { VALID_YEARS = 10, WRAPPED_ROOM = 256, CHIP_NAME_ROOM = 16 };

static void cipher_root(uint8_t algorithm, const struct key128 *under, const uint8_t in[16],
    uint8_t out[16], bool open) {
    struct tdes_key ready;
    if (algorithm == KEY_SM4) {
        (open ? sm4_decrypt : sm4_encrypt)(under, in, out);
        return;
    }
    tdes_prepare(&ready, under);
    (open ? tdes_decrypt : tdes_encrypt)(&ready, in, out);
    (open ? tdes_decrypt : tdes_encrypt)(&ready, in + DES_BLOCK, out + DES_BLOCK);
    crypto_wipe(&ready, sizeof ready);
}

/* "shebao-wrapped 1 DPK 3DES 2 root under BTK 3DES 1 HEX check HEX": what a card or a file holds. */
static enum err put_wrapped(struct ceremony_work *work, const struct plan_step *step,
    const char *depth, const struct key128 *key, char text[WRAPPED_ROOM], struct why *why) {
    const struct key128 *under = NULL;
    char name[KEY_TEXT_ROOM];
    char other[KEY_TEXT_ROOM];
    char hex[33];
    uint8_t wrapped[16];
    uint8_t check[3];
    enum err err = ceremony_root_of(work, &step->other, &under, why);
    if (err) {
        return err;
    }
    cipher_root(step->other.algorithm, under, key->bytes, wrapped, false);
    root_check(step->key.algorithm, key, check);
    hex_write(bytes_of(wrapped, sizeof wrapped), hex);
    (void)snprintf(text, WRAPPED_ROOM, "shebao-wrapped 1 %s %s under %s %s check %02X%02X%02X\n",
        plan_key_text(&step->key, name), depth, plan_key_text(&step->other, other), hex, check[0],
        check[1], check[2]);
    return ceremony_fact(work, " check %02X%02X%02X", check[0], check[1], check[2])
               ? OK
               : ceremony_facts_full(why);
}

/* Takes back exactly what put_wrapped() writes. */
static enum err take_wrapped(struct bytes content, const struct plan_step *step,
    const struct key128 *under, struct key128 *root, struct why *why) {
    char head[WRAPPED_ROOM];
    char tail[32];
    char name[KEY_TEXT_ROOM];
    char other[KEY_TEXT_ROOM];
    uint8_t wrapped[16];
    uint8_t check[3];
    (void)snprintf(head, sizeof head, "shebao-wrapped 1 %s root under %s ",
        plan_key_text(&step->key, name), plan_key_text(&step->other, other));
    (void)snprintf(
        tail, sizeof tail, " check %02X%02X%02X\n", step->check[0], step->check[1], step->check[2]);
    struct cursor c = cursor_over(content);
    bool good = bytes_equal(cursor_take(&c, strlen(head)), bytes_text(head));
    good = hex_read(cursor_take(&c, 32), wrapped, sizeof wrapped) && good;
    good = bytes_equal(cursor_take(&c, strlen(tail)), bytes_text(tail)) && good;
    if (!good || !cursor_finished(&c)) {
        return why_say(why, ERR_INVALID,
            "%s does not hold %s under %s with the check value that the plan names; ask who sent "
            "it",
            step->path, name, other);
    }
    cipher_root(step->other.algorithm, under, wrapped, root->bytes, true);
    root_check(step->key.algorithm, root, check);
    return memcmp(check, step->check, sizeof check) == 0
               ? OK
               : why_say(why, ERR_INVALID,
                   "what %s holds is another key than its check value says; nothing was taken",
                   step->path);
}

enum err hold_import_key(
    struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_IMPORT_KEY);
    FILE_CONTENT_SCOPE(content);
    SECRET_SCOPE struct key128 root = {0};
    const struct key128 *under = NULL;
    enum err err = ceremony_root_of(work, &step->other, &under, why);
    err = err ? err : files_read(step->path, WRAPPED_ROOM, &content, why);
    err = err ? err : take_wrapped(bytes_of(content.at, content.len), step, under, &root, why);
    return err ? err : ceremony_put_root(work, &step->key, &root, why);
}

static void carrier_name(const struct plan_step *step, char name[CHIP_NAME_ROOM]) {
    (void)snprintf(name, CHIP_NAME_ROOM, "%08" PRIu32, step->serial);
}

/* Its PIN and main control key are of version 1, or what of it is in use. */
static enum err chip_version(struct ceremony_work *work, uint8_t *version, struct why *why) {
    return ring_in_use(work->ring, KEY_MK_MF, KEY_TDES, version, why);
}

/* Makes the chip, and reads it back. */
static enum err fill_carrier(struct ceremony_work *work, const struct plan_step *step,
    const struct vault *vault, struct bytes content, struct why *why) {
    assert(content.at);
    assert(vault->self);
    static const uint8_t transport[8] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    const struct ceremony_house *house = work->house;
    struct station station = {.vault = vault};
    struct reader reader;
    uint8_t back[CARRIER_CONTENT_MAX];
    char name[CHIP_NAME_ROOM];
    size_t len = 0;
    carrier_name(step, name);
    enum err err = chip_version(work, &station.key_version, why);
    err = err ? err : house->blank(house->self, name, false, step->serial, &reader, why);
    if (err) {
        return err;
    }
    station.reader = &reader;
    err = carrier_make(&station, transport, content, why);
    ceremony_reached(work, "carrier");
    err = err ? err : carrier_read(&station, back, &len, why);
    if (!err && !bytes_equal(bytes_of(back, len), content)) {
        err = why_say(why, ERR_CONFLICT, "carrier %s holds something else than was put in", name);
    }
    reader_close(&reader);
    return err;
}

enum err ceremony_carrier(struct ceremony_work *work, const struct plan_step *step,
    struct bytes content, struct why *why) {
    assert(content.len > 0);
    assert(work->house);
    char seal[SEAL_LEN + 1];
    struct vault vault;
    enum err err = soft_vault_open_ring(work->ring, &vault, why);
    if (err) {
        return err;
    }
    err = fill_carrier(work, step, &vault, content, why);
    vault.close(vault.self);
    ceremony_seal(content, seal);
    if (!err && !ceremony_fact(work, " seal %s %s", step->holders[0], seal)) {
        err = ceremony_facts_full(why);
    }
    return err;
}

enum err hold_transport(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_TRANSPORT);
    const struct key128 *root = NULL;
    char text[WRAPPED_ROOM];
    enum err err = ceremony_root_of(work, &step->key, &root, why);
    err = err ? err : put_wrapped(work, step, "root", root, text, why);
    return err ? err : ceremony_carrier(work, step, bytes_text(text), why);
}

/* A mother card has the key as the city uses it: root, province, city. [system.md 6.1.1] */
enum err hold_mother(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_MOTHER);
    SECRET_SCOPE struct key128 key = {0};
    uint8_t province[8];
    uint8_t city[8];
    const struct key128 *root = NULL;
    char text[WRAPPED_ROOM];
    enum err err = ceremony_root_of(work, &step->key, &root, why);
    if (err) {
        return err;
    }
    bool sm4 = step->key.algorithm == KEY_SM4;
    key_province_factor(work->ring->region, province);
    key_city_factor(work->ring->region, city);
    (sm4 ? derive_sm4 : derive_key)(root, province, &key);
    (sm4 ? derive_sm4 : derive_key)(&key, city, &key);
    err = put_wrapped(work, step, "city", &key, text, why);
    return err ? err : ceremony_carrier(work, step, bytes_text(text), why);
}

/* What was made goes again. */
enum err undo_carrier(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(
        step->kind == STEP_SHARE_CARD || step->kind == STEP_MOTHER || step->kind == STEP_TRANSPORT);
    char name[CHIP_NAME_ROOM];
    carrier_name(step, name);
    return work->house->discard(work->house->self, name, false, why);
}

static void module_name(uint64_t terminal, char name[CHIP_NAME_ROOM]) {
    (void)snprintf(name, CHIP_NAME_ROOM, "%012" PRIu64, terminal % 1000000000000U);
}

static enum err issue_one(
    struct ceremony_work *work, const struct psam_order *order, struct why *why) {
    const struct ceremony_house *house = work->house;
    struct psam_order one = *order;
    struct reader reader;
    char name[CHIP_NAME_ROOM];
    module_name(order->terminal, name);
    enum err err = house->blank(
        house->self, name, true, (uint32_t)(order->terminal % 100000000U), &reader, why);
    if (err) {
        return err;
    }
    one.reader = &reader;
    err = psam_issue(&one, why);
    reader_close(&reader);
    ceremony_reached(work, "module");
    return err ? why_add(why, err, "module of terminal %s", name) : OK;
}

/* Bit n: the ring answers for version n, which some card may have. */
static uint16_t open_versions(struct ceremony_work *work, enum key_name name) {
    unsigned versions = 0;
    for (unsigned version = 0; version <= KEY_VERSION_MAX; version++) {
        const struct ring_key *entry = ring_find(work->ring, name, KEY_TDES, (uint8_t)version);
        versions |= entry && entry->state != RING_CLOSED ? 1U << version : 0;
    }
    return (uint16_t)versions;
}

enum err hold_psam_batch(
    struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_PSAM_BATCH);
    struct issuer issuer = issuer_of(work->ring->region, work->plan->day, VALID_YEARS);
    struct vault vault;
    struct psam_order order = {.vault = &vault, .issuer = &issuer};
    char last[CHIP_NAME_ROOM];
    if (step->terminal / 1000000U != work->ring->region) {
        return why_say(why, ERR_INVALID,
            "terminal %012" PRIu64 " is not of region %06" PRIu32 "; correct the plan",
            step->terminal, work->ring->region);
    }
    uint8_t version = 0;
    enum err err = ring_in_use(work->ring, KEY_DPK, KEY_TDES, &version, why);
    err = err ? err : chip_version(work, &issuer.key_version, why);
    order.versions = open_versions(work, KEY_DPK);
    err = err ? err : soft_vault_open_ring(work->ring, &vault, why);
    if (err) {
        return err;
    }
    for (uint64_t i = 0; !err && i < step->count; i++) {
        order.terminal = step->terminal + i;
        err = issue_one(work, &order, why);
    }
    vault.close(vault.self);
    module_name(order.terminal, last);
    struct plan_key key = {.name = KEY_DPK, .algorithm = KEY_TDES, .version = version};
    if (!err && !ceremony_fact(work, " to %s versions %04X", last, order.versions)) {
        err = ceremony_facts_full(why);
    }
    return err ? err : ceremony_tell_check(work, "check", &key, why);
}

enum err undo_modules(struct ceremony_work *work, const struct plan_step *step, struct why *why) {
    assert(step->kind == STEP_PSAM_BATCH);
    enum err err = OK;
    char name[CHIP_NAME_ROOM];
    for (uint64_t i = 0; !err && i < step->count; i++) {
        module_name(step->terminal + i, name);
        err = work->house->discard(work->house->self, name, true, why);
    }
    return err;
}

/* What the tests of issuing share: a blank chip in memory, a reader with it, a rehearsal vault, and
 * people to make cards for. */
#pragma once

#include "base/features.h"
#include "card/loop/card.h"
#include "check.h"
#include "crypto/des.h"
#include "issuance/inspect.h"
#include "issuance/personalise.h"
#include "ports/sim/memory.h"
#include "reader/inside.h"
#include "vaults/soft/soft_vault.h"

enum { WORKSHOP_REGION = 440100, WORKSHOP_DAY = 20031008, WORKSHOP_CHIP_BYTES = 16 * 1024 };

struct workshop {
    struct memory memory;
    struct nvm nvm;
    struct reader reader;
    struct vault vault;
    struct issuer issuer;
    struct personalisation p;
    struct personalise_result result;
    struct inspection found;
    struct why why;
};

static const uint8_t workshop_moment[7] = {0x20, 0x03, 0x10, 0x08, 0x09, 0x00, 0x00};

/* What the factory of the Datang chips burns in beside: its transport code. [card.md 1.1] */
static inline void workshop_datang(struct chip_birth *birth) {
    struct key128 transport;
    struct tdes_key ready;
    uint8_t block[8] = {0};
    memset(transport.bytes, 0xFF, sizeof transport.bytes);
    memcpy(block + 2, birth->historical + 7, 6);
    tdes_prepare(&ready, &transport);
    tdes_encrypt(&ready, block, birth->transport);
    birth->dialect = DIALECT_DATANG;
}

/* A blank chip of this serial and so many bytes in the reader; the old one is gone. */
static inline void workshop_blank_of(struct workshop *w, uint8_t serial, uint32_t size) {
    static const uint8_t head[] = {0x00, 0x99, 0x53, 0x42, 0x10, 0x86, 0x84, 0x44, 0x01};
    struct chip_birth birth = {0};
    memcpy(birth.historical, head, sizeof head);
    birth.historical[sizeof birth.historical - 1] = serial;
    memset(birth.transport, 0xFF, sizeof birth.transport);
    if (w->p.chips == CHIPS_OF_DATANG) {
        workshop_datang(&birth);
    }
    reader_close(&w->reader);
    memory_make(&w->memory, size, serial);
    w->nvm = memory_nvm(&w->memory);
    assert_true(card_manufacture(&w->nvm, &birth));
    assert_int_equal(inside_open(&w->nvm, &w->reader, &w->why), OK);
}

/* The same, as large as the profile wants it. */
static inline void workshop_blank(struct workshop *w, uint8_t serial) {
    workshop_blank_of(w, serial, profile_chip_bytes(w->p.profile));
}

/* For cards of a profile. */
static inline struct workshop *workshop_open_for(enum profile_name profile) {
    struct workshop *w = calloc(1, sizeof *w);
    assert_non_null(w);
    assert_int_equal(
        soft_vault_open_rehearsal("workshop", WORKSHOP_REGION, &w->vault, &w->why), OK);
    w->issuer = issuer_of(WORKSHOP_REGION, WORKSHOP_DAY, 10);
    w->p = (struct personalisation){
        .reader = &w->reader, .vault = &w->vault, .issuer = &w->issuer, .profile = profile};
    workshop_blank(w, 1);
    return w;
}

static inline struct workshop *workshop_open(void) {
    return workshop_open_for(PROFILE_P10);
}

static inline void workshop_close(struct workshop *w) {
    reader_close(&w->reader);
    w->vault.close(w->vault.self);
    free(w);
}

/* Nobody: the number begins with a region that does not exist. */
static inline struct person workshop_person(void) {
    return (struct person){.id = 1,
        .number = "990102197612115183",
        .name = "梁思",
        .sex = 2,
        .nation = 1,
        .birth = 19761211,
        .region = 440111,
        .household = "11",
        .address = "广州市白云区同福中路477号108房",
        .postcode = "510020",
        .phone = "020-05375181",
        .mobile = "10034940275",
        .employer = "GZ0001004",
        .employer_name = "荔湾区第三小学"};
}

static inline void expect_ok(const struct workshop *w, enum err err) {
    if (err) {
        print_error("%s\n", w->why.text);
    }
    assert_int_equal(err, OK);
}

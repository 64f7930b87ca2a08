/* A house for ceremonies of tests: chips are images in a folder, everybody's passphrase is made from
 * their code, and the vault is a file beside the ceremony. */
#pragma once

#include <unistd.h>

#include "card/loop/card.h"
#include "ceremony/ceremony.h"
#include "check.h"
#include "host/files.h"
#include "ports/sim/image.h"
#include "reader/inside.h"
#include "vaults/soft/secret_room.h"

enum { TEST_CHIP_SIZE = 16384, TEST_CHIPS_MAX = 64 };

struct test_house {
    char folder[PATH_ROOM];
    struct key_ring *ring;
    struct plan plan;
    struct ceremony_house house;
    struct image *images[TEST_CHIPS_MAX]; /* open ones */
    size_t image_count;
    const char *off_duty; /* code of one who is */
    const char *liar;     /* code of one who says another passphrase */
    const char *in_use;   /* why no key may be closed; NULL: none is in use */
    int cut_after;        /* the process ends at this moment, from 1; 0: never */
    int moments;          /* so far */
    struct why why;
};

static inline enum err test_said(
    void *self, const char *code, uint8_t *text, size_t *len, struct why *why) {
    const struct test_house *h = self;
    (void)why;
    bool lies = h->liar && strcmp(h->liar, code) == 0;
    int n = snprintf((char *)text, PASSPHRASE_MAX, "%s of %s", lies ? "wrong" : "the words", code);
    *len = (size_t)n;
    return OK;
}

static inline enum err test_sign_in(void *self, const char *code, struct why *why) {
    const struct test_house *h = self;
    bool off = h->off_duty && strcmp(h->off_duty, code) == 0;
    return off ? why_say(why, ERR_DENIED, "%s is off duty", code) : OK;
}

static inline void test_chip_path(
    const struct test_house *h, const char *name, bool module, char path[PATH_ROOM]) {
    (void)snprintf(path, PATH_ROOM, "%.900s/%s%s.chip", h->folder, module ? "m" : "c", name);
}

/* A chip that is there, in a reader. */
static inline void test_insert(
    struct test_house *h, const char *name, bool module, struct reader *out) {
    char path[PATH_ROOM];
    test_chip_path(h, name, module, path);
    assert_true(h->image_count < TEST_CHIPS_MAX);
    struct image **image = &h->images[h->image_count++];
    assert_int_equal(image_open(path, image, &h->why), OK);
    assert_int_equal(inside_open(image_nvm(*image), out, &h->why), OK);
}

static inline enum err test_blank(void *self, const char *name, bool module, uint32_t serial,
    struct reader *out, struct why *why) {
    struct test_house *h = self;
    char path[PATH_ROOM];
    struct chip_birth birth = {
        .historical = {0x00, 0x99, 0x53, 0x42, 0x10, 0x86, 0x84, 0x44, 0x01},
        .dialect = DIALECT_FMCOS
    };
    (void)memset(birth.transport, 0xFF, sizeof birth.transport);
    for (int i = 0; i < 4; i++) {
        birth.historical[9 + i] = (uint8_t)(serial >> (24 - 8 * i));
    }
    test_chip_path(h, name, module, path);
    (void)unlink(path);
    enum err err = image_create(path, TEST_CHIP_SIZE, why);
    struct image *image = NULL;
    err = err ? err : image_open(path, &image, why);
    if (err) {
        return err;
    }
    assert_true(card_manufacture(image_nvm(image), &birth));
    assert_true(h->image_count < TEST_CHIPS_MAX);
    h->images[h->image_count++] = image;
    return inside_open(image_nvm(image), out, why);
}

static inline enum err test_discard(void *self, const char *name, bool module, struct why *why) {
    char path[PATH_ROOM];
    (void)why;
    test_chip_path(self, name, module, path);
    (void)unlink(path);
    return OK;
}

static inline enum err test_unused(void *self, const struct plan_key *key, struct why *why) {
    const struct test_house *h = self;
    (void)key;
    return h->in_use ? why_say(why, ERR_CONFLICT, "%s has it", h->in_use) : OK;
}

static inline void test_vault_path(const struct test_house *h, char path[PATH_ROOM]) {
    (void)snprintf(path, PATH_ROOM, "%.900s/keys.vault", h->folder);
}

static inline bool same_keys(const struct key_ring *a, const struct key_ring *b) {
    return a->count == b->count && memcmp(a->keys, b->keys, a->count * sizeof a->keys[0]) == 0;
}

static inline enum err test_kept(
    void *self, const struct key_ring *ring, bool *kept, struct why *why) {
    const struct test_house *h = self;
    char path[PATH_ROOM];
    struct key_ring *now = secret_room_new(sizeof *now);
    test_vault_path(h, path);
    enum err err = vault_file_read(path, &h->house.vault, 0, now, why);
    *kept = !err && same_keys(now, ring);
    secret_room_free(now, sizeof *now);
    return err == ERR_NOT_FOUND ? OK : err;
}

static inline enum err test_keep(
    void *self, const struct plan *plan, struct key_ring *ring, struct why *why) {
    struct test_house *h = self;
    char path[PATH_ROOM];
    bool kept = false;
    (void)plan;
    test_vault_path(h, path);
    enum err err = test_kept(h, ring, &kept, why);
    return err || kept ? err : vault_file_write(path, &h->house.vault, &h->house.cost, ring, why);
}

static inline void test_now(void *self, char text[MOMENT_ROOM]) {
    (void)self;
    (void)snprintf(text, MOMENT_ROOM, "2003-10-08T12:00");
}

/* As kill -9: nothing is flushed, nothing cleaned up. */
static inline void test_reached(void *self, const char *what) {
    struct test_house *h = self;
    (void)what;
    h->moments++;
    if (h->moments == h->cut_after) {
        _exit(99);
    }
}

static inline void house_plan(struct test_house *h, const char *text) {
    enum err err = plan_read(bytes_text(text), &h->plan, &h->why);
    if (err) {
        fail_msg("%s", h->why.text);
    }
}

/* A house in that folder, with the ring of a seed. */
static inline void house_begin(struct test_house *h, const char *folder, const char *plan) {
    (void)memset(h, 0, sizeof *h);
    (void)snprintf(h->folder, sizeof h->folder, "%s", folder);
    h->ring = secret_room_new(sizeof *h->ring);
    assert_non_null(h->ring);
    h->house = (struct ceremony_house){
        .self = h,
        .folder = h->folder,
        .vault = {{bytes_text("custodian A of tests"), bytes_text("custodian B of tests")}},
        .cost = { .memory_kib = 8,                                                             .passes = 1},
        .rehearsal = true,
        .seed = 7,
        .said = test_said,
        .sign_in = test_sign_in,
        .blank = test_blank,
        .discard = test_discard,
        .unused = test_unused,
        .keep = test_keep,
        .kept = test_kept,
        .now = test_now,
        .reached = test_reached
    };
    assert_int_equal(files_make_folder(h->folder, &h->why), OK);
    assert_int_equal(ceremony_rehearsal_ring(h->ring, 440100, 7, &h->why), OK);
    house_plan(h, plan);
}

static inline void house_chips_out(struct test_house *h) {
    while (h->image_count > 0) {
        image_close(h->images[--h->image_count]);
    }
}

static inline void house_end(struct test_house *h) {
    house_chips_out(h);
    secret_room_free(h->ring, sizeof *h->ring);
}

static inline enum err house_hold(struct test_house *h) {
    enum err err = ceremony_hold(&h->house, &h->plan, h->ring, &h->why);
    house_chips_out(h);
    return err;
}

static inline void expect_held(struct test_house *h) {
    if (house_hold(h) != OK) {
        fail_msg("%s", h->why.text);
    }
}

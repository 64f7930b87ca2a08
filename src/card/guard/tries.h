/* Counting wrong tries so that pulling the card never gives one back.
 *
 *   tries 1  a try is taken, in a committed batch, before anything is compared
 *   tries 2  it is given back only after the comparison said yes
 *   tries 3  a cut between the two costs a try; no cut adds one
 *
 * The counter byte holds the maximum in its high nibble and what is left in its low one. At 0 the
 * key or PIN is locked. [purse.md 2.4, 7.1] */
#pragma once

#include "card/files/keyfile.h"
#include "card/guard/chip.h"
#include "card/guard/secure.h"

/* A key taken out of its file for one command, and where it lies. Its holder wipes it. */
struct held_key {
    struct key_record key;
    uint32_t at;
};

/* Takes one try of the key. 6983 when none is left, 6581 when the memory refuses: then nothing may
 * be compared. */
enum sw tries_take(struct chip *chip, struct held_key *held);

/* Gives all tries back. Writes nothing when none was missing. */
enum sw tries_restore(struct chip *chip, struct held_key *held);

static inline uint8_t tries_left(const struct key_record *key) {
    return key->counter & 0x0F;
}

/* The counter byte with all tries back. */
static inline uint8_t tries_full(uint8_t counter) {
    return (uint8_t)((counter & 0xF0) | counter >> 4);
}

/* 63Cx with what is left. */
static inline enum sw tries_answer(const struct key_record *key) {
    return (enum sw)(SW_TRIES_LEFT | tries_left(key));
}

/* A key of the current directory that may be used now: its own use right is asked, and a key that
 * counts tries must have one left. It speaks the directory's cipher. 6A82, 6A88 as key_find();
 * 6982; 6983. */
enum sw key_ready(struct chip *chip, uint8_t type, uint8_t id, struct held_key *out);

/* The value of a key, and its wiping. */
struct secret key_secret(const struct key_record *key);
void key_wipe(struct held_key *held);

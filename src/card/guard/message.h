/* A protected command of the current directory: finds the maintenance key, checks the MAC,
 * deciphers.
 *
 * The key is of type 36: DAMK in a purse directory, STK in a social security one. Each wrong MAC
 * takes one of its tries; when the last is gone the application is blocked for ever and answers
 * 9303. [purse.md 4.2; card.md 6.1] */
#pragma once

#include "card/guard/secure.h"
#include "card/guard/tries.h"

/* Opens a command with class 04 or 84 whose data end with a MAC. With `ciphered` what stands before
 * it is deciphered into room[APDU_DATA_MAX]. *plain is what the command says.
 * 6984 no challenge of eight bytes (purse: of four), 6987 no MAC, 6988 wrong, 6A80 what was
 * deciphered makes no sense, 9303. */
enum sw message_open(struct chip *chip, uint8_t key_id, bool ciphered, const struct apdu *cmd,
    uint8_t *room, struct bytes *plain);

/* Opens a protected read: a command that brings nothing but a MAC. *answer is left for
 * secure_seal() and secure_end(), and is wiped already when this is not 9000. 6700 more than a MAC;
 * 6984, 6987, 6988, 9303 as above. */
enum sw message_open_read(
    struct chip *chip, uint8_t key_id, const struct apdu *cmd, struct secure *answer);

/* The same, always ciphered and in the purse form, under a key that the caller holds: WRITE KEY and
 * PIN UNBLOCK. 6988 for a wrong MAC, 6983 when the key has no try left. */
enum sw message_open_under(struct chip *chip, struct held_key *held, const struct apdu *cmd,
    uint8_t *room, struct bytes *plain);

/* Blocks the current application for ever, because the last try of a key that guards it is gone.
 * 9303, or 6581 when the memory refuses. */
enum sw message_kill_application(struct chip *chip);

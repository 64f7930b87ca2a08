/* A protected command of the current directory: finds the maintenance key, checks the MAC, deciphers.
 *
 * The key is of type 36: DAMK in a purse directory, STK in a social security one. Each wrong MAC
 * takes one of its tries; when the last is gone the application is blocked for ever and answers
 * 9303. [purse.md 4.2; card.md 6.1] */
#pragma once

#include "card/guard/secure.h"
#include "card/guard/tries.h"

/* Opens a command with class 04 or 84 whose data end with a MAC. With `ciphered` what stands before
 * it is deciphered into room[APDU_DATA_MAX]. *plain is what the command says.
 * 6984 no challenge, 6987 no MAC, 6988 wrong, 6A80 what was deciphered makes no sense, 9303. */
enum sw message_open(struct chip *chip, uint8_t key_id, bool ciphered, const struct apdu *cmd,
    uint8_t *room, struct bytes *plain);

/* The same under a key that was found already and is always used in the purse form: WRITE KEY and
 * PIN UNBLOCK. The caller says what a wrong MAC is called. 6983 when the key's tries are used up. */
enum sw message_open_under(struct chip *chip, struct key_record *key, uint32_t at,
    const struct apdu *cmd, uint8_t *room, struct bytes *plain);

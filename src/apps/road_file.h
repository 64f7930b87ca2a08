/* The file of a package that goes out on a laptop: JSON, sealed by a passphrase. [system.md 4.1.4]
 *
 *     "SCP1" | salt (16) | what batch_seal.h makes of the JSON, under Argon2id of passphrase and salt
 *
 * Argon2id takes 64 MiB and three passes. The salt is drawn when the package is made and stays; the nonce is
 * drawn anew at each writing. The file is whole or absent: power may go while somebody is captured.
 *
 * The JSON has package, place, first, last, point, "people" (number, name) and "captured" (sequence, number, name,
 * document, guardian, proof, day, time, officer, and the photo as hexadecimal). */
#pragma once

#include <jansson.h>

#include "apps/batch_seal.h"

enum { ROAD_SALT_LEN = 16, ROAD_FILE_MAX = 256 << 20 };

/* An open package; road_close() wipes its key. */
struct road_file {
    uint8_t salt[ROAD_SALT_LEN], key[FILE_KEY_LEN];
    json_t *body;
};

/* Draws a salt and derives the key from the first line of the passphrase's file (NULL: the terminal).
 * ERR_INVALID: shorter than 12 bytes. The body is the caller's to fill in. */
enum err road_new(struct road_file *road, const char *passphrase, struct why *why);

/* Opens the file. ERR_NOT_FOUND: none; ERR_INVALID: it is no package, torn or changed, or the passphrase is
 * another. */
enum err road_open(
    struct road_file *road, const char *path, const char *passphrase, struct why *why);

/* Puts the body in the file's place. */
enum err road_write(const struct road_file *road, const char *path, struct why *why);

/* Frees and wipes; one that was never opened is left alone. */
void road_close(struct road_file *road);
#define ROAD_SCOPE(name) __attribute__((cleanup(road_close))) struct road_file name = {.body = NULL}

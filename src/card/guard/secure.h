/* Secure messaging: is this command from someone who holds the key, and what does it say? And the
 * answer to a protected read, which shows the same of the card.
 *
 * Two forms, by the family of the directory:
 *   purse    the key itself; the challenge is the initial vector, zeros behind it [purse.md 1.3]
 *   social   a session key made of STK and the challenge; the initial vector is zero
 *                                                                                 [card.md 6.1]
 * The MAC is over CLA INS P1 P2 Lc and the data as they came, Lc counting the MAC's four bytes.
 * Ciphertext is ECB over LD || data, LD one byte, filled up with 80 00.. unless it already ends at
 * a block; a whole extra block is taken, too, since LD says where to stop. [purse.md C-12] Cipher,
 * kind of MAC and length of a block follow from the key: see cipher.h.
 * The MAC of an answer is over its data alone, as they go out, with the command's key and initial
 * vector; the status word is not part of it.
 *
 * Secrets: a struct secure holds a key. secure_end() wipes it, on every path. */
#pragma once

#include "base/builder.h"
#include "card/guard/challenge.h"
#include "card/guard/cipher.h"
#include "wire/apdu.h"

enum {
    SECURE_MAC_LEN = 4,
    SECURE_READ_MAX = 247, /* data of a sealed answer: with LD whole blocks, and room for a MAC */
};

enum secure_form { SECURE_PURSE, SECURE_SOCIAL };

struct secure {
    struct secret key;
    uint8_t iv[CIPHER_BLOCK_MAX];
};

/* Makes ready for one command; the challenge must be live. */
void secure_begin(struct secure *s, enum secure_form form, const struct secret *key,
    const struct challenge *challenge);

/* Whether the command ends with the right MAC. Takes the same time for every wrong one. */
bool secure_mac_right(const struct secure *s, const struct apdu *command);

/* Takes the MAC off: the data before it; empty when there is no more than a MAC. */
struct bytes secure_body(const struct apdu *command);

/* Deciphers into room[APDU_DATA_MAX] and returns what LD says is there. False when the length is
 * no multiple of the block, when LD does not fit, or when what fills up is not 80 00... */
bool secure_decipher(
    const struct secure *s, struct bytes cipher, uint8_t *room, struct bytes *plain);

/* How many bytes of data a sealed answer holds: SECURE_READ_MAX with blocks of eight, one block of
 * eight less with blocks of sixteen. */
uint16_t secure_read_max(const struct secure *s);

/* Seals an answer of 1 to secure_read_max() bytes where it stands: enciphers it if asked to, and
 * appends the MAC. A room of REPLY_DATA_MAX is enough; the builder remembers when it was not. */
void secure_seal(const struct secure *s, bool ciphered, struct builder *answer);

void secure_end(struct secure *s);

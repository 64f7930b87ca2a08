/* Which file a command means, and whether it may: what reading and writing have in common. */
#pragma once

#include "card/commands/cos.h"
#include "card/guard/secure.h"
#include "wire/apdu.h"

/* The file with this short identifier, which becomes current, or the current one for 0.
 * 6A82 no such file, 6986 none is current, 6981 a file of keys or of a wallet. */
enum sw target_find(struct chip *chip, uint8_t sfi);

/* A read that is allowed, and what will become of its answer. */
struct reading {
    bool sealed;   /* a MAC goes behind it */
    bool ciphered; /* and before that it is enciphered */
    struct secure secure;
};

/* Whether the current file may be read with this command: class 00 where the file is read in the
 * clear, class 04 and a MAC where it wants protection. *reading starts as zeros, and reading_end()
 * ends it whatever was answered. 6982; 6987 in the clear where protection is wanted; 6900 protected
 * where it is not; as message_open_read(). */
enum sw target_readable(struct chip *chip, const struct apdu *cmd, struct reading *reading);

/* How many bytes may be read. */
static inline uint16_t reading_max(const struct reading *reading) {
    return reading->sealed ? secure_read_max(&reading->secure) : REPLY_DATA_MAX;
}

/* Seals what was read into out, when sw is 9000 and sealing is wanted; passes sw on. */
enum sw reading_end(struct chip *chip, struct reading *reading, enum sw sw, struct builder *out);

/* What is to be written into the current file, after right and protection have been looked at: the
 * command's data, or what its secure messaging says. A file that asks for protection gets it, and
 * class 04 is always checked. room takes deciphered data. 6982; 6987 where the file wants a MAC; as
 * message_open(). */
enum sw target_writable(
    struct chip *chip, const struct apdu *cmd, uint8_t room[APDU_DATA_MAX], struct bytes *data);

/* Ends the batch that a write has staged: commits it, or abandons it when sw is not 9000. */
static inline enum sw batch_end(struct chip *chip, enum sw sw) {
    return chip_settle(chip, sw);
}

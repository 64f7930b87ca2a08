/* Which file a command means, and whether it may: what reading and writing have in common. */
#pragma once

#include "card/commands/cos.h"
#include "wire/apdu.h"

/* The file with this short identifier, which becomes current, or the current one for 0.
 * 6A82 no such file, 6986 none is current, 6981 a file of keys or of a wallet. */
enum sw target_find(struct chip *chip, uint8_t sfi);

/* Whether the current file may be read in the clear. 6982; 6987 where the file wants protected reading,
 * which this card does not offer yet. */
enum sw target_readable(const struct chip *chip);

/* What is to be written into the current file, after right and protection have been looked at: the
 * command's data, or what its secure messaging says. A file that asks for protection gets it, and
 * class 04 is always checked. room takes deciphered data. 6982; 6987 where the file wants a MAC; as
 * message_open(). */
enum sw target_writable(
    struct chip *chip, const struct apdu *cmd, uint8_t room[APDU_DATA_MAX], struct bytes *data);

/* Ends the batch that a write has staged: commits it, or abandons it when sw is not 9000. */
enum sw batch_end(struct chip *chip, enum sw sw);

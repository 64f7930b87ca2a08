/* A reader with a chip of this program in it: the real chip code over a memory behind a port.
 *
 * Power: reset() is the contact that closes, close() the one that opens. Whatever the memory did not
 * keep is gone then, as with a plastic card. A port that tears a write in the middle (its budget of
 * bytes ran out) makes the chip answer 6581; to lose that answer too, as a pulled card does, put
 * reader/pulled.h around this reader. One chip belongs to one reader, one reader to one thread. */
#pragma once

#include "card/store/nvm.h"
#include "reader/reader.h"

/* Puts the chip that lives in nvm into a reader of its own. The port is copied; what it points to is
 * borrowed until reader_close(). Nothing is read before the first reset. */
enum err inside_open(const struct nvm *nvm, struct reader *out, struct why *why);

/* The memory of an emulated chip: the cells lie in a file of the host, in the form of
 * ports/sim/image.h, so that the same chip can be taken out of the microcontroller and put into
 * `shebao chip serve`, and back.
 *
 * Nothing is kept in RAM. Each write of the port is one write of the file, so whatever the chip
 * programmed before the emulator was killed is programmed, and nothing else is: a killed emulator is
 * a pulled card. Random numbers come from a second file as long as it has any: a comparison or a
 * story says what they will be by writing there. Then, and without such a file, from the chip's
 * generator. */
#pragma once

#include "card/store/nvm.h"

struct filecells {
    int32_t image;
    int32_t random;    /* -1: none */
    uint32_t foretold; /* bytes of it that were taken */
    uint32_t size;     /* of the cells */
};

/* Opens both files; random may be NULL. False when the image is none, or one cannot be opened. */
bool filecells_open(struct filecells *cells, const char *image, const char *random);

/* The port over the files. */
struct nvm filecells_nvm(struct filecells *cells);

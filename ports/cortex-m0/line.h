/* The line between the chip and a virtual reader: frames of length 2 (big-endian) and bytes.
 *
 * A frame of one byte is about power: 00 off, 01 on, 02 reset, 04 asks for the answer to reset. Any
 * other frame is a command and gets one frame with its reply. That is what vsmartcard's virtual
 * reader speaks, so a serial port that is led to its socket puts the chip into a PC/SC reader.
 * [readers.md] */
#pragma once

#include "card/loop/card.h"

/* The two ends of the serial port. Both wait until it is done. */
struct line {
    void *self;
    uint8_t (*get)(void *self);
    void (*put)(void *self, uint8_t byte);
};

/* The chip at the end of the line. */
struct plugged {
    struct card card;
    const struct nvm *nvm;
    uint8_t frame[APDU_MAX];
    uint8_t reply[REPLY_MAX];
};

/* Takes one frame and does what it says. A frame longer than any command is read to its end and
 * answered with 6700. */
void line_serve(const struct line *line, struct plugged *chip);

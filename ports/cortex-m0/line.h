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
    uint8_t atr[ATR_MAX]; /* of the last reset that succeeded */
    uint8_t atr_len;
};

/* Powers the chip for the first time, to learn its answer to reset; false when the memory holds no
 * chip. */
bool line_plug(struct plugged *chip, const struct nvm *nvm);

/* Takes one frame and does what it says; returns its length. A frame longer than any command is read
 * to its end and answered with 6700. The answer to reset is told without any effect on the card: a
 * virtual reader asks for it again and again, to see whether the card is still there. */
uint16_t line_serve(const struct line *line, struct plugged *chip);

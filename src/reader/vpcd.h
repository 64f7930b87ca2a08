/* Puts a chip into the virtual PC/SC reader of vsmartcard's vpcd: the card's end of its wire.
 *
 * The card connects to the driver (slot 0 listens on port 35963, slot 1 on 35964). Each message is a
 * length of two bytes and that many bytes. One byte from the driver is control: 00 power off, 01 power
 * on, 02 reset, none of them answered, and 04, answered with the answer to reset at once and without
 * any effect, for it comes every 0.4 s. Everything else is a command. The chip keeps what it knows
 * until one of 00, 01, 02 arrives, so a client that leaves and comes back in time finds it as it was.
 *
 * The driver sends length and body apart; without TCP_QUICKACK before every header each command
 * takes 44 ms. It waits for an answer without end; so whatever comes is answered, and an answer is
 * never empty. [readers.md 1.2, 1.3] */
#pragma once

#include "card/loop/card.h"
#include "host/why.h"

/* A chip as the driver sees it. The caller owns it; nvm is borrowed. */
struct vpcd_chip {
    struct card card;
    struct nvm nvm;
    uint8_t atr[ATR_MAX];
    size_t atr_len;
    unsigned long commands; /* answered so far */
};

/* Powers the chip for the first time, to learn its answer to reset. ERR_INVALID when the memory holds
 * no chip. */
enum err vpcd_chip_start(struct vpcd_chip *chip, const struct nvm *nvm, struct why *why);

/* Serves one connection until the driver hangs up (OK) or the line breaks (ERR_OUTSIDE). The socket
 * stays the caller's. A signal that interrupts a read ends it like a hang-up when *stop is set. */
enum err vpcd_serve(int socket, struct vpcd_chip *chip, const volatile int *stop, struct why *why);

/* Connects to a driver, "HOST:PORT"; ERR_OUTSIDE when nobody listens there, ERR_INVALID when the
 * text is no address. The caller closes *out. */
enum err vpcd_connect(const char *address, int *out, struct why *why);

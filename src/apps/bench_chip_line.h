/* What pcscd leaves of a chip's speed: our chip beside a card that answers 9000 to everything.
 *
 * Both lie in the two slots of vsmartcard's virtual reader, under one pcscd that this program starts
 * in a mount and network namespace of its own, where nobody else sees its files and ports: our chip
 * by `shebao chip serve`, the other by a loop that does nothing but answer. One client sends the
 * same commands to either in turns, and the fastest turn of each counts. */
#pragma once

#include "host/why.h"

struct bench_line {
    double chip, echo; /* commands a second */
};

/* ERR_CONFLICT with a sentence when the machine lacks what it takes: root or user namespaces,
 * pcscd, the driver. Everything that was started has ended when this returns. */
enum err bench_line_measure(unsigned rounds, struct bench_line *out, struct why *why);

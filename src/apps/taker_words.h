/* Who takes cards for others, as one word of the command line: NAME,ID,PHONE or NAME,ID,PHONE,ADDRESS. */
#pragma once

#include "issuance/window_store.h"

/* Fills a taker. ERR_INVALID when it has fewer than three or more than four parts, or one is too long;
 * whether a part may be empty is handover_window.h's to say. */
enum err taker_read(const char *text, struct taker *taker, struct why *why);

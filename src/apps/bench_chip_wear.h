/* What the commands of a card cost its memory and its holder: pages programmed, time, years.
 *
 * Counted are programmings of a page of 32 bytes; each erases its page, too, and the memory does no
 * other erases. Time is that of the line and of the memory: 38,400 bit/s, twelve bits a byte, T=0
 * with its procedure bytes and its GET RESPONSE [purse.md 1.1], and 3 ms a page. What the processor
 * takes is not in it; docs/measured.md has its instructions. Years are those until the page that
 * wears most has had 500,000 cycles, at twenty of such deeds a day. */
#pragma once

#include "apps/bench_chip_cards.h"

/* One deed, over hundreds of repetitions. */
struct bench_wear_row {
    const char *name;
    unsigned limit;  /* programs that were promised at most; 0: none were */
    double programs; /* on average, */
    unsigned most;   /* and at most */
    double ms;       /* on average */
    double years;    /* 0 for deeds that nobody does every day */
};

enum { BENCH_WEAR_ROWS = 10 };

/* Does every deed again and again on cards that are renewed before. Errors as bench_buy(). */
enum err bench_wear_measure(
    struct bench_cards *cards, struct bench_wear_row rows[BENCH_WEAR_ROWS], struct why *why);

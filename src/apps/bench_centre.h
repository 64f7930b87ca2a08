/* A centre of a bench: a rehearsal's, with the cards, institutions and terminals of an invented day
 * (apps/bench_day.h), whose upload files wait in its folder uploads/ to be taken. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What is measured. rows: of the yardstick. folder: where a centre is made and removed again. leave:
 * NULL, or the directory that becomes the centre and stays, with nothing taken. */
struct bench_centre_order {
    int64_t purchases, cards, seed, rows;
    const char *folder, *leave;
    bool json;
};

/* Makes the centre, takes the day into its books in parts, closes it with bank file and payout, proves
 * it, and prints the figures. Returns the exit status. */
int bench_centre(const struct bench_centre_order *given);

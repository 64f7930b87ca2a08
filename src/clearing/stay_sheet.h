/* The sheet that a patient signs on leaving: 《广州市医疗保险费用结算单》. [system.md 5.2.2]
 *
 * The lines in their order, as text: a printer lays them out, a screen prints them one below the
 * other. Nothing here computes money: every figure is the settled stay's. */
#pragma once

#include <stdio.h>

#include "clearing/clearing.h"

enum { STAY_SHEET_LINES = 22, STAY_LABEL_MAX = 64, STAY_TEXT_MAX = 160 };

/* One line: what it is, Chinese first, and its value. A line that begins a part has no value. */
struct stay_line {
    char label[STAY_LABEL_MAX + 1];
    char text[STAY_TEXT_MAX + 1];
    bool money; /* stands to the right */
};

struct stay_sheet {
    const char *title;
    struct stay_line lines[STAY_SHEET_LINES];
    size_t count;
};

/* Who it is for; names are cut off at STAY_TEXT_MAX bytes by nobody: asserted. masked is the citizen
 * number as lists show it. */
struct stay_names {
    const char *person, *masked, *institution;
};

/* Fills the sheet of a settled stay. */
void stay_sheet_make(
    const struct stay_row *row, const struct stay_names *names, struct stay_sheet *sheet);

/* Prints it as text, one line each. False when the stream failed. */
bool stay_sheet_print(const struct stay_sheet *sheet, FILE *to);

/* What became of the records of a file or a day, on standard output. */
#pragma once

#include "clearing/intake.h"

/* One line for each end that there is: count, yuan, word, and what a cashier is told. */
void day_ends_print(const struct intake_figures *f);

/* The same as the members "records", "tac_good", "tac_bad" and "ends" of a JSON object that is open. */
void day_ends_json(const struct intake_figures *f);

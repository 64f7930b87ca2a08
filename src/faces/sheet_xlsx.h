/* The writer of reports as spreadsheets. Used by report_form.c alone. */
#pragma once

#include "host/report.h"

extern const struct report_writer sheet_xlsx_writer;

/* The writer's own, to be freed with sheet_xlsx_free(). ERR_OUTSIDE when there is no memory or no
 * folder for what is collected. */
enum err sheet_xlsx_new(FILE *to, uint32_t day, void **self, struct why *why);
void sheet_xlsx_free(void *self);

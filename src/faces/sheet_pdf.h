/* The writer of reports on paper. Used by report_form.c alone. */
#pragma once

#include "host/report.h"

extern const struct report_writer sheet_pdf_writer;

/* The writer's own, to be freed with sheet_pdf_free(); NULL when there is no memory. */
void *sheet_pdf_new(FILE *to, uint32_t day);
void sheet_pdf_free(void *self);

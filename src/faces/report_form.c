#include "faces/report_form.h"

#include <assert.h>
#include <string.h>

#include "faces/sheet_pdf.h"
#include "faces/sheet_xlsx.h"

bool report_form_named(const char *format) {
    return strcmp(format, "xlsx") == 0 || strcmp(format, "pdf") == 0;
}

enum err report_form_open(
    const char *format, FILE *to, uint32_t day, struct report_sink *sink, struct why *why) {
    assert(report_form_named(format));
    enum err err = OK;
    *sink = (struct report_sink){.writer = &sheet_pdf_writer};
    if (strcmp(format, "xlsx") == 0) {
        sink->writer = &sheet_xlsx_writer;
        err = sheet_xlsx_new(to, day, &sink->self, why);
    } else {
        sink->self = sheet_pdf_new(to, day);
        err = sink->self ? OK : why_say(why, ERR_OUTSIDE, "no memory for a report on paper");
    }
    if (err) {
        *sink = (struct report_sink){.writer = NULL};
    }
    return err;
}

void report_form_close(struct report_sink *sink) {
    if (sink->writer == &sheet_xlsx_writer) {
        sheet_xlsx_free(sink->self);
    } else if (sink->writer == &sheet_pdf_writer) {
        sheet_pdf_free(sink->self);
    } else {
        return;
    }
    *sink = (struct report_sink){.writer = NULL};
}

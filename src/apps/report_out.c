#include "apps/report_out.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "faces/report_form.h"

enum err report_out_open(
    struct report_out *out, const struct report_words *words, uint32_t day, struct why *why) {
    const char *format = words->format ? words->format : "table";
    assert(!out->file.stream);
    out->counts = strcmp(format, "table") == 0 && !words->out;
    bool form = report_form_named(format);
    if (!form && !report_sink_named(format, stdout, &out->sink)) {
        return why_say(why, ERR_CONFLICT,
            "there is no format \"%.20s\"; there are table, csv, json, xlsx and pdf", format);
    }
    if (!words->out) {
        return form ? why_say(
                   why, ERR_CONFLICT, "--format %s makes a file: name it with --out FILE", format)
                    : OK;
    }
    enum err err = new_file_begin(&out->file, words->out, why);
    if (!err && form) {
        err = report_form_open(format, out->file.stream, day, &out->sink, why);
    } else if (!err) {
        (void)report_sink_named(format, out->file.stream, &out->sink);
    }
    return err;
}

enum err report_out_keep(struct report_out *out, struct why *why) {
    assert(!out->sink.head);
    if (out->sink.row_count == 0 && !out->counts) {
        (void)fprintf(stderr, "shebao: the list has no rows\n");
    }
    report_form_close(&out->sink);
    return out->file.stream ? new_file_keep(&out->file, why) : OK;
}

void report_out_drop(struct report_out *out) {
    report_form_close(&out->sink);
    new_file_drop(&out->file);
}

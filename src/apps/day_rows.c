#include <stdio.h>
#include <string.h>

#include "apps/day_desk.h"
#include "clearing/day_report.h"
#include "host/files.h"

/* The reports there are, for whoever named another. */
static enum err kind_of(const char *name, enum day_report *which, struct why *why) {
    char names[160] = "";
    size_t len = 0;
    if (day_report_named(name, which)) {
        return OK;
    }
    for (int i = 0; i < DAY_REPORT_COUNT && len < sizeof names; i++) {
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", i > 0 ? ", " : "",
            day_report_name((enum day_report)i));
    }
    return why_say(why, ERR_CONFLICT, "there is no report \"%s\"; there are %s", name, names);
}

/* One report to a stream, in a format by its name. */
static enum err write_to(struct day_desk *desk, const struct day_rows_order *order,
    enum day_report which, FILE *to, struct why *why) {
    struct report_sink sink;
    if (!report_sink_named(order->format, to, &sink)) {
        return why_say(why, ERR_CONFLICT,
            "there is no format \"%s\"; there are table, csv and json", order->format);
    }
    return day_report_write(&desk->clearing, which, order->day, &sink, why);
}

enum err day_rows(struct day_desk *desk, const struct day_rows_order *order, struct why *why) {
    enum day_report which = DAY_REPORT_SUMMARY;
    NEW_FILE_SCOPE(file);
    enum err err = kind_of(order->kind, &which, why);
    if (err || !order->out) {
        return err ? err : write_to(desk, order, which, stdout, why);
    }
    err = new_file_begin(&file, order->out, why);
    err = err ? err : write_to(desk, order, which, file.stream, why);
    return err ? err : new_file_keep(&file, why);
}

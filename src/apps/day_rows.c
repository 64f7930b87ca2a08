#include <stdio.h>
#include <string.h>

#include "apps/day_desk.h"
#include "apps/report_out.h"
#include "clearing/day_report.h"

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

enum err day_rows(struct day_desk *desk, const struct day_rows_order *order, struct why *why) {
    enum day_report which = DAY_REPORT_SUMMARY;
    const struct report_words words = {order->format, order->out};
    REPORT_OUT_SCOPE(out);
    enum err err = kind_of(order->kind, &which, why);
    err = err ? err : report_out_open(&out, &words, order->day, why);
    err = err ? err : day_report_write(&desk->clearing, which, order->day, &out.sink, why);
    return err ? err : report_out_keep(&out, why);
}

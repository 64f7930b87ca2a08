#include "apps/bench_figure.h"

#include <assert.h>
#include <stdio.h>

#include "host/ending.h"

static double ratio_of(const struct bench_figure *f) {
    return f->yardstick_value > 0 ? f->value / f->yardstick_value : 0;
}

static bool figure_met(const struct bench_figure *f) {
    assert(f->name);
    assert(f->unit);
    return !f->disturbed && (f->least_ratio <= 0 || ratio_of(f) >= f->least_ratio)
           && (f->most_ratio <= 0 || ratio_of(f) <= f->most_ratio)
           && (f->least_value <= 0 || f->value >= f->least_value)
           && (f->most_value <= 0 || f->value <= f->most_value);
}

static double figure_target(const struct bench_figure *f) {
    double ratio = f->least_ratio > 0 ? f->least_ratio : f->most_ratio;
    double value = f->least_value > 0 ? f->least_value : f->most_value;
    return ratio > 0 ? ratio : value;
}

static void print_line(const struct bench_figure *f) {
    const char *kind = f->least_ratio > 0   ? "ratio at least"
                       : f->most_ratio > 0  ? "ratio at most"
                       : f->least_value > 0 ? "at least"
                                            : "at most";
    (void)printf("%s: %.6g %s; ", f->name, f->value, f->unit);
    if (f->yardstick) {
        (void)printf(
            "%s: %.6g %s; ratio %.2f; ", f->yardstick, f->yardstick_value, f->unit, ratio_of(f));
    }
    if (f->by_work > 0) {
        (void)printf("by the time that cores worked %.2f; ", f->by_work);
    }
    if (f->disturbed) {
        (void)printf(
            "not in peace: others had %.0f %% of the cores at the quietest moment, measure "
            "again when they are done; ",
            100 * f->others);
    }
    if (figure_target(f) <= 0) {
        (void)printf("nothing promised\n");
        return;
    }
    (void)printf("target %s %.6g: %s\n", kind, figure_target(f), figure_met(f) ? "met" : "MISSED");
}

static void print_json(const struct bench_figure *f) {
    (void)printf("{\"name\": \"%s\", \"value\": %.3f, \"unit\": \"%s\", \"yardstick\": \"%s\", "
                 "\"yardstick_value\": %.3f, \"ratio\": %.3f, \"target\": %.3f, \"met\": %s",
        f->name, f->value, f->unit, f->yardstick ? f->yardstick : "", f->yardstick_value,
        ratio_of(f), figure_target(f), figure_met(f) ? "true" : "false");
    if (f->by_work > 0) {
        (void)printf(", \"ratio_by_work\": %.3f", f->by_work);
    }
    (void)printf("%s}", f->disturbed ? ", \"disturbed\": true" : "");
}

int bench_report(const char *bench, const struct bench_figure *figures, size_t count, bool json) {
    bool met = true;
    if (json) {
        (void)printf("{\"bench\": \"%s\", \"figures\": [", bench);
    }
    for (size_t i = 0; i < count; i++) {
        met = met && figure_met(&figures[i]);
        if (!json) {
            print_line(&figures[i]);
            continue;
        }
        (void)printf("%s", i > 0 ? ", " : "");
        print_json(&figures[i]);
    }
    if (json) {
        (void)printf("]}\n");
    }
    return met ? ENDING_DONE : ENDING_MISSED;
}

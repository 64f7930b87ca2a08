/* Making again what failed, and putting a batch one state back. [system.md 4.0.2] */
#include <inttypes.h>
#include <stdio.h>

#include "apps/command.h"
#include "apps/window_desk.h"
#include "host/options.h"
#include "issuance/remake.h"

struct remake_options {
    struct window_options common;
    int64_t id;
};

/* clang-format off */
static const struct option remake_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct remake_options, id), NULL, NULL,
        "number of the batch", false},
    WINDOW_OPTIONS(struct remake_options),
};
/* clang-format on */

static const struct usage remake_usage = {
    .command = "batch remake",
    .help = "Makes a new batch of the lines that failed or are in doubt: with the same number "
            "where no\n"
            "chip was made, else with a new one. A second officer has to approve it.",
    .options = remake_options,
    .count = sizeof remake_options / sizeof remake_options[0],
};
static const struct usage restore_usage = {
    .command = "batch restore",
    .help = "Puts a batch one state back (还原): an approval is withdrawn while nothing was sent, "
            "packed\n"
            "boxes are unpacked while none was delivered. Takes a maker and an approver.",
    .options = remake_options,
    .count = sizeof remake_options / sizeof remake_options[0],
};

int batch_remake_command(int argc, char **argv) {
    struct remake_options given = {.id = 0};
    struct remake r = {.lines = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&remake_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : batch_remake(&window.desk, given.id, &r, &why);
    if (!err) {
        (void)printf(given.common.json ? "{\"batch\": %" PRId64 ", \"lines\": %" PRId32
                                         ", \"new_numbers\": %" PRId32 "}\n"
                                       : "batch %" PRId64 ": %" PRId32 " lines, %" PRId32
                                         " with a new number; a second officer has to approve it\n",
            r.batch.id, r.lines, r.new_numbers);
    }
    return window_tell(err, &why);
}

int batch_restore_command(int argc, char **argv) {
    struct remake_options given = {.id = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&restore_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : batch_restore(&window.desk, given.id, &why);
    return window_tell(err, &why);
}

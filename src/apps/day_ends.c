#include "apps/day_ends.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/money.h"

/* How many records came to which end, as a cashier is told. */
void day_ends_print(const struct intake_figures *f) {
    char fen[FEN_TEXT_MAX];
    for (int i = 0; i < REASON_COUNT; i++) {
        const struct reason_line *line = reason_line((enum reason)i);
        if (f->by_reason[i].count > 0) {
            (void)printf("%10" PRIu64 "  %14s  %-14s %s\n", f->by_reason[i].count,
                fen_text(f->by_reason[i].fen, fen), line->word, line->zh);
        }
    }
}

/* The same as members of an object that is open. */
void day_ends_json(const struct intake_figures *f) {
    const char *comma = "";
    (void)printf("\"records\": %" PRIu64 ", \"tac_good\": %" PRIu64 ", \"tac_bad\": %" PRIu64
                 ", \"ends\": {",
        f->records, f->tac_good, f->tac_bad);
    for (int i = 0; i < REASON_COUNT; i++) {
        if (f->by_reason[i].count > 0) {
            (void)printf("%s\"%s\": {\"count\": %" PRIu64 ", \"fen\": %" PRId64 "}", comma,
                reason_line((enum reason)i)->word, f->by_reason[i].count, f->by_reason[i].fen);
            comma = ", ";
        }
    }
    (void)printf("}");
}

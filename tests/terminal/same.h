/* Compares two records of a journal by what a file would hold of them: padding is nobody's. */
#pragma once

#include "check.h"
#include "terminal/journal_file.h"

static inline void assert_same_record(
    const struct journal_record *a, const struct journal_record *b) {
    struct journal_line line[2] = {
        {.kind = KIND_TRADE, .trade = *a},
        {.kind = KIND_TRADE, .trade = *b}
    };
    uint8_t bytes[2][JOURNAL_RECORD_LEN];
    for (int i = 0; i < 2; i++) {
        journal_line_write(&line[i], 0, bytes[i]);
    }
    assert_memory_equal(bytes[0], bytes[1], JOURNAL_RECORD_LEN);
    assert_int_equal(a->batch, b->batch);
}

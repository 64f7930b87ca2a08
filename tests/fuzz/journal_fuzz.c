/* Any bytes as the body of a journal's record, under a right checksum: what is accepted is written
 * again as the same bytes. The first four bytes are the place of the record. */
#include <assert.h>

#include "base/builder.h"
#include "base/crc32.h"
#include "terminal/journal_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { PLACE = 4, BODY = JOURNAL_RECORD_LEN - 4 };
    uint8_t record[JOURNAL_RECORD_LEN] = {0}, again[JOURNAL_RECORD_LEN];
    struct journal_line line;
    if (size < PLACE) {
        return 0;
    }
    struct cursor c = cursor_over(bytes_of(data, PLACE));
    uint32_t index = cursor_u32(&c);
    size_t len = size - PLACE < BODY ? size - PLACE : BODY;
    (void)memcpy(record, data + PLACE, len);
    struct builder seal = builder_in(record + BODY, 4);
    put_u32(&seal, crc32_more(crc32_of(data, PLACE), bytes_of(record, BODY)));
    if (journal_line_read(record, index, &line)) {
        journal_line_write(&line, index, again);
        assert(memcmp(record, again, sizeof record) == 0);
    }
    return 0;
}

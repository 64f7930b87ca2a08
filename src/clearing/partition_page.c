#include "clearing/partition_page.h"

#include <assert.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"

static const char *const file_ends[] = {
    [FILE_TAKEN] = "taken", [FILE_AGAIN] = "again", [FILE_BAD] = "bad"};

enum { SEAL_TEXT = 2 * SEGMENT_SEAL_LEN + 1, END_LEN = 4 + SEAL_TEXT };

/* --- writing ------------------------------------------------------------------------------- */

static void write_earlier(FILE *out, const struct parts_day *day) {
    for (size_t i = 0; i < day->earlier_count; i++) {
        char seal[SEAL_TEXT];
        hex_write(bytes_of(day->earlier[i].page_seal, SEGMENT_SEAL_LEN), seal);
        (void)fprintf(out, "EARLIER|%08" PRIu32 "|%s\n", day->earlier[i].day, seal);
    }
}

static void write_files(FILE *out, const struct parts_day *day) {
    for (size_t i = 0; i < day->file_count; i++) {
        const struct part_file *f = &day->files[i];
        char digest[2 * SM3_LEN + 1] = "-";
        if (f->end != FILE_BAD) {
            hex_write(bytes_of(f->digest, SM3_LEN), digest);
        }
        bool taken = f->end == FILE_TAKEN;
        (void)fprintf(out, "FILE|%zu|%s|%s|%" PRIu32 "|%" PRId64 "%s%s\n", i + 1, file_ends[f->end],
            digest, taken ? f->count : 0, taken ? f->fen : 0, f->city[0] ? "|" : "", f->city);
    }
}

static void write_parts(FILE *out, const struct parts_day *day) {
    for (size_t i = 0; i < day->parts; i++) {
        char seal[SEAL_TEXT];
        hex_write(bytes_of(day->seals[i], SEGMENT_SEAL_LEN), seal);
        (void)fprintf(out, "PART|%zu|%" PRIu64 "|%s\n", i, day->part_rows[i], seal);
    }
}

static void write_sums(FILE *out, const struct parts_day *day, const struct part_sums *all) {
    const struct day_register *city = day->city;
    for (size_t i = 0; i < REASON_COUNT; i++) {
        (void)fprintf(out, "REASON|%s|%" PRIu64 "|%" PRId64 "\n", reason_line((enum reason)i)->word,
            all->by_reason[i].count, all->by_reason[i].fen);
    }
    (void)fprintf(out, "TAC|%" PRIu64 "|%" PRIu64 "|%" PRIu64 "\n", all->by_tac[TAC_NOT_CHECKED],
        all->by_tac[TAC_GOOD], all->by_tac[TAC_BAD]);
    for (size_t i = 0; i < city->institution_count; i++) {
        if (all->nets[i].trades > 0) {
            (void)fprintf(out, "NET|%s|%" PRIu64 "|%" PRId64 "\n", city->institutions[i].code,
                all->nets[i].trades, all->nets[i].fen);
        }
    }
    for (size_t f = 0; f < city->funds; f++) {
        for (size_t b = 0; b < city->banks; b++) {
            (void)fprintf(
                out, "FUND|%zu|%zu|%" PRId64 "\n", f, b, all->fund_bank[f * city->banks + b]);
        }
    }
    (void)fprintf(out, "SUM|%" PRId64 "|%" PRId64 "\n", all->posted_fen, all->suspense_fen);
}

/* The hexadecimal SHA-256 of text. */
static bool seal_text(const char *text, size_t len, char out[SEAL_TEXT]) {
    uint8_t seal[SEGMENT_SEAL_LEN];
    unsigned seal_len = 0;
    bool good = EVP_Digest(text, len, seal, &seal_len, EVP_sha256(), NULL) == 1;
    assert(!good || seal_len == sizeof seal);
    if (good) {
        hex_write(bytes_of(seal, sizeof seal), out);
    }
    return good;
}

char *page_text(const struct parts_day *day, const struct part_sums *all, size_t *len) {
    char *text = NULL, seal[SEAL_TEXT];
    FILE *out = open_memstream(&text, len);
    if (!out) {
        return NULL;
    }
    (void)fprintf(out, "DAY|1|%08" PRIu32 "|%zu|%zu|%zu\n", day->order->day, day->parts,
        day->file_count, day->city->card_count);
    write_earlier(out, day);
    write_files(out, day);
    write_parts(out, day);
    write_sums(out, day, all);
    bool good = fflush(out) == 0 && seal_text(text, *len, seal);
    if (good) {
        (void)fprintf(out, "END|%s\n", seal);
    }
    good = fclose(out) == 0 && good;
    if (!good) {
        free(text);
    }
    return good ? text : NULL;
}

/* --- reading ------------------------------------------------------------------------------- */

/* Takes a fixed word away from the text. */
static bool take_word(const char **at, const char *word) {
    size_t len = strlen(word);
    bool there = strncmp(*at, word, len) == 0;
    *at += there ? len : 0;
    return there;
}

/* Takes a number and the character behind it away. */
static bool take_number(const char **at, uint64_t *number, char behind) {
    char *end = NULL;
    if (**at < '0' || **at > '9') {
        return false;
    }
    *number = strtoull(*at, &end, 10);
    bool good = *end == behind;
    *at = end + (good ? 1 : 0);
    return good;
}

static bool take_hex(const char **at, uint8_t *to, size_t len, char behind) {
    size_t there = strnlen(*at, 2 * len + 1);
    bool good = there > 2 * len && hex_read(bytes_of(*at, 2 * len), to, len)
                && (*at)[2 * len] == behind;
    *at += good ? 2 * len + 1 : 0;
    return good;
}

/* Behind the sum of a file of another city's centre stands that centre's code; the sum was read. */
static bool take_city(const char **at, struct part_file *f) {
    size_t len = strnlen(*at, INSTITUTION_LEN + 2);
    bool good = len == INSTITUTION_LEN + 2 && (*at)[0] == '|' && (*at)[INSTITUTION_LEN + 1] == '\n';
    if (good) {
        (void)memcpy(f->city, *at + 1, INSTITUTION_LEN);
        f->city[INSTITUTION_LEN] = '\0';
        *at += INSTITUTION_LEN + 2;
    }
    return good;
}

static bool take_file(const char **at, size_t index, struct part_file *f) {
    uint64_t n = 0, count = 0, fen = 0;
    bool good = take_word(at, "FILE|") && take_number(at, &n, '|') && n == index + 1;
    f->end = FILE_BAD;
    for (size_t e = 0; good && e < FILE_BAD; e++) {
        f->end = take_word(at, file_ends[e]) ? (enum file_end)e : f->end;
    }
    good = good
           && (f->end == FILE_BAD ? take_word(at, "bad|-|")
                                  : take_word(at, "|") && take_hex(at, f->digest, SM3_LEN, '|'));
    good = good && take_number(at, &count, '|');
    good = good && (take_number(at, &fen, '\n') || take_city(at, f));
    f->count = (uint32_t)count;
    f->fen = (int64_t)fen;
    return good;
}

static bool take_part(const char **at, size_t index, struct parts_day *day) {
    uint64_t n = 0;
    return take_word(at, "PART|") && take_number(at, &n, '|') && n == index
           && take_number(at, &day->part_rows[index], '|')
           && take_hex(at, day->seals[index], SEGMENT_SEAL_LEN, '\n');
}

/* The last line is the seal of all lines before it. */
static bool seal_good(const char *text, size_t len) {
    char seal[SEAL_TEXT];
    const char *end = len > END_LEN ? text + len - END_LEN : NULL;
    return end && end[-1] == '\n' && text[len - 1] == '\n' && seal_text(text, len - END_LEN, seal)
           && strncmp(end, "END|", 4) == 0 && strncmp(end + 4, seal, SEAL_TEXT - 1) == 0;
}

static bool take_head(const char **at, struct parts_day *day, uint64_t *parts, uint64_t *files) {
    uint64_t of = 0;
    return take_word(at, "DAY|1|") && take_number(at, &of, '|') && of == day->order->day
           && take_number(at, parts, '|') && take_number(at, files, '|')
           && take_number(at, &day->page_cards, '\n') && *parts >= 1 && *parts <= SPOOL_HEAPS_MAX;
}

/* The pages that this one stands on. */
static bool take_earlier(const char **at, struct parts_day *day) {
    bool good = true;
    while (good && take_word(at, "EARLIER|")) {
        struct earlier_day *earlier = &day->earlier[day->earlier_count];
        uint64_t of = 0;
        good = day->earlier_count < PARTS_EARLIER_MAX && take_number(at, &of, '|')
               && take_hex(at, earlier->page_seal, SEGMENT_SEAL_LEN, '\n');
        if (good) {
            earlier->day = (uint32_t)of;
            day->earlier_count++;
        }
    }
    return good;
}

/* Room for what the page says of so many files and parts. */
static enum err make_room(struct parts_day *day, uint64_t files, uint64_t parts, struct why *why) {
    day->parts = parts;
    day->file_count = files;
    day->files = calloc(files + 1, sizeof *day->files);
    day->part_rows = calloc(parts, sizeof *day->part_rows);
    day->seals = calloc(parts, sizeof *day->seals);
    return day->files && day->part_rows && day->seals
               ? OK
               : why_say(why, ERR_OUTSIDE, "no memory for the page of a day; end other programs");
}

void page_seal(const char *text, size_t len, uint8_t seal[SEGMENT_SEAL_LEN]) {
    assert(len > END_LEN);
    bool good = hex_read(
        bytes_of(text + len - END_LEN + 4, (size_t)2 * SEGMENT_SEAL_LEN), seal, SEGMENT_SEAL_LEN);
    assert(good); /* page_read() has looked at it */
    (void)good;
}

enum err page_read(struct parts_day *day, const char *text, size_t len, struct why *why) {
    const char *at = text;
    uint64_t parts = 0, files = 0;
    bool good = seal_good(text, len) && take_head(&at, day, &parts, &files)
                && files < len /* each file has its line */
                && take_earlier(&at, day);
    enum err err = good ? make_room(day, files, parts, why) : OK;
    if (err) {
        return err;
    }
    for (size_t i = 0; good && i < files; i++) {
        good = take_file(&at, i, &day->files[i]);
    }
    for (size_t i = 0; good && i < parts; i++) {
        good = take_part(&at, i, day);
    }
    return good ? OK
                : why_say(why, ERR_CONFLICT,
                    "the page of day %08" PRIu32
                    " is not as it was sealed; take it back from the backup",
                    day->order->day);
}

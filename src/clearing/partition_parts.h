/* What the steps of a partitioned day share; partition_day.h says what they do. */
#pragma once

#include <stdatomic.h>

#include "clearing/partition_day.h"
#include "clearing/partition_spool.h"
#include "clearing/segment.h"
#include "keys/vault.h"

/* A record between the steps. pos says where it comes from, and orders records by upload: file, then
 * place in it (20 bits). */
struct part_row {
    uint64_t pos, moment;
    uint32_t card; /* index of the card, or of the first one behind an unknown factor */
    uint32_t amount, balance_before, terminal_seq, institution;
    uint16_t number;
    uint8_t reason, tac, posted; /* as far as is known */
    uint8_t fixed;  /* what terminal, date and limit alone say of a proven record: enum reason */
    uint8_t online; /* 1: to be approved */
    uint8_t piece[UPLOAD_PIECE_MAX];
};
_Static_assert(sizeof(struct part_row) == 128, "rows have no more gaps than they need");

/* A place that a proven record takes: terminal (48 bits), sequence (32), pos (48). */
struct place_row {
    uint64_t high, low;
};

enum { PLACE_BITS = 20, POS_BITS = 48 };
_Static_assert(UPLOAD_RECORDS_MAX < 1 << PLACE_BITS, "a place in a file fits");

/* What became of a file. */
enum file_end { FILE_TAKEN, FILE_AGAIN, FILE_BAD };
struct part_file {
    uint8_t digest[SM3_LEN]; /* as its trailer says */
    bool has_digest;
    enum file_end end;
    char why_bad[160];
    uint32_t count;
    int64_t fen;
    uint64_t first_bit;         /* of its records among all */
    _Atomic uint64_t rows_seen; /* by a proof, in the segments */
    _Atomic int64_t fen_seen;
};

/* One worker's sums; added up when all are done. */
struct part_sums {
    struct reason_sum by_reason[REASON_COUNT];
    uint64_t by_tac[3];
    int64_t posted_fen, suspense_fen;
    struct parts_net *nets;
    int64_t *fund_bank;
};

/* A day under way. */
struct parts_day {
    const struct parts_order *order;
    struct day_register *city;
    size_t parts, file_count;
    struct part_file *files;
    struct spool *rows, *places;
    uint64_t *late; /* a bit a record: its place was taken before; written with __atomic */
    uint64_t bits;
    struct part_sums *sums; /* of each worker */
    bool *used;             /* of each approval */
    int64_t *after;         /* of each card */
    uint64_t *part_rows;    /* of each part */
    uint8_t (*seals)[SEGMENT_SEAL_LEN];
    _Atomic size_t next; /* file or heap to be worked on */
    _Atomic bool failed;
};

/* Runs step(day, worker) for each worker, side by side, and answers the failure of the first worker
 * that failed. */
enum err parts_team(struct parts_day *day,
    enum err (*step)(struct parts_day *day, size_t worker, struct why *why), struct why *why);

/* The next piece of work below count; false when there is none or somebody failed. */
bool parts_next(struct parts_day *day, size_t count, size_t *at);

/* The steps, one worker's share each. */
enum err parts_read(struct parts_day *day, size_t worker, struct why *why);
enum err parts_places(struct parts_day *day, size_t worker, struct why *why);
enum err parts_cards(struct parts_day *day, size_t worker, struct why *why);

/* Reads segments back and adds them up; afterwards: does each file have all of its records? */
enum err parts_recount(struct parts_day *day, size_t worker, struct why *why);
enum err parts_files_agree(const struct parts_day *day, struct why *why);

/* Reads the digests that the files' trailers claim, so that copies are known. */
enum err parts_digests(struct parts_day *day, struct why *why);

/* Which part a card's index belongs to. */
static inline size_t part_of(const struct parts_day *day, uint32_t card) {
    size_t each = day->city->card_count / day->parts + 1;
    return card / each < day->parts ? card / each : day->parts - 1;
}

/* The path of a segment, or (part == parts) of the page. */
bool parts_path(char path[PATH_ROOM], const struct parts_order *order, size_t part, size_t parts);

/* Adds one record's end to the sums. */
static inline void sums_add(struct part_sums *s, enum reason reason, uint8_t tac, uint32_t fen) {
    s->by_reason[reason].count++;
    s->by_reason[reason].fen += fen;
    s->by_tac[tac]++;
}

/* Makes the TAC job of a record. */
void parts_tac_job(const struct upload_record *r, struct tac_job *job);

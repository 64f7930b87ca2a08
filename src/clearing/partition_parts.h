/* What the steps of a partitioned day share; partition_day.h says what they do. */
#pragma once

#include <stdatomic.h>

#include "clearing/partition_day.h"
#include "clearing/partition_spool.h"
#include "clearing/segment.h"
#include "keys/vault.h"

/* Between the steps a record is the row of its segment already, and says what is not known yet:
 *   card    its number in the register, or that of the first one behind an unknown factor
 *   tac     as it was found
 *   reason  of a proven record what terminal, date and limit alone say; else its end
 *   posted  of a proven record: what is still to be asked, as bits; EARLIER and the number of the day for
 *           a record of an earlier day, whose other members are as that day's segment has them
 * Its place in the upload orders records: file, then place in it (20 bits). */
enum { PLACE_BITS = 20, POS_BITS = 48 };

/* ASK_CENTRE: was it approved? OLD_LIST: its terminal's blacklist was too old, unless another reason comes
 * first. */
enum { ASK_CENTRE = 1, OLD_LIST = 2, EARLIER = 0x80 };
_Static_assert(UPLOAD_RECORDS_MAX < 1 << PLACE_BITS, "a place in a file fits");
_Static_assert((int)PARTS_EARLIER_MAX < (int)EARLIER, "the number of an earlier day fits");

static inline uint64_t row_pos(const struct segment_row *row) {
    return (uint64_t)row->file << PLACE_BITS | row->place;
}

/* A place that a proven record takes: terminal (48 bits), sequence (32), pos (48), which is 0 for a
 * record of an earlier day. */
struct place_row {
    uint64_t high, low;
};

/* A proven record as its terminal's day counts it; there are some only when that has a limit. when: the
 * moment's key, and till_online for what the centre approved. pos as in places. */
struct till_row {
    uint64_t pos, terminal, factor, when;
    uint32_t seq, amount;
};
static const uint64_t till_online = UINT64_C(1) << 56;

/* Rows in a buffer of the spools: whole blocks of the disk. */
enum { ROWS_EACH = 1024, PLACES_EACH = 4096, TILLS_EACH = 1024 };

/* What became of a file. */
enum file_end { FILE_TAKEN, FILE_AGAIN, FILE_BAD };
struct part_file {
    uint8_t digest[SM3_LEN];     /* as its trailer says */
    bool has_digest, of_earlier; /* of_earlier: an earlier day took the file of that digest */
    enum file_end end;
    const char *why_bad; /* a sentence of the program, or NULL */
    uint32_t count;
    uint32_t institution; /* of its terminal, when that is its header's */
    int64_t fen;
    char city[INSTITUTION_LEN + 1]; /* another city's centre that sent it, or "" */
};

/* What a proof sees of a file in the segments. */
struct file_seen {
    int64_t fen;
    uint32_t rows;
};

/* One worker's sums; added up when all are done. */
struct part_sums {
    struct reason_sum by_reason[REASON_COUNT];
    uint64_t by_tac[3];
    int64_t posted_fen, suspense_fen;
    struct parts_net *nets;
    int64_t *fund_bank;
    struct file_seen *seen; /* of each file; a proof alone has it */
};

/* An earlier day, as its page says. */
struct earlier_day {
    uint32_t day;
    uint8_t page_seal[SEGMENT_SEAL_LEN];
};

/* A day under way, or an earlier one of which files, parts and seals alone are known. */
struct parts_day {
    const struct parts_order *order;
    struct day_register *city;
    size_t parts, file_count;
    uint32_t cards_each; /* cards of a part */
    uint64_t page_cards; /* cards of the city when the page was written; as it was read */
    struct earlier_day earlier[PARTS_EARLIER_MAX];
    size_t earlier_count;
    struct parts_day *pages; /* of the earlier days, while a day is made */
    struct part_file *files;
    struct spool *rows, *places, *tills; /* tills: NULL when terminals' days have no limit */
    uint32_t in_time_from;               /* the earliest day of trade that is not late */
    uint64_t *over; /* as late: its terminal had sold too much on that day; NULL without tills */
    uint64_t *first_bits; /* of each file's records among all */
    uint64_t *late;       /* a bit a record: its place was taken before; written with __atomic */
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

/* The next pieces of work below count, at most `most` of them; 0 when there is none or somebody
 * failed. */
size_t parts_next(struct parts_day *day, size_t count, size_t most, size_t *at);

/* Reads the pages of the earlier days that the order names. */
enum err parts_open_earlier(struct parts_day *day, struct why *why);

/* Frees what a page filled. */
void parts_free_page(struct parts_day *day);

/* Puts a record's row of its terminal's day on its heap; there are tills. False, and why, when the disk
 * fails. */
bool parts_put_till(
    struct parts_day *day, size_t worker, const uint8_t *piece, uint64_t pos, struct why *why);

/* Puts the place of a record on its heap, and its till row when there are tills; false, and why, when
 * the disk fails. */
bool parts_put_place(
    struct parts_day *day, size_t worker, const uint8_t *piece, uint64_t pos, struct why *why);

/* The steps, one worker's share each. */
enum err parts_earlier(struct parts_day *day, size_t worker, struct why *why);
enum err parts_digests(struct parts_day *day, size_t worker, struct why *why);
enum err parts_read(struct parts_day *day, size_t worker, struct why *why);
enum err parts_places(struct parts_day *day, size_t worker, struct why *why);
enum err parts_tills(struct parts_day *day, size_t worker, struct why *why);
enum err parts_cards(struct parts_day *day, size_t worker, struct why *why);

/* Between digests and read: files that claim the digest of an earlier one are marked FILE_AGAIN until
 * somebody has looked. */
enum err parts_claims(struct parts_day *day, struct why *why);

/* True in *copy when an earlier file with the same digest is whole: then this one is it again. */
enum err parts_find_copy(const struct parts_day *day, size_t index, bool *copy, struct why *why);

/* Reads segments back and adds them up; afterwards: does each file have all of its records? */
enum err parts_recount(struct parts_day *day, size_t worker, struct why *why);
enum err parts_files_agree(const struct parts_day *day, struct why *why);

/* Which part a card's index belongs to. */
static inline size_t part_of(const struct parts_day *day, uint32_t card) {
    size_t part = card / day->cards_each;
    return part < day->parts ? part : day->parts - 1;
}

/* The bit of a record, by where it stands. */
static inline uint64_t late_bit(const struct parts_day *day, uint64_t pos) {
    return day->first_bits[pos >> PLACE_BITS] + (pos & ((1 << PLACE_BITS) - 1)) - 1;
}

/* Sets, and looks at, the bit of a record of this day. */
static inline void bit_set(const struct parts_day *day, uint64_t *bits, uint64_t pos) {
    uint64_t bit = late_bit(day, pos);
    uint64_t *word = &bits[bit / 64];
    (void)__atomic_fetch_or(word, UINT64_C(1) << bit % 64, __ATOMIC_RELAXED);
}

static inline bool bit_of(const struct parts_day *day, const uint64_t *bits, uint64_t pos) {
    uint64_t bit = late_bit(day, pos);
    return (bits[bit / 64] >> bit % 64 & 1) != 0;
}

/* The path of a segment, or (part == parts) of the page. */
bool parts_path(char path[PATH_ROOM], const struct parts_order *order, size_t part, size_t parts);

/* Adds one record's end to the sums. */
static inline void sums_add(struct part_sums *s, enum reason reason, uint8_t tac, uint32_t fen) {
    s->by_reason[reason].count++;
    s->by_reason[reason].fen += fen;
    s->by_tac[tac]++;
}

/* The TACs of many records: jobs in the room that the order gives for a worker, or in one of our own. */
enum { JOBS_AT_ONCE = 16384 };
struct tac_desk {
    const struct vault *vault;
    struct tac_job *jobs;
    struct tac_job *own; /* to be freed, or NULL */
    size_t room, count;
};
enum err tac_desk_open(
    struct tac_desk *desk, const struct parts_order *order, size_t worker, struct why *why);
void tac_desk_close(struct tac_desk *desk);

/* Has the jobs on the desk made; their count stays until the caller has read them and sets it to 0. */
enum err tac_desk_make(struct tac_desk *desk, struct why *why);

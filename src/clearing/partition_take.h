/* A centre's own business day in parts: the register from its store, the day by partition_day.h,
 * and
 * then the books. [system.md 5.2.3; decision 0056]
 *
 * What becomes of the records is what intake_file() makes of the same files, one after another in
 * the
 * order of their names; net, balance, payout list and bank file follow as they always do. What
 * differs
 * is where it stands:
 *
 *   segments   every record with its end, and the page of the day, in the centre's folder of
 * segments;
 *              the store names each of them with its seal
 *   store      a row for each file; a row for each record that waits for people; of all others of a
 *              file their counts and sums by end; for each card that bought a posting or more
 *              "parts DAY/CARD/N", from the card to the institutions and into suspense
 *
 * take 1: everything in the store is one transaction; before it is kept there is no day in parts.
 * A kill
 *         at any moment costs time: the page and segments of a day that the store does not know
 * are made
 *         anew, and the same files over the same store come to the same bytes.
 * take 2: the same folder again changes nothing; another folder for a day that was taken is
 * refused.
 * take 3: a file that another day took is left out and counted as known.
 * take 4: what this way cannot do is refused before anything changes: a day into which files came one by
 *         one already; a card that was blacklisted twice within the days that a late record may come
 *         from. Days of that time whose files came one by one are written down as segments, too, so
 *         that a centre may change over from one day to the next. [decision 0060]
 * take 5: and so is a file by itself after a day in parts, while its records may still be late: its
 *         neighbours stand in segments.
 *
 * Cards of other cities in files of our institutions wait for their centre as they always do. */
#pragma once

#include "clearing/day_proof.h"
#include "clearing/difference.h"
#include "clearing/partition_day.h"
#include "clearing/segment.h"

/* A day in parts, as the store keeps it: what END of its page says, and how much there is. */
struct parts_row {
    uint32_t day;
    uint8_t page[SEGMENT_SEAL_LEN];
    uint64_t files, segments, records; /* files: that the page names */
};

/* What the store of a centre does beside struct clearing_store, in the same transactions. Nothing
 * found
 * is ERR_NOT_FOUND, a medium that fails ERR_OUTSIDE. */
struct parts_store {
    void *self;

    /* The register of the centre as it is now, for a business day with these limits, of which
     * trades from
     * `from` on are not late: *out is open, and the caller's to drop. ERR_CONFLICT names a card
     * that was
     * blacklisted in a way that the register cannot say. */
    enum err (*draw)(void *self, const struct clearing_store *store,
        const struct clearing_limits *limits, uint32_t from, struct day_register *out,
        struct why *why);
    /* Ends the register and frees what it borrows; one of zeros is left alone. */
    void (*drop)(struct day_register *r);

    enum err (*day_find)(void *self, uint32_t day, struct parts_row *out, struct why *why);
    /* The next day in parts behind a day. */
    enum err (*day_next)(void *self, uint32_t behind, struct parts_row *out, struct why *why);
    enum err (*day_add)(void *self, const struct parts_row *row, struct why *why);
    enum err (*segment_add)(void *self, const struct segment_head *head,
        const uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);
    /* By day and part; writes rows and seal. */
    enum err (*segment_find)(
        void *self, struct segment_head *head, uint8_t seal[SEGMENT_SEAL_LEN], struct why *why);
    /* The records of a file that came to one end and have no rows. */
    enum err (*sum_add)(void *self, const struct upload_row *of, enum reason reason,
        enum tac_finding tac, const struct reason_sum *sum, struct why *why);
    /* Postings of a day, each from one card (its first entry) to payees whose accounts are opened when
     * they are not there: begun, one after another, ended. What payees get is in their balances after
     * pay_end(). The postings are those of ledger_post_within(), told by nobody before. pay() answers
     * ERR_CONFLICT when the card holds less; then, as after any failure, the transaction is given up. */
    void (*pay_begin)(void *self);
    enum err (*pay)(void *self, const struct posting *p, struct why *why);
    enum err (*pay_end)(void *self, struct why *why);
    /* How many postings of a day are named "parts ...". */
    enum err (*postings)(void *self, uint32_t day, uint64_t *count, struct why *why);
    /* The youngest day from `from` on into which a file came by itself. */
    enum err (*plain_day)(void *self, uint32_t from, uint32_t *day, struct why *why);
};

/* What is to be taken into the open day. files: in the order of their taking. folder: of the
 * centre's
 * segments; it exists. told, unless NULL, hears how many records are in the books. */
struct parts_taking {
    const struct clearing *c;
    const struct parts_store *parts;
    const char *folder;
    const char *const *files;
    size_t file_count;
    const struct vault *vaults; /* one for each worker */
    size_t workers;
    bool dry_run; /* say what would become of it, and change nothing */
    const struct proof_listener
        *listener; /* of a proof: told of each record that is paid, or NULL */
    void *cookie;
    void (*told)(void *cookie, uint64_t records);
};

/* What it came to. files_known: that another day took, or the same day before. */
struct parts_taken {
    uint32_t day;
    bool again;
    uint64_t files_taken, files_known, files_bad;
    char first_bad[200]; /* the first bad file and why, or "" */
    struct intake_figures figures;
    double seconds[3]; /* the register drawn, the day made, the books written */
};

/* Takes the files into the open business day. ERR_CONFLICT: see take 2 and 4, or no day is open;
 * ERR_INVALID: there are no files; ERR_OUTSIDE: disk, store or vault failed. After a failure the
 * store is
 * as it was. */
enum err parts_take(const struct parts_taking *order, struct parts_taken *out, struct why *why);

/* take 5: OK when a file may come by itself today. ERR_CONFLICT names the day in parts that
 * forbids it. */
enum err parts_allow_file(
    const struct clearing *c, const struct parts_store *parts, struct why *why);

/* What a proof of a day in parts found. */
struct parts_proof {
    uint64_t files, records, tac_good, postings;
    struct differences differences;
};

/* Proves what the books say of a day in parts from its sealed segments: page and segments are
 * those that
 * the store names, each TAC is made anew, and from the rows follow the sums of each file, each
 * record that
 * waits, and each card's postings, none missing and none left over. Whatever does not agree is a
 * difference. order: c, parts, folder, listener and told. ERR_NOT_FOUND when the day was not taken in parts;
 * ERR_OUTSIDE: store or vault failed, and nothing is proven. */
enum err parts_prove_books(
    const struct parts_taking *order, uint32_t day, struct parts_proof *out, struct why *why);

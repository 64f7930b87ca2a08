/* A whole business day at once: upload files in, sealed segments and the day's page out.
 *
 * The rules are those of intake.h and the ends those of reason.def, record for record: taking the
 * same files in one after another with intake_file() comes to the same reasons and sums. What differs
 * is the way. Records are dealt out by card into parts that fit into memory, and all cores judge
 * parts side by side. [decision 0031]
 *
 *   earlier  the proven records of earlier days go to the heaps, too
 *   read     each file is checked to its seal, each record's form, card, key version and TAC, and
 *            whatever else its terminal and date alone decide; rows go to heaps by card, and the
 *            places (terminal, sequence) of proven ones to heaps by place
 *   places   heap by heap: which records were not the first to take their place
 *   cards    heap by heap, card by card, in the order of upload: copies, approvals, blacklist,
 *            balance chain, cover; the heap's segment is written and sealed
 *   close    the page DAY.day: files, segments with their seals, sums; last, whole or absent
 *
 * parts 1: without a page there is no day: whatever else lies there is written anew.
 * parts 2: the same files again come to the same bytes; a day that has its page is proven instead of
 *          made, and other files than the page names are refused.
 * parts 3: a file is taken whole or not at all, and a second copy of it changes nothing.
 * parts 4: memory does not grow with the day but for a bit and some hundredth bytes a record; a card
 *          with a million records of its own takes 225 MB while its part is judged.
 * parts 5: records of the earlier days that the order names keep their places: a copy of one of theirs
 *          is a copy, another trade in its place or with its number is held, and the balance chain goes
 *          on from them. A file that one of them took is taken no more. The page names the pages it
 *          stands on by their seals. Days that the order does not name are not asked; a centre names
 *          those within which a record may come late.
 * parts 6: only this city's cards: those of other cities are unknown here. In a file of another city's
 *          centre no terminal is looked for; what our cards bought there is due to that city.
 * parts 7: limits are judged as offline_limit.h says: what a card bought and a terminal sold offline
 *          within the days that are looked at, in the order of upload.
 *
 * The folder is one process's at a time. */
#pragma once

#include "clearing/intake.h"
#include "clearing/partition_register.h"

enum { PARTS_WORKERS_MAX = 64, PARTS_EARLIER_MAX = 31 };

/* What is to be cleared, and where. vaults: one for each worker. rooms, unless NULL: for each worker
 * memory for room_jobs jobs that its vault sees, so that no TAC is carried. parts: 0 lets the size of
 * the files decide. Workers that wait for the disk leave their core to others, so there may well be
 * more of them than cores. All borrowed for the call. */
struct parts_order {
    uint32_t day;
    const char *const *files; /* paths, in the order of their uploading */
    size_t file_count;
    const char *folder;      /* exists; for heaps, segments and the page */
    const uint32_t *earlier; /* days whose pages lie in the folder, in rising order, before day */
    size_t earlier_count;    /* at most PARTS_EARLIER_MAX */
    struct day_register *city;
    const struct vault *vaults;
    struct tac_job *const *rooms;
    size_t room_jobs;
    size_t workers; /* 1 to PARTS_WORKERS_MAX */
    size_t parts;
};

/* What one institution gets. */
struct parts_net {
    uint64_t trades;
    int64_t fen;
};

/* What a day came to. The arrays are made by parts_run() or parts_prove() and freed by
 * parts_result_free(). */
struct parts_result {
    uint64_t files_taken, files_again, files_bad; /* bad: torn, altered, unreadable */
    char first_bad[200];                          /* the first bad file and why, or "" */
    struct intake_figures figures;
    int64_t posted_fen, suspense_fen; /* left the cards; of it into suspense */
    struct parts_net *nets;           /* by institution */
    int64_t *fund_bank;               /* fen of fund f to bank b: f * banks + b */
    int64_t *after;                   /* what the books hold for each card after the day */
    bool again;                       /* the day had its page already */
    double seconds[4];                /* read with earlier, places, cards, close */
};

/* Clears the day. ERR_INVALID for an order or register that is none, ERR_CONFLICT when the folder
 * holds the page of other files or earlier days, no page of an earlier day, or pages and segments
 * that are not as they were sealed; ERR_OUTSIDE when
 * disk, memory or a vault fail. */
enum err parts_run(const struct parts_order *order, struct parts_result *out, struct why *why);

/* Reads the page and all segments back, and adds everything up anew: seals, sums by reason, by
 * institution, fund and bank, cards and cover, every TAC made again. ERR_CONFLICT says what does not
 * agree. files need not be given. */
enum err parts_prove(const struct parts_order *order, struct parts_result *out, struct why *why);

/* Frees the arrays and leaves the rest. */
void parts_result_free(struct parts_result *r);

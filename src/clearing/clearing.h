/* What the clearing stands on: a store of rows and a vault of keys, both handed in.
 *
 * The rules of this folder know no SQL. Each function of struct clearing_store answers one
 * question or makes one change; what they answer about cards, officers, the blacklist and
 * parameters is the registry's. A function that finds nothing says ERR_NOT_FOUND and leaves its
 * out alone. A change is only made between begin and commit. Transactions nest: rollback takes
 * back what was done since its own begin, and what an inner commit kept is kept for good only when
 * the outermost commits. One thread at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/ledger.h"
#include "clearing/reason.h"
#include "clearing/settle_rows.h"
#include "host/why.h"
#include "keys/catalogue.h"
#include "wire/upload.h"

struct vault;
struct sealed_records;

enum {
    INSTITUTION_NAME_MAX = 120, /* bytes of UTF-8 */
    BANK_ACCOUNT_MAX = 32,
    OFFICER_NAME_MAX = 32, /* bytes of an officer's code */
    /* Bytes of a piece in which an upload is kept: 2,048 of the longest records, and its ends. */
    KEPT_PIECE_MAX = 2048 * UPLOAD_PIECE_MAX + UPLOAD_HEADER_LEN + UPLOAD_TRAILER_LEN + 1,
};

/* A pharmacy, hospital or other place that the city pays. */
struct institution {
    char code[INSTITUTION_LEN + 1];
    char name[INSTITUTION_NAME_MAX + 1];
    char bank_account[BANK_ACCOUNT_MAX + 1]; /* digits */
};

/* A terminal: its PSAM's number, and whose it is. */
struct terminal_row {
    uint8_t number[TERMINAL_LEN];          /* BCD, as in the PSAM's EF16 */
    char institution[INSTITUTION_LEN + 1]; /* where it stands: only this one's files may carry it */
    bool stopped;                          /* what it sends is held */
};

/* What the registry says of a card at a moment: its life as one of 0 1 2 3 4 9 [system.md 4.0.1],
 * and whether the blacklist held it at that moment. A purchase is judged by the list of its own
 * time; a load and an approval are judged by life and list of now. */
struct card_standing {
    uint8_t life;
    bool listed;
};

/* Dated parameters, as they hold on a business day. [system.md 12, 6.3.6] The amounts are the highest
 * that is allowed, in fen: one purchase without asking, one load, what a wallet holds; what a card
 * and what a terminal may sell without asking on one day of trade, and how often a card may in a
 * row. A record is in time up to late_days after its trade. A terminal sells offline with a blacklist
 * of at most list_hours. Payouts above head_fen need the head. The wallet's keys of versions first to
 * last are in use. The figures of the second line and below: 0 is no limit. */
struct clearing_limits {
    int64_t offline_fen;
    int64_t load_fen;
    int64_t balance_fen;
    uint32_t late_days;
    uint8_t key_version_first, key_version_last;
    int64_t card_day_fen, terminal_day_fen, head_fen;
    uint32_t in_row, list_hours;
    int64_t fee_ceiling_fen; /* of the pooled fund, for a person and year */
    uint16_t retention;      /* thousandths of a month's claim that are kept */
    uint32_t
        upload_hours; /* in which a trade is to be uploaded; later is an exception of its day */
    bool bank_signed; /* a day closes only when its bank file is signed */
};

/* An upload file that was taken in. The store gives the id; the digest is the file's name, so that
 * the same file is known whoever sends it and under whatever batch number. day is the business day
 * that it was taken into, which may be later than the one its header names. */
struct upload_row {
    int64_t id;
    uint8_t digest[SM3_LEN];
    struct upload_header header;
    uint32_t count;
    int64_t total_fen;
    uint32_t day;
};

/* What the vault found: a record that was refused earlier has no finding. */
enum tac_finding { TAC_NOT_CHECKED, TAC_GOOD, TAC_BAD };

/* A record that was taken in, and what became of it. Every record of a file has its row, refused
 * ones too: place is where it stands in its file, from 1. posted says that its money has left the
 * card's account, to the institution or into suspense. */
struct record_row {
    int64_t id;
    int64_t upload;
    uint32_t place;
    struct upload_record record;
    enum tac_finding tac;
    enum reason reason;
    bool posted;
    uint32_t day;
};

/* Records with a good TAC that stand where a new one wants to stand. */
struct record_rivals {
    bool same;         /* the very trade: card, terminal, sequence, amount, kind and moment */
    bool other_seq;    /* another trade with this terminal and sequence */
    bool other_number; /* another trade with this card and offline number */
};

/* A neighbour of a record on its card: the one with the number before or behind. */
struct chain_link {
    bool known;
    uint32_t balance_before, amount;
    uint64_t moment; /* YYYYMMDDHHMMSS */
};

/* Loads of a card between two moments. A load at one of the two moments, or authorised and never
 * confirmed, may or may not lie between. */
struct chain_loads {
    int64_t certain_fen, possible_fen; /* possible counts the certain ones, too */
};

/* load_order.h holds the figure and the table. */
enum load_state { LOAD_AUTHORISED, LOAD_POSTED, LOAD_CANCELLED, LOAD_STATE_COUNT };

/* An online load, from the question to the proof. The ticket is the caller's number. facts are
 * those of the card's INITIALIZE, with the balance before the load; their moment is the host's,
 * which MAC2 and TAC speak of. day is the business day of the authorisation, then that of the
 * posting. */
struct load_row {
    uint8_t ticket[TICKET_LEN];
    uint8_t factor[FACTOR_LEN];
    uint8_t key_version;
    uint8_t random[RANDOM_LEN];
    struct load_facts facts;
    uint8_t mac1[MAC_LEN], mac2[MAC_LEN], tac[MAC_LEN];
    enum load_state state;
    uint32_t day;
};

/* An online purchase that the centre said yes to. It is used by the first proven record that comes
 * with its ticket, from this card and terminal, over this amount; a second one needs its own. */
struct approval {
    uint8_t ticket[TICKET_LEN];
    uint8_t factor[FACTOR_LEN];
    uint8_t terminal[TERMINAL_LEN];
    uint32_t amount;
    bool used;
};

/* What an officer of the clearing does; nobody approves what is their own. */
enum clearing_duty { DUTY_CLEAR, DUTY_APPROVE, DUTY_HEAD };

/* A day of business and how far its cycle has come; day_cycle.h holds the table of states. */
struct day_row {
    uint32_t day;
    int state;
    char maker[OFFICER_NAME_MAX + 1], approver[OFFICER_NAME_MAX + 1];
    uint8_t pay_digest[SM3_LEN]; /* of the bank file, once it is made */
};

/* One line of a day's payout list: seq counts from 1, in the order of the institutions' codes. Name
 * and account are kept as they were when the list was made, for the bank file follows from it. */
struct payout {
    uint32_t day, seq;
    struct institution to;
    uint32_t trades;
    int64_t fen;
};

/* What the day's cleared records and moves add up to for one institution or city, and beside it what
 * the books moved on its account on that day, but for payouts: two witnesses of the same money, who
 * must agree. Only a city's may be below zero. */
struct net_row {
    char institution[INSTITUTION_LEN + 1];
    uint32_t trades;
    int64_t fen;
    int64_t booked_fen;
};

enum { CITY_PREFIX_LEN = 4, MOVE_NUMBER_MAX = 32, MOVE_REFERENCE_MAX = 80 };

/* What moves money beside records and payouts; move.def says what each kind does. The values are those
 * of the database. */
enum move_kind {
#define MOVE(name, word, sign, zh, en) MOVE_##name,
#include "clearing/move.def"
    MOVE_KIND_COUNT
};

/* A move, asked for by one officer and done by another. number is the caller's; upload and place name
 * the record that it is about, or are 0. day is the business day that it belongs to, 0 while it is
 * not done. */
struct move_row {
    char number[MOVE_NUMBER_MAX + 1];
    enum move_kind kind;
    int64_t upload;
    uint32_t place;
    char institution[INSTITUTION_LEN + 1];  /* an institution's code, or a city's */
    int64_t fen;                            /* above zero */
    char reference[MOVE_REFERENCE_MAX + 1]; /* why, in words */
    bool done;
    uint32_t asked, day;
    char maker[OFFICER_NAME_MAX + 1], approver[OFFICER_NAME_MAX + 1];
};

/* What the books say of one card: the sums of the credits and of the debits of its account, and the
 * balance, which is kept apart from them and must be their difference. */
struct card_books {
    int64_t loaded_fen, spent_fen;
    int64_t balance_fen;
};

/* How many records came to one end, and with how much. */
struct reason_sum {
    uint64_t count;
    int64_t fen;
};

/* The questions and the changes, one function each. self is the store's own; whatever is pointed
 * to is the caller's and borrowed for the call. Every function may answer ERR_OUTSIDE when the
 * medium fails; then the caller gives the transaction up. */
struct clearing_store {
    void *self;

    /* Begins a transaction, or one inside another. */
    enum err (*begin)(void *self, struct why *why);
    /* Keeps the innermost. When it fails, rollback() is still to be called. */
    enum err (*commit)(void *self, struct why *why);
    /* Takes the innermost back. It cannot fail: what cannot be taken back is never kept. */
    void (*rollback)(void *self);
    /* Adds a row to the audit chain, in the transaction of the change. who is an officer's code or
     * "system"; subject names the thing and no person. */
    enum err (*audit)(
        void *self, const char *who, const char *what, const char *subject, struct why *why);

    /* --- who may sell --- */

    /* Adds the institution, or writes its row anew. */
    enum err (*institution_put)(void *self, const struct institution *i, struct why *why);
    enum err (*institution_find)(
        void *self, const char *code, struct institution *out, struct why *why);
    /* Adds the terminal, or writes its row anew: that is how it moves to another institution. */
    enum err (*terminal_put)(void *self, const struct terminal_row *t, struct why *why);
    enum err (*terminal_find)(
        void *self, const uint8_t number[TERMINAL_LEN], struct terminal_row *out, struct why *why);

    /* --- what the registry knows --- */

    /* The card's life as it is now, and whether it was listed at the moment YYYYMMDDHHMMSS. */
    enum err (*card_find)(void *self, const uint8_t factor[FACTOR_LEN], uint64_t moment,
        struct card_standing *out, struct why *why);
    /* ERR_DENIED unless this is the code of an officer with that duty. */
    enum err (*officer_check)(
        void *self, const char *code, enum clearing_duty duty, struct why *why);
    /* The parameters that hold on a business day. */
    enum err (*limits)(void *self, uint32_t day, struct clearing_limits *out, struct why *why);
    /* The version of the TAC key of a card's medical account, as the register of keys has it.
     * [decisions 0034, 0055] */
    enum err (*medical_version)(
        void *self, const uint8_t factor[FACTOR_LEN], uint8_t *version, struct why *why);

    /* --- uploads and their records --- */

    /* By the digest of a file that was sealed. */
    enum err (*upload_find)(
        void *self, const uint8_t digest[SM3_LEN], struct upload_row *out, struct why *why);
    /* Adds the row of a file that is about to be read, and writes its id. */
    enum err (*upload_add)(void *self, struct upload_row *row, struct why *why);
    /* Writes the trailer's count, total and digest to the row: the file was read to its end. */
    enum err (*upload_seal)(void *self, const struct upload_row *row, struct why *why);
    /* Adds a record with its end, and writes its id. */
    enum err (*record_add)(void *self, struct record_row *row, struct why *why);
    /* Looks among the records that stand: with a good TAC, and no copies. */
    enum err (*record_rivals)(
        void *self, const struct upload_record *r, struct record_rivals *out, struct why *why);
    /* The standing records of the same card and trade with the number before and behind: wallet and
     * medical account count each for itself. Of several with one number a cleared
     * one, else the youngest. What is not there is left as it was. */
    enum err (*record_neighbours)(void *self, const struct upload_record *r,
        struct chain_link *before, struct chain_link *behind, struct why *why);
    /* Adds the counts and amounts of one upload, of one day, or (both 0) of everything to what the
     * arrays hold, by reason and by TAC finding. */
    enum err (*record_sums)(void *self, int64_t upload, uint32_t day,
        struct reason_sum by_reason[REASON_COUNT], uint64_t by_tac[3], struct why *why);

    /* --- loads and approvals --- */

    enum err (*load_find)(
        void *self, const uint8_t ticket[TICKET_LEN], struct load_row *out, struct why *why);
    /* The card's youngest order that is authorised and neither posted nor cancelled. */
    enum err (*load_open)(
        void *self, const uint8_t factor[FACTOR_LEN], struct load_row *out, struct why *why);
    enum err (*load_add)(void *self, const struct load_row *row, struct why *why);
    /* Writes state, TAC and day of the order with this ticket. */
    enum err (*load_update)(void *self, const struct load_row *row, struct why *why);
    /* The loads of the account that a record was paid from, from one moment to another, both included;
     * cancelled ones left out. */
    enum err (*loads_between)(void *self, const struct upload_record *of, uint64_t from,
        uint64_t to, struct chain_loads *out, struct why *why);
    /* Counts and amounts by state, of one business day or (0) of all. */
    enum err (*load_sums)(
        void *self, uint32_t day, struct reason_sum by_state[LOAD_STATE_COUNT], struct why *why);
    /* The sum of all orders that are authorised and neither posted nor cancelled. */
    enum err (*load_reserved)(void *self, int64_t *fen, struct why *why);
    enum err (*approval_find)(
        void *self, const uint8_t ticket[TICKET_LEN], struct approval *out, struct why *why);
    enum err (*approval_add)(void *self, const struct approval *a, struct why *why);
    /* Marks it as used. */
    enum err (*approval_use)(void *self, const uint8_t ticket[TICKET_LEN], struct why *why);

    /* --- books --- */

    enum err (*account_find)(
        void *self, const struct account_name *name, struct account *out, struct why *why);
    /* Opens the account with the balance it says, and writes its id. */
    enum err (*account_add)(void *self, struct account *account, struct why *why);
    enum err (*posting_find)(void *self, const char *number, struct posting *out, struct why *why);
    /* Adds the posting with its entries and writes the new balances: entry i is of the account
     * accounts[i], which is at after[i] when all entries are made. */
    enum err (*posting_add)(void *self, const struct posting *p, const int64_t *accounts,
        const int64_t *after, struct why *why);
    /* Adds all entries up, account by account; the difference is left to the caller. */
    enum err (*trial)(void *self, struct trial_balance *out, struct why *why);
    enum err (*card_books)(
        void *self, const uint8_t factor[FACTOR_LEN], struct card_books *out, struct why *why);
    /* How many card accounts there are, and what they hold together. */
    enum err (*card_accounts)(void *self, uint64_t *count, int64_t *fen, struct why *why);

    /* --- days and payouts --- */

    enum err (*day_find)(void *self, uint32_t day, struct day_row *out, struct why *why);
    /* The youngest day. */
    enum err (*day_last)(void *self, struct day_row *out, struct why *why);
    /* Adds the day, or writes its row anew. */
    enum err (*day_put)(void *self, const struct day_row *row, struct why *why);
    /* The day's next institution with cleared records, in the order of the codes behind `behind`
     * ("" for the first). behind may lie in *out. ERR_NOT_FOUND at the end. */
    enum err (*net_next)(
        void *self, uint32_t day, const char *behind, struct net_row *out, struct why *why);
    enum err (*payout_add)(void *self, const struct payout *p, struct why *why);
    /* The day's next payout behind a sequence number (0 for the first). ERR_NOT_FOUND at the
     * end. */
    enum err (*payout_next)(
        void *self, uint32_t day, uint32_t behind, struct payout *out, struct why *why);
    /* Of all days that have reached a state: the sums of cleared records and of payouts. */
    enum err (*paid_sums)(
        void *self, int state, int64_t *cleared_fen, int64_t *payout_fen, struct why *why);

    /* --- cities and moves --- */

    /* Makes an institution that is registered the account of a city, whose cards' factors begin with
     * prefix. */
    enum err (*city_put)(void *self, const char *institution, const uint8_t prefix[CITY_PREFIX_LEN],
        struct why *why);
    /* The city that a factor belongs to, as an institution's code. */
    enum err (*city_of_card)(void *self, const uint8_t factor[FACTOR_LEN],
        char institution[INSTITUTION_LEN + 1], struct why *why);
    /* OK when that institution is a city, ERR_NOT_FOUND when it is none. */
    enum err (*city_check)(void *self, const char *institution, struct why *why);
    enum err (*move_find)(void *self, const char *number, struct move_row *out, struct why *why);
    /* Adds the row, or writes done, day and approver anew. */
    enum err (*move_put)(void *self, const struct move_row *row, struct why *why);
    /* The next move of a day (0: of those that are not done) behind a number, "" for the first. */
    enum err (*move_next)(
        void *self, uint32_t day, const char *behind, struct move_row *out, struct why *why);
    /* What the moves of a record come to, by kind, done or not. */
    enum err (*move_sums)(void *self, int64_t upload, uint32_t place,
        int64_t by_kind[MOVE_KIND_COUNT], struct why *why);
    /* What the books moved on an institution's or a city's account on a day, but for payouts. */
    enum err (*booked)(
        void *self, const char *institution, uint32_t day, int64_t *fen, struct why *why);
    /* The next record behind one (0, 0 for the first) that waits for people: held, of another city
     * or with a wrong TAC, up to a day, and no decision about it is done. */
    enum err (*record_waiting)(void *self, uint32_t day, int64_t upload, uint32_t place,
        struct record_row *out, struct why *why);

    /* --- what a proof asks --- */

    /* Keeps a piece of a file's bytes as they came; pieces count from 1. */
    enum err (*upload_keep)(
        void *self, int64_t upload, uint32_t piece, struct bytes bytes, struct why *why);
    /* Reads a piece into room for KEPT_PIECE_MAX bytes; ERR_NOT_FOUND behind the last one. */
    enum err (*upload_kept)(
        void *self, int64_t upload, uint32_t piece, uint8_t *to, size_t *len, struct why *why);
    /* The next file behind an id (0 for the first) that was taken into a day. */
    enum err (*upload_next)(
        void *self, uint32_t day, int64_t behind, struct upload_row *out, struct why *why);
    /* The day that was open when the audit chain noted this file; ERR_NOT_FOUND when it never
     * did. */
    enum err (*upload_witness)(
        void *self, const uint8_t digest[SM3_LEN], uint32_t *day, struct why *why);
    /* How many files the audit chain notes while that day was open. */
    enum err (*uploads_witnessed)(void *self, uint32_t day, uint32_t *count, struct why *why);
    /* The row of a file, by its id. */
    enum err (*upload_numbered)(
        void *self, int64_t upload, struct upload_row *out, struct why *why);
    /* The row of one record, by where it stands. */
    enum err (*record_at)(
        void *self, int64_t upload, uint32_t place, struct record_row *out, struct why *why);
    /* The next posting of a day behind an id, and its own id. */
    enum err (*posting_next)(void *self, uint32_t day, int64_t behind, int64_t *id,
        struct posting *out, struct why *why);
    /* The next posting of any day that touches an account, behind an id, and its own id. */
    enum err (*posting_touching)(void *self, const struct account_name *name, int64_t behind,
        int64_t *id, struct posting *out, struct why *why);
    /* The posted load with that online number of the card whose account it is: ACCOUNT_CARD or
     * ACCOUNT_MEDICAL. */
    enum err (*load_numbered)(void *self, const struct account_name *account, uint16_t number,
        struct load_row *out, struct why *why);

    /* --- after the payout: head, bank, exceptions ---------------------------------------------- */

    /* How many business days there are up to a day, it included: the number of its bank file. */
    enum err (*day_number)(void *self, uint32_t day, uint32_t *number, struct why *why);
    /* The head's yes to a day's payouts. */
    enum err (*head_put)(void *self, uint32_t day, const char *officer, struct why *why);
    enum err (*head_find)(
        void *self, uint32_t day, char officer[OFFICER_NAME_MAX + 1], struct why *why);
    /* The bank's answer to a day's file: the digest of its bytes, and the day that was open when it
     * was taken in. */
    enum err (*bank_return_put)(
        void *self, uint32_t day, const uint8_t digest[SM3_LEN], uint32_t taken, struct why *why);
    enum err (*bank_return_find)(
        void *self, uint32_t day, uint8_t digest[SM3_LEN], uint32_t *taken, struct why *why);
    enum err (*bank_answer_put)(
        void *self, uint32_t day, const struct bank_answer *answer, struct why *why);
    enum err (*bank_answer_find)(
        void *self, uint32_t day, uint32_t seq, struct bank_answer *out, struct why *why);
    /* Adds the exception, or writes count, amount and settled anew. */
    enum err (*exception_put)(void *self, const struct exception_row *row, struct why *why);
    /* The next exception behind (day, kind, subject) of *out, which holds an empty subject for the
     * first: of that day when day is given, of all that are not settled when it is 0. */
    enum err (*exception_next)(
        void *self, uint32_t day, struct exception_row *out, struct why *why);

    /* --- limits and outages ------------------------------------------------------------------ */

    /* How many of the card's records stand in a row right before a record, row_max at most, none of
     * them online; writes in_row and row_began. */
    enum err (*offline_row)(void *self, const struct upload_record *r, uint32_t row_max,
        struct offline_sums *out, struct why *why);
    /* What the card and the terminal of a record did offline on its day of trade, without the record
     * itself. Each sum stops at the first that passes its limit, one without a limit may stay 0, and
     * the terminal's may when the card's decides; writes card_fen and terminal_fen. */
    enum err (*offline_sums)(void *self, const struct upload_record *r,
        const struct clearing_limits *limits, struct offline_sums *out, struct why *why);
    /* The moment of the youngest blacklist that the terminal was given and that was there at a moment: the
     * one that it should have had then. [decision 0055] */
    enum err (*terminal_list_moment)(void *self, const uint8_t terminal[TERMINAL_LEN], uint64_t at,
        uint64_t *moment, struct why *why);
    /* The next institution behind out->institution ("" for the first) whose proven records of a day were
     * made before a moment: how many, and what they come to. */
    enum err (*late_next)(
        void *self, uint32_t day, uint64_t before, struct net_row *out, struct why *why);
    enum err (*outage_put)(void *self, const struct outage_row *row, struct why *why);
    enum err (*outage_find)(
        void *self, const char *number, struct outage_row *out, struct why *why);
    /* An outage that holds for an institution at a moment. */
    enum err (*outage_at)(void *self, const char *institution, uint64_t moment,
        struct outage_row *out, struct why *why);

    /* --- stays and months -------------------------------------------------------------------- */

    enum err (*stay_put)(void *self, const struct stay_row *row, struct why *why);
    enum err (*stay_find)(void *self, const char *number, struct stay_row *out, struct why *why);
    /* What the pooled fund has paid for a person's stays in a year, YYYY. */
    enum err (*stay_pooled)(
        void *self, int64_t person, uint32_t year, int64_t *fen, struct why *why);
    /* How many stays an institution discharged in a month, and what the pooled fund owes for them. */
    enum err (*stay_sums)(void *self, const char *institution, uint32_t month, uint32_t *count,
        int64_t *fen, struct why *why);
    /* Adds the claim, or writes all but its month and institution anew. */
    enum err (*claim_put)(void *self, const struct claim_row *row, struct why *why);
    enum err (*claim_find)(void *self, uint32_t month, const char *institution,
        struct claim_row *out, struct why *why);
    /* The next claim of a month behind a code, "" for the first. behind may lie in *out. */
    enum err (*claim_next)(
        void *self, uint32_t month, const char *behind, struct claim_row *out, struct why *why);
};

/* Both together, as every rule of this folder takes them. */
struct clearing {
    const struct clearing_store *store;
    const struct vault *vault;
    /* Of the wallets that this centre issues: with it loads are answered and TACs are checked. What a
     * terminal says of a cipher decides nothing. KEY_TDES when nothing is said. [decision 0053] */
    enum key_algorithm purse;
    /* Records of days in parts, which have no rows; NULL where nobody looks for them. */
    const struct sealed_records *sealed;
};

/* A transaction that lives in a scope: left without clearing_commit() having succeeded, it is
 * rolled back. */
struct clearing_scope {
    const struct clearing_store *store; /* NULL once there is nothing left to roll back */
};

/* Rolls back what is still open; CLEARING_SCOPE() calls it at the scope's end. */
void clearing_scope_leave(struct clearing_scope *scope);
#define CLEARING_SCOPE(name)                                                                       \
    __attribute__((cleanup(clearing_scope_leave))) struct clearing_scope name = {NULL}

/* Begins it; the store is borrowed until the end of the scope. */
enum err clearing_begin(
    struct clearing_scope *scope, const struct clearing_store *store, struct why *why);

/* Keeps what was done; after a failure, leaving the scope takes everything back. */
enum err clearing_commit(struct clearing_scope *scope, struct why *why);

/* True for a purchase with the medical account of DF04, and for a load of it. [decision 0055] */
bool trade_is_medical(enum trade trade);

/* The form of a purchase that can be cleared: of the electronic purse, which knows no overdraft, or of the
 * medical account, whose first amount is 0 and whose bill is at least what was paid; above zero. */
bool purchase_formed(const struct upload_record *r);

/* The account that a record was paid from: the card's, or its medical one. */
struct account_name account_of_record(const struct upload_record *r);

/* The moment as a number YYYYMMDDHHMMSS, or 0 when the seven bytes are no digits or no moment of
 * the calendar. */
uint64_t moment_number(const uint8_t moment[MOMENT_LEN]);

/* Registers an institution, or writes its row anew; ERR_INVALID says which field is wrong: the code
 * is eight digits or capital letters, the name fits a line of the bank file, the account is 8 to 32
 * digits. */
enum err institution_register(
    const struct clearing *c, const struct institution *i, const char *officer, struct why *why);

/* Registers a terminal and binds it to an institution that is registered (ERR_NOT_FOUND when it is
 * not). Again with another institution: it moves there; with stopped: what it sends is held. */
enum err terminal_register(
    const struct clearing *c, const struct terminal_row *t, const char *officer, struct why *why);

/* Files of a batch: an order goes out to the bank, the card maker or the initialising centre, and
 * their answer comes back. [system.md 4.0.2, 4.2.4; decision 0032]
 *
 * Both are UTF-8 text of lines that end with a line feed, fields parted by '|'. The first line is
 *
 *     batch|who|count|day|digest          who: bank, maker, keys; an answer says bank-back, ...
 *
 * count is the number of lines that follow, day YYYYMMDD, digest the SM3 of all bytes after the first
 * line, 64 hexadecimal characters. A line of an order is
 *
 *     seq|AAZ500|AAC002|AAC003|name-ext|AAC004|AAC005|AAC006|issue day|expiry|issuer|region|point|
 *     box group|photo file|PIN envelope
 *
 * and a line of an answer
 *
 *     seq|AAZ500|code|factor|AAZ501|reason
 *
 * with a code of errand.def; factor (16 characters) and AAZ501 (32) are empty where there is no chip.
 *
 * Errand invariants:
 *
 *   1. An answer holds exactly the lines that were sent, in their order, each once.
 *   2. All of an answer is taken, or nothing: batch, lines, numbers, blanks, cards and audit row move
 *      in one transaction.
 *   3. An answer whose bytes were taken already answers as before; other bytes are refused.
 *   4. A line that was passed has a card in the registry, with its owner; a chip that an answer names
 *      was in production, and is then good or spoiled.
 *
 * Errors: ERR_INVALID: the file is none, torn or not for this batch; ERR_CONFLICT: batch, line, chip
 * or number is in another state. The story names the line. */
#pragma once

#include "issuance/batch.h"
#include "issuance/stock.h"

/* Whom a batch is sent to, in the order of errand.def. */
enum errand {
#define ERRAND(member, word, out, back, from, also, zh) member,
#include "issuance/errand.def"
    ERRANDS
};

/* What an order or an answer needs. All of it borrowed for the call. */
struct errand_desk {
    const struct issuance_store *store;
    const struct stock_store *stock;
    const struct registry_store *registry;
    const char *officer;
    uint32_t day;         /* YYYYMMDD, of the business */
    uint32_t region;      /* 440100 */
    uint32_t valid_years; /* of a card */
};

/* The word of an errand in files and on the command line; ERRANDS for a word that is none. */
const char *errand_word(enum errand errand);
enum errand errand_of(const char *word);

/* Where the file of an errand stands among those of its batch: struct batch_file.way. back: the answer. */
int errand_way(enum errand errand, bool back);

/* The most bytes that an order with so many lines can have. */
size_t errand_order_room(int32_t lines);

/* Writes the order of a batch to an empty builder and moves the batch on. An order that went out
 * already, and has not been answered, is written again as it was. */
enum err errand_order(const struct errand_desk *desk, int64_t batch, enum errand errand,
    struct builder *file, struct why *why);

/* What came of an answer. */
struct errand_outcome {
    int64_t batch;
    enum errand errand;
    int32_t lines, good; /* all, and those whose code gave no reason */
    bool before;         /* it was taken already; nothing was changed now */
};

/* Takes an answer in. */
enum err errand_answer(const struct errand_desk *desk, struct bytes file,
    struct errand_outcome *outcome, struct why *why);

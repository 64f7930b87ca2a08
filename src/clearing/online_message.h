/* What a terminal and the centre say to each other over a line. [system.md 6.3.4; decision 0052]
 *
 * The centre speaks first: a greeting with the day and a challenge of 16 bytes that nobody can
 * foresee. The terminal answers with its number, and from then on asks; each question has a number
 * of its own, which its answer carries, so that answers may come in any order. All of it is
 * big-endian:
 *
 *     greeting  "SHONLINE" | 1 (1) | day YYYYMMDD (4) | challenge (16)
 *     frame     length of what follows (2) | kind (1) | number (4) | fields | MAC (8)
 *     sign in   terminal BCD (6)                                    answer: nothing
 *     sale      ticket (16) | factor (8) | amount (4)               answer: nothing
 *     load      ticket (16) | factor (8) | key version (1) | random (4) | MAC1 (4) | balance (4) |
 *               amount (4) | online number (2) | trade (1)          answer: moment (7) | MAC2 (4)
 *     confirm   ticket (16) | TAC (4)                               answer: nothing
 *     cancel    ticket (16)                                         answer: nothing
 *     answer    kind with its high bit set | number | enum err (1) | what is told above, when it is
 *               OK; else a sentence for people, at most ONLINE_STORY_MAX bytes
 *
 * No question names a terminal: it is the one that signed in, and MAC1 speaks of it.
 *
 * The MAC is HMAC-SM3 over kind to fields, left eight bytes. Its key is made anew for each
 * connection: working key of the day = HMAC-SM3(line key, "working" || day), key of the connection
 * = HMAC-SM3(working key, challenge || terminal), left 16 bytes each. So a question of one
 * connection is worth nothing in another, and no answer passes for a question. Whatever comes over
 * a line is hostile until online_sealed() and a decoder have said yes. Nothing is allocated;
 * nothing here blocks. */
#pragma once

#include "base/builder.h"
#include "base/bytes.h"
#include "clearing/load_order.h"
#include "crypto/sm3.h"

struct vault;

enum {
    ONLINE_KEY_LEN = 16,
    ONLINE_CHALLENGE_LEN = 16,
    ONLINE_GREETING_LEN = 29,
    ONLINE_LENGTH_LEN = 2, /* of the length before each frame */
    ONLINE_SEAL_LEN = 8,
    ONLINE_STORY_MAX = 200,
    /* Bytes of the longest frame with its length: an answer with a sentence. */
    ONLINE_FRAME_MAX = ONLINE_LENGTH_LEN + 6 + ONLINE_STORY_MAX + ONLINE_SEAL_LEN,
};

/* The questions; what stands on the line. */
enum online_kind {
    ONLINE_SIGN_IN = 1,
    ONLINE_SALE,
    ONLINE_LOAD,
    ONLINE_CONFIRM,
    ONLINE_CANCEL,
    ONLINE_KIND_END,
};

/* One question. Of the members behind ticket, only those of its kind count; the terminal is the one
 * that signed in, in every kind. */
struct online_request {
    enum online_kind kind;
    uint32_t number; /* the terminal's, for the answer */
    uint8_t terminal[TERMINAL_LEN];
    uint8_t ticket[TICKET_LEN];
    uint8_t factor[FACTOR_LEN];
    uint32_t amount;         /* fen: of a sale */
    uint8_t key_version;     /* of a load, as all below but tac */
    struct load_facts facts; /* terminal and moment stay empty: the line does not carry them */
    uint8_t random[RANDOM_LEN], mac1[MAC_LEN];
    uint8_t tac[MAC_LEN]; /* of a confirmation */
};

/* What the centre says to it. */
struct online_answer {
    enum online_kind kind;
    uint32_t number;
    enum err err;
    struct load_answer load;          /* when a load is OK */
    char story[ONLINE_STORY_MAX + 1]; /* when it is not OK */
};

/* What the centre says first. */
struct online_greeting {
    uint32_t day; /* YYYYMMDD, of the calendar; the working keys are this day's */
    uint8_t challenge[ONLINE_CHALLENGE_LEN];
};

/* A key of a connection as it is used: the two halves of HMAC with the key already in them.
 * Secret. */
struct online_session {
    struct sm3 inner, outer;
};

/* --- keys ---------------------------------------------------------------------------------- */

/* The line key of a terminal, 16 bytes: four MACs that the vault makes with the maintenance key of
 * the module's number (DAMK), a factor that no card has. The terminal got the same at its making.
 * Nobody keeps it at the centre; the caller wipes it. Errors as the vault's message_mac. */
enum err online_line_key(const struct vault *vault, const uint8_t terminal[TERMINAL_LEN],
    uint8_t key[ONLINE_KEY_LEN], struct why *why);

/* The key of a connection, at either end; the caller wipes it with crypto_wipe(). */
void online_session_begin(struct online_session *session, const uint8_t line_key[ONLINE_KEY_LEN],
    const struct online_greeting *greeting, const uint8_t terminal[TERMINAL_LEN]);

/* Whether a frame ends with the MAC of this connection over what stands before it. */
bool online_sealed(const struct online_session *session, struct bytes frame);

/* --- writing: each appends a whole message to b, with its length and MAC ---------------------- */

/* ONLINE_GREETING_LEN bytes; no MAC, for there is no key yet. */
void put_online_greeting(struct builder *b, const struct online_greeting *greeting);
/* Room for ONLINE_FRAME_MAX is enough for any of these. kind must be one of the five. */
void put_online_request(
    struct builder *b, const struct online_session *session, const struct online_request *request);
void put_online_answer(
    struct builder *b, const struct online_session *session, const struct online_answer *answer);

/* --- reading -------------------------------------------------------------------------------- */

/* Whether bytes that came begin with a whole frame: then *frame is kind to MAC, borrowed, and
 * ONLINE_LENGTH_LEN + frame->len bytes are used up. A length that no frame has is bad: such a line
 * is closed, for nobody knows where the next frame begins. */
enum online_frame { ONLINE_PART, ONLINE_WHOLE, ONLINE_BAD };
enum online_frame online_frame_next(struct bytes came, struct bytes *frame);

/* Strict decoders: false, and *out untouched, for anything that put_...() would not have written.
 * The MAC is not looked at: the sign-in names the terminal whose key makes it. */
bool online_greeting_read(struct bytes greeting, struct online_greeting *out);
bool online_request_read(struct bytes frame, struct online_request *out);
bool online_answer_read(struct bytes frame, struct online_answer *out);

/* The written record of a ceremony: what was done, by whom, when, and never a key. [system.md 6.1;
 * decision 0028]
 *
 * A transcript is text, one line a fact. Behind every line stands SM3 of the one before it and of its own
 * words, so a line that is changed, removed or slipped in breaks the chain. The last line is a
 * signature (Ed25519) over the end of the chain, by the centre's transcript key:
 *
 *     shebao-transcript 1 #5A..
 *     order 2003-001 region 440100 ... #91..
 *     1 2003-10-08T09:05 2003-10-08T09:10 generate DPK 3DES 2 check 8CA64D #07..
 *     end 2003-10-08T09:10 steps 1 #C3..
 *     signature ed25519 PUBLIC(64) SIGNATURE(128)
 *
 * While a ceremony is under way the file has no signature yet; every line is added whole or not at
 * all. One format for one file: every byte of it counts, so that none can be changed unseen. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"
#include "crypto/sm3.h"
#include "host/why.h"

enum {
    TRANSCRIPT_MAX = 1 << 20,   /* bytes of a file */
    TRANSCRIPT_LINE_MAX = 1000, /* letters of a line, without its digest */
    SIGNING_SEED_LEN = 32,
    SIGNING_PUBLIC_LEN = 32,
    SIGNATURE_LEN = 64
};

/* A transcript in memory. text is owned by whoever made it: transcript_end() frees it. */
struct transcript {
    char *text;
    size_t len, room;
    uint8_t chain[SM3_LEN]; /* behind the last line */
    size_t lines;           /* with the first, without the signature */
    bool is_signed;
};

/* An empty one, with its first line. ERR_OUTSIDE without memory. */
enum err transcript_begin(struct transcript *t, struct why *why);
void transcript_end(struct transcript *t);
#define TRANSCRIPT_SCOPE(name) __attribute__((cleanup(transcript_end))) struct transcript name = {0}

/* Adds a line in memory; words hold no line end, and '#' only as part of a word. */
enum err transcript_add(struct transcript *t, const char *words, struct why *why);

/* Signs it with the key made from that seed; nothing can be added then. */
enum err transcript_sign(
    struct transcript *t, const uint8_t seed[SIGNING_SEED_LEN], struct why *why);

/* The public half of a seed's key. */
enum err transcript_public(
    const uint8_t seed[SIGNING_SEED_LEN], uint8_t public_key[SIGNING_PUBLIC_LEN], struct why *why);

/* Writes the file, whole. */
enum err transcript_keep(const struct transcript *t, const char *path, struct why *why);

/* Reads a file and checks its chain and, when it has one, its signature. ERR_INVALID says at which line
 * it is broken; ERR_NOT_FOUND when there is none. public_key (may be NULL) receives the key that signed,
 * zeros without a signature: whoever must know that it is the centre's compares it. */
enum err transcript_read(struct transcript *t, const char *path,
    uint8_t public_key[SIGNING_PUBLIC_LEN], struct why *why);

/* The words of line number index, from 0, borrowed from text (they end at len). */
struct bytes transcript_line(const struct transcript *t, size_t index);

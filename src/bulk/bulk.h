/* DES and SM4 for very many keys at once: the keys of cards, key sets of cards on their way to a
 * card maker, and TACs, for arrays of any length.
 *
 * The plain way (crypto/des.h, crypto/sm4.h) computes one block at a time. Here bit b of 64, 256 or
 * 512 blocks lies side by side in one register, and the S-boxes are gates: one instruction computes
 * one gate for all of those blocks, each under a key of its own. Where the processor knows the field
 * that SM4's S-box is made of, 64 blocks of SM4 go side by side as they are. Nothing branches on a
 * key or on data and no address depends on them.
 *
 * There are three ways that give the same results: AVX-512 with ternary logic (SM4: with GFNI), AVX2,
 * and plain 64-bit words for every other processor. All are in every build; which ones this machine
 * can run is found out when the program runs. [decisions 0017, 0025]
 *
 * Secrets: an engine has rooms of its own for what it computes with, left out of core dumps and
 * locked against swapping where the system allows. When a call returns, they are wiped, and so are
 * the stack and the registers that the computation used, of every thread. Keys that bulk_derive()
 * was asked for belong to the caller.
 *
 * Threads: an engine serves one call at a time; the call spreads over the threads that the engine was
 * opened with, fewer when it is short. They are started with the engine and sleep between calls, so
 * that an engine opened before a sandbox closes works inside it. A thread that the system does not
 * grant is none: the others do its part. Two engines share nothing; a forked child opens its own. */
#pragma once

#include "crypto/des.h"
#include "host/why.h"

enum bulk_way {
    BULK_BEST, /* the fastest that this machine has */
    BULK_AVX512,
    BULK_AVX2,
    BULK_WORDS, /* 64-bit words: everywhere */
    BULK_WAYS,
};

enum bulk_cipher { BULK_TDES, BULK_SM4, BULK_CIPHERS };

enum {
    BULK_THREADS_MAX = 64,
    BULK_LANES_MAX = 512, /* records computed side by side */
    BULK_WORD_LEN = 8,    /* data come in words of eight bytes: a block of SM4 has two */
    BULK_WORDS_MAX = 8,   /* of one record's data */
    BULK_SET_MAX = 64,    /* keys of a set */
};

/* "AVX-512", "AVX2", "64-bit words"; for BULK_BEST the name of the one it stands for here. */
const char *bulk_way_name(enum bulk_way way);

/* True when this build and this machine have it. Always true for BULK_BEST and BULK_WORDS. A
 * processor that has AVX-512 and no GFNI computes SM4 by AVX2. */
bool bulk_way_here(enum bulk_way way);

struct bulk;

/* An engine that computes in the given way with 1 to BULK_THREADS_MAX threads, the caller's counted.
 * ERR_INVALID for another number, ERR_OUTSIDE when the machine has no such way or no memory (about
 * 200 KiB a thread). Close it with bulk_close(). */
enum err bulk_open(enum bulk_way way, unsigned threads, struct bulk **out, struct why *why);

/* Ends its threads, closes it and leaves nothing behind; NULL does nothing. */
void bulk_close(struct bulk *b);

/* What a stretch of records says: lane i belongs to record first + i. */
struct bulk_lanes {
    _Alignas(64) uint8_t factor[BULK_LANES_MAX][BULK_WORD_LEN];  /* of the card */
    uint8_t data[BULK_WORDS_MAX][BULK_LANES_MAX][BULK_WORD_LEN]; /* word by word; see each call */
    uint8_t mac[BULK_LANES_MAX][BULK_WORD_LEN]; /* out; a TAC is the left four bytes */
    size_t key;                                 /* out: which key of a set the results are of */
};

/* Records in whatever form the caller keeps them. give() writes factor and data of `count` records
 * (at most BULK_LANES_MAX), take() reads what came of them. Several threads call them at the same
 * moment, for different stretches; each record is given once and then taken once, for a set once for
 * each key. What lanes hold beyond `count` is of no meaning. */
struct bulk_records {
    void *self;
    void (*give)(void *self, size_t first, size_t count, struct bulk_lanes *lanes);
    void (*take)(void *self, size_t first, size_t count, const struct bulk_lanes *lanes);
};

/* For each record: the card's key from the city's by the factor, and the CBC-MAC of `words` words of
 * data under it, its left eight bytes in mac. Under 3DES the key is folded and a word is a block;
 * under SM4 two words are a block, and their number is even. Data come padded; words is 1 to
 * BULK_WORDS_MAX. The same as derive_key(), derive_tac_key() and mac_single(), or derive_sm4() and
 * mac_sm4(). [purse.md 5.2, 5.4; decision 0020] */
void bulk_tacs(struct bulk *b, enum bulk_cipher cipher, const struct key128 *city, size_t words,
    const struct bulk_records *records, size_t count);

/* keys[i] = the key derived from the city's by factor i, as derive_key() or derive_sm4() does. The
 * factors stand one after another, eight bytes each. */
void bulk_derive(struct bulk *b, enum bulk_cipher cipher, const struct key128 *city,
    const uint8_t *factors, struct key128 *keys, size_t count);

/* The keys of a set: 1 to BULK_SET_MAX, each derived to the card from a city's key. Of a half key the
 * card has the left eight bytes only, which stand in both halves; 3DES alone has them. */
struct bulk_set {
    enum bulk_cipher cipher;
    const struct key128 *transport; /* the batch's, from which each card's transport key comes */
    const struct key128 *cities;
    const bool *halves; /* for each key */
    size_t count;
};

/* For each record, whose factor alone is asked for, and each key of the set: data[0] and data[1] take
 * the card's key enciphered under the card's transport key, ECB, and mac takes zeros enciphered under
 * the card's key, of which three bytes are the check value. take() is called for one key of a stretch
 * after another. ERR_OUTSIDE when there is no memory for the keys of the set (14 KiB each). */
enum err bulk_sets(struct bulk *b, const struct bulk_set *set, const struct bulk_records *records,
    size_t count, struct why *why);

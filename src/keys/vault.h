/* What a vault must offer: the only place where a key exists in clear.
 *
 * A key is named by the catalogue and by how far it is derived: root --province factor--> province
 * --city factor--> city --card factor--> card [card.md 3.7, 5.3]. Nobody outside the vault ever
 * holds a key; a vault answers "authenticate", "MAC", "wrap", "check", never "give". Two vaults can
 * stand behind these functions without anybody noticing; the soft one is vaults/soft.
 *
 * Every function asks keys/permit.h first: ERR_INVALID for a key that does not exist, ERR_DENIED
 * for a use or a depth that the key is not made for. ERR_OUTSIDE: the vault cannot compute just
 * now. What is to come out is written only with OK. Asking changes nothing in a vault, so every
 * question may be asked again. A vault serves one thread at a time unless its own header says
 * otherwise. */
#pragma once

#include "base/bytes.h"
#include "host/why.h"
#include "keys/catalogue.h"

/* How many factors lead from the root to the key. */
enum key_depth { KEY_ROOT, KEY_PROVINCE, KEY_CITY, KEY_CARD };

/* The name of one key; it holds nothing secret. */
struct key_ref {
    enum key_name name;
    enum key_algorithm algorithm; /* KEY_TDES when nothing is said */
    uint8_t version;              /* 0 to KEY_VERSION_MAX (permit.h) */
    enum key_depth depth;
    uint8_t card_factor[8]; /* used when depth is KEY_CARD: T6 to TD of the answer to reset */
};

/* Bytes of the longest message that a TAC is made of; purchases have 22, loads 24, medical purchases
 * 30. */
enum { TAC_MESSAGE_MAX = 48 };

/* Whose key makes a TAC: the wallet's DTK, or DTKDF04 of the medical account. [decision 0055] */
enum tac_account { TAC_OF_WALLET, TAC_OF_MEDICAL, TAC_ACCOUNTS };

/* The name of that key. */
static inline enum key_name tac_key_name(enum tac_account account) {
    return account == TAC_OF_MEDICAL ? KEY_DTKDF04 : KEY_DTK;
}

/* One TAC to be made: the TAC key of the card (depth KEY_CARD) over data; under 3DES the key is folded.
 * It holds no pointer, so that arrays of them can lie in memory that two processes share. */
struct tac_job {
    _Alignas(8) uint8_t card_factor[8];
    uint8_t data[TAC_MESSAGE_MAX]; /* put_purchase_tac() or put_load_tac() wrote it */
    uint8_t tac[4];                /* out */
    uint8_t version;
    uint8_t algorithm; /* enum key_algorithm; KEY_TDES when nothing is said */
    uint8_t data_len;  /* at most TAC_MESSAGE_MAX */
    uint8_t account;   /* enum tac_account; TAC_OF_WALLET when nothing is said */
};

/* Whole key sets: the same keys for each card of an array; a 3.0 card has 73. No pointers here
 * either. */
enum { KEY_SET_MAX = 96 };
struct key_set {
    uint8_t count;             /* 1 to KEY_SET_MAX */
    uint8_t transport_version; /* of the batch transport key BTK */
    struct key_of_set {
        uint8_t name;      /* enum key_name */
        uint8_t algorithm; /* enum key_algorithm */
        uint8_t version;
    } keys[KEY_SET_MAX];
};

/* A card's key under the card's transport key, ECB, and its check value. Keys of eight bytes stand
 * in both halves. The transport key is BTK's of the same algorithm, derived to the card: no two
 * cards share it. [card.md 1.1; system.md 6.1] */
struct wrapped_key {
    uint8_t wrapped[16];
    uint8_t check[3];
};

/* Key number index of the set, of a card yet to be named. */
static inline struct key_ref key_of_set(const struct key_set *set, size_t index) {
    const struct key_of_set *key = &set->keys[index];
    return (struct key_ref){.name = (enum key_name)key->name,
        .algorithm = (enum key_algorithm)key->algorithm,
        .version = key->version,
        .depth = KEY_CARD};
}

/* A load as a terminal asks for it and the centre answers it, under one session key. */
struct load_macs {
    uint8_t input[8];      /* of the session [purse.md 5.3] */
    uint8_t mac1[4];       /* the card's */
    struct bytes asked;    /* put_load_mac1() wrote it; borrowed */
    struct bytes answered; /* put_load_mac2() wrote it; borrowed */
};

/* A key on its way into a chip, for a WRITE KEY command (84 D4). [purse.md 2.4] */
struct key_wrap {
    struct key_ref key;   /* the one that goes in */
    struct key_ref under; /* the main control key of the directory, as the chip holds it now */
    uint8_t head[8];      /* what stands before the key: type, use, change, version, ... */
    size_t head_len;
    uint8_t p1, p2;       /* of the command; its CLA and INS are 84 D4 */
    uint8_t challenge[4]; /* the chip's, from just before */
};
/* Bytes of the longest data field of WRITE KEY: ciphertext of head and key, and a MAC. */
enum { KEY_WRAP_MAX = 40 };

struct vault_job;

/* The table of functions. self is the vault's own and comes first in every call; what is pointed to
 * is borrowed for the call. Data are at most 512 bytes. */
struct vault {
    void *self;
    /* DES(3DES(K, factor), original): both sides of internal and external authentication in the
     * social security form [card.md 5.3]. With an 8-byte key, DES throughout. */
    enum err (*authenticate)(void *self, const struct key_ref *key, const uint8_t factor[8],
        const uint8_t original[8], uint8_t proof[8], struct why *why);
    /* 3DES(K, block): external authentication in the purse form [purse.md 4.1]. */
    enum err (*encrypt8)(void *self, const struct key_ref *key, const uint8_t block[8],
        uint8_t out[8], struct why *why);
    /* SM4(K, block): the same under SM4, whose blocks have 16 bytes [decision 0020]. */
    enum err (*encrypt16)(void *self, const struct key_ref *key, const uint8_t block[16],
        uint8_t out[16], struct why *why);
    /* Session key 3DES(K, input), then DES-CBC-MAC of data, left four bytes: MAC1 and MAC2. */
    enum err (*session_mac)(void *self, const struct key_ref *key, const uint8_t input[8],
        struct bytes data, uint8_t mac[4], struct why *why);
    /* Compares the MAC1 that a card sent with its own and makes MAC2, in one request: the same as two
     * of session_mac. ERR_CONFLICT, and no MAC2, when MAC1 is another. */
    enum err (*answer_load)(void *self, const struct key_ref *key, const struct load_macs *load,
        uint8_t mac2[4], struct why *why);
    /* MAC of secure messaging with the key itself: retail for 16 bytes, single for 8. */
    enum err (*message_mac)(void *self, const struct key_ref *key, const uint8_t iv[8],
        struct bytes data, uint8_t mac[4], struct why *why);
    /* The MAC of RELOAD PIN: halves XORed, IV zero. */
    enum err (*folded_mac)(
        void *self, const struct key_ref *key, struct bytes data, uint8_t mac[4], struct why *why);
    /* LD || data || 80 00..., ECB under the key [purse.md 1.3]; out needs data.len + 16. */
    enum err (*encrypt_message)(void *self, const struct key_ref *key, struct bytes data,
        uint8_t *out, size_t *out_len, struct why *why);
    /* The data field of a WRITE KEY command: ciphertext and MAC. out needs KEY_WRAP_MAX. */
    enum err (*wrap)(
        void *self, const struct key_wrap *wrap, uint8_t *out, size_t *out_len, struct why *why);
    /* TACs for many records at once; the results are those of one by one. When it fails, no tac may
     * be looked at. The jobs may lie in memory that somebody else changes meanwhile: a vault that is
     * served over a line reads what decides about a job once and writes nothing but tac. */
    enum err (*tacs)(void *self, struct tac_job *jobs, size_t count, struct why *why);
    /* The keys of set for each of `cards` cards, named by their factors, eight bytes each. out has
     * set->count times cards places, and the keys of one kind lie together: key k of card c is
     * out[k * cards + c]. Allowed by key_permit_set(). When it fails, nothing in out may be looked
     * at. Factors and out may lie in memory that somebody else changes and reads meanwhile, as jobs
     * may: no key ever stands in out. */
    enum err (*key_sets)(void *self, const struct key_set *set, const uint8_t *factors,
        size_t cards, struct wrapped_key *out, struct why *why);
    /* Many questions at once, as keys/vault_job.h says; callers go through vault_jobs_do(). NULL where
     * asking together saves nothing. */
    enum err (*jobs)(void *self, struct vault_job *jobs, size_t count, struct why *why);
    /* First three bytes of 3DES(K, 00..00): says which key it is and nothing about it. */
    enum err (*check_value)(
        void *self, const struct key_ref *key, uint8_t value[3], struct why *why);
    /* The first PIN of a card, six decimal digits with an end: derived, so that it can be printed
     * again, and never a simple one. [system.md 6.2] The caller wipes it. */
    enum err (*first_pin)(void *self, const uint8_t card_factor[8], char pin[7], struct why *why);
    /* Wipes every key and ends the vault. */
    void (*close)(void *self);
};

/* Which key may be asked for what. One key, one use: a vault asks here before it computes, so that
 * every vault refuses the same requests with the same sentences. [system.md 6.1, 责任分离]
 *
 * The use follows from the type byte that a key has in the card [purse.md 2.4]: one that makes TACs
 * does nothing else. Keys work at the depth of one card; the public transport key is not derived,
 * its depth and version are ignored. What a whole province or city shares leaves a vault in one
 * case only: the purchase key on its way into a PSAM. */
#pragma once

#include "keys/vault.h"

/* The functions of a vault, as bits. */
enum key_use {
    USE_AUTHENTICATE = 1 << 0,
    USE_ENCRYPT8 = 1 << 1,
    USE_SESSION_MAC = 1 << 2,
    USE_MESSAGE_MAC = 1 << 3,
    USE_FOLDED_MAC = 1 << 4,
    USE_ENCRYPT_MESSAGE = 1 << 5,
    USE_WRAPPED = 1 << 6,    /* goes into a chip */
    USE_WRAP_UNDER = 1 << 7, /* protects one that goes in */
    USE_TAC = 1 << 8,
    USE_CHECK_VALUE = 1 << 9,
    USE_SETS_UNDER = 1 << 10, /* protects whole key sets of cards on their way to a card maker */
};

enum { KEY_VERSION_MAX = 15 };

/* What the kind of key may be used for, as bits of enum key_use: the uses of its type byte, and
 * USE_WRAPPED for every key but the transport key, which stands in a blank chip already, and those
 * that no chip holds. */
unsigned key_uses(enum key_name name);

/* OK, or ERR_INVALID for a key that the catalogue or its versions do not know, or ERR_DENIED for a
 * use or a depth that the key is not made for. The story names the key and what it is for, and
 * holds nothing secret. Check values may be asked for at any depth. */
enum err key_permit(const struct key_ref *key, enum key_use use, struct why *why);

/* The same for both keys of a wrapping, and for the pair: a key goes in under the main control key
 * of its own directory in the same card, or under the transport key when it is that main control
 * key, and both are of one cipher; a purchase key of the province goes under MK_PSAM. ERR_DENIED
 * for any other pair, ERR_INVALID when the head is too long. [purse.md 2.4; card.md 7] */
enum err key_permit_wrap(const struct key_wrap *wrap, struct why *why);

/* The same for a whole order: 1 to KEY_SET_MAX keys, each one that a card holds, and versions that
 * exist; the batch transport key protects them and nothing else does. The story says which key of
 * the set is refused. ERR_INVALID, ERR_DENIED. */
enum err key_permit_set(const struct key_set *set, struct why *why);

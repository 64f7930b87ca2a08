/* Keys made from keys. [purse.md 5.2, 5.3; card.md 5.3] */
#pragma once

#include "crypto/des.h"

/* Diversification: 3DES(K, F) || 3DES(K, not F). out may be the same place as key. */
void derive_key(const struct key128 *key, const uint8_t factor[8], struct key128 *out);

/* Session key: 3DES(K, input), eight bytes. */
void derive_session(const struct key128 *key, const uint8_t input[8], uint8_t session[8]);

/* The key of a TAC: left half XOR right half. [purse.md 5.4] */
void derive_tac_key(const struct key128 *dtk, uint8_t key[8]);

/* Session keys, and the MACs and TACs made with them: what a wallet and a purchase module compute
 * alike. The messages themselves are those of wire/purse_message.h. [purse.md 5.3, 5.4] */
#pragma once

#include "card/guard/secure.h"
#include "wire/purse_message.h"

/* Session key = 3DES(K, input), or DES where the key has eight bytes: its length decides, not the
 * algorithm byte. [purse.md C-04] */
void session_make(const struct secret *key, const uint8_t input[8], uint8_t session[8]);

/* The key of a TAC: both halves of DTK together, or an 8-byte DTK itself. */
void session_tac_key(const struct secret *dtk, uint8_t key[8]);

/* One of the messages of wire/purse_message.h. */
typedef void put_load(struct builder *b, const struct load_facts *f);
typedef void put_purchase(struct builder *b, const struct purchase_facts *f);

/* The MAC or TAC over the message that put makes of the facts. */
void session_load_mac(
    const uint8_t key[8], put_load *put, const struct load_facts *f, uint8_t mac[MAC_LEN]);
void session_purchase_mac(
    const uint8_t key[8], put_purchase *put, const struct purchase_facts *f, uint8_t mac[MAC_LEN]);

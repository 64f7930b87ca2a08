/* Session keys, and the MACs and TACs made with them: what a wallet, a medical account and a
 * purchase module compute alike. The messages themselves are those of wire/purse_message.def. Which
 * cipher it is, the key says. [purse.md 5.3 to 5.5; decision 0020] */
#pragma once

#include "card/guard/cipher.h"
#include "wire/purse_message.h"

/* The session key that `key` makes of a transaction, from RANDOM NUMBER SEQ_LOW. DES or 3DES says
 * the length of the key, not its algorithm byte. [purse.md C-04] The caller wipes it. */
void session_make(
    const struct secret *key, const struct trade_facts *facts, struct secret *session);

/* The MAC or TAC, its left four bytes, over one message of the facts; zeros over MESSAGE_NONE. The
 * key of a TAC is a DTK after secret_fold(). */
void session_mac(const struct secret *session, enum message name, const struct trade_facts *facts,
    uint8_t mac[MAC_LEN]);

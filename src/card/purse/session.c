#include "card/purse/session.h"

#include "crypto/secret.h"

void session_make(
    const struct secret *key, const struct trade_facts *facts, struct secret *session) {
    uint8_t input[8];
    struct builder b = builder_in(input, sizeof input);
    put_message(&b, MESSAGE_SESSION, facts);
    secret_session(key, input, session);
}

void session_mac(const struct secret *session, enum message name, const struct trade_facts *facts,
    uint8_t mac[MAC_LEN]) {
    uint8_t room[PURSE_MESSAGE_MAX];
    uint8_t whole[DES_BLOCK] = {0};
    struct builder message = builder_in(room, sizeof room);
    if (name != MESSAGE_NONE) {
        put_message(&message, name, facts);
        secret_mac(session, NULL, builder_bytes(&message), whole);
    }
    (void)memcpy(mac, whole, MAC_LEN);
}

#include "card/purse/session.h"

#include "crypto/derive.h"
#include "crypto/mac.h"
#include "crypto/secret.h"

void session_make(const struct secret *key, const uint8_t input[8], uint8_t session[8]) {
    struct tdes_key ready;
    secret_prepare(key, &ready);
    tdes_encrypt(&ready, input, session);
    crypto_wipe(&ready, sizeof ready);
}

void session_tac_key(const struct secret *dtk, uint8_t key[8]) {
    struct key128 whole;
    if (dtk->len != KEY128_LEN) {
        (void)memcpy(key, dtk->bytes, DES_BLOCK);
        return;
    }
    (void)memcpy(whole.bytes, dtk->bytes, sizeof whole.bytes);
    derive_tac_key(&whole, key);
    crypto_wipe(&whole, sizeof whole);
}

/* The left four bytes of the MAC. */
static void mac_left(const uint8_t key[8], const struct builder *message, uint8_t mac[MAC_LEN]) {
    uint8_t whole[DES_BLOCK];
    mac_single(key, NULL, builder_bytes(message), whole);
    (void)memcpy(mac, whole, MAC_LEN);
    crypto_wipe(whole, sizeof whole);
}

void session_load_mac(
    const uint8_t key[8], put_load *put, const struct load_facts *f, uint8_t mac[MAC_LEN]) {
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder message = builder_in(room, sizeof room);
    put(&message, f);
    mac_left(key, &message, mac);
}

void session_purchase_mac(
    const uint8_t key[8], put_purchase *put, const struct purchase_facts *f, uint8_t mac[MAC_LEN]) {
    uint8_t room[PURSE_MESSAGE_MAX];
    struct builder message = builder_in(room, sizeof room);
    put(&message, f);
    mac_left(key, &message, mac);
}

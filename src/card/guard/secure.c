#include "card/guard/secure.h"

#include "crypto/mac.h"
#include "crypto/secret.h"

void secret_prepare(const struct secret *key, struct tdes_key *ready) {
    if (key->len == DES_BLOCK) {
        tdes_prepare_single(ready, key->bytes);
        return;
    }
    struct key128 whole;
    (void)memcpy(whole.bytes, key->bytes, sizeof whole.bytes);
    tdes_prepare(ready, &whole);
    crypto_wipe(&whole, sizeof whole);
}

void secret_mac(
    const struct secret *key, const uint8_t iv[DES_BLOCK], struct bytes data, uint8_t mac[8]) {
    if (key->len == DES_BLOCK) {
        mac_single(key->bytes, iv, data, mac);
        return;
    }
    struct key128 whole;
    (void)memcpy(whole.bytes, key->bytes, sizeof whole.bytes);
    mac_retail(&whole, iv, data, mac);
    crypto_wipe(&whole, sizeof whole);
}

void secure_begin(struct secure *s, enum secure_form form, const struct secret *key,
    const struct challenge *challenge) {
    *s = (struct secure){.key = *key};
    if (form == SECURE_PURSE) {
        (void)memcpy(s->iv, challenge->bytes, sizeof s->iv);
        return;
    }
    struct tdes_key ready;
    secret_prepare(key, &ready);
    tdes_encrypt(&ready, challenge->bytes, s->key.bytes);
    s->key.len = DES_BLOCK;
    crypto_wipe(s->key.bytes + DES_BLOCK, sizeof s->key.bytes - DES_BLOCK);
    crypto_wipe(&ready, sizeof ready);
}

struct bytes secure_body(const struct apdu *command) {
    size_t len = command->data.len;
    return bytes_of(command->data.at, len > SECURE_MAC_LEN ? len - SECURE_MAC_LEN : 0);
}

bool secure_mac_right(const struct secure *s, const struct apdu *command) {
    uint8_t message[5 + APDU_DATA_MAX];
    uint8_t mac[DES_BLOCK];
    if (command->data.len < SECURE_MAC_LEN) {
        return false;
    }
    struct builder b = builder_in(message, sizeof message);
    put_u8(&b, command->cla);
    put_u8(&b, command->ins);
    put_u8(&b, command->p1);
    put_u8(&b, command->p2);
    put_u8(&b, (uint8_t)command->data.len);
    put_bytes(&b, secure_body(command));
    secret_mac(&s->key, s->iv, builder_bytes(&b), mac);
    bool right = crypto_equal(
        mac, command->data.at + command->data.len - SECURE_MAC_LEN, SECURE_MAC_LEN);
    crypto_wipe(mac, sizeof mac);
    return right;
}

/* What follows the data up to the end of the ciphertext: nothing, or 80 and zeros. */
static bool padding_right(struct bytes rest) {
    bool right = rest.len == 0 || rest.at[0] == 0x80;
    for (size_t i = 1; i < rest.len; i++) {
        right = right && rest.at[i] == 0;
    }
    return right;
}

bool secure_decipher(
    const struct secure *s, struct bytes cipher, uint8_t *room, struct bytes *plain) {
    if (cipher.len == 0 || cipher.len % DES_BLOCK != 0 || cipher.len > APDU_DATA_MAX) {
        return false;
    }
    struct tdes_key ready;
    secret_prepare(&s->key, &ready);
    for (size_t i = 0; i < cipher.len; i += DES_BLOCK) {
        tdes_decrypt(&ready, cipher.at + i, room + i);
    }
    crypto_wipe(&ready, sizeof ready);
    struct cursor c = cursor_over(bytes_of(room, cipher.len));
    *plain = cursor_take(&c, cursor_u8(&c));
    return !c.overran && c.rest.len <= DES_BLOCK && padding_right(c.rest);
}

/* LD || data || padding, in the place of the data. */
static void encipher(const struct secure *s, struct builder *answer) {
    size_t data_len = answer->len;
    put_u8(answer, 0); /* makes room for LD */
    if (answer->len % DES_BLOCK != 0) {
        put_u8(answer, 0x80);
        put_fill(answer, 0x00, (DES_BLOCK - answer->len % DES_BLOCK) % DES_BLOCK);
    }
    if (answer->overflowed) {
        return;
    }
    (void)memmove(answer->at + 1, answer->at, data_len);
    answer->at[0] = (uint8_t)data_len;
    struct tdes_key ready;
    secret_prepare(&s->key, &ready);
    for (size_t i = 0; i < answer->len; i += DES_BLOCK) {
        tdes_encrypt(&ready, answer->at + i, answer->at + i);
    }
    crypto_wipe(&ready, sizeof ready);
}

void secure_seal(const struct secure *s, bool ciphered, struct builder *answer) {
    uint8_t mac[DES_BLOCK];
    if (ciphered) {
        encipher(s, answer);
    }
    secret_mac(&s->key, s->iv, builder_bytes(answer), mac);
    put_bytes(answer, bytes_of(mac, SECURE_MAC_LEN));
    crypto_wipe(mac, sizeof mac);
}

void secure_end(struct secure *s) {
    crypto_wipe(s, sizeof *s);
}

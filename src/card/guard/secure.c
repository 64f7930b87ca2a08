#include "card/guard/secure.h"

#include "crypto/secret.h"

void secure_begin(struct secure *s, enum secure_form form, const struct secret *key,
    const struct challenge *challenge) {
    *s = (struct secure){.key = *key};
    if (form == SECURE_PURSE) {
        (void)memcpy(s->iv, challenge->bytes, sizeof s->iv);
    } else {
        secret_session(key, challenge->bytes, &s->key);
    }
}

struct bytes secure_body(const struct apdu *command) {
    size_t len = command->data.len;
    return bytes_of(command->data.at, len > SECURE_MAC_LEN ? len - SECURE_MAC_LEN : 0);
}

bool secure_mac_right(const struct secure *s, const struct apdu *command) {
    uint8_t mac[DES_BLOCK];
    if (command->data.len < SECURE_MAC_LEN) {
        return false;
    }
    /* The line as it came, up to the MAC. */
    struct bytes line = bytes_of(
        command->data.at - APDU_HEAD, APDU_HEAD + command->data.len - SECURE_MAC_LEN);
    secret_mac(&s->key, s->iv, line, mac);
    bool right = crypto_equal(mac, line.at + line.len, SECURE_MAC_LEN);
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
    uint8_t block = secret_block(&s->key);
    if (cipher.len == 0 || (cipher.len & (block - 1u)) != 0 || cipher.len > APDU_DATA_MAX) {
        return false;
    }
    secret_decrypt_all(&s->key, cipher.at, room, cipher.len);
    struct cursor c = cursor_over(bytes_of(room, cipher.len));
    *plain = cursor_take(&c, cursor_u8(&c));
    return !c.overran && c.rest.len <= block && padding_right(c.rest);
}

/* LD || data || padding, in the place of the data. */
static void encipher(const struct secure *s, struct builder *answer) {
    size_t data_len = answer->len;
    uint8_t block = secret_block(&s->key);
    put_u8(answer, 0); /* makes room for LD */
    if ((answer->len & (block - 1u)) != 0) {
        put_u8(answer, 0x80);
        put_fill(answer, 0x00, (0u - answer->len) & (block - 1u));
    }
    if (answer->overflowed) {
        return;
    }
    (void)memmove(answer->at + 1, answer->at, data_len);
    answer->at[0] = (uint8_t)data_len;
    secret_encrypt_all(&s->key, answer->at, answer->len);
}

uint16_t secure_read_max(const struct secure *s) {
    return (uint16_t)(SECURE_READ_MAX + DES_BLOCK - secret_block(&s->key));
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

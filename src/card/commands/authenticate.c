#include "card/commands/commands.h"
#include "card/guard/secure.h"
#include "card/guard/tries.h"
#include "crypto/secret.h"

/* Challenges, and proving keys to each other. [purse.md 4.1; card.md 5.3, 6]
 *
 * In a purse directory a proof is the challenge under the key itself. In a social security
 * directory it is DES(SK, original), SK = 3DES(key, factor): the factor is the challenge when the
 * card is to believe, and comes with the command when the card is to be believed. */

enum {
    SOCIAL_LEN = 16,         /* factor and original, or proof and original */
    SOCIAL_VERSION_LEN = 17, /* and the key version */
};

enum sw get_challenge(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    if (cmd->le != CHALLENGE_LEN && cmd->le != CHALLENGE_SHORT_LEN) {
        return SW_WRONG_LENGTH;
    }
    struct challenge *challenge = &cos->chip.challenge;
    challenge_draw(challenge, cos->chip.store.nvm, (uint8_t)cmd->le);
    put_bytes(out, bytes_of(challenge->bytes, cmd->le));
    purse_outlive(&cos->purse); /* a record of a compound purchase may want a MAC */
    return SW_OK;
}

/* DES(3DES(key, factor), original). */
static void social_proof(const struct key_record *key, const uint8_t factor[DES_BLOCK],
    const uint8_t original[DES_BLOCK], uint8_t proof[DES_BLOCK]) {
    struct secret secret = key_secret(key);
    struct tdes_key ready;
    uint8_t session[DES_BLOCK];
    secret_prepare(&secret, &ready);
    tdes_encrypt(&ready, factor, session);
    tdes_prepare_single(&ready, session);
    tdes_encrypt(&ready, original, proof);
    crypto_wipe(&ready, sizeof ready);
    crypto_wipe(&secret, sizeof secret);
    crypto_wipe(session, sizeof session);
}

/* What the right answer to the challenge begins with. */
static void expected_proof(const struct chip *chip, const struct key_record *key, struct bytes data,
    uint8_t proof[DES_BLOCK]) {
    if (chip->family == FAMILY_SOCIAL) {
        social_proof(key, chip->challenge.bytes, data.at + DES_BLOCK, proof);
        return;
    }
    struct secret secret = key_secret(key);
    struct tdes_key ready;
    secret_prepare(&secret, &ready);
    tdes_encrypt(&ready, chip->challenge.bytes, proof);
    crypto_wipe(&ready, sizeof ready);
    crypto_wipe(&secret, sizeof secret);
}

enum sw external_authenticate(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    struct held_key held;
    uint8_t proof[DES_BLOCK];
    if (cmd->p1 != 0) {
        return SW_WRONG_P1P2;
    }
    if (cmd->data.len != (chip->family == FAMILY_SOCIAL ? SOCIAL_LEN : DES_BLOCK)) {
        return SW_WRONG_LENGTH;
    }
    if (!challenge_live(&chip->challenge)) {
        return SW_NO_CHALLENGE;
    }
    enum sw sw = key_ready(chip, KEY_EXTERNAL, cmd->p2, &held);
    sw = sw == SW_OK ? tries_take(chip, &held) : sw;
    if (sw != SW_OK) {
        return sw;
    }
    expected_proof(chip, &held.key, cmd->data, proof);
    if (crypto_equal(proof, cmd->data.at, sizeof proof)) {
        sw = tries_restore(chip, &held);
    } else {
        sw = tries_answer(&held.key);
    }
    if (sw == SW_OK) {
        guard_prove_key(chip, &held.key);
    }
    crypto_wipe(proof, sizeof proof);
    key_wipe(&held);
    return sw;
}

/* The social form: factor, original, and perhaps the version that the key must have. */
static enum sw prove_social(
    const struct key_record *key, const struct apdu *cmd, struct builder *out) {
    uint8_t proof[DES_BLOCK];
    if (cmd->data.len != SOCIAL_LEN && cmd->data.len != SOCIAL_VERSION_LEN) {
        return SW_WRONG_LENGTH;
    }
    if (cmd->data.len == SOCIAL_VERSION_LEN && cmd->data.at[SOCIAL_LEN] != key->version) {
        return SW_KEY_NOT_FOUND;
    }
    social_proof(key, cmd->data.at, cmd->data.at + DES_BLOCK, proof);
    put_bytes(out, bytes_of(proof, sizeof proof));
    return SW_OK;
}

/* The purse form: the data through the key, block by block, or their MAC. */
static enum sw prove_purse(
    const struct key_record *key, const struct apdu *cmd, struct builder *out) {
    static const uint8_t no_iv[DES_BLOCK];
    struct secret secret = key_secret(key);
    struct tdes_key ready;
    uint8_t block[DES_BLOCK];
    if (key->type == KEY_INTERNAL_MAC) {
        secret_mac(&secret, no_iv, cmd->data, block);
        put_bytes(out, bytes_of(block, MAC_LEN));
        crypto_wipe(&secret, sizeof secret);
        return SW_OK;
    }
    secret_prepare(&secret, &ready);
    for (size_t i = 0; i < cmd->data.len; i += DES_BLOCK) {
        if (key->type == KEY_INTERNAL_ENCRYPT) {
            tdes_encrypt(&ready, cmd->data.at + i, block);
        } else {
            tdes_decrypt(&ready, cmd->data.at + i, block);
        }
        put_bytes(out, bytes_of(block, sizeof block));
    }
    crypto_wipe(&ready, sizeof ready);
    crypto_wipe(&secret, sizeof secret);
    return SW_OK;
}

enum sw internal_authenticate(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    static const uint8_t types[] = {
        KEY_INTERNAL_ENCRYPT, KEY_INTERNAL_DECRYPT, KEY_INTERNAL_MAC}; /* by P1 */
    struct chip *chip = &cos->chip;
    bool social = chip->family == FAMILY_SOCIAL;
    struct held_key held;
    if (cmd->p1 >= sizeof types || (social && cmd->p1 != 0)) {
        return SW_WRONG_P1P2;
    }
    bool whole_blocks = cmd->data.len % DES_BLOCK == 0;
    if (!social && !whole_blocks && types[cmd->p1] != KEY_INTERNAL_MAC) {
        return SW_WRONG_LENGTH;
    }
    enum sw sw = key_ready(chip, types[cmd->p1], cmd->p2, &held);
    if (sw != SW_OK) {
        return sw;
    }
    sw = social ? prove_social(&held.key, cmd, out) : prove_purse(&held.key, cmd, out);
    key_wipe(&held);
    return sw;
}

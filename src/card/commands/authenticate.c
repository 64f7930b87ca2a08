#include "base/features.h"
#include "card/commands/commands.h"
#include "card/guard/secure.h"
#include "card/guard/tries.h"
#include "crypto/secret.h"

/* Challenges, and proving keys to each other. [purse.md 4.1; card.md 2.7, 5.3, 6]
 *
 * In a purse directory a proof is the challenge under the key itself: a block of the directory's
 * cipher, so 8 bytes or, under SM4, 16. In a social security directory it is made by a session key:
 * DES(SK, original), SK = 3DES(key, factor), and the like under SM4. The factor is the challenge
 * when the card is to believe, and comes with the command when the card is to be believed. A key's
 * version may stand behind both. */

enum {
    SOCIAL_LEN = 16,         /* factor and original, or proof and original */
    SOCIAL_VERSION_LEN = 17, /* and the key version */
};

/* Sixteen bytes are asked for where a proof is as long, and nowhere else. */
static bool challenge_has(const struct chip *chip, uint16_t len) {
    return len == CHALLENGE_SHORT_LEN || len == CHALLENGE_LEN
           || (chip->family == FAMILY_PURSE && len == cipher_block((uint8_t)chip->algorithm));
}

enum sw get_challenge(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    if (cmd->p1 != 0 || cmd->p2 != 0) {
        return SW_WRONG_P1P2;
    }
    if (!challenge_has(&cos->chip, cmd->le)) {
        return SW_WRONG_LENGTH;
    }
    struct challenge *challenge = &cos->chip.challenge;
    challenge_draw(challenge, cos->chip.store.nvm, (uint8_t)cmd->le);
    put_bytes(out, bytes_of(challenge->bytes, cmd->le));
    purse_outlive(&cos->purse); /* a record of a compound purchase may want a MAC */
    return SW_OK;
}

/* Session key from the factor, proof from the original. */
static void social_proof(const struct secret *secret, const uint8_t factor[DES_BLOCK],
    const uint8_t original[DES_BLOCK], uint8_t proof[DES_BLOCK]) {
    struct secret session;
    secret_session(secret, factor, &session);
    secret_proof(&session, original, proof);
    crypto_wipe(&session, sizeof session);
}

/* What the right answer to the challenge begins with; returns how many bytes count. */
static uint8_t expected_proof(const struct chip *chip, const struct key_record *key,
    struct bytes data, uint8_t proof[CIPHER_BLOCK_MAX]) {
    struct secret secret = key_secret(key);
    uint8_t len = DES_BLOCK;
    if (chip->family == FAMILY_SOCIAL) {
        social_proof(&secret, chip->challenge.bytes, data.at + DES_BLOCK, proof);
    } else {
        len = secret_block(&secret);
        secret_encrypt(&secret, chip->challenge.bytes, proof);
    }
    crypto_wipe(&secret, sizeof secret);
    return len;
}

/* The version of a social security key stands in the high half of the byte whose low half is the
 * follow-up state of the purse dialect. [decision 0021] */
static bool version_meant(
    const struct chip *chip, const struct key_record *key, struct bytes data) {
    bool apart = CARD_DATANG && chip->dialect == DIALECT_DATANG; /* beside its level */
    uint8_t version = apart ? key->change : key->version >> 4;
    return data.len < SOCIAL_VERSION_LEN || data.at[SOCIAL_LEN] == version;
}

/* Whether the command is as long as its family and cipher want it. */
static bool proof_length_right(const struct chip *chip, size_t len) {
    if (chip->family == FAMILY_SOCIAL) {
        return len == SOCIAL_LEN || len == SOCIAL_VERSION_LEN;
    }
    return len == cipher_block((uint8_t)chip->algorithm);
}

/* A live challenge that is long enough: zeros behind a shorter one were nobody's choice. Eight
 * bytes for a session key, a block for the purse form; there DES takes four, too. [purse.md 1.3] */
static bool challenge_serves(const struct chip *chip) {
    const struct challenge *challenge = &chip->challenge;
    uint8_t least = CHALLENGE_LEN;
    if (chip->family == FAMILY_PURSE) {
        least = chip->algorithm == ALGORITHM_TDES ? CHALLENGE_SHORT_LEN : CHALLENGE_LONG_LEN;
    }
    return challenge_live(challenge) && challenge->len >= least;
}

enum sw external_authenticate(struct cos *cos, const struct apdu *cmd, struct builder *out) {
    (void)out;
    struct chip *chip = &cos->chip;
    struct held_key held;
    uint8_t proof[CIPHER_BLOCK_MAX];
    if (cmd->p1 != 0) {
        return SW_WRONG_P1P2;
    }
    if (!proof_length_right(chip, cmd->data.len)) {
        return SW_WRONG_LENGTH;
    }
    if (!challenge_serves(chip)) {
        return SW_NO_CHALLENGE;
    }
    enum sw sw = key_ready(chip, KEY_EXTERNAL, cmd->p2, &held);
    if (sw == SW_OK && !version_meant(chip, &held.key, cmd->data)) {
        sw = SW_KEY_NOT_FOUND;
    }
    sw = sw == SW_OK ? tries_take(chip, &held) : sw;
    if (sw != SW_OK) {
        key_wipe(&held);
        return sw;
    }
    uint8_t len = expected_proof(chip, &held.key, cmd->data, proof);
    if (crypto_equal(proof, cmd->data.at, len)) {
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
    struct secret secret = key_secret(key);
    social_proof(&secret, cmd->data.at, cmd->data.at + DES_BLOCK, proof);
    put_bytes(out, bytes_of(proof, sizeof proof));
    crypto_wipe(&secret, sizeof secret);
    return SW_OK;
}

/* The purse form: the data through the key, block by block, or their MAC. */
static enum sw prove_purse(
    const struct key_record *key, const struct apdu *cmd, struct builder *out) {
    struct secret secret = key_secret(key);
    uint8_t block[CIPHER_BLOCK_MAX];
    if (key->type == KEY_INTERNAL_MAC) {
        secret_mac(&secret, NULL, cmd->data, block);
        put_bytes(out, bytes_of(block, MAC_LEN));
        crypto_wipe(&secret, sizeof secret);
        return SW_OK;
    }
    uint8_t len = secret_block(&secret);
    for (size_t i = 0; i < cmd->data.len; i += len) {
        if (key->type == KEY_INTERNAL_ENCRYPT) {
            secret_encrypt(&secret, cmd->data.at + i, block);
        } else {
            secret_decrypt(&secret, cmd->data.at + i, block);
        }
        put_bytes(out, bytes_of(block, len));
    }
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
    bool whole_blocks = (cmd->data.len & (cipher_block((uint8_t)chip->algorithm) - 1u)) == 0;
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

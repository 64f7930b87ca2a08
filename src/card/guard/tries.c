#include "card/guard/tries.h"

#include "card/guard/guard.h"
#include "crypto/secret.h"

/* Which types keep a try counter where others keep their algorithm. [purse.md 2.4] */
static bool counts_tries(uint8_t type) {
    return type >= KEY_MAINTENANCE && type <= KEY_PIN;
}

static enum sw count(struct chip *chip, struct held_key *held, uint8_t counter) {
    (void)chip_assert(chip, counts_tries(held->key.type));
    store_begin_brief(&chip->store);
    enum sw sw = chip_settle(chip, key_count(&chip->store, held->at, counter));
    held->key.counter = sw == SW_OK ? counter : held->key.counter;
    return sw;
}

enum sw tries_take(struct chip *chip, struct held_key *held) {
    if (tries_left(&held->key) == 0) {
        return SW_BLOCKED;
    }
    enum sw sw = count(chip, held, (uint8_t)(held->key.counter - 1));
    (void)chip_assert(
        chip, sw != SW_OK || tries_left(&held->key) < 0x0F); /* it went down [tries 1] */
    return sw;
}

enum sw tries_restore(struct chip *chip, struct held_key *held) {
    uint8_t full = tries_full(held->key.counter);
    return held->key.counter == full ? SW_OK : count(chip, held, full);
}

enum sw key_ready(struct chip *chip, uint8_t type, uint8_t id, struct held_key *out) {
    enum sw sw = key_find(&chip->store, &chip->dir, type, id, &out->key, &out->at);
    out->key.algorithm = (uint8_t)chip->algorithm;
    if (sw == SW_OK && !guard_allows_interval(chip, out->key.use)) {
        sw = SW_SECURITY;
    }
    if (sw == SW_OK && counts_tries(type) && tries_left(&out->key) == 0) {
        sw = SW_BLOCKED;
    }
    if (sw != SW_OK) {
        key_wipe(out);
    }
    return sw;
}

struct secret key_secret(const struct key_record *key) {
    struct secret secret;
    (void)memcpy(secret.bytes, key->value, sizeof secret.bytes);
    secret.len = key->len;
    secret.algorithm = key->algorithm;
    return secret;
}

void key_wipe(struct held_key *held) {
    crypto_wipe(held, sizeof *held);
}

#include "card/commands/new_key.h"

#include "card/commands/target.h"

enum { PIN_STORED = 8, PIN_DATA_MIN = 2 };

/* SM4 has keys of sixteen bytes only. [decision 0020] */
static bool length_fits(const struct chip *chip, const struct key_record *key, size_t len) {
    if (key->type == KEY_PIN) {
        return len >= PIN_DATA_MIN && len <= PIN_STORED;
    }
    return len == KEY128_LEN || (len == DES_BLOCK && chip->algorithm != ALGORITHM_SM4);
}

enum sw new_key_value(const struct chip *chip, struct key_record *key, struct bytes value) {
    if (!length_fits(chip, key, value.len)) {
        return SW_WRONG_LENGTH;
    }
    (void)memset(key->value, 0xFF, sizeof key->value);
    (void)memcpy(key->value, value.at, value.len);
    key->len = key->type == KEY_PIN ? PIN_STORED : (uint8_t)value.len;
    return SW_OK;
}

enum sw new_key_add(struct chip *chip, const struct key_record *key) {
    (void)chip_assert(chip, key->len > 0 && key->len <= KEY_VALUE_MAX);
    store_begin(&chip->store);
    return batch_end(chip, key_add(&chip->store, &chip->dir, key));
}

/* Tries are kept over a replacement, unless the new key brings another maximum: then it begins with
 * all of them. [purse.md 2.4] */
static uint8_t counter_after(const struct key_record *old, const struct key_record *new) {
    bool tries = new->type >= KEY_MAINTENANCE &&new->type <= KEY_PIN;
    if (!tries) {
        return new->counter;
    }
    bool same_most = old->counter >> 4 == new->counter >> 4;
    return same_most ? old->counter : tries_full(new->counter);
}

/* What is locked for ever is not opened by a new value. [purse.md 2.4] */
static bool locked_for_ever(const struct key_record *key) {
    bool lockable = key->type == KEY_EXTERNAL || key->type == KEY_PIN_UNBLOCK;
    return lockable && tries_left(key) == 0;
}

enum sw new_key_over(struct chip *chip, const struct held_key *old, struct key_record *key) {
    if (locked_for_ever(&old->key)) {
        return SW_BLOCKED;
    }
    if (key->type != old->key.type) {
        return SW_WRONG_DATA;
    }
    if (key->len != old->key.len) {
        return SW_WRONG_LENGTH;
    }
    key->counter = counter_after(&old->key, key);
    (void)chip_assert(chip, key->type == old->key.type && key->id == old->key.id);
    store_begin(&chip->store);
    return batch_end(chip, key_replace(&chip->store, old->at, key));
}

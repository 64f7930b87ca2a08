#include "card/guard/pin.h"

#include "crypto/secret.h"

/* Fills up with FF, the form a PIN is kept in. False for a length that no PIN has. */
static bool pin_pad(struct bytes entered, uint8_t padded[PIN_LEN_MAX]) {
    if (entered.len < 1 || entered.len > PIN_LEN_MAX) {
        return false;
    }
    (void)memset(padded, 0xFF, PIN_LEN_MAX);
    (void)memcpy(padded, entered.at, entered.len);
    return true;
}

enum sw pin_find(struct chip *chip, uint8_t id, struct pin *out) {
    out->home = chip->dir;
    enum sw sw = key_find(&chip->store, &out->home, KEY_PIN, id, &out->held.key, &out->held.at);
    if (sw != SW_OK && chip->family == FAMILY_SOCIAL && dir_above(&chip->dir, &out->home)) {
        sw = key_find(&chip->store, &out->home, KEY_PIN, id, &out->held.key, &out->held.at);
    }
    if (sw == SW_KEY_NOT_FOUND) {
        return SW_KEY_INDEX;
    }
    if (sw != SW_OK) {
        return sw;
    }
    return guard_allows_interval(chip, out->held.key.use) ? SW_OK : SW_SECURITY;
}

enum sw pin_try(struct chip *chip, struct pin *pin, struct bytes entered) {
    uint8_t padded[PIN_LEN_MAX];
    if (!pin_pad(entered, padded)) {
        return SW_WRONG_LENGTH;
    }
    enum sw sw = tries_take(chip, &pin->held);
    if (sw != SW_OK) {
        guard_drop_pin(chip);
        return sw;
    }
    bool right = crypto_equal(padded, pin->held.key.value, sizeof padded);
    crypto_wipe(padded, sizeof padded);
    if (!right) {
        guard_drop_pin(chip);
        return tries_answer(&pin->held.key);
    }
    return tries_restore(chip, &pin->held);
}

/* One batch: what of the record has changed, and all tries back. */
static enum sw pin_write(struct chip *chip, struct pin *pin) {
    (void)chip_assert(chip, pin->held.key.type == KEY_PIN);
    (void)chip_assert(chip, pin->held.key.len == PIN_LEN_MAX);
    pin->held.key.counter = tries_full(pin->held.key.counter);
    store_begin(&chip->store);
    return chip_settle(chip, key_replace(&chip->store, pin->held.at, &pin->held.key));
}

enum sw pin_set(struct chip *chip, struct pin *pin, struct bytes entered) {
    if (entered.len < PIN_LEN_MIN || !pin_pad(entered, pin->held.key.value)) {
        return SW_WRONG_LENGTH;
    }
    return pin_write(chip, pin);
}

enum sw pin_unlock(struct chip *chip, struct pin *pin) {
    return pin_write(chip, pin);
}

#include "card/guard/chip.h"

#include "base/features.h"
#include "card/guard/guard.h"
#include "crypto/secret.h"

enum {
    LIFE_BYTE_BLOCKED = 0xB1, /* at LAYOUT_LIFE; anything else is a card at work */
    MISTAKES_AT = LAYOUT_LIFE + 1,
    MISTAKES_MAX = 0xFF,
    HISTORICAL_AT = LAYOUT_LIFE + 2, /* a mark, and the bytes that count instead of the birth's */
    HISTORICAL_MARK = 0xA7,
};

void chip_wake(struct chip *chip) {
    uint8_t life = 0;
    struct dir master;
    enum dialect dialect = chip->dialect;
    (void)memset(chip, 0, offsetof(struct chip, store)); /* nothing selected, nothing proven */
    chip->dialect = dialect;
    chip->guard.key_here = NO_KEY;
    chip->guard.key_above = NO_KEY;
    chip->family = FAMILY_PURSE;
    store_read(&chip->store, LAYOUT_LIFE, &life, 1);
    chip->card_blocked = life == LIFE_BYTE_BLOCKED;
    if (dir_master(&chip->store, &master) == SW_OK) {
        guard_enter(chip, &master);
    }
}

uint8_t chip_mistakes(const struct chip *chip) {
    uint8_t count = 0;
    store_read(&chip->store, MISTAKES_AT, &count, 1);
    return count;
}

bool chip_assert(struct chip *chip, bool holds) {
    if (holds || chip->broken) {
        return holds;
    }
    store_abandon(&chip->store);
    uint8_t count = chip_mistakes(chip);
    count = (uint8_t)(count + (count < MISTAKES_MAX));
    store_begin(&chip->store);
    (void)store_write(&chip->store, MISTAKES_AT, &count, 1); /* counting may fail, muting may not */
    (void)store_commit(&chip->store);
    chip->store.stuck = true;
    chip->broken = true;
    return false;
}

enum sw chip_settle(struct chip *chip, enum sw sw) {
    (void)chip_assert(chip, chip->store.open);
    if (sw == SW_OK && store_commit(&chip->store)) {
        return SW_OK;
    }
    store_abandon(&chip->store);
    return sw != SW_OK ? sw : SW_MEMORY;
}

static enum sw life_write(struct chip *chip, uint32_t at, const uint8_t *from, uint32_t len) {
    return store_write(&chip->store, at, from, len) ? SW_OK : SW_MEMORY;
}

_Static_assert(HISTORICAL_AT + 1 + CHIP_HISTORICAL_LEN <= LAYOUT_LIFE + LAYOUT_LIFE_LEN, "life");

void chip_historical(const struct chip *chip, uint8_t historical[CHIP_HISTORICAL_LEN]) {
    uint8_t mark = 0;
    store_read(&chip->store, HISTORICAL_AT, &mark, 1);
    uint32_t at = CARD_DATANG && mark == HISTORICAL_MARK ? HISTORICAL_AT + 1u
                                                         : LAYOUT_BIRTH_HISTORICAL;
    store_read(&chip->store, at, historical, CHIP_HISTORICAL_LEN);
}

enum sw chip_set_historical(struct chip *chip, uint8_t at, struct bytes part) {
    uint8_t all[1 + CHIP_HISTORICAL_LEN] = {HISTORICAL_MARK};
    if (!chip_assert(chip, at + part.len <= CHIP_HISTORICAL_LEN)) {
        return SW_OUR_MISTAKE;
    }
    chip_historical(chip, all + 1);
    (void)memcpy(all + 1 + at, part.at, part.len);
    store_begin(&chip->store);
    return chip_settle(chip, life_write(chip, HISTORICAL_AT, all, sizeof all));
}

enum life chip_life(const struct chip *chip) {
    static const enum life of_block[] = {
        [APP_FREE] = LIFE_WORKING,
        [APP_BLOCKED] = LIFE_APP_BLOCKED,
        [APP_DEAD] = LIFE_APP_DEAD,
    };
    if (chip->card_blocked) {
        return LIFE_CARD_BLOCKED;
    }
    if (chip->dir.depth == 0) {
        return LIFE_BLANK;
    }
    return chip->blocked <= APP_DEAD ? of_block[chip->blocked] : LIFE_APP_DEAD;
}

enum sw chip_block(struct chip *chip) {
    static const uint8_t blocked = LIFE_BYTE_BLOCKED;
    store_begin(&chip->store);
    enum sw sw = chip_settle(chip, life_write(chip, LAYOUT_LIFE, &blocked, 1));
    chip->card_blocked = chip->card_blocked || sw == SW_OK;
    return sw;
}

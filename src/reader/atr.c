#include "reader/atr.h"

#include <assert.h>
#include <string.h>

enum {
    TS_DIRECT = 0x3B,
    TS_INVERSE = 0x3F,
    HISTORICAL_LEN = 13, /* of a social security card [card.md 1.1] */
    INTERFACE_ROUNDS_MAX = 8,
};

/* How many of TAi, TBi, TCi the upper nibble of T0 or TDi announces. */
static size_t interface_bytes(uint8_t announced) {
    return (size_t)(announced >> 4 & 1) + (announced >> 5 & 1) + (announced >> 6 & 1);
}

/* The rounds have a limit: T0 announces the first interface bytes, each TDi the next. */
struct bytes atr_historical(struct bytes atr) {
    assert(atr.at || atr.len == 0);
    struct cursor c = cursor_over(atr);
    uint8_t ts = cursor_u8(&c), t0 = cursor_u8(&c);
    uint8_t announced = t0;
    bool has_check = false;
    for (int i = 0; i < INTERFACE_ROUNDS_MAX; i++) {
        (void)cursor_take(&c, interface_bytes(announced));
        if (!(announced & 0x80)) {
            break;
        }
        announced = cursor_u8(&c);
        has_check = has_check || (announced & 0x0F) != 0; /* anything but T=0 brings a TCK */
    }
    struct bytes historical = cursor_take(&c, t0 & 0x0F);
    (void)cursor_take(&c, has_check ? 1 : 0);
    bool sound = (ts == TS_DIRECT || ts == TS_INVERSE) && cursor_finished(&c);
    return sound ? historical : (struct bytes){0};
}

/* The last eight of thirteen historical bytes. [card.md 1.1, 3.7] */
bool atr_factor(struct bytes atr, uint8_t factor[CARD_FACTOR_LEN]) {
    assert(atr.at || atr.len == 0);
    assert(factor);
    struct bytes historical = atr_historical(atr);
    if (historical.len != HISTORICAL_LEN) {
        return false;
    }
    assert(historical.at > atr.at);
    (void)memcpy(factor, historical.at + HISTORICAL_LEN - CARD_FACTOR_LEN, CARD_FACTOR_LEN);
    return true;
}

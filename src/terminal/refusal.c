#include "terminal/refusal.h"

#include "wire/sw.h"

static const struct refusal_text texts[] = {
#define REFUSAL(name, code, text, zh, en) {REFUSED_##name, text, zh, en},
#include "terminal/refusal.def"
};
enum { TEXT_COUNT = sizeof texts / sizeof texts[0] };

static const struct refusal_text unknown = {
    REFUSED_NOTHING, "unknown", "原因不明，请联系中心", "An unknown reason; ask the centre"};

/* What a status word means where it was met. Words that are not here are REFUSED_CARD_SAYS, or
 * REFUSED_MODULE_SAYS from the security module. [purse.md 4.15] */
static const struct meaning {
    enum refusal_step step;
    uint16_t sw;
    enum refusal refusal;
} meanings[] = {
    {STEP_SELECT,   SW_FILE_NOT_FOUND,   REFUSED_FOREIGN_CARD },
    {STEP_SELECT,   SW_UNSUPPORTED,      REFUSED_CARD_BLOCKED },
    {STEP_SELECT,   SW_FILE_INVALIDATED, REFUSED_CARD_BLOCKED },
    {STEP_SELECT,   SW_LOCKED_FOR_EVER,  REFUSED_CARD_BLOCKED },
    {STEP_PIN,      SW_BLOCKED,          REFUSED_PIN_BLOCKED  },
    {STEP_PIN,      SW_UNSUPPORTED,      REFUSED_CARD_BLOCKED },
    {STEP_LOAD,     SW_CONDITIONS,       REFUSED_CEILING      },
    {STEP_LOAD,     SW_SECURITY,         REFUSED_PIN_WRONG    },
    {STEP_LOAD,     SW_KEY_INDEX,        REFUSED_KEY_UNKNOWN  },
    {STEP_LOAD,     SW_COUNTER_FULL,     REFUSED_COUNTER_FULL },
    {STEP_LOAD,     SW_UNSUPPORTED,      REFUSED_CARD_BLOCKED },
    {STEP_CREDIT,   SW_MAC_WRONG,        REFUSED_MAC_WRONG    },
    {STEP_PURCHASE, SW_FUNDS,            REFUSED_FUNDS        },
    {STEP_PURCHASE, SW_KEY_INDEX,        REFUSED_KEY_UNKNOWN  },
    {STEP_PURCHASE, SW_COUNTER_FULL,     REFUSED_COUNTER_FULL },
    {STEP_PURCHASE, SW_UNSUPPORTED,      REFUSED_CARD_BLOCKED },
    {STEP_DEBIT,    SW_FUNDS,            REFUSED_FUNDS        },
    {STEP_DEBIT,    SW_MAC_WRONG,        REFUSED_MAC_WRONG    },
    {STEP_MODULE,   SW_KEY_NOT_FOUND,    REFUSED_KEY_UNKNOWN  },
    {STEP_MODULE,   SW_KEY_INDEX,        REFUSED_KEY_UNKNOWN  },
    {STEP_MODULE,   SW_LOCKED_FOR_EVER,  REFUSED_MODULE_LOCKED},
    {STEP_MODULE,   SW_BLOCKED,          REFUSED_MODULE_LOCKED},
};

/* Codes have gaps by and by, so they are looked for. */
const struct refusal_text *refusal_text(uint8_t code) {
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (texts[i].code == code) {
            return &texts[i];
        }
    }
    return &unknown;
}

const struct refusal_text *refusal_all(size_t *count) {
    *count = TEXT_COUNT;
    return texts;
}

/* 63Cx to a PIN is a wrong one; with no try left it is locked. */
enum refusal refusal_of_sw(enum refusal_step step, uint16_t sw) {
    if (step == STEP_PIN && (sw & 0xFFF0) == SW_TRIES_LEFT) {
        return (sw & 0x000F) ? REFUSED_PIN_WRONG : REFUSED_PIN_BLOCKED;
    }
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].step == step && meanings[i].sw == sw) {
            return meanings[i].refusal;
        }
    }
    return step == STEP_MODULE ? REFUSED_MODULE_SAYS : REFUSED_CARD_SAYS;
}

/* What a file, a directory or a key asks of whoever wants to use it: rights as data.
 *
 * Two dialects are kept side by side, and neither is judged here; card/guard does that.
 *
 * RIGHT_INTERVAL is one byte XY of the purse dialect: allowed while Y <= security state <= X, and
 * 0Y asks for the state of the master file. [purse.md 2.5, C-05]
 *
 * RIGHT_CONTROL is the social security dialect's pair of controls, one for the directory above and
 * one for the current directory: 00 asks nothing, EF is never, FF the main control key, 01 the
 * PIN, anything else the external authentication key of that number. Where both ask something,
 * `all` says whether both must hold or one is enough. [card.md 2.8, 4] */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum right_form {
    RIGHT_INTERVAL,
    RIGHT_CONTROL,
};

enum {
    RIGHT_FREE = 0xF0,   /* intervals: always */
    RIGHT_PROVEN = 0xF1, /* intervals: after any proof */
    RIGHT_NEVER = 0xEF,  /* intervals and controls: never */
    CONTROL_FREE = 0x00,
    CONTROL_PIN = 0x01,
    CONTROL_MAIN_KEY = 0xFF, /* key 39, number 00, of that directory */
    SCW_OR = 0x0,            /* nibbles of the control word: read high, write low */
    SCW_AND = 0x4,
};

struct right {
    enum right_form form;
    uint8_t interval; /* RIGHT_INTERVAL only */
    uint8_t above;    /* RIGHT_CONTROL only: what the directory above must have seen */
    uint8_t here;     /* RIGHT_CONTROL only: what the current directory must have seen */
    bool all;         /* RIGHT_CONTROL only: both, not one of them */
};

static inline struct right right_interval(uint8_t xy) {
    return (struct right){.form = RIGHT_INTERVAL, .interval = xy};
}

/* scw_nibble is SCW_OR or SCW_AND. */
static inline struct right right_control(uint8_t scw_nibble, uint8_t above, uint8_t here) {
    return (struct right){
        .form = RIGHT_CONTROL, .above = above, .here = here, .all = scw_nibble == SCW_AND};
}

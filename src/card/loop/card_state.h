/* Everything a powered chip holds in RAM. Callers make room for it and never look inside. */
#pragma once

#include "card/commands/cos.h"
#include "wire/apdu.h"

struct card {
    uint16_t answer_len; /* bytes that wait for GET RESPONSE; 0 is none */
    uint16_t answer_sw;  /* what goes with them */
    bool powered;        /* a reset succeeded */
    bool mute;           /* an invariant broke: 6F00 to everything until reset */
    struct cos cos;
    uint8_t answer[REPLY_DATA_MAX]; /* made by the last command */
};

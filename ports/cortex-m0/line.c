#include "ports/cortex-m0/line.h"

enum { POWER_OFF = 0, POWER_ON = 1, POWER_RESET = 2, ASK_ATR = 4 };

static void put_frame(const struct line *line, struct bytes frame) {
    line->put(line->self, (uint8_t)(frame.len >> 8));
    line->put(line->self, (uint8_t)frame.len);
    for (size_t i = 0; i < frame.len; i++) {
        line->put(line->self, frame.at[i]);
    }
}

/* Reads a frame; bytes beyond the room are taken off the line and dropped. Returns its length. */
static uint16_t get_frame(const struct line *line, uint8_t *room, uint16_t room_len) {
    uint16_t len = (uint16_t)(line->get(line->self) << 8);
    len = (uint16_t)(len | line->get(line->self));
    for (uint16_t i = 0; i < len; i++) {
        uint8_t byte = line->get(line->self);
        if (i < room_len) {
            room[i] = byte;
        }
    }
    return len;
}

/* A chip that cannot wake up keeps its last answer to reset: the reader must hear something, and
 * every command will be told the truth. */
static void power_on(struct plugged *chip) {
    size_t len = card_reset(&chip->card, chip->nvm, chip->reply);
    if (len > 0) {
        (void)memcpy(chip->atr, chip->reply, len);
        chip->atr_len = (uint8_t)len;
    }
}

bool line_plug(struct plugged *chip, const struct nvm *nvm) {
    chip->nvm = nvm;
    chip->atr_len = 0;
    power_on(chip);
    return chip->atr_len > 0;
}

static void serve_power(const struct line *line, struct plugged *chip, uint8_t order) {
    switch (order) {
    case POWER_OFF:
        card_power_off(&chip->card);
        break;
    case POWER_ON:
    case POWER_RESET:
        power_on(chip);
        break;
    case ASK_ATR:
        put_frame(line, bytes_of(chip->atr, chip->atr_len));
        break;
    default:
        break; /* an order of later readers: no answer is due */
    }
}

uint16_t line_serve(const struct line *line, struct plugged *chip) {
    static const uint8_t too_long[2] = {0x67, 0x00};
    uint16_t len = get_frame(line, chip->frame, sizeof chip->frame);
    if (len == 1) {
        serve_power(line, chip, chip->frame[0]);
    } else if (len > sizeof chip->frame) {
        put_frame(line, bytes_of(too_long, sizeof too_long));
    } else {
        size_t reply_len = card_exchange(&chip->card, bytes_of(chip->frame, len), chip->reply);
        put_frame(line, bytes_of(chip->reply, reply_len));
    }
    return len;
}

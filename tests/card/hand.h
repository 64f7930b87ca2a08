/* A chip in the hand of a test: a memory, a card over it, and commands as hexadecimal text.
 *
 * The functions assert; a test that wants to look at a refusal compares the text of the reply. Where
 * hand_carrier is set the chip is somewhere else, in a reader or on a microcontroller, and the hand's
 * own memory and card are left alone: what is said to the hand is said there. */
#pragma once

#include "card/loop/card.h"
#include "check.h"
#include "ports/sim/memory.h"

struct hand {
    struct memory memory;
    struct nvm nvm;
    struct card card;
    uint8_t reply[REPLY_MAX];
    size_t reply_len;
};

enum { HAND_SIZE = 0x4000 };

/* A place for chips outside of this program; its functions assert. reset() and send() return the
 * length of what came. */
struct carrier {
    /* A chip as the factory made it, of HAND_SIZE bytes, under power. */
    void (*blank)(const struct chip_birth *birth);
    size_t (*reset)(uint8_t atr[ATR_MAX]);
    size_t (*send)(struct bytes line, uint8_t reply[REPLY_MAX]);
    void (*foretell)(struct bytes random);
};
static const struct carrier *hand_carrier; /* NULL: the chip is in the hand */

/* The birth of every test chip: transport code FF x 8. */
static const struct chip_birth hand_birth = {
    .historical = {0x00,  0x99, 0x53, 0x42, 0x10, 0x86, 0x84, 0x44, 0x01, 0x00, 0x00, 0x00, 0x01},
    .transport = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF,     0xFF,      0xFF,      0xFF     },
};

static inline size_t hand_reset(struct hand *h) {
    uint8_t atr[ATR_MAX];
    if (hand_carrier) {
        return hand_carrier->reset(atr);
    }
    h->nvm = memory_nvm(&h->memory);
    return card_reset(&h->card, &h->nvm, atr);
}

static inline void hand_born(struct hand *h, const struct chip_birth *birth) {
    if (hand_carrier) {
        hand_carrier->blank(birth);
        return;
    }
    memory_make(&h->memory, HAND_SIZE, 1);
    h->nvm = memory_nvm(&h->memory);
    assert_true(card_manufacture(&h->nvm, birth));
    assert_int_equal(hand_reset(h), 17);
}

static inline void hand_blank(struct hand *h) {
    hand_born(h, &hand_birth);
}

/* A chip of the second dialect of making; its transport code is 00 00 || T8 to TD under FF x 16.
 * [card.md 1.1, 2.8] */
static inline void hand_blank_datang(struct hand *h) {
    struct chip_birth birth = hand_birth;
    birth.dialect = DIALECT_DATANG;
    (void)from_hex("01DB7FB41F5F0081", birth.transport, sizeof birth.transport);
    hand_born(h, &birth);
}

/* One line; the reply stays in the hand. */
static inline struct bytes hand_send(struct hand *h, struct bytes line) {
    h->reply_len = hand_carrier ? hand_carrier->send(line, h->reply)
                                : card_exchange(&h->card, line, h->reply);
    assert_true(h->reply_len >= 2);
    return bytes_of(h->reply, h->reply_len);
}

static inline struct bytes hand_say(struct hand *h, const char *command) {
    uint8_t line[APDU_MAX + 8];
    return hand_send(h, bytes_of(line, from_hex(command, line, sizeof line)));
}

static inline unsigned hand_sw(const struct hand *h) {
    return (unsigned)h->reply[h->reply_len - 2] << 8 | h->reply[h->reply_len - 1];
}

/* Says a command and compares the whole reply. */
static inline void hand_expect(struct hand *h, const char *command, const char *reply) {
    char text[2 * REPLY_MAX + 1];
    uint8_t wanted[REPLY_MAX];
    size_t len = from_hex(reply, wanted, sizeof wanted);
    hand_say(h, command);
    if (h->reply_len != len || memcmp(h->reply, wanted, len) != 0) {
        hex_write(bytes_of(h->reply, h->reply_len), text);
        fail_msg("%s: expected %s, got %s", command, reply, text);
    }
}

static inline void hand_ok(struct hand *h, const char *command) {
    hand_expect(h, command, "9000");
}

/* These random bytes come next. */
static inline void hand_foretell(struct hand *h, const char *random) {
    uint8_t room[MEMORY_QUEUE_MAX];
    struct bytes bytes = bytes_of(room, from_hex(random, room, sizeof room));
    if (hand_carrier) {
        hand_carrier->foretell(bytes);
        return;
    }
    memory_foretell(&h->memory, bytes);
}

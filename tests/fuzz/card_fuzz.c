/* Anything, to a chip that has been personalised: a sequence of lines.
 *
 * The input is a string of commands, each behind its length; a length of 00 is a reset. What must
 * hold afterwards, whatever was said: every line got an answer of two bytes at least, its status
 * word is one of the protocol, no invariant of the chip broke, and the chip wakes up again. */
#include <assert.h>
#include <stdlib.h>

#include "card/loop/card.h"
#include "ports/sim/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CHIP_SIZE = 0x2000 };

/* As short as it can be and still have everything: a wallet, records, keys, PIN, files. */
static const char *const script[] = {
    "80E03F000D38FFFFF0F001FFFFFFFFFFFFFF",
    "80E00000073F005001F0FFFF",
    "80D401001539F0F0AA33FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
    "80E03F0111380800F0F095FFFFA00000000386980701",
    "00A4040009A00000000386980701",
    "80E00000073F010095F0FFFF",
    "80D401001539F0F0443300000000000000000000000000000000",
    "80D401001534F0F0000100000000000000000000000000000000",
    "80D401001536F0F0FF3300000000000000000000000000000000",
    "80D40101153EF0F0000100000000000000000000000000000000",
    "80D40101153FF0F0000100000000000000000000000000000000",
    "80D40101153DF0F0000100000000000000000000000000000000",
    "80D40101153CF0F0000100000000000000000000000000000000",
    "80D40100083AF0EF0133123456",
    "80E0001507A8001EF0F0FFFF",
    "80E00018072E0A17F0EFFFFF",
    "80E00005072C0040F0F0FFFF",
    "80E00001072F0208F100FF18",
    "80E00002072F0208F000FF18",
    "80E0001C07E80020F0F0FF7F",
    "80E0001907AC0040F0F0FF7F",
    "80E0001A072A0204F0F0FFFF",
    "00E200D00400000000",
};

static struct memory fresh;
static struct memory memory;
static struct card card;

static void line_from_hex(const char *text, uint8_t *line, size_t *len) {
    *len = strlen(text) / 2;
    for (size_t i = 0; i < *len; i++) {
        const char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
        line[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
}

static void make_chip(void) {
    static const struct chip_birth birth = {
        .transport = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}
    };
    uint8_t reply[REPLY_MAX];
    uint8_t atr[ATR_MAX];
    memory_make(&memory, CHIP_SIZE, 1);
    struct nvm nvm = memory_nvm(&memory);
    assert(card_manufacture(&nvm, &birth));
    assert(card_reset(&card, &nvm, atr) > 0);
    for (size_t i = 0; i < sizeof script / sizeof script[0]; i++) {
        uint8_t line[APDU_MAX];
        size_t len = 0;
        line_from_hex(script[i], line, &len);
        size_t reply_len = card_exchange(&card, bytes_of(line, len), reply);
        assert(reply[reply_len - 2] == 0x90 || reply[reply_len - 2] == 0x61);
    }
    fresh = memory;
}

static bool sw_known(unsigned sw) {
    unsigned high = sw >> 8;
    return sw != 0x6F00
           && (high == 0x90 || high == 0x93 || high == 0x94 || (high >= 0x61 && high <= 0x6E));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t atr[ATR_MAX];
    uint8_t reply[REPLY_MAX];
    if (fresh.size == 0) {
        make_chip();
    }
    memory = fresh;
    struct nvm nvm = memory_nvm(&memory);
    assert(card_reset(&card, &nvm, atr) > 0);
    struct cursor c = cursor_over(bytes_of(data, size));
    while (c.rest.len > 0) {
        uint8_t len = cursor_u8(&c);
        if (len == 0) {
            assert(card_reset(&card, &nvm, atr) > 0);
            continue;
        }
        struct bytes line = cursor_take(&c, len < c.rest.len ? len : c.rest.len);
        size_t reply_len = card_exchange(&card, line, reply);
        assert(reply_len >= 2 && reply_len <= REPLY_MAX);
        assert(sw_known((unsigned)reply[reply_len - 2] << 8 | reply[reply_len - 1]));
    }
    assert(card_reset(&card, &nvm, atr) > 0);
    return 0;
}

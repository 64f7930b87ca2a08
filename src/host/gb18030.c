#include "host/gb18030.h"

#include <assert.h>
#include <iconv.h>
#include <pthread.h>
#include <string.h>

/* gb 1: a code is one byte 00 to 7F; or 81 to FE and 40 to FE without 7F; or 81 to FE, 30 to 39, 81
 *       to FE, 30 to 39. [GB 18030-2005, 5]
 * gb 2: from 90308130 on, four-byte codes count the characters beyond the first plane in order.
 * gb 3: a code that stands for a character in the first plane, or has two bytes, is in a table. */
enum {
    LEADS = 126,  /* 81 to FE */
    TRAILS = 190, /* 40 to 7E, 80 to FE */
    TWO_BYTE = LEADS * TRAILS,
    FOUR_BYTE = 39420,          /* 81308130 to 8431A439 */
    BEYOND_FIRST = 0x90 - 0x81, /* leads before the planes beyond the first */
    PER_LEAD = 12600,           /* four-byte codes of one lead */
    PLANE_FIRST_END = 0x10000,  /* the first character beyond */
    CHARACTER_END = 0x110000,
    STRAYS_MAX = 16, /* two-byte codes of characters beyond the first plane */
};

/* Each table holds 0 where there is nothing. A code is kept as its bytes read big-endian. */
static struct {
    uint32_t two[TWO_BYTE];          /* character of a two-byte code */
    uint16_t four[FOUR_BYTE];        /* character of a four-byte code of the first plane */
    uint32_t code[PLANE_FIRST_END];  /* code of a character of the first plane */
    uint32_t stray[STRAYS_MAX];      /* characters beyond it with two-byte codes ... */
    uint32_t stray_code[STRAYS_MAX]; /* ... and those */
    size_t strays;
} tables;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static uint32_t code_of_bytes(const uint8_t *at, size_t len) {
    uint32_t code = 0;
    for (size_t i = 0; i < len; i++) {
        code = code << 8 | at[i];
    }
    return code;
}

/* Asks iconv for one character; 0 when the code stands for none. */
static uint32_t ask(iconv_t iconv_to, const uint8_t *code, size_t len) {
    char in[4];
    uint8_t out[4];
    char *from = in;
    char *to = (char *)out;
    size_t from_len = len;
    size_t to_len = sizeof out;
    (void)memcpy(in, code, len);
    (void)iconv(iconv_to, NULL, NULL, NULL, NULL);
    if (iconv(iconv_to, &from, &from_len, &to, &to_len) == (size_t)-1 || to_len != 0) {
        return 0;
    }
    return code_of_bytes(out, sizeof out);
}

static void learn(uint32_t character, uint32_t code) {
    if (character == 0) {
        return;
    }
    if (character < PLANE_FIRST_END) {
        tables.code[character] = code;
        return;
    }
    assert(tables.strays < STRAYS_MAX);
    tables.stray[tables.strays] = character;
    tables.stray_code[tables.strays++] = code;
}

static void learn_two(iconv_t iconv_to) {
    for (unsigned i = 0; i < TWO_BYTE; i++) {
        unsigned trail = i % TRAILS;
        uint8_t code[2] = {(uint8_t)(0x81 + i / TRAILS), (uint8_t)(0x40 + trail + (trail >= 0x3F))};
        tables.two[i] = ask(iconv_to, code, sizeof code);
        learn(tables.two[i], code_of_bytes(code, sizeof code));
    }
}

/* The four bytes of the code at place i of all four-byte codes. */
static void four_bytes(uint32_t i, uint8_t code[4]) {
    code[0] = (uint8_t)(0x81 + i / PER_LEAD);
    code[1] = (uint8_t)(0x30 + i / 1260 % 10);
    code[2] = (uint8_t)(0x81 + i / 10 % 126);
    code[3] = (uint8_t)(0x30 + i % 10);
}

static void learn_four(iconv_t iconv_to) {
    for (uint32_t i = 0; i < FOUR_BYTE; i++) {
        uint8_t code[4];
        four_bytes(i, code);
        uint32_t character = ask(iconv_to, code, sizeof code);
        assert(character < PLANE_FIRST_END);
        tables.four[i] = (uint16_t)character;
        learn(character, code_of_bytes(code, sizeof code));
    }
}

static void tables_make(void) {
    iconv_t iconv_to = iconv_open("UTF-32BE", "GB18030");
    assert((intptr_t)iconv_to != -1); /* every C library that we build on has it inside */
    learn_two(iconv_to);
    learn_four(iconv_to);
    (void)iconv_close(iconv_to);
}

/* --- to UTF-8 ------------------------------------------------------------------------------- */

static void put_utf8(struct builder *out, uint32_t c) {
    uint8_t low = (uint8_t)(0x80 | (c & 0x3F));
    uint8_t middle = (uint8_t)(0x80 | (c >> 6 & 0x3F));
    uint8_t high = (uint8_t)(0x80 | (c >> 12 & 0x3F));
    if (c < 0x80) {
        put_u8(out, (uint8_t)c);
    } else if (c < 0x800) {
        put_bytes(out, bytes_of((const uint8_t[]){(uint8_t)(0xC0 | c >> 6), low}, 2));
    } else if (c < PLANE_FIRST_END) {
        put_bytes(out, bytes_of((const uint8_t[]){(uint8_t)(0xE0 | c >> 12), middle, low}, 3));
    } else {
        put_bytes(
            out, bytes_of((const uint8_t[]){(uint8_t)(0xF0 | c >> 18), high, middle, low}, 4));
    }
}

/* The character of a four-byte code, 0 when there is none. */
static uint32_t four_character(const uint8_t *at) {
    bool shaped = at[1] >= 0x30 && at[1] <= 0x39 && at[2] >= 0x81 && at[2] <= 0xFE && at[3] >= 0x30
                  && at[3] <= 0x39;
    if (!shaped) {
        return 0;
    }
    uint32_t i = (at[0] - 0x81u) * PER_LEAD + (at[1] - 0x30u) * 1260 + (at[2] - 0x81u) * 10
                 + (at[3] - 0x30u);
    if (i < FOUR_BYTE) {
        return tables.four[i];
    }
    uint32_t first = BEYOND_FIRST * PER_LEAD;
    bool beyond = i >= first && i - first < CHARACTER_END - PLANE_FIRST_END;
    return beyond ? i - first + PLANE_FIRST_END : 0;
}

/* The character that a code of two or four bytes begins with; *len is how many it took. 0 when the
 * bytes are no code or stop inside one. [gb 1] */
static uint32_t many_character(const uint8_t *at, size_t left, size_t *len) {
    bool lead = at[0] >= 0x81 && at[0] <= 0xFE;
    if (!lead || left < 2) {
        return 0;
    }
    *len = 2;
    if (at[1] >= 0x40 && at[1] != 0x7F && at[1] != 0xFF) {
        return tables.two[(at[0] - 0x81) * TRAILS + at[1] - 0x40 - (at[1] > 0x7F)];
    }
    *len = 4;
    return left < 4 ? 0 : four_character(at);
}

/* How many bytes of ASCII come next, eight at a time: most of a file is digits and commas. */
static size_t ascii_run(struct bytes text) {
    size_t i = 0;
    for (; i + 8 <= text.len; i += 8) {
        uint64_t eight;
        (void)memcpy(&eight, text.at + i, sizeof eight);
        if (eight & UINT64_C(0x8080808080808080)) {
            break;
        }
    }
    while (i < text.len && text.at[i] < 0x80) {
        i++;
    }
    return i;
}

bool gb18030_to_utf8(struct bytes gb, struct builder *out, size_t *bad_at) {
    (void)pthread_once(&tables_once, tables_make);
    size_t i = 0;
    while (i < gb.len) {
        if (gb.at[i] < 0x80) {
            size_t run = ascii_run(bytes_of(gb.at + i, gb.len - i));
            put_bytes(out, bytes_of(gb.at + i, run));
            i += run;
            continue;
        }
        size_t len = 1;
        uint32_t character = many_character(gb.at + i, gb.len - i, &len);
        if (character == 0) {
            *bad_at = i;
            return false;
        }
        put_utf8(out, character);
        i += len;
    }
    return true;
}

/* --- from UTF-8 ----------------------------------------------------------------------------- */

/* What a first byte says: how many bytes follow, which bits it gives, the least character that may
 * be written with so many (a shorter form exists for the others). */
static const struct utf8_form {
    uint8_t mask, lead, more;
    int32_t least;
} utf8_forms[] = {
    {0x80, 0x00, 0, 0      },
    {0xE0, 0xC0, 1, 0x80   },
    {0xF0, 0xE0, 2, 0x800  },
    {0xF8, 0xF0, 3, 0x10000},
};

static const struct utf8_form *form_of(uint8_t lead) {
    for (size_t i = 0; i < sizeof utf8_forms / sizeof utf8_forms[0]; i++) {
        if ((lead & utf8_forms[i].mask) == utf8_forms[i].lead) {
            return &utf8_forms[i];
        }
    }
    return NULL;
}

int32_t utf8_next(struct cursor *at) {
    if (at->overran || at->rest.len == 0) {
        return -1;
    }
    struct cursor ahead = *at;
    uint8_t lead = cursor_u8(&ahead);
    const struct utf8_form *form = form_of(lead);
    if (!form) {
        return -1;
    }
    int32_t character = lead & (uint8_t)~form->mask;
    for (uint8_t i = 0; i < form->more; i++) {
        uint8_t more = cursor_u8(&ahead); /* 0 after an overrun: refused as no continuation */
        if ((more & 0xC0) != 0x80) {
            return -1;
        }
        character = character << 6 | (more & 0x3F);
    }
    bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    if (character < form->least || character >= CHARACTER_END || surrogate) {
        return -1;
    }
    *at = ahead;
    return character;
}

/* The code of a character as its bytes read big-endian; 0 when it has none. */
static uint32_t code_of(uint32_t character) {
    if (character < PLANE_FIRST_END) {
        return tables.code[character];
    }
    for (size_t i = 0; i < tables.strays; i++) {
        if (tables.stray[i] == character) {
            return tables.stray_code[i];
        }
    }
    uint8_t code[4];
    four_bytes(BEYOND_FIRST * PER_LEAD + character - PLANE_FIRST_END, code);
    return code_of_bytes(code, sizeof code);
}

bool utf8_to_gb18030(struct bytes utf8, struct builder *out, size_t *bad_at) {
    (void)pthread_once(&tables_once, tables_make);
    struct cursor c = cursor_over(utf8);
    while (c.rest.len > 0) {
        size_t at = utf8.len - c.rest.len;
        int32_t character = utf8_next(&c);
        uint32_t code = character < 0x80 ? 0 : code_of((uint32_t)character);
        if (character < 0 || (character >= 0x80 && code == 0)) {
            *bad_at = at;
            return false;
        }
        if (character < 0x80) {
            put_u8(out, (uint8_t)character);
        } else if (code <= 0xFFFF) {
            put_u16(out, (uint16_t)code);
        } else {
            put_u32(out, code);
        }
    }
    return true;
}

/* The functions of <string.h> that the card uses, small: newlib's own take four times the room,
 * for they move words where they can. The Makefile keeps this file out of link-time optimisation, which
 * would find out what a loop does and call the function it stands in. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The places may overlap: the end that is not read any more is written first. */
void *memmove(void *to, const void *from, size_t len) {
    uint8_t *out = to;
    const uint8_t *in = from;
    if (out > in) {
        while (len-- > 0) {
            out[len] = in[len];
        }
    } else {
        for (size_t i = 0; i < len; i++) {
            out[i] = in[i];
        }
    }
    return to;
}

/* The same function under its other name. */
void *memcpy(void *to, const void *from, size_t len) __attribute__((alias("memmove")));

void *memset(void *to, int value, size_t len) {
    uint8_t *out = to;
    while (len-- > 0) {
        out[len] = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t len) {
    const uint8_t *left = a, *right = b;
    for (size_t i = 0; i < len; i++) {
        if (left[i] != right[i]) {
            return left[i] - right[i];
        }
    }
    return 0;
}

size_t strlen(const char *text) {
    size_t len = 0;
    while (text[len] != '\0') {
        len++;
    }
    return len;
}

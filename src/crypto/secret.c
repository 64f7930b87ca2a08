#include "crypto/secret.h"

#include <stdint.h>
#include <string.h>

bool crypto_equal(const void *a, const void *b, size_t len) {
    const uint8_t *left = a, *right = b;
    uint32_t differ = 0;
    for (size_t i = 0; i < len; i++) {
        differ |= (uint32_t)(left[i] ^ right[i]);
    }
    return differ == 0;
}

void crypto_wipe(void *at, size_t len) {
    (void)memset(at, 0, len);
    /* The compiler must believe that someone looks at the zeros. */
    __asm__ __volatile__("" : : "r"(at) : "memory");
}

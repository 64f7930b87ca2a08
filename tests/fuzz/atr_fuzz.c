/* Any bytes as an answer to reset: what is found lies inside them, and a factor is found only where
 * thirteen historical bytes are. */
#include <assert.h>

#include "reader/atr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t factor[CARD_FACTOR_LEN];
    struct bytes found = atr_historical(bytes_of(data, size));
    assert(found.len <= 15);
    assert(found.len == 0 || (found.at >= data + 2 && found.at + found.len <= data + size));
    assert(atr_factor(bytes_of(data, size), factor) == (found.len == 13));
    return 0;
}

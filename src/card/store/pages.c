#include "card/store/pages.h"

#include "base/features.h"

void put_big_endian(uint8_t *to, uint32_t value, uint32_t len) {
    while (len-- > 0) {
        to[len] = (uint8_t)value;
        value >>= 8;
    }
}

uint32_t page_differs(const struct nvm *nvm, uint32_t at, const uint8_t wanted[NVM_PAGE]) {
    uint8_t cells[NVM_PAGE];
    uint32_t differs = 0;
    cells_read(nvm, at, cells, sizeof cells);
    for (uint32_t i = NVM_PAGE; i-- > 0;) {
        differs = differs << 1 | (cells[i] != wanted[i]);
    }
    return differs;
}

bool page_program(const struct nvm *nvm, uint32_t at, const uint8_t from[NVM_PAGE]) {
    if (!nvm->write(nvm->self, at, from, NVM_PAGE)) {
        return false;
    }
    return (CARD_MIRROR && page_same(nvm, at, from)) || page_differs(nvm, at, from) == 0;
}

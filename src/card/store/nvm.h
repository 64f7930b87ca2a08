/* The memory that keeps its content without power: the port that every chip has to bring.
 *
 * Promise of the port about power: a write programs its bytes one after another, in order; when
 * power fails, some first part of them is new, the byte at the edge may hold anything, and the rest
 * is old. A write that returned true is kept. Anything stronger the store makes itself. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct nvm {
    void *self;
    uint32_t size; /* bytes */
    /* Both stay inside [0, size). read() cannot fail; write() is false when the memory refuses. */
    void (*read)(void *self, uint32_t at, void *to, uint32_t len);
    bool (*write)(void *self, uint32_t at, const void *from, uint32_t len);
    /* True random bytes for challenges and session keys. */
    void (*random)(void *self, uint8_t *to, uint32_t len);
};

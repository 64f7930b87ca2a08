/* Looks for eight bytes in all memory of this process that can be written: heap, rooms, stacks of every
 * thread. */
#pragma once

#include "check.h"

#include <unistd.h>

enum { REGION_MOST = 64 << 20 }; /* larger ones are arenas that nobody touched */

/* How often eight bytes, given inverted so that the question itself is not found, stand in the
 * memory from start to end. */
static inline size_t count_in_region(
    int memory, uintptr_t start, uintptr_t end, const uint8_t wanted[8]) {
    static uint8_t page[4096 + 8]; /* eight bytes of the page before come first */
    size_t found = 0;
    (void)memset(page, 0, sizeof page);
    for (uintptr_t at = start; at < end; at += 4096) {
        if (pread(memory, page + 8, 4096, (off_t)at) != 4096) {
            break;
        }
        bool own = at < (uintptr_t)page + sizeof page && at + 4096 > (uintptr_t)page;
        for (size_t i = 1; !own && i <= 4096; i++) {
            bool same = true;
            for (size_t j = 0; same && j < 8; j++) {
                same = (page[i + j] ^ wanted[j]) == 0xFF;
            }
            found += same;
        }
        (void)memmove(page, page + 4096, 8);
    }
    (void)memset(page, 0, sizeof page);
    return found;
}

static inline size_t count_in_memory(const uint8_t inverted[8]) {
    FILE *maps = fopen("/proc/self/maps", "r");
    FILE *memory = fopen("/proc/self/mem", "rb");
    char line[512];
    size_t found = 0;
    assert_true(maps && memory);
    while (fgets(line, sizeof line, maps)) {
        char *rest = NULL;
        uintptr_t start = strtoul(line, &rest, 16);
        uintptr_t end = strtoul(rest + 1, &rest, 16);
        if (strncmp(rest, " rw", 3) == 0 && end - start <= REGION_MOST) {
            found += count_in_region(fileno(memory), start, end, inverted);
        }
    }
    (void)fclose(maps);
    (void)fclose(memory);
    return found;
}

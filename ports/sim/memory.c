#include "ports/sim/memory.h"

#include <assert.h>

enum { PAGE = 64 };

static void memory_read(void *self, uint32_t at, void *to, uint32_t len) {
    const struct memory *m = self;
    assert(at <= m->size && len <= m->size - at);
    (void)memcpy(to, m->cells + at, len);
}

/* Programs byte after byte, as far as the power goes; the byte at the edge is torn. */
static bool memory_write(void *self, uint32_t at, const void *from, uint32_t len) {
    struct memory *m = self;
    assert(at <= m->size && len <= m->size - at);
    if (m->dark) {
        return false;
    }
    m->writes++;
    m->pages += len == 0 ? 0 : (at + len - 1) / PAGE - at / PAGE + 1;
    if (m->bytes_left >= len) {
        (void)memcpy(m->cells + at, from, len);
        m->bytes += len;
        m->bytes_left -= m->bytes_left == MEMORY_ENDLESS ? 0 : len;
        return true;
    }
    (void)memcpy(m->cells + at, from, m->bytes_left);
    m->cells[at + m->bytes_left] = m->torn;
    m->bytes += m->bytes_left;
    m->bytes_left = 0;
    m->dark = true;
    return false;
}

/* A small generator (splitmix64): the same seed, the same bytes, on every machine. */
static uint8_t next_byte(struct memory *m) {
    m->seed += 0x9E3779B97F4A7C15;
    uint64_t z = m->seed;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (uint8_t)(z >> 56);
}

static void memory_random(void *self, uint8_t *to, uint32_t len) {
    struct memory *m = self;
    for (uint32_t i = 0; i < len; i++) {
        to[i] = m->taken < m->queued ? m->queue[m->taken++] : next_byte(m);
    }
}

void memory_make(struct memory *m, uint32_t size, uint64_t seed) {
    assert(size <= MEMORY_MAX);
    *m = (struct memory){.size = size, .bytes_left = MEMORY_ENDLESS, .seed = seed};
    (void)memset(m->cells, 0xFF, sizeof m->cells);
}

struct nvm memory_nvm(struct memory *m) {
    return (struct nvm){.self = m,
        .size = m->size,
        .read = memory_read,
        .write = memory_write,
        .random = memory_random};
}

void memory_cut_after(struct memory *m, uint64_t bytes, uint8_t torn) {
    m->bytes_left = bytes;
    m->torn = torn;
    m->dark = false;
}

void memory_power(struct memory *m) {
    m->bytes_left = MEMORY_ENDLESS;
    m->dark = false;
}

/* Room that was used up is used again, so a long test may foretell for ever. */
void memory_foretell(struct memory *m, struct bytes random) {
    if (m->taken == m->queued) {
        m->taken = 0;
        m->queued = 0;
    }
    assert(random.len <= MEMORY_QUEUE_MAX - m->queued);
    (void)memcpy(m->queue + m->queued, random.at, random.len);
    m->queued += (uint32_t)random.len;
}

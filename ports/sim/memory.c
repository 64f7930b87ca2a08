#include "ports/sim/memory.h"

#include <assert.h>
#include <math.h>

static uint8_t mix(uint64_t *seed);

static void memory_read(void *self, uint32_t at, void *to, uint32_t len) {
    const struct memory *m = self;
    assert(at <= m->size && len <= m->size - at);
    (void)memcpy(to, m->cells + at, len);
}

/* The page as the cut leaves it: `old` in its cells, `new` was meant. Tears are drawn from dice of
 * their own, so that the chip's random numbers stay what they were foretold to be. */
static void tear(const struct memory *m, const uint8_t new[NVM_PAGE], uint8_t page[NVM_PAGE]) {
    uint64_t dice = m->programs * 256 + m->torn;
    uint32_t edge = mix(&dice) % NVM_PAGE;
    for (uint32_t i = 0; i < NVM_PAGE; i++) {
        uint8_t any = mix(&dice);
        const uint8_t left[MEMORY_TEARS] = {
            [TEAR_OLD] = page[i],
            [TEAR_NEW] = new[i],
            [TEAR_MIXED] = i < edge    ? new[i]
                           : i == edge ? any
                                       : page[i],
            [TEAR_ANYTHING] = any,
            [TEAR_ZEROS] = 0x00,
            [TEAR_ONES] = 0xFF,
            [TEAR_BITS] = (uint8_t)((page[i] & any) | (new[i] & ~any)),
        };
        page[i] = left[m->torn % MEMORY_TEARS];
    }
}

/* Programs one page, or tears it when the power is used up. */
static bool memory_write(void *self, uint32_t at, const void *from, uint32_t len) {
    struct memory *m = self;
    uint32_t page = at - at % NVM_PAGE;
    uint8_t new[NVM_PAGE];
    assert(at < m->size && len > 0);
    assert(at + len <= page + NVM_PAGE);
    if (m->dark) {
        return false;
    }
    (void)memcpy(new, m->cells + page, sizeof new);
    (void)memcpy(new + (at - page), from, len);
    if (m->left == 0) {
        tear(m, new, m->cells + page);
        m->dark = true;
        return false;
    }
    (void)memcpy(m->cells + page, new, sizeof new);
    m->left -= m->left == MEMORY_ENDLESS ? 0 : 1;
    m->programs++;
    m->bytes += len;
    m->worn[page / NVM_PAGE]++;
    return true;
}

/* A small generator (splitmix64): the same seed, the same bytes, on every machine. */
static uint8_t mix(uint64_t *seed) {
    *seed += 0x9E3779B97F4A7C15;
    uint64_t z = *seed;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (uint8_t)(z >> 56);
}

static void memory_random(void *self, uint8_t *to, uint32_t len) {
    struct memory *m = self;
    for (uint32_t i = 0; i < len; i++) {
        to[i] = m->taken < m->queued ? m->queue[m->taken++] : mix(&m->seed);
    }
}

void memory_make(struct memory *m, uint32_t size, uint64_t seed) {
    assert(size <= MEMORY_MAX);
    (void)memset(m, 0, sizeof *m);
    m->size = size;
    m->left = MEMORY_ENDLESS;
    m->seed = seed;
    (void)memset(m->cells, 0xFF, sizeof m->cells);
}

void memory_copy(struct memory *to, const struct memory *from) {
    assert(from->size <= MEMORY_MAX);
    (void)memcpy(to, from, offsetof(struct memory, cells) + from->size);
}

struct nvm memory_nvm(struct memory *m) {
    return (struct nvm){.self = m,
        .size = m->size,
        .cells = m->cells,
        .read = memory_read,
        .write = memory_write,
        .random = memory_random};
}

void memory_cut_after(struct memory *m, uint64_t programs, uint8_t torn) {
    m->left = programs;
    m->torn = torn;
    m->dark = false;
}

void memory_power(struct memory *m) {
    m->left = MEMORY_ENDLESS;
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

void memory_wear_begin(struct memory *m) {
    (void)memset(m->worn, 0, sizeof m->worn);
}

struct memory_wear memory_wear(const struct memory *m) {
    struct memory_wear wear = {0};
    for (uint32_t page = 0; page < m->size / NVM_PAGE; page++) {
        wear.programs += m->worn[page];
        if (m->worn[page] > wear.hottest) {
            wear.hottest = m->worn[page];
            wear.hottest_page = page;
        }
    }
    return wear;
}

double memory_years(struct memory_wear wear, uint64_t commands, double a_day, double cycles) {
    static const double days_of_year = 365.25;
    assert(commands > 0);
    assert(a_day > 0);
    if (wear.hottest == 0) {
        return (double)INFINITY;
    }
    double cycles_of_day = (double)wear.hottest / (double)commands * a_day;
    return cycles / cycles_of_day / days_of_year;
}

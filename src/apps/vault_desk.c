#include "apps/vault_desk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/module_place.h"
#include "vaults/soft/soft_vault.h"

static const struct {
    const char *zh, *en;
} places[KEYS_PLACES] = {
    [KEYS_IN_SEED] = {"由种子生成的测试密钥", "test keys of a seed"     },
    [KEYS_IN_FILE] = {"双人保管的密钥文件",    "a file of two custodians"},
    [KEYS_IN_MODULE] = {"密码机",                      "a security module"       },
};

const char *vault_place_zh(enum centre_keys keys) {
    assert(keys != KEYS_USUAL && (unsigned)keys < KEYS_PLACES);
    return places[keys].zh;
}

const char *vault_place_en(enum centre_keys keys) {
    assert(keys != KEYS_USUAL && (unsigned)keys < KEYS_PLACES);
    return places[keys].en;
}

/* --- keys of a seed ----------------------------------------------------------------------------- */

/* What the child needs to know; its copy of the seed is all that leaves this process. */
struct seed_order {
    char seed[32];
    uint32_t region;
};

static enum err open_seed(void *self, struct vault *vaults, size_t count, struct why *why) {
    const struct seed_order *order = self;
    enum err err = OK;
    size_t opened = 0;
    while (!err && opened < count) {
        err = soft_vault_open_rehearsal(order->seed, order->region, &vaults[opened], why);
        opened += err == OK;
    }
    while (err && opened > 0) {
        opened--;
        vaults[opened].close(vaults[opened].self);
    }
    return err;
}

static enum err start_seed(
    uint64_t seed, uint32_t region, const struct lines_wanted *wanted, struct why *why) {
    struct seed_order order = {.region = region};
    const struct vault_keeper keeper = {&order, open_seed, CAGE_SOFT};
    (void)snprintf(order.seed, sizeof order.seed, "%" PRIu64, seed);
    return vault_process_open(&keeper, wanted->watch, wanted->lines, wanted->count, why);
}

enum err vault_desk_seed(
    uint64_t seed, uint32_t region, struct vault *lines, size_t count, struct why *why) {
    const struct lines_wanted wanted = {NULL, lines, count};
    return start_seed(seed, region, &wanted, why);
}

/* --- any centre's ------------------------------------------------------------------------------- */

static enum err start_file(struct city *city, const char *dir, const struct vault_words *words,
    const struct lines_wanted *wanted, struct why *why) {
    const struct vault_file_order order = {&words->custodians, wanted->watch, wanted->count};
    uint64_t generation = 0;
    if (city) {
        return key_vault_open(city, &order, wanted->lines, &generation, why);
    }
    CITY_SCOPE(own);
    enum err err = city_open(&own, dir, why);
    return err ? err : key_vault_open(&own, &order, wanted->lines, &generation, why);
}

static enum err start(struct city *city, const char *dir, const struct vault_words *given,
    const struct lines_wanted *wanted, struct why *why) {
    static const struct vault_words at_the_terminal;
    const struct vault_words *words = given ? given : &at_the_terminal;
    struct centre_file file;
    assert(wanted->count >= 1);
    enum err err = centre_read(dir, &file, why);
    if (err) {
        return err;
    }
    uint32_t region = (uint32_t)strtoul(file.region, NULL, 10);
    switch (file.keys) {
    case KEYS_IN_MODULE:
        return module_place_open(dir, words->pin, wanted, why);
    case KEYS_IN_FILE:
        return start_file(city, dir, words, wanted, why);
    case KEYS_IN_SEED:
    case KEYS_USUAL:
    case KEYS_PLACES:
        break;
    }
    assert(file.keys == KEYS_IN_SEED);
    return start_seed(file.seed, region, wanted, why);
}

enum err vault_desk_open(const char *dir, const struct vault_words *words, struct vault *lines,
    size_t count, struct why *why) {
    const struct vault_watch heard = {city_refusals(), refusals_hear};
    const struct lines_wanted wanted = {&heard, lines, count};
    return start(NULL, dir, words, &wanted, why);
}

enum err vault_desk_open_city(struct city *city, const struct vault_words *words,
    struct vault *lines, size_t count, struct why *why) {
    const struct vault_watch heard = {city_refusals(), refusals_hear};
    const struct lines_wanted wanted = {&heard, lines, count};
    return start(city, city->centre.dir, words, &wanted, why);
}

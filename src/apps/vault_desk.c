#include "apps/vault_desk.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vaults/soft/soft_vault.h"

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

enum err vault_desk_rehearsal(const struct centre_file *file, struct refusals *refusals,
    struct vault *lines, size_t count, struct why *why) {
    struct seed_order order = {.region = (uint32_t)strtoul(file->region, NULL, 10)};
    const struct vault_keeper keeper = {&order, open_seed, CAGE_SOFT};
    const struct vault_watch watch = {refusals, refusals_hear};
    assert(file->rehearsal);
    (void)snprintf(order.seed, sizeof order.seed, "%" PRIu64, file->seed);
    return vault_process_open(&keeper, refusals ? &watch : NULL, lines, count, why);
}

#include <assert.h>
#include <stdlib.h>

#include "clearing/partition_parts.h"

enum err tac_desk_open(
    struct tac_desk *desk, const struct parts_order *order, size_t worker, struct why *why) {
    *desk = (struct tac_desk){.vault = &order->vaults[worker]};
    assert(worker < order->workers);
    if (order->rooms && order->room_jobs > 0) {
        desk->jobs = order->rooms[worker];
        desk->room = order->room_jobs < JOBS_AT_ONCE ? order->room_jobs : (size_t)JOBS_AT_ONCE;
        return OK;
    }
    desk->jobs = desk->own = calloc(JOBS_AT_ONCE, sizeof *desk->own);
    desk->room = JOBS_AT_ONCE;
    return desk->own ? OK : why_say(why, ERR_OUTSIDE, "no memory for TACs; end other programs");
}

void tac_desk_close(struct tac_desk *desk) {
    free(desk->own);
    *desk = (struct tac_desk){0};
}

enum err tac_desk_make(struct tac_desk *desk, struct why *why) {
    assert(desk->count <= desk->room);
    if (desk->count == 0) {
        return OK;
    }
    enum err err = desk->vault->tacs(desk->vault->self, desk->jobs, desk->count, why);
    return err ? why_add(why, err, "TACs of %zu records", desk->count) : OK;
}

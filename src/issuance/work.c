/* A transaction of the store as a scope. */
#include <assert.h>

#include "issuance/issuance_store.h"

/* Called by the compiler at the end of the scope, on every path. */
void work_leave(struct work *work) {
    if (work->store) {
        work->store->abandon(work->store->self);
        work->store = NULL;
    }
}

/* A scope is begun once. */
enum err work_begin(struct work *work, const struct issuance_store *store, struct why *why) {
    assert(!work->store);
    enum err err = store->begin(store->self, why);
    work->store = err ? NULL : store;
    return err;
}

/* A commit that fails leaves the scope open, and leaving it takes everything back. */
enum err work_commit(struct work *work, struct why *why) {
    assert(work->store);
    enum err err = work->store->commit(work->store->self, why);
    work->store = err ? work->store : NULL;
    return err;
}

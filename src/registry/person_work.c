/* A transaction of the store of persons as a scope. */
#include <assert.h>

#include "registry/person_store.h"

/* Called by the compiler at the end of the scope, on every path. */
void person_work_leave(struct person_work *work) {
    if (work->store) {
        work->store->abandon(work->store->self);
        work->store = NULL;
    }
}

/* A scope is begun once. */
enum err person_work_begin(
    struct person_work *work, const struct person_store *store, struct why *why) {
    assert(!work->store);
    enum err err = store->begin(store->self, why);
    work->store = err ? NULL : store;
    return err;
}

/* A commit that fails leaves the scope open, and leaving it takes everything back. */
enum err person_work_commit(struct person_work *work, struct why *why) {
    assert(work->store);
    enum err err = work->store->commit(work->store->self, why);
    work->store = err ? work->store : NULL;
    return err;
}

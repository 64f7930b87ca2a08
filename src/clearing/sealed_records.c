#include "clearing/sealed_records.h"

#include <assert.h>

enum err record_anywhere(const struct clearing *c, int64_t upload, uint32_t place,
    struct record_row *out, struct why *why) {
    const struct clearing_store *store = c->store;
    struct upload_row of = {.id = 0};
    enum err err = store->record_at(store->self, upload, place, out, why);
    if (err != ERR_NOT_FOUND || !c->sealed) {
        return err;
    }
    err = store->upload_numbered(store->self, upload, &of, why);
    err = err ? err : c->sealed->at(c->sealed->self, &of, place, out, why);
    assert(err || (out->upload == upload && out->place == place));
    return err;
}

#include "stores/sql/clearing_strays.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "stores/postgres/postgres_engine.h"
#include "stores/sql/audit.h"

enum sentence { RECORDS, ENTRIES, SENTENCES };
static const char *const there[SENTENCES] = {
    [RECORDS] = "SELECT count(*) FROM record WHERE upload > "
                "(SELECT coalesce(max(id), 0) FROM upload)",
    [ENTRIES] = "SELECT count(*) FROM entry WHERE posting > "
                "(SELECT coalesce(max(id), 0) FROM posting)",
};
static const char removal[] =
    "DELETE FROM record WHERE upload > (SELECT coalesce(max(id), 0) FROM upload);"
    "DELETE FROM entry WHERE posting > (SELECT coalesce(max(id), 0) FROM posting)";

static enum err count(struct db *db, int64_t counts[SENTENCES], struct why *why) {
    struct prepared *prepared[SENTENCES] = {NULL};
    enum err err = db_prepare(db, there, SENTENCES, prepared, why);
    if (err) {
        return err;
    }
    for (size_t i = 0; !err && i < SENTENCES; i++) {
        struct say s = say(prepared[i]);
        counts[i] = say_next(&s) ? row_int(&s) : 0;
        err = say_end(&s, why);
        assert(err || counts[i] >= 0);
    }
    db_finalize(prepared, SENTENCES);
    return err;
}

/* Counted again with the right to write: what another program was just committing is astray no more. */
static enum err sweep(struct db *db, struct why *why) {
    int64_t counts[SENTENCES] = {0};
    char subject[AUDIT_SUBJECT_MAX + 1];
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, db, why);
    err = err ? err : count(db, counts, why);
    if (err || counts[RECORDS] + counts[ENTRIES] == 0) {
        return err;
    }
    (void)snprintf(subject, sizeof subject, "%" PRId64 " records, %" PRId64 " entries",
        counts[RECORDS], counts[ENTRIES]);
    err = db_run(db, removal, why);
    err = err ? err : db_audit(db, "system", "strays-removed", subject, why);
    return err ? err : tx_commit(&tx, why);
}

enum err clearing_strays_remove(struct db *db, struct why *why) {
    int64_t counts[SENTENCES] = {0};
    if (db->engine != &postgres_engine) {
        return OK;
    }
    enum err err = count(db, counts, why);
    if (!err && counts[RECORDS] + counts[ENTRIES] > 0) {
        err = sweep(db, why);
    }
    return err ? why_add(why, err, "what another node may have kept alone") : OK;
}

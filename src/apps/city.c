#include "apps/city.h"

#include "stores/sql/audit.h"

static struct refusals heard = REFUSALS_EMPTY;

struct refusals *city_refusals(void) {
    return &heard;
}

/* The same as for a file: an empty database never takes the place of one that held cards or books. */
static enum err check_server(struct city *city, struct why *why) {
    const char *trace = centre_trace(city->centre.dir);
    bool begun = true;
    if (!trace || city->centre.file.database[0] == '\0') {
        return OK;
    }
    enum err err = db_audit_begun(&city->db, &begun, why);
    return err || begun ? err
                        : why_say(why, ERR_CONFLICT,
                            "%s has work of a centre in it (%s), but the database at %s holds "
                            "none; restore that database from a backup",
                            city->centre.dir, trace, city->centre.file.database);
}

enum err city_open(struct city *city, const char *dir, struct why *why) {
    char path[PATH_ROOM];
    enum err err = centre_open(&city->centre, dir, city->use, why);
    if (err) {
        return err;
    }
    err = db_open(&city->db, centre_database(path, dir, &city->centre.file), why);
    err = err ? err : check_server(city, why);
    err = err ? err : registry_rows_open(&city->rows, &city->db, why);
    if (!err) {
        city->store = registry_store_of(city->rows);
        err = registry_found(&city->store, city->centre.file.rehearsal, why);
    }
    return err == ERR_INVALID ? ERR_CONFLICT : err; /* a bad file inside is no bad input file */
}

enum key_algorithm city_purse(const struct city *city) {
    return city->centre.file.sm4_wallets ? KEY_SM4 : KEY_TDES;
}

/* Nobody hears when a refusal cannot be written: the command has ended, and its own story counts. */
void city_close(struct city *city) {
    struct why unheard;
    if (city->rows) {
        (void)refusals_audit(&heard, &city->db, &unheard);
    }
    registry_rows_close(city->rows);
    db_close(&city->db);
    centre_close(&city->centre);
}

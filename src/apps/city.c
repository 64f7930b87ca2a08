#include "apps/city.h"

enum err city_open(struct city *city, const char *dir, struct why *why) {
    char path[PATH_ROOM];
    enum err err = centre_open(&city->centre, dir, why);
    if (err) {
        return err;
    }
    err = db_open(&city->db, centre_path(path, dir, CENTRE_DATABASE), why);
    err = err ? err : registry_rows_open(&city->rows, &city->db, why);
    if (!err) {
        city->store = registry_store_of(city->rows);
        err = registry_found(&city->store, city->centre.file.rehearsal, why);
    }
    return err == ERR_INVALID ? ERR_CONFLICT : err; /* a bad file inside is no bad input file */
}

void city_close(struct city *city) {
    registry_rows_close(city->rows);
    db_close(&city->db);
    centre_close(&city->centre);
}

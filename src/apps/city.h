/* A centre opened for work on its registry: its lock, its database, the registry's rows.
 *
 * Whoever needs more (issuing, clearing) opens its own rows over the same database. */
#pragma once

#include "host/centre.h"
#include "stores/sql/registry_store.h"

struct city {
    struct centre centre;
    struct db db;
    struct registry_rows *rows;
    struct registry_store store;
};

/* Opens everything of the centre in dir, and lays the registry's foundations when they are missing.
 * ERR_NOT_FOUND: dir is no centre; ERR_CONFLICT: it holds something of another make; ERR_OUTSIDE:
 * another process has it, or the disk fails. */
enum err city_open(struct city *city, const char *dir, struct why *why);
void city_close(struct city *city);
#define CITY_SCOPE(name)                                                                           \
    __attribute__((cleanup(city_close))) struct city name = {.centre.lock.fd = -1}

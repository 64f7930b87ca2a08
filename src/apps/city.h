/* A centre opened for work on its registry: its locks, its database, the registry's rows.
 *
 * Whoever needs more (issuing, clearing) opens its own rows over the same database.
 *
 * What the vault of this process has refused is written into the audit chain whenever a city is closed,
 * so that no command can forget it. */
#pragma once

#include "host/centre.h"
#include "keys/catalogue.h"
#include "stores/sql/refusals.h"
#include "stores/sql/registry_store.h"

struct city {
    enum centre_use use; /* set before it is opened; a command at a desk sets nothing */
    struct centre centre;
    struct db db;
    struct registry_rows *rows;
    struct registry_store store;
};

/* Opens everything of the centre in dir, and lays the registry's foundations when they are missing.
 * ERR_NOT_FOUND: dir is no centre; ERR_CONFLICT: it holds something of another make; ERR_OUTSIDE:
 * another process has it for the same use, or the disk fails. */
enum err city_open(struct city *city, const char *dir, struct why *why);
void city_close(struct city *city);

/* What this process' vault refused and no audit chain has yet: vault_desk_open() lets it be heard here,
 * and city_close() writes it down. For those who want to write it earlier, and know when they cannot. */
struct refusals *city_refusals(void);

/* The cipher of this centre's wallets and modules. [decision 0053] */
enum key_algorithm city_purse(const struct city *city);
#define CITY_SCOPE(name) __attribute__((cleanup(city_close))) struct city name = {.use = USE_DESK}

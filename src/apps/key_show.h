/* What a vault holds, by check values: for people and as JSON. */
#pragma once

#include <jansson.h>

#include "keys/vault.h"

/* Asks for the check value of the root of every line, cipher and version, and prints those that the
 * vault has, or adds them to list when it is not NULL. Returns how many. */
size_t key_show_all(const struct vault *vault, json_t *list);

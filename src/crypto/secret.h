/* Handling what nobody may see. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Compares in a time that depends on len alone. */
bool crypto_equal(const void *a, const void *b, size_t len);

/* Overwrites with zeros, in a way no compiler may leave out. */
void crypto_wipe(void *at, size_t len);

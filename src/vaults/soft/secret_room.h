/* Memory for secrets, and secrets on the stack that wipe themselves.
 *
 * A room is whole pages of zeros: locked against swapping and left out of core dumps where the
 * system allows it. Rooms are few and live as long as a vault does. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "crypto/des.h"
#include "crypto/secret.h"

/* A new room of at least len bytes, or NULL when there is no memory. One that the system does not
 * lock still serves. */
void *secret_room_new(size_t len);

/* Wipes the room and gives it back; len as for secret_room_new(). NULL is allowed. */
void secret_room_free(void *room, size_t len);

static inline void secret_key_end(struct key128 *key) {
    crypto_wipe(key, sizeof *key);
}

/* SECRET_SCOPE struct key128 key; is wiped wherever its scope is left. */
#define SECRET_SCOPE __attribute__((cleanup(secret_key_end)))

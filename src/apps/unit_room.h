/* Room for a file about people beside the key that seals it: both are wiped at the end of the scope. */
#pragma once

#include "apps/batch_seal.h"

struct unit_room {
    uint8_t key[FILE_KEY_LEN];
    uint8_t *at; /* NULL until unit_room_new() */
    size_t len;  /* bytes of room */
};

/* Reads the key from its file and takes len bytes of memory, 1 at least. ERR_CONFLICT, ERR_NOT_FOUND: the key, as
 * file_key_read(); ERR_OUTSIDE: no memory. */
enum err unit_room_new(struct unit_room *room, const char *key, size_t len, struct why *why);

/* Wipes and frees; a room that was never taken is wiped, too. */
void unit_room_end(struct unit_room *room);
#define UNIT_ROOM_SCOPE(name)                                                                      \
    __attribute__((cleanup(unit_room_end))) struct unit_room name = {.at = NULL}

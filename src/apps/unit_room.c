#include "apps/unit_room.h"

#include <assert.h>
#include <stdlib.h>

#include <openssl/crypto.h>

enum err unit_room_new(struct unit_room *room, const char *key, size_t len, struct why *why) {
    assert(len > 0);
    assert(!room->at);
    enum err err = file_key_read(key, room->key, why);
    room->at = err ? NULL : malloc(len);
    room->len = room->at ? len : 0;
    return err || room->at
               ? err
               : why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
}

void unit_room_end(struct unit_room *room) {
    OPENSSL_cleanse(room->key, sizeof room->key);
    if (room->at) {
        OPENSSL_cleanse(room->at, room->len);
        free(room->at);
        room->at = NULL;
    }
}

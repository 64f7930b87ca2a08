#include "vaults/soft/secret_room.h"

#include <sys/mman.h>

/* Pages of its own: what is locked or left out of a dump is always whole pages. */
void *secret_room_new(size_t len) {
    void *room = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        return NULL;
    }
    /* A room that may be swapped still serves; a rehearsal must run where nothing can be locked. */
    (void)mlock(room, len);
    /* A core dump without the room is better; one with it is still only a dump. */
    (void)madvise(room, len, MADV_DONTDUMP);
    return room;
}

/* Wiped before it is given back: the next owner of the pages is nobody we know. */
void secret_room_free(void *room, size_t len) {
    if (!room) {
        return;
    }
    crypto_wipe(room, len);
    (void)munmap(room, len); /* fails for addresses that no room has */
}

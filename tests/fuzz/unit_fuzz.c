/* Any bytes as a unit's list and as what the unit says to it: the answer is made or refused with a sentence,
 * never longer than the room that was promised to be enough. The first two bytes say how long the list
 * is; a list is sealed by its SM3, so a third of the inputs get a head that holds. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "capture/unit_answer.h"
#include "capture/unit_list.h"
#include "crypto/sm3.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIST_MOST = 4096, HEAD_MOST = 160 };

/* The list with a head before it that counts its lines and has their digest. */
static struct bytes headed(struct bytes lines, uint8_t room[HEAD_MOST + LIST_MOST]) {
    uint8_t digest[SM3_LEN];
    char hex[2 * SM3_LEN + 1];
    struct sm3 hash;
    size_t count = 0;
    for (size_t i = 0; i < lines.len; i++) {
        count += lines.at[i] == '\n';
    }
    sm3_begin(&hash);
    sm3_add(&hash, lines);
    sm3_end(&hash, digest);
    hex_write(bytes_of(digest, sizeof digest), hex);
    int len = snprintf((char *)room, HEAD_MOST, "1|unit|440100-0001|%zu|20031008|%s\n", count, hex);
    assert(len > 0 && len < HEAD_MOST);
    if (lines.len > 0) {
        (void)memcpy(room + len, lines.at, lines.len);
    }
    return bytes_of(room, (size_t)len + lines.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t list_room[HEAD_MOST + LIST_MOST];
    struct cursor c = cursor_over(bytes_of(data, size));
    size_t len = cursor_u16(&c) % LIST_MOST;
    struct bytes list = cursor_take(&c, len < c.rest.len ? len : c.rest.len);
    struct bytes said = c.rest;
    if (c.overran) {
        return 0;
    }
    if (size % 3 == 0) {
        list = headed(list, list_room);
    }
    size_t room_len = list.len + said.len + UNIT_LINE_ROOM;
    uint8_t *room = malloc(room_len);
    assert(room);
    struct builder out = builder_in(room, room_len);
    struct answer_made made;
    struct why why = {{0}};
    enum err err = unit_answer_write(list, said, &out, &made, &why);
    assert(err ? why.text[0] != '\0' : !out.overflowed);
    assert(err || made.lines == made.confirmed + made.corrected + made.not_ours);
    free(room);
    return 0;
}

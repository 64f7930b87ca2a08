/* Any bytes as a request about a photo: it is refused with a sentence, or what comes out is an answer that
 * the centre can read. Small pictures only: large ones take the time of their pixels. */
#include <assert.h>

#include "capture/photo_skill.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t room[1 << 20];
    struct builder out = builder_in(room, sizeof room);
    struct why why = {0};
    struct photo_seen seen;
    for (size_t i = 0; i + 9 < size; i++) {
        bool frame = data[i] == 0xFF && data[i + 1] >= 0xC0 && data[i + 1] <= 0xC2;
        if (frame && (data[i + 5] > 2 || data[i + 7] > 2)) {
            return 0;
        }
    }
    enum err err = photo_work(NULL, bytes_of(data, size), &out, &why);
    assert(err != ERR_NOT_FOUND && err != ERR_DENIED);
    if (err) {
        assert(why.text[0]);
    } else {
        assert(photo_answer_read(builder_bytes(&out), &seen, &why) == OK);
    }
    return 0;
}

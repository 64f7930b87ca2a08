/* The unit's own side of its list: an answer is made from the list and what the unit says, without a centre. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>

#include "apps/batch_seal.h"
#include "apps/capture_city.h"
#include "apps/command.h"
#include "capture/unit_answer.h"
#include "capture/unit_list.h"
#include "host/ending.h"
#include "host/options.h"

struct answer_options {
    const char *list, *said, *out, *key;
    bool json;
};

/* clang-format off */
static const struct option answer_options[] = {
    {"LIST", OPTION_PATH, offsetof(struct answer_options, list), NULL, NULL,
        "the sealed list that the centre sent", false},
    {"--said", OPTION_PATH, offsetof(struct answer_options, said), "FILE", NULL,
        "what is said to single lines; the others are confirmed", true},
    {"--out", OPTION_PATH, offsetof(struct answer_options, out), "FILE", NULL,
        "where to write the sealed answer", false},
    {"--key", OPTION_PATH, offsetof(struct answer_options, key), "FILE", NULL,
        "file key of the unit, 64 hexadecimal characters", false},
    OPTION_JSON(struct answer_options, json),
};
/* clang-format on */

static const struct usage answer_usage = {
    .command = "capture answer",
    .help = "What a unit does with its list, without a centre: every line is confirmed but those "
            "of --said,\n"
            "which are SEQUENCE|corrected|PROOF|FIELD|VALUE or SEQUENCE|not-ours|PROOF.",
    .options = answer_options,
    .count = sizeof answer_options / sizeof answer_options[0],
};

/* Bytes about people and the unit's key; wiped at the end of the scope. */
struct answer_room {
    uint8_t key[FILE_KEY_LEN];
    uint8_t *list, *plain, *sealed;
    size_t list_room, plain_room;
};

static void answer_room_end(struct answer_room *room) {
    OPENSSL_cleanse(room->key, sizeof room->key);
    if (room->list) {
        OPENSSL_cleanse(room->list, room->list_room);
    }
    if (room->plain) {
        OPENSSL_cleanse(room->plain, room->plain_room);
    }
    free(room->list);
    free(room->plain);
    free(room->sealed);
}

/* Opens the list into the room. */
static enum err open_list(const struct answer_options *given, struct answer_room *room,
    struct bytes *list, struct why *why) {
    FILE_CONTENT_SCOPE(sealed);
    size_t len = 0;
    enum err err = files_read(given->list, UNIT_FILE_MAX + BATCH_SEAL_EXTRA, &sealed, why);
    err = err ? err : file_key_read(given->key, room->key, why);
    if (err) {
        return err;
    }
    room->list_room = sealed.len + 1;
    room->list = malloc(room->list_room);
    err = room->list
              ? batch_unseal(room->key, bytes_of(sealed.at, sealed.len), room->list, &len, why)
              : why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    *list = bytes_of(room->list, err ? 0 : len);
    return err ? why_add(why, err, "%s", given->list) : OK;
}

static enum err seal_answer(const struct answer_options *given, struct answer_room *room,
    const struct builder *plain, struct why *why) {
    size_t len = plain->len + BATCH_SEAL_EXTRA;
    room->sealed = malloc(len);
    if (!room->sealed) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    enum err err = batch_seal(room->key, builder_bytes(plain), room->sealed, why);
    return err ? err : files_write(given->out, bytes_of(room->sealed, len), why);
}

static enum err make_answer(
    const struct answer_options *given, struct answer_made *made, struct why *why) {
    __attribute__((cleanup(answer_room_end))) struct answer_room room = {.list = NULL};
    FILE_CONTENT_SCOPE(said);
    struct bytes list = {0};
    enum err err = open_list(given, &room, &list, why);
    if (!err && given->said) {
        err = files_read(given->said, UNIT_FILE_MAX, &said, why);
    }
    if (err) {
        return err;
    }
    room.plain_room = list.len + said.len + 2 * (size_t)UNIT_LINE_ROOM;
    room.plain = malloc(room.plain_room);
    if (!room.plain) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    struct builder plain = builder_in(room.plain, room.plain_room);
    err = unit_answer_write(list, bytes_of(said.at, said.len), &plain, made, why);
    return err ? err : seal_answer(given, &room, &plain, why);
}

int capture_answer_command(int argc, char **argv) {
    struct answer_options given;
    struct answer_made made = {.lines = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&answer_usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = make_answer(&given, &made, &why);
    if (!err) {
        (void)printf(given.json ? "{\"lines\": %" PRId64 ", \"confirmed\": %" PRId64
                                  ", \"corrected\": %" PRId64 ", \"not_ours\": %" PRId64 "}\n"
                                : "答复 answer: %" PRId64 " lines，确认 confirmed %" PRId64
                                  "，更正 corrected %" PRId64 "，非本单位 not ours %" PRId64 "\n",
            made.lines, made.confirmed, made.corrected, made.not_ours);
    }
    return (int)ending_tell(err, &why);
}

/* The messages between a vault's process and whoever asks it: one request, one answer.
 *
 * A message is one packet: its length behind itself (4 bytes), one byte that says what it is, then
 * what belongs to it, all numbers with the high byte first:
 *
 *     request   length | function | parts, as vault_functions.def lists them
 *     answer    length | enum err | what was asked for, or with an error the story as text
 *
 *     KEY     name (2) algorithm (1) version (1) depth (1) card factor (8)
 *     FIRST   8 bytes: factor, block, session input or initial vector
 *     SECOND  8 bytes: original
 *     FOUR    4 bytes: the MAC that came with a load
 *     DATA    length (2) and so many bytes; MORE the same
 *     WRAP    KEY of the key, KEY of the one above it, head length (1), head (8), P1, P2, challenge (4)
 *     ROOM    place (8) and count (8) of an array in the shared room
 *
 * Both ends read strictly: a length that is not the packet's, a byte too many or too few, a function
 * or an error that does not exist make a message that is none. What a key may be asked for is not
 * checked here. */
#pragma once

#include "base/builder.h"
#include "keys/vault.h"

enum vault_part {
    PART_KEY = 1 << 0,
    PART_FIRST = 1 << 1,
    PART_SECOND = 1 << 2,
    PART_FOUR = 1 << 3,
    PART_DATA = 1 << 4,
    PART_MORE = 1 << 5,
    PART_WRAP = 1 << 6,
    PART_ROOM = 1 << 7,
};

enum vault_function {
#define FUNCTION(name, text, parts, handler) LINE_##name,
#include "vaults/line/vault_functions.def"
    LINE_FUNCTIONS
};

enum {
    LINE_DATA_MAX = 512,                 /* as keys/vault.h says */
    LINE_REPLY_MAX = LINE_DATA_MAX + 16, /* the longest thing that is answered */
    LINE_MESSAGE_MAX = 1280              /* two DATA and the parts beside them, or a story */
};

/* A request, decoded. Data are borrowed from the message. Parts that the function does not have are
 * zero. */
struct vault_request {
    enum vault_function function;
    struct key_ref key;
    uint8_t first[8], second[8], four[4];
    struct bytes data, more;
    struct key_wrap wrap;
    uint64_t place, count;
};

/* "session MAC": the function for people. */
const char *vault_function_text(enum vault_function function);

/* Writes the request to out (LINE_MESSAGE_MAX) and returns its length. Data of at most LINE_DATA_MAX
 * bytes; more is the caller's own mistake. */
size_t vault_request_write(const struct vault_request *request, uint8_t out[LINE_MESSAGE_MAX]);

/* False when the message is no request; *request is then of no meaning. */
bool vault_request_read(struct bytes message, struct vault_request *request);

/* Writes an answer: reply with OK, why->text with an error. Returns its length. */
size_t vault_answer_write(
    enum err err, struct bytes reply, const struct why *why, uint8_t out[LINE_MESSAGE_MAX]);

/* False when the message is no answer. With OK *reply is borrowed from the message; with an error
 * *why has its story, printable and with an end. */
bool vault_answer_read(struct bytes message, enum err *err, struct bytes *reply, struct why *why);

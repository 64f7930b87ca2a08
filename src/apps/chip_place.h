/* The chip that a window works on: in a PC/SC reader, or in a file of a rehearsal. */
#pragma once

#include "host/why.h"
#include "reader/reader.h"

struct image; /* ports/sim/image.h */

struct chip_place {
    struct image *image; /* NULL for a real reader */
    struct reader reader;
    bool open;
};

/* The options of every command that works on a chip; both are members of `type`. */
#define OPTIONS_CHIP(type, image_member, reader_member)                                            \
    {"--image", OPTION_PATH, offsetof(type, image_member), "FILE", NULL,                           \
        "the chip's memory, in a rehearsal", true},                                                \
    {                                                                                              \
        "--reader", OPTION_TEXT, offsetof(type, reader_member), "NAME", NULL,                      \
            "the PC/SC reader's name, or its beginning; without both, the first reader", true      \
    }

/* Opens the chip of that image, or the reader of that name (NULL: the first). ERR_CONFLICT when both are
 * named; ERR_NOT_FOUND: no such file or reader. chip_place_close() ends it, also after a failure. */
enum err chip_place_open(
    struct chip_place *place, const char *image, const char *reader, struct why *why);
void chip_place_close(struct chip_place *place);
#define CHIP_PLACE_SCOPE(name)                                                                     \
    __attribute__((cleanup(chip_place_close))) struct chip_place name = {.image = NULL}

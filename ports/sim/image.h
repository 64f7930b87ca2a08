/* A chip's memory as a file, for the programs of the host.
 *
 * The file is a page of header (mark, version, size, checksum) and the cells. Its whole room is
 * taken when it is made, so that a full disk is found then and not in the middle of a purchase; it
 * gets its name only when it is complete. While it is open it is locked: two programs cannot power
 * the same chip.
 *
 * Power: each write() of the port is one pwrite() into one page of the cells, and reaches the
 * system before it returns, so a killed program loses nothing that was answered; image_sync()
 * carries it to the disk. A write that fails is refused towards the chip, which answers 6581, and
 * its story is kept in image_trouble(). One thread for one image. */
#pragma once

#include "card/store/nvm.h"
#include "host/why.h"

struct image;

enum {
    IMAGE_SIZE_MIN = 4096,
    IMAGE_SIZE_MAX = 0x100000,
    IMAGE_HEADER_LEN = 64, /* in front of the cells */
};

/* The header of an image of so many bytes of cells, as every image begins. */
void image_header(uint32_t size, uint8_t header[IMAGE_HEADER_LEN]);

/* Makes the file of an empty memory of size bytes (whole pages), all FF. Never replaces a file that
 * exists (ERR_CONFLICT); leaves nothing behind when it fails. */
enum err image_create(const char *path, uint32_t size, struct why *why);

/* Opens and locks. ERR_NOT_FOUND no such file, ERR_INVALID no chip image, or a torn one,
 * ERR_CONFLICT another program has it open, ERR_OUTSIDE the system refuses. */
enum err image_open(const char *path, struct image **out, struct why *why);

/* The port, borrowed from the image. Random numbers come from the system. */
const struct nvm *image_nvm(const struct image *image);

/* The chip loses its power after `programs` more programmings: the page of the next one becomes
 * random, and every later one is refused until image_power(). */
void image_cut_after(struct image *image, uint64_t programs);

/* Power without a budget again. */
void image_power(struct image *image);

/* True while the power is gone by image_cut_after(). */
bool image_dark(const struct image *image);

/* What the system said when it refused a write; NULL while it has not. */
const struct why *image_trouble(const struct image *image);

/* Everything written so far is on the disk. After a failure the image refuses all writes: a second
 * try could lie. */
enum err image_sync(struct image *image, struct why *why);

/* Unlocks and closes; image_close(NULL) does nothing. */
void image_close(struct image *image);

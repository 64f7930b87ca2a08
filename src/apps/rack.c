#include "apps/rack.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/day.h"
#include "card/loop/card.h"
#include "crypto/des.h"
#include "host/centre.h"
#include "ports/sim/image.h"
#include "reader/inside.h"

/* Maker, COS and card maker of our test chips; city and serial follow. [decision 0005] */
static const uint8_t birth_head[7] = {0x00, 0x99, 0x53, 0x42, 0x10, 0x86, 0x84};
enum {
    BIRTH_CITY_AT = 7,
    BIRTH_SERIAL_AT = 9,
    MAKER_DATANG = 0x87, /* T2: whose chips they are [card.md 1.1] */
    CODE_ZEROS = 2,
};

void rack_birth(uint32_t region, uint32_t serial, struct chip_birth *birth) {
    (void)memcpy(birth->historical, birth_head, sizeof birth_head);
    bcd_write(region / 100, birth->historical + BIRTH_CITY_AT, 2);
    bcd_write(serial, birth->historical + BIRTH_SERIAL_AT, 4);
    (void)memset(birth->transport, 0xFF, sizeof birth->transport);
    birth->dialect = DIALECT_FMCOS;
}

void rack_birth_datang(struct chip_birth *birth) {
    struct key128 transport;
    struct tdes_key ready;
    uint8_t block[DES_BLOCK] = {0};
    (void)memset(transport.bytes, 0xFF, sizeof transport.bytes);
    (void)memcpy(block + CODE_ZEROS, birth->historical + BIRTH_CITY_AT, sizeof block - CODE_ZEROS);
    tdes_prepare(&ready, &transport);
    tdes_encrypt(&ready, block, birth->transport);
    birth->historical[1] = MAKER_DATANG;
    birth->dialect = DIALECT_DATANG;
}

static enum err rack_path(const struct rack *rack, enum rack_shelf shelf, const char *name,
    char path[PATH_ROOM], struct why *why) {
    char folder[PATH_ROOM];
    char file[64];
    (void)snprintf(file, sizeof file, "%s.chip", name);
    (void)centre_path(folder, rack->dir, shelf == SHELF_CARDS ? CENTRE_CHIPS : CENTRE_PSAMS);
    return files_join(path, folder, file)
               ? OK
               : why_say(why, ERR_INVALID, "the path of %s is too long", name);
}

static enum err rack_blank(
    void *self, enum rack_shelf shelf, const char *name, uint32_t serial, struct why *why) {
    const struct rack *rack = self;
    char path[PATH_ROOM];
    struct chip_birth birth;
    struct image *image = NULL;
    enum err err = rack_path(rack, shelf, name, path, why);
    if (!err && unlink(path) != 0 && files_exist(path)) {
        err = files_trouble(why, "replace", path);
    }
    err = err ? err : image_create(path, RACK_CHIP_SIZE, why);
    err = err ? err : image_open(path, &image, why);
    if (err) {
        return err;
    }
    rack_birth(rack->region, serial, &birth);
    if (!card_manufacture(image_nvm(image), &birth)) {
        const struct why *trouble = image_trouble(image);
        err = why_say(why, ERR_OUTSIDE, "%s takes no chip: %s", path,
            trouble ? trouble->text : "its memory is too small");
    }
    image_close(image);
    return err;
}

/* --- a chip of the shelf in a reader ------------------------------------------------------------- */

struct seat {
    struct image *image;
    struct reader inside;
};

static enum err seat_reset(void *self, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    struct seat *seat = self;
    return reader_reset(&seat->inside, atr, atr_len, why);
}

/* When the disk refuses what the chip wants to keep, the chip says 6581; the disk's own words are of
 * more use to a person. */
static enum err seat_exchange(void *self, struct bytes line, struct reply *reply, struct why *why) {
    struct seat *seat = self;
    enum err err = seat->inside.exchange(seat->inside.self, line, reply, why);
    const struct why *trouble = image_trouble(seat->image);
    return err || !trouble ? err : why_say(why, ERR_OUTSIDE, "%s", trouble->text);
}

static void seat_close(void *self) {
    struct seat *seat = self;
    reader_close(&seat->inside);
    image_close(seat->image);
    free(seat);
}

static enum err rack_insert(
    void *self, enum rack_shelf shelf, const char *name, struct reader *out, struct why *why) {
    const struct rack *rack = self;
    char path[PATH_ROOM];
    enum err err = rack_path(rack, shelf, name, path, why);
    if (err) {
        return err;
    }
    struct seat *seat = calloc(1, sizeof *seat);
    if (!seat) {
        return why_say(why, ERR_OUTSIDE, "no memory for a reader");
    }
    err = image_open(path, &seat->image, why);
    if (err == ERR_NOT_FOUND) {
        err = why_say(why, ERR_CONFLICT,
            "its chip %s is gone, and no other can take its place; put it back from a backup, or "
            "begin anew in another --data",
            path);
    }
    err = err ? err : inside_open(image_nvm(seat->image), &seat->inside, why);
    if (err) {
        image_close(seat->image);
        free(seat);
        return err;
    }
    *out = (struct reader){
        .self = seat, .reset = seat_reset, .exchange = seat_exchange, .close = seat_close};
    return OK;
}

/* Everything of this centre goes to the disk at once: thousands of images, one call. */
static enum err rack_settle(void *self, struct why *why) {
    const struct rack *rack = self;
    int fd = open(rack->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return files_trouble(why, "open", rack->dir);
    }
    enum err err = syncfs(fd) == 0 ? OK : files_trouble(why, "sync", rack->dir);
    (void)close(fd);
    return err;
}

struct chip_rack rack_of(struct rack *rack) {
    assert(rack->dir);
    return (struct chip_rack){
        .self = rack, .blank = rack_blank, .insert = rack_insert, .settle = rack_settle};
}

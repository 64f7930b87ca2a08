#include "ports/cortex-m0/firmware.h"

#include "ports/cortex-m0/board.h"
#include "ports/cortex-m0/line.h"
#include "ports/cortex-m0/region.h"

enum { CELLS = 8192 };

/* Not cleared by the start-up code: a warm start finds the chip as it was. */
static uint8_t cells[CELLS] __attribute__((section(".noinit")));

/* What a test chip is born with: the public transport code, serial number 1 of the test makers. */
static const struct chip_birth test_birth = {
    .historical = {0x00,  0x99, 0x53, 0x42, 0x10, 0x86, 0x84, 0x44, 0x01, 0x00, 0x00, 0x00, 0x01},
    .transport = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF,     0xFF,      0xFF,      0xFF     },
};

static struct region region = {.cells = cells, .size = CELLS, .random = board_random};
static struct plugged chip;

void firmware_run(void) {
    static const struct line line = {.get = board_get, .put = board_put};
    struct nvm nvm = region_nvm(&region);
    board_start();
    if (!line_plug(&chip, &nvm)) {
        (void)card_manufacture(&nvm, &test_birth);
        (void)line_plug(&chip, &nvm);
    }
    for (;;) {
        (void)line_serve(&line, &chip);
    }
}

#include "ports/cortex-m0/firmware.h"

#include "ports/cortex-m0/board.h"
#include "ports/cortex-m0/line.h"
#include "ports/cortex-m0/region.h"

enum { CELLS = 8192 };

/* Not cleared by the start-up code: a warm start finds the chip as it was. The factory programs it, as
 * it does with plastic: the cells of an image (ports/sim/image.h) without their header. */
static uint8_t cells[CELLS] __attribute__((section(".noinit")));

static struct region region = {.cells = cells, .size = CELLS, .random = board_random};
static struct plugged chip;

void firmware_run(void) {
    static const struct line line = {.get = board_get, .put = board_put};
    struct nvm nvm = region_nvm(&region);
    board_start();
    while (!line_plug(&chip, &nvm)) {} /* without a chip in its cells it is mute */
    for (;;) {
        (void)line_serve(&line, &chip);
    }
}

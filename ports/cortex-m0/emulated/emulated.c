/* The firmware under an emulator: the card, the line and the board of the real one, over cells in a
 * file of the host. Words for it (arg= of -semihosting-config, the first is its name):
 *
 *     IMAGE            the chip, made by `shebao chip new`
 *     RANDOM or -      its next random numbers, as bytes; without, the generator of the board
 *     REPORT           one line more for each command: CLA INS, ticks of SysTick, stack in use so far
 *
 * The ticks are those from the last byte of the command on the line to the first of the answer. */
#include "ports/cortex-m0/board.h"
#include "ports/cortex-m0/emulated/filecells.h"
#include "ports/cortex-m0/emulated/meter.h"
#include "ports/cortex-m0/emulated/semihost.h"
#include "ports/cortex-m0/firmware.h"
#include "ports/cortex-m0/line.h"

static struct filecells cells;
static struct plugged chip;
static struct {
    int32_t file;  /* -1: nobody wants to know */
    uint32_t at;   /* where its next line goes */
    uint32_t came; /* when the last byte came */
    uint32_t took; /* ticks from there to the first byte of the answer */
    bool answered;
} report = {.file = -1};

static uint8_t metered_get(void *self) {
    uint8_t byte = board_get(self);
    report.answered = false;
    report.came = meter_now();
    return byte;
}

static void metered_put(void *self, uint8_t byte) {
    if (!report.answered) {
        report.took = meter_between(report.came, meter_now());
        report.answered = true;
    }
    board_put(self, byte);
}

/* Eight digits of hexadecimal, for there is no division on this chip, and a space. */
static char *put_hex(char *to, uint32_t number) {
    for (unsigned shift = 32; shift > 0; shift -= 4) {
        *to++ = "0123456789ABCDEF"[number >> (shift - 4) & 15];
    }
    *to++ = ' ';
    return to;
}

static void tell_report(void) {
    char line[3 * 9];
    char *to = put_hex(line, (uint32_t)chip.frame[0] << 8 | chip.frame[1]);
    to = put_hex(to, report.took);
    (void)put_hex(to, meter_stack());
    line[sizeof line - 1] = '\n';
    if (semihost_write(report.file, report.at, line, sizeof line)) {
        report.at += sizeof line;
    }
}

/* Goes on behind what an earlier start has told. */
static void open_report(const char *path) {
    report.file = semihost_open(path, SEMIHOST_CHANGE);
    if (report.file < 0) {
        report.file = semihost_open(path, SEMIHOST_MAKE);
    }
    int32_t len = report.file < 0 ? 0 : semihost_length(report.file);
    report.at = len > 0 ? (uint32_t)len : 0;
}

void firmware_run(void) {
    static const struct line line = {.get = metered_get, .put = metered_put};
    static const char *words[SEMIHOST_WORDS_MAX];
    static struct nvm nvm;
    uint32_t count = semihost_words(words);
    const char *random = count > 1 && words[1][0] != '-' ? words[1] : 0;
    if (count == 0 || !filecells_open(&cells, words[0], random)) {
        semihost_end("firmware: needs the file of a chip; `shebao chip new` makes one\n", 2);
    }
    if (count > 2) {
        open_report(words[2]);
    }
    nvm = filecells_nvm(&cells);
    board_start();
    meter_start();
    if (!line_plug(&chip, &nvm)) {
        semihost_end("firmware: the file holds no chip that answers to reset\n", 2);
    }
    for (;;) {
        uint16_t len = line_serve(&line, &chip);
        if (report.file >= 0 && len != 1) {
            tell_report();
        }
    }
}

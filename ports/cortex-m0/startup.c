/* From the first clock to firmware_run(): the vector table, memory as C wants it, nothing more. */
#include "ports/cortex-m0/firmware.h"

#include <stdint.h>

/* Set by board.ld. */
extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_start[], bss_end[];

void reset_handler(void);
void stop_handler(void);

/* No interrupt is ever taken, for they are masked; whatever comes stops the chip, as a fault does: a mute card. */
void stop_handler(void) {
    for (;;) {}
}

void reset_handler(void) {
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; (uintptr_t)to < (uintptr_t)data_end; to++) {
        *to = *from++;
    }
    for (uint32_t *to = bss_start; (uintptr_t)to < (uintptr_t)bss_end; to++) {
        *to = 0;
    }
    firmware_run();
}

/* The stack, then reset, NMI, hard fault; the places behind them that a Cortex-M0 uses. */
enum { HANDLERS = 15 };
extern const struct vectors {
    uint32_t *stack;
    void (*handlers[HANDLERS])(void);
} vectors;
__attribute__((section(".vectors"))) const struct vectors vectors = {
    .stack = stack_top,
    .handlers = {reset_handler, stop_handler, stop_handler, 0, 0, 0, 0, 0, 0, 0, stop_handler, 0, 0,
                 stop_handler, stop_handler},
};

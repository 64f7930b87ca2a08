#include "ports/cortex-m0/emulated/meter.h"

/* The registers of SysTick, by address. */
static const uintptr_t systick_control = 0xE000E010, systick_reload = 0xE000E014,
                       systick_now = 0xE000E018;

enum {
    SYSTICK_ON = 5, /* the clock of the core, no interrupt */
    TICKS = 0xFFFFFF,
    MARGIN = 64, /* what the painting function may have in use itself */
};
static const uint32_t paint = 0x50A1A7E5;

/* Set by board.ld. */
extern uint32_t stack_top[], noinit_end[];

static volatile uint32_t *word(uintptr_t address) {
    return (volatile uint32_t *)address; /* NOLINT(performance-no-int-to-ptr): hardware */
}

void meter_start(void) {
    uint32_t here;
    for (uint32_t *at = noinit_end; (uintptr_t)at < (uintptr_t)&here - MARGIN; at++) {
        *(volatile uint32_t *)at = paint;
    }
    *word(systick_reload) = TICKS;
    *word(systick_now) = 0;
    *word(systick_control) = SYSTICK_ON;
}

uint32_t meter_now(void) {
    return *word(systick_now);
}

uint32_t meter_between(uint32_t earlier, uint32_t later) {
    return (earlier - later) & TICKS;
}

uint32_t meter_stack(void) {
    const uint32_t *at = noinit_end;
    while (*at == paint) {
        at++;
    }
    return (uint32_t)((uintptr_t)stack_top - (uintptr_t)at);
}

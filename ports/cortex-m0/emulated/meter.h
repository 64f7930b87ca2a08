/* Two figures of the chip at work: instructions and stack.
 *
 * Instructions: the emulator lets one instruction take one nanosecond (-icount shift=0) and SysTick
 * counts at 16 MHz, so a tick is 62.5 of them, and the same every time. Stack: it is painted before
 * the card runs; what lost its paint was used at some time. [readers.md 2] */
#pragma once

#include <stdint.h>

enum { METER_CLOCK_HZ = 16000000 };

/* Paints the stack below the caller and lets SysTick run. Once, before the card runs. */
void meter_start(void);

/* What SysTick says; it counts down and begins again after 2^24 ticks, about a second. */
uint32_t meter_now(void);

/* Ticks from one moment to a later one, less than 2^24 apart. */
uint32_t meter_between(uint32_t earlier, uint32_t later);

/* The most bytes of stack that were ever in use, from the very top. */
uint32_t meter_stack(void);

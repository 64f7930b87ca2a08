/* The board: a Cortex-M0 of the nRF51 family, as the micro:bit has it and QEMU plays it. Its serial
 * port and its generator of random numbers; everything else of it stays asleep.
 * [nRF51 Series Reference Manual 3.0, chapters 20 and 28] */
#pragma once

#include <stdint.h>

/* Switches the serial port (115,200 bit/s on the pins of the micro:bit) and the generator on. */
void board_start(void);

/* Waits for one byte; the core sleeps meanwhile. */
uint8_t board_get(void *self);

/* Waits until the byte is out. */
void board_put(void *self, uint8_t byte);

/* Bytes of the hardware generator, one every fraction of a millisecond. */
void board_random(void *self, uint8_t *to, uint32_t len);

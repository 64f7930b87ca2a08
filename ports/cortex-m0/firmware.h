/* The card alone on its microcontroller: what runs after the start-up code, for ever. */
#pragma once

__attribute__((noreturn)) void firmware_run(void);

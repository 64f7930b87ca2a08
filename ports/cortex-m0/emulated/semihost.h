/* What an emulated chip asks of the machine that emulates it: files, and words for a person.
 *
 * A breakpoint with the number AB is no breakpoint then but a call of the emulator, QEMU started with
 * -semihosting. Only the emulated firmware calls it: on a real chip nobody would answer.
 * [Arm, Semihosting for AArch32 and AArch64, release 2023Q3] */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { SEMIHOST_LINE_MAX = 256, SEMIHOST_WORDS_MAX = 6 };

/* The words that the emulator was told to hand over (arg= of -semihosting-config), without the
 * first, which names the program. They lie in a room of their own that is never freed; returns how
 * many there are, at most SEMIHOST_WORDS_MAX. */
uint32_t semihost_words(const char *words[SEMIHOST_WORDS_MAX]);

enum semihost_way { SEMIHOST_READ = 1, SEMIHOST_CHANGE = 3, SEMIHOST_MAKE = 5 };

/* Opens a file of the host: reading it, reading and changing the one that is there, or making it
 * anew. Returns a handle, or -1. */
int32_t semihost_open(const char *path, enum semihost_way way);

/* Bytes of an open file, or a negative number. */
int32_t semihost_length(int32_t file);

/* Reads from a place of the file; returns how many bytes there were, at most len. */
uint32_t semihost_read(int32_t file, uint32_t at, void *to, uint32_t len);

/* Writes to a place of the file, in one call: what the emulator was told, the file keeps, even when
 * the emulator is killed the moment after. */
bool semihost_write(int32_t file, uint32_t at, const void *from, uint32_t len);

/* Ends the emulation, which leaves with this status; says the text first. */
__attribute__((noreturn)) void semihost_end(const char *text, uint32_t status);

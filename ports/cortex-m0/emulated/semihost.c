#include "ports/cortex-m0/emulated/semihost.h"

#include <string.h>

/* The calls in use, by number. */
enum {
    SYS_OPEN = 0x01,
    SYS_WRITE0 = 0x04,
    SYS_WRITE = 0x05,
    SYS_READ = 0x06,
    SYS_SEEK = 0x0A,
    SYS_FLEN = 0x0C,
    SYS_GET_CMDLINE = 0x15,
    SYS_EXIT_EXTENDED = 0x20,
    ENDED_BY_PROGRAM = 0x20026, /* ADP_Stopped_ApplicationExit */
};

/* An argument is a word: numbers as they are, pointers as addresses. */
static int32_t call(uint32_t number, const void *arguments) {
    register uint32_t r0 __asm__("r0") = number;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return (int32_t)r0;
}

static uint32_t address(const void *at) {
    return (uint32_t)(uintptr_t)at;
}

uint32_t semihost_words(const char *words[SEMIHOST_WORDS_MAX]) {
    static char line[SEMIHOST_LINE_MAX];
    uint32_t arguments[2] = {address(line), sizeof line};
    uint32_t count = 0;
    if (call(SYS_GET_CMDLINE, arguments) != 0) {
        return 0;
    }
    for (char *at = strchr(line, ' '); at && count < SEMIHOST_WORDS_MAX; at = strchr(at, ' ')) {
        *at++ = '\0';
        words[count++] = at;
    }
    return count;
}

int32_t semihost_open(const char *path, enum semihost_way way) {
    uint32_t arguments[3] = {address(path), (uint32_t)way, strlen(path)};
    return call(SYS_OPEN, arguments);
}

int32_t semihost_length(int32_t file) {
    uint32_t arguments[1] = {(uint32_t)file};
    return call(SYS_FLEN, arguments);
}

static bool seek(int32_t file, uint32_t at) {
    uint32_t arguments[2] = {(uint32_t)file, at};
    return call(SYS_SEEK, arguments) == 0;
}

/* Both calls tell how many bytes were left undone. */
uint32_t semihost_read(int32_t file, uint32_t at, void *to, uint32_t len) {
    uint32_t arguments[3] = {(uint32_t)file, address(to), len};
    int32_t undone = seek(file, at) ? call(SYS_READ, arguments) : (int32_t)len;
    return undone >= 0 && (uint32_t)undone <= len ? len - (uint32_t)undone : 0;
}

bool semihost_write(int32_t file, uint32_t at, const void *from, uint32_t len) {
    uint32_t arguments[3] = {(uint32_t)file, address(from), len};
    return seek(file, at) && call(SYS_WRITE, arguments) == 0;
}

void semihost_end(const char *text, uint32_t status) {
    uint32_t arguments[2] = {ENDED_BY_PROGRAM, status};
    (void)call(SYS_WRITE0, text);
    for (;;) {
        (void)call(SYS_EXIT_EXTENDED, arguments);
    }
}

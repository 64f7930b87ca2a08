/* The life of a vault's process, from fork() to its end. Used by vault_process.c alone. */
#pragma once

#include "vaults/line/vault_process.h"

/* Bytes of a line's shared room: address space; memory only as far as it is used. */
enum { LINE_ROOM_LEN = 64 << 20 };

/* The child's end of a line. */
struct child_line {
    int fd;
    void *room;
};

struct child_order {
    const struct vault_keeper *keeper;
    struct child_line lines[VAULT_LINES_MAX];
    size_t count;
    pid_t parent;
};

/* Opens the vaults, enters the cage, says how that went over the first line, serves every line in a
 * thread of its own until the other end hangs up, and ends the process. It never returns, and dies
 * with its parent. Everything but the lines and standard error is closed on the way. */
_Noreturn void vault_child_run(const struct child_order *order);

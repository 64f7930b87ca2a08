/* A vault in a process of its own. [decision 0026; system.md 6.1]
 *
 * The process is a child of the centre's. It opens its keys, gives up everything it does not need
 * (cage.h), and then answers what the functions of keys/vault.h ask: messages over a socket pair,
 * arrays in memory that both see. The caller holds a struct vault as any other and cannot tell the
 * difference; no key is ever in the caller's memory.
 *
 *     struct vault lines[2];
 *     err = vault_process_open(&keeper, &watch, lines, 2, why);
 *     ... lines[i].authenticate(lines[i].self, ...) ...
 *     lines[0].close(lines[0].self);
 *     lines[1].close(lines[1].self);
 *
 * Threads: a process has one line or several. A line serves one thread at a time; two lines serve two
 * threads at the same moment, each with a thread and a vault of its own behind it. Open the process
 * before the caller starts threads of its own: it is made by fork().
 *
 * Death: when the process has ended, whatever ended it, the request that was under way and all later
 * ones answer ERR_OUTSIDE with one sentence that says how it ended. Nothing is half done then, for
 * asking changes nothing in a vault: a batch stops, and goes on over the lines of a process that is
 * opened anew. When the caller's process ends, the kernel ends the vault's.
 *
 * Trust: the process takes every message for hostile. What it answers is decided by keys/permit.h
 * inside it, whatever the caller has become; what it refuses, the caller's watch is told. */
#pragma once

#include <sys/types.h>

#include "host/cage.h"
#include "keys/vault.h"

enum { VAULT_LINES_MAX = 16 };

/* Who opens the vaults inside the new process, before it is caged. */
struct vault_keeper {
    void *self;
    /* Opens count vaults of the same keys, one for each line, or none; secrets that only the opening
     * needed are wiped before it returns. It runs in the child: what it reads (files, passphrases, a
     * terminal) never reaches the caller's memory, and what it changes the caller never sees. */
    enum err (*open)(void *self, struct vault *vaults, size_t count, struct why *why);
    enum cage_profile profile; /* what the vaults need when they are open */
};

/* Who hears of requests that were refused (ERR_DENIED, or ERR_INVALID for keys that do not exist),
 * for the audit chain. story is the vault's sentence; it names the key and holds nothing secret.
 * Called in the thread that asked, by one thread at a time, before the request returns; it must not
 * ask a vault itself. */
struct vault_watch {
    void *self;
    void (*refused)(void *self, const char *story);
};

/* Starts the process and fills lines[0] to lines[count - 1] (1 to VAULT_LINES_MAX). Each is ended with
 * its close; the process ends with the last one. watch may be NULL, and is copied. ERR_OUTSIDE when
 * the system gives no process, memory or cage; otherwise what the keeper's open() said. lines are
 * untouched after a failure. */
enum err vault_process_open(const struct vault_keeper *keeper, const struct vault_watch *watch,
    struct vault *lines, size_t count, struct why *why);

/* Has the vault behind a line wiped, and leaves the line open: every later request on it is refused.
 * close() does so by itself; whoever wants to look at a process whose keys are gone calls it first. */
enum err vault_process_rest(const struct vault *vault, struct why *why);

/* Whether the process behind a line has ended, by looking and not by asking; *why then says how. A line
 * that was told so by a request says the same. For whoever waits for SIGCHLD. */
bool vault_process_ended(const struct vault *vault, struct why *why);

/* The number of the process behind a line, for those who watch it. It is the caller's child, and
 * waited for by the library alone. */
pid_t vault_process_id(const struct vault *vault);

/* Room that the caller and the process both see, *len bytes, the line's own. Jobs for tacs that lie in
 * it are computed where they are; any other array is carried there and back in pieces. Borrowed until
 * the line closes. */
void *vault_process_room(const struct vault *vault, size_t *len);

/* Where in that room the factors of `cards` cards and the answers of a set of that many keys belong, so
 * that key_sets with these arrays carries nothing. False when they do not fit. keys is at most
 * KEY_SET_MAX. Borrowed until the line closes; every other request may overwrite them. */
bool vault_process_sets(const struct vault *line, size_t keys, size_t cards, uint8_t **factors,
    struct wrapped_key **out);

/* Preloaded before a program: kills it, without a word and without a flush, at the n-th call that changes what
 * is on the disk (SHEBAO_KILL_AT), just before it or, with SHEBAO_KILL_AFTER, just after. A sweep over n cuts
 * a command between and inside all its steps. SHEBAO_KILL_COUNT names a file that gets the number of calls when
 * the program ends by itself. SHEBAO_KILL_NAME kills it behind the first rename to a name with that part. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long calls;
static pid_t owner;

__attribute__((constructor)) static void begin(void) {
    owner = getpid();
}

/* Children of the program are none of this sweep's. */
static void step(int after) {
    const char *at = getenv("SHEBAO_KILL_AT");
    int kill_after = getenv("SHEBAO_KILL_AFTER") != NULL;
    if (getpid() != owner) {
        return;
    }
    calls += after == 0;
    if (at && kill_after == after && calls == atol(at)) {
        (void)kill(owner, SIGKILL);
    }
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("SHEBAO_KILL_COUNT");
    FILE *file = path && getpid() == owner ? fopen(path, "w") : NULL;
    if (file) {
        (void)fprintf(file, "%ld\n", calls);
        (void)fclose(file);
    }
}

static void *real(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

#define WRAP(type, name, parameters, arguments)                                                    \
    type name parameters {                                                                         \
        static type(*next) parameters;                                                             \
        if (!next) {                                                                               \
            void *symbol = real(#name);                                                            \
            (void)memcpy(&next, &symbol, sizeof next);                                             \
        }                                                                                          \
        step(0);                                                                                   \
        type result = next arguments;                                                              \
        step(1);                                                                                   \
        return result;                                                                             \
    }

/* The first file that gets a name with SHEBAO_KILL_NAME in it ends the program, too. */
static void name_given(const char *to) {
    const char *part = getenv("SHEBAO_KILL_NAME");
    if (part && getpid() == owner && strstr(to, part)) {
        (void)kill(owner, SIGKILL);
    }
}

static int rename_and_tell(const char *from, const char *to) {
    static int (*next)(const char *, const char *);
    if (!next) {
        void *symbol = real("rename");
        (void)memcpy(&next, &symbol, sizeof next);
    }
    int result = next(from, to);
    name_given(to);
    return result;
}

int rename(const char *from, const char *to) {
    step(0);
    int result = rename_and_tell(from, to);
    step(1);
    return result;
}
WRAP(int, unlink, (const char *path), (path))
WRAP(int, fsync, (int fd), (fd))
WRAP(int, fdatasync, (int fd), (fd))
WRAP(int, ftruncate, (int fd, off_t length), (fd, length))

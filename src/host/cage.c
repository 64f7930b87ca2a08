#include "host/cage.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* What becomes of a call. */
enum fate { DEATH, NO, YES };

/* Conditions on arguments; a call that does not meet its condition ends the process. */
enum rule { ANY, TO_STDERR, NOT_EXEC, THREAD, TO_ITSELF };

static const struct call {
    int number;
    enum rule rule;
    enum fate fates[CAGE_PROFILES];
} calls[] = {
/* clang-format off */
#define CALL(name, rule, soft, module, painter) {SCMP_SYS(name), rule, {soft, module, painter}},
/* clang-format on */
#include "host/cage_calls.def"
};

/* What pthread_create() asks for, and fork() does not. */
enum { THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD };

/* The condition of a rule; false for ANY, which has none. */
static bool comparison_of(enum rule rule, struct scmp_arg_cmp *one) {
    switch (rule) {
    case ANY:
        return false;
    case TO_STDERR:
        *one = SCMP_A0(SCMP_CMP_EQ, STDERR_FILENO, 0);
        return true;
    case NOT_EXEC:
        *one = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
        return true;
    case THREAD:
        *one = SCMP_A0(SCMP_CMP_MASKED_EQ, THREAD_FLAGS, THREAD_FLAGS);
        return true;
    case TO_ITSELF:
        *one = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0);
        return true;
    }
    return false;
}

/* A call that this processor does not have is no hole: it cannot be made. */
static bool add_call(scmp_filter_ctx filter, const struct call *call, enum cage_profile profile) {
    enum fate fate = call->fates[profile];
    struct scmp_arg_cmp one = {0};
    if (fate == DEATH || call->number < 0) {
        return true;
    }
    unsigned compared = comparison_of(call->rule, &one) ? 1 : 0;
    uint32_t action = fate == YES ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(EACCES);
    return seccomp_rule_add_array(filter, action, call->number, compared, &one) == 0;
}

static bool fill(scmp_filter_ctx filter, enum cage_profile profile) {
    bool good = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0
                && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
    for (size_t i = 0; good && i < sizeof calls / sizeof calls[0]; i++) {
        good = add_call(filter, &calls[i], profile);
    }
    return good;
}

/* Some systems give no right to lock; what is secret then still lies in rooms of its own, and a cage
 * with pages that may be swapped is better than none. */
static bool keep_to_itself(void) {
    const struct rlimit none = {0, 0};
    (void)mlockall(MCL_CURRENT | MCL_ONFAULT);
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
           && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

enum err cage_enter(enum cage_profile profile, struct why *why) {
    assert((unsigned)profile < CAGE_PROFILES);
    bool good = keep_to_itself();
    scmp_filter_ctx filter = good ? seccomp_init(SCMP_ACT_KILL_PROCESS) : NULL;
    good = filter && fill(filter, profile) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good ? OK
                : why_say(why, ERR_OUTSIDE,
                    "this system does not let a process give up its rights (%s); a vault or a "
                    "painter needs a kernel with seccomp filters",
                    strerror(errno));
}

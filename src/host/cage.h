/* What a process gives up for good before it answers anybody. [architecture: processes]
 *
 * A cage is a list of system calls (cage_calls.def) that the kernel enforces from then on, for this
 * process and all its threads. What honest libraries try by habit and can do without (opening a file,
 * asking for a host's name) is refused with an error; what only an intruder tries (a socket, another
 * program, looking into another process, memory that can be executed) ends the process at once.
 * Whoever watches the process sees the signal SIGSYS.
 *
 * Besides: no new privileges, no core dumps, invisible to debuggers of other users, and its pages
 * locked against swapping where the system allows it. */
#pragma once

#include "host/why.h"

enum cage_profile {
    /* A vault that computes with keys in its own memory: the descriptors it holds, memory that is
     * not executable, threads, the clock, chance. No file, network, process. */
    CAGE_SOFT,
    /* A vault over a module that keeps its objects in files, as SoftHSM does: the same, and files.
     * Still no network (a library that wants to reach the system's log is refused, and lives), no
     * process, no executable memory: the module is loaded before. */
    CAGE_MODULE,
    /* A painter that decodes strangers' pictures and draws: the descriptors and the fonts it holds,
     * memory that is not executable, threads. No file, network, process. */
    CAGE_PAINTER,
    CAGE_PROFILES
};

/* Enters the cage; there is no way out. ERR_OUTSIDE when the kernel does not enforce it: whoever
 * asked must then not go on. */
enum err cage_enter(enum cage_profile profile, struct why *why);

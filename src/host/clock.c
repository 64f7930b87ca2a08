#include "host/clock.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

enum { NS_A_SECOND = 1000000000, NS_A_MS = 1000000 };

/* CLOCK_MONOTONIC can fail only for a clock that the system lacks, which Linux does not. */
uint64_t clock_ns(void) {
    struct timespec now;
    int rc = clock_gettime(CLOCK_MONOTONIC, &now);
    assert(rc == 0);
    (void)rc;
    return (uint64_t)now.tv_sec * NS_A_SECOND + (uint64_t)now.tv_nsec;
}

double clock_seconds_since(uint64_t earlier_ns) {
    uint64_t now = clock_ns();
    assert(now >= earlier_ns);
    return (double)(now - earlier_ns) / NS_A_SECOND;
}

/* A wall clock that cannot be read shows 1970: a log line is worth more than its time. */
const char *clock_wall(char text[CLOCK_TEXT_ROOM]) {
    struct timespec now = {0};
    struct tm utc = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &utc);
    size_t len = strftime(text, CLOCK_TEXT_ROOM, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(text + len, CLOCK_TEXT_ROOM - len, ".%03ldZ", now.tv_nsec / NS_A_MS);
    return text;
}

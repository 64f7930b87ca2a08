#include "host/peace.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAT_LINE_MAX = 512 };

bool peace_read_line(const char *line, long ticks, double *seconds) {
    enum { IDLE = 3, WAITING = 4, KINDS = 8 };
    static const char name[] = "cpu ";
    uint64_t busy = 0;
    *seconds = 0;
    assert(ticks > 0);
    if (strncmp(line, name, sizeof name - 1) != 0) {
        return false;
    }
    const char *at = line + sizeof name - 1;
    for (size_t kind = 0; kind < KINDS; kind++) {
        char *end = NULL;
        uint64_t spent = strtoull(at, &end, 10);
        if (end == at) {
            return false;
        }
        busy += kind == IDLE || kind == WAITING ? 0 : spent;
        at = end;
    }
    *seconds = (double)busy / (double)ticks;
    return true;
}

bool peace_busy_seconds(double *seconds) {
    char line[STAT_LINE_MAX];
    long ticks = sysconf(_SC_CLK_TCK);
    FILE *stat = fopen("/proc/stat", "re");
    bool known = stat && ticks > 0 && fgets(line, sizeof line, stat);
    *seconds = 0;
    if (stat) {
        (void)fclose(stat);
    }
    return known && peace_read_line(line, ticks, seconds);
}

double peace_share_of_others(double busy, double own, double seconds, long cores) {
    assert(seconds > 0);
    assert(cores > 0);
    double share = (busy - own) / (seconds * (double)cores);
    return share < 0 ? 0 : share > 1 ? 1 : share;
}

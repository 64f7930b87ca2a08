/* One line, two lines: the ending of an English word behind a number.
 *
 *     printf("%" PRId64 " card%s", count, plural_s(count)); */
#pragma once

#include <stdint.h>

/* "" for one thing, "s" for none or many; static. */
static inline const char *plural_s(int64_t count) {
    return count == 1 ? "" : "s";
}

/* "y" for one thing, "ies" for none or many: "entr%s"; static. */
static inline const char *plural_ies(int64_t count) {
    return count == 1 ? "y" : "ies";
}

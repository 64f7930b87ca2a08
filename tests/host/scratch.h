/* A directory of its own for each test, gone afterwards. Use it as cmocka's setup and teardown:
 * *state is then the path. */
#pragma once

#include "check.h"

static inline int scratch_make(void **state) {
    char *path = strdup("/tmp/shebao-test-XXXXXX");
    *state = path ? mkdtemp(path) : NULL;
    return *state ? 0 : -1;
}

static inline int scratch_remove(void **state) {
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", (const char *)*state);
    int rc = system(command);
    free(*state);
    return rc;
}

/* The name of something below the scratch directory. The room is the test's. */
static inline const char *below(void **state, const char *name, char path[512]) {
    (void)snprintf(path, 512, "%s/%s", (const char *)*state, name);
    return path;
}

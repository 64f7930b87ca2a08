/* The figures that a pilot leaves in its centre: pilot.json when it has ended, pilot.state.json, of
 * the same shape, while it runs. This is the one place that knows which of them counts. */
#pragma once

#include <stdbool.h>

#include "host/files.h"
#include "host/why.h"

enum { FIGURES_BYTES_MAX = 1 << 20 };

/* The file that counts, whole: that of the pilot that runs (*running is true), else that of the
 * one that ended. ERR_NOT_FOUND when there is neither. *content is the caller's to free. */
enum err figures_read(
    const char *dir, struct file_content *content, bool *running, struct why *why);

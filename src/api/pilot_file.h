/* The figures that a pilot leaves in its centre: pilot.json once it has ended, and until then
 * pilot.state.json, of the same shape, with the steps that are done. A centre has one pilot in its
 * life. This is the one place that knows which of the files counts. */
#pragma once

#include <stdbool.h>

#include "host/files.h"
#include "host/why.h"

enum { PILOT_FILE_BYTES_MAX = 1 << 20 };

/* The file that counts, whole: that of the pilot that ended, else that of the one that runs or was
 * interrupted (*running is true). ERR_NOT_FOUND when there is neither. *content is the caller's to
 * free. */
enum err pilot_file_read(
    const char *dir, struct file_content *content, bool *running, struct why *why);

/* What is said when a row is not there: what was looked for, and the command that shows what there is.
 * One voice for all areas of this folder. [decision 0064] */
#pragma once

#include "host/why.h"

/* "no such batch; "shebao batch list" shows them", from no_such.def; a thing without a line there gets
 * no next step. thing is one of the words that the rows use ("batch", "temporary card"). Returns
 * ERR_NOT_FOUND. */
enum err no_such(struct why *why, const char *thing);

/* The same for an UPDATE that met no row: the thing is not there, or was changed by another by now.
 * Returns ERR_CONFLICT. */
enum err no_such_now(struct why *why, const char *thing);

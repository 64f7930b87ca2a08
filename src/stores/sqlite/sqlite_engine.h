/* SQLite under the stores: a centre's database in one file, WAL, STRICT tables, one writer.
 *
 * The address is the file's path. Commits are forced to the disk (synchronous = FULL); after a
 * failed fsync the process ends (db 3). See stores/engine/engine.h for what an engine is. */
#pragma once

#include "stores/engine/engine.h"

extern const struct engine sqlite_engine;

/* SQLite's own handle of an open database, for tests that disturb it; the link keeps it. */
struct sqlite3 *sqlite_of(const struct link *link);

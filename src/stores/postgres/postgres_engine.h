/* PostgreSQL 15 under the stores, through libpq: for a centre that outgrows one machine.
 *
 * The address is libpq's (postgresql://HOST/DATABASE?..., a socket's directory as ?host=/...);
 * the tables lie in the first schema of its search_path, which must be there, in a database
 * whose encoding is UTF8. A password in the address is refused: PGPASSFILE and PGSERVICEFILE are
 * for that.
 *
 * - One writer, as on SQLite: a transaction takes an advisory lock of the schema with it and
 *   whoever cannot have it within three seconds is told: a writer that was killed is gone by
 *   then.
 * - What commit() answers OK for is durable (synchronous_commit; a server with fsync off is
 *   refused). When the connection is lost at the very commit, the next one asks the server what
 *   became of that transaction (pg_xact_status), and the answer is true; where no server
 *   answers, the error says that nobody knows.
 * - A lost connection is not made again under prepared sentences: everything after it is
 *   ERR_OUTSIDE, and the command is to be done again.
 * - After a sentence failed inside a transaction, the server refuses every other until that
 *   scope (or the savepoint around it) is left. That is stricter than SQLite; stores leave their
 *   scopes anyway.
 * - Rows are read one at a time: a long walk needs no more memory than a short one, unless
 *   another sentence is said in its middle, for which the rest of the rows is put aside.
 * - New numbers come from a sequence: a transaction taken back leaves a gap, where SQLite leaves
 *   none. */
#pragma once

#include "stores/engine/engine.h"

extern const struct engine postgres_engine;

/* Whether an address is one of this engine. */
bool postgres_is(const char *address);

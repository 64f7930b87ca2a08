/* The house's SQL, as PostgreSQL says it.
 *
 * Sentences and tables are written once, in what SQLite and PostgreSQL share, and with SQLite's
 * words for types and for the few things that postgres_dialect.def lists. Words inside quotation
 * marks and comments stay as they are. */
#pragma once

#include <stdbool.h>

/* The text for PostgreSQL, which the caller frees; NULL: no memory. ?N becomes $N, x'00' a
 * bytea, "?N IS NULL" asks for a text, and of a pair (ON_POSTGRES) the second half is taken.
 * tables: these are definitions of tables, where TEXT is compared byte by byte (COLLATE "C"), as
 * SQLite does. *parameters is the highest N; it may be NULL. */
char *postgres_says(const char *text, bool tables, int *parameters);

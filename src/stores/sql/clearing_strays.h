/* Rows that a node of a cluster kept although the step that they belong to was never committed.
 * [decision 0037]
 *
 * Over postgres_fdw a commit is not one: the other nodes commit first, then the one where the centre
 * works. So nothing that the centre believes in is ever missing, but when a node is lost in the middle,
 * another one may keep records of a file, or entries of a posting, that there is not. Left there they
 * would stand in the way of the very records that they are, when their file is sent again. They are
 * known by their numbers: files and postings are numbered in the order of their steps, so a stray's
 * number is above the last one that there is, as long as nobody wrote since. */
#pragma once

#include "stores/sql/db.h"

/* Removes what is astray, each time the clearing's rows are opened and before anything is written; with
 * a row of the audit chain that says how many. Nothing to do in a file, which has one commit. ERR_OUTSIDE
 * when a node does not answer. */
enum err clearing_strays_remove(struct db *db, struct why *why);

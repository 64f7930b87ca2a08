/* The same tests on both engines: SHEBAO_TEST_DATABASE=postgresql://... sends every database
 * that a test opens to that server, each into a schema of its own; without it they are files, or
 * in memory. */
#pragma once

#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "stores/sql/db.h"

static inline bool on_a_server(void) {
    return getenv("SHEBAO_TEST_DATABASE") != NULL;
}

/* For tests that reach into SQLite itself. */
static inline void only_in_a_file(void) {
    if (on_a_server()) {
        skip();
    }
}

/* A path is always the same schema; what is in memory is always a new one. [FNV-1a] */
static inline void engine_schema(const char *path, char *schema, size_t room) {
    static unsigned in_memory;
    uint64_t hash = 14695981039346656037U;
    char own[64];
    if (strcmp(path, ":memory:") == 0) {
        (void)snprintf(own, sizeof own, "%ld %u", (long)getpid(), in_memory++);
        path = own;
    }
    for (const char *c = path; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211U;
    }
    (void)snprintf(schema, room, "t%016llx", (unsigned long long)hash);
}

/* Where the database is that a test calls path. Lives until the next call. */
static inline const char *engine_address(const char *path) {
    static char address[512];
    char schema[24], sentence[96];
    const char *server = getenv("SHEBAO_TEST_DATABASE");
    if (!server) {
        return path;
    }
    engine_schema(path, schema, sizeof schema);
    (void)snprintf(sentence, sizeof sentence,
        "SET client_min_messages = error; CREATE SCHEMA IF NOT EXISTS %s", schema);
    PGconn *conn = PQconnectdb(server);
    PGresult *made = PQexec(conn, sentence);
    assert_int_equal(PQresultStatus(made), PGRES_COMMAND_OK);
    PQclear(made);
    PQfinish(conn);
    (void)snprintf(address, sizeof address, "%s&options=-csearch_path%%3D%s", server, schema);
    return address;
}

/* From now on the database refuses every row of an event ("INSERT ON audit") until trap_open(). */
static inline void trap_set(struct db *db, const char *event) {
    char sentence[320];
    struct why why = {""};
    (void)snprintf(sentence, sizeof sentence,
        on_a_server() ? "CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE "
                        "integrity_constraint_violation USING MESSAGE = 'trap'; END $$; CREATE "
                        "TRIGGER trap BEFORE %s FOR EACH ROW EXECUTE FUNCTION trap()"
                      : "CREATE TEMP TRIGGER trap BEFORE %s BEGIN SELECT raise(ABORT, 'trap'); END",
        event);
    if (db_run(db, sentence, &why)) {
        fail_msg("%s", why.text);
    }
}

static inline void trap_open(struct db *db) {
    struct why why = {""};
    const char *sentence = on_a_server() ? "DROP FUNCTION trap CASCADE" : "DROP TRIGGER trap";
    assert_int_equal(db_run(db, sentence, &why), OK);
}

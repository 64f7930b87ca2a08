#include "stores/postgres/postgres_engine.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stores/postgres/postgres_dialect.h"
#include "stores/postgres/postgres_link.h"

enum {
    WRITER = 0x53424143,  /* "SBAC": the first half of the writer's lock */
    SETTLE_TRIES = 50,    /* how often a lost commit is asked after, */
    SETTLE_WAIT_MS = 100, /* and how long apart: a server that crashed comes back in seconds */
    LOCK_WAIT_MS = 3000,  /* for the writer's lock */
};

/* --- trouble -------------------------------------------------------------------------------- */

/* What a server can answer, by the beginning of its SQLSTATE, as the kinds a caller can act on
 * and the sentence a person can act on. The first that fits counts; its number is its place,
 * from 1. */
static const struct trouble {
    const char *state;
    enum err err;
    const char *sentence;
} troubles[] = {
    {"",      ERR_OUTSIDE,
     "the connection to the database server was lost; nothing of this step was kept; see that "
        "the "
        "server runs, then do it again"                                                          },
    {"57P",   ERR_OUTSIDE,
     "the database server is stopping; nothing of this step was kept; start it, then do it "
        "again"                                                                                  },
    {"08",    ERR_OUTSIDE,
     "the connection to the database server was lost; nothing of this step was kept; see that "
        "the "
        "server runs, then do it again"                                                          },
    {"53100", ERR_OUTSIDE,
     "the disk is full; nothing of this step was kept; free some space and do it again"          },
    {"53200", ERR_OUTSIDE,  "no memory is left; end other programs, then try again"              },
    {"53300", ERR_OUTSIDE,
     "the database server takes no more connections; end some, then try again"                   },
    {"55P03", ERR_OUTSIDE,
     "another process has been writing for seconds; see what it does, then do this again"        },
    {"40",    ERR_OUTSIDE,  "another process was in the way; do this again"                      },
    {"25006", ERR_OUTSIDE,
     "the database may only be read; see that the address is that of the writing server"         },
    {"42501", ERR_OUTSIDE,
     "the database's rights do not suffice; let this user write in its schema, then try again"   },
    {"58",    ERR_OUTSIDE,  "the server's disk failed to read or write; check it, then try again"},
    {"XX00",  ERR_OUTSIDE,  "the database is damaged; restore the last backup"                   },
    {"42P07", ERR_CONFLICT, "something of that name is there already"                            },
    {"23",    ERR_CONFLICT, "the database refuses what would contradict its rows"                },
    {"22",    ERR_CONFLICT, "the database refuses what would contradict its rows"                },
};
enum { TROUBLES = sizeof troubles / sizeof troubles[0], TROUBLE_OTHER = TROUBLES + 1 };

/* libpq's stories have several lines; the first says what happened. */
static void keep_words(struct link *link, const char *words) {
    const char *text = words ? words : "";
    size_t len = strcspn(text, "\n");
    len = len < sizeof link->words ? len : sizeof link->words - 1;
    (void)memcpy(link->words, text, len);
    link->words[len] = '\0';
    assert(strlen(link->words) < sizeof link->words);
}

int postgres_note(struct link *link, const PGresult *result) {
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    const char *words = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    keep_words(link, words ? words : PQerrorMessage(link->conn));
    link->trouble = TROUBLE_OTHER;
    if (PQstatus(link->conn) != CONNECTION_OK) {
        link->trouble = 1;
    }
    for (int i = 1; i < TROUBLES && state && link->trouble == TROUBLE_OTHER; i++) {
        if (strncmp(state, troubles[i].state, strlen(troubles[i].state)) == 0) {
            link->trouble = i + 1;
        }
    }
    return link->trouble;
}

enum err postgres_tell(struct link *link, int trouble, struct why *why) {
    assert(trouble >= 1);
    if (trouble > TROUBLES) {
        return why_say(why, ERR_OUTSIDE, "database: %s", link->words);
    }
    const struct trouble *t = &troubles[trouble - 1];
    bool detail = t->err == ERR_CONFLICT;
    return why_say(
        why, t->err, "%s%s%s", t->sentence, detail ? ": " : "", detail ? link->words : "");
}

static enum err tell_now(struct link *link, const PGresult *result, struct why *why) {
    return postgres_tell(link, postgres_note(link, result), why);
}

static bool good(const PGresult *result) {
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

enum err postgres_ask(
    struct link *link, const char *text, char *value, size_t room, struct why *why) {
    postgres_free_line(link);
    assert(!link->streaming);
    assert(!value || room > 0);
    PGresult *result = PQexec(link->conn, text);
    enum err err = good(result) ? OK : tell_now(link, result, why);
    link->changed = err ? 0 : strtoll(PQcmdTuples(result), NULL, 10);
    if (value) {
        const char *said = !err && PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
        (void)snprintf(value, room, "%s", said);
    }
    PQclear(result);
    return err;
}

/* --- opening and closing -------------------------------------------------------------------- */

bool postgres_is(const char *address) {
    return strncmp(address, "postgresql://", 13) == 0 || strncmp(address, "postgres://", 11) == 0;
}

/* What stands in an address stands in files and in lists of processes, too. */
static enum err check_no_password(const char *address, struct why *why) {
    char *trouble = NULL;
    PQconninfoOption *all = PQconninfoParse(address, &trouble);
    bool told = false;
    for (const PQconninfoOption *o = all; o && o->keyword; o++) {
        told = told || (strcmp(o->keyword, "password") == 0 && o->val);
    }
    enum err err = OK;
    if (!all) {
        err = why_say(why, ERR_INVALID, "this is no address of a database: %.*s",
            trouble ? (int)strcspn(trouble, "\n") : 0, trouble ? trouble : "");
    } else if (told) {
        err = why_say(why, ERR_INVALID,
            "the address holds a password; take it out, and put it into the file that PGPASSFILE "
            "names (~/.pgpass)");
    }
    PQconninfoFree(all);
    PQfreemem(trouble);
    return err;
}

/* Notices ("table exists, skipping") are nothing for the person at the terminal. */
static void unheard(void *self, const char *message) {
    (void)self;
    (void)message;
}

/* What must hold at the server, and what an answer other than the expected one means. */
static const struct demand {
    const char *question, *expected, *sentence;
} demands[] = {
    {"SELECT (current_setting('server_version_num')::int >= 150000)::text",                  "true",
     "the database server is older than PostgreSQL 15; use a newer one"                                                                                                              },
    {"SHOW server_encoding",                                                                 "UTF8",
     "the database is not encoded in UTF8, and names would not be whole; make one that is"                                                                                           },
    {"SHOW fsync",                                                                           "on",
     "the database server forces nothing to its disk (fsync = off); set it to on"                                                                                                    },
    {"SELECT (current_schema() IS NOT NULL)::text",                                          "true",
     "the schema that the address names is not there; make it with CREATE SCHEMA"                                                                                                    },
    {"SELECT (to_regclass('migration') IS NOT NULL OR NOT EXISTS (SELECT 1 FROM pg_class WHERE "
     "relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace))::text", "true", "the database is of another program; name an empty one, or a schema of your own"},
};

static enum err check_server(struct link *link, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; i < sizeof demands / sizeof demands[0] && !err; i++) {
        char answer[32];
        err = postgres_ask(link, demands[i].question, answer, sizeof answer, why);
        if (!err && strcmp(answer, demands[i].expected) != 0) {
            err = why_say(why, ERR_INVALID, "%s", demands[i].sentence);
        }
    }
    return err;
}

/* The forms of answers that postgres_sentence.c reads, whatever the server's habit. */
static enum err set_up(struct link *link, struct why *why) {
    static const char settings[] =
        "SET bytea_output = 'hex'; SET standard_conforming_strings = on; "
        "SET synchronous_commit = on; SET client_min_messages = error";
    char lock[32];
    enum err err = postgres_ask(link, settings, NULL, 0, why);
    err = err ? err
              : postgres_ask(link,
                  "SELECT (oid::bigint & 2147483647)::text FROM pg_namespace WHERE nspname = "
                  "current_schema()",
                  lock, sizeof lock, why);
    link->lock = err ? 0 : (int)strtol(lock, NULL, 10);
    return err;
}

static void postgres_close(struct link *link) {
    assert(link);
    assert(!link->streaming); /* every sentence was ended */
    PQfinish(link->conn);
    free(link->address);
    free(link);
}

static enum err connect_to(struct link *link, struct why *why) {
    const char *const keys[] = {"dbname", "fallback_application_name", "client_encoding", NULL};
    const char *const values[] = {link->address, "shebao", "UTF8", NULL};
    assert(link->address);
    PQfinish(link->conn);
    link->conn = PQconnectdbParams(keys, values, 1);
    if (PQstatus(link->conn) != CONNECTION_OK) {
        keep_words(link, link->conn ? PQerrorMessage(link->conn) : "no memory");
        return why_say(why, ERR_OUTSIDE,
            "the database server does not answer (%s); start it, or see that the address is right",
            link->words);
    }
    (void)PQsetNoticeProcessor(link->conn, unheard, NULL);
    return OK;
}

static enum err postgres_open(const char *address, struct link **out, struct why *why) {
    *out = NULL;
    enum err err = check_no_password(address, why);
    if (err) {
        return err;
    }
    struct link *link = calloc(1, sizeof *link);
    char *copy = strdup(address);
    if (!link || !copy) {
        free(link);
        free(copy);
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    link->address = copy;
    err = connect_to(link, why);
    err = err ? err : check_server(link, why);
    err = err ? err : set_up(link, why);
    if (err) {
        postgres_close(link);
        return why_add(why, err, "%s", address); /* which holds no password */
    }
    *out = link;
    return OK;
}

/* --- transactions --------------------------------------------------------------------------- */

static enum err postgres_run(struct link *link, const char *sentences, struct why *why) {
    assert(sentences);
    char *text = postgres_says(sentences, true, NULL);
    if (!text) {
        return why_say(why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
    }
    enum err err = postgres_ask(link, text, NULL, 0, why);
    free(text);
    return err;
}

static bool postgres_alive(const struct link *link) {
    PGTransactionStatusType status = PQtransactionStatus(link->conn);
    return !link->counted
           && (status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE);
}

static void wait_ms(long ms) {
    const struct timespec moment = {ms / 1000, ms % 1000 * 1000000L};
    (void)nanosleep(&moment, NULL);
}

/* Writers wait in a queue at the server, the first to come the first, and three seconds at most: so long
 * may one that was killed be held by a server that has not seen it yet. The lock is let go by the
 * end of the transaction, however it ends. Each sentence sees what was committed when it began, so
 * none sees what was before the waiting. The transaction's number at the server is taken at once: when
 * the commit's answer is lost, that number is what can be asked after. */
static enum err postgres_begin(struct link *link, struct why *why) {
    char text[256];
    (void)snprintf(text, sizeof text,
        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = %d; "
        "SELECT pg_advisory_xact_lock(%d, %d); SET LOCAL lock_timeout = 0; "
        "SELECT pg_current_xact_id()::text",
        (int)LOCK_WAIT_MS, (int)WRITER, link->lock);
    enum err err = postgres_ask(link, text, link->step, sizeof link->step, why);
    if (err && postgres_alive(link)) {
        (void)postgres_ask(link, "ROLLBACK", NULL, 0, &(struct why){0});
    }
    assert(err || (postgres_alive(link) && link->step[0] != '\0'));
    return err;
}

/* The connection went while the commit was under way. A new one, as soon as the server answers, is
 * asked what became of the transaction; one in progress will soon be known to be dead. */
static enum err settle(struct link *link, struct why *why) {
    assert(link->step[0] != '\0'); /* begin() has asked for it */
    char question[80];
    char status[16] = "";
    struct why unheard_of;
    (void)snprintf(question, sizeof question, "SELECT pg_xact_status('%s'::xid8)", link->step);
    for (int i = 0; i < SETTLE_TRIES; i++) {
        if (i > 0) {
            wait_ms(SETTLE_WAIT_MS);
        }
        bool answered = connect_to(link, &unheard_of) == OK
                        && postgres_ask(link, question, status, sizeof status, &unheard_of) == OK;
        if (answered && strcmp(status, "in progress") != 0) {
            break;
        }
        status[0] = '\0';
    }
    PQfinish(link->conn); /* what was prepared is gone: nobody goes on with this connection */
    link->conn = NULL;
    link->counted = true;
    if (strcmp(status, "committed") == 0) {
        return OK;
    }
    if (strcmp(status, "aborted") == 0) {
        return why_say(why, ERR_OUTSIDE,
            "the connection to the database server was lost; nothing of this step was kept; see "
            "that the server runs, then do it again");
    }
    return why_say(why, ERR_OUTSIDE,
        "the database server was lost in the middle of a commit, and nobody knows whether the step "
        "was kept; start the server, then ask again with the same request number");
}

/* A server that had refused a sentence of the step answers COMMIT with ROLLBACK. */
static enum err postgres_commit(struct link *link, struct why *why) {
    assert(postgres_alive(link));
    postgres_free_line(link);
    bool whole = PQtransactionStatus(link->conn) == PQTRANS_INTRANS;
    PGresult *result = PQexec(link->conn, "COMMIT");
    bool kept = good(result) && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    bool taken_back = good(result) && !kept;
    enum err err = OK;
    if (taken_back) {
        err = why_say(why, ERR_OUTSIDE,
            "the database took the whole step back, because a part of it had failed; do it again");
    } else if (!kept) {
        bool lost = whole && PQstatus(link->conn) != CONNECTION_OK;
        err = lost ? settle(link, why) : tell_now(link, result, why);
    }
    PQclear(result);
    return err;
}

/* Nothing is saved here. A server that commits without forcing (synchronous_commit = off) loses
 * what it has not yet written when it is killed, while chips and journals keep it: a rehearsal
 * would not balance any more. What a file's engine leaves to the operating system survives such
 * a kill. */
static enum err postgres_sync_seldom(struct link *link, struct why *why) {
    assert(link);
    (void)link;
    (void)why;
    return OK;
}

/* The server has no file for savepoints. */
static enum err postgres_save_in_memory(struct link *link, struct why *why) {
    assert(link);
    (void)link;
    (void)why;
    return OK;
}

static int64_t postgres_changed(const struct link *link) {
    return link->changed;
}

const struct engine postgres_engine = {
    .name = "PostgreSQL",
    .open = postgres_open,
    .close = postgres_close,
    .run = postgres_run,
    .more_tables = postgres_more_tables,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .alive = postgres_alive,
    .sync_seldom = postgres_sync_seldom,
    .save_in_memory = postgres_save_in_memory,
    .prepare = postgres_prepare,
    .forget = postgres_forget,
    .anew = postgres_anew,
    .bind = postgres_bind,
    .parameters = postgres_parameters,
    .step = postgres_step,
    .columns = postgres_columns,
    .number = postgres_number,
    .words = postgres_words,
    .blob = postgres_blob,
    .changed = postgres_changed,
    .tell = postgres_tell,
};

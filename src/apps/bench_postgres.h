/* PostgreSQL 15 as a yardstick: how fast it takes rows by binary COPY.
 *
 * A server of its own is started from Debian's package in a folder that is removed again, as an
 * ordinary user, on a socket alone. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "host/why.h"

/* Rows a second of COPY into a table with the two unique keys of purchases, in the order of their
 * uploading; 0 and OK, and a sentence on standard error, where PostgreSQL 15 is not installed or the
 * user that must run it cannot reach the folder. ERR_INVALID for a folder with a quotation mark. */
enum err postgres_rate(const char *folder, int64_t rows, double *rate, struct why *why);

/* A server that lives as long as this is open, in a folder of the bench, on a socket only. Begins as
 * {0}. life is NULL when there is none: PostgreSQL 15 is not installed, or the user that must run it
 * cannot reach the folder; a sentence on standard error said so. */
struct bench_server {
    FILE *life; /* the shell that ends the server when it reads no more */
    char socket[280], address[400];
};
enum err bench_server_open(struct bench_server *server, const char *folder, struct why *why);
void bench_server_close(struct bench_server *server);
#define BENCH_SERVER_SCOPE(name)                                                                   \
    __attribute__((cleanup(bench_server_close))) struct bench_server name = {.life = NULL}

/* Says one sentence of our own, without apostrophes; its one number goes to *answer, unless NULL.
 * ERR_OUTSIDE when the server does not take it. */
enum err bench_server_ask(
    const struct bench_server *server, const char *sentence, double *answer, struct why *why);

/* Rows a second of the server's COPY into a table of its own without keys, with the two unique keys
 * built after; the rows of postgres_rate(). */
enum err bench_server_keys_after(const struct bench_server *server, const char *folder,
    int64_t rows, double *rate, struct why *why);

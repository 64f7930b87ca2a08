/* What the parts of `bench online` share: the invented city, its clients, and the other databases.
 *
 * The city: ONLINE_CLIENTS terminals of one institution, cards in order, a pool that covers every
 * load. */
#pragma once

#include <stdint.h>

#include "api/line_server.h"
#include "clearing/online_message.h"

enum { ONLINE_CLIENTS = 64, BENCH_LOADS = 4096 };

/* Who asks: keys of all terminals, and loads that cards have begun, to be sent with any ticket. */
struct bench_askers {
    uint8_t terminals[ONLINE_CLIENTS][TERMINAL_LEN];
    uint8_t keys[ONLINE_CLIENTS][ONLINE_KEY_LEN];
    struct online_request loads[BENCH_LOADS]; /* of the cards 0 to BENCH_LOADS - 1 */
    uint64_t cards;
    uint64_t asked; /* so far: tickets are counted */
};

/* The factor of card number i, and the number of terminal i. */
void bench_card(uint64_t i, uint8_t factor[FACTOR_LEN]);
void bench_terminal(uint64_t i, uint8_t number[TERMINAL_LEN]);

/* Makes a centre with that many cards in dir, a new folder. */
enum err bench_online_city(const char *dir, uint64_t cards, struct why *why);

/* Fills in keys and loads, from a vault with the same keys in this process. */
enum err bench_askers_make(struct bench_askers *askers, uint64_t cards, struct why *why);

/* One turn of all clients: each sends its next question when the one before is answered. */
struct bench_turn {
    double rate;       /* answers a second */
    double percentile; /* milliseconds: 99 of 100 answers took no longer */
    uint64_t answers;
};

/* Asks for `seconds` at place: purchases, or loads. Each answer is read, unsealed and must be a
 * yes. */
enum err bench_clients_turn(struct bench_askers *askers, const struct line_place *place, bool loads,
    double seconds, struct bench_turn *turn, struct why *why);

/* How many rows of approvals the centre in dir has by now, and of loads. */
enum err bench_online_count(const char *dir, int64_t *approvals, int64_t *loads, struct why *why);

/* The same rows as of purchases with a bare SQLite, WAL and FULL, `group` of them a commit. */
enum err bench_online_sqlite(
    const char *dir, size_t group, double seconds, double *rate, struct why *why);

/* The same rows by PostgreSQL 15: ONLINE_CLIENTS clients of pgbench, each one INSERT a commit. 0,
 * and a sentence on standard error, where there is none or its user cannot reach the folder. */
enum err bench_online_postgres(const char *dir, unsigned seconds, double *rate, struct why *why);

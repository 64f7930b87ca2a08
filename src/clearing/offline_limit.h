/* How much may be done without the centre. [system.md 6.3.6; decision 0045]
 *
 *   one purchase           offline-purchase-fen   REASON_LIMIT
 *   a card on one day      offline-card-day-fen   REASON_LIMIT_DAY
 *   a card in a row        offline-in-row         REASON_LIMIT_ROW; a load or an online purchase
 *                                                 between ends the row
 *   a terminal on one day  offline-day-fen        REASON_LIMIT_TILL
 *   its blacklist's age    list-offline-hours     REASON_LIST_OLD; judged when the list that the
 *                                                 terminal was given last is older than the trade
 *
 * The day is the one of the trade. Records are judged in the order in which they come, by what came
 * before them; a proof does not judge these five anew but for the first. */
#pragma once

#include "clearing/clearing.h"

/* Judges a record that was made without asking the centre, at `moment`. *reason is written only when
 * a limit is passed. */
enum err offline_judge(const struct clearing_store *store, const struct clearing_limits *limits,
    const struct upload_record *r, enum reason *reason, struct why *why);

/* The moment YYYYMMDDHHMMSS so many hours before one of the calendar, at most OFFLINE_HOURS_MAX; 0 when the
 * calendar has none. */
enum { OFFLINE_HOURS_MAX = 24 * 365 };
uint64_t moment_hours_before(uint64_t moment, uint32_t hours);

/* True for the ends that a declared outage turns into REASON_OUTAGE: over a limit, or late. */
bool outage_excuses(enum reason reason);

/* Turns such an end into REASON_OUTAGE when an outage was declared for that institution and moment:
 * care is never refused, the money waits under the outage's number. */
enum err outage_judge(const struct clearing_store *store, const char *institution, uint64_t moment,
    enum reason *reason, struct why *why);

/* How an officer declares an outage (停机编号): number is printed on every slip. */
struct outage_order {
    const char *number;      /* letters, digits and '-' */
    const char *institution; /* NULL: everywhere */
    uint64_t from, to;
    const char *reason;
    const char *officer, *approver;
};

/* Declares it, by two officers, before or after it ends; the same again is OK. ERR_INVALID: number,
 * moments or reason; ERR_CONFLICT: the number is another outage's; ERR_DENIED: an officer may not. */
enum err outage_declare(
    const struct clearing *c, const struct outage_order *order, struct why *why);

/* What settling an outage came to. */
struct outage_figures {
    uint32_t records;
    int64_t fen;
};

/* Pays every record that waits under that outage, by two officers, as moves of the open day whose
 * reference is the number. Called again it goes on with what came since. */
enum err outage_settle(const struct clearing *c, const char *number, const char *officer,
    const char *approver, struct outage_figures *out, struct why *why);

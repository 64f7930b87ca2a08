/* Capturing where there is no line: a list of people goes out on a laptop with numbers of its own, and what
 * was captured comes back. [system.md 4.1.4]
 *
 * road 1: a package's numbers are reserved for it alone, behind all that ever were. A number that comes back
 *         for somebody else is refused: two laptops worked with the same package.
 * road 2: what comes back may come again, whole or torn off at any place: each person is a transaction, and
 *         who is in already is told so.
 * road 3: the centre judges everything once more, as if the person stood at a counter: documents, record,
 *         photo. It trusts the laptop's numbers, not its judgement.
 *
 * The package as a file, its passphrase and its cipher are apps/road_file.h. */
#pragma once

#include "capture/capture_take.h"

enum { ROAD_PEOPLE_MAX = 5000 };

/* Reserves numbers for the people of an employer and `spare` more, and writes down who is expected.
 * ERR_NOT_FOUND: nobody works there; ERR_DENIED: the officer; ERR_CONFLICT: more than ROAD_PEOPLE_MAX. */
enum err road_pack(const struct capture_desk *desk, const char *place, int64_t spare,
    struct capture_package *package, struct why *why);

/* The same for package->kind, which the caller has filled in: a unit's list has numbers for its lines. */
enum err place_expect(const struct capture_desk *desk, const char *place, int64_t spare,
    struct capture_package *package, struct why *why);

/* Takes in one person of a package: order->package and sequence say where from, day and time of the desk when
 * they were captured. ERR_CONFLICT: the number is not of the package's range, or was used for somebody
 * else; else as capture_take(). */
enum err road_take(const struct capture_desk *desk, const struct capture_order *order,
    struct capture_record *record, struct why *why);

/* True when more than so many hours lie between capture and upload. */
bool road_late(uint32_t day, uint32_t time, uint32_t now_day, uint32_t now_time, int64_t hours);

/* Both ways: who of the list was captured, who is missing, who came that nobody expected. */
struct road_compared {
    int64_t expected, captured, missing, strangers;
};
enum err road_compare(const struct capture_desk *desk, int64_t package,
    struct road_compared *compared, struct why *why);

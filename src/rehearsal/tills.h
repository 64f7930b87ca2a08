/* The terminals of the rehearsal, all of them open: PSAM in the reader, journal in the file, list of
 * lost cards from the centre. */
#pragma once

#include "rehearsal/line.h"
#include "rehearsal/pilot_steps.h"

struct tills; /* opaque */

/* Number and name of the i-th terminal of places.def. */
void till_number(uint32_t region, uint16_t i, uint8_t number[TERMINAL_LEN]);
void till_name(uint32_t region, uint16_t i, char name[2 * TERMINAL_LEN + 1]);
const char *till_institution(uint16_t i);
uint32_t till_serial(uint16_t i);

/* Opens all; line is borrowed. tills_close(NULL) does nothing. */
enum err tills_open(
    const struct pilot *p, const struct centre_line *line, struct tills **out, struct why *why);
void tills_close(struct tills *t);

/* Fetches the blacklist as it stands at that second of the business day, for every terminal. */
enum err tills_fetch_list(const struct pilot *p, struct tills *t, uint32_t second, struct why *why);

struct terminal;
struct terminal *till_at(struct tills *t, uint16_t i);

/* The terminals of the rehearsal, all of them open: PSAM in the reader, journal in the file, list
 * of lost cards from the centre. places.def names them; i counts its lines of TILL() from 0 and is
 * below PILOT_TILLS_MAX. Journals are forced to the disk once a step and not record by record: the
 * chips stand in files as well, and all of it is kept or lost together. */
#pragma once

#include "rehearsal/line.h"
#include "rehearsal/pilot_steps.h"

struct tills; /* opaque */

/* Number (BCD, as in its PSAM) and name (the same in digits) of the i-th terminal, the code of the
 * institution where it stands, and its serial. Texts are static or have an end. */
void till_number(uint32_t region, uint16_t i, uint8_t number[TERMINAL_LEN]);
void till_name(uint32_t region, uint16_t i, char name[2 * TERMINAL_LEN + 1]);
const char *till_institution(uint16_t i);
uint32_t till_serial(uint16_t i);

/* Opens all, or none; line is borrowed, NULL for none. The terminals are the caller's to close;
 * tills_close(NULL) does nothing. */
enum err tills_open(
    const struct pilot *p, const struct centre_line *line, struct tills **out, struct why *why);
void tills_close(struct tills *t);

/* Fetches the blacklist as it stands at that second of the business day, for every terminal. When
 * it fails, they keep the one that they have. */
enum err tills_fetch_list(const struct pilot *p, struct tills *t, uint32_t second, struct why *why);

struct terminal;
/* The i-th terminal, borrowed until tills_close(). */
struct terminal *till_at(struct tills *t, uint16_t i);

/* The bank's answer to a day's file: bank/YYYYMMDD.ret, taken in whole or not at all. [system.md
 * 5.2.3; decision 0044]
 *
 * Text in GB 18030 as the file for the bank is, lines end with CR LF, fields are parted by '|':
 *
 *   RET|1|<number of the bank file>|<day>|<SM3 of the whole bank file, hexadecimal>
 *   000001|<institution>|<yuan>|PAID|
 *   000002|<institution>|<yuan>|BACK|<reason>
 *   ...
 *   END|<lines>|<yuan paid>|<yuan given back>|<SM3 of everything before this line, hexadecimal>
 *
 * bank 1: every payout of the day has its line, in the order of the list, with its institution and
 *         its amount; one line that is not ours, and nothing of the file is kept.
 * bank 2: what was given back is due to its institution again, on the day that is open, by a move
 *         "return DAY/LINE" that carries the bank's reason; the next payout list has it.
 * bank 3: the same file again changes nothing; another one for the same day is refused.
 * bank 4: answers come in the order of the days. A day that was closed without its answer does not
 *         hold the next ones up, and its answer is still taken when it comes.
 * bank 5: two officers: one clears, the other approves.
 *
 * A failure names the line; everything is one transaction with its row of the audit chain. */
#pragma once

#include "base/bytes.h"
#include "clearing/clearing.h"

/* The longest file that is read; a city's takes a hundredth of it. */
enum { BANK_RETURN_MAX = 64 * 1024 * 1024 };

/* Who takes it in. */
struct bank_officers {
    const char *officer, *approver;
};

/* What the bank did with a day's payouts. */
struct bank_figures {
    uint32_t day;
    bool again; /* it had been taken in before */
    uint32_t paid, returned;
    int64_t paid_fen, returned_fen;
};

/* Takes an answer in. ERR_INVALID: the file is torn, altered, or a line of it is not ours;
 * ERR_CONFLICT: it is of a day that is not paid, of another file of that day, out of sequence, or a
 * second answer; ERR_DENIED: an officer may not, or both are one. */
enum err bank_return_take(const struct clearing *c, struct bytes file,
    const struct bank_officers *who, struct bank_figures *out, struct why *why);

/* What the answer to a day said, from the rows. ERR_NOT_FOUND when none was taken in. */
enum err bank_return_figures(
    const struct clearing *c, uint32_t day, struct bank_figures *out, struct why *why);

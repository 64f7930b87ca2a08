/* The file for the clearing bank: bank/YYYYMMDD.pay. [system.md 5.2.3]
 *
 * Text in GB 18030, lines end with CR LF, fields are parted by '|':
 *
 *   PAY|1|20031008|<maker>|<approver>|<lines>|<yuan>
 *   000001|<institution>|<bank account>|<name>|<trades>|<yuan>
 *   ...
 *   END|<lines>|<yuan>|<SM3 of everything before this line, hexadecimal>
 *
 * The bytes follow from the payout list and the two officers alone. */
#pragma once

#include "clearing/clearing.h"

/* Writes the day's file into dir, whole or not at all, and its digest (of all bytes) to digest[].
 * A file with these very bytes is left alone. */
enum err pay_file_write(const struct clearing *c, const struct day_row *day, const char *dir,
    uint8_t digest[SM3_LEN], struct why *why);

/* ERR_CONFLICT when the file is missing or is not the one with this digest. */
enum err pay_file_check(const struct day_row *day, const char *dir, struct why *why);

/* The file for the clearing bank: bank/YYYYMMDD.pay. [system.md 5.2.3]
 *
 * Text in GB 18030, lines end with CR LF, fields are parted by '|':
 *
 *   PAY|2|<number>|20031008|<maker>|<approver>|<head, or nothing>
 *   000001|<institution>|<bank account>|<name>|<trades>|<yuan>
 *   ...
 *   END|<lines>|<trades>|<yuan>|<SM3 of everything before this line, hexadecimal>
 *
 * The number counts the centre's business days from 1, so the bank sees when a file is missing. The
 * bytes follow from the payout list and its officers alone, so a file that was lost is written again
 * as it was (day 6). No field holds a '|' or a control character:
 * institution_register() sees to that. Yuan have two decimals and no sign. */
#pragma once

#include "clearing/clearing.h"
#include "host/files.h"

/* The SM3 of all bytes of the day's file, as it would be written. ERR_INVALID names an institution
 * whose name is no UTF-8. Writes nothing. */
enum err pay_file_digest(
    const struct clearing *c, const struct day_row *day, uint8_t digest[SM3_LEN], struct why *why);

/* Writes the day's file into dir, whole or not at all. ERR_CONFLICT, and nothing written, when its
 * digest is not the one in the day's row; a file that is there with that digest is left alone. */
enum err pay_file_write(
    const struct clearing *c, const struct day_row *day, const char *dir, struct why *why);

/* Where the file of a day lies in the folder of bank files: path has PATH_ROOM bytes (host/files.h).
 * ERR_INVALID: the folder's name is too long. */
enum err pay_file_path(
    const struct day_row *day, const char *dir, char path[PATH_ROOM], struct why *why);

/* ERR_CONFLICT when the file is missing or is not the one with the digest of the day's row. */
enum err pay_file_check(const struct day_row *day, const char *dir, struct why *why);

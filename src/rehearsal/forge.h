/* A dishonest terminal: its upload file with records that no card ever made, and with true records
 * sent twice. What the centre must find. [purse.md 8.3]
 *
 * A forged record is a true one with its amount, its sequence or its TAC changed, so that only the
 * TAC can tell; and it stands before the true one, so that whoever lets a forgery take a place is
 * found out, too. */
#pragma once

#include <stdint.h>

#include "host/why.h"

/* Writes the upload file at path anew to forged_path, whole or not at all, with count forged
 * records before the true ones and count repeated ones behind them. The result follows from the
 * file and count alone. ERR_INVALID when the file is no upload, ERR_NOT_FOUND when it is not there
 * or has no record to start from. */
enum err forge_upload(const char *path, uint32_t count, const char *forged_path, struct why *why);

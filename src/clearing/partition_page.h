/* The page of a partitioned day: what its files, segments and sums are, in text. [decision 0031]
 *
 *   DAY|1|<day>|<parts>|<files>|<cards>
 *   EARLIER|<day>|<what END of its page says>
 *   FILE|<n>|taken, again or bad|<SM3 of the file>|<records>|<fen>
 *   PART|<part>|<rows>|<seal of the segment>
 *   REASON|<word>|<records>|<fen>
 *   TAC|<not made>|<good>|<bad>
 *   NET|<institution>|<trades>|<fen>
 *   FUND|<fund>|<bank>|<fen>
 *   SUM|<fen that left the cards>|<of it into suspense>
 *   END|<SHA-256 of everything before this line>
 *
 * The bytes follow from the files and the register alone. It is written last and whole: a day that
 * has its page is done. */
#pragma once

#include "clearing/partition_parts.h"

/* The page of a day in text that the caller frees, or NULL without memory. */
char *page_text(const struct parts_day *day, const struct part_sums *all, size_t *len);

/* Reads what the page says of cards, earlier days, files and parts into day, whose files, part_rows and
 * seals it allocates (parts_free_page() frees them). ERR_CONFLICT when it is not as it was sealed. */
enum err page_read(struct parts_day *day, const char *text, size_t len, struct why *why);

/* What END says, of a page that page_read() found good. */
void page_seal(const char *text, size_t len, uint8_t seal[SEGMENT_SEAL_LEN]);

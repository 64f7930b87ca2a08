/* The tables of each area, as one script of SQL each: migrations 1 to 6 of every database.
 *
 * A script that has been released is never changed, not by a blank: its digest stands in every
 * database, and db_open() refuses one that differs. What comes later is a new migration, at the
 * end of migrations.def. Each script says at its head what its numbers mean. */
#pragma once

/* person, their history, card, blacklist, parameters, officers, audit: registry_schema.c */
extern const char registry_schema[];
/* applications, number ranges, batches and their lines: issuance_schema.c */
extern const char issuance_schema[];
/* institutions, terminals, loads, records, accounts, postings, days: clearing_schema.c */
extern const char clearing_schema[];
/* the bytes of uploads as they came, and suspense cases: clearing_witness_schema.c */
extern const char witness_schema[];
/* blank cards, the orders that moved them, files of batches: issuance_stock_schema.c */
extern const char stock_schema[];
/* replacements, receipts, proposals of parameters, lists of terminals: registry_life_schema.c */
extern const char life_schema[];
/* key officers, carriers, purchase modules, versions of cards' keys: keeping_schema.c */
extern const char keeping_schema[];
/* versions of every key in cards and modules: keeping_keys_schema.c */
extern const char keys_schema[];
/* fields, histories and status of persons, names by sound, cases of two: registry_person_schema.c */
extern const char people_schema[];
/* the head, exceptions, outages, stays and claims: clearing_settle_schema.c */
extern const char settle_schema[];
/* boxes of finished cards, the ledgers and days of points: issuance_box_schema.c */
extern const char box_schema[];
/* production cells: runs, pieces, faces, quality sheets: production_schema.c */
extern const char cell_schema[];
/* hand-overs, packages, temporary and instant cards, reminders: issuance_window_schema.c */
extern const char window_schema[];
/* an index for the limits of a card's day: clearing_settle_schema.c */
extern const char limits_schema[];
/* photos, captured records, packages of people who are expected: capture_schema.c */
extern const char capture_schema[];
/* days in parts: their pages, segments and sums: clearing_parts_schema.c */
extern const char parts_schema[];
/* approvals in the order of coming: clearing_approvals_schema.c */
extern const char approvals_schema[];
/* reminders to units that have not confirmed their lists: capture_schema.c */
extern const char reminder_schema[];
/* fees of applications, ranges of card numbers: issuance_order_schema.c */
extern const char order_schema[];
/* what medical records have beside others, lists that terminals were given: clearing_medical_schema.c */
extern const char medical_schema[];

/* The proof of one record: what a terminal sent, against the row and the posting that were made of
 * it. day_proof.h says what is promised. */
#pragma once

#include "clearing/clearing.h"
#include "clearing/difference.h"

enum { RULE_TEXT_MAX = 96 };

/* A record of a kept file on its way through the proof. tac is what the vault made anew, when
 * tac_asked. */
struct proven_record {
    struct upload_record record;
    int64_t upload;
    uint32_t place;
    bool tac_asked, tac_good;
    struct record_row row;    /* what the table says, after record_proof() */
    char rule[RULE_TEXT_MAX]; /* why it was cleared */
};

/* True when two postings have the same entries on the same day. */
bool same_entries(const struct posting *a, const struct posting *b);

/* What the records of one file are judged by. */
struct record_judge {
    const struct clearing *c;
    const struct upload_header *header;
    const struct clearing_limits *limits; /* of the day */
    uint32_t day;
    bool from_city; /* another city's centre sent it */
    struct differences *differences;
};

/* Makes the TACs of all records that have one, in one question to the vault: purchases of the purse
 * whose key is in use. ERR_OUTSIDE: the vault failed. */
enum err record_tacs(
    const struct record_judge *judge, struct proven_record *records, size_t count, struct why *why);

/* Compares the record with its row, judges it anew, and compares its posting with what its end calls
 * for. What does not agree is a difference. *posting says whether it has one. ERR_OUTSIDE: the store
 * failed. */
enum err record_proof(
    const struct record_judge *judge, struct proven_record *p, bool *posting, struct why *why);

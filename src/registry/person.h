/* A person: the one record that the city keeps of everybody it serves, and the rules it obeys.
 * [system.md 4.1.1, 4.1.2]
 *
 * Text is UTF-8 and whole: a name of any Han characters survives from file to chip.
 * person_check() is the only judge of what a sender may write into a record; it looks at
 * nothing but the line and the business date, so it may run in any thread. Days are numbers
 * YYYYMMDD, as in base/day.h.
 *
 * A person is known by the citizen number (GB 11643), as an integer of its first 17 digits: the
 * check character follows from them, and a number of 15 digits, as given out before 1999,
 * becomes the same 17. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "registry/verdict.h"

/* PERSON_NUMBER, PERSON_NAME and so on, in the order of the heading line. */
enum person_field {
#define FIELD(code, name, letters, owned) PERSON_##name,
#include "registry/person_field.def"
    PERSON_FIELDS
};

enum {
    NUMBER_LEN = 18,               /* of a citizen number */
    PERSON_NAME_ROOM = 50 * 4 + 1, /* bytes of UTF-8 with their end */
    PERSON_WORD_ROOM = 40 * 4 + 1,
    PERSON_LONG_ROOM = 200 * 4 + 1,
};

/* The record. The sizes are the letters of person_field.def, four bytes of UTF-8 each, and an
 * end; text that a sender left out is "". */
struct person {
    /* Inside the registry; persons come in the order in which their files brought them. */
    int64_t id;
    char number[NUMBER_LEN + 1]; /* 18 characters, the last a digit or X */
    char name[PERSON_NAME_ROOM]; /* Han characters and middle dots, no blanks around */
    /* What the number and the code tables say. */
    uint8_t sex;     /* 1 male, 2 female [GB/T 2261.1] */
    uint8_t nation;  /* 1 to 56 [GB/T 3304] */
    uint32_t birth;  /* day, the number's own */
    uint32_t region; /* of insurance, 440102 ... [GB/T 2260] */
    /* What the sender says, as it came: whoever puts it on a card checks it once more. */
    char household[PERSON_WORD_ROOM];
    char address[PERSON_LONG_ROOM];
    char postcode[PERSON_WORD_ROOM];
    char phone[PERSON_WORD_ROOM];
    char mobile[PERSON_WORD_ROOM];
    char employer[PERSON_WORD_ROOM];
    char employer_name[PERSON_LONG_ROOM];
};

/* The name, limits and owner of each field. */
struct person_field_text {
    const char *code; /* "AAC002" */
    uint16_t letters; /* the most characters */
    bool owned;       /* by the sender: a later file may change it */
};

/* The line of person_field.def; static. */
const struct person_field_text *person_field_text(enum person_field field);

/* A line of a file in its fields, as UTF-8, quotes taken away. The bytes are whoever split the
 * line's. */
struct person_words {
    struct bytes word[PERSON_FIELDS];
};

/* What the rules made of a line. Valid when the verdict is ACCEPTED. */
struct person_facts {
    int64_t number17; /* the number without its check character: what a person is found by */
    uint8_t sex, nation;
    uint32_t birth, region;
    struct bytes name; /* trimmed; borrowed from the words */
};

/* Tries the rules in their order and returns the first that fails, or ACCEPTED: what only the
 * registry can know (known, repeated, other name) is not asked here. A number of 15 digits is
 * completed, full-width digits and a small x are taken for what they mean. *facts is begun
 * anew; after a refusal it holds what the rules before it read, which nobody should use. */
enum verdict person_check(
    const struct person_words *words, uint32_t business_day, struct person_facts *facts);

/* True for a name as the record keeps it: 1 to 50 Han characters with single middle dots between them, no
 * blanks around. */
bool person_name_good(struct bytes name);

/* The 17 digits of a citizen number of 15 or 18 characters as an integer, or 0 when it is none
 * or its check character is wrong. */
int64_t number17_of(struct bytes number);

/* The citizen number of 18 characters, with its check character and an end. number17 is what
 * number17_of() answers. */
void number_write(int64_t number17, char number[NUMBER_LEN + 1]);

/* A number as lists and logs may show it: the first six and the last four characters, the rest
 * as stars. More than 18 characters are cut off; ten or fewer are all shown. [system.md 6.3.3] */
void number_mask(const char *number, char masked[NUMBER_LEN + 1]);

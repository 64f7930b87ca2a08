#include "registry/person.h"

#include <assert.h>

#include "base/checkdigit.h"
#include "base/day.h"
#include "host/gb18030.h"
#include "registry/region.h"

enum {
    DIGITS = 17,     /* of a number, before its check character */
    OLD_DIGITS = 15, /* of a number given out before 1999 */
    BIRTH_AT = 6,    /* place of the birth date in a number */
    BIRTH_LEN = 8,
    FIRST_BIRTH = 19000101,
    NATION_LAST = 56,
    MIDDLE_DOT = 0xB7,
    WIDE_SPACE = 0x3000,
};

static const struct person_field_text fields[PERSON_FIELDS] = {
#define FIELD(code, name, letters, owned) [PERSON_##name] = {#code, letters, owned},
#include "registry/person_field.def"
};

const struct person_field_text *person_field_text(enum person_field field) {
    assert(field < PERSON_FIELDS);
    return &fields[field];
}

/* --- the number ------------------------------------------------------------------------------- */

/* The plain character that a full-width one (U+FF01 to U+FF5E) means; others stay. */
static int32_t narrow(int32_t character) {
    bool wide = character >= 0xFF01 && character <= 0xFF5E;
    return wide ? character - 0xFEE0 : character;
}

/* Writes the number's characters, made narrow and with a great X, to text; returns how many, or 0
 * when one of them is no digit nor an X, or there are more than 18. */
static size_t number_narrow(struct bytes word, char text[NUMBER_LEN]) {
    struct cursor c = cursor_over(word);
    size_t len = 0;
    while (c.rest.len > 0) {
        int32_t character = narrow(utf8_next(&c));
        bool digit = character >= '0' && character <= '9';
        bool x = character == 'x' || character == 'X';
        if ((!digit && !x) || len == NUMBER_LEN) {
            return 0;
        }
        text[len++] = 'X';
        if (digit) {
            text[len - 1] = (char)character;
        }
    }
    return len;
}

/* Puts the century into a number of 15 digits; its check character follows from the rest. */
static void number_complete(char text[NUMBER_LEN]) {
    (void)memmove(text + BIRTH_AT + 2, text + BIRTH_AT, OLD_DIGITS - BIRTH_AT);
    text[BIRTH_AT] = '1';
    text[BIRTH_AT + 1] = '9';
    text[DIGITS] = citizen_check(bytes_of(text, DIGITS));
}

int64_t number17_of(struct bytes number) {
    char text[NUMBER_LEN];
    uint64_t digits = 0;
    size_t len = number_narrow(number, text);
    if (len == OLD_DIGITS && digits_read(bytes_of(text, OLD_DIGITS), &digits)) {
        number_complete(text);
    } else if (len != NUMBER_LEN) {
        return 0;
    }
    struct bytes first17 = bytes_of(text, DIGITS);
    bool good = digits_read(first17, &digits) && citizen_check(first17) == text[DIGITS];
    assert(!good || digits < UINT64_C(100000000000000000));
    return good ? (int64_t)digits : 0;
}

void number_write(int64_t number17, char number[NUMBER_LEN + 1]) {
    assert(number17 >= 0 && number17 < INT64_C(100000000000000000));
    for (int i = DIGITS - 1; i >= 0; i--) {
        number[i] = (char)('0' + number17 % 10);
        number17 /= 10;
    }
    number[DIGITS] = citizen_check(bytes_of(number, DIGITS));
    number[NUMBER_LEN] = '\0';
}

void number_mask(const char *number, char masked[NUMBER_LEN + 1]) {
    size_t len = strnlen(number, NUMBER_LEN);
    for (size_t i = 0; i < len; i++) {
        masked[i] = '*';
        if (i < 6 || i + 4 >= len) {
            masked[i] = number[i];
        }
    }
    masked[len] = '\0';
}

/* --- the name --------------------------------------------------------------------------------- */

/* The Han characters of all planes; two whole planes are set aside for them. [Unicode, 18] */
static const struct span {
    int32_t first, last;
} han[] = {
    {0x4E00,  0x9FFF },
    {0x3400,  0x4DBF },
    {0x20000, 0x2FFFD},
    {0x30000, 0x3FFFD},
    {0xF900,  0xFAFF }, /* compatibility: some are in GB 18030 as names' own characters */
    {0x3007,  0x3007 }, /* the zero */
};

/* A walk is fast enough: nearly every character of a name is of the first row. */
static bool is_han(int32_t character) {
    for (size_t i = 0; i < sizeof han / sizeof han[0]; i++) {
        if (character >= han[i].first && character <= han[i].last) {
            return true;
        }
    }
    return false;
}

/* True for a blank that one sees as such; *behind is then moved behind it. */
static bool take_blank(struct cursor *behind) {
    struct cursor c = *behind;
    int32_t character = utf8_next(&c);
    if (character != ' ' && character != WIDE_SPACE) {
        return false;
    }
    *behind = c;
    return true;
}

/* Han characters with single middle dots between them, in letters (1 to 50). The blanks before and
 * behind do not count; *name is what lies between. */
static bool name_read(struct bytes word, struct bytes *name) {
    struct cursor c = cursor_over(word);
    while (take_blank(&c)) {}
    struct bytes from = c.rest;
    unsigned letters = 0;
    bool after_han = false;
    for (;;) {
        struct cursor ahead = c;
        int32_t character = utf8_next(&ahead);
        bool fits = is_han(character) || (character == MIDDLE_DOT && after_han);
        if (!fits) {
            break;
        }
        after_han = character != MIDDLE_DOT;
        letters++;
        c = ahead;
    }
    *name = bytes_of(from.at, from.len - c.rest.len);
    while (take_blank(&c)) {}
    return c.rest.len == 0 && after_han && letters <= fields[PERSON_NAME].letters;
}

bool person_name_good(struct bytes name) {
    struct bytes trimmed;
    return name_read(name, &trimmed) && trimmed.len == name.len;
}

/* --- the rules, in their order ------------------------------------------------------------------ */

/* What every rule may look at, and where it leaves what it read for those behind it. */
struct judged {
    const struct person_words *words;
    uint32_t business_day;
    struct person_facts *facts;
};

/* A word of exactly len digits as a number; 0 for any other. */
static uint32_t code_read(struct bytes word, size_t len) {
    uint64_t value = 0;
    return word.len == len && digits_read(word, &value) ? (uint32_t)value : 0;
}

/* Each rule below may build on those that stand before it in rules[]. */
static bool number_good(const struct judged *j) {
    j->facts->number17 = number17_of(j->words->word[PERSON_NUMBER]);
    return j->facts->number17 != 0;
}

/* The number is the source of the birth date; digits 7 to 14 of 17. */
static bool birth_possible(const struct judged *j) {
    assert(j->facts->number17 != 0); /* number_good() stands before */
    uint32_t birth = (uint32_t)(j->facts->number17 / 1000 % 100000000);
    j->facts->birth = birth;
    return day_exists(birth) && birth >= FIRST_BIRTH && birth <= j->business_day;
}

/* The sender's own birth date may only repeat what the number says. */
static bool birth_same(const struct judged *j) {
    return code_read(j->words->word[PERSON_BIRTH], BIRTH_LEN) == j->facts->birth;
}

/* The number's last digit but the check character: odd for men. A sex that is neither is no
 * contradiction; the codes are the next rule's. */
static bool sex_same(const struct judged *j) {
    uint32_t sex = code_read(j->words->word[PERSON_SEX], 1);
    assert(j->facts->number17 != 0);
    uint32_t numbers = j->facts->number17 % 2 == 1 ? 1 : 2;
    j->facts->sex = (uint8_t)sex;
    return sex == numbers || (sex != 1 && sex != 2);
}

static bool codes_good(const struct judged *j) {
    uint32_t nation = code_read(j->words->word[PERSON_NATION], 2);
    j->facts->nation = (uint8_t)nation;
    return (j->facts->sex == 1 || j->facts->sex == 2) && nation >= 1 && nation <= NATION_LAST;
}

static bool region_good(const struct judged *j) {
    j->facts->region = code_read(j->words->word[PERSON_REGION], 6);
    return region_exists(j->facts->region, j->business_day);
}

static bool name_good(const struct judged *j) {
    return name_read(j->words->word[PERSON_NAME], &j->facts->name);
}

/* A word of ASCII, as most are, has as many letters as bytes; only longer ones are counted. */
static bool word_fits(struct bytes word, size_t letters) {
    if (word.len <= letters) {
        return true;
    }
    size_t count = 0;
    for (size_t i = 0; i < word.len; i++) {
        count += (word.at[i] & 0xC0) != 0x80;
    }
    return count <= letters;
}

/* No free text longer than the record has room for; number, name and codes have rules of their own
 * that say more. */
static bool words_fit(const struct judged *j) {
    for (size_t i = PERSON_HOUSEHOLD; i < PERSON_FIELDS; i++) {
        if (!word_fits(j->words->word[i], fields[i].letters)) {
            return false;
        }
    }
    return true;
}

/* The order is that of verdict.def: whoever sends a line learns the first thing to mend. */
static const struct rule {
    bool (*holds)(const struct judged *j);
    enum verdict otherwise;
} rules[] = {
    {words_fit,      LINE_MALFORMED    },
    {number_good,    NUMBER_CHECK_DIGIT},
    {birth_possible, BIRTH_IMPOSSIBLE  },
    {birth_same,     BIRTH_DIFFERS     },
    {sex_same,       SEX_DIFFERS       },
    {codes_good,     CODE_INVALID      },
    {region_good,    REGION_UNKNOWN    },
    {name_good,      NAME_INVALID      },
};

enum verdict person_check(
    const struct person_words *words, uint32_t business_day, struct person_facts *facts) {
    const struct judged j = {words, business_day, facts};
    *facts = (struct person_facts){0};
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!rules[i].holds(&j)) {
            return rules[i].otherwise;
        }
    }
    assert(facts->number17 != 0);
    assert(facts->name.len > 0);
    return ACCEPTED;
}

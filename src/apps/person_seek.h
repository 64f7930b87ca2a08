/* A question by one thing that is known of somebody, as person find and card find ask it: the options, the
 * gate (who asks, why, whole or masked), and the rows. [registry/person_find.h] */
#pragma once

#include "apps/person_city.h"
#include "apps/report_out.h"

struct seek_options {
    const char *number, *name, *sound, *employer, *phone, *reason, *by, *data;
    struct report_words report;
    int64_t batch, box, limit;
    bool json, unmask;
};

/* The options that fill it, for a struct `type` with such a member. */
#define SEEK_OPTIONS(type, member)                                                                 \
    {"--number", OPTION_TEXT, offsetof(type, member.number), NULL, NULL,                           \
        "a citizen number of 15 or 18 characters, or its first 6 to 17 digits", true},             \
        {"--name", OPTION_TEXT, offsetof(type, member.name), NULL, NULL,                           \
            "this name; U+XXXXX for a character that cannot be typed, ? for one that cannot be "   \
            "read, * at the end",                                                                  \
            true},                                                                                 \
        {"--sound", OPTION_TEXT, offsetof(type, member.sound), NULL, NULL,                         \
            "every name that sounds like this one", true},                                         \
        {"--employer", OPTION_TEXT, offsetof(type, member.employer), NULL, NULL,                   \
            "an employer's number or whole name", true},                                           \
        {"--phone", OPTION_TEXT, offsetof(type, member.phone), NULL, NULL, "a telephone, whole",   \
            true},                                                                                 \
        {"--batch", OPTION_NUMBER, offsetof(type, member.batch), NULL, NULL,                       \
            "the holders of a batch of cards", true},                                              \
        {"--box", OPTION_NUMBER, offsetof(type, member.box), NULL, NULL,                           \
            "of that batch only this box", true},                                                  \
        {"--reason", OPTION_TEXT, offsetof(type, member.reason), NULL, NULL,                       \
            "why you ask; it is written into the audit chain", false},                             \
        {"--officer", OPTION_TEXT, offsetof(type, member.by), "CODE", "system", "who asks",        \
            false},                                                                                \
        {"--limit", OPTION_NUMBER, offsetof(type, member.limit), NULL, "50", "the most persons",   \
            false},                                                                                \
        {"--unmask", OPTION_FLAG, offsetof(type, member.unmask), NULL, NULL,                       \
            "show numbers and telephones whole, and note in the audit chain for whom it was done", \
            false},                                                                                \
        OPTIONS_REPORT(type, member.report), OPTION_DATA(type, member.data),                       \
        OPTION_JSON(type, member.json)

/* Whoever writes rows. */
struct seek {
    const struct report_head *head;
    struct report_sink **sink; /* is set before the first person; rows go there */
    void *cookie;
    /* Writes the rows of one person, who is whole: what is shown is masked unless the options say so. */
    enum err (*told)(void *cookie, const struct person *person, struct why *why);
};

/* Asks, and writes what is found from begin to end. That somebody asked, and each person shown whole, is in the audit
 * chain before a row of theirs is written. ERR_CONFLICT: not exactly one thing is known, or no such
 * format; ERR_DENIED: no such officer; else as persons_find(). */
enum err person_seek(struct person_city *people, const struct seek_options *given,
    const struct seek *seek, struct why *why);

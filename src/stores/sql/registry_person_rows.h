/* What the files of the rows of persons share: the sentences of registry_person.def, prepared.
 *
 * For registry_person_find.c (finding, and the index behind it), registry_person_record.c (fields,
 * history, feeds) and registry_person_cases.c (cases of two records) only; everybody else uses
 * registry_person.h. */
#pragma once

#include "registry/person_store.h"
#include "stores/sql/db.h"

/* PEOPLE_INDEX_BEHIND and so on, in the order of registry_person.def. */
enum people_sentence {
#define SQL(name, text) PEOPLE_##name,
#include "stores/sql/registry_person.def"
    PEOPLE_SENTENCES
};

enum { PERSON_NEST_MAX = 8 }; /* scopes inside scopes */

/* The store's own self. */
struct person_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[PEOPLE_SENTENCES];
    struct tx nest[PERSON_NEST_MAX];
    int open; /* scopes */
};

/* Begins one of the sentences; say_end() or say_done() ends it. */
struct say people_say(struct person_rows *rows, enum people_sentence which);

/* Ends a sentence that had to find one row: ERR_NOT_FOUND names what was sought when there is none. */
enum err people_found_row(struct say *s, bool there, const char *what, struct why *why);

/* Ends a sentence that had to change exactly one row: ERR_CONFLICT when the thing is in another
 * state by now. */
enum err people_changed(struct person_rows *rows, struct say *s, const char *what, struct why *why);

/* What person_store.h says of each; the parts of the table that each file has. */
void people_find_functions(struct person_store *store);
void people_record_functions(struct person_store *store);
void people_case_functions(struct person_store *store);

/* Takes a person out of the index, or into it; a person that it does not know yet is left alone. */
enum err people_index_person(
    struct person_rows *rows, const struct person *person, bool add, struct why *why);

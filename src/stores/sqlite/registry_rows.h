/* What the files of the registry's rows share: the sentences of registry.def, prepared.
 *
 * For registry_store.c (persons, cards, blacklist, parameters, officers) and registry_import.c
 * (files of people) only; everybody else uses registry_store.h. */
#pragma once

#include "registry/registry.h"
#include "stores/sqlite/db.h"

/* SENTENCE_PERSON_BY_ID and so on, in the order of registry.def. */
enum registry_sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sqlite/registry.def"
    REGISTRY_SENTENCES
};

/* The store's own self. */
struct registry_rows {
    struct db *db; /* borrowed */
    sqlite3_stmt *prepared[REGISTRY_SENTENCES];
};

/* Begins one of the sentences; say_end() or say_done() ends it. */
struct say registry_say(struct registry_rows *rows, enum registry_sentence which);

/* Reads the person of the row that say_next() found, in the columns' order of registry.def. */
void row_person(struct say *s, struct person *out);

/* The functions of struct registry_store that take files of people; what they promise stands
 * there. registry_import.c has them. */
enum err rows_import_begin(
    void *self, const char *file, uint32_t day, int64_t *import, struct why *why);
enum err rows_import_group(void *self, int64_t import, struct person_chunk *chunk, struct why *why);
enum err rows_import_end(void *self, int64_t import, struct why *why);

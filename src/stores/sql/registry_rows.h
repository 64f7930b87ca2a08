/* What the files of the registry's rows share: the sentences of registry.def, prepared.
 *
 * For registry_store.c (persons, cards, parameters, officers), registry_life.c (receipts,
 * what is due), registry_list.c (the blacklist) and registry_import.c (files of people) only; everybody else uses registry_store.h. */
#pragma once

#include "registry/registry.h"
#include "stores/sql/db.h"

/* SENTENCE_PERSON_BY_ID and so on, in the order of registry.def. */
enum registry_sentence {
#define SQL(name, text) SENTENCE_##name,
#include "stores/sql/registry.def"
    REGISTRY_SENTENCES
};

/* The store's own self. */
struct registry_rows {
    struct db *db; /* borrowed */
    struct prepared *prepared[REGISTRY_SENTENCES];
};

/* Begins one of the sentences; say_end() or say_done() ends it. */
struct say registry_say(struct registry_rows *rows, enum registry_sentence which);

/* Reads the person of the row that say_next() found, in the columns' order of registry.def. */
void row_person(struct say *s, struct person *out);

/* Ends a sentence that had to find one row: ERR_NOT_FOUND names what was sought when there is none. */
enum err registry_found_row(struct say *s, bool there, const char *what, struct why *why);

/* The card of the row that a sentence finds, in the columns' order of registry.def, or
 * ERR_NOT_FOUND. Ends the sentence. */
enum err registry_card_found(struct say *s, struct card_record *out, struct why *why);

/* The functions about receipts and what is due; registry_life.c has them. */
enum err rows_card_receipt(
    void *self, const char *number, const char *request, struct card_receipt *out, struct why *why);
enum err rows_card_receipt_after(
    void *self, const char *number, int64_t after, struct card_receipt *out, struct why *why);
enum err rows_card_event_count(
    void *self, const char *number, enum card_event event, int64_t *count, struct why *why);
enum err rows_card_of_replacement(
    void *self, int64_t application, struct card_record *out, struct why *why);
enum err rows_card_due(
    void *self, uint32_t day, const char *after, struct card_record *out, struct why *why);

/* The functions about the blacklist and who has which; registry_list.c has them. */
enum err rows_blacklist_head(
    void *self, uint32_t day, uint32_t time, uint32_t *version, uint32_t *count, struct why *why);
enum err rows_blacklist_walk(void *self, const struct list_walk *walk, struct why *why);
enum err rows_number_ranges(
    void *self, char *letters, uint32_t *lasts, size_t *count, struct why *why);
enum err rows_terminal_list_put(
    void *self, const struct terminal_list *list, const char *who, struct why *why);
enum err rows_terminal_list_after(
    void *self, const char *after, struct terminal_list *out, struct why *why);

/* The functions about parameters and who changes them; registry_proposals.c has all but the first,
 * which it needs from registry_store.c. */
enum err rows_parameter_put(
    void *self, const char *name, uint32_t day, int64_t value, const char *who, struct why *why);
enum err rows_parameter_after(
    void *self, const char *name, uint32_t after, struct parameter_row *out, struct why *why);
enum err rows_proposal_add(void *self, struct parameter_proposal *p, struct why *why);
enum err rows_proposal_get(void *self, int64_t id, struct parameter_proposal *out, struct why *why);
enum err rows_proposal_after(
    void *self, int64_t after, struct parameter_proposal *out, struct why *why);
enum err rows_proposal_decide(void *self, const struct parameter_proposal *p,
    enum proposal_decision decision, const char *second, struct why *why);

/* The functions of struct registry_store that take files of people; what they promise stands
 * there. registry_import.c has them. */
enum err rows_import_begin(
    void *self, const char *file, uint32_t day, int64_t *import, struct why *why);
enum err rows_import_group(void *self, int64_t import, struct person_chunk *chunk, struct why *why);
enum err rows_import_end(void *self, int64_t import, struct why *why);

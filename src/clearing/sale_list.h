/* Where the cleared records of a day stand: two of them never share a terminal and a sequence (proof
 * 3). 24 bytes a record; the struct begins as zeros, and its list is its own. */
#pragma once

#include "clearing/difference.h"
#include "clearing/record_proof.h"

struct sale;
struct sale_list {
    struct sale *sales;
    size_t count;
};

/* Notes a cleared record. ERR_OUTSIDE: no memory is left. */
enum err sale_list_add(struct sale_list *list, const struct proven_record *r, struct why *why);

/* Sorts the list and names every two that stand in one place. */
void sale_list_check(struct sale_list *list, struct differences *differences);

/* Frees the list; it is empty then. */
void sale_list_free(struct sale_list *list);

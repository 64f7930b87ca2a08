#include "registry/person_chunk.h"

#include <assert.h>
#include <stdlib.h>

bool person_chunk_make(struct person_chunk *chunk) {
    *chunk = (struct person_chunk){
        .entries = calloc(IMPORT_GROUP_LINES, sizeof *chunk->entries),
        .text = malloc(IMPORT_GROUP_BYTES),
        .order = calloc(IMPORT_GROUP_LINES, sizeof *chunk->order),
    };
    if (!chunk->entries || !chunk->text || !chunk->order) {
        person_chunk_free(chunk);
        return false;
    }
    return true;
}

void person_chunk_free(struct person_chunk *chunk) {
    free(chunk->entries);
    free(chunk->text);
    free(chunk->order);
    *chunk = (struct person_chunk){0};
}

void person_chunk_clear(struct person_chunk *chunk) {
    chunk->count = 0;
    chunk->order_count = 0;
    chunk->text_len = 0;
}

void person_chunk_add(struct person_chunk *chunk, const struct person_entry *entry) {
    assert(chunk->count < IMPORT_GROUP_LINES);
    assert(entry->text == chunk->text_len);
    chunk->entries[chunk->count++] = *entry;
    chunk->text_len += entry->end[PERSON_FIELDS - 1];
    assert(chunk->text_len <= IMPORT_GROUP_BYTES);
}

static int key_order(const void *a, const void *b) {
    const struct person_key *x = a;
    const struct person_key *y = b;
    if (x->number17 != y->number17) {
        return x->number17 < y->number17 ? -1 : 1;
    }
    return x->place < y->place ? -1 : 1;
}

/* The keys are sorted and not the entries: those are large, and the caller tells of them in the
 * order of the file. */
void person_chunk_sort(struct person_chunk *chunk) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < chunk->count; i++) {
        if (chunk->entries[i].verdict == ACCEPTED) {
            assert(chunk->entries[i].number17 > 0);
            chunk->order[count++] = (struct person_key){chunk->entries[i].number17, i};
        }
    }
    assert(count <= chunk->count);
    qsort(chunk->order, count, sizeof *chunk->order, key_order);
    chunk->order_count = count;
}

struct bytes person_entry_word(
    const struct person_chunk *chunk, const struct person_entry *entry, enum person_field field) {
    assert(field < PERSON_FIELDS);
    uint16_t from = field == 0 ? 0 : entry->end[field - 1];
    return bytes_of(chunk->text + entry->text + from, entry->end[field] - (size_t)from);
}

struct bytes person_entry_name(const struct person_chunk *chunk, const struct person_entry *entry) {
    return bytes_of(chunk->text + entry->text + entry->name_at, entry->name_len);
}

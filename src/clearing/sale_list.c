#include "clearing/sale_list.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

enum { SALES_AT_ONCE = 4096 };

struct sale {
    uint64_t terminal;
    uint32_t seq, place;
    int64_t upload;
};

/* The list grows SALES_AT_ONCE at a time. */
enum err sale_list_add(struct sale_list *list, const struct proven_record *r, struct why *why) {
    assert(r->place > 0);
    if (list->count % SALES_AT_ONCE == 0) {
        struct sale *more = realloc(list->sales, (list->count + SALES_AT_ONCE) * sizeof *more);
        if (!more) {
            return why_say(
                why, ERR_OUTSIDE, "no memory is left; end other programs, then try again");
        }
        list->sales = more;
    }
    struct sale *sale = &list->sales[list->count++];
    *sale = (struct sale){.seq = r->record.terminal_seq, .place = r->place, .upload = r->upload};
    (void)bcd_read(bytes_of(r->record.terminal, TERMINAL_LEN), &sale->terminal);
    return OK;
}

/* By terminal, then by sequence. */
static int sale_order(const void *a, const void *b) {
    const struct sale *x = a, *y = b;
    if (x->terminal != y->terminal) {
        return x->terminal < y->terminal ? -1 : 1;
    }
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Side by side once they are in order. */
void sale_list_check(struct sale_list *list, struct differences *differences) {
    if (list->count > 0) {
        qsort(list->sales, list->count, sizeof *list->sales, sale_order);
    }
    for (size_t i = 1; i < list->count; i++) {
        const struct sale *a = &list->sales[i - 1], *b = &list->sales[i];
        assert(sale_order(a, b) <= 0);
        if (sale_order(a, b) == 0) {
            differ(differences,
                "upload %" PRId64 ", record %" PRIu32 " and upload %" PRId64 ", record %" PRIu32
                ": both cleared, with one terminal and sequence",
                a->upload, a->place, b->upload, b->place);
        }
    }
}

void sale_list_free(struct sale_list *list) {
    free(list->sales);
    *list = (struct sale_list){.sales = NULL};
}

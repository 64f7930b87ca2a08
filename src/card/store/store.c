/* The invariants of the store; tests and comments call them by number.
 *
 *  1. Life and files are written only by copy_home() and store_fill(), and copy_home() only copies
 *     what a whole seal answers for.
 *  2. A seal is whole when its length is 1 to STORE_BATCH_MAX, its second length is the complement
 *     of the first, and its checksum is that of so many bytes of journal. Nothing else is trusted.
 *  3. While a batch is open, the seal is not whole: the batch before it ended by clearing it.
 *  4. Copying home may be cut and repeated: it writes the same bytes to the same places, and no
 *     other batch can be committed before the seal is cleared.
 *  5. store_fill() writes only what the committed state calls free: it runs with nothing staged.
 *
 *                store_begin          store_write*        store_commit
 *     at rest ----------------> open --------------> open ------------> sealed
 *        ^                       |  store_abandon                         | copy_home
 *        +-----------------------+<---------------------------------------+ seal_clear
 *
 *  A cut in "open" leaves the old state (2, 3), a cut in "sealed" is finished by store_recover()
 * (4). */
#include "card/store/store.h"

#include "base/builder.h"
#include "base/crc32.h"

enum {
    CHUNK = 64,       /* bytes that go through RAM at a time */
    SEAL_CLEARED = 4, /* zeros in both lengths cannot be a whole seal */
};

/* One staged range, as its record in the journal says. */
struct range {
    uint32_t at; /* its home */
    uint16_t len;
    uint32_t data_at; /* where its bytes lie in the journal */
};

static bool inside(uint32_t at, uint32_t len, uint32_t from, uint32_t to) {
    return at >= from && at <= to && len <= to - at;
}

/* What a batch may change: the life of the card and its files, never birth and never the
 * journal. */
static bool may_change(const struct nvm *nvm, uint32_t at, uint32_t len) {
    return inside(at, len, LAYOUT_LIFE, LAYOUT_LIFE + LAYOUT_LIFE_LEN)
           || inside(at, len, LAYOUT_FILES, nvm->size);
}

/* Takes the record at offset *from of the journal apart and moves *from behind it. False at the end
 * of the `staged` bytes, or where they contradict themselves. */
static bool range_next(const struct nvm *nvm, uint16_t staged, uint16_t *from, struct range *out) {
    uint8_t head[STORE_RECORD_HEAD];
    if ((uint32_t)*from + STORE_RECORD_HEAD > staged) {
        return false;
    }
    nvm->read(nvm->self, LAYOUT_JOURNAL_RECORDS + *from, head, sizeof head);
    struct cursor c = cursor_over(bytes_of(head, sizeof head));
    out->at = cursor_u32(&c);
    out->len = cursor_u16(&c);
    out->data_at = LAYOUT_JOURNAL_RECORDS + *from + STORE_RECORD_HEAD;
    uint32_t end = (uint32_t)*from + STORE_RECORD_HEAD + out->len;
    if (out->len == 0 || end > staged || !may_change(nvm, out->at, out->len)) {
        return false;
    }
    *from = (uint16_t)end;
    return true;
}

/* The checksum of what the cells of the journal hold, not of what was meant to be there. */
static uint32_t journal_crc(const struct nvm *nvm, uint16_t staged) {
    uint8_t chunk[CHUNK];
    uint32_t crc = 0;
    for (uint16_t done = 0; done < staged;) {
        uint16_t len = (uint16_t)(staged - done < CHUNK ? staged - done : CHUNK);
        nvm->read(nvm->self, LAYOUT_JOURNAL_RECORDS + (uint32_t)done, chunk, len);
        crc = crc32_more(crc, bytes_of(chunk, len));
        done = (uint16_t)(done + len);
    }
    return crc;
}

/* How many bytes a whole seal answers for; 0 when there is none. (store 2) */
static uint16_t sealed_len(const struct nvm *nvm) {
    uint8_t seal[LAYOUT_JOURNAL_SEAL_LEN];
    nvm->read(nvm->self, LAYOUT_JOURNAL, seal, sizeof seal);
    struct cursor c = cursor_over(bytes_of(seal, sizeof seal));
    uint16_t len = cursor_u16(&c);
    uint16_t complement = cursor_u16(&c);
    uint32_t crc = cursor_u32(&c);
    bool possible = len > 0 && len <= STORE_BATCH_MAX && (len ^ complement) == 0xFFFF;
    return possible && crc == journal_crc(nvm, len) ? len : 0;
}

static bool seal_set(const struct nvm *nvm, uint16_t len, uint32_t crc) {
    uint8_t seal[LAYOUT_JOURNAL_SEAL_LEN];
    struct builder b = builder_in(seal, sizeof seal);
    put_u16(&b, len);
    put_u16(&b, (uint16_t)~len);
    put_u32(&b, crc);
    return nvm->write(nvm->self, LAYOUT_JOURNAL, seal, sizeof seal);
}

static bool seal_clear(const struct nvm *nvm) {
    static const uint8_t zeros[SEAL_CLEARED];
    return nvm->write(nvm->self, LAYOUT_JOURNAL, zeros, sizeof zeros);
}

static bool copy_range(const struct nvm *nvm, const struct range *r) {
    uint8_t chunk[CHUNK];
    for (uint16_t done = 0; done < r->len;) {
        uint16_t len = (uint16_t)(r->len - done < CHUNK ? r->len - done : CHUNK);
        nvm->read(nvm->self, r->data_at + done, chunk, len);
        if (!nvm->write(nvm->self, r->at + done, chunk, len)) {
            return false;
        }
        done = (uint16_t)(done + len);
    }
    return true;
}

/* Brings every sealed range home, then takes the seal away. (store 1, 4) */
static bool copy_home(const struct nvm *nvm, uint16_t staged) {
    struct range r;
    for (uint16_t from = 0; range_next(nvm, staged, &from, &r);) {
        if (!copy_range(nvm, &r)) {
            return false;
        }
    }
    return seal_clear(nvm);
}

bool store_format(const struct nvm *nvm) {
    return nvm->size >= LAYOUT_SIZE_MIN && seal_clear(nvm);
}

bool store_recover(struct store *s, const struct nvm *nvm) {
    *s = (struct store){.nvm = nvm};
    if (nvm->size < LAYOUT_SIZE_MIN) {
        s->stuck = true;
        return false;
    }
    uint16_t len = sealed_len(nvm);
    s->stuck = len > 0 && !copy_home(nvm, len);
    return !s->stuck;
}

/* Lays the part of a staged range that the reader asked for over what is at home. */
static void overlay(
    const struct nvm *nvm, const struct range *r, uint32_t at, uint8_t *to, uint32_t len) {
    uint32_t first = r->at > at ? r->at : at;
    uint32_t range_end = r->at + r->len;
    uint32_t end = range_end < at + len ? range_end : at + len;
    if (first < end) {
        nvm->read(nvm->self, r->data_at + (first - r->at), to + (first - at), end - first);
    }
}

void store_read(const struct store *s, uint32_t at, void *to, uint32_t len) {
    if (!inside(at, len, 0, s->nvm->size)) {
        (void)memset(to, 0, len);
        return;
    }
    s->nvm->read(s->nvm->self, at, to, len);
    if (!s->open || s->lost) {
        return;
    }
    struct range r;
    for (uint16_t from = 0; range_next(s->nvm, s->staged, &from, &r);) {
        overlay(s->nvm, &r, at, to, len);
    }
}

void store_begin(struct store *s) {
    s->open = true;
    s->lost = false;
    s->staged = 0;
    s->crc = 0;
}

/* Appends to the journal and to its checksum. */
static bool journal_append(struct store *s, struct bytes data) {
    uint32_t at = LAYOUT_JOURNAL_RECORDS + (uint32_t)s->staged;
    if (!s->nvm->write(s->nvm->self, at, data.at, (uint32_t)data.len)) {
        return false;
    }
    s->crc = crc32_more(s->crc, data);
    s->staged = (uint16_t)(s->staged + data.len);
    return true;
}

bool store_write(struct store *s, uint32_t at, const void *from, uint32_t len) {
    if (!s->open || s->lost || s->stuck) {
        return false;
    }
    if (len == 0) {
        return true;
    }
    uint32_t room = STORE_BATCH_MAX - (uint32_t)s->staged;
    if (room < STORE_RECORD_HEAD || len > room - STORE_RECORD_HEAD
        || !may_change(s->nvm, at, len)) {
        s->lost = true;
        return false;
    }
    /* Head and the first bytes in one write: most ranges are a balance, a counter, a record. */
    uint8_t first[CHUNK];
    struct builder b = builder_in(first, sizeof first);
    put_u32(&b, at);
    put_u16(&b, (uint16_t)len);
    uint32_t with_head = len < CHUNK - STORE_RECORD_HEAD ? len : CHUNK - STORE_RECORD_HEAD;
    put_bytes(&b, bytes_of(from, with_head));
    struct bytes rest = bytes_of((const uint8_t *)from + with_head, len - with_head);
    bool kept = journal_append(s, builder_bytes(&b)) && (rest.len == 0 || journal_append(s, rest));
    (void)memset(first, 0, sizeof first);
    s->lost = !kept;
    return kept;
}

/* Seals the journal, when its cells hold what was staged. (store 2) */
static bool seal_batch(struct store *s) {
    if (journal_crc(s->nvm, s->staged) != s->crc) {
        return false;
    }
    if (seal_set(s->nvm, s->staged, s->crc)) {
        return true;
    }
    /* The seal may be whole nevertheless: if it cannot be taken away, reset must decide. */
    s->stuck = !seal_clear(s->nvm);
    return false;
}

bool store_commit(struct store *s) {
    bool open = s->open && !s->lost && !s->stuck;
    s->open = false;
    if (!open) {
        return false;
    }
    if (s->staged == 0) {
        return true;
    }
    if (!seal_batch(s)) {
        return false;
    }
    s->stuck = !copy_home(s->nvm, s->staged);
    return !s->stuck;
}

void store_abandon(struct store *s) {
    s->open = false;
}

bool store_fill(struct store *s, uint32_t at, uint8_t value, uint32_t len) {
    bool staged = s->open && s->staged > 0;
    if (staged || s->stuck || !inside(at, len, LAYOUT_FILES, s->nvm->size)) {
        return false;
    }
    uint8_t chunk[CHUNK];
    (void)memset(chunk, value, sizeof chunk);
    for (uint32_t done = 0; done < len;) {
        uint32_t part = len - done < CHUNK ? len - done : CHUNK;
        if (!s->nvm->write(s->nvm->self, at + done, chunk, part)) {
            return false;
        }
        done += part;
    }
    return true;
}

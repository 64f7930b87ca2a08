/* The ring, and what lies in it:
 *
 *     a batch     checksum 4, number 2, tail 1, length 2, then the ranges; it begins on a page
 *     a range     address and length, 20 and 12 bits, then its bytes
 *
 * The checksum begins with the chip's seed and runs over the ranges, then over the head behind it.
 * `tail` is the page where the oldest batch begins that was still needed when this one was written;
 * its highest bit marks an image: one page of the memory, whole, on its way home.
 *
 * Invariants; tests and comments call them by number.
 *
 *  1. A batch is whole when its length is possible and its checksum is right. Nothing else is
 *     trusted, not its number alone: what a stranger wrote into a file cannot be taken for a batch,
 *     since he does not know the seed.
 *  2. The first page of a batch is programmed last: until then the cells there hold an older batch,
 *     which is whole and dead, or none.
 *  3. Live batches, tail to head, are never programmed over: what is free is counted by the tail
 *     that the newest batch says, and a new one says another only when the ranges between are at
 *     home or written again by newer batches.
 *  4. A page of life or files is programmed only while each of its bytes can be had from the ring:
 *     from live batches, or from an image that was written right before.
 *  5. An image lies at the head with the next number, and the head stays where it is: the next image
 *     or batch takes its place. Recovery programs its page again, which does no harm.
 *  6. Behind every batch SPARE pages stay free: two for an image, one for an empty batch that only
 *     says a new tail. So there is a way on from any state.
 *  7. store_fill() programs only pages that the ring holds nothing of.
 *
 *              store_begin           store_write*        store_commit
 *     at rest ------------> (room) --> open --------------> sealed, at rest again
 *        ^     make_room               |  store_abandon
 *        +-----------------------------+                                                        */
#include "card/store/store.h"

#include "base/builder.h"
#include "base/crc32.h"

enum {
    RING = LAYOUT_RING_LEN,
    RING_MASK = RING - 1,
    PAGE_MASK = NVM_PAGE - 1,
    CRC_LEN = 4, /* the checksum covers the head behind it */
    LEN_AT = 7,  /* where a batch says its length */
    IMAGE = 0x80,
    LEN_BITS = 12,
    SPARE = 3 * NVM_PAGE, /* (store 6) */
    BATCH_LONGEST = STORE_BATCH_HEAD + STORE_BATCH_MAX,
    ROOM_BATCH = BATCH_LONGEST + SPARE,    /* what a batch may need, all in all */
    ROOM_TIDY = ROOM_BATCH + 4 * NVM_PAGE, /* before some commands that cost a page or two */
    ROOM_MORE = 4 * NVM_PAGE,              /* what is brought home beyond need, once it must be */
    LETS_GO_MAX = 2, /* batches that one commit looks at: so many as come, and one more */
};
_Static_assert(RING / NVM_PAGE <= IMAGE, "a page of the ring and the mark fit one byte");
_Static_assert(LAYOUT_SIZE_MAX <= 1 << (32 - LEN_BITS), "an address fits the head of a range");
_Static_assert(STORE_BATCH_MAX < 1 << LEN_BITS, "and a length");
_Static_assert(BATCH_LONGEST % NVM_PAGE == 0, "the longest batch fills its pages");
_Static_assert((int)ROOM_TIDY + (int)ROOM_MORE < (int)RING, "an empty ring has room enough");

/* What the head of a batch says. */
struct head {
    uint32_t crc;
    uint16_t number;
    uint16_t tail; /* as a place in the ring */
    uint16_t len;  /* of batch and head */
    bool image;
};

/* A walk over ranges, from one batch to the end of the ring, the open batch included. */
struct walk {
    uint16_t next;      /* the place of the next range */
    uint16_t batch_end; /* where the ranges of this batch end */
    uint16_t end;       /* where the last batch ends */
    uint32_t at;        /* the range: its home, */
    uint16_t len;       /* its length, */
    uint16_t data;      /* and the place of its bytes */
};

/* ---- the memory ---- */

static bool inside(uint32_t at, uint32_t len, uint32_t from, uint32_t to) {
    return at >= from && at <= to && len <= to - at;
}

/* What a batch may change: the life of the card and its files, never birth, seed or ring. */
static bool may_change(const struct nvm *nvm, uint32_t at, uint32_t len) {
    return inside(at, len, LAYOUT_LIFE, LAYOUT_LIFE + LAYOUT_LIFE_LEN)
           || inside(at, len, LAYOUT_FILES, nvm->size);
}

static bool size_right(const struct nvm *nvm) {
    return nvm->size >= LAYOUT_SIZE_MIN && nvm->size <= LAYOUT_SIZE_MAX
           && (nvm->size & PAGE_MASK) == 0;
}

static void cells_read(const struct nvm *nvm, uint32_t at, void *to, uint32_t len) {
    if (nvm->cells) {
        (void)memcpy(to, nvm->cells + at, len);
    } else {
        nvm->read(nvm->self, at, to, len);
    }
}

/* Which bytes of a page are not those of `wanted`, a bit for each. */
static uint32_t page_differs(const struct nvm *nvm, uint32_t at, const uint8_t wanted[NVM_PAGE]) {
    uint8_t cells[NVM_PAGE];
    uint32_t differs = 0;
    cells_read(nvm, at, cells, sizeof cells);
    for (uint32_t i = NVM_PAGE; i-- > 0;) {
        differs = differs << 1 | (cells[i] != wanted[i]);
    }
    return differs;
}

/* Programs a page and looks whether its cells took it: worn ones are noticed here. */
static bool page_program(const struct nvm *nvm, uint32_t at, const uint8_t from[NVM_PAGE]) {
    return nvm->write(nvm->self, at, from, NVM_PAGE) && page_differs(nvm, at, from) == 0;
}

/* ---- the ring as bytes ---- */

static uint16_t page_up(uint16_t place) {
    return (uint16_t)((place + PAGE_MASK) & ~PAGE_MASK);
}

/* How many bytes lie from one place to another one that comes later. */
static uint16_t way(uint16_t from, uint16_t to) {
    return (to - from) & RING_MASK;
}

/* Where a place is in the memory. Places may run on beyond the end of the ring. */
static uint32_t address_of(uint16_t place) {
    return LAYOUT_RING + (uint32_t)(place & RING_MASK);
}

/* The page of the open batch that is still in RAM; NULL for what the cells hold. */
static const uint8_t *page_in_ram(const struct store *s, uint16_t place) {
    uint16_t at = way(s->head, place);
    if (!s->open || at >= s->staged) {
        return NULL;
    }
    if (at < NVM_PAGE) {
        return s->first;
    }
    return at >= (s->staged & ~PAGE_MASK) ? s->page : NULL;
}

static void ring_read(const struct store *s, uint16_t place, void *to, uint32_t len) {
    uint8_t *out = to;
    while (len > 0) {
        uint32_t in_page = place & PAGE_MASK;
        uint32_t part = NVM_PAGE - in_page < len ? NVM_PAGE - in_page : len;
        const uint8_t *ram = page_in_ram(s, place);
        if (ram) {
            (void)memcpy(out, ram + in_page, part);
        } else {
            cells_read(s->nvm, address_of(place), out, part);
        }
        out += part;
        place = (uint16_t)(place + part);
        len -= part;
    }
}

/* ---- batches and ranges ---- */

/* Takes the batch at a place apart. False when it is not whole. (store 1) */
static bool batch_whole(const struct store *s, uint16_t place, struct head *out) {
    uint8_t chunk[NVM_PAGE];
    uint8_t head[STORE_BATCH_HEAD];
    ring_read(s, place, head, sizeof head);
    struct cursor c = cursor_over(bytes_of(head, sizeof head));
    uint32_t wanted = cursor_u32(&c);
    out->number = cursor_u16(&c);
    uint8_t tail = cursor_u8(&c);
    out->image = tail & IMAGE;
    out->tail = (uint16_t)((tail & ~IMAGE) * NVM_PAGE);
    out->len = cursor_u16(&c);
    if (out->len < STORE_BATCH_HEAD || out->len > BATCH_LONGEST) {
        return false;
    }
    uint32_t crc = s->seed;
    for (uint16_t done = STORE_BATCH_HEAD; done < out->len;) {
        uint16_t rest = (uint16_t)(out->len - done);
        uint16_t part = rest < NVM_PAGE ? rest : NVM_PAGE;
        ring_read(s, (uint16_t)(place + done), chunk, part);
        crc = crc32_more(crc, bytes_of(chunk, part));
        done = (uint16_t)(done + part);
    }
    return wanted == crc32_more(crc, bytes_of(head + CRC_LEN, sizeof head - CRC_LEN));
}

/* Where the ranges of the batch at a place end. */
static uint16_t batch_end(const struct store *s, uint16_t place) {
    uint8_t len[2];
    ring_read(s, (uint16_t)(place + LEN_AT), len, sizeof len);
    return (uint16_t)(place + (len[0] << 8 | len[1]));
}

/* Before the first range of the batch at a place, which may be the head. */
static struct walk walk_from(const struct store *s, uint16_t place) {
    uint16_t end = (uint16_t)(place + way(place, s->head));
    if (s->open && !s->lost) {
        end = (uint16_t)(end + s->staged);
    }
    return (struct walk){.next = place, .batch_end = place, .end = end};
}

/* The range after this one, in the order in which they were written; false behind the last. */
static bool walk_next(const struct store *s, struct walk *w) {
    uint8_t head[STORE_RECORD_HEAD];
    while (w->next >= w->batch_end) {
        w->next = page_up(w->batch_end);
        if (w->next >= w->end) {
            return false;
        }
        w->batch_end = batch_end(s, w->next);
        w->next = (uint16_t)(w->next + STORE_BATCH_HEAD);
    }
    ring_read(s, w->next, head, sizeof head);
    struct cursor c = cursor_over(bytes_of(head, sizeof head));
    uint32_t both = cursor_u32(&c);
    w->at = both >> LEN_BITS;
    w->len = both & ((1 << LEN_BITS) - 1);
    w->data = (uint16_t)(w->next + STORE_RECORD_HEAD);
    w->next = (uint16_t)(w->data + w->len);
    return true;
}

/* The bytes of a page that a range has, a bit for each. */
static uint32_t bits_of(const struct walk *w, uint32_t page) {
    uint32_t first = w->at > page ? w->at - page : 0;
    uint32_t end = w->at + w->len > page ? w->at + w->len - page : 0;
    end = end < NVM_PAGE ? end : NVM_PAGE;
    return first < end ? UINT32_MAX >> (NVM_PAGE - (end - first)) << first : 0;
}

/* The bytes of a page that the ring has, from the batch at a place on. */
static uint32_t bits_from(const struct store *s, uint16_t place, uint32_t page) {
    uint32_t bits = 0;
    for (struct walk w = walk_from(s, place); walk_next(s, &w);) {
        bits |= bits_of(&w, page);
    }
    return bits;
}

/* ---- news: which regions the ring has anything of ---- */

static bool has_news(const struct store *s, uint32_t at, uint32_t len) {
    uint32_t last = (at + len - 1) >> s->region_shift;
    for (uint32_t r = at >> s->region_shift; r <= last; r++) {
        if (s->news[r / 8] & 1u << r % 8) {
            return true;
        }
    }
    return false;
}

static void news_add(struct store *s, uint32_t at, uint32_t len) {
    uint32_t last = (at + len - 1) >> s->region_shift;
    for (uint32_t r = at >> s->region_shift; r <= last; r++) {
        s->news[r / 8] |= (uint8_t)(1u << r % 8);
    }
}

/* Anew, from what is live. False when a range is where none can be. */
static bool news_make(struct store *s) {
    (void)memset(s->news, 0, sizeof s->news);
    for (struct walk w = walk_from(s, s->tail); walk_next(s, &w);) {
        if (w.len == 0 || w.next > w.batch_end || !may_change(s->nvm, w.at, w.len)) {
            return false;
        }
        news_add(s, w.at, w.len);
    }
    return true;
}

void store_read(const struct store *s, uint32_t at, void *to, uint32_t len) {
    if (s->stuck || len == 0 || !inside(at, len, 0, s->nvm->size)) {
        (void)memset(to, 0, len); /* a stuck store may have half a page at home */
        return;
    }
    cells_read(s->nvm, at, to, len);
    if (!has_news(s, at, len)) {
        return;
    }
    uint8_t *out = to;
    for (struct walk w = walk_from(s, s->tail); walk_next(s, &w);) {
        uint32_t first = w.at > at ? w.at : at;
        uint32_t end = w.at + w.len < at + len ? w.at + w.len : at + len;
        if (first < end) {
            ring_read(s, (uint16_t)(w.data + (first - w.at)), out + (first - at), end - first);
        }
    }
}

/* ---- appending ---- */

/* The batch says its length all the time, for the walks over it. */
static void say_length(struct store *s) {
    s->first[LEN_AT] = (uint8_t)(s->staged >> 8);
    s->first[LEN_AT + 1] = (uint8_t)s->staged;
}

static void batch_start(struct store *s) {
    s->lost = false;
    s->crc = s->seed;
    s->staged = STORE_BATCH_HEAD;
    (void)memset(s->first, 0, sizeof s->first);
    (void)memset(s->page, 0, sizeof s->page);
    say_length(s);
}

/* Appends to the batch and to its checksum; what fills a page, the first excepted, goes out. */
static bool batch_put(struct store *s, const uint8_t *from, uint32_t len) {
    s->crc = crc32_more(s->crc, bytes_of(from, len));
    for (uint32_t i = 0; i < len; i++) {
        uint8_t *page = s->staged < NVM_PAGE ? s->first : s->page;
        page[s->staged & PAGE_MASK] = from[i];
        s->staged++;
        bool full = (s->staged & PAGE_MASK) == 0 && s->staged > NVM_PAGE;
        uint16_t begin = (uint16_t)(s->head + s->staged - NVM_PAGE);
        if (full && !page_program(s->nvm, address_of(begin), s->page)) {
            return false;
        }
    }
    return true;
}

static bool range_put(struct store *s, uint32_t at, const uint8_t *from, uint32_t len) {
    uint8_t head[STORE_RECORD_HEAD];
    struct builder b = builder_in(head, sizeof head);
    put_u32(&b, at << LEN_BITS | len);
    return batch_put(s, head, sizeof head) && batch_put(s, from, len);
}

/* Programs what is left of the batch, its first page last. (store 2) From then on it counts, with
 * `tail` as the oldest that is needed besides; unless it is an image. (store 5) */
static bool batch_seal(struct store *s, uint16_t tail, uint8_t image) {
    uint16_t begin = (uint16_t)(s->head + (s->staged & ~PAGE_MASK));
    bool rest = s->staged > NVM_PAGE && (s->staged & PAGE_MASK) != 0;
    if (rest && !page_program(s->nvm, address_of(begin), s->page)) {
        return false;
    }
    struct builder b = builder_in(s->first + CRC_LEN, STORE_BATCH_HEAD - CRC_LEN);
    put_u16(&b, (uint16_t)(s->number + 1));
    put_u8(&b, (uint8_t)(tail / NVM_PAGE | image));
    put_u16(&b, s->staged);
    s->crc = crc32_more(s->crc, builder_bytes(&b));
    b = builder_in(s->first, CRC_LEN);
    put_u32(&b, s->crc);
    /* A first page that was refused may be whole nevertheless: then a reset must decide. */
    s->stuck = !page_program(s->nvm, address_of(s->head), s->first);
    if (!s->stuck && !image) {
        s->head = way(0, page_up((uint16_t)(s->head + s->staged)));
        s->tail = tail;
        s->number++;
    }
    return !s->stuck;
}

/* ---- the way home ---- */

/* Has a page at home hold what it should where `bits` are; programs it only when it must, and only
 * if it may. (store 4) */
static bool page_home(
    struct store *s, uint16_t place, uint32_t page, uint32_t bits, bool may_program) {
    uint8_t wanted[NVM_PAGE];
    store_read(s, page, wanted, sizeof wanted);
    if ((page_differs(s->nvm, page, wanted) & bits) == 0) {
        return true;
    }
    if (!may_program) {
        return false;
    }
    if (bits_from(s, place, page) != UINT32_MAX) {
        batch_start(s);
        if (!range_put(s, page, wanted, sizeof wanted) || !batch_seal(s, s->tail, IMAGE)) {
            return false;
        }
    }
    return page_program(s->nvm, page, wanted);
}

/* Has the bytes of the batch at *place at home that no newer batch has, and goes on to the next
 * batch. */
static bool batch_home(struct store *s, uint16_t *place, bool may_program) {
    uint16_t end = batch_end(s, *place);
    uint16_t next = page_up(end);
    for (struct walk w = walk_from(s, *place); walk_next(s, &w) && w.data < end;) {
        for (uint32_t page = w.at & ~(uint32_t)PAGE_MASK; page < w.at + w.len; page += NVM_PAGE) {
            uint32_t bits = bits_of(&w, page) & ~bits_from(s, next, page);
            if (bits != 0 && !page_home(s, *place, page, bits, may_program)) {
                return false;
            }
        }
    }
    *place = way(0, next);
    return true;
}

/* Bytes of the ring that are free when batches from `tail` on are live. */
static uint16_t room_behind(const struct store *s, uint16_t tail) {
    return (uint16_t)(RING - way(tail, s->head));
}

/* Brings batches home until so many bytes are free, and says so in an empty batch. (store 3) Not
 * with a batch open. */
static bool make_room(struct store *s, uint16_t room) {
    uint16_t tail = s->tail;
    if (s->stuck || room_behind(s, tail) >= room) {
        return !s->stuck;
    }
    while (tail != s->head && room_behind(s, tail) < room + ROOM_MORE) {
        if (!batch_home(s, &tail, true)) {
            s->stuck = true;
            return false;
        }
    }
    batch_start(s);
    s->stuck = !batch_seal(s, tail, 0) || !news_make(s);
    return !s->stuck;
}

void store_tidy(struct store *s) {
    if (!s->open) {
        (void)make_room(s, ROOM_TIDY);
    }
}

/* ---- a batch from outside ---- */

static bool batch_open(struct store *s, uint16_t room) {
    s->open = false;
    bool found = make_room(s, room);
    batch_start(s);
    s->open = true;
    s->lost = !found;
    return found;
}

void store_begin(struct store *s) {
    (void)batch_open(s, ROOM_BATCH);
}

void store_abandon(struct store *s) {
    s->open = false;
    (void)memset(s->first, 0, sizeof s->first); /* there may be keys in them */
    (void)memset(s->page, 0, sizeof s->page);
}

bool store_write(struct store *s, uint32_t at, const void *from, uint32_t len) {
    if (!s->open || s->lost || s->stuck) {
        return false;
    }
    if (len == 0) {
        return true;
    }
    uint32_t room = BATCH_LONGEST - (uint32_t)s->staged;
    s->lost = room < STORE_RECORD_HEAD || len > room - STORE_RECORD_HEAD
              || !may_change(s->nvm, at, len) || !range_put(s, at, from, len);
    if (s->lost) {
        return false;
    }
    say_length(s);
    news_add(s, at, len);
    return true;
}

bool store_commit(struct store *s) {
    bool good = s->open && !s->lost && !s->stuck;
    if (good && s->staged > STORE_BATCH_HEAD) {
        uint16_t tail = s->tail;
        for (int i = 0; i < LETS_GO_MAX && tail != s->head; i++) {
            if (!batch_home(s, &tail, false)) {
                break;
            }
        }
        good = batch_seal(s, tail, 0);
    }
    store_abandon(s);
    if (good) {
        (void)news_make(s); /* it was true of these ranges before */
    }
    return good;
}

/* Programs the whole pages of a range that is to be filled. (store 7) */
static bool fill_pages(struct store *s, uint32_t from, uint32_t to, uint8_t value) {
    bool covered = false;
    for (uint32_t page = from; page < to && !covered; page += NVM_PAGE) {
        covered = has_news(s, page, NVM_PAGE) && bits_from(s, s->tail, page) != 0;
    }
    if (covered && !batch_open(s, RING)) {
        return false;
    }
    (void)memset(s->page, value, sizeof s->page);
    for (uint32_t page = from; page < to; page += NVM_PAGE) {
        if (page_differs(s->nvm, page, s->page) != 0 && !page_program(s->nvm, page, s->page)) {
            return false;
        }
    }
    return true;
}

/* Stages what is left of it, from a page's part to a page's part. */
static bool fill_part(struct store *s, uint32_t from, uint32_t to, uint8_t value) {
    uint8_t part[NVM_PAGE];
    (void)memset(part, value, sizeof part);
    while (from < to) {
        uint32_t len = to - from < NVM_PAGE ? to - from : NVM_PAGE;
        if (!store_write(s, from, part, len)) {
            return false;
        }
        from += len;
    }
    return true;
}

bool store_fill(struct store *s, uint32_t at, uint8_t value, uint32_t len) {
    if (!s->open || s->lost || s->stuck || s->staged > STORE_BATCH_HEAD
        || !inside(at, len, LAYOUT_FILES, s->nvm->size)) {
        return false;
    }
    uint32_t first = (at + PAGE_MASK) & ~(uint32_t)PAGE_MASK;
    uint32_t last = (at + len) & ~(uint32_t)PAGE_MASK;
    if (first >= last) {
        return fill_part(s, at, at + len, value);
    }
    s->lost = !fill_pages(s, first, last, value);
    return !s->lost && fill_part(s, at, first, value) && fill_part(s, last, at + len, value);
}

/* ---- reset ---- */

bool store_format(const struct nvm *nvm) {
    uint8_t seed[LAYOUT_SEED_LEN];
    nvm->random(nvm->self, seed, sizeof seed);
    return size_right(nvm) && nvm->write(nvm->self, LAYOUT_SEED, seed, sizeof seed);
}

/* Goes to the newest whole batch of the ring. An empty ring is right, too. */
static void find_newest(struct store *s, struct head *newest) {
    struct head h;
    bool found = false;
    for (uint16_t place = 0; place < RING; place = (uint16_t)(place + NVM_PAGE)) {
        if (!batch_whole(s, place, &h)
            || (found && (uint16_t)(h.number - newest->number) > UINT16_MAX / 2)) {
            continue;
        }
        found = true;
        *newest = h;
        s->head = place;
    }
}

/* Programs the page again that may have been cut on its way home. (store 5) */
static bool finish_image(const struct store *s) {
    struct walk w = {.next = s->head, .batch_end = s->head, .end = (uint16_t)(s->head + 1)};
    uint8_t wanted[NVM_PAGE];
    if (!walk_next(s, &w) || w.len != NVM_PAGE || !may_change(s->nvm, w.at, LAYOUT_LIFE_LEN)) {
        return false;
    }
    ring_read(s, w.data, wanted, sizeof wanted);
    return page_differs(s->nvm, w.at, wanted) == 0 || page_program(s->nvm, w.at, wanted);
}

/* Every live batch is whole, and they follow one another up to the newest. (store 1, 3) */
static bool chain_whole(const struct store *s) {
    uint16_t expected = s->number;
    struct head h = {.number = expected};
    for (uint16_t place = s->tail; place != s->head; expected++) {
        if (!batch_whole(s, place, &h) || h.image) {
            return false;
        }
        expected = place == s->tail ? h.number : expected;
        if (h.number != expected) {
            return false;
        }
        place = way(0, page_up((uint16_t)(place + h.len)));
    }
    return h.number == s->number;
}

bool store_recover(struct store *s, const struct nvm *nvm) {
    uint8_t seed[LAYOUT_SEED_LEN];
    struct head newest = {0};
    *s = (struct store){.nvm = nvm, .stuck = true};
    if (!size_right(nvm)) {
        return false;
    }
    cells_read(nvm, LAYOUT_SEED, seed, sizeof seed);
    struct cursor c = cursor_over(bytes_of(seed, sizeof seed));
    s->seed = cursor_u32(&c);
    while (nvm->size > (uint32_t)STORE_REGIONS << s->region_shift) {
        s->region_shift++;
    }
    find_newest(s, &newest);
    s->tail = newest.tail;
    s->number = newest.number;
    if (newest.image) {
        s->number--;
    } else if (newest.len > 0) {
        s->head = way(0, page_up((uint16_t)(s->head + newest.len)));
    }
    s->stuck = (newest.image && !finish_image(s)) || !chain_whole(s) || !news_make(s);
    return !s->stuck;
}

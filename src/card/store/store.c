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
 *  4. A page of life or files is programmed only while each of its bytes can be had from the
 *     ring: from live batches, or from an image that was written right before.
 *  5. An image lies at the head with the next number, and the head stays where it is: the next
 *     image or batch takes its place. Recovery programs its page again, which does no harm.
 *  6. Behind every batch SPARE pages stay free: two for an image, one for an empty batch that only
 *     says a new tail. So there is a way on from any state.
 *  7. store_fill() programs only pages that the ring holds nothing of.
 *  8. A mirror holds, outside the ring, what store_read() gives while no batch is open; with one
 *     open its ranges lie over it. It is made anew at every recovery and decides nothing but reads.
 *  9. Where a store remembers why its oldest batch stays, those bytes are in no newer batch and not
 *     at home; it is forgotten before anything goes home. It saves a walk and decides nothing.
 *
 *              store_begin           store_write*        store_commit
 *     at rest ------------> (room) --> open --------------> sealed, at rest again
 *        ^     make_room               |  store_abandon
 *        +-----------------------------+                                                        */
#include "card/store/store.h"

#include "base/bytes.h"
#include "base/crc32.h"
#include "base/features.h"
#include "card/store/pages.h"
#include "card/store/stay.h"

enum {
    RING = LAYOUT_RING_LEN,
    RING_MASK = RING - 1,
    /* A batch. */
    CRC_LEN = 4, /* covers the head behind it, too */
    NUMBER_AT = 4,
    TAIL_AT = 6,
    LEN_AT = 7,
    IMAGE = 0x80, /* in the tail */
    LEN_BITS = 12,
    BATCH_LONGEST = STORE_BATCH_HEAD + STORE_BATCH_MAX,
    BATCH_BRIEF = STORE_BATCH_HEAD + STORE_BRIEF_MAX,
    /* Bytes of the ring that are to be free. */
    SPARE = 3 * NVM_PAGE,                  /* (store 6) */
    ROOM_BATCH = BATCH_LONGEST + SPARE,    /* what a batch may need, all in all */
    ROOM_TIDY = ROOM_BATCH + 4 * NVM_PAGE, /* before some commands that cost a page or two */
    ROOM_MORE = 4 * NVM_PAGE,              /* beyond need, once something must go home */
    /* The pages of the open batch that are in RAM. */
    FIRST = 0,       /* is programmed last */
    FILLING = 1,     /* goes out when it is full */
    LETS_GO_MAX = 2, /* batches that one commit looks at: so many as come, and one more */
};
_Static_assert(RING / NVM_PAGE <= IMAGE, "a page of the ring and the mark fit one byte");
_Static_assert(LAYOUT_SIZE_MAX <= 1 << (32 - LEN_BITS), "an address fits the head of a range");
_Static_assert(STORE_BATCH_MAX < 1 << LEN_BITS, "and a length");
_Static_assert(BATCH_LONGEST % NVM_PAGE == 0, "the longest batch fills its pages");
_Static_assert((int)ROOM_TIDY + (int)ROOM_MORE < (int)RING, "an empty ring has room enough");

/* A walk over ranges, from one batch to the end of the ring, the open batch included. Places are
 * counted on beyond the end of the ring and masked where they become addresses. */
struct walk {
    uint32_t next;      /* the place of the next range */
    uint32_t batch_end; /* where the ranges of this batch end */
    uint32_t end;       /* where the last batch ends */
    uint32_t at;        /* the range: its home, */
    uint32_t len;       /* its length, */
    uint32_t data;      /* and the place of its bytes */
};

/* ---- the memory ---- */

/* What a batch may change: the life of the card and its files, never birth, seed or ring. */
static bool may_change(const struct nvm *nvm, uint32_t at, uint32_t len) {
    return inside(at, len, LAYOUT_LIFE, LAYOUT_LIFE + LAYOUT_LIFE_LEN)
           || inside(at, len, LAYOUT_FILES, nvm->size);
}

static bool size_right(const struct nvm *nvm) {
    return nvm->size >= LAYOUT_SIZE_MIN && nvm->size <= LAYOUT_SIZE_MAX
           && (nvm->size & PAGE_MASK) == 0;
}

/* ---- the ring as bytes ---- */

/* How many bytes lie from one place to another one that comes later. */
static uint32_t way(uint32_t from, uint32_t to) {
    return (to - from) & RING_MASK;
}

static uint32_t address_of(uint32_t place) {
    return LAYOUT_RING + (place & RING_MASK);
}

/* The page of the open batch that is still in RAM; NULL for what the cells hold. */
static const uint8_t *page_in_ram(const struct store *s, uint32_t place) {
    uint32_t at = way(s->head, place);
    if (!s->open || at >= s->staged) {
        return NULL;
    }
    if (at < NVM_PAGE) {
        return s->pages[FIRST];
    }
    return at >= page_down(s->staged) ? s->pages[FILLING] : NULL;
}

static void ring_read(const struct store *s, uint32_t place, void *to, uint32_t len) {
    uint8_t *out = to;
    while (len > 0) {
        uint32_t part = page_part(place, len);
        const uint8_t *ram = page_in_ram(s, place);
        if (ram) {
            (void)memcpy(out, ram + (place & PAGE_MASK), part);
        } else {
            cells_read(s->nvm, address_of(place), out, part);
        }
        out += part;
        place += part;
        len -= part;
    }
}

/* Where the port lends RAM, speed is wanted, too: what walks do at every step stands in the walk. */
#if CARD_MIRROR
#define AT_EVERY_STEP static inline __attribute__((always_inline))
#else
#define AT_EVERY_STEP static
#endif

/* So many bytes of the ring as a number. */
AT_EVERY_STEP uint32_t ring_number(const struct store *s, uint32_t place, uint32_t len) {
    uint8_t bytes[4];
    uint32_t at = address_of(place);
    bool in_cells = !s->open || way(s->head, place) >= s->staged;
    if (CARD_MIRROR && s->nvm->cells && in_cells && at + len <= LAYOUT_FILES) {
        const uint8_t *cells = s->nvm->cells + at; /* what walks ask for all the time */
        uint32_t two = (uint32_t)(cells[0] << 8 | cells[1]);
        return len == 2 ? two : len == 4 ? two << 16 | big_endian(cells + 2, 2) : cells[0];
    }
    ring_read(s, place, bytes, len);
    return big_endian(bytes, len);
}

/* ---- batches and ranges ---- */

/* The length of the batch at a place when it is whole, 0 when it is not. (store 1) */
static uint32_t batch_whole(const struct store *s, uint32_t place) {
    uint8_t head[NVM_PAGE];
    uint8_t chunk[NVM_PAGE];
    ring_read(s, place, head, STORE_BATCH_HEAD);
    uint32_t len = big_endian(head + LEN_AT, 2);
    if (len < STORE_BATCH_HEAD || len > BATCH_LONGEST) {
        return 0;
    }
    uint32_t crc = s->seed;
    uint32_t part = 0;
    for (uint32_t done = STORE_BATCH_HEAD; done < len; done += part) {
        part = page_part(place + done, len - done);
        ring_read(s, place + done, chunk, part);
        crc = crc32_more(crc, bytes_of(chunk, part));
    }
    crc = crc32_more(crc, bytes_of(head + CRC_LEN, STORE_BATCH_HEAD - CRC_LEN));
    return crc == big_endian(head, CRC_LEN) ? len : 0;
}

/* Before the first range of the batch at a place, which may be the head. */
static struct walk walk_from(const struct store *s, uint32_t place) {
    uint32_t end = place + way(place, s->head);
    if (s->open && !s->lost) {
        end += s->staged;
    }
    return (struct walk){.next = place, .batch_end = place, .end = end};
}

/* The range after this one, in the order in which they were written; false behind the last. */
AT_EVERY_STEP bool walk_next(const struct store *s, struct walk *w) {
    while (w->next >= w->batch_end) {
        w->next = page_up(w->batch_end);
        if (w->next >= w->end) {
            return false;
        }
        w->batch_end = w->next + ring_number(s, w->next + LEN_AT, 2);
        w->next += STORE_BATCH_HEAD;
    }
    uint32_t both = ring_number(s, w->next, STORE_RECORD_HEAD);
    w->at = both >> LEN_BITS;
    w->len = both & ((1 << LEN_BITS) - 1);
    w->data = w->next + STORE_RECORD_HEAD;
    w->next = w->data + w->len;
    return true;
}

/* The bytes of a page that a range has, a bit for each. */
static uint32_t bits_of(const struct walk *w, uint32_t page) {
    uint32_t first = w->at > page ? w->at - page : 0;
    uint32_t end = w->at + w->len > page ? w->at + w->len - page : 0;
    end = end < NVM_PAGE ? end : NVM_PAGE;
    return first < end ? UINT32_MAX >> (NVM_PAGE - (end - first)) << first : 0;
}

/* Which of these bytes of a page the ring does not have, from the batch at a place on. */
static uint32_t bits_without(
    const struct store *s, uint32_t place, uint32_t page, uint32_t wanted) {
    struct walk w = walk_from(s, place);
    while (wanted != 0 && walk_next(s, &w)) {
        bool touches = w.at < page + NVM_PAGE && page < w.at + w.len;
        wanted &= touches || !CARD_MIRROR ? ~bits_of(&w, page) : UINT32_MAX;
    }
    return wanted;
}

/* ---- news: which regions the ring has anything of ---- */

static bool has_news(const struct store *s, uint32_t at, uint32_t len) {
    uint32_t last = (at + len - 1) >> s->region_shift;
    uint32_t news = 0;
    for (uint32_t r = at >> s->region_shift; r <= last; r++) {
        news |= s->news[r / 8] >> r % 8;
    }
    return news & 1;
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

/* ---- the mirror, where a port lends RAM for one (store 8) ---- */

static bool mirrors(const struct store *s) {
    return CARD_MIRROR && s->nvm->mirror;
}

/* Lays what the ring has from a place on over the mirror. */
static void mirror_ring(const struct store *s, uint32_t place) {
    for (struct walk w = walk_from(s, place); walk_next(s, &w);) {
        ring_read(s, w.data, s->nvm->mirror + w.at, w.len);
    }
}

static void mirror_all(const struct store *s) {
    if (!s->stuck && mirrors(s)) {
        cells_read(s->nvm, 0, s->nvm->mirror, s->nvm->size);
        mirror_ring(s, s->tail);
    }
}

void store_read(const struct store *s, uint32_t at, void *to, uint32_t len) {
    if (s->stuck || len == 0 || !inside(at, len, 0, s->nvm->size)) {
        (void)memset(to, 0, len); /* a stuck store may have half a page at home */
        return;
    }
    bool mirrored = mirrors(s);
    if (mirrored) {
        (void)memcpy(to, s->nvm->mirror + at, len);
    } else {
        cells_read(s->nvm, at, to, len);
    }
    if (mirrored ? !s->open : !has_news(s, at, len)) {
        return;
    }
    uint8_t *out = to;
    for (struct walk w = walk_from(s, mirrored ? s->head : s->tail); walk_next(s, &w);) {
        uint32_t first = w.at > at ? w.at : at;
        uint32_t end = w.at + w.len < at + len ? w.at + w.len : at + len;
        if (first < end) {
            ring_read(s, w.data + (first - w.at), out + (first - at), end - first);
        }
    }
}

/* ---- appending ---- */

static void batch_start(struct store *s) {
    s->lost = false;
    s->crc = s->seed;
    s->staged = STORE_BATCH_HEAD;
    (void)memset(s->pages, 0, sizeof s->pages);
    put_big_endian(s->pages[FIRST] + LEN_AT, s->staged, 2);
}

/* Programs the page in RAM that holds the byte before a length of the batch. */
static bool page_out(const struct store *s, uint32_t len) {
    return page_program(s->nvm, address_of(s->head + page_down(len - 1)), s->pages[FILLING]);
}

/* Appends to the batch and to its checksum; what fills a page, the first excepted, goes out. */
static bool batch_put(struct store *s, const uint8_t *from, uint32_t len) {
    s->crc = crc32_more(s->crc, bytes_of(from, len));
    for (; len > 0; len--) {
        uint8_t *page = s->staged < NVM_PAGE ? s->pages[FIRST] : s->pages[FILLING];
        page[s->staged & PAGE_MASK] = *from++;
        s->staged++;
        bool full = (s->staged & PAGE_MASK) == 0 && s->staged > NVM_PAGE;
        if (full && !page_out(s, s->staged)) {
            return false;
        }
    }
    return true;
}

/* Appends a range. The batch says its length all the time, for the walks over it. */
static bool range_put(struct store *s, uint32_t at, const uint8_t *from, uint32_t len) {
    uint8_t head[STORE_RECORD_HEAD];
    put_big_endian(head, at << LEN_BITS | len, sizeof head);
    bool put = batch_put(s, head, sizeof head) && batch_put(s, from, len);
    put_big_endian(s->pages[FIRST] + LEN_AT, s->staged, 2);
    return put;
}

/* Programs what is left of the batch, its first page last. (store 2) From then on it counts, with
 * `tail` as the oldest that is needed besides; unless it is an image. (store 5) */
static bool batch_seal(struct store *s, uint32_t tail, uint32_t image) {
    bool rest = s->staged > NVM_PAGE && (s->staged & PAGE_MASK) != 0;
    if (rest && !page_out(s, s->staged)) {
        return false;
    }
    put_big_endian(s->pages[FIRST] + NUMBER_AT, s->number + 1u, 2);
    s->pages[FIRST][TAIL_AT] = (uint8_t)(tail / NVM_PAGE | image);
    struct bytes behind = bytes_of(s->pages[FIRST] + CRC_LEN, STORE_BATCH_HEAD - CRC_LEN);
    put_big_endian(s->pages[FIRST], crc32_more(s->crc, behind), CRC_LEN);
    /* A first page that was refused may be whole nevertheless: then a reset must decide. */
    s->stuck = !page_program(s->nvm, address_of(s->head), s->pages[FIRST]);
    if (!s->stuck && !image) {
        s->head = (uint16_t)way(0, page_up(s->head + s->staged));
        s->tail = (uint16_t)tail;
        s->number++;
    }
    return !s->stuck;
}

/* ---- the way home ---- */

/* Whether the oldest batch stays for the same bytes as at the last commit: of what came since, only
 * the open batch can have them. */
static bool stays(struct store *s) {
    uint32_t page = 0;
    uint32_t bits = stay_known(s, &page);
    bits = bits == 0 ? 0 : bits_without(s, s->head, page, bits);
    stay_note(s, s->tail, page, bits);
    return bits != 0;
}

/* Has a page at home hold what it should where `bits` are; programs it only when it must, and only
 * if it may. (store 4) */
static bool page_home(
    struct store *s, uint32_t place, uint32_t page, uint32_t bits, bool may_program) {
    uint8_t wanted[NVM_PAGE];
    store_read(s, page, wanted, sizeof wanted);
    bits &= page_differs(s->nvm, page, wanted);
    if (bits == 0) {
        return true;
    }
    if (!may_program) {
        stay_note(s, place, page, bits);
        return false;
    }
    if (bits_without(s, place, page, UINT32_MAX) != 0) {
        batch_start(s);
        if (!range_put(s, page, wanted, sizeof wanted) || !batch_seal(s, s->tail, IMAGE)) {
            return false;
        }
    }
    return page_program(s->nvm, page, wanted);
}

/* The place of the batch behind the one at a place. */
static uint32_t batch_next(const struct store *s, uint32_t place) {
    return page_up(place + ring_number(s, place + LEN_AT, 2));
}

/* Those of a page's bytes that may be away from home: all of them, or, where a mirror shows it at a
 * glance, those that differ, whoever has written them last. */
static uint32_t bits_away(const struct store *s, uint32_t page, uint32_t bits) {
    if (!mirrors(s)) {
        return bits;
    }
    const uint8_t *mirrored = s->nvm->mirror + page;
    return page_same(s->nvm, page, mirrored) ? 0 : bits & page_differs(s->nvm, page, mirrored);
}

/* Has the bytes of the batch at a place at home that no newer batch has. */
static bool batch_home(struct store *s, uint32_t place, bool may_program) {
    uint32_t next = batch_next(s, place);
    bool home = true;
    for (struct walk w = walk_from(s, place); home && walk_next(s, &w) && w.data < next;) {
        for (uint32_t page = page_down(w.at); home && page < w.at + w.len; page += NVM_PAGE) {
            uint32_t bits = bits_away(s, page, bits_of(&w, page));
            bits = bits == 0 ? 0 : bits_without(s, next, page, bits);
            home = bits == 0 || page_home(s, place, page, bits, may_program);
        }
    }
    return home;
}

/* Brings batches home until so many bytes are free, and says so in an empty batch. (store 3) Not
 * with a batch open. */
static bool make_room(struct store *s, uint32_t room) {
    uint32_t tail = s->tail;
    if (s->stuck || RING - way(tail, s->head) >= room) {
        return !s->stuck;
    }
    stay_note(s, tail, 0, 0); /* what it was about may come home */
    while (tail != s->head && RING - way(tail, s->head) < room + ROOM_MORE) {
        if (!batch_home(s, tail, true)) {
            s->stuck = true;
            return false;
        }
        tail = way(0, batch_next(s, tail));
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

static bool batch_open(struct store *s, uint32_t room) {
    s->open = false;
    bool found = make_room(s, room);
    batch_start(s);
    s->open = true;
    s->lost = !found;
    return found;
}

void store_begin(struct store *s) {
    s->longest = BATCH_LONGEST;
    (void)batch_open(s, ROOM_BATCH);
}

void store_begin_brief(struct store *s) {
    s->longest = BATCH_BRIEF;
    (void)batch_open(s, BATCH_BRIEF + SPARE);
}

void store_abandon(struct store *s) {
    s->open = false;
    (void)memset(s->pages, 0, sizeof s->pages); /* there may be keys in them */
}

bool store_write(struct store *s, uint32_t at, const void *from, uint32_t len) {
    if (!s->open || s->lost || s->stuck) {
        return false;
    }
    if (len == 0) {
        return true;
    }
    uint32_t room = (uint32_t)s->longest - s->staged;
    s->lost = room < STORE_RECORD_HEAD || len > room - STORE_RECORD_HEAD
              || !may_change(s->nvm, at, len) || !range_put(s, at, from, len);
    if (!s->lost) {
        news_add(s, at, len);
    }
    return !s->lost;
}

bool store_commit(struct store *s) {
    bool good = s->open && !s->lost && !s->stuck;
    uint32_t place = s->head;
    if (good && s->staged > STORE_BATCH_HEAD) {
        uint32_t tail = s->tail;
        uint32_t looks = stays(s) ? 0 : LETS_GO_MAX;
        while (tail != s->head && looks-- > 0 && batch_home(s, tail, false)) {
            tail = way(0, batch_next(s, tail));
        }
        good = batch_seal(s, tail, 0);
    }
    store_abandon(s);
    if (good && mirrors(s)) {
        mirror_ring(s, place); /* which is asked instead of the news */
    } else if (good) {
        (void)news_make(s); /* it was true of these ranges before */
    }
    return good;
}

/* A page that the ring has nothing of. (store 7) */
static bool fill_page(const struct store *s, uint32_t page, const uint8_t filled[NVM_PAGE]) {
    bool good = page_differs(s->nvm, page, filled) == 0 || page_program(s->nvm, page, filled);
    if (mirrors(s)) {
        cells_read(s->nvm, page, s->nvm->mirror + page, NVM_PAGE); /* torn or whole */
    }
    return good;
}

bool store_fill(struct store *s, uint32_t at, uint8_t value, uint32_t len) {
    uint8_t filled[NVM_PAGE];
    uint32_t end = at + len;
    if (!s->open || s->staged > STORE_BATCH_HEAD || !inside(at, len, LAYOUT_FILES, s->nvm->size)) {
        return false;
    }
    (void)memset(filled, value, sizeof filled);
    for (uint32_t page = page_up(at); page + NVM_PAGE <= end; page += NVM_PAGE) {
        bool covered = bits_without(s, s->tail, page, UINT32_MAX) != UINT32_MAX;
        if (covered && !batch_open(s, RING)) { /* nothing is covered after that (store 7) */
            return false;
        }
    }
    bool good = !s->lost && !s->stuck;
    for (uint32_t part = 0; good && at < end; at += part) {
        part = page_part(at, end - at);
        good = part < NVM_PAGE ? store_write(s, at, filled, part) : fill_page(s, at, filled);
    }
    return good;
}

/* ---- reset ---- */

bool store_format(const struct nvm *nvm) {
    uint8_t seed[LAYOUT_SEED_LEN];
    nvm->random(nvm->self, seed, sizeof seed);
    return size_right(nvm) && nvm->write(nvm->self, LAYOUT_SEED, seed, sizeof seed);
}

/* Goes to the newest whole batch of the ring and returns its length; 0 when there is none. */
static uint32_t find_newest(struct store *s) {
    uint32_t newest = 0;
    for (uint32_t place = 0; place < RING; place += NVM_PAGE) {
        uint32_t len = batch_whole(s, place);
        uint16_t number = (uint16_t)ring_number(s, place + NUMBER_AT, 2);
        bool newer = newest == 0 || (uint16_t)(number - s->number) <= UINT16_MAX / 2;
        if (len > 0 && newer) {
            newest = len;
            s->number = number;
            s->head = (uint16_t)place;
        }
    }
    return newest;
}

/* Every live batch is whole, and its ranges are where ranges can be. (store 1, 3) */
static bool live_whole(struct store *s) {
    for (uint32_t place = s->tail; place != s->head; place = way(0, batch_next(s, place))) {
        uint32_t len = batch_whole(s, place);
        if (len == 0 || len > way(place, s->head)) {
            return false;
        }
    }
    return news_make(s);
}

bool store_recover(struct store *s, const struct nvm *nvm) {
    uint8_t seed[LAYOUT_SEED_LEN];
    *s = (struct store){.nvm = nvm, .stuck = !size_right(nvm)};
    if (s->stuck) {
        return false;
    }
    cells_read(nvm, LAYOUT_SEED, seed, sizeof seed);
    s->seed = big_endian(seed, sizeof seed);
    while ((nvm->size - 1) >> s->region_shift >= STORE_REGIONS) {
        s->region_shift++;
    }
    uint32_t len = find_newest(s);
    uint32_t newest = s->head;
    uint32_t tail = len > 0 ? ring_number(s, newest + TAIL_AT, 1) : 0;
    s->tail = (uint16_t)way(0, tail * NVM_PAGE);
    s->head = (uint16_t)way(0, page_up(newest + len));
    s->stuck = !live_whole(s);
    mirror_all(s); /* before anything is read to go home */
    /* An image goes home as if it were the oldest batch, and is no batch then. (store 5) */
    if (!s->stuck && (tail & IMAGE)) {
        s->stuck = !batch_home(s, newest, true);
        s->head = (uint16_t)newest;
        s->number--;
    }
    return !s->stuck;
}

#include "registry/list_service.h"

#include <assert.h>
#include <string.h>

#include "base/day.h"

/* --- how much room --------------------------------------------------------------------------------- */

/* Serials 1 to the last one that was given out, for each letter. */
static enum err ranges_of(
    const struct registry_store *store, struct blacklist_bitmap *map, struct why *why) {
    char letters[BITMAP_RANGES_MAX];
    uint32_t lasts[BITMAP_RANGES_MAX];
    size_t count = BITMAP_RANGES_MAX;
    enum err err = store->number_ranges(store->self, letters, lasts, &count, why);
    if (!err && count == 0) {
        err = why_say(why, ERR_CONFLICT, "no card number is in use yet; make a list, not a bitmap");
    }
    map->range_count = err ? 0 : (uint32_t)count;
    for (uint32_t i = 0; i < map->range_count; i++) {
        map->ranges[i] = (struct bitmap_range){.letter = letters[i], .first = 1, .count = lasts[i]};
    }
    return err;
}

static void count_card(void *cookie, const struct listed_card *card) {
    (void)card;
    (*(uint32_t *)cookie)++;
}

/* Every card of which an increment can tell has an entry; entries count from version 1 on. */
enum err list_room(const struct registry_store *store, uint32_t day, uint32_t time, size_t *room,
    struct why *why) {
    struct blacklist_bitmap map = {.range_count = 0};
    uint32_t told = 0;
    const struct list_walk all = {.day = day,
        .time = time,
        .since = true,
        .since_day = 0,
        .cookie = &told,
        .card = count_card};
    enum err err = store->blacklist_walk(store->self, &all, why);
    enum err none = err ? err : ranges_of(store, &map, why);
    if (err) {
        return err;
    }
    size_t bitmap = none ? 0 : bitmap_room(&map);
    *room = change_room(told) > bitmap ? change_room(told) : bitmap;
    return none == ERR_CONFLICT ? OK : none;
}

/* --- increments ---------------------------------------------------------------------------------------- */

static void put_change(void *cookie, const struct listed_card *card) {
    change_put(cookie, card->factor, (uint8_t)card->reason);
}

/* A card that came on and off since is told as off, though the terminal never had it. */
static enum err put_changes(const struct registry_store *store, struct list_walk *walk,
    const struct blacklist_change *head, struct builder *b, struct why *why) {
    if (change_room(head->to.count) > b->room) {
        return why_say(why, ERR_INVALID, "%u changes need %zu bytes, not %zu", head->to.count,
            change_room(head->to.count), b->room);
    }
    change_begin(b, head);
    walk->cookie = b;
    walk->card = put_change;
    enum err err = store->blacklist_walk(store->self, walk, why);
    change_seal(b);
    return !err && b->overflowed ? why_say(why, ERR_INVALID, "no list of that moment") : err;
}

enum err list_change(const struct registry_store *store, const struct blacklist *from, uint32_t day,
    uint32_t time, struct builder *b, struct why *why) {
    struct blacklist_change head = {
        .from = *from, .to = {.day = day, .time = time}
    };
    uint32_t listed = 0;
    if (from->day > day || (from->day == day && from->time > time)) {
        return why_say(why, ERR_CONFLICT, "the list of %u %06u is younger than %u %06u", from->day,
            from->time, day, time);
    }
    struct list_walk walk = {.day = day,
        .time = time,
        .since = true,
        .since_version = from->version,
        .since_day = from->day,
        .since_time = from->time,
        .cookie = &head.to.count,
        .card = count_card};
    enum err err = store->blacklist_head(store->self, day, time, &head.to.version, &listed, why);
    head.to.count = 0;
    err = err ? err : store->blacklist_walk(store->self, &walk, why);
    err = err ? err : put_changes(store, &walk, &head, b, why);
    return err ? why_add(why, err, "increment since version %u", from->version) : OK;
}

/* --- the bitmap ------------------------------------------------------------------------------------------ */

struct bits {
    struct builder *b;
    const struct blacklist_bitmap *map;
};

static void set_card(void *cookie, const struct listed_card *card) {
    const struct bits *bits = cookie;
    uint64_t serial = 0;
    bool good = digits_read(bytes_of(card->number + 1, CARD_NUMBER_LEN - 2), &serial);
    bits->b->overflowed |= !good;
    bitmap_set(bits->b, bits->map, card->number[0], (uint32_t)serial);
}

enum err list_bitmap(const struct registry_store *store, uint32_t day, uint32_t time,
    struct builder *b, struct why *why) {
    struct blacklist_bitmap map = {.day = day, .time = time};
    uint32_t listed = 0;
    enum err err = store->blacklist_head(store->self, day, time, &map.version, &listed, why);
    err = err ? err : ranges_of(store, &map, why);
    if (!err && bitmap_room(&map) > b->room) {
        err = why_say(
            why, ERR_INVALID, "the bitmap needs %zu bytes, not %zu", bitmap_room(&map), b->room);
    }
    if (!err) {
        struct bits bits = {.b = b, .map = &map};
        const struct list_walk walk = {.day = day, .time = time, .cookie = &bits, .card = set_card};
        bitmap_begin(b, &map);
        err = store->blacklist_walk(store->self, &walk, why);
        bitmap_seal(b);
    }
    if (!err && b->overflowed) {
        err = why_say(
            why, ERR_CONFLICT, "a listed card has a number that was never given out; make a list");
    }
    return err ? why_add(why, err, "bitmap") : OK;
}

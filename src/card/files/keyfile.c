/* A key file holds one key after another; a type of 00, or the end of the room, ends them:
 *
 *     type 1, id 1, protection 1, use 1, change 1, version 1, counter 1, length 1, value
 */
#include "card/files/keyfile.h"

#include "card/files/entry.h"

enum {
    KEY_COUNTER_AT = 6,
    KEY_TYPE_NONE = 0x00,
    KEY_ROOM = KEY_RECORD_HEAD + KEY_VALUE_MAX,
};

/* One key on a walk through the key file. */
struct key_walk {
    uint32_t at; /* the key, once key_next() said true; then where a new one would go */
    uint32_t next;
    uint32_t end;
};

/* Before the first key. */
static enum sw walk_start(const struct store *s, const struct dir *d, struct key_walk *w) {
    struct ef ef;
    enum sw sw = ef_by_fid(s, d, FID_KEYS, &ef);
    if (sw != SW_OK) {
        return sw;
    }
    *w = (struct key_walk){.next = ef_body(&ef), .end = ef_body(&ef) + ef.size};
    return SW_OK;
}

/* A struct key_record begins with the bytes of a key as it lies in the file. */
_Static_assert(offsetof(struct key_record, len) == KEY_RECORD_HEAD - 1, "length ends the head");
_Static_assert(offsetof(struct key_record, value) == KEY_RECORD_HEAD, "the value follows");
_Static_assert(offsetof(struct key_record, counter) == KEY_COUNTER_AT, "the counter");

/* Only the head: the value stays where it is until it is asked for. */
static bool key_next(const struct store *s, struct key_walk *w, struct key_record *head) {
    w->at = w->next;
    if (w->end - w->at < KEY_RECORD_HEAD) {
        return false;
    }
    store_read(s, w->at, head, KEY_RECORD_HEAD);
    uint32_t len = KEY_RECORD_HEAD + (uint32_t)head->len;
    if (head->type == KEY_TYPE_NONE || len > KEY_ROOM || len > w->end - w->at) {
        return false;
    }
    w->next = w->at + len;
    return true;
}

/* Moves to the key of this type and number; false with w->at behind the last when there is none. */
static bool walk_to(
    const struct store *s, struct key_walk *w, uint8_t type, uint8_t id, struct key_record *head) {
    while (key_next(s, w, head)) {
        if (head->type == type && head->id == id) {
            return true;
        }
    }
    return false;
}

enum sw key_find(const struct store *s, const struct dir *d, uint8_t type, uint8_t id,
    struct key_record *out, uint32_t *at) {
    struct key_walk w;
    enum sw sw = walk_start(s, d, &w);
    if (sw != SW_OK) {
        return sw;
    }
    *out = (struct key_record){0};
    if (!walk_to(s, &w, type, id, out)) {
        return SW_KEY_NOT_FOUND;
    }
    store_read(s, w.at + KEY_RECORD_HEAD, out->value, out->len);
    *at = w.at;
    return SW_OK;
}

bool key_exists(const struct store *s, const struct dir *d, uint8_t type, uint8_t id) {
    struct key_walk w;
    struct key_record head;
    return walk_start(s, d, &w) == SW_OK && walk_to(s, &w, type, id, &head);
}

/* One range for the whole key, so that a key is never half old and half new. */
static enum sw stage_key(struct store *s, uint32_t at, const struct key_record *key) {
    return store_write(s, at, key, KEY_RECORD_HEAD + (uint32_t)key->len) ? SW_OK : SW_MEMORY;
}

enum sw key_add(struct store *s, const struct dir *d, const struct key_record *key) {
    struct key_walk w;
    struct key_record head;
    if (key->type == KEY_TYPE_NONE || key->len == 0 || key->len > KEY_VALUE_MAX) {
        return SW_WRONG_DATA;
    }
    enum sw sw = walk_start(s, d, &w);
    if (sw != SW_OK) {
        return sw;
    }
    if (walk_to(s, &w, key->type, key->id, &head)) {
        return SW_WRONG_P1P2;
    }
    if (KEY_RECORD_HEAD + (uint32_t)key->len > w.end - w.at) {
        return SW_NO_SPACE;
    }
    return stage_key(s, w.at, key);
}

/* The length must stay: the next key begins right behind this one. [purse.md 2.4] */
enum sw key_replace(struct store *s, uint32_t at, const struct key_record *key) {
    uint8_t old_len = 0;
    store_read(s, at + KEY_RECORD_HEAD - 1, &old_len, 1);
    if (key->type == KEY_TYPE_NONE || key->len != old_len) {
        return SW_WRONG_DATA;
    }
    return stage_key(s, at, key);
}

enum sw key_count(struct store *s, uint32_t at, uint8_t counter) {
    return store_write(s, at + KEY_COUNTER_AT, &counter, 1) ? SW_OK : SW_MEMORY;
}

uint8_t key_total(const struct store *s, const struct dir *d) {
    struct key_walk w;
    struct key_record head;
    uint8_t total = 0;
    if (walk_start(s, d, &w) != SW_OK) {
        return 0;
    }
    while (total < UINT8_MAX && key_next(s, &w, &head)) {
        total++;
    }
    return total;
}

#include "vaults/line/vault_message.h"

#include <assert.h>

static const struct {
    const char *text;
    unsigned parts;
} functions[LINE_FUNCTIONS] = {
#define FUNCTION(name, text, parts, handler) [LINE_##name] = {text, parts},
#include "vaults/line/vault_functions.def"
};

enum { LENGTH_LEN = 4 };

const char *vault_function_text(enum vault_function function) {
    assert((unsigned)function < LINE_FUNCTIONS);
    return functions[function].text;
}

/* The length is known last and stands first. */
static size_t seal(struct builder *b) {
    assert(!b->overflowed);
    assert(b->len > LENGTH_LEN);
    struct builder length = builder_in(b->at, LENGTH_LEN);
    put_u32(&length, (uint32_t)(b->len - LENGTH_LEN));
    return b->len;
}

static struct builder begin(uint8_t out[LINE_MESSAGE_MAX], uint8_t kind) {
    struct builder b = builder_in(out, LINE_MESSAGE_MAX);
    put_fill(&b, 0, LENGTH_LEN);
    put_u8(&b, kind);
    return b;
}

/* --- parts, written and read in the same order -------------------------------------------------- */

static void put_key(struct builder *b, const struct key_ref *key) {
    put_u16(b, (uint16_t)key->name);
    put_u8(b, (uint8_t)key->algorithm);
    put_u8(b, key->version);
    put_u8(b, (uint8_t)key->depth);
    put_bytes(b, bytes_of(key->card_factor, sizeof key->card_factor));
}

/* Numbers that name no key are taken as they are: keys/permit.h has the sentence for them. */
static void take_key(struct cursor *c, struct key_ref *key) {
    key->name = (enum key_name)cursor_u16(c);
    key->algorithm = (enum key_algorithm)cursor_u8(c);
    key->version = cursor_u8(c);
    key->depth = (enum key_depth)cursor_u8(c);
    cursor_copy(c, key->card_factor, sizeof key->card_factor);
}

static void put_data(struct builder *b, struct bytes data) {
    assert(data.len <= LINE_DATA_MAX);
    put_u16(b, (uint16_t)data.len);
    put_bytes(b, data);
}

static struct bytes take_data(struct cursor *c) {
    size_t len = cursor_u16(c);
    c->overran = c->overran || len > LINE_DATA_MAX;
    return cursor_take(c, len);
}

static void put_wrap(struct builder *b, const struct key_wrap *wrap) {
    put_key(b, &wrap->key);
    put_key(b, &wrap->under);
    put_u8(b, wrap->head_len > UINT8_MAX ? UINT8_MAX : (uint8_t)wrap->head_len);
    put_bytes(b, bytes_of(wrap->head, sizeof wrap->head));
    put_u8(b, wrap->p1);
    put_u8(b, wrap->p2);
    put_bytes(b, bytes_of(wrap->challenge, sizeof wrap->challenge));
}

static void take_wrap(struct cursor *c, struct key_wrap *wrap) {
    take_key(c, &wrap->key);
    take_key(c, &wrap->under);
    wrap->head_len = cursor_u8(c);
    cursor_copy(c, wrap->head, sizeof wrap->head);
    wrap->p1 = cursor_u8(c);
    wrap->p2 = cursor_u8(c);
    cursor_copy(c, wrap->challenge, sizeof wrap->challenge);
}

static void put_u64(struct builder *b, uint64_t value) {
    put_u32(b, (uint32_t)(value >> 32));
    put_u32(b, (uint32_t)value);
}

static uint64_t take_u64(struct cursor *c) {
    uint64_t high = cursor_u32(c);
    return high << 32 | cursor_u32(c);
}

/* --- requests and answers ----------------------------------------------------------------------- */

size_t vault_request_write(const struct vault_request *r, uint8_t out[LINE_MESSAGE_MAX]) {
    assert((unsigned)r->function < LINE_FUNCTIONS);
    unsigned parts = functions[r->function].parts;
    struct builder b = begin(out, (uint8_t)r->function);
    if (parts & PART_KEY) {
        put_key(&b, &r->key);
    }
    put_bytes(&b, bytes_of(r->first, parts & PART_FIRST ? sizeof r->first : 0));
    put_bytes(&b, bytes_of(r->second, parts & PART_SECOND ? sizeof r->second : 0));
    put_bytes(&b, bytes_of(r->four, parts & PART_FOUR ? sizeof r->four : 0));
    if (parts & PART_DATA) {
        put_data(&b, r->data);
    }
    if (parts & PART_MORE) {
        put_data(&b, r->more);
    }
    if (parts & PART_WRAP) {
        put_wrap(&b, &r->wrap);
    }
    if (parts & PART_ROOM) {
        put_u64(&b, r->place);
        put_u64(&b, r->count);
    }
    return seal(&b);
}

/* A cursor behind a length that is right, or one that has overrun already. */
static struct cursor open_message(struct bytes message) {
    struct cursor c = cursor_over(message);
    size_t len = cursor_u32(&c);
    c.overran = c.overran || len != c.rest.len || message.len > LINE_MESSAGE_MAX;
    return c;
}

bool vault_request_read(struct bytes message, struct vault_request *r) {
    *r = (struct vault_request){0};
    struct cursor c = open_message(message);
    uint8_t function = cursor_u8(&c);
    if (c.overran || function >= LINE_FUNCTIONS) {
        return false;
    }
    r->function = (enum vault_function)function;
    unsigned parts = functions[function].parts;
    if (parts & PART_KEY) {
        take_key(&c, &r->key);
    }
    cursor_copy(&c, r->first, parts & PART_FIRST ? sizeof r->first : 0);
    cursor_copy(&c, r->second, parts & PART_SECOND ? sizeof r->second : 0);
    cursor_copy(&c, r->four, parts & PART_FOUR ? sizeof r->four : 0);
    r->data = parts & PART_DATA ? take_data(&c) : r->data;
    r->more = parts & PART_MORE ? take_data(&c) : r->more;
    if (parts & PART_WRAP) {
        take_wrap(&c, &r->wrap);
    }
    if (parts & PART_ROOM) {
        r->place = take_u64(&c);
        r->count = take_u64(&c);
    }
    return cursor_finished(&c);
}

size_t vault_answer_write(
    enum err err, struct bytes reply, const struct why *why, uint8_t out[LINE_MESSAGE_MAX]) {
    struct builder b = begin(out, (uint8_t)err);
    assert(reply.len <= LINE_REPLY_MAX);
    put_bytes(&b, err ? bytes_text(why->text) : reply);
    return seal(&b);
}

/* The story goes to a terminal and into the audit chain, whoever wrote it. */
static void take_story(struct bytes text, struct why *why) {
    size_t len = text.len < sizeof why->text ? text.len : sizeof why->text - 1;
    for (size_t i = 0; i < len; i++) {
        why->text[i] = (char)(text.at[i] < ' ' || text.at[i] == 0x7F ? '?' : text.at[i]);
    }
    why->text[len] = '\0';
}

bool vault_answer_read(struct bytes message, enum err *err, struct bytes *reply, struct why *why) {
    struct cursor c = open_message(message);
    uint8_t kind = cursor_u8(&c);
    if (c.overran || kind > ERR_OUTSIDE) {
        return false;
    }
    *err = (enum err)kind;
    *reply = bytes_of(c.rest.at, *err ? 0 : c.rest.len);
    if (*err) {
        take_story(c.rest, why);
    }
    return reply->len <= LINE_REPLY_MAX;
}

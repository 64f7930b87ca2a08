#include "host/csv.h"

/* Takes a field that began with a quote, from behind it to behind the one that closes it. False when
 * none does. */
static bool take_quoted(struct cursor *c, struct builder *out) {
    while (c->rest.len > 0) {
        const uint8_t *quote = memchr(c->rest.at, '"', c->rest.len);
        if (!quote) {
            return false;
        }
        put_bytes(out, cursor_take(c, (size_t)(quote - c->rest.at)));
        (void)cursor_u8(c);
        if (c->rest.len == 0 || c->rest.at[0] != '"') {
            return true;
        }
        put_u8(out, cursor_u8(c)); /* a doubled quote is one */
    }
    return false;
}

static bool take_field(struct cursor *c, struct builder *out) {
    if (c->rest.len > 0 && c->rest.at[0] == '"') {
        (void)cursor_u8(c);
        return take_quoted(c, out);
    }
    const uint8_t *comma = c->rest.len > 0 ? memchr(c->rest.at, ',', c->rest.len) : NULL;
    put_bytes(out, cursor_take(c, comma ? (size_t)(comma - c->rest.at) : c->rest.len));
    return true;
}

bool csv_split(struct bytes line, struct builder *out, uint16_t *end, size_t count) {
    struct cursor c = cursor_over(line);
    size_t begin = out->len;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && cursor_u8(&c) != ',') {
            return false; /* too few fields, or something behind a closing quote */
        }
        if (!take_field(&c, out) || out->len - begin > UINT16_MAX) {
            return false;
        }
        end[i] = (uint16_t)(out->len - begin);
    }
    return cursor_finished(&c) && !out->overflowed;
}

#include "issuance/card_face.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "crypto/sm3.h"
#include "issuance/numbers.h"

enum { FACE_ROOM = 512 };

_Static_assert((int)FACE_DIGEST_LEN == (int)SM3_LEN, "a face is known by its SM3");

/* Texts have room for whatever their sources hold. */
void face_data_make(struct face_data *face, const struct batch_line *line,
    const struct person *person, const struct issuer *issuer, const uint8_t *photo) {
    *face = (struct face_data){.issued = issuer->issued, .expires = issuer->expires};
    (void)snprintf(face->card_number, sizeof face->card_number, "%s", line->card_number);
    (void)snprintf(face->person_number, sizeof face->person_number, "%s", person->number);
    (void)snprintf(face->name, sizeof face->name, "%s", person->name);
    if (photo) {
        (void)memcpy(face->photo, photo, sizeof face->photo);
    }
}

/* The length first, so that the end of one text cannot be the beginning of the next. */
static void put_text(struct builder *b, const char *text) {
    struct bytes bytes = bytes_text(text);
    assert(bytes.len <= UINT16_MAX);
    put_u16(b, (uint16_t)bytes.len);
    put_bytes(b, bytes);
}

/* In the order of the struct. */
void face_data_digest(const struct face_data *face, uint8_t digest[FACE_DIGEST_LEN]) {
    uint8_t room[FACE_ROOM];
    struct builder b = builder_in(room, sizeof room);
    put_text(&b, face->card_number);
    put_text(&b, face->person_number);
    put_text(&b, face->name);
    put_bytes(&b, bytes_of(face->photo, sizeof face->photo));
    put_u32(&b, face->issued);
    put_u32(&b, face->expires);
    assert(!b.overflowed);
    struct sm3 h;
    sm3_begin(&h);
    sm3_add(&h, builder_bytes(&b));
    sm3_end(&h, digest);
}

/* Capitals, digits and a colon: such a text makes the smallest code. */
void face_code_write(const struct face_data *face, char code[FACE_CODE_LEN + 1]) {
    uint8_t digest[FACE_DIGEST_LEN];
    face_data_digest(face, digest);
    assert(strlen(face->card_number) == CARD_NUMBER_LEN);
    (void)memcpy(code, face->card_number, CARD_NUMBER_LEN);
    code[CARD_NUMBER_LEN] = ':';
    hex_write(bytes_of(digest, sizeof digest), code + CARD_NUMBER_LEN + 1);
}

/* Blanks at either end are the scanner's. */
static struct bytes trimmed(const char *text) {
    size_t blanks = strspn(text, " \t\r\n");
    size_t len = strlen(text + blanks);
    while (len > 0 && strchr(" \t\r\n", text[blanks + len - 1])) {
        len--;
    }
    return bytes_of(text + blanks, len);
}

bool face_code_read(
    const char *code, char card_number[CARD_NUMBER_LEN + 1], uint8_t digest[FACE_DIGEST_LEN]) {
    struct cursor c = cursor_over(trimmed(code));
    struct bytes number = cursor_take(&c, CARD_NUMBER_LEN);
    char colon = (char)cursor_u8(&c);
    struct bytes hex = cursor_take(&c, (size_t)2 * FACE_DIGEST_LEN);
    char read[CARD_NUMBER_LEN + 1] = "";
    uint8_t sum[FACE_DIGEST_LEN];
    uint32_t serial = 0;
    if (!cursor_finished(&c) || colon != ':') {
        return false;
    }
    (void)memcpy(read, number.at, CARD_NUMBER_LEN);
    if (read[0] == 'b') {
        read[0] = 'B';
    }
    if (!card_number_read(read, &serial) || !hex_read(hex, sum, sizeof sum)) {
        return false;
    }
    (void)memcpy(card_number, read, sizeof read);
    (void)memcpy(digest, sum, sizeof sum);
    return true;
}

/* Compared first: a face that was written down stays. */
enum err face_expect(const struct production_store *store, const struct batch_line *line,
    const struct face_data *face, struct why *why) {
    struct production_face row = {.batch = line->batch, .seq = line->seq};
    assert(strcmp(face->card_number, line->card_number) == 0);
    (void)memcpy(row.card_number, face->card_number, sizeof row.card_number);
    face_data_digest(face, row.digest);
    enum err err = face_compare(store, line->batch, line->seq, row.digest, why);
    return err == ERR_NOT_FOUND ? store->face_add(store->self, &row, why) : err;
}

/* A digest is no secret: it may be compared as it comes. */
enum err face_compare(const struct production_store *store, int64_t batch, int32_t seq,
    const uint8_t digest[FACE_DIGEST_LEN], struct why *why) {
    struct production_face row = {.seq = 0};
    enum err err = store->face_get(store->self, batch, seq, &row, why);
    if (!err && memcmp(row.digest, digest, sizeof row.digest) != 0) {
        return why_say(why, ERR_CONFLICT,
            "the face of card %s is to show other data than these; look at number, name and "
            "picture",
            row.card_number);
    }
    return err;
}

/* What the face of a card has to show, and how it is known again. [system.md 4.2.4 QC: match face
 * and chip; decision 0042]
 *
 * Whoever prints a face prints a struct face_data and nothing else; its digest, SM3 over all of it
 * in a fixed order, the photograph by its own digest, is written down for the line before the face
 * is printed. A station that has a card in the hand makes the same digest from what it sees, or
 * reads it from the code on the face, and compares. The digest says nothing about the holder to who
 * does not have the data.
 *
 * The data are a person's: wipe them when they are printed. */
#pragma once

#include "issuance/card_data.h"
#include "issuance/production_store.h"

/* Everything that differs from face to face. Text is UTF-8 with an end. */
struct face_data {
    char card_number[CARD_NUMBER_LEN + 1];
    char person_number[NUMBER_LEN + 1];
    char name[sizeof((struct person *)0)->name];
    uint8_t photo[FACE_DIGEST_LEN]; /* SM3 of the picture's bytes; zeros: a face without one */
    uint32_t issued, expires;       /* YYYYMMDD */
};

enum { FACE_CODE_LEN = CARD_NUMBER_LEN + 1 + 2 * FACE_DIGEST_LEN };

/* Of a line and its person. photo may be NULL. */
void face_data_make(struct face_data *face, const struct batch_line *line,
    const struct person *person, const struct issuer *issuer, const uint8_t *photo);

/* Lengths stand before texts, so that no two faces have the same bytes. */
void face_data_digest(const struct face_data *face, uint8_t digest[FACE_DIGEST_LEN]);

/* Writes down what the line's face will show, in the caller's transaction. The same again is
 * answered as before; ERR_CONFLICT when another face was written down for it: that one may be
 * printed already. */
enum err face_expect(const struct production_store *store, const struct batch_line *line,
    const struct face_data *face, struct why *why);

/* What the code on a face says to machines: the card's number, ':', the digest in capital hexadecimal
 * letters; and back. The reader takes small letters and blanks around it as well, as scanners type them;
 * false, and both untouched, for whatever else. */
void face_code_write(const struct face_data *face, char code[FACE_CODE_LEN + 1]);
bool face_code_read(
    const char *code, char card_number[CARD_NUMBER_LEN + 1], uint8_t digest[FACE_DIGEST_LEN]);

/* ERR_CONFLICT when the digest is another than the one that was written down for the line,
 * ERR_NOT_FOUND when none was. */
enum err face_compare(const struct production_store *store, int64_t batch, int32_t seq,
    const uint8_t digest[FACE_DIGEST_LEN], struct why *why);

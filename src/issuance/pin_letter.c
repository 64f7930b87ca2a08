#include "issuance/pin_letter.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "crypto/secret.h"
#include "issuance/batch.h"
#include "issuance/stock.h"

enum { SUBJECT_MAX = 96 };

void pin_letter_wipe(struct pin_letter *letter) {
    crypto_wipe((uint8_t *)letter, sizeof *letter);
}

/* One maker for the first print, an approver beside for each further one. */
static enum err check_officers(const struct pin_desk *desk, int32_t print, struct why *why) {
    enum err err = officer_require(desk->registry, desk->officer, ROLE_MAKER, why);
    if (err || print == 1) {
        return err;
    }
    if (!desk->second || strcmp(desk->second, desk->officer) == 0) {
        return why_say(why, ERR_DENIED,
            "its letter was printed %" PRId32 " times; once more takes a second officer",
            print - 1);
    }
    return officer_require(desk->registry, desk->second, ROLE_APPROVER, why);
}

/* How often it is printed with this one. */
static enum err next_print(
    const struct pin_desk *desk, const char *card_number, struct letter_row *row, struct why *why) {
    *row = (struct letter_row){.printed = 0};
    enum err err = desk->store->letter_get(desk->store->self, card_number, row, why);
    err = err == ERR_NOT_FOUND ? OK : err;
    row->printed++;
    row->day = desk->day;
    err = err ? err : stock_word(row->card, sizeof row->card, card_number, "a card's number", why);
    err = err ? err
              : stock_word(
                  row->officer, sizeof row->officer, desk->officer, "an officer's code", why);
    return err ? err
               : stock_word(row->second, sizeof row->second, row->printed > 1 ? desk->second : NULL,
                   "an officer's code", why);
}

/* Row and audit row, before anything secret is asked for. */
static enum err count_print(
    const struct pin_desk *desk, const struct letter_row *row, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    char subject[SUBJECT_MAX];
    (void)snprintf(subject, sizeof subject, "card %s, print %" PRId32 "%s%.32s", row->card,
        row->printed, row->second[0] ? ", with " : "", row->second);
    enum err err = check_officers(desk, row->printed, why);
    err = err ? err : desk->store->letter_put(desk->store->self, row, why);
    return err ? err
               : issuance->audit(issuance->self, desk->officer, "print PIN letter", subject, why);
}

/* What is no secret of it. */
static enum err fill_public(const struct pin_desk *desk, const struct card_record *card,
    struct pin_letter *letter, struct why *why) {
    const struct issuance_store *issuance = desk->store->issuance;
    struct batch_line line;
    struct application a;
    struct person person;
    enum err err = desk->registry->person_by_id(desk->registry->self, card->person, &person, why);
    err = err ? err : issuance->line_of_card(issuance->self, card->number, &line, why);
    err = err ? err : issuance->application_get(issuance->self, line.application, &a, why);
    if (err) {
        return err;
    }
    (void)memcpy(letter->card, card->number, sizeof letter->card);
    (void)memcpy(letter->name, person.name, sizeof letter->name);
    (void)memcpy(letter->point, a.point, sizeof letter->point);
    if (line.box >= 1) {
        box_place_write(&line, letter->place);
    }
    return OK;
}

static enum err prepare(const struct pin_desk *desk, const char *card_number,
    struct card_record *card, struct pin_letter *letter, struct why *why) {
    struct letter_row row;
    WORK_SCOPE(work);
    enum err err = work_begin(&work, desk->store->issuance, why);
    err = err ? err : card_find(desk->registry, card_number, card, why);
    if (!err && card->life != LIFE_SEALED) {
        err = why_say(why, ERR_CONFLICT,
            "it is %s; its first PIN holds no more, unlock it at a terminal",
            card_life_name(card->life));
    }
    err = err ? err : next_print(desk, card_number, &row, why);
    err = err ? err : count_print(desk, &row, why);
    err = err ? err : fill_public(desk, card, letter, why);
    letter->print = err ? 0 : row.printed;
    letter->day = desk->day;
    return err ? err : work_commit(&work, why);
}

enum err pin_letter_fill(const struct pin_desk *desk, const char *card_number,
    struct pin_letter *letter, struct why *why) {
    struct card_record card;
    *letter = (struct pin_letter){.print = 0};
    enum err err = prepare(desk, card_number, &card, letter, why);
    err = err ? err : desk->vault->first_pin(desk->vault->self, card.factor, letter->pin, why);
    assert(err || strlen(letter->pin) == sizeof letter->pin - 1);
    if (err) {
        pin_letter_wipe(letter);
        return why_add(why, err, "PIN letter of card %s", card_number);
    }
    return OK;
}

#include "issuance/numbers.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/checkdigit.h"
#include "base/day.h"

/* The letter is the millions above seven digits: B for serials below ten million, C for the next ten, and
 * so on. Nothing else knows the form of a number. */

enum { FIRST_LETTER = 'B', BODY_LEN = CARD_NUMBER_LEN - 1 };

/* The check is made over letter and digits. */
void card_number_write(uint32_t serial, char number[CARD_NUMBER_LEN + 1]) {
    assert(serial >= 1);
    assert(serial <= CARD_SERIAL_MAX);
    assert(serial % NUMBER_SERIALS != 0); /* no letter has a number of zeros */
    (void)snprintf(number, CARD_NUMBER_LEN + 1, "%c%07u",
        (char)(FIRST_LETTER + serial / NUMBER_SERIALS), (unsigned)(serial % NUMBER_SERIALS));
    number[BODY_LEN] = organisation_check(bytes_of(number, BODY_LEN));
    number[CARD_NUMBER_LEN] = '\0';
}

/* Decides on the copy in value, so that *serial is never half written. */
bool card_number_read(const char *number, uint32_t *serial) {
    uint64_t value;
    if (strlen(number) != CARD_NUMBER_LEN || number[0] < FIRST_LETTER
        || number[0] >= FIRST_LETTER + NUMBER_LETTERS
        || !digits_read(bytes_of(number + 1, BODY_LEN - 1), &value) || value == 0
        || organisation_check(bytes_of(number, BODY_LEN)) != number[BODY_LEN]) {
        return false;
    }
    *serial = (uint32_t)(number[0] - FIRST_LETTER) * NUMBER_SERIALS + (uint32_t)value;
    return true;
}

/* Which one is the store's to say; here it gets its letter and its check. */
enum err number_reserve(const struct issuance_store *store, int64_t batch,
    char number[CARD_NUMBER_LEN + 1], struct why *why) {
    uint32_t serial = 0;
    enum err err = store->number_reserve(store->self, batch, &serial, why);
    if (err) {
        return why_add(why, err, "reserve a card number");
    }
    card_number_write(serial, number);
    return OK;
}

/* Looked up, judged by the table, moved: in the caller's transaction. */
enum err number_step(const struct issuance_store *store, const char *number,
    enum number_event event, struct why *why) {
    /* The check character is of ours, so a wrong one is a typing mistake; numbers of other cities,
     * whose checks may differ, never come here. [card.md 3.2] */
    uint32_t serial = 0;
    if (!card_number_read(number, &serial)) {
        return why_say(why, ERR_INVALID,
            "\"%s\" is no card number of this city: a letter, seven digits and a check character "
            "are expected",
            number);
    }
    enum number_state state = NUMBER_FREE;
    int64_t batch = 0;
    int to = 0;
    enum err err = store->number_get(store->self, serial, &state, &batch, why);
    err = err ? err : machine_next(&number_machine, (int)state, (int)event, &to, why);
    err = err ? err : store->number_move(store->self, serial, state, (enum number_state)to, why);
    return err ? why_add(why, err, "card number %s", number) : OK;
}

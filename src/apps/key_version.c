#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/command.h"
#include "apps/key_desk.h"
#include "apps/rack.h"
#include "ceremony/key_change.h"
#include "host/ending.h"
#include "host/options.h"
#include "keys/permit.h"
#include "reader/pcsc.h"

enum { VALID_YEARS = 10, NUMBER_LETTERS = 9 };

struct version_options {
    const char *what, *card, *reader, *data;
    struct vault_words words;
    int64_t version;
};

/* clang-format off */
static const struct option options[] = {
    {"WHAT", OPTION_TEXT, offsetof(struct version_options, what), NULL, NULL,
        "change: the card gets this version; unused: says whether no card has it", false},
    {"CARD", OPTION_TEXT, offsetof(struct version_options, card), NULL, NULL,
        "change: the card's number", true},
    {"--version", OPTION_NUMBER, offsetof(struct version_options, version), "N", NULL,
        "of the purchase key", false},
    {"--reader", OPTION_TEXT, offsetof(struct version_options, reader), "NAME", NULL,
        "PC/SC reader with the card; without, a card in a file of the centre", true},
    OPTIONS_VAULT(struct version_options, words),
    OPTION_DATA(struct version_options, data),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key version",
    .help = "Versions of the purchase key in the field: modules get a new one first (key psam "
            "add-key),\n"
            "then each card at its next contact; the old one is closed (a step of key ceremony) "
            "when no\n"
            "card has it any more.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static enum err open_card(struct key_desk *desk, const struct version_options *given,
    struct reader *out, struct why *why) {
    struct rack rack = {.dir = desk->city.centre.dir,
        .region = (uint32_t)strtoul(desk->city.centre.file.region, NULL, 10)};
    struct chip_rack chips = rack_of(&rack);
    const struct pcsc_wish wish = {.name = given->reader};
    return given->reader ? pcsc_open(&wish, out, why)
                         : chips.insert(chips.self, SHELF_CARDS, given->card, out, why);
}

static enum err change_with(struct key_desk *desk, const struct version_options *given,
    const struct vault *vault, struct why *why) {
    uint32_t region = (uint32_t)strtoul(desk->city.centre.file.region, NULL, 10);
    struct issuer issuer = issuer_of(region, desk->city.centre.file.date, VALID_YEARS);
    struct reader reader;
    enum err err = open_card(desk, given, &reader, why);
    if (err) {
        return err;
    }
    const struct personalisation p = {.reader = &reader, .vault = vault, .issuer = &issuer};
    err = key_change_card(&p, (uint8_t)given->version, why);
    reader_close(&reader);
    return err;
}

/* The register's row and the card change together: a card that was not changed leaves no row. Cut
 * between the card and the commit, the command is given again. */
static enum err change(
    struct key_desk *desk, const struct version_options *given, struct why *why) {
    struct vault line;
    struct card_record card;
    const struct registry_store *store = &desk->city.store;
    TX_SCOPE(tx);
    if (!given->card || strlen(given->card) != NUMBER_LETTERS) {
        return why_say(why, ERR_CONFLICT, "name the card by its nine characters");
    }
    enum err err = store->card_by_number(store->self, given->card, &card, why);
    err = err ? err : key_desk_vault(desk, &given->words, &line, why);
    if (err) {
        return err;
    }
    err = tx_begin(&tx, &desk->city.db, why);
    err = err ? err
              : keeping_card_version(
                  desk->keeping, given->card, (uint8_t)given->version, "counter", why);
    err = err ? err : change_with(desk, given, &line, why);
    err = err ? err : tx_commit(&tx, why);
    line.close(line.self);
    return err;
}

static enum err do_what(
    struct key_desk *desk, const struct version_options *given, struct why *why) {
    enum err err = OK;
    if (given->version > KEY_VERSION_MAX) {
        return why_say(why, ERR_CONFLICT, "versions go up to %d", (int)KEY_VERSION_MAX);
    }
    if (strcmp(given->what, "change") == 0) {
        err = change(desk, given, why);
    } else if (strcmp(given->what, "unused") == 0) {
        err = keeping_version_unused(desk->keeping, (uint8_t)given->version, why);
    } else {
        err = why_say(why, ERR_CONFLICT,
            "\"%.40s\" is nothing that is done with a version; say change or unused", given->what);
    }
    if (!err) {
        (void)printf("purchase key version %" PRId64 ": %s\n", given->version, given->what);
    }
    return err;
}

int key_version_command(int argc, char **argv) {
    struct version_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    KEY_DESK_SCOPE(desk);
    enum err err = key_desk_open(&desk, given.data, &why);
    err = err ? err : do_what(&desk, &given, &why);
    /* A version that the vault lacks is a wrong word, no bad file. */
    return (int)ending_tell(err == ERR_INVALID ? ERR_CONFLICT : err, &why);
}

/* One card into one hand: the holder's, an agent's, a guardian's. [system.md 4.3] */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "apps/chip_place.h"
#include "apps/command.h"
#include "apps/passphrase.h"
#include "apps/taker_words.h"
#include "apps/window_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/handover.h"

struct hand_options {
    struct window_options common;
    const char *card, *image, *reader, *old_pin, *new_pin, *agent;
    bool returned, lost;
};

/* clang-format off */
static const struct option hand_options[] = {
    {"CARD", OPTION_TEXT, offsetof(struct hand_options, card), NULL, NULL,
        "number of the card", false},
    OPTIONS_CHIP(struct hand_options, image, reader),
    {"--old-pin", OPTION_PATH, offsetof(struct hand_options, old_pin), "FILE", NULL,
        "the PIN of the letter, its first line; else the terminal asks", true},
    {"--new-pin", OPTION_PATH, offsetof(struct hand_options, new_pin), "FILE", NULL,
        "the holder's own PIN, its first line; else the terminal asks", true},
    {"--agent", OPTION_TEXT, offsetof(struct hand_options, agent), "NAME,ID,PHONE", NULL,
        "who takes it, with both documents shown; under 16 the guardian of the record", true},
    {"--temporary-returned", OPTION_FLAG, offsetof(struct hand_options, returned), NULL, NULL,
        "the temporary card came back", false},
    {"--temporary-lost", OPTION_FLAG, offsetof(struct hand_options, lost), NULL, NULL,
        "the temporary card is lost", false},
    WINDOW_OPTIONS(struct hand_options),
};
/* clang-format on */

static const struct usage hand_usage = {
    .command = "point hand-out",
    .help = "Hands a card out and enables it: the chip must be the card of the record, its PIN is\n"
            "changed, the card leaves its box, and the one that it replaces ends. A card that left "
            "in a\n"
            "package is enabled in the same way.",
    .options = hand_options,
    .count = sizeof hand_options / sizeof hand_options[0],
};

/* Both PINs in a room that is wiped. */
struct pins {
    struct secret_line old, new;
};

static void pins_wipe(struct pins *pins) {
    OPENSSL_cleanse(pins, sizeof *pins);
}

static enum err hand(struct window *window, const struct hand_options *given,
    const struct reader *reader, const struct pins *pins, struct why *why) {
    struct taker agent = {.name = ""};
    struct card_record card;
    struct person holder;
    bool guardian = false;
    const struct registry_store *registry = window->desk.registry;
    enum err err = given->agent ? taker_read(given->agent, &agent, why) : OK;
    err = err ? err : card_find(registry, given->card, &card, why);
    err = err ? err : registry->person_by_id(registry->self, card.person, &holder, why);
    if (!err && given->agent) {
        err = window_guardian(window, &holder, agent.number, &guardian, why);
    }
    const struct handover h = {.store = &window->stock.issuance,
        .registry = window->desk.registry,
        .reader = reader,
        .officer = given->common.officer,
        .card_number = given->card,
        .old_pin = (const char *)pins->old.text,
        .new_pin = (const char *)pins->new.text,
        .day = window->desk.day,
        .time = window->desk.time,
        .points = &window->points,
        .window = &window->window,
        .kind = given->agent ? TO_AGENT : TO_HOLDER,
        .agent = given->agent ? &agent : NULL,
        .guardian = guardian,
        .temporary = given->returned ? TEMPORARY_RETURNED
                     : given->lost   ? TEMPORARY_LOST
                                     : (enum temporary_state)0};
    if (!err && given->returned && given->lost) {
        err = why_say(why, ERR_CONFLICT, "the temporary card came back or is lost, not both");
    }
    return err ? err : hand_over(&h, why);
}

int point_hand_out_command(int argc, char **argv) {
    struct hand_options given = {.card = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&hand_usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    CHIP_PLACE_SCOPE(place);
    __attribute__((cleanup(pins_wipe))) struct pins pins = {.old = {.len = 0}};
    enum err err = err_of_words(window_open(&window, &given.common, &why));
    err = err ? err : chip_place_open(&place, given.image, given.reader, &why);
    err = err ? err : secret_line_read(&pins.old, "PIN of the letter: ", given.old_pin, &why);
    err = err ? err : secret_line_read(&pins.new, "the holder's own PIN: ", given.new_pin, &why);
    err = err ? err : err_of_words(hand(&window, &given, &place.reader, &pins, &why));
    if (!err) {
        (void)printf(given.common.json ? "{\"card\": \"%s\", \"enabled\": true}\n"
                                       : "card %s is handed out and enabled 已领卡启用\n",
            given.card);
    }
    return (int)ending_tell(err, &why);
}

/* point instant: a card while the person waits, step by step. [system.md 4.2.5] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/crypto.h>

#include "apps/chip_place.h"
#include "apps/command.h"
#include "apps/key_desk.h"
#include "apps/passphrase.h"
#include "apps/taker_words.h"
#include "apps/vault_desk.h"
#include "apps/window_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/instant.h"

struct instant_options {
    struct window_options common;
    const char *number, *point, *image, *reader, *new_pin, *not_printed, *guardian;
    struct vault_words words;
    bool printed, taken, recycle, give_up;
};

/* clang-format off */
static const struct option options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct instant_options, number), NULL, NULL,
        "social security number of who waits, 15 or 18 characters", false},
    {"--point", OPTION_TEXT, offsetof(struct instant_options, point), "POINT", NULL,
        "service point whose blanks are used", false},
    OPTIONS_CHIP(struct instant_options, image, reader),
    {"--printed", OPTION_FLAG, offsetof(struct instant_options, printed), NULL, NULL,
        "the face is printed and right", false},
    {"--not-printed", OPTION_TEXT, offsetof(struct instant_options, not_printed), "REASON", NULL,
        "the printer failed: note why, and print again", true},
    {"--taken", OPTION_FLAG, offsetof(struct instant_options, taken), NULL, NULL,
        "the holder chooses a PIN and takes the card", false},
    {"--new-pin", OPTION_PATH, offsetof(struct instant_options, new_pin), "FILE", NULL,
        "with --taken: the holder's PIN, its first line; else the terminal asks", true},
    {"--guardian", OPTION_TEXT, offsetof(struct instant_options, guardian), "NAME,ID,PHONE", NULL,
        "the guardian who takes it, for a holder under 16", true},
    {"--recycle", OPTION_FLAG, offsetof(struct instant_options, recycle), NULL, NULL,
        "nobody took the card: it is taken back", false},
    {"--give-up", OPTION_FLAG, offsetof(struct instant_options, give_up), NULL, NULL,
        "the person went away before a chip was made", false},
    OPTIONS_VAULT(struct instant_options, words),
    WINDOW_OPTIONS(struct instant_options),
};
/* clang-format on */

static const struct usage usage = {
    .command = "point instant",
    .help =
        "Orders, makes and hands out a card while the person waits. Every step is saved: the same\n"
        "command goes on where the job was. It stops for the printer (then --printed) and for the\n"
        "holder (then --taken). A chip that fails is spoiled: put in another, the number stays.\n"
        "Takes an officer of the point and an approver.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static enum err enable(const struct instant_desk *desk, const struct instant_options *given,
    struct instant_row *job, struct why *why) {
    struct secret_line pin = {.len = 0};
    enum err err = secret_line_read(&pin, "the holder's own PIN: ", given->new_pin, why);
    err = err ? err : instant_enable(desk, job, (const char *)pin.text, why);
    OPENSSL_cleanse(&pin, sizeof pin);
    return err;
}

/* The next step; *waits when it is a person's or the printer's turn. */
static enum err next_step(const struct instant_desk *desk, const struct instant_options *given,
    struct instant_row *job, bool *waits, struct why *why) {
    *waits = false;
    switch ((enum instant_step)job->step) {
    case INSTANT_STARTED:
        return given->give_up ? instant_give_up(desk, job, why) : instant_order(desk, job, why);
    case INSTANT_ORDERED:
        return given->give_up ? instant_give_up(desk, job, why) : instant_write(desk, job, why);
    case INSTANT_WRITTEN:
        *waits = !given->printed && !given->not_printed;
        return *waits ? OK : instant_print(desk, job, given->not_printed, why);
    case INSTANT_PRINTED:
        return instant_return(desk, job, why);
    case INSTANT_RETURNED:
        *waits = !given->taken && !given->recycle;
        return *waits           ? OK
               : given->recycle ? instant_recycle(desk, job, why)
                                : enable(desk, given, job, why);
    case INSTANT_ENABLED:
    case INSTANT_RECYCLED:
    case INSTANT_GIVEN_UP:
        break;
    }
    *waits = true;
    return OK;
}

static void print_job(const struct instant_row *job, const char *card, bool json) {
    const char *next = job->step == INSTANT_WRITTEN    ? "print it, then --printed"
                       : job->step == INSTANT_RETURNED ? "--taken, or --recycle"
                                                       : "";
    (void)printf(json ? "{\"job\": %" PRId64 ", \"step\": %d, \"name\": \"%s\", \"card\": \"%s\", "
                        "\"tries\": %" PRId32 "}\n"
                      : "job %" PRId64 ": %d %s, card %s, %" PRId32 " blanks spoiled%s%s\n",
        job->id, job->step, instant_zh(job->step), card, job->tries,
        json      ? ""
        : next[0] ? "; next: "
                  : "",
        json ? "" : next);
}

/* All steps that can be taken now; between two calls nobody holds the lock. */
static enum err go_on(const struct instant_desk *desk, const struct instant_options *given,
    int64_t person, struct why *why) {
    struct instant_row job;
    struct batch_line line = {.batch = 0};
    bool waits = false;
    enum err err = instant_begin(desk, person, &job, why);
    while (!err && !waits && job.step < INSTANT_ENABLED) {
        err = next_step(desk, given, &job, &waits, why);
    }
    if (err) {
        return err;
    }
    err = job.batch ? instant_line(desk, &job, &line, why) : OK;
    print_job(&job, line.card_number, given->common.json);
    return err || job.step >= INSTANT_ENABLED ? err : instant_leave(desk, &job, why);
}

/* The vault, and what the register says of its keys. */
struct at_vault {
    struct vault vault;
    struct keeping_keys *keys;
};

static enum err versions_of_batch(void *keys, int64_t batch, uint8_t *versions, struct why *why) {
    return key_desk_of_batch(keys, batch, versions, why);
}

/* Chip and vault only where a step may need them. */
static enum err serve(struct window *window, const struct instant_options *given,
    const struct reader *reader, const struct at_vault *at, struct why *why) {
    struct person person;
    struct taker guardian = {.name = ""};
    int64_t years = 0;
    bool child = false;
    enum err err = person_find(window->desk.registry, given->number, &person, why);
    err = err ? err : window_parameter(window, PARAMETER_CARD_VALID_YEARS, &years, why);
    err = err || !given->guardian ? err : taker_read(given->guardian, &guardian, why);
    if (!err && given->guardian) {
        err = window_guardian(window, &person, guardian.number, &child, why);
    }
    const struct instant_desk desk = {
        .window = {.at = window->desk, .store = &window->window},
        .stock = &window->stock.stock,
        .reader = reader,
        .vault = &at->vault,
        .guardian = given->guardian ? &guardian : NULL,
        .point = given->point,
        .region = (uint32_t)strtoul(window->stock.city.centre.file.region, NULL, 10),
        .valid_years = (uint32_t)years,
        .purse = city_purse(&window->stock.city),
        .versions = versions_of_batch,
        .keys = at->keys,
        .now = (int64_t)time(NULL)
    };
    return err ? err : go_on(&desk, given, person.id, why);
}

int point_instant_command(int argc, char **argv) {
    struct instant_options given = {.number = NULL};
    struct at_vault at = {.keys = NULL};
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    CHIP_PLACE_SCOPE(place);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : vault_desk_open_city(&window.stock.city, &given.words, &at.vault, 1, &why);
    if (err) {
        return window_tell(err, &why);
    }
    err = keeping_keys_open(&at.keys, &window.stock.city.db, &why);
    err = err ? err : chip_place_open(&place, given.image, given.reader, &why);
    err = err ? err : err_of_words(serve(&window, &given, &place.reader, &at, &why));
    keeping_keys_close(at.keys);
    at.vault.close(at.vault.self);
    return (int)ending_tell(err, &why);
}

/* card read: whose card is this? Read from any PC/SC reader, as a terminal reads it. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/vault_desk.h"
#include "base/day.h"
#include "base/hex.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/gb18030.h"
#include "host/options.h"
#include "reader/pcsc.h"
#include "registry/person.h"
#include "terminal/holder.h"

enum {
    WAIT_MAX_S = 3600,
    BOUNCE_S = 3, /* a card that goes within so many seconds is read once more: contacts bounce */
    NAME_ROOM = 128,
    FACTOR_LEN = 8,
    CARD_ID_LEN = 16,
    NO_DIGITS = -1,
};

struct read_options {
    const char *reader;
    int64_t wait, seed;
    bool unmask, json;
};

static const struct option options[] = {
    {"--reader", OPTION_TEXT,   offsetof(struct read_options, reader), "NAME",    NULL,
     "the reader's name, or its beginning; else the first of `shebao reader list`", true },
    {"--wait",   OPTION_NUMBER, offsetof(struct read_options, wait),   "SECONDS", "0",
     "how long to wait for a card to be put in",                                    false},
    {"--seed",   OPTION_NUMBER, offsetof(struct read_options, seed),   "N",       "1",
     "what the test keys of a 3.0 card come from",                                  false},
    {"--unmask", OPTION_FLAG,   offsetof(struct read_options, unmask), NULL,      NULL,
     "show the social security number whole",                                       false},
    OPTION_JSON(struct read_options, json),
};

static const struct usage usage = {
    .command = "card read",
    .help = "Reads whose card lies in a PC/SC reader. Changes nothing on it and needs no PIN; the "
            "number is masked. A 3.0 card is shown its read key first.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* What the card said, as it may be shown: UTF-8 and numbers. A number is NO_DIGITS where the card
 * has none, as in a field that was never filled. */
struct shown {
    const char *reader; /* borrowed */
    char factor[2 * FACTOR_LEN + 1], card_id[2 * CARD_ID_LEN + 1];
    char card_number[9 + 1], version[4 + 1];
    char number[NUMBER_LEN + 1], name[NAME_ROOM];
    int64_t sex, nation, birthplace, born, issued, expires;
};
_Static_assert(NAME_ROOM > 3 * ((HOLDER_NAME_MAX + 1) / 2) + HOLDER_NAME_MAX, "utf8_room()");

/* --- making it fit to be shown -------------------------------------------------------------- */

/* A stranger's card may hold anything, and a terminal obeys control characters. */
static bool fit_for_a_terminal(struct bytes utf8) {
    struct cursor c = cursor_over(utf8);
    while (!cursor_finished(&c)) {
        int32_t letter = utf8_next(&c);
        if (letter < 0x20 || (letter >= 0x7F && letter < 0xA0)) {
            return false;
        }
    }
    return true;
}

static enum err name_shown(const char *gb, char name[NAME_ROOM], struct why *why) {
    struct builder b = builder_in(name, NAME_ROOM - 1);
    size_t bad_at = 0;
    if (!gb18030_to_utf8(bytes_text(gb), &b, &bad_at)) {
        return why_say(why, ERR_INVALID,
            "the name on the card is no GB 18030 text (byte %zu); it was made in another way than "
            "its profile says",
            bad_at + 1);
    }
    if (!fit_for_a_terminal(builder_bytes(&b))) {
        return why_say(why, ERR_INVALID,
            "the name on the card holds control characters; it is not shown, and nobody should "
            "trust this card");
    }
    name[b.len] = 0;
    return OK;
}

static enum err text_shown(
    const char *text, const char *what, char *to, size_t room, struct why *why) {
    struct bytes all = bytes_text(text);
    for (size_t i = 0; i < all.len; i++) {
        if (all.at[i] < 0x20 || all.at[i] > 0x7E) {
            return why_say(why, ERR_INVALID,
                "the %s on the card is no text (byte %zu is %02X); it was made in another way than "
                "its profile says",
                what, i + 1, all.at[i]);
        }
    }
    (void)snprintf(to, room, "%s", text);
    return OK;
}

static int64_t digits_shown(const uint8_t *packed, size_t len) {
    uint64_t value = 0;
    return bcd_read(bytes_of(packed, len), &value) ? (int64_t)value : NO_DIGITS;
}

static enum err make_shown(
    const struct holder *h, bool unmask, struct shown *out, struct why *why) {
    char number[NUMBER_LEN + 1];
    enum err err = text_shown(h->person_number, "number", number, sizeof number, why);
    err = err ? err
              : text_shown(
                  h->card_number, "card number", out->card_number, sizeof out->card_number, why);
    err = err ? err : text_shown(h->version, "version", out->version, sizeof out->version, why);
    err = err ? err : name_shown(h->name, out->name, why);
    if (err) {
        return err;
    }
    if (unmask) {
        (void)memcpy(out->number, number, sizeof out->number);
    } else {
        number_mask(number, out->number);
    }
    hex_write(bytes_of(h->factor, sizeof h->factor), out->factor);
    hex_write(bytes_of(h->card_id, sizeof h->card_id), out->card_id);
    out->sex = h->sex >= '0' && h->sex <= '9' ? h->sex - '0' : NO_DIGITS;
    out->nation = digits_shown(&h->nation, sizeof h->nation);
    out->birthplace = digits_shown(h->birthplace, sizeof h->birthplace);
    out->born = digits_shown(h->born, sizeof h->born);
    out->issued = digits_shown(h->issued, sizeof h->issued);
    out->expires = digits_shown(h->expires, sizeof h->expires);
    return OK;
}

/* --- showing it ------------------------------------------------------------------------------- */

static json_t *json_digits(int64_t value) {
    return value == NO_DIGITS ? json_null() : json_integer(value);
}

/* The names of fields are those of `person show`. */
static void print_json(const struct shown *s) {
    json_t *card = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "number", s->card_number, "id",
        s->card_id, "factor", s->factor, "version", s->version, "issued", json_digits(s->issued),
        "valid_until", json_digits(s->expires));
    json_t *all = json_pack("{s:o?, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "reader",
        json_string(s->reader) /* null when it is no UTF-8 */, "number", s->number, "name", s->name,
        "sex", json_digits(s->sex), "nation", json_digits(s->nation), "birth", json_digits(s->born),
        "birthplace", json_digits(s->birthplace), "card", card);
    (void)json_dumpf(all, stdout, 0);
    (void)printf("\n");
    json_decref(all);
}

static void print_digits(const char *label, int64_t value, int width) {
    if (value == NO_DIGITS) {
        (void)printf("%-12s none\n", label);
    } else {
        (void)printf("%-12s %0*" PRId64 "\n", label, width, value);
    }
}

static void print_text(const struct shown *s) {
    (void)printf("%-12s %s\n%-12s %s\n", "number", s->number, "name", s->name);
    (void)printf("%-12s %s\n", "sex", s->sex == 1 ? "男" : s->sex == 2 ? "女" : "not said");
    print_digits("group", s->nation, 2);
    print_digits("born", s->born, 8);
    print_digits("birthplace", s->birthplace, 6);
    (void)printf("%-12s %s, version %s\n", "card", s->card_number, s->version);
    print_digits("issued", s->issued, 8);
    print_digits("valid until", s->expires, 8);
    (void)printf("%-12s %s\n%-12s %s\n", "chip", s->factor, "reader", s->reader);
}

/* --- reading --------------------------------------------------------------------------------- */

/* The read key of a 3.0 card, from the vault that a rehearsal's cards were made with; the region
 * stands in the card's identification code. */
static enum err prove_reading(void *self, const struct holder *card, const uint8_t challenge[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    const struct read_options *given = self;
    struct key_ref key = {
        .name = KEY_RKSSSE, .algorithm = KEY_SM4, .version = 1, .depth = KEY_CARD};
    struct vault vault = {0};
    uint64_t region = 0;
    (void)memcpy(key.card_factor, card->factor, sizeof key.card_factor);
    if (!bcd_read(bytes_of(card->card_id, 3), &region)) {
        return why_say(why, ERR_INVALID, "the card's identification code begins with no region");
    }
    enum err err = vault_desk_seed((uint64_t)given->seed, (uint32_t)region, &vault, 1, why);
    if (err) {
        return err;
    }
    err = vault.authenticate(vault.self, &key, challenge, original, proof, why);
    vault.close(vault.self);
    return err;
}

/* Reading changes nothing, so it may simply be done again. A card that was never there was waited
 * for already. */
static enum err read_card(const struct reader *card, const struct holder_prover *prover,
    struct holder *out, struct why *why) {
    enum err err = holder_power(card, out->factor, why);
    if (err) {
        return err;
    }
    uint64_t began = clock_ns();
    err = holder_read_proven(card, prover, out, why);
    if (err != ERR_OUTSIDE || clock_seconds_since(began) >= BOUNCE_S) {
        return err;
    }
    *out = (struct holder){0};
    err = holder_power(card, out->factor, why);
    return err ? err : holder_read_proven(card, prover, out, why);
}

static void tell_waiting(const struct read_options *given, const struct reader *reader) {
    if (given->wait > 0 && isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "shebao: put a card into %s; waiting %" PRId64 " s, Ctrl-C ends\n",
            pcsc_name(reader), given->wait);
    }
}

static enum err read_and_show(struct read_options *given, struct why *why) {
    const struct holder_prover prover = {.self = given, .prove = prove_reading};
    const struct pcsc_wish wish = {.name = given->reader, .wait_ms = (unsigned)given->wait * 1000};
    struct reader reader = {0};
    struct holder holder = {0};
    struct shown shown = {0};
    enum err err = pcsc_open(&wish, &reader, why);
    if (err) {
        return err;
    }
    tell_waiting(given, &reader);
    err = read_card(&reader, &prover, &holder, why);
    err = err ? err : make_shown(&holder, given->unmask, &shown, why);
    shown.reader = pcsc_name(&reader);
    if (!err && given->json) {
        print_json(&shown);
    } else if (!err) {
        print_text(&shown);
    }
    reader_close(&reader);
    return err;
}

int card_read_command(int argc, char **argv) {
    struct read_options given;
    struct why why = {{0}};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = OK;
    if (given.wait > WAIT_MAX_S) {
        err = why_say(&why, ERR_CONFLICT, "--wait is 0 to %d seconds", WAIT_MAX_S);
    }
    err = err ? err : read_and_show(&given, &why);
    return (int)ending_tell(err, &why);
}

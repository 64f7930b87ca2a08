#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/command.h"
#include "apps/key_desk.h"
#include "apps/rack.h"
#include "ceremony/key_change.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/station.h"
#include "keys/permit.h"
#include "reader/pcsc.h"

enum { VALID_YEARS = 10, NUMBER_LETTERS = 9 };

struct version_options {
    const char *what, *card, *key, *profile, *reader, *data, *passphrases, *a, *b;
    struct vault_words words;
    int64_t version;
    bool json;
};

/* clang-format off */
static const struct option options[] = {
    {"WHAT", OPTION_TEXT, offsetof(struct version_options, what), NULL, NULL,
        "change, begin, count, show or unused", false},
    {"CARD", OPTION_TEXT, offsetof(struct version_options, card), NULL, NULL,
        "change, show: the card's number", true},
    {"--key", OPTION_TEXT, offsetof(struct version_options, key), "NAME", "DPK",
        "as the catalogue names it; DPK, DLK and DTK go together", false},
    {"--version", OPTION_NUMBER, offsetof(struct version_options, version), "N", "1",
        "change, begin, unused: of the key", false},
    {"--profile", OPTION_TEXT, offsetof(struct version_options, profile), "NAME", "P10",
        "change: what kind of card it is: P10, P20 or P30", false},
    {"--reader", OPTION_TEXT, offsetof(struct version_options, reader), "NAME", NULL,
        "PC/SC reader with the card; without, a card in a file of the centre", true},
    OPTIONS_OFFICERS(struct version_options, a, b, passphrases),
    OPTIONS_VAULT(struct version_options, words),
    OPTION_DATA(struct version_options, data),
    OPTION_JSON(struct version_options, json),
};
/* clang-format on */

static const struct usage usage = {
    .command = "key version",
    .help = "Versions of keys in the field. A new one is made in a ceremony (generate); for the "
            "purchase key\n"
            "modules get it first (key psam add-key). begin: cards of the next batch are made with "
            "it (two\n"
            "officers); change: a card gets it at its next contact; count, show: who has which; "
            "unused: whether\n"
            "the old one may be closed (a step of key ceremony), because the last card has gone.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* What every deed works on. */
struct version_work {
    struct key_desk *desk;
    const struct version_options *given;
    enum key_name key;
    uint8_t version;
};

/* --- change -------------------------------------------------------------------------------------- */

static enum err open_card(const struct version_work *work, struct reader *out, struct why *why) {
    const struct version_options *given = work->given;
    struct rack rack = {.dir = work->desk->city.centre.dir,
        .region = (uint32_t)strtoul(work->desk->city.centre.file.region, NULL, 10)};
    struct chip_rack chips = rack_of(&rack);
    const struct pcsc_wish wish = {.name = given->reader};
    return given->reader ? pcsc_open(&wish, out, why)
                         : chips.insert(chips.self, SHELF_CARDS, given->card, out, why);
}

/* The card in the reader must be the one that the register speaks of. */
static enum err check_factor(const struct reader *reader, const struct card_record *card,
    const char *number, struct why *why) {
    struct station st = {.reader = reader};
    enum err err = station_reset(&st, why);
    return err || memcmp(st.factor, card->factor, sizeof st.factor) == 0
               ? err
               : why_say(why, ERR_CONFLICT,
                   "the card in the reader is not %s; put in the right one", number);
}

static enum err change_with(const struct version_work *work, const struct vault *vault,
    const struct card_record *card, struct why *why) {
    uint32_t region = (uint32_t)strtoul(work->desk->city.centre.file.region, NULL, 10);
    struct issuer issuer = issuer_of(region, work->desk->city.centre.file.date, VALID_YEARS);
    struct personalisation p = {.vault = vault, .issuer = &issuer};
    uint8_t versions[KEY_COUNT];
    struct reader reader;
    enum err err = key_desk_of_card(work->desk, work->given->card, versions, why);
    if (!err && !profile_of_text(work->given->profile, &p.profile)) {
        err = why_say(why, ERR_CONFLICT, "\"%.20s\" is no kind of card; say P10, P20 or P30",
            work->given->profile);
    }
    err = err ? err : open_card(work, &reader, why);
    if (err) {
        return err;
    }
    issuer.key_versions = versions;
    issuer.purse = city_purse(&work->desk->city);
    p.reader = &reader;
    err = check_factor(&reader, card, work->given->card, why);
    err = err ? err : key_change_one(&p, work->key, work->version, why);
    reader_close(&reader);
    return err;
}

/* The register's row and the card change together: a card that was not changed leaves no row. Cut
 * between the card and the commit, the command is given again. */
static enum err change(const struct version_work *work, struct why *why) {
    const struct version_options *given = work->given;
    const struct registry_store *store = &work->desk->city.store;
    struct vault line = {0};
    struct card_record card;
    TX_SCOPE(tx);
    if (!given->card || strlen(given->card) != NUMBER_LETTERS) {
        return why_say(why, ERR_CONFLICT, "name the card by its nine characters");
    }
    enum err err = store->card_by_number(store->self, given->card, &card, why);
    err = err ? err : key_desk_vault(work->desk, &given->words, &line, why);
    if (err) {
        return err;
    }
    err = tx_begin(&tx, &work->desk->city.db, why);
    err = err ? err : change_with(work, &line, &card, why);
    err = err ? err
              : keeping_key_changed(work->desk->keys, given->card, key_desk_name(work->key),
                  key_change_lowest(work->key, work->version), "counter", why);
    err = err ? err : tx_commit(&tx, why);
    line.close(line.self);
    return err;
}

/* --- begin --------------------------------------------------------------------------------------- */

/* Before cards are made with a version, the vault must have it, in some cipher. */
static enum err check_in_vault(const struct version_work *work, struct why *why) {
    struct vault line = {0};
    uint8_t value[3];
    struct key_ref root = {.name = key_change_leader(work->key), .version = work->version};
    struct why other;
    enum err err = key_desk_vault(work->desk, &work->given->words, &line, why);
    if (err) {
        return err;
    }
    err = line.check_value(line.self, &root, value, why);
    if (err == ERR_INVALID) {
        root.algorithm = KEY_SM4;
        err = line.check_value(line.self, &root, value, &other) == OK ? OK : err;
    }
    line.close(line.self);
    return err;
}

static enum err begin(const struct version_work *work, struct why *why) {
    const struct two_officers who = {work->given->a, work->given->b};
    int64_t batch = 0;
    enum err err = key_desk_both(work->desk, who, why);
    err = err ? err : check_in_vault(work, why);
    err = err ? err
              : keeping_key_begin(work->desk->keys, key_desk_name(work->key),
                  key_change_lowest(work->key, work->version), who, &batch, why);
    if (!err && !work->given->json) {
        (void)printf("from batch %" PRId64 " on\n", batch);
    }
    return err;
}

/* --- asking -------------------------------------------------------------------------------------- */

static enum err unused(const struct version_work *work, struct why *why) {
    const struct key_version which = key_version_of(key_kind(work->key), work->version);
    return keeping_key_unused(work->desk->keys, &which, why);
}

static enum err count(const struct version_work *work, struct why *why) {
    uint64_t counts[KEEPING_VERSIONS];
    const char *comma = "";
    enum err err = keeping_key_counts(work->desk->keys, key_desk_name(work->key), counts, why);
    if (err) {
        return err;
    }
    (void)printf("%s", work->given->json ? "{\"cards\": {" : "");
    for (unsigned v = 0; v < KEEPING_VERSIONS; v++) {
        if (counts[v] > 0 && work->given->json) {
            (void)printf("%s\"%u\": %" PRIu64, comma, v, counts[v]);
            comma = ", ";
        } else if (counts[v] > 0) {
            (void)printf("version %-2u %10" PRIu64 " cards\n", v, counts[v]);
        }
    }
    (void)printf("%s", work->given->json ? "}}\n" : "");
    return OK;
}

static enum err show(const struct version_work *work, struct why *why) {
    uint8_t versions[KEY_COUNT];
    struct card_record card;
    const struct registry_store *store = &work->desk->city.store;
    const char *number = work->given->card ? work->given->card : "";
    enum err err = store->card_by_number(store->self, number, &card, why);
    err = err ? err : key_desk_of_card(work->desk, number, versions, why);
    json_t *list = json_object();
    for (enum key_name n = 0; !err && n < KEY_COUNT; n++) {
        const struct key_kind *kind = key_kind(n);
        if (n == KEY_TRANSPORT || (kind->cards & CARDS_ALL) == 0) {
            continue;
        }
        (void)json_object_set_new(list, kind->name, json_integer(versions[n]));
        if (!work->given->json) {
            (void)printf("%-10s version %u\n", kind->name, versions[n]);
        }
    }
    if (!err && work->given->json) {
        (void)json_dumpf(list, stdout, 0);
        (void)printf("\n");
    }
    json_decref(list);
    return err;
}

/* --- the command --------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum err (*run)(const struct version_work *work, struct why *why);
    bool tells; /* prints what it found, and no line that it is done */
} deeds[] = {
    {"change", change, false},
    {"begin",  begin,  false},
    {"unused", unused, false},
    {"count",  count,  true },
    {"show",   show,   true },
};

static enum err do_deed(size_t deed, const struct version_work *work, struct why *why) {
    enum err err = deeds[deed].run(work, why);
    if (!err && !deeds[deed].tells) {
        (void)printf("%s version %" PRId64 ": %s\n", work->given->key, work->given->version,
            work->given->what);
    }
    return err;
}

static enum err do_what(
    struct key_desk *desk, const struct version_options *given, struct why *why) {
    struct version_work work = {.desk = desk, .given = given, .version = (uint8_t)given->version};
    if (given->version > KEY_VERSION_MAX) {
        return why_say(why, ERR_CONFLICT, "versions go up to %d", (int)KEY_VERSION_MAX);
    }
    enum err err = key_desk_key(given->key, &work.key, why);
    if (err) {
        return err;
    }
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        if (strcmp(deeds[i].word, given->what) == 0) {
            return do_deed(i, &work, why);
        }
    }
    return why_say(why, ERR_CONFLICT,
        "\"%.40s\" is nothing that is done with a version; say change, begin, count, show or "
        "unused",
        given->what);
}

int key_version_command(int argc, char **argv) {
    struct version_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    KEY_DESK_SCOPE(desk);
    desk.city.use = USE_ALONE;
    enum err err = key_desk_open(&desk, given.data, &why);
    desk.passphrases = given.passphrases;
    err = err ? err : do_what(&desk, &given, &why);
    /* A version that the vault lacks is a wrong word, no bad file. */
    return (int)ending_tell_words(err, &why);
}

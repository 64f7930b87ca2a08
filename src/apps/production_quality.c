/* The quality sheet of a batch, and its spoils. [system.md 4.2.4 QC, Spoil] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "apps/command.h"
#include "apps/key_desk.h"
#include "apps/production_desk.h"
#include "apps/result_tell.h"
#include "host/ending.h"
#include "host/options.h"
#include "issuance/card_face.h"
#include "ports/sim/image.h"
#include "reader/inside.h"
#include "reader/pcsc.h"
#include "terminal/holder.h"

enum { PIECES_AT_ONCE = 64 };

struct quality_options {
    int64_t batch;
    const char *face, *code, *chip, *reader, *faults, *officer, *data;
    struct vault_words words;
    bool json;
};

/* clang-format off */
static const struct option quality_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct quality_options, batch), NULL, NULL,
        "number of the batch", false},
    {"--face", OPTION_TEXT, offsetof(struct quality_options, face), "NUMBER", NULL,
        "judge a card: the number that its face bears", true},
    {"--code", OPTION_TEXT, offsetof(struct quality_options, code), "TEXT", NULL,
        "what a scanner reads from the code on the face: its number, and the digest of what it shows",
        true},
    {"--chip", OPTION_PATH, offsetof(struct quality_options, chip), "FILE", NULL,
        "the card's chip, as an image", true},
    {"--reader", OPTION_TEXT, offsetof(struct quality_options, reader), "NAME", NULL,
        "PC/SC reader with the card", true},
    {"--faults", OPTION_TEXT, offsetof(struct quality_options, faults), "LIST", NULL,
        "what the eye finds: photo,name,number,position,surface", true},
    {"--officer", OPTION_TEXT, offsetof(struct quality_options, officer), "CODE", NULL,
        "who judges: a maker or an approver", true},
    OPTIONS_VAULT(struct quality_options, words),
    OPTION_DATA(struct quality_options, data),
    OPTION_JSON(struct quality_options, json),
};
/* clang-format on */

static const struct usage quality_usage = {
    .command = "production quality",
    .help =
        "Judges a card in the hand, or shows the quality sheet of a batch: which cards of the\n"
        "sample are still to be looked at, and whose face is on another's chip. Ends with 1 while\n"
        "the sheet is not good. With --code the face speaks for itself: number, name, days and "
        "photo\n"
        "are compared with what was written down when it was drawn.",
    .options = quality_options,
    .count = sizeof quality_options / sizeof quality_options[0],
};

/* A wrong word on the command line is wrong use; no file is read here. */
static int told(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}

/* --- judging ---------------------------------------------------------------------------------- */

/* Who asks a chip: a 3.0 card says its number only to who has RKSSSE. What kept the vault from proving it
 * is no fault of the card's, and is kept apart. */
struct asking {
    struct production_desk *desk;
    const struct quality_options *given;
    enum err err;
    struct why why;
};

/* The version that the batch's cards were made with. */
static enum err reading_key(struct production_desk *desk, int64_t batch, const struct holder *card,
    struct key_ref *key, struct why *why) {
    struct keeping_keys *keys = NULL;
    uint8_t versions[KEY_COUNT] = {0};
    enum err err = keeping_keys_open(&keys, &desk->stock.city.db, why);
    err = err ? err : key_desk_of_batch(keys, batch, versions, why);
    keeping_keys_close(keys);
    *key = (struct key_ref){.name = KEY_RKSSSE,
        .algorithm = KEY_SM4,
        .version = versions[KEY_RKSSSE],
        .depth = KEY_CARD};
    (void)memcpy(key->card_factor, card->factor, sizeof key->card_factor);
    return err;
}

/* The centre's vault, opened when the first card wants a proof. [card.md 5.3, 6.5] */
static enum err prove_reading(void *self, const struct holder *card, const uint8_t challenge[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    struct asking *ask = self;
    struct vault *vault = &ask->desk->vaults[0];
    struct key_ref key;
    enum err err = OK;
    if (!vault->close) {
        err = vault_desk_open_city(&ask->desk->stock.city, &ask->given->words, vault, 1, &ask->why);
    }
    err = err ? err : reading_key(ask->desk, ask->given->batch, card, &key, &ask->why);
    err = err ? err : vault->authenticate(vault->self, &key, challenge, original, proof, &ask->why);
    ask->err = err;
    return err ? why_say(why, err, "no proof") : OK;
}

/* The number that a chip says; a chip that does not read says none, and that is a finding. */
static enum err ask_chip(
    struct asking *ask, const struct reader *card, char number[CARD_NUMBER_LEN + 1]) {
    struct holder holder = {.version = ""};
    const struct holder_prover prover = {.self = ask, .prove = prove_reading};
    struct why ignored;
    enum err err = holder_power(card, holder.factor, &ignored);
    err = err ? err : holder_read_proven(card, &prover, &holder, &ignored);
    number[0] = '\0';
    if (!err) {
        (void)snprintf(number, CARD_NUMBER_LEN + 1, "%s", holder.card_number);
    }
    return ask->err;
}

/* A chip in a file is powered like any other. */
static enum err ask_image(struct asking *ask, char number[CARD_NUMBER_LEN + 1], struct why *why) {
    struct image *image = NULL;
    struct reader card = {.self = NULL};
    enum err err = image_open(ask->given->chip, &image, why);
    if (err) {
        return err == ERR_INVALID ? ERR_CONFLICT : err;
    }
    err = inside_open(image_nvm(image), &card, why);
    if (!err) {
        err = ask_chip(ask, &card, number);
        reader_close(&card);
    }
    image_close(image);
    return err;
}

/* From wherever the card lies. */
static enum err chip_number(struct production_desk *desk, const struct quality_options *given,
    char number[CARD_NUMBER_LEN + 1], struct why *why) {
    struct asking ask = {.desk = desk, .given = given};
    struct reader card = {.self = NULL};
    const struct pcsc_wish wish = {.name = given->reader};
    enum err err = OK;
    if (given->chip) {
        err = ask_image(&ask, number, why);
    } else if (given->reader) {
        err = pcsc_open(&wish, &card, why);
        err = err ? err : ask_chip(&ask, &card, number);
        reader_close(&card);
    } else {
        err = why_say(why, ERR_CONFLICT, "say where the card's chip is: --reader or --chip");
    }
    if (ask.err) {
        *why = ask.why;
    }
    return err;
}

/* What the eye says and what the chip says, for one line of the sheet. */
static enum err judge(struct production_desk *desk, const struct quality_options *given,
    const struct quality_desk *quality, struct production_quality *row, struct why *why) {
    char number[CARD_NUMBER_LEN + 1] = "", coded[CARD_NUMBER_LEN + 1] = "";
    uint8_t digest[FACE_DIGEST_LEN];
    struct quality_seen seen = {.batch = given->batch,
        .chip_number = number,
        .day = desk->stock.city.centre.file.date,
        .officer = given->officer};
    if (!given->officer) {
        return why_say(why, ERR_CONFLICT, "say who judges, with --officer");
    }
    if (given->code && !face_code_read(given->code, coded, digest)) {
        return why_say(why, ERR_CONFLICT,
            "--code is a card's number, ':' and %d hexadecimal letters; scan it again, or give the "
            "number with --face",
            2 * FACE_DIGEST_LEN);
    }
    /* A digest belongs to one number: read from another face than --face, it is that one's fault. */
    seen.face_number = given->face ? given->face : coded;
    seen.face_digest = given->code ? digest : NULL;
    enum err err = quality_read(given->faults ? given->faults : "", &seen.faults, why);
    err = err ? err : chip_number(desk, given, number, why);
    return err ? err : quality_judge(quality, &seen, row, why);
}

/* Each by its names. */
static void print_faults(unsigned faults) {
    const struct quality_kind *kind;
    for (unsigned i = 0; (kind = quality_kind(i)) != NULL; i++) {
        if (faults & 1u << i) {
            (void)printf("  %s %s", kind->zh, kind->en);
        }
    }
}

/* One line of the sheet. */
static void print_row(void *cookie, const struct production_quality *row, const char *other) {
    (void)cookie;
    (void)printf("%6" PRId32 "  face 卡面 %s  chip 芯片 %s  %s", row->seq, row->face_number,
        row->chip_number[0] ? row->chip_number : "-", row->faults ? "FAULTY 不合格" : "good 合格");
    print_faults(row->faults);
    if (other[0]) {
        (void)printf("  exchanged with 互换 %s", other);
    }
    (void)printf("\n");
}

/* --- the sheet -------------------------------------------------------------------------------- */

/* What the sheet adds up to. */
static void print_sheet(const struct quality_sheet *s, int64_t percent, bool json) {
    if (json) {
        (void)printf("{\"finished\": %" PRId64 ", \"sampled\": %" PRId64 ", \"judged\": %" PRId64
                     ", \"missing\": %" PRId64 ", \"faulty\": %" PRId64 ", \"mixed\": %" PRId64
                     ", \"pairs\": %" PRId64 ", \"open\": %" PRId64 "}\n",
            s->finished, s->sampled, s->judged, s->missing, s->faulty, s->mixed, s->pairs, s->open);
        return;
    }
    (void)printf("finished 成品 %" PRId64 ", sample 抽检 %" PRId64 " (%" PRId64
                 " in 100), judged 已检 %" PRId64 ", still to be looked at 待检 %" PRId64
                 "\nfaulty 不合格 %" PRId64 ", another's face 卡面错 %" PRId64 " (%" PRId64
                 " pairs 互换)\n",
        s->finished, s->sampled, percent, s->judged, s->missing, s->faulty, s->mixed, s->pairs);
}

/* The sheet's own verdict is no trouble: it ends with 1. */
static int show_sheet(
    const struct quality_desk *quality, const struct quality_options *given, struct why *why) {
    struct quality_sheet sheet = {.finished = 0};
    enum err err = quality_sheet_read(
        quality, given->batch, &sheet, given->json ? NULL : print_row, NULL, why);
    if (err) {
        return told(err, why);
    }
    print_sheet(&sheet, quality->percent, given->json);
    if (quality_check(&sheet, why) != OK) {
        (void)ending_tell(ERR_CONFLICT, why);
        return ENDING_MISSED;
    }
    return ENDING_DONE;
}

int production_quality_command(int argc, char **argv) {
    struct quality_options given;
    struct quality_desk quality;
    struct production_quality row = {.seq = 0};
    struct batch batch;
    struct why why = {0};
    int status = 0;
    if (!options_read(&quality_usage, argc, argv, &given, &status)) {
        return status;
    }
    PRODUCTION_DESK_SCOPE(desk);
    const struct issuance_store *store = &desk.stock.issuance;
    enum err err = production_desk_open(&desk, given.data, &why);
    err = err ? err : production_desk_quality(&desk, &quality, &why);
    err = err ? err : store->batch_get(store->self, given.batch, &batch, &why);
    if (err || (!given.face && !given.code)) {
        return err ? told(err, &why) : show_sheet(&quality, &given, &why);
    }
    err = judge(&desk, &given, &quality, &row, &why);
    if (!err) {
        print_row(NULL, &row, "");
    }
    return err ? told(err, &why) : row.faults ? ENDING_MISSED : ENDING_DONE;
}

/* --- spoils ----------------------------------------------------------------------------------- */

struct spoil_options {
    int64_t batch;
    const char *list, *officer, *data;
    bool json;
};

/* What was found so far; rows only with --json. */
struct spoil_sum {
    int64_t count;
    json_t *rows;
};

static const struct option spoil_options[] = {
    {"BATCH",     OPTION_NUMBER, offsetof(struct spoil_options, batch),   NULL,     NULL,
     "number of the batch",         false},
    {"--destroy", OPTION_TEXT,   offsetof(struct spoil_options, list),    "NUMBER", NULL,
     "put all of them on the list for destruction of this number; stock sign is the second "
        "signature",                true },
    {"--officer", OPTION_TEXT,   offsetof(struct spoil_options, officer), "CODE",   NULL,
     "who makes the list: a maker", true },
    OPTION_DATA(struct spoil_options, data),
    OPTION_JSON(struct spoil_options, json),
};

static const struct usage spoil_usage = {
    .command = "production spoil",
    .help = "Shows the blanks that the newest run of a batch has spoiled, each with its reason, "
            "and puts\n"
            "them on a list for destruction, which a second officer signs: stock sign LIST-SERIAL.",
    .options = spoil_options,
    .count = sizeof spoil_options / sizeof spoil_options[0],
};

/* One order for each chip: what is destroyed is counted chip by chip, and cards of a run whose keys
 * were wrong are no blanks any more. */
static enum err list_piece(struct production_desk *desk, const struct spoil_options *given,
    const struct production_piece *piece, struct why *why) {
    struct stock_order order = {.step = STOCK_DESTROY,
        .first = piece->serial,
        .count = 1,
        .day = desk->stock.city.centre.file.date};
    char request[STOCK_REQUEST_MAX + 1];
    int len = snprintf(request, sizeof request, "%s-%" PRId64, given->list, piece->serial);
    if (len < 0 || (size_t)len >= sizeof request) {
        return why_say(why, ERR_CONFLICT, "the number of the list is too long");
    }
    enum err err = stock_word(order.request, sizeof order.request, request, "--destroy", why);
    err = err ? err
              : stock_word(order.point, sizeof order.point, desk->stock.city.centre.file.region,
                  "the centre's store", why);
    err = err ? err : stock_word(order.note, sizeof order.note, given->list, "--destroy", why);
    err = err ? err
              : stock_word(order.officer, sizeof order.officer, given->officer, "--officer", why);
    return err ? err : stock_order_make(&desk->stock.stock, &desk->stock.city.store, &order, why);
}

/* Only what the ledger calls spoiled can be listed: a card that read back wrong is destroyed as a
 * card. */
static enum err spoil_piece(struct production_desk *desk, const struct spoil_options *given,
    const struct production_piece *piece, struct spoil_sum *sum, struct why *why) {
    struct stock_order one = {.first = piece->serial, .count = 1};
    int64_t spoiled = 0;
    const struct stock_store *stock = &desk->stock.stock;
    (void)snprintf(one.point, sizeof one.point, "%s", desk->stock.city.centre.file.region);
    enum err err = stock->blanks_count(stock->self, &one, BLANK_SPOILED, &spoiled, why);
    if (err || spoiled == 0) {
        return err;
    }
    if (given->json) {
        (void)json_array_append_new(
            sum->rows, json_pack("{s:I, s:i, s:s}", "serial", (json_int_t)piece->serial, "line",
                           (int)piece->seq, "reason", piece->reason));
    } else {
        (void)printf(
            "%9" PRId64 "  line %" PRId32 "  %s\n", piece->serial, piece->seq, piece->reason);
    }
    sum->count++;
    return given->list ? list_piece(desk, given, piece, why) : OK;
}

/* Those of the newest run, in the order of their serials. */
static enum err spoils(struct production_desk *desk, const struct spoil_options *given,
    struct spoil_sum *sum, struct why *why) {
    const struct production_store *production = &desk->production;
    struct production_piece list[PIECES_AT_ONCE];
    struct production_run run;
    struct piece_question question = {.only = PIECE_REJECTED};
    size_t room = 0;
    enum err err = production->run_of_batch(production->self, given->batch, &run, why);
    question.run = err ? 0 : run.id;
    do {
        room = PIECES_AT_ONCE;
        err = err ? err : production->pieces_after(production->self, &question, list, &room, why);
        for (size_t i = 0; !err && i < room; i++) {
            question.after = list[i].serial;
            err = spoil_piece(desk, given, &list[i], sum, why);
        }
    } while (!err && room > 0);
    return err;
}

int production_spoil_command(int argc, char **argv) {
    struct spoil_options given;
    struct why why = {0};
    struct spoil_sum sum = {.count = 0};
    int status = 0;
    if (!options_read(&spoil_usage, argc, argv, &given, &status)) {
        return status;
    }
    PRODUCTION_DESK_SCOPE(desk);
    enum err err = production_desk_open(&desk, given.data, &why);
    if (!err && given.list && !given.officer) {
        err = why_say(&why, ERR_CONFLICT, "say who makes the list, with --officer");
    }
    WORK_SCOPE(work);
    err = err ? err : work_begin(&work, &desk.stock.issuance, &why);
    sum.rows = given.json ? json_array() : NULL;
    err = err ? err : spoils(&desk, &given, &sum, &why);
    err = err ? err : work_commit(&work, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:I, s:O*, s:b}", "batch", (json_int_t)given.batch, "spoiled", sum.rows,
                "listed", given.list != NULL),
            "%" PRId64 " spoiled 废卡%s", sum.count,
            given.list ? ", on the list; each waits for stock sign" : "");
    }
    json_decref(sum.rows);
    return told(err, &why);
}

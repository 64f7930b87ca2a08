/* The proof of a day, or of a card, on the command line. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "apps/day_parts.h"
#include "base/hex.h"
#include "base/money.h"
#include "clearing/card_story.h"
#include "clearing/day_proof.h"
#include "clearing/pay_file.h"
#include "host/ending.h"
#include "host/options.h"
#include "stores/sql/audit.h"

struct prove_options {
    const char *card, *data;
    struct vault_words words;
    uint32_t day;
    bool json, lines;
};

static const struct option prove_options[] = {
    {"DAY",     OPTION_DAY,  offsetof(struct prove_options, day),   NULL,     NULL,
     "the business day; the last one that has ended when it is not named",             true },
    {"--card",  OPTION_TEXT, offsetof(struct prove_options, card),  "NUMBER", NULL,
     "follow this card from its first load instead",                                   true },
    {"--lines", OPTION_FLAG, offsetof(struct prove_options, lines), NULL,     NULL,
     "say of each fen on the bank's file which card, terminal, TAC and rule it is of", false},
    OPTIONS_VAULT(struct prove_options, words),
    OPTION_DATA(struct prove_options, data),
    OPTION_JSON(struct prove_options, json),
};

static const struct usage usage = {.command = "day prove",
    .help = "Proves a business day (账证核对) from the files of the terminals, as they came, and "
            "the TACs "
            "of\nthe cards alone; or follows one card from its first load. Exit status 1, and the "
            "first "
            "\ndifference named, when something does not agree.",
    .options = prove_options,
    .count = sizeof prove_options / sizeof prove_options[0]};

/* --- a line for each fen ------------------------------------------------------------------------- */

/* Who prints while a proof runs. */
struct teller {
    struct day_desk *desk;
    bool json;
    const char *comma;
};

/* The number that people read; a card that the registry does not know has its factor. */
static void card_name(struct teller *t, const uint8_t *factor, char name[40]) {
    struct card_record card;
    struct why unheard;
    enum err err = t->desk->city.store.card_by_factor(
        t->desk->city.store.self, factor, &card, &unheard);
    hex_write(bytes_of(factor, FACTOR_LEN), name);
    if (!err) {
        (void)snprintf(name, 40, "%s", card.number);
    }
}

/* A decision of two officers, with the record that it is about, if any. */
static void tell_move(struct teller *t, const struct proof_line *line) {
    char fen[FEN_TEXT_MAX];
    if (t->json) {
        (void)printf("%s\n  {\"institution\": \"%s\", \"fen\": %" PRId64 ", \"upload\": %" PRId64
                     ", \"place\": %" PRIu32 ", \"rule\": ",
            t->comma, line->institution, line->fen, line->upload, line->place);
        day_json_text(line->rule);
        (void)printf("}");
        t->comma = ",";
    } else {
        (void)printf("%s %10s  %s\n", line->institution, fen_text(line->fen, fen), line->rule);
    }
}

static void tell_line(void *cookie, const struct proof_line *line) {
    struct teller *t = cookie;
    const struct upload_record *r = line->record;
    if (!r) {
        tell_move(t, line);
        return;
    }
    char card[40], terminal[2 * TERMINAL_LEN + 1], tac[2 * MAC_LEN + 1], fen[FEN_TEXT_MAX];
    card_name(t, upload_factor(r), card);
    hex_write(bytes_of(r->terminal, TERMINAL_LEN), terminal);
    hex_write(bytes_of(r->tac, MAC_LEN), tac);
    if (t->json) {
        (void)printf("%s\n  {\"institution\": \"%s\", \"fen\": %" PRId64
                     ", \"card\": \"%s\", \"terminal\": \"%s\", \"sequence\": %" PRIu32
                     ", \"tac\": \"%s\", \"upload\": %" PRId64 ", \"place\": %" PRIu32
                     ", \"rule\": \"%s\"}",
            t->comma, line->institution, line->fen, card, terminal, r->terminal_seq, tac,
            line->upload, line->place, line->rule);
        t->comma = ",";
    } else {
        (void)printf("%s %10s  card %s, terminal %s no. %" PRIu32 ", TAC %s: %s\n",
            line->institution, fen_text(line->fen, fen), card, terminal, r->terminal_seq, tac,
            line->rule);
    }
}

static void tell_step(void *cookie, const struct story_step *step) {
    struct teller *t = cookie;
    char terminal[2 * TERMINAL_LEN + 1], tac[2 * MAC_LEN + 1], fen[FEN_TEXT_MAX], on[FEN_TEXT_MAX];
    hex_write(bytes_of(step->terminal, TERMINAL_LEN), terminal);
    hex_write(bytes_of(step->tac, MAC_LEN), tac);
    if (t->json) {
        (void)printf("%s\n  {\"day\": %" PRIu32 ", \"rule\": \"%s\", \"fen\": %" PRId64
                     ", \"after_fen\": %" PRId64 ", \"moment\": %" PRIu64
                     ", \"terminal\": \"%s\", \"tac\": \"%s\", \"posting\": \"%s\""
                     ", \"account\": \"%s\"}",
            t->comma, step->day, step->rule, step->fen, step->after_fen, step->moment, terminal,
            tac, step->number, step->medical ? "medical" : "wallet");
        t->comma = ",";
    } else {
        (void)printf("%" PRIu64 "  %-8s %10s  balance %10s  terminal %s, TAC %s%s\n", step->moment,
            step->rule, fen_text(step->fen, fen), fen_text(step->after_fen, on), terminal, tac,
            step->medical ? ", medical account" : "");
    }
}

/* --- how it ends --------------------------------------------------------------------------------- */

/* The differences as the last member of the object. */
static void print_differences_json(const struct differences *d) {
    (void)printf("\"difference_count\": %" PRIu64 ", \"differences\": [", d->count);
    for (uint64_t i = 0; i < d->count && i < NAMED_MAX; i++) {
        (void)printf("%s", i ? ", " : "");
        day_json_text(d->named[i]);
    }
    (void)printf("]}\n");
}

/* Exit status 1, and the first difference in a sentence. */
static int ending_of_proof(const struct differences *d, const char *what) {
    for (uint64_t i = 1; i < d->count && i < NAMED_MAX; i++) {
        (void)fprintf(stderr, "  also: %s\n", d->named[i]);
    }
    if (d->count > 0) {
        (void)fprintf(stderr,
            "shebao: %s does not agree, %" PRIu64 " differences, the first: %s; pay nothing out "
            "before it is known why\n",
            what, d->count, d->named[0]);
    }
    return d->count > 0 ? ENDING_MISSED : ENDING_DONE;
}

/* --- the day ------------------------------------------------------------------------------------- */

/* What only this program can look at: the whole audit chain, and the bank's file on the disk. */
static enum err prove_outside(struct day_desk *desk, struct day_proof *proof, struct why *why) {
    struct day_row row;
    enum err err = db_audit_verify(&desk->city.db, NULL, why);
    if (err == ERR_CONFLICT) {
        differ(&proof->differences, "%.180s", why->text);
        err = OK;
    }
    err = err ? err : desk->store.day_find(desk->store.self, proof->day, &row, why);
    if (err || proof->state < DAY_PAID) {
        return err;
    }
    err = pay_file_check(&row, desk->bank_dir, why);
    if (err == ERR_CONFLICT) {
        differ(&proof->differences, "%.180s", why->text);
        err = OK;
    }
    return err;
}

static void print_proof(const struct day_proof *p) {
    char cleared[FEN_TEXT_MAX], held[FEN_TEXT_MAX], due[FEN_TEXT_MAX], loaded[FEN_TEXT_MAX];
    (void)printf("%" PRIu32 " %s (%s): %" PRIu32 " files, %" PRIu64 " records, %" PRIu64
                 " good TACs\ncleared %s yuan of %" PRIu64 " records, held %s of %" PRIu64
                 ", loads %s\ndue to institutions %s yuan; %s\n",
        p->day, day_state_zh(p->state), day_state_word(p->state), p->uploads, p->records,
        p->tac_good, fen_text(p->cleared_fen, cleared), p->cleared, fen_text(p->held_fen, held),
        p->held, fen_text(p->loaded_fen, loaded), fen_text(p->due_fen, due),
        p->differences.count ? "NOT PROVEN" : "proven");
}

static void print_proof_json(const struct day_proof *p) {
    (void)printf("\"day\": %" PRIu32 ", \"state\": \"%s\", \"uploads\": %" PRIu32
                 ", \"records\": %" PRIu64 ", \"tac_good\": %" PRIu64 ", \"cleared_fen\": %" PRId64
                 ", \"held_fen\": %" PRId64 ", \"loaded_fen\": %" PRId64 ", \"due_fen\": %" PRId64
                 ", \"payout_fen\": %" PRId64 ", \"proven\": %s, ",
        p->day, day_state_word(p->state), p->uploads, p->records, p->tac_good, p->cleared_fen,
        p->held_fen, p->loaded_fen, p->due_fen, p->payout_fen,
        p->differences.count ? "false" : "true");
    print_differences_json(&p->differences);
}

static int prove_day(struct day_desk *desk, const struct prove_options *given, struct why *why) {
    struct teller teller = {desk, given->json, ""};
    const struct proof_listener listener = {&teller, given->lines ? tell_line : NULL};
    struct day_proof proof;
    uint32_t day = 0;
    enum err err = day_desk_ended(desk, given->day, &day, why);
    (void)fputs(given->json ? "{\"lines\": [" : "", stdout);
    if (!err) {
        err = day_parts_prove(desk, day, &listener, &proof, why);
        err = err == ERR_NOT_FOUND ? day_prove(&desk->clearing, day, &listener, &proof, why) : err;
    }
    err = err ? err : prove_outside(desk, &proof, why);
    (void)fputs(given->json ? err ? "]}\n" : "], " : "", stdout);
    if (err) {
        return (int)ending_tell(err, why);
    }
    if (given->json) {
        print_proof_json(&proof);
    } else {
        print_proof(&proof);
    }
    return ending_of_proof(&proof.differences, "the day");
}

/* --- the card ------------------------------------------------------------------------------------ */

static int prove_card(struct day_desk *desk, const struct prove_options *given, struct why *why) {
    struct teller teller = {desk, given->json, ""};
    const struct card_listener listener = {&teller, tell_step};
    struct card_record card;
    struct card_story story = {.differences = {0}};
    char fen[FEN_TEXT_MAX], medical[FEN_TEXT_MAX];
    enum err err = desk->city.store.card_by_number(desk->city.store.self, given->card, &card, why);
    if (err) {
        err = err == ERR_NOT_FOUND
                  ? why_say(why, err, "no card here has that number; compare it with the card")
                  : err;
        return (int)ending_tell(err, why);
    }
    (void)fputs(given->json ? "{\"steps\": [" : "", stdout);
    err = card_follow(&desk->clearing, card.factor, &listener, &story, why);
    (void)fputs(given->json ? err ? "]}\n" : "], " : "", stdout);
    if (err) {
        return (int)ending_tell(err, why);
    }
    if (given->json) {
        (void)printf("\"card\": \"%s\", \"loads\": %" PRIu32 ", \"purchases\": %" PRIu32
                     ", \"loaded_fen\": %" PRId64 ", \"spent_fen\": %" PRId64
                     ", \"balance_fen\": %" PRId64 ", \"medical_fen\": %" PRId64
                     ", \"proven\": %s, ",
            card.number, story.loads, story.purchases, story.loaded_fen, story.spent_fen,
            story.balance_fen, story.medical_fen, story.differences.count ? "false" : "true");
        print_differences_json(&story.differences);
    } else {
        (void)printf("card %s: %" PRIu32 " loads, %" PRIu32
                     " purchases, balance %s yuan, medical account %s yuan; %s\n",
            card.number, story.loads, story.purchases, fen_text(story.balance_fen, fen),
            fen_text(story.medical_fen, medical),
            story.differences.count ? "NOT PROVEN" : "proven");
    }
    return ending_of_proof(&story.differences, "the card");
}

int day_prove_command(int argc, char **argv) {
    struct prove_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    DAY_DESK_SCOPE(desk);
    enum err err = day_desk_open_vault(&desk, given.data, &given.words, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    return given.card ? prove_card(&desk, &given, &why) : prove_day(&desk, &given, &why);
}

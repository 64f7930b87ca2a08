/* Batches of cards: applications, order out, answer back, boxes, and the end. [system.md 4.0.2] */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "apps/batch_seal.h"
#include "apps/command.h"
#include "apps/result_tell.h"
#include "apps/stock_desk.h"
#include "apps/window_desk.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/plural.h"
#include "issuance/application.h"
#include "issuance/batch.h"
#include "issuance/errand.h"
#include "issuance/order_rule.h"
#include "issuance/quality.h"
#include "registry/applicant.h"
#include "stores/sql/production_rows.h"
#include "stores/sql/registry_person.h"

enum { ANSWER_MAX = 64 * 1024 * 1024 };

/* A wrong word on the command line is wrong use; only the file of an answer is a bad file. */
static int told(enum err err, const struct why *why) {
    return (int)ending_tell_words(err, why);
}

static enum err parameter_of(
    struct stock_desk *desk, enum parameter which, int32_t *value, struct why *why) {
    int64_t wide = 0;
    enum err err = parameter_value(
        &desk->city.store, which, desk->city.centre.file.date, &wide, why);
    *value = (int32_t)wide; /* the sheet's limits are far below */
    return err;
}

/* --- applications ---------------------------------------------------------------------------- */

struct application_options {
    const char *number, *point, *officer, *name, *guardian, *data;
    bool json;
};

/* clang-format off */
static const struct option apply_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct application_options, number), NULL, NULL,
        "social security number of whom the card is for, 15 or 18 characters", false},
    {"--point", OPTION_TEXT, offsetof(struct application_options, point), "POINT", NULL,
        "service point where the card is to be fetched", false},
    {"--officer", OPTION_TEXT, offsetof(struct application_options, officer), "CODE", NULL,
        "officer of a service point", false},
    {"--name", OPTION_TEXT, offsetof(struct application_options, name), NULL, NULL,
        "the name on the form, compared with the record", true},
    {"--guardian", OPTION_TEXT, offsetof(struct application_options, guardian), "DOCUMENT", NULL,
        "for a child under 16: number of the guardian's document", true},
    OPTION_DATA(struct application_options, data),
    OPTION_JSON(struct application_options, json),
};
/* clang-format on */

static const struct usage apply_usage = {
    .command = "application new",
    .help = "Takes an application for a first card from a person who is in the registry. For a "
            "child under\n"
            "16 only the guardian applies whom the record names.",
    .options = apply_options,
    .count = sizeof apply_options / sizeof apply_options[0],
};

/* The automatic check: known, nothing in the way, and for a child the guardian. */
static enum err ask_registry(struct stock_desk *desk, const struct application_options *given,
    struct person_rows *rows, struct person *person, struct why *why) {
    struct person_store store = person_store_of(rows);
    const struct person_desk people = {&desk->city.store, &store};
    struct applicant applicant = {.number = given->number,
        .name = given->name,
        .guardian = given->guardian,
        .day = desk->city.centre.file.date};
    enum applicant_answer answer = APPLICANT_MAY;
    int64_t cards = 0;
    int64_t open = 0;
    enum err err = person_find(people.registry, given->number, person, why);
    if (!err) {
        err = store.ties(store.self, person->id, &cards, &open, why);
        applicant.running = open > 0;
    }
    err = err && err != ERR_NOT_FOUND ? err
                                      : applicant_ask(&people, &applicant, person, &answer, why);
    if (err || answer == APPLICANT_MAY) {
        return err;
    }
    const struct applicant_text *text = applicant_text(answer);
    return why_say(why, answer == APPLICANT_UNKNOWN ? ERR_NOT_FOUND : ERR_CONFLICT,
        "answer %d, %s: %s; %s", text->answer, text->zh, text->en, text->next);
}

static enum err apply(struct stock_desk *desk, const struct application_options *given,
    struct application *a, struct why *why) {
    const struct registry_store *registry = &desk->city.store;
    struct person person;
    struct person_rows *rows = NULL;
    enum err err = stock_word(a->point, sizeof a->point, given->point, "--point", why);
    err = err ? err : officer_require(registry, given->officer, ROLE_POINT, why);
    err = err ? err : person_rows_open(&rows, &desk->city.db, why);
    err = err ? err : ask_registry(desk, given, rows, &person, why);
    person_rows_close(rows);
    err = err ? err : order_holder_fits(registry, person.id, desk->city.centre.file.date, why);
    if (err) {
        return err;
    }
    a->person = person.id;
    a->kind = APPLY_NEW;
    a->day = desk->city.centre.file.date;
    return application_make(&desk->issuance, a, given->officer, why);
}

int application_new_command(int argc, char **argv) {
    struct application_options given;
    struct application a = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&apply_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_desk_open(&desk, given.data, &why);
    err = err ? err : apply(&desk, &given, &a, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:I, s:s}", "application", (json_int_t)a.id, "waits_for", "audit"),
            "application %" PRId64 " waits for its audit: application audit", a.id);
    }
    return told(err, &why);
}

struct audit_options {
    const char *officer, *data;
    int64_t id;
    bool refuse, json;
};

static const struct option audit_options[] = {
    {"ID",        OPTION_NUMBER, offsetof(struct audit_options, id),      NULL,   NULL,
     "number of the application",                                                                      false},
    {"--officer", OPTION_TEXT,   offsetof(struct audit_options, officer), "CODE", NULL, "an approver",
     false                                                                                                  },
    {"--refuse",  OPTION_FLAG,   offsetof(struct audit_options, refuse),  NULL,   NULL,
     "refuse it; without, it passes",                                                                  false},
    OPTION_DATA(struct audit_options, data),
    OPTION_JSON(struct audit_options, json),
};

static const struct usage audit_usage = {
    .command = "application audit",
    .help = "Answers an application; one that passes waits for the next batch of its point.",
    .options = audit_options,
    .count = sizeof audit_options / sizeof audit_options[0],
};

int application_audit_command(int argc, char **argv) {
    struct audit_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&audit_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_desk_open(&desk, given.data, &why);
    err = err ? err : officer_require(&desk.city.store, given.officer, ROLE_APPROVER, &why);
    err = err ? err
              : application_answer(&desk.issuance, given.id,
                  given.refuse ? AUDIT_REFUSED : AUDIT_PASSED, given.officer, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:I, s:b}", "application", (json_int_t)given.id, "passed", !given.refuse),
            given.refuse ? "application %" PRId64 " is refused"
                         : "application %" PRId64 " waits for a batch: batch open",
            given.id);
    }
    return told(err, &why);
}

/* --- open and step --------------------------------------------------------------------------- */

struct open_options {
    const char *point, *officer, *data;
    bool json;
};

static const struct option open_options[] = {
    {"--point",   OPTION_TEXT, offsetof(struct open_options, point),   "POINT", NULL,
     "whose waiting applications it takes",                                                      false},
    {"--officer", OPTION_TEXT, offsetof(struct open_options, officer), "CODE",  NULL, "a maker",
     false                                                                                            },
    OPTION_DATA(struct open_options, data),
    OPTION_JSON(struct open_options, json),
};

static const struct usage open_usage = {
    .command = "batch open",
    .help = "Makes a batch of the audited applications that wait at a point, oldest first, and "
            "reserves\na card number for each.",
    .options = open_options,
    .count = sizeof open_options / sizeof open_options[0],
};

/* What the batch goes on without. */
static void tell_aside(void *cookie, const struct application *a, const char *reason) {
    int32_t *count = cookie;
    *count += 1;
    (void)fprintf(stderr,
        "application %" PRId64
        " is set aside: %s; put the record right (person change), then application audit\n",
        a->id, reason);
}

int batch_open_command(int argc, char **argv) {
    struct open_options given;
    struct batch b = {0};
    int32_t lines = 0, aside = 0;
    struct batch_rules rules = {.aside = tell_aside, .cookie = &aside};
    struct why why = {0};
    int status = 0;
    if (!options_read(&open_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_word(b.point, sizeof b.point, given.point, "--point", &why);
    err = err ? err : stock_desk_open(&desk, given.data, &why);
    err = err ? err : officer_require(&desk.city.store, given.officer, ROLE_MAKER, &why);
    err = err ? err : parameter_of(&desk, PARAMETER_BATCH_LINES, &rules.lines_max, &why);
    b.day = err ? 0 : desk.city.centre.file.date;
    rules.registry = &desk.city.store;
    err = err ? err : batch_make(&desk.issuance, &rules, given.officer, &b, &lines, &why);
    if (!err && given.json) {
        (void)printf("{\"batch\": %" PRId64 ", \"lines\": %" PRId32 ", \"set_aside\": %" PRId32
                     "}\n",
            b.id, lines, aside);
    } else if (!err) {
        (void)printf("batch %" PRId64 ": %" PRId32 " line%s; a second officer has to approve it\n",
            b.id, lines, plural_s(lines));
    }
    return told(err, &why);
}

struct step_options {
    struct window_options common;
    int64_t id;
};

/* clang-format off */
static const struct option step_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct step_options, id), NULL, NULL, "number of the batch",
        false},
    WINDOW_OPTIONS(struct step_options),
};
/* clang-format on */

/* The steps of a batch that people take at the desk: who may, and what the page says. */
static const struct desk_step {
    const char *command, *help;
    enum batch_event event;
    enum officer_role role;
} desk_steps[] = {
    {"batch approve", "The second officer lets a batch pass.",                                  BATCH_APPROVE, ROLE_APPROVER},
    {"batch cancel",
     "Ends a batch before anything was made: numbers and applications are free "
        "again.",                                                                               BATCH_CANCEL,  ROLE_APPROVER},
    {"batch pack",
     "Packs what is finished into boxes; all lines must have been checked, and the quality "
        "sheet of a "
        "batch from the centre's own cell must be good.",                                       BATCH_PACK,    ROLE_MAKER   },
    {"batch deliver", "The boxes leave for the point.",                                         BATCH_DELIVER, ROLE_MAKER   },
    {"batch store",   "Every box was counted in at the point, or is in quarantine there.",
     BATCH_STORE,                                                                                              ROLE_POINT   },
    {"batch close",   "Ends a batch whose every card was handed out, taken back or destroyed.",
     BATCH_CLOSE,                                                                                              ROLE_APPROVER},
};

/* The sheet of a run, judged. */
static enum err sheet_good(struct window *window, const struct production_store *production,
    int64_t batch, struct why *why) {
    const struct stock_desk *stock = &window->stock;
    struct quality_desk quality = {
        .store = &stock->issuance, .registry = &stock->city.store, .production = production};
    struct quality_sheet sheet = {.finished = 0};
    enum err err = parameter_value(&stock->city.store, PARAMETER_QUALITY_SAMPLE,
        stock->city.centre.file.date, &quality.percent, why);
    err = err ? err : quality_sheet_read(&quality, batch, &sheet, NULL, NULL, why);
    err = err ? err : quality_check(&sheet, why);
    return err ? why_add(why, err, "production quality %" PRId64, batch) : OK;
}

/* What the centre's own cell made has a quality sheet, which comes before the boxes; for cards from
 * another maker that maker answers. [decision 0042] */
static enum err check_quality(struct window *window, int64_t batch, struct why *why) {
    struct production_store production = {.self = NULL};
    struct production_run run;
    enum err err = production_rows_open(&window->stock.city.db, &production, why);
    err = err ? err : production.run_of_batch(production.self, batch, &run, why);
    if (err == ERR_NOT_FOUND) {
        err = OK;
    } else if (!err) {
        err = sheet_good(window, &production, batch, why);
    }
    production_rows_close(&production);
    return err;
}

/* Packing gives places and moves the header in one transaction. */
static enum err pack(struct window *window, const struct step_options *given, struct why *why) {
    struct batch_rules rules = {0};
    int32_t boxes = 0;
    const struct issuance_store *issuance = &window->stock.issuance;
    WORK_SCOPE(work);
    enum err err = parameter_of(&window->stock, PARAMETER_BOX_CARDS, &rules.box_cards, why);
    err = err ? err : work_begin(&work, issuance, why);
    err = err ? err : check_quality(window, given->id, why);
    err = err ? err : boxes_pack(&window->desk, &rules, given->id, &boxes, why);
    err = err ? err : batch_step(issuance, given->id, BATCH_PACK, given->common.officer, why);
    err = err ? err : work_commit(&work, why);
    if (!err) {
        (void)printf(given->common.json ? "{\"batch\": %" PRId64 ", \"boxes\": %" PRId32 "}\n"
                                        : "batch %" PRId64 ": %" PRId32 " boxes\n",
            given->id, boxes);
    }
    return err;
}

/* Where the batch is now. */
static enum err tell_state(
    struct window *window, const struct step_options *given, struct why *why) {
    const struct issuance_store *issuance = &window->stock.issuance;
    struct batch b;
    enum err err = issuance->batch_get(issuance->self, given->id, &b, why);
    if (!err && given->common.json) {
        (void)printf("{\"batch\": %" PRId64 ", \"state\": %d}\n", b.id, (int)b.state);
    } else if (!err) {
        (void)printf("batch %" PRId64 "  %d %s (%s)\n", b.id, (int)b.state,
            machine_state_zh(&batch_machine, (int)b.state),
            machine_state_en(&batch_machine, (int)b.state));
    }
    return err;
}

/* Boxes go with their batch where it moves them. */
static enum err step_of(struct window *window, enum batch_event event,
    const struct step_options *given, struct why *why) {
    if (event == BATCH_PACK) {
        return pack(window, given, why);
    }
    if (event == BATCH_DELIVER) {
        return boxes_deliver(&window->desk, given->id, why);
    }
    return event == BATCH_STORE
               ? boxes_store(&window->desk, given->id, why)
               : batch_step(&window->stock.issuance, given->id, event, given->common.officer, why);
}

static int step_command(enum batch_event event, int argc, char **argv) {
    const struct desk_step *step = desk_steps;
    struct step_options given;
    struct why why = {0};
    int status = 0;
    while (step->event != event) {
        step++;
    }
    const struct usage usage = {.command = step->command,
        .help = step->help,
        .options = step_options,
        .count = sizeof step_options / sizeof step_options[0]};
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    WINDOW_SCOPE(window);
    enum err err = window_open(&window, &given.common, &why);
    err = err ? err : officer_require(window.desk.registry, given.common.officer, step->role, &why);
    err = err ? err : step_of(&window, event, &given, &why);
    err = err || event == BATCH_PACK ? err : tell_state(&window, &given, &why);
    return told(err, &why);
}

int batch_approve_command(int argc, char **argv) {
    return step_command(BATCH_APPROVE, argc, argv);
}

int batch_cancel_command(int argc, char **argv) {
    return step_command(BATCH_CANCEL, argc, argv);
}

int batch_pack_command(int argc, char **argv) {
    return step_command(BATCH_PACK, argc, argv);
}

int batch_deliver_command(int argc, char **argv) {
    return step_command(BATCH_DELIVER, argc, argv);
}

int batch_store_command(int argc, char **argv) {
    return step_command(BATCH_STORE, argc, argv);
}

int batch_close_command(int argc, char **argv) {
    return step_command(BATCH_CLOSE, argc, argv);
}

/* --- export and return ----------------------------------------------------------------------- */

struct errand_options {
    const char *word, *file, *key, *officer, *data;
    int64_t id;
    bool json;
};

static const struct option export_options[] = {
    {"BATCH",     OPTION_NUMBER, offsetof(struct errand_options, id),      NULL,   NULL, "number of the batch",
     false                                                                                                           },
    {"--for",     OPTION_TEXT,   offsetof(struct errand_options, word),    "WHO",  NULL,
     "bank, maker or keys (the initialising centre)",                                                           false},
    {"--out",     OPTION_PATH,   offsetof(struct errand_options, file),    "FILE", NULL,
     "where the sealed order goes",                                                                             false},
    {"--key",     OPTION_PATH,   offsetof(struct errand_options, key),     "FILE", NULL,
     "file key of the receiver, 64 hexadecimal characters",                                                     false},
    {"--officer", OPTION_TEXT,   offsetof(struct errand_options, officer), "CODE", NULL, "a maker",
     false                                                                                                           },
    OPTION_DATA(struct errand_options, data),
    OPTION_JSON(struct errand_options, json),
};

static const struct usage export_usage = {
    .command = "batch export",
    .help = "Writes the order of a batch for its receiver, sealed with AES-256-GCM, and moves the "
            "batch on.\nUntil it is answered, the same order can be written again.",
    .options = export_options,
    .count = sizeof export_options / sizeof export_options[0],
};

/* Who works, in which city, on which day. */
static enum err errand_desk_of(struct stock_desk *desk, const struct errand_options *given,
    struct errand_desk *out, struct why *why) {
    int32_t years = 0;
    enum err err = officer_require(&desk->city.store, given->officer, ROLE_MAKER, why);
    err = err ? err : parameter_of(desk, PARAMETER_CARD_VALID_YEARS, &years, why);
    *out = (struct errand_desk){.store = &desk->issuance,
        .stock = &desk->stock,
        .registry = &desk->city.store,
        .officer = given->officer,
        .day = desk->city.centre.file.date,
        .region = (uint32_t)strtoul(desk->city.centre.file.region, NULL, 10),
        .valid_years = (uint32_t)years};
    return err;
}

/* Room that holds data of persons: wiped when it is given back. */
struct room {
    uint8_t *at;
    size_t len;
};

static void room_free(struct room *room) {
    if (room->at) {
        OPENSSL_cleanse(room->at, room->len);
        free(room->at);
    }
}
#define ROOM_SCOPE(name) __attribute__((cleanup(room_free))) struct room name = {NULL, 0}

static enum err room_new(struct room *room, size_t len, struct why *why) {
    room->at = malloc(len ? len : 1);
    room->len = room->at ? len : 0;
    return room->at ? OK : why_say(why, ERR_OUTSIDE, "no memory is left; end other programs");
}

static void key_wipe(uint8_t (*key)[FILE_KEY_LEN]) {
    OPENSSL_cleanse(*key, FILE_KEY_LEN);
}
#define KEY_SCOPE(name) __attribute__((cleanup(key_wipe))) uint8_t name[FILE_KEY_LEN] = {0}

/* The key first: without one nothing is begun. The batch moves before the file stands; killed in
 * between, the same command writes the same order. */
static enum err export_order(
    struct stock_desk *desk, const struct errand_options *given, struct why *why) {
    struct errand_desk at;
    int32_t lines_max = 0;
    KEY_SCOPE(key);
    ROOM_SCOPE(plain);
    ROOM_SCOPE(sealed);
    enum errand errand = errand_of(given->word);
    if (errand == ERRANDS) {
        return why_say(why, ERR_CONFLICT, "--for is bank, maker or keys, not %s", given->word);
    }
    enum err err = file_key_read(given->key, key, why);
    err = err ? err : err_of_words(errand_desk_of(desk, given, &at, why));
    err = err ? err : parameter_of(desk, PARAMETER_BATCH_LINES, &lines_max, why);
    err = err ? err : room_new(&plain, errand_order_room(lines_max), why);
    if (err) {
        return err;
    }
    struct builder order = builder_in(plain.at, plain.len);
    err = err_of_words(errand_order(&at, given->id, errand, &order, why));
    err = err ? err : room_new(&sealed, order.len + BATCH_SEAL_EXTRA, why);
    err = err ? err : batch_seal(key, builder_bytes(&order), sealed.at, why);
    return err ? err : files_write(given->file, bytes_of(sealed.at, sealed.len), why);
}

int batch_export_command(int argc, char **argv) {
    struct errand_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&export_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_desk_open(&desk, given.data, &why);
    err = err ? err : export_order(&desk, &given, &why);
    if (!err) {
        result_tell(given.json,
            json_pack("{s:I, s:s, s:s}", "batch", (json_int_t)given.id, "for", given.word, "file",
                given.file),
            "batch %" PRId64 ": the sealed order for %s is in %s", given.id, given.word,
            given.file);
    }
    return (int)ending_tell(err, &why);
}

static const struct option return_options[] = {
    {"FILE",      OPTION_PATH, offsetof(struct errand_options, file),    NULL,   NULL, "the sealed answer",
     false                                                                                                       },
    {"--key",     OPTION_PATH, offsetof(struct errand_options, key),     "FILE", NULL,
     "file key of the sender, 64 hexadecimal characters",                                                   false},
    {"--officer", OPTION_TEXT, offsetof(struct errand_options, officer), "CODE", NULL, "a maker",
     false                                                                                                       },
    OPTION_DATA(struct errand_options, data),
    OPTION_JSON(struct errand_options, json),
};

static const struct usage return_usage = {
    .command = "batch return",
    .help = "Takes in the answer of bank, card maker or initialising centre: all of its lines, or "
            "none.",
    .options = return_options,
    .count = sizeof return_options / sizeof return_options[0],
};

static enum err return_answer(struct stock_desk *desk, const struct errand_options *given,
    struct errand_outcome *outcome, struct why *why) {
    struct errand_desk at;
    size_t len = 0;
    KEY_SCOPE(key);
    ROOM_SCOPE(plain);
    FILE_CONTENT_SCOPE(sealed);
    enum err err = file_key_read(given->key, key, why);
    err = err ? err : err_of_words(errand_desk_of(desk, given, &at, why));
    if (err) {
        return err;
    }
    err = files_read(given->file, ANSWER_MAX, &sealed, why);
    err = err ? err : room_new(&plain, sealed.len, why);
    err = err ? err : batch_unseal(key, bytes_of(sealed.at, sealed.len), plain.at, &len, why);
    err = err ? err : errand_answer(&at, bytes_of(plain.at, len), outcome, why);
    return err ? why_add(why, err, "%s", given->file) : OK;
}

int batch_return_command(int argc, char **argv) {
    struct errand_options given;
    struct errand_outcome o = {0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&return_usage, argc, argv, &given, &status)) {
        return status;
    }
    STOCK_DESK_SCOPE(desk);
    enum err err = stock_desk_open(&desk, given.data, &why);
    err = err ? err : return_answer(&desk, &given, &o, &why);
    if (!err && given.json) {
        (void)printf("{\"batch\": %" PRId64 ", \"lines\": %" PRId32 ", \"good\": %" PRId32
                     ", \"before\": %s}\n",
            o.batch, o.lines, o.good, o.before ? "true" : "false");
    } else if (!err && o.before) {
        (void)printf("batch %" PRId64 ": this answer was taken before\n", o.batch);
    } else if (!err) {
        (void)printf("batch %" PRId64 ": %" PRId32 " lines from %s, %" PRId32 " good\n", o.batch,
            o.lines, errand_word(o.errand), o.good);
    }
    return (int)ending_tell(err, &why);
}

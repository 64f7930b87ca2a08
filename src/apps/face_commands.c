/* The faces of cards as pictures: one card's, or a batch's. [system.md 4.2.1, 4.2.4] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/capture_city.h"
#include "apps/command.h"
#include "apps/face_painter.h"
#include "apps/production_desk.h"
#include "crypto/sm3.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"
#include "issuance/card_face.h"
#include "registry/region.h"
#include "stores/sql/audit.h"

enum { LINES_AT_ONCE = 64 };

struct face_options {
    int64_t batch;
    const char *card, *out, *photo, *photos, *profile, *form, *officer, *data;
    bool need_photo, json;
};

#define FACE_OPTIONS                                                                               \
    {"--out", OPTION_PATH, offsetof(struct face_options, out), "DIR", NULL,                        \
        "folder for NUMBER-front.png, NUMBER-back.png and the same as .pdf", false},               \
        {"--form", OPTION_TEXT, offsetof(struct face_options, form), "WORD", "both",               \
            "png, pdf or both", false},                                                            \
        {"--profile", OPTION_TEXT, offsetof(struct face_options, profile), "NAME", "ministry",     \
            "how the holder's accepted photo is brought onto the face: a destination of photo "    \
            "export",                                                                              \
            false},                                                                                \
        {"--need-photo", OPTION_FLAG, offsetof(struct face_options, need_photo), NULL, NULL,       \
            "refuse a card whose holder has no accepted photo; else its frame says so", false},    \
        {"--officer", OPTION_TEXT, offsetof(struct face_options, officer), "CODE", NULL,           \
            "who prints; it is written into the audit chain", false},                              \
        OPTION_DATA(struct face_options, data), OPTION_JSON(struct face_options, json)

/* clang-format off */
static const struct option card_options[] = {
    {"NUMBER", OPTION_TEXT, offsetof(struct face_options, card), NULL, NULL,
        "number of the card", false},
    {"--photo", OPTION_PATH, offsetof(struct face_options, photo), "FILE", NULL,
        "this picture, a JPEG, instead of the holder's accepted photo", true},
    FACE_OPTIONS,
};
static const struct option batch_options[] = {
    {"BATCH", OPTION_NUMBER, offsetof(struct face_options, batch), NULL, NULL,
        "number of the batch", false},
    {"--photos", OPTION_PATH, offsetof(struct face_options, photos), "DIR", NULL,
        "SOCIAL-SECURITY-NUMBER.jpg there comes before the holder's accepted photo", true},
    FACE_OPTIONS,
};
/* clang-format on */

static const struct usage card_usage = {
    .command = "card face",
    .help = "Draws both sides of a card as pictures of 300 dpi and as pages, with the holder's "
            "accepted\n"
            "photo. What the face shows is written down first, as a digest, and stands in its "
            "code: the\n"
            "same card with another name or picture is refused.",
    .options = card_options,
    .count = sizeof card_options / sizeof card_options[0],
};
static const struct usage batch_usage = {
    .command = "batch faces",
    .help =
        "Draws the faces of a batch. Files that stand already are left, so that a run that was\n"
        "cut goes on where it stopped; a card that cannot be drawn is told, and the next one\n"
        "comes. Ends with 1 when there was one.",
    .options = batch_options,
    .count = sizeof batch_options / sizeof batch_options[0],
};

/* Everything that drawing takes. */
struct press {
    struct production_desk *desk;
    const struct face_options *given;
    struct capture_store photos;
    struct painter *painter;
    enum photo_profile profile;
    struct issuer issuer;
    bool forms[FACE_FORMS];
    uint64_t drawn, stood, failed,
        bare; /* bare: without a picture, of those that were drawn or stood */
};

/* Sentences before the database that they were prepared on. */
static void press_close(struct press *press) {
    painter_close(press->painter);
    capture_rows_close(&press->photos);
}
#define PRESS_SCOPE(name, at, order)                                                               \
    __attribute__((cleanup(press_close))) struct press name = {.desk = (at), .given = (order)}

static enum err forms_of(const char *word, bool forms[FACE_FORMS], struct why *why) {
    forms[FACE_PNG] = strcmp(word, "png") == 0 || strcmp(word, "both") == 0;
    forms[FACE_PDF] = strcmp(word, "pdf") == 0 || strcmp(word, "both") == 0;
    return forms[FACE_PNG] || forms[FACE_PDF]
               ? OK
               : why_say(why, ERR_CONFLICT, "--form is png, pdf or both, not %.20s", word);
}

static enum err profile_of(const char *word, enum photo_profile *profile, struct why *why) {
    *profile = photo_profile_named(word);
    return *profile != PROFILES
               ? OK
               : why_say(why, ERR_CONFLICT,
                   "--profile %.32s is no destination; docs/sheets/photos.md lists them", word);
}

static enum err press_open(struct press *press, struct why *why) {
    struct city *city = &press->desk->stock.city;
    const struct centre_file *file = &city->centre.file;
    int64_t years = 0;
    struct officer officer;
    enum err err = forms_of(press->given->form, press->forms, why);
    err = err ? err : profile_of(press->given->profile, &press->profile, why);
    err = err ? err
              : city->store.officer_by_code(city->store.self, press->given->officer, &officer, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, ERR_DENIED, "%.16s is no officer of this centre; name one who is",
            press->given->officer);
    }
    err = err ? err
              : parameter_value(&city->store, PARAMETER_CARD_VALID_YEARS, file->date, &years, why);
    press->issuer = issuer_of(
        (uint32_t)strtoul(file->region, NULL, 10), file->date, (uint32_t)years);
    err = err ? err : capture_rows_open(&city->db, &press->photos, why);
    err = err ? err : files_make_folder(press->given->out, why);
    return err ? err : face_painter_open(&press->painter, why);
}

/* The days that a card bears are its own, once it is made. */
static enum err issuer_of_line(const struct press *press, const struct batch_line *line,
    struct issuer *issuer, struct why *why) {
    const struct registry_store *store = &press->desk->stock.city.store;
    struct card_record card;
    *issuer = press->issuer;
    enum err err = store->card_by_number(store->self, line->card_number, &card, why);
    if (!err) {
        issuer->issued = card.issued;
        issuer->expires = card.valid_until;
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

/* What the face will show is written down before it is drawn, once. */
static enum err expect(struct press *press, const struct batch_line *line,
    const struct face_data *face, struct why *why) {
    const struct production_store *store = &press->desk->production;
    uint8_t digest[FACE_DIGEST_LEN];
    char subject[64];
    face_data_digest(face, digest);
    enum err err = face_compare(store, line->batch, line->seq, digest, why);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    WORK_SCOPE(work);
    (void)snprintf(subject, sizeof subject, "card %s", line->card_number);
    err = work_begin(&work, &press->desk->stock.issuance, why);
    err = err ? err : face_expect(store, line, face, why);
    err = err ? err
              : db_audit(&press->desk->stock.city.db, press->given->officer, "card face printed",
                  subject, why);
    return err ? err : work_commit(&work, why);
}

static void words_of(
    const struct press *press, const struct face_data *face, struct face_words *words) {
    const char *region = region_name(press->issuer.region);
    (void)snprintf(words->title, sizeof words->title, "社会保障卡");
    (void)snprintf(words->title_latin, sizeof words->title_latin, "SOCIAL SECURITY CARD");
    (void)snprintf(words->unit, sizeof words->unit, "%s劳动和社会保障局", region ? region : "本市");
    (void)snprintf(words->name, sizeof words->name, "%s", face->name);
    (void)snprintf(words->person_number, sizeof words->person_number, "%s", face->person_number);
    (void)snprintf(words->card_number, sizeof words->card_number, "%s", face->card_number);
    (void)snprintf(words->valid, sizeof words->valid, "%04u-%02u-%02u 至 %04u-%02u-%02u",
        face->issued / 10000, face->issued / 100 % 100, face->issued % 100, face->expires / 10000,
        face->expires / 100 % 100, face->expires % 100);
    (void)snprintf(words->notice, sizeof words->notice,
        "本卡仅限本人使用，遗失请立即挂失。 For the holder's own use; report its loss at once.");
    if (press->desk->stock.city.centre.file.rehearsal) {
        (void)snprintf(words->stamp, sizeof words->stamp, "样卡 SPECIMEN");
    }
    (void)snprintf(words->no_photo, sizeof words->no_photo, "照片待补 NO PHOTO");
    face_code_write(face, words->code);
}

/* Whether a file of that side and form is wanted and not there yet; path is then where it goes. */
static bool is_missing(const struct press *press, const char *card, enum face_side side,
    enum face_form form, char path[PATH_ROOM]) {
    char name[64];
    (void)snprintf(name, sizeof name, "%.*s-%s", CARD_NUMBER_LEN, card, face_ending(side, form));
    return press->forms[form] && files_join(path, press->given->out, name) && !files_exist(path);
}

static enum err draw_files(
    struct press *press, struct face_order *order, bool *any, struct why *why) {
    enum err err = OK;
    char path[PATH_ROOM];
    for (int i = 0; !err && i < FACE_SIDES * FACE_FORMS; i++) {
        struct bytes picture;
        order->side = (enum face_side)(i / FACE_FORMS);
        order->form = (enum face_form)(i % FACE_FORMS);
        if (is_missing(press, order->words.card_number, order->side, order->form, path)) {
            err = face_painter_draw(press->painter, order, &picture, why);
            err = err ? err : files_write(path, picture, why);
            *any = true;
        }
    }
    return err;
}

/* The picture of a line's holder. Borrowed from file, or kept until the next one is asked for. */
struct holder_picture {
    struct file_content file;
    struct bytes picture;    /* empty: there is none */
    uint8_t digest[SM3_LEN]; /* of what came from outside, or of what the centre keeps */
};

static void holder_picture_free(struct holder_picture *p) {
    file_content_free(&p->file);
}

static void take_picture(struct holder_picture *out, struct bytes picture, struct bytes kept) {
    struct sm3 h;
    sm3_begin(&h);
    sm3_add(&h, kept);
    sm3_end(&h, out->digest);
    out->picture = picture;
}

/* The file that was named, or the one of the folder. ERR_NOT_FOUND when none was, or the folder has none. */
static enum err named_picture(const struct press *press, const struct person *person,
    struct holder_picture *out, struct why *why) {
    char path[PATH_ROOM], name[NUMBER_LEN + 8];
    const struct face_options *given = press->given;
    enum err err = ERR_NOT_FOUND;
    (void)snprintf(name, sizeof name, "%s.jpg", person->number);
    if (given->photo) {
        err = files_read(given->photo, PICTURE_FILE_MAX, &out->file, why);
        err = err == ERR_NOT_FOUND ? ERR_CONFLICT : err; /* it was asked for by name */
    } else if (given->photos && files_join(path, given->photos, name)) {
        err = files_read(path, PICTURE_FILE_MAX, &out->file, why);
    }
    if (!err) {
        struct bytes file = bytes_of(out->file.at, out->file.len);
        take_picture(out, file, file);
    }
    return err;
}

/* The accepted photo, as the destination takes it. Its digest is that of what is kept: exported for another
 * destination it is the same photo. */
static enum err kept_picture(
    struct press *press, const struct person *person, struct holder_picture *out, struct why *why) {
    static uint8_t room[PHOTO_FILE_MAX];
    static uint8_t made[PHOTO_FILE_MAX]; /* the painter's own answer goes with its next */
    struct builder kept = builder_in(room, sizeof room);
    struct photo photo;
    struct bytes file = {0};
    const struct capture_store *store = &press->photos;
    enum err err = store->photo_usable(store->self, person->id, &photo, why);
    err = err ? err : store->photo_picture(store->self, photo.id, &kept, why);
    err = err ? err
              : photo_export(&press->painter, builder_bytes(&kept), press->profile, &file, why);
    if (!err && file.len > sizeof made) {
        return why_say(why, ERR_OUTSIDE, "the painter made a photo of %zu bytes", file.len);
    }
    if (!err) {
        (void)memcpy(made, file.at, file.len);
        take_picture(out, bytes_of(made, file.len), builder_bytes(&kept));
    }
    return err;
}

static enum err find_picture(
    struct press *press, const struct person *person, struct holder_picture *out, struct why *why) {
    enum err err = named_picture(press, person, out, why);
    err = err == ERR_NOT_FOUND ? kept_picture(press, person, out, why) : err;
    if (err == ERR_NOT_FOUND && press->given->need_photo) {
        return why_say(why, ERR_CONFLICT,
            "its holder has no accepted photo; keep one with shebao photo add, or draw it without "
            "--need-photo");
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err draw_line(struct press *press, const struct batch_line *line, struct why *why) {
    const struct registry_store *store = &press->desk->stock.city.store;
    struct face_order order = {.day = press->issuer.issued};
    struct person person;
    struct issuer issuer;
    struct face_data face;
    bool any = false;
    __attribute__((cleanup(holder_picture_free))) struct holder_picture found = {.picture = {0}};
    enum err err = store->person_by_id(store->self, line->person, &person, why);
    err = err ? err : issuer_of_line(press, line, &issuer, why);
    err = err ? err : find_picture(press, &person, &found, why);
    if (!err) {
        const bool bare = found.picture.len == 0;
        face_data_make(&face, line, &person, &issuer, bare ? NULL : found.digest);
        words_of(press, &face, &order.words);
        order.day = face.issued;
        order.photo = found.picture;
        press->bare += bare;
    }
    err = err ? err : expect(press, line, &face, why);
    err = err ? err : draw_files(press, &order, &any, why);
    press->drawn += !err && any;
    press->stood += !err && !any;
    return err ? why_add(why, err, "card %s", line->card_number) : OK;
}

static int tell(const struct press *press) {
    if (press->given->json) {
        (void)printf("{\"drawn\": %" PRIu64 ", \"stood\": %" PRIu64 ", \"failed\": %" PRIu64
                     ", \"without_photo\": %" PRIu64 "}\n",
            press->drawn, press->stood, press->failed, press->bare);
    } else {
        (void)printf("%" PRIu64 " drawn, %" PRIu64 " stood already, %" PRIu64
                     " could not be; without a photo 缺照片 %" PRIu64 "\n",
            press->drawn, press->stood, press->failed, press->bare);
    }
    return press->failed > 0 ? ENDING_MISSED : ENDING_DONE;
}

int card_face_command(int argc, char **argv) {
    struct face_options given = {.card = NULL};
    struct batch_line line = {.seq = 0};
    struct why why = {0};
    int status = 0;
    if (!options_read(&card_usage, argc, argv, &given, &status)) {
        return status;
    }
    PRODUCTION_DESK_SCOPE(desk);
    PRESS_SCOPE(press, &desk, &given);
    enum err err = production_desk_open(&desk, given.data, &why);
    const struct issuance_store *store = &desk.stock.issuance;
    err = err ? err : press_open(&press, &why);
    err = err ? err : store->line_of_card(store->self, given.card, &line, &why);
    err = err ? err : draw_line(&press, &line, &why);
    return err ? (int)ending_tell(err, &why) : tell(&press);
}

/* A line that has ended without a card has no face. */
static bool has_face(const struct batch_line *line) {
    return line->card_number[0] && line->state != LINE_CANCELLED && line->state != LINE_DESTROYED;
}

/* Some lines behind *after. A card that cannot be drawn is told and counted. */
static enum err draw_some(struct press *press, int32_t *after, size_t *count,
    struct progress *progress, struct why *why) {
    struct batch_line lines[LINES_AT_ONCE];
    const struct issuance_store *store = &press->desk->stock.issuance;
    *count = LINES_AT_ONCE;
    enum err err = store->lines_after(store->self, press->given->batch, *after, lines, count, why);
    for (size_t i = 0; !err && i < *count; i++) {
        *after = lines[i].seq;
        if (has_face(&lines[i]) && draw_line(press, &lines[i], why)) {
            press->failed++;
            (void)fprintf(stderr, "shebao: %s\n", why->text);
        }
        progress_at(progress, press->drawn + press->stood + press->failed);
    }
    return err;
}

int batch_faces_command(int argc, char **argv) {
    struct face_options given = {.card = NULL};
    struct batch batch;
    struct why why = {0};
    int status = 0;
    int32_t after = 0;
    size_t count = 1;
    if (!options_read(&batch_usage, argc, argv, &given, &status)) {
        return status;
    }
    PRODUCTION_DESK_SCOPE(desk);
    PRESS_SCOPE(press, &desk, &given);
    enum err err = production_desk_open(&desk, given.data, &why);
    const struct issuance_store *store = &desk.stock.issuance;
    err = err ? err : store->batch_get(store->self, given.batch, &batch, &why);
    err = err ? err : press_open(&press, &why);
    struct progress progress = progress_begin("draw", "cards", 0, given.json);
    while (!err && count > 0) {
        err = draw_some(&press, &after, &count, &progress, &why);
    }
    if (err) {
        progress_abandon(&progress);
    } else {
        (void)progress_end(&progress);
    }
    return err ? (int)ending_tell(err, &why) : tell(&press);
}

#include "host/centre.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "base/day.h"
#include "host/gb18030.h"

static const char card_format[] = "shebao-centre-1";
static const char sm4_word[] = "SM4"; /* of "wallets"; what says nothing is of 3DES */

/* Cards that are made on the last business date must be able to run out before the year 9999; no
 * card of this kind is older than the first. */
enum { CARD_BYTES_MAX = 4096, DATE_FIRST = 19900101, DATE_LAST = 20991231 };

/* What lies in a centre's directory, which of it is a folder that init makes, and what a centre has
 * only after its database knew more than its officers. */
static const struct part {
    const char *name;
    bool folder, work;
} parts[CENTRE_PARTS] = {
    [CENTRE_CARD] = {"centre.json",      false, false},
    [CENTRE_DATABASE] = {"city.db",          false, false},
    [CENTRE_LOCK] = {"lock",             false, false},
    [CENTRE_LINES] = {"lock.online",      false, false},
    [CENTRE_VAULT] = {"vault",            true,  false},
    [CENTRE_CHIPS] = {"chips",            true,  true },
    [CENTRE_PSAMS] = {"psams",            true,  true },
    [CENTRE_TERMINALS] = {"terminals",        true,  true },
    [CENTRE_UPLOADS] = {"uploads",          true,  true },
    [CENTRE_BANK] = {"bank",             true,  true },
    [CENTRE_FIGURES] = {"pilot.json",       false, true },
    [CENTRE_PROGRESS] = {"pilot.state.json", false, true },
    [CENTRE_LOG] = {"shebao.log",       false, false},
};

static const char *const keys_words[KEYS_PLACES] = {"usual", "seed", "file", "module"};

const char *centre_keys_word(enum centre_keys keys) {
    assert((unsigned)keys < KEYS_PLACES);
    return keys_words[keys];
}

static enum centre_keys usual_keys(bool rehearsal) {
    return rehearsal ? KEYS_IN_SEED : KEYS_IN_FILE;
}

/* Room that must be left behind dir for the longest name below it. */
enum { BELOW_MAX = 64 };

/* A directory that is too long was refused when the centre was made or read. */
const char *centre_path(char path[PATH_ROOM], const char *dir, enum centre_part part) {
    assert(part < CENTRE_PARTS);
    bool fits = files_join(path, dir, parts[part].name);
    assert(fits);
    (void)fits;
    return path;
}

/* Leaves room for every name below, so that no path in the centre can fail to fit later. */
static enum err check_dir(const char *dir, struct why *why) {
    if (dir[0] == '\0' || strlen(dir) + BELOW_MAX > PATH_ROOM) {
        return why_say(why, ERR_INVALID, "a centre's directory has a name of 1 to %d bytes",
            PATH_ROOM - BELOW_MAX);
    }
    return OK;
}

/* Which regions exist is the registry's to know; here it is only six digits, of which the first two
 * are a province's, and those begin at 11. [GB/T 2260] */
static bool region_well_formed(const char *region) {
    uint64_t number = 0;
    return strlen(region) == 6 && digits_read(bytes_text(region), &number) && region[0] != '0';
}

/* Something that pages, files and the bank can show: UTF-8 that has a code in GB 18030, too. */
static bool name_well_formed(const char *name) {
    uint8_t room[4 * sizeof((struct centre_file *)NULL)->name];
    struct builder b = builder_in(room, sizeof room);
    size_t bad_at = 0;
    return name[0] != '\0' && utf8_to_gb18030(bytes_text(name), &b, &bad_at) && !b.overflowed;
}

/* What the address says is its server's to judge; here it is one that can be written and shown. */
static bool address_well_formed(const char *address) {
    bool shown = strncmp(address, "postgresql://", 13) == 0;
    for (const char *c = address; *c; c++) {
        shown = shown && *c > ' ' && *c < 0x7F;
    }
    return shown;
}

/* The same checks before it is written and after it is read. */
static enum err check_file(const struct centre_file *file, struct why *why) {
    if (!name_well_formed(file->name)) {
        return why_say(why, ERR_INVALID, "the name of a centre is a text in UTF-8; give it one");
    }
    if (!region_well_formed(file->region)) {
        return why_say(why, ERR_INVALID,
            "the region \"%s\" is not six digits as in GB/T 2260; for example 440100",
            file->region);
    }
    if (!day_exists(file->date) || file->date < DATE_FIRST || file->date > DATE_LAST) {
        return why_say(why, ERR_INVALID,
            "the business date %" PRIu32 " is no day from %d to %d; write it as YYYYMMDD",
            file->date, DATE_FIRST, DATE_LAST);
    }
    if (file->sm4_wallets && file->keys == KEYS_IN_MODULE) {
        return why_say(why, ERR_INVALID,
            "wallets of SM4 need keys in a file: the modules that this program speaks to compute "
            "3DES");
    }
    if (!file->rehearsal && file->keys == KEYS_IN_SEED) {
        return why_say(why, ERR_INVALID,
            "keys that a seed makes are for rehearsals; keep them in a file or a module");
    }
    if (file->database[0] != '\0' && !address_well_formed(file->database)) {
        return why_say(why, ERR_INVALID,
            "the database's address is not like postgresql://HOST/DATABASE in ASCII; correct it");
    }
    if (file->seed > INT64_MAX) {
        return why_say(
            why, ERR_INVALID, "the seed %" PRIu64 " is above %" PRId64, file->seed, INT64_MAX);
    }
    return OK;
}

/* jansson refuses text that is no UTF-8, which check_file() did before: what is left is memory. */
static enum err write_card(const char *path, const struct centre_file *file, struct why *why) {
    json_t *card = json_pack("{s:s, s:s, s:s, s:b, s:I, s:I}", "format", card_format, "name",
        file->name, "region", file->region, "rehearsal", (int)file->rehearsal, "seed",
        (json_int_t)file->seed, "date", (json_int_t)file->date);
    if (card && file->keys != KEYS_USUAL && file->keys != usual_keys(file->rehearsal)) {
        (void)json_object_set_new(card, "keys", json_string(centre_keys_word(file->keys)));
    }
    if (card && file->sm4_wallets) {
        (void)json_object_set_new(card, "wallets", json_string(sm4_word));
    }
    if (card && file->database[0] != '\0') {
        (void)json_object_set_new(card, "database", json_string(file->database));
    }
    if (!card) {
        return why_say(why, ERR_OUTSIDE, "no memory for centre.json; end other programs");
    }
    char text[CARD_BYTES_MAX];
    size_t len = json_dumpb(card, text, sizeof text - 1, JSON_INDENT(2));
    json_decref(card);
    assert(len > 0 && len < sizeof text);
    text[len] = '\n';
    return files_write(path, bytes_of(text, len + 1), why);
}

static bool database_filled(const char *dir) {
    char path[PATH_ROOM];
    struct stat about;
    return stat(centre_path(path, dir, CENTRE_DATABASE), &about) == 0 && about.st_size > 0;
}

/* The first part that only work can have left there, or CENTRE_PARTS. */
static int trace_of_work(const char *dir) {
    char path[PATH_ROOM];
    int i = 0;
    while (i < CENTRE_PARTS
           && (!parts[i].work || !files_exist(centre_path(path, dir, (enum centre_part)i))
               || (parts[i].folder && files_folder_empty(path)))) {
        i++;
    }
    return i;
}

const char *centre_trace(const char *dir) {
    int trace = trace_of_work(dir);
    return trace == CENTRE_PARTS ? NULL : parts[trace].name;
}

const char *centre_database(char path[PATH_ROOM], const char *dir, const struct centre_file *file) {
    return file->database[0] ? file->database : centre_path(path, dir, CENTRE_DATABASE);
}

/* A centre that lost its card gets no other one: other keys, or another date, would then stand over
 * cards and books that exist. */
static enum err check_not_lost(const char *dir, struct why *why) {
    int trace = database_filled(dir) ? CENTRE_DATABASE : trace_of_work(dir);
    if (trace == CENTRE_PARTS) {
        return OK;
    }
    return why_say(why, ERR_CONFLICT,
        "%s is a centre that has lost its centre.json (%s is there); put that file back from a "
        "backup, or name another directory",
        dir, parts[trace].name);
}

/* Folders first and the card last: a directory is a centre from the moment in which centre.json is
 * there, and then everything else is. */
enum err centre_make(const char *dir, const struct centre_file *file, struct why *why) {
    char path[PATH_ROOM];
    enum err err = check_dir(dir, why);
    err = err ? err : check_file(file, why);
    if (err) {
        return err;
    }
    if (files_exist(centre_path(path, dir, CENTRE_CARD))) {
        return why_say(why, ERR_CONFLICT,
            "%s is a centre already; use it with --data %s, or name another directory", dir, dir);
    }
    /* What an interrupted attempt left behind begins with these folders, and may be gone on
     * with. */
    bool begun = files_exist(centre_path(path, dir, CENTRE_VAULT));
    if (files_exist(dir) && !begun && !files_folder_empty(dir)) {
        return why_say(why, ERR_CONFLICT,
            "%s holds something that is no centre; name an empty or a new directory", dir);
    }
    if (begun && (err = check_not_lost(dir, why)) != OK) {
        return err;
    }
    err = files_make_folder(dir, why);
    for (int i = 0; i < CENTRE_PARTS && !err; i++) {
        if (parts[i].folder) {
            err = files_make_folder(centre_path(path, dir, (enum centre_part)i), why);
        }
    }
    err = err ? err : write_card(centre_path(path, dir, CENTRE_CARD), file, why);
    return err ? why_add(why, err, "make the centre %s", dir) : OK;
}

/* The values of centre.json as jansson hands them out, before they are believed. */
struct card_values {
    const char *format, *name, *region, *keys, *database, *wallets;
    int rehearsal;
    json_int_t seed, date;
};

/* Nothing said is the usual. */
static bool read_keys(const char *word, struct centre_file *file) {
    file->keys = usual_keys(file->rehearsal);
    bool known = word == NULL;
    for (int keys = KEYS_IN_SEED; word && keys < KEYS_PLACES; keys++) {
        if (strcmp(word, keys_words[keys]) == 0) {
            file->keys = (enum centre_keys)keys;
            known = true;
        }
    }
    return known;
}

/* Believes nothing: lengths and ranges are checked before a value is copied, and *file is touched
 * only when all of them are good. */
static enum err take_values(
    const struct card_values *v, struct centre_file *file, struct why *why) {
    struct centre_file taken = {.rehearsal = v->rehearsal != 0, .sm4_wallets = v->wallets != NULL};
    if (strcmp(v->format, card_format) != 0) {
        return why_say(why, ERR_INVALID,
            "its format is \"%.40s\" where this program knows \"%s\"; use the program that made it",
            v->format, card_format);
    }
    if (strlen(v->name) >= sizeof taken.name || strlen(v->region) >= sizeof taken.region
        || v->seed < 0 || v->date < 0 || v->date > UINT32_MAX || !read_keys(v->keys, &taken)
        || (v->wallets && strcmp(v->wallets, sm4_word) != 0)) {
        return why_say(why, ERR_INVALID, "a value is out of its range; restore it from a backup");
    }
    if (v->database && (v->database[0] == '\0' || strlen(v->database) > CENTRE_ADDRESS_MAX)) {
        return why_say(why, ERR_INVALID,
            "its database's address is empty or too long; restore it from a backup");
    }
    (void)snprintf(taken.database, sizeof taken.database, "%s", v->database ? v->database : "");
    (void)memcpy(taken.name, v->name, strlen(v->name));
    (void)memcpy(taken.region, v->region, strlen(v->region));
    taken.seed = (uint64_t)v->seed;
    taken.date = (uint32_t)v->date;
    enum err err = check_file(&taken, why);
    if (!err) {
        *file = taken;
    }
    return err;
}

static enum err decode_card(
    const struct file_content *content, struct centre_file *file, struct why *why) {
    json_error_t trouble;
    struct card_values v = {0};
    json_t *card = json_loadb(
        (const char *)content->at, content->len, JSON_REJECT_DUPLICATES, &trouble);
    /* The last "!" refuses every key that is not named here. */
    if (!card
        || json_unpack_ex(card, &trouble, 0, "{s:s, s:s, s:s, s:b, s:I, s:I, s?s, s?s, s?s !}",
               "format", &v.format, "name", &v.name, "region", &v.region, "rehearsal", &v.rehearsal,
               "seed", &v.seed, "date", &v.date, "keys", &v.keys, "database", &v.database,
               "wallets", &v.wallets)
               != 0) {
        json_decref(card);
        return why_say(
            why, ERR_INVALID, "line %d: %s; restore it from a backup", trouble.line, trouble.text);
    }
    enum err err = take_values(&v, file, why);
    json_decref(card);
    return err;
}

enum err centre_read(const char *dir, struct centre_file *file, struct why *why) {
    char path[PATH_ROOM];
    FILE_CONTENT_SCOPE(content);
    enum err err = check_dir(dir, why);
    if (err) {
        return err;
    }
    err = files_read(centre_path(path, dir, CENTRE_CARD), CARD_BYTES_MAX, &content, why);
    if (err == ERR_NOT_FOUND) {
        return why_say(why, err,
            "%s is no centre (it has no centre.json); name one with --data, or make one with "
            "\"shebao init --rehearsal --data %s\"",
            dir, dir);
    }
    if (err) {
        return err; /* the sentence names the file */
    }
    err = decode_card(&content, file, why);
    return err ? why_add(why, err, "%s", path) : OK;
}

/* Without this a new and empty database would take the place of a lost one, and the next report
 * would speak of cards and money of which the books know nothing. */
static enum err check_database(const char *dir, struct why *why) {
    int trace = database_filled(dir) ? CENTRE_PARTS : trace_of_work(dir);
    if (trace == CENTRE_PARTS) {
        return OK;
    }
    return why_say(why, ERR_CONFLICT,
        "%s has lost its database (city.db is missing or empty, %s is there); put city.db back "
        "from a backup, or name another directory",
        dir, parts[trace].name);
}

/* The card is read first: the lock of something that is no centre would be a file left behind. */
enum err centre_open(struct centre *centre, const char *dir, enum centre_use use, struct why *why) {
    char path[PATH_ROOM];
    centre->lock = centre->lines = (struct lockfile){.held = false};
    enum err err = centre_read(dir, &centre->file, why);
    if (err) {
        return err;
    }
    (void)snprintf(centre->dir, sizeof centre->dir, "%s", dir);
    if (use != USE_LINES) {
        err = lockfile_take(&centre->lock, centre_path(path, dir, CENTRE_LOCK), why);
    }
    if (!err && use != USE_DESK) {
        err = lockfile_take(&centre->lines, centre_path(path, dir, CENTRE_LINES), why);
    }
    return err || centre->file.database[0] ? err : check_database(dir, why);
}

void centre_close(struct centre *centre) {
    lockfile_release(&centre->lines);
    lockfile_release(&centre->lock);
}

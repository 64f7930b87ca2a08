/* A folder of upload files into the open business day, in parts. */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/command.h"
#include "apps/day_ends.h"
#include "apps/day_parts.h"
#include "host/ending.h"
#include "host/options.h"
#include "host/progress.h"

struct intake_options {
    const char *folder, *data;
    struct vault_words words;
    bool dry_run, json;
};

static const struct option options[] = {
    {"FOLDER",    OPTION_PATH, offsetof(struct intake_options, folder),  NULL, NULL,
     "holds the files that terminals upload, taken in the order of their names", false},
    {"--dry-run", OPTION_FLAG, offsetof(struct intake_options, dry_run), NULL, NULL,
     "say what would become of them, and change nothing",                        false},
    OPTIONS_VAULT(struct intake_options, words),
    OPTION_DATA(struct intake_options, data),
    OPTION_JSON(struct intake_options, json),
};

static const struct usage usage = {.command = "day intake",
    .help = "Takes all upload files of a folder into the open business day, in parts (分区入账): "
            "what becomes of\n"
            "each record is what day take makes of it, its end is kept in a sealed segment, and "
            "the books get\n"
            "one posting a card. A day is taken once; the same folder again changes nothing, also "
            "after a\n"
            "kill. Files beginning with a dot are left alone.",
    .options = options,
    .count = sizeof options / sizeof options[0]};

/* --- the folder
 * ---------------------------------------------------------------------------------- */

/* Names in the order of their bytes, whatever the locale. */
struct folder {
    struct dirent **entries;
    int entry_count;
    char **paths;
    size_t count;
};

static int not_hidden(const struct dirent *e) {
    return e->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void folder_free(struct folder *f) {
    for (int i = 0; i < f->entry_count; i++) {
        free(f->entries[i]);
    }
    for (size_t i = 0; i < f->count; i++) {
        free(f->paths[i]);
    }
    free(f->entries);
    free(f->paths);
}

/* An ordinary file of the folder joins the list; folders in it are somebody else's. */
static enum err add_path(struct folder *f, const char *folder, const char *name, struct why *why) {
    char path[PATH_ROOM];
    struct stat st;
    assert(f->paths);
    if (!files_join(path, folder, name)) {
        return why_say(why, ERR_INVALID, "the name of %s is too long", name);
    }
    if (stat(path, &st) != 0) {
        return files_trouble(why, "look at", path);
    }
    if (S_ISREG(st.st_mode)) {
        f->paths[f->count] = strdup(path);
        if (!f->paths[f->count]) {
            return why_say(why, ERR_OUTSIDE, "no memory for names of files; end other programs");
        }
        f->count++;
    }
    return OK;
}

static enum err folder_read(struct folder *f, const char *folder, struct why *why) {
    f->entry_count = scandir(folder, &f->entries, not_hidden, by_bytes);
    if (f->entry_count < 0) {
        f->entry_count = 0;
        return why_say(why, ERR_NOT_FOUND, "cannot read %s: %s; name a folder of upload files",
            folder, strerror(errno));
    }
    f->paths = calloc((size_t)f->entry_count + 1, sizeof *f->paths);
    enum err err = f->paths ? OK : why_say(why, ERR_OUTSIDE, "no memory for names of files");
    for (int i = 0; !err && i < f->entry_count; i++) {
        err = add_path(f, folder, f->entries[i]->d_name, why);
    }
    return err;
}

/* --- the vault
 * ----------------------------------------------------------------------------------- */

/* A line to it for each worker; more of them than cores, for half of them may wait for the disk. */
enum { WORKERS = 4 };

struct lines {
    struct vault each[WORKERS];
};

static void lines_close(struct lines *lines) {
    for (size_t i = 0; i < WORKERS; i++) {
        if (lines->each[i].close) {
            lines->each[i].close(lines->each[i].self);
        }
    }
}

/* --- the command
 * --------------------------------------------------------------------------------- */

static void tell_progress(void *cookie, uint64_t records) {
    progress_at(cookie, records);
}

static void print_taken(const struct intake_options *given, const struct parts_taken *t) {
    if (given->json) {
        (void)printf("{\"day\": %" PRIu32
                     ", \"again\": %s, \"dry_run\": %s, \"files_taken\": %" PRIu64
                     ", \"files_known\": %" PRIu64 ", \"files_bad\": %" PRIu64 ", \"first_bad\": ",
            t->day, t->again ? "true" : "false", given->dry_run ? "true" : "false", t->files_taken,
            t->files_known, t->files_bad);
        day_json_text(t->first_bad);
        (void)printf(", ");
        day_ends_json(&t->figures);
        (void)printf("}\n");
        return;
    }
    (void)printf("%" PRIu32 ": %s%" PRIu64 " files taken, %" PRIu64 " known before, %" PRIu64
                 " bad; %" PRIu64 " records\n",
        t->day,
        t->again         ? "taken in before: "
        : given->dry_run ? "it would come to this: "
                         : "",
        t->files_taken, t->files_known, t->files_bad, t->figures.records);
    if (t->first_bad[0] != '\0') {
        (void)printf("the first bad one: %s\n", t->first_bad);
    }
    day_ends_print(&t->figures);
}

static enum err take_files(struct day_desk *desk, const struct intake_options *given,
    const struct folder *folder, struct parts_taken *taken, struct why *why) {
    enum err err = day_parts_begin(desk, why);
    if (err) {
        return err;
    }
    struct progress bar = progress_begin("books", "records", 0, given->json);
    const struct parts_taking order = {.c = &desk->clearing,
        .parts = &desk->parts,
        .folder = desk->segment_dir,
        .files = (const char *const *)folder->paths,
        .file_count = folder->count,
        .vaults = desk->clearing.vault,
        .workers = WORKERS,
        .dry_run = given->dry_run,
        .cookie = &bar,
        .told = tell_progress};
    err = parts_take(&order, taken, why);
    if (err) {
        progress_abandon(&bar);
    } else {
        (void)progress_end(&bar);
    }
    return err;
}

static enum err take_folder(struct day_desk *desk, const struct intake_options *given,
    struct parts_taken *taken, struct why *why) {
    struct folder folder = {.entries = NULL};
    enum err err = folder_read(&folder, given->folder, why);
    err = err ? err : take_files(desk, given, &folder, taken, why);
    folder_free(&folder);
    return err;
}

int day_intake_command(int argc, char **argv) {
    struct intake_options given;
    struct parts_taken taken;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    __attribute__((cleanup(lines_close))) struct lines lines = {.each = {{.self = NULL}}};
    DAY_DESK_SCOPE(desk);
    desk.city.use = USE_ALONE; /* it writes for longer than terminals wait */
    enum err err = vault_desk_open(given.data, &given.words, lines.each, WORKERS, &why);
    err = err ? err : day_desk_open(&desk, given.data, false, &why);
    desk.clearing.vault = lines.each;
    err = err ? err : take_folder(&desk, &given, &taken, &why);
    if (err) {
        return (int)ending_tell(err, &why);
    }
    print_taken(&given, &taken);
    return ENDING_DONE;
}

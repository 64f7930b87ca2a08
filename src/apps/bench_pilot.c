#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/bench_figure.h"
#include "apps/command.h"
#include "apps/pilot_desk.h"
#include "apps/rack.h"
#include "host/clock.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"

/* The yardstick: as many files of a chip's size as the pilot made cards, written and forced to the
 * disk in the same folder by nothing but the system. What the pilot takes longer is its own work. */

struct bench_options {
    const char *people, *folder;
    int64_t seed;
    bool json;
};

static const struct option options[] = {
    {"--people", OPTION_PATH,   offsetof(struct bench_options, people), "FILE",
     "data/pilot-people.csv",                                                           "people, as the social-insurance core sends them", false},
    {"--seed",   OPTION_NUMBER, offsetof(struct bench_options, seed),   NULL,   "1",
     "what test keys and everything drawn by chance come from",                                                                            false},
    {"--folder", OPTION_PATH,   offsetof(struct bench_options, folder), "DIR",  "/tmp",
     "where a folder for the centre is made and removed again",                                                                            false},
    OPTION_JSON(struct bench_options, json),
};

static const struct usage usage = {
    .command = "bench pilot",
    .help = "Times the pilot from an empty directory to its proof, against the bare writing of as "
            "many files.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

enum { OPEN_FOLDERS = 16, BUSINESS_DAY = 20031008 };
static const double seconds_target = 60;

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_all(const char *folder) {
    (void)nftw(folder, remove_one, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

static bool write_chip_file(const char *folder, uint64_t i) {
    static const uint8_t cells[RACK_CHIP_SIZE];
    char path[PATH_ROOM];
    char name[32];
    (void)snprintf(name, sizeof name, "bare-%llu", (unsigned long long)i);
    if (!files_join(path, folder, name)) {
        return false;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = fd >= 0 && write(fd, cells, sizeof cells) == (ssize_t)sizeof cells;
    good = fd >= 0 && close(fd) == 0 && good;
    return good;
}

static enum err bare_files(const char *folder, uint64_t count, double *seconds, struct why *why) {
    uint64_t began = clock_ns();
    bool good = true;
    for (uint64_t i = 0; good && i < count; i++) {
        good = write_chip_file(folder, i);
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    good = good && fd >= 0 && syncfs(fd) == 0;
    enum err err = good ? OK : files_trouble(why, "write files in", folder);
    if (fd >= 0) {
        (void)close(fd);
    }
    *seconds = clock_seconds_since(began);
    return err;
}

static enum err measure(const struct bench_options *given, const char *folder,
    struct bench_figure *figure, struct why *why) {
    char dir[PATH_ROOM];
    char story[FIGURES_STORY_ROOM];
    if (!files_join(dir, folder, "centre")) {
        return why_say(why, ERR_CONFLICT, "--folder is too long; name another");
    }
    struct pilot_order order = {.people = given->people,
        .dir = dir,
        .seed = (uint64_t)given->seed,
        .date = BUSINESS_DAY,
        .quiet = given->json};
    struct pilot_figures figures;
    uint64_t began = clock_ns();
    enum err err = pilot_at_desk(&order, NULL, &figures, why);
    figure->value = clock_seconds_since(began);
    if (!err && !figures_balance(&figures, story)) {
        return why_say(why, ERR_CONFLICT, "the pilot %s", story);
    }
    return err ? err : bare_files(folder, figures.cards.made, &figure->yardstick_value, why);
}

int bench_pilot_command(int argc, char **argv) {
    struct bench_options given;
    struct why why = {0};
    char folder[PATH_ROOM];
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    struct bench_figure figure = {.name = "pilot, from an empty directory to its proof",
        .unit = "s",
        .yardstick = "as many bare files of a chip's size, written and synced",
        .most_value = seconds_target};
    if (!files_join(folder, given.folder, "shebao-bench-XXXXXX") || !mkdtemp(folder)) {
        return (int)ending_tell(files_trouble(&why, "make a folder in", given.folder), &why);
    }
    enum err err = measure(&given, folder, &figure, &why);
    remove_all(folder);
    return err ? (int)ending_tell(err, &why) : bench_report("pilot", &figure, 1, given.json);
}

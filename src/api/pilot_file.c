#include "api/pilot_file.h"

#include "host/centre.h"

/* The first of the two that is there. Between the two looks the pilot may end: then pilot.json is
 * missed and pilot.state.json, which stays, is shown once more. */
enum err pilot_file_read(
    const char *dir, struct file_content *content, bool *running, struct why *why) {
    static const enum centre_part files[] = {CENTRE_FIGURES, CENTRE_PROGRESS};
    char path[PATH_ROOM];
    enum err err = ERR_NOT_FOUND;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && err == ERR_NOT_FOUND; i++) {
        *running = files[i] == CENTRE_PROGRESS;
        err = files_read(centre_path(path, dir, files[i]), PILOT_FILE_BYTES_MAX, content, why);
    }
    if (err == ERR_NOT_FOUND) {
        *running = false;
        return why_say(why, err,
            "there are no figures yet; run \"shebao pilot --people FILE --data %s\"", dir);
    }
    return err;
}

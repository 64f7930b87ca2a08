#include "api/figures.h"

#include "host/centre.h"

enum err figures_read(
    const char *dir, struct file_content *content, bool *running, struct why *why) {
    char path[PATH_ROOM];
    *running = true;
    enum err err = files_read(
        centre_path(path, dir, CENTRE_PROGRESS), FIGURES_BYTES_MAX, content, why);
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    *running = false;
    err = files_read(centre_path(path, dir, CENTRE_FIGURES), FIGURES_BYTES_MAX, content, why);
    return err == ERR_NOT_FOUND ? why_say(why, err,
               "there are no figures yet; run \"shebao pilot --people FILE --data %s\"", dir)
                                : err;
}

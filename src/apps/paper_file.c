#include "apps/paper_file.h"

#include <assert.h>

enum err paper_file_open(
    struct paper_file *paper, const char *path, const struct paper_head *head, struct why *why) {
    assert(!paper->paper);
    enum err err = new_file_begin(&paper->file, path, why);
    return err ? err : paper_open(paper->file.stream, head, &paper->paper, why);
}

enum err paper_file_keep(struct paper_file *paper, struct why *why) {
    assert(paper->paper);
    enum err err = paper_end(paper->paper, why);
    paper_close(paper->paper);
    paper->paper = NULL;
    return err ? err : new_file_keep(&paper->file, why);
}

/* The paper first: it writes to the stream until it is closed. */
void paper_file_drop(struct paper_file *paper) {
    paper_close(paper->paper);
    paper->paper = NULL;
    new_file_drop(&paper->file);
}

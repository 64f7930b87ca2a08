/* A paper as a file: whole or absent, its owner's alone. [faces/paper.h] */
#pragma once

#include "faces/paper.h"
#include "host/files.h"

struct paper_file {
    struct new_file file;
    struct paper *paper;
};

/* Opens the paper on a file that is to stand at path; head is borrowed until the end. Errors are those
 * of new_file_begin() and paper_open(). */
enum err paper_file_open(
    struct paper_file *paper, const char *path, const struct paper_head *head, struct why *why);

/* Ends the paper, and the file takes its place. */
enum err paper_file_keep(struct paper_file *paper, struct why *why);

void paper_file_drop(struct paper_file *paper);
#define PAPER_FILE_SCOPE(name)                                                                     \
    __attribute__((cleanup(paper_file_drop))) struct paper_file name = {.paper = NULL}

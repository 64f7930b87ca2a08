/* How the program ends: the one list of exit statuses, for people, scripts and tests alike.
 *
 * Every command returns one of these and says on standard error, in one sentence with its next
 * step, why it is not ENDING_DONE. */
#pragma once

#include "host/why.h"

enum ending {
    ENDING_DONE = 0,   /* all that was asked is done */
    ENDING_MISSED = 1, /* done, but a target was missed or the books do not balance */
    ENDING_USAGE =
        2, /* wrong arguments, or the thing they name is not there or not in that state */
    ENDING_STRICT = 3,  /* done, but --strict was given and some lines were refused */
    ENDING_FILE = 4,    /* an input file is torn, of another kind, or not in its character set */
    ENDING_OUTSIDE = 5, /* disk, port, database or reader let us down; trying again may help */
};

/* The ending that an error deserves when nothing better is known: ERR_INVALID is a bad input file,
 * ERR_OUTSIDE trouble outside, the others name something that is not so. */
enum ending ending_of(enum err err);

/* Tells the story on standard error as "shebao: ..." and returns ending_of(err). Says nothing and
 * returns ENDING_DONE for OK. */
enum ending ending_tell(enum err err, const struct why *why);

/* For the part of a command that looks at words while another part reads a stranger's file: ERR_INVALID
 * is a wrong word here, and becomes ERR_CONFLICT; the others stay. [decision 0064] */
enum err err_of_words(enum err err);

/* ending_tell() for a command that was given words and no file: ERR_INVALID is a wrong
 * word there, and so ENDING_USAGE. [decision 0064] */
enum ending ending_tell_words(enum err err, const struct why *why);

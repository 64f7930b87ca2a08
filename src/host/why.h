/* Why something failed, told by every level that knew something about it.
 *
 * The failing function says what went wrong; each caller on the way up may put its own context in
 * front. Nothing is allocated and nothing is global: the outermost caller owns the struct. */
#pragma once

enum err {
    OK = 0,
    ERR_INVALID,   /* the request is wrong, whoever repeats it will fail again */
    ERR_NOT_FOUND, /* no such thing */
    ERR_CONFLICT,  /* the thing is not in the state that the request assumes */
    ERR_DENIED,    /* the caller may not */
    ERR_OUTSIDE,   /* database, reader, network, disk or card let us down; trying again may help */
};

/* text says what was expected, where, and what to do next, in one or two sentences. */
struct why {
    char text[480];
};

/* Starts the story. Returns err, so that "return why_say(...)" is the whole failure path. */
enum err why_say(struct why *why, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts context and ": " in front of what is already said, unless there is no room for it, and
 * returns err unchanged. */
enum err why_add(struct why *why, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

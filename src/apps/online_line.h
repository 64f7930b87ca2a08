/* A terminal's line to the centre: the functions of terminal/centre_line.h over a socket.
 *
 * One question at a time, and its answer is waited for. Whatever goes wrong on the way is
 * ERR_OUTSIDE: the terminal does not know then whether the centre has heard, and asks the same
 * again, which the centre answers as the first time. The line is taken up anew by itself at the
 * next question. */
#pragma once

#include "api/line_server.h"
#include "clearing/online_message.h"
#include "terminal/centre_line.h"

enum { ONLINE_WAIT_MS = 10000 }; /* for an answer */

/* The caller owns it and fills in the first three; key is secret, and wiped by
 * online_line_close(). */
struct online_line {
    struct line_place place; /* borrowed */
    uint8_t terminal[TERMINAL_LEN];
    uint8_t key[ONLINE_KEY_LEN]; /* the terminal's line key */
    bool up;
    int fd;
    uint32_t number; /* of the last question */
    struct online_session session;
};

/* The table of functions over it; the line must outlive every terminal that has it. */
struct centre_line online_line_table(struct online_line *line);

/* Asks one question, whatever it is. OK means that *answer is the centre's, a refusal included. */
enum err online_line_ask(struct online_line *line, struct online_request *request,
    struct online_answer *answer, struct why *why);

/* Ends it. */
void online_line_close(struct online_line *line);

/* What the server answers, without a word of sockets: a request comes in, a reply goes out.
 *
 * Who may ask for what, how, and with how much data stands in one table; a handler only does and
 * encodes. Errors become HTTP's statuses in one place and carry a code and a sentence in Chinese
 * and in English. Nothing here changes a centre, so any number of threads may answer at once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the centre's vault is just now, as the page shows it. The texts are static, or self's. */
struct vault_state {
    bool answers;        /* it was asked for a sign of life, and gave one */
    const char *zh, *en; /* where its keys are */
    int64_t process;     /* its number */
    char story[256];     /* why it does not answer */
};

/* The centre whose figures are shown. */
struct api {
    const char *dir; /* borrowed for as long as anybody answers */
    /* Looks at the vault of the server; any thread may call it. NULL: there is none to show. */
    void (*vault)(void *self, struct vault_state *out);
    void *self;
};

enum method { METHOD_GET, METHOD_OTHER };

struct request {
    enum method method; /* HEAD comes as METHOD_GET: the server drops the body */
    const char *path;   /* without a query, as the client sent it */
    size_t body_len;    /* what the client sends along */
};

struct reply {
    unsigned status;
    const char *kind;  /* the Content-Type */
    const char *allow; /* for status 405: what would be allowed; else NULL */
    const char *route; /* the path of the route that answered, for the log; "" when none did */
    char *body;        /* owned; freed by reply_free() */
    size_t body_len;
};

/* Always makes a whole reply, if only one that says what is wrong. */
void api_answer(const struct api *api, const struct request *request, struct reply *reply);

/* A reply that refuses before any route was asked: status and sentences as api_answer() would. */
void api_refuse(unsigned status, struct reply *reply);

void reply_free(struct reply *reply);

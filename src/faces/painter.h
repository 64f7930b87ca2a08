/* The painter: a process of its own that draws, and looks at what strangers sent. [architecture:
 * processes; decision 0046]
 *
 * Fonts, pictures and the libraries that read them are large, and a picture may have been made by
 * somebody who wants in. So they are handled by a child that opens what it needs (fonts), enters a
 * cage (host/cage.h: no file, no network, no other process from then on), and only then answers. Its
 * memory is limited, and an answer that takes longer than PAINTER_ASK_MS ends it.
 *
 *     static const struct painter_skill *skills[] = {&card_face_skill};
 *     struct painter *painter = NULL;
 *     err = painter_open(skills, 1, &painter, why);
 *     err = painter_ask(painter, PAINT_FACE, request, &picture, why);
 *     painter_close(painter);
 *
 * A kind of request is a line of painter_kind.def; a skill is who answers it. Request and answer are
 * bytes that the skill's own folder defines, writes and reads on both ends: the painter looks at
 * neither. A skill takes its request for hostile; who asked takes the answer for hostile, too: a
 * child that a picture took over may answer anything.
 *
 * Messages, over a socket pair: length (4 bytes, the whole message), kind (1), bytes of the request
 * (4); back length (4), enum err (1), bytes of the answer (4). The bytes themselves, which may be
 * many, lie in memory that both ends see; the answer is copied out before anybody reads it.
 *
 * Death: when the process ends, whatever ended it, the request under way answers ERR_OUTSIDE with
 * one sentence that says how it ended, and the next request starts a new process by itself. Nothing
 * is kept between two requests, so a batch goes on at the next card.
 *
 * One thread for one painter. It is made by fork(): open it before the caller starts threads where
 * there is a choice. When the caller's process ends, the kernel ends the painter's. */
#pragma once

#include <sys/types.h>

#include "base/builder.h"
#include "host/why.h"

enum painter_kind {
#define PAINTER_KIND(member, text) PAINT_##member,
#include "faces/painter_kind.def"
    PAINTER_KINDS
};

enum {
    PAINTER_REQUEST_MAX = 8 << 20, /* bytes of a request */
    PAINTER_ANSWER_MAX = 24 << 20, /* bytes of an answer */
    PAINTER_MEMORY_MB = 512,       /* that the process may write to, beside what it shares */
    PAINTER_ASK_MS = 10000,        /* for one answer */
};

/* How one kind of request is answered, inside the child. A struct of constants. */
struct painter_skill {
    enum painter_kind kind;
    /* Opens what the work needs, before the cage: the last moment at which a file can be opened.
     * *tools is handed to work(), and freed by nobody: the process ends with them. NULL when there is
     * nothing to open. */
    enum err (*prepare)(void **tools, struct why *why);
    /* Answers one request, which stays as it is until work() returns. What goes
     * to out (of PAINTER_ANSWER_MAX bytes) is the answer; out that overflowed is refused with a
     * sentence. An error's sentence travels to whoever asked. */
    enum err (*work)(void *tools, struct bytes request, struct builder *out, struct why *why);
};

struct painter;

/* Starts the process with these skills (1 to PAINTER_KINDS, one for a kind at most; borrowed as long
 * as the painter is open) and waits until it is caged. ERR_OUTSIDE when the system gives no process or
 * no cage; otherwise what a skill's prepare() said. *out is NULL after a failure. */
enum err painter_open(
    const struct painter_skill *const *skills, size_t count, struct painter **out, struct why *why);

/* Asks, waits, and lends the answer until the next request or the end. Errors are the skill's, or
 * ERR_OUTSIDE when the process ended or could not be started again; ERR_INVALID when the request is
 * longer than PAINTER_REQUEST_MAX. After an error *answer is empty. A kind without a skill is the
 * caller's own mistake: asserted. */
enum err painter_ask(struct painter *painter, enum painter_kind kind, struct bytes request,
    struct bytes *answer, struct why *why);

/* Hangs up and waits for the process to end. NULL does nothing. */
void painter_close(struct painter *painter);

/* The number of the process, for those who watch it; 0 when it has ended and was not started again. */
pid_t painter_process_id(const struct painter *painter);

/* "card face": the kind for people. Static. */
const char *painter_kind_text(enum painter_kind kind);

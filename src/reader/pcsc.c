#include "reader/pcsc.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <winscard.h>

#include "host/clock.h"
#include "reader/errand.h"
#include "reader/pcsc_trouble.h"

enum {
    SETTLE_MS = 2000, /* how long a card that was just put in may answer strangely */
    PAUSE_MS = 50,    /* between two tries of that time */
    LEAVE_MS = 1000,  /* for letting go of the card at the end */
    COMMAND_MIN = 2,  /* one byte is no command but power [readers.md 1.3] */
    ANSWER_ROOM = MAX_BUFFER_SIZE,
    NAMES_ROOM = PCSC_READERS_MAX * PCSC_NAME_ROOM + 2, /* their end, and one of our own */
    SAID_ROOM = 300,                                    /* names of readers in a sentence */
    NS_PER_MS = 1000000,
};
_Static_assert(PCSC_READERS_MAX == PCSCLITE_MAX_READERS_CONTEXTS, "all readers of a pcscd");
_Static_assert(PCSC_NAME_ROOM >= MAX_READERNAME, "and their whole names");
_Static_assert(ATR_MAX == MAX_ATR_SIZE, "an answer to reset fits");

/* Where a card sits: everything that PC/SC's functions touch. It belongs to the thread of an
 * errand, and to its caller only while no work is under way. */
struct seat {
    char name[PCSC_NAME_ROOM]; /* as wished; after seat_find() the reader's whole name */
    unsigned wait_ms;
    SCARDCONTEXT context;
    SCARDHANDLE card;
    bool has_context, has_card;
    DWORD protocol;
    uint8_t atr[ATR_MAX];
    DWORD atr_len;
    uint8_t line[APDU_MAX];
    size_t line_len;
    uint8_t answer[ANSWER_ROOM];
    DWORD answer_len;
    struct pcsc_slot slots[PCSC_READERS_MAX];
    size_t slot_count;
    enum err err; /* how the last work ended */
    struct why why;
};

/* The caller's side. */
struct pcsc {
    struct errand *errand; /* NULL after one that was late */
    struct seat *seat;     /* the errand's; NULL with it */
    char name[PCSC_NAME_ROOM];
    unsigned wait_ms, answer_ms;
    bool powered; /* false until reset(), and again once the card has gone */
};

/* --- work of the thread: reader -------------------------------------------------------------- */

static void card_release(struct seat *s, DWORD how) {
    assert(!s->has_card || s->has_context);
    if (s->has_card) {
        (void)SCardDisconnect(s->card, how);
        s->has_card = false;
    }
}

static void context_release(struct seat *s) {
    card_release(s, SCARD_UNPOWER_CARD);
    if (s->has_context) {
        (void)SCardReleaseContext(s->context);
        s->has_context = false;
    }
}

static LONG context_open(struct seat *s) {
    context_release(s);
    LONG rc = SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &s->context);
    s->has_context = rc == SCARD_S_SUCCESS;
    return rc;
}

static void seat_drop(void *subject) {
    struct seat *s = subject;
    context_release(s);
    free(s);
}

/* PC/SC's lists are names one behind another, each with its end, and an empty one. */
static const char *name_after(const char *name) {
    return name + strlen(name) + 1;
}

/* All names, always with the end of the list. */
static LONG names_read(struct seat *s, char names[NAMES_ROOM]) {
    DWORD len = NAMES_ROOM - 1;
    (void)memset(names, 0, NAMES_ROOM);
    LONG rc = s->has_context ? SCARD_S_SUCCESS : context_open(s);
    rc = rc ? rc : SCardListReaders(s->context, NULL, names, &len);
    return rc == SCARD_S_SUCCESS && !*names ? SCARD_E_NO_READERS_AVAILABLE : rc;
}

/* What the wish fits among the names. */
struct fit {
    const char *exact, *begins;
    unsigned begin_count;
};

static struct fit fit_of(const char *names, const char *wanted) {
    assert(wanted);
    struct fit fit = {0};
    for (const char *name = names; *name; name = name_after(name)) {
        if (strcmp(name, wanted) == 0) {
            fit.exact = name;
        }
        if (strncmp(name, wanted, strlen(wanted)) == 0) {
            fit.begins = name;
            fit.begin_count++;
        }
    }
    return fit;
}

/* The names for a sentence: "a", "b". What has no room is left out. */
static void names_said(const char *names, char said[SAID_ROOM]) {
    assert(names);
    size_t len = 0;
    said[0] = 0;
    for (const char *name = names; *name; name = name_after(name)) {
        size_t more = strlen(name) + (len > 0 ? 4 : 2);
        if (len + more >= SAID_ROOM) {
            break;
        }
        len += (size_t)snprintf(said + len, SAID_ROOM - len, "%s\"%s\"", len ? ", " : "", name);
    }
}

/* The reader that is meant: the first one, the one of that name, the only one that begins so. */
static enum err name_pick(const char *names, char name[PCSC_NAME_ROOM], struct why *why) {
    char said[SAID_ROOM];
    struct fit fit = fit_of(names, name);
    const char *meant = !*name ? names : fit.exact ? fit.exact : fit.begins;
    names_said(names, said);
    if (!meant) {
        return why_say(
            why, ERR_NOT_FOUND, "no reader is called \"%.64s\"; there is %s", name, said);
    }
    if (*name && !fit.exact && fit.begin_count > 1) {
        return why_say(why, ERR_CONFLICT, "%u readers are called \"%.64s\"; say which: %s",
            fit.begin_count, name, said);
    }
    (void)snprintf(name, PCSC_NAME_ROOM, "%.*s", PCSC_NAME_ROOM - 1, meant); /* MAX_READERNAME */
    return OK;
}

static void seat_find(void *subject) {
    struct seat *s = subject;
    char names[NAMES_ROOM];
    LONG rc = names_read(s, names);
    s->err = rc ? pcsc_trouble_say(&s->why, rc, NULL) : name_pick(names, s->name, &s->why);
}

static struct pcsc_slot slot_of(const SCARD_READERSTATE *state) {
    struct pcsc_slot slot = {
        .card = (state->dwEventState & SCARD_STATE_PRESENT) != 0,
        .mute = (state->dwEventState & SCARD_STATE_MUTE) != 0,
        .in_use = (state->dwEventState & (SCARD_STATE_EXCLUSIVE | SCARD_STATE_INUSE)) != 0,
        .atr_len = state->cbAtr <= ATR_MAX ? state->cbAtr : 0,
    };
    (void)snprintf(slot.name, sizeof slot.name, "%s", state->szReader);
    (void)memcpy(slot.atr, state->rgbAtr, slot.atr_len);
    return slot;
}

static void seat_survey(void *subject) {
    struct seat *s = subject;
    char names[NAMES_ROOM];
    SCARD_READERSTATE states[PCSC_READERS_MAX] = {0};
    DWORD count = 0;
    LONG rc = names_read(s, names);
    for (const char *name = names; !rc && *name && count < PCSC_READERS_MAX;
         name = name_after(name)) {
        states[count++].szReader = name;
    }
    rc = rc ? rc : SCardGetStatusChange(s->context, 0, states, count);
    for (DWORD i = 0; !rc && i < count; i++) {
        s->slots[i] = slot_of(&states[i]);
    }
    s->slot_count = rc ? 0 : count;
    s->err = rc ? pcsc_trouble_say(&s->why, rc, NULL) : OK;
}

/* --- work of the thread: card ---------------------------------------------------------------- */

static DWORD ms_until(uint64_t moment_ns) {
    uint64_t now = clock_ns();
    return now < moment_ns ? (DWORD)((moment_ns - now) / NS_PER_MS) : 0;
}

/* Waits until something is in the reader, and looks at least once. */
static LONG card_await(struct seat *s, uint64_t until_ns) {
    SCARD_READERSTATE state = {.szReader = s->name, .dwCurrentState = SCARD_STATE_UNAWARE};
    for (;;) {
        DWORD left_ms = ms_until(until_ns);
        LONG rc = SCardGetStatusChange(s->context, left_ms, &state, 1);
        if (rc) {
            return rc == SCARD_E_TIMEOUT ? SCARD_E_NO_SMARTCARD : rc;
        }
        if (state.dwEventState & (SCARD_STATE_UNKNOWN | SCARD_STATE_UNAVAILABLE)) {
            return SCARD_E_READER_UNAVAILABLE;
        }
        if (state.dwEventState & SCARD_STATE_PRESENT) {
            return SCARD_S_SUCCESS;
        }
        if (left_ms == 0) {
            return SCARD_E_NO_SMARTCARD;
        }
        state.dwCurrentState = state.dwEventState;
    }
}

/* Connecting gives power only to a card that had none, so it is reset besides: whatever somebody
 * proved to it before is to be forgotten. */
static LONG card_connect(struct seat *s) {
    assert(s->has_context);
    const DWORD protocols = SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1;
    DWORD state = 0;
    LONG rc = SCARD_S_SUCCESS;
    if (!s->has_card) {
        rc = SCardConnect(
            s->context, s->name, SCARD_SHARE_EXCLUSIVE, protocols, &s->card, &s->protocol);
        s->has_card = rc == SCARD_S_SUCCESS;
    }
    rc = rc ? rc
            : SCardReconnect(
                s->card, SCARD_SHARE_EXCLUSIVE, protocols, SCARD_RESET_CARD, &s->protocol);
    s->atr_len = sizeof s->atr;
    rc = rc ? rc : SCardStatus(s->card, NULL, NULL, &state, NULL, s->atr, &s->atr_len);
    if (rc) {
        card_release(s, SCARD_LEAVE_CARD);
    }
    return rc;
}

/* What goes by itself: a card that is just being put in or pulled while it gets its power, a program
 * that is just leaving. */
static bool passes(LONG rc) {
    enum pcsc_cause cause = pcsc_cause_of(rc);
    return cause == PCSC_CARD_GONE || cause == PCSC_CARD_SILENT || cause == PCSC_IN_USE;
}

static void pause_a_little(void) {
    const struct timespec pause = {.tv_nsec = (long)PAUSE_MS * NS_PER_MS};
    (void)nanosleep(&pause, NULL);
}

static LONG card_power(struct seat *s) {
    uint64_t card_until = clock_ns() + (uint64_t)s->wait_ms * NS_PER_MS;
    uint64_t settled_until = card_until + (uint64_t)SETTLE_MS * NS_PER_MS;
    bool seen = false;
    for (;;) {
        LONG rc = card_await(s, card_until);
        seen = seen || rc == SCARD_S_SUCCESS;
        rc = rc ? rc : card_connect(s);
        if (!passes(rc) || !seen || clock_ns() >= settled_until) {
            return rc;
        }
        pause_a_little();
    }
}

/* A pcscd that was started anew knows nothing of us: once, the line to it is made anew, too. */
static void seat_power(void *subject) {
    struct seat *s = subject;
    LONG rc = s->has_context ? SCARD_S_SUCCESS : context_open(s);
    rc = rc ? rc : card_power(s);
    if (pcsc_cause_of(rc) == PCSC_NO_DAEMON) {
        rc = context_open(s);
        rc = rc ? rc : card_power(s);
    }
    if (rc == SCARD_E_NO_SMARTCARD) {
        s->err = why_say(&s->why, ERR_OUTSIDE, "%s: there is no card in it; put one in", s->name);
    } else {
        s->err = rc ? pcsc_trouble_say(&s->why, rc, s->name) : OK;
    }
}

/* A card that has gone is let go at once and as it is: pcscd, asked to take the power from an empty
 * reader, may overlook the card that is put in next. */
static void seat_transmit(void *subject) {
    struct seat *s = subject;
    assert(s->line_len >= COMMAND_MIN);
    s->answer_len = sizeof s->answer;
    LONG rc = SCardTransmit(s->card, s->protocol == SCARD_PROTOCOL_T1 ? SCARD_PCI_T1 : SCARD_PCI_T0,
        s->line, s->line_len, NULL, s->answer, &s->answer_len);
    s->err = rc ? pcsc_trouble_say(&s->why, rc, s->name) : OK;
    if (rc) {
        card_release(s, SCARD_LEAVE_CARD);
    }
}

/* --- the caller's side ----------------------------------------------------------------------- */

/* A thread with a seat of its own. */
static enum err pcsc_begin(struct pcsc *p, struct why *why) {
    assert(!p->errand);
    struct seat *s = calloc(1, sizeof *s);
    if (!s) {
        (void)why_say(why, ERR_OUTSIDE, "no memory for a reader; end other programs and repeat");
        return ERR_OUTSIDE;
    }
    s->wait_ms = p->wait_ms;
    (void)memcpy(s->name, p->name, sizeof s->name);
    enum err err = errand_open(s, seat_drop, &p->errand, why);
    if (err) {
        free(s);
        return err;
    }
    p->seat = s;
    return OK;
}

static void pcsc_end(struct pcsc *p) {
    errand_close(p->errand, LEAVE_MS);
    p->errand = NULL;
    p->seat = NULL;
    p->powered = false;
}

/* Has the thread do one thing, and gives the thread up when it does not come back. */
static enum err pcsc_do(
    struct pcsc *p, void (*work)(void *subject), unsigned limit_ms, struct why *why) {
    assert(work);
    if (!errand_run(p->errand, work, limit_ms)) {
        pcsc_end(p);
        (void)why_say(why, ERR_OUTSIDE,
            "%s: no answer within %u s; take the card out, which frees the reader, put it in again "
            "and repeat",
            *p->name ? p->name : "pcscd", limit_ms / 1000);
        return ERR_OUTSIDE;
    }
    if (p->seat->err) {
        *why = p->seat->why;
    }
    return p->seat->err;
}

static enum err pcsc_reset(void *self, uint8_t atr[ATR_MAX], size_t *atr_len, struct why *why) {
    struct pcsc *p = self;
    enum err err = p->errand ? OK : pcsc_begin(p, why);
    p->powered = false;
    err = err ? err : pcsc_do(p, seat_power, p->wait_ms + SETTLE_MS + p->answer_ms, why);
    if (err) {
        return err;
    }
    assert(p->seat->atr_len <= ATR_MAX);
    *atr_len = p->seat->atr_len;
    (void)memcpy(atr, p->seat->atr, *atr_len);
    p->powered = true;
    return OK;
}

/* T=0 has no command with data and Le: the card announces its answer. [ISO/IEC 7816-3 12.2.5] */
static size_t len_over_t0(struct bytes line) {
    bool le_behind = line.len > 5 && line.at[4] > 0 && line.len == 5U + line.at[4] + 1U;
    return le_behind ? line.len - 1 : line.len;
}

static enum err pcsc_exchange(void *self, struct bytes line, struct reply *reply, struct why *why) {
    assert(line.at || line.len == 0);
    struct pcsc *p = self;
    if (line.len < COMMAND_MIN || line.len > APDU_MAX) {
        return why_say(why, ERR_INVALID, "a command has %d to %d bytes, not %zu", COMMAND_MIN,
            APDU_MAX, line.len);
    }
    if (!p->powered) {
        return why_say(why, ERR_OUTSIDE, "%s: the card has no power; reset it first", p->name);
    }
    struct seat *s = p->seat;
    s->line_len = s->protocol == SCARD_PROTOCOL_T0 ? len_over_t0(line) : line.len;
    (void)memcpy(s->line, line.at, s->line_len);
    enum err err = pcsc_do(p, seat_transmit, p->answer_ms, why);
    if (!err && !reply_decode(bytes_of(s->answer, s->answer_len), reply)) {
        err = why_say(why, ERR_OUTSIDE, "%s: an answer of %lu bytes is none; put the card in again",
            p->name, (unsigned long)s->answer_len);
    }
    p->powered = err == OK;
    return err;
}

static void pcsc_close(void *self) {
    struct pcsc *p = self;
    pcsc_end(p);
    free(p);
}

enum err pcsc_open(const struct pcsc_wish *wish, struct reader *out, struct why *why) {
    assert(wish);
    assert(out);
    struct pcsc *p = calloc(1, sizeof *p);
    if (!p) {
        return why_say(why, ERR_OUTSIDE, "no memory for a reader; end other programs and repeat");
    }
    (void)snprintf(p->name, sizeof p->name, "%s", wish->name ? wish->name : "");
    p->wait_ms = wish->wait_ms;
    p->answer_ms = wish->answer_ms ? wish->answer_ms : PCSC_ANSWER_MS;
    enum err err = pcsc_begin(p, why);
    err = err ? err : pcsc_do(p, seat_find, p->answer_ms, why);
    if (err) {
        pcsc_close(p);
        return err;
    }
    (void)memcpy(p->name, p->seat->name, sizeof p->name);
    *out = (struct reader){
        .self = p, .reset = pcsc_reset, .exchange = pcsc_exchange, .close = pcsc_close};
    return OK;
}

const char *pcsc_name(const struct reader *reader) {
    assert(reader->self);
    assert(reader->reset == pcsc_reset);
    const struct pcsc *p = reader->self;
    return p->name;
}

enum err pcsc_list(struct pcsc_slot slots[PCSC_READERS_MAX], size_t *slot_count, struct why *why) {
    assert(slots);
    assert(slot_count);
    struct pcsc p = {.answer_ms = PCSC_ANSWER_MS};
    *slot_count = 0;
    enum err err = pcsc_begin(&p, why);
    err = err ? err : pcsc_do(&p, seat_survey, p.answer_ms, why);
    if (!err) {
        *slot_count = p.seat->slot_count;
        (void)memcpy(slots, p.seat->slots, *slot_count * sizeof *slots);
    }
    pcsc_end(&p);
    return err;
}

#include "vaults/line/vault_process.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto/secret.h"
#include "keys/permit.h"
#include "keys/vault_job.h"
#include "vaults/line/vault_child.h"
#include "vaults/line/vault_server.h"

/* process 1: the caller's end of a line holds a descriptor, the shared room, and nothing secret but
 *            what the caller itself says or asks for (a PIN), which is wiped when the request is done.
 * process 2: the family knows how the child ended before any line answers that it did.
 * process 3: nobody waits for a child that may still live: a line that breaks ends it first. */

struct family {
    pid_t child;
    size_t lines; /* that are not closed yet */
    bool ended;
    char ending[160]; /* how it ended, once it has */
    struct vault_watch watch;
    pthread_mutex_t mutex; /* over all of the above but child */
};

struct line {
    struct family *family;
    int fd; /* -1 when the process has ended */
    void *room;
    uint8_t message[LINE_MESSAGE_MAX];
};

/* --- the end of a process ----------------------------------------------------------------------- */

static void say_ending(struct family *family, int status) {
    struct why why = {0};
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) {
        (void)why_say(&why, OK, "it tried what its cage forbids and was ended by the kernel");
    } else if (WIFSIGNALED(status)) {
        (void)why_say(&why, OK, "it was ended by signal %d", WTERMSIG(status));
    } else {
        (void)why_say(&why, OK, "it ended by itself with status %d", WEXITSTATUS(status));
    }
    (void)memcpy(family->ending, why.text, strnlen(why.text, sizeof family->ending - 1));
}

/* Waits for the child, once; process 3. The mutex is held. */
static void reap(struct family *family, bool kill_first) {
    int status = 0;
    if (family->ended) {
        return;
    }
    if (kill_first) {
        (void)kill(family->child, SIGKILL);
    }
    pid_t got = 0;
    do {
        got = waitpid(family->child, &status, 0);
    } while (got < 0 && errno == EINTR);
    family->ended = true;
    say_ending(family, got < 0 ? 0 : status);
}

static enum err ended(struct line *line, struct why *why) {
    struct family *family = line->family;
    (void)pthread_mutex_lock(&family->mutex);
    reap(family, true);
    (void)pthread_mutex_unlock(&family->mutex);
    if (line->fd >= 0) {
        (void)close(line->fd);
        line->fd = -1;
    }
    return why_say(why, ERR_OUTSIDE,
        "the vault's process is gone: %s; what was asked of it is not done: start again, and it "
        "goes "
        "on where it stopped",
        family->ending);
}

/* --- asking ------------------------------------------------------------------------------------- */

static void tell_watch(struct family *family, enum err err, const struct why *why) {
    if (family->watch.refused && (err == ERR_DENIED || err == ERR_INVALID)) {
        (void)pthread_mutex_lock(&family->mutex);
        family->watch.refused(family->watch.self, why->text);
        (void)pthread_mutex_unlock(&family->mutex);
    }
}

static ssize_t receive(int fd, void *at, size_t len) {
    ssize_t got = 0;
    do {
        got = recv(fd, at, len, 0);
    } while (got < 0 && errno == EINTR);
    return got;
}

static bool deliver(int fd, const void *at, size_t len) {
    ssize_t sent = 0;
    do {
        sent = send(fd, at, len, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)len;
}

/* Sends a request and takes its answer: exactly len bytes to out, or with len NULL-ended by out_len at
 * most LINE_REPLY_MAX. What is no answer is as bad as none. */
static enum err ask(struct line *line, const struct vault_request *request, uint8_t *out,
    size_t *out_len, struct why *why) {
    struct bytes reply = {0};
    enum err err = OK;
    if (line->fd < 0) {
        return ended(line, why);
    }
    size_t len = vault_request_write(request, line->message);
    ssize_t got = deliver(line->fd, line->message, len)
                      ? receive(line->fd, line->message, sizeof line->message)
                      : -1;
    if (got <= 0 || !vault_answer_read(bytes_of(line->message, (size_t)got), &err, &reply, why)
        || (!err && out_len && reply.len > *out_len)) {
        crypto_wipe(line->message, len);
        return ended(line, why);
    }
    if (!err && out_len) {
        (void)memcpy(out, reply.at, reply.len);
        *out_len = reply.len;
    }
    crypto_wipe(line->message, len > (size_t)got ? len : (size_t)got); /* process 1 */
    tell_watch(line->family, err, why);
    return err;
}

/* The answer has one length, or the other end is not what it should be. */
static enum err ask_exactly(struct line *line, const struct vault_request *request, uint8_t *out,
    size_t len, struct why *why) {
    uint8_t room[LINE_REPLY_MAX];
    size_t got = sizeof room;
    assert(len <= sizeof room);
    enum err err = ask(line, request, room, &got, why);
    if (!err && got != len) {
        err = ended(line, why);
    }
    if (!err) {
        (void)memcpy(out, room, len);
    }
    crypto_wipe(room, sizeof room);
    return err;
}

/* Longer data than any vault takes are refused here with the sentence that the vault has. */
static enum err check_data(struct bytes data, struct why *why) {
    if (data.len > LINE_DATA_MAX) {
        return why_say(why, ERR_INVALID,
            "a message of %zu bytes was given to the vault; at most %d fit into one command",
            data.len, (int)LINE_DATA_MAX);
    }
    return OK;
}

static struct vault_request request_of(enum vault_function function, const struct key_ref *key) {
    struct vault_request request = {.function = function};
    request.key = key ? *key : request.key;
    return request;
}

/* --- the functions of a vault ------------------------------------------------------------------- */

static enum err line_authenticate(void *self, const struct key_ref *key, const uint8_t factor[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    struct vault_request r = request_of(LINE_AUTHENTICATE, key);
    (void)memcpy(r.first, factor, sizeof r.first);
    (void)memcpy(r.second, original, sizeof r.second);
    return ask_exactly(self, &r, proof, 8, why);
}

static enum err line_encrypt8(void *self, const struct key_ref *key, const uint8_t block[8],
    uint8_t out[8], struct why *why) {
    struct vault_request r = request_of(LINE_ENCRYPT8, key);
    (void)memcpy(r.first, block, sizeof r.first);
    return ask_exactly(self, &r, out, 8, why);
}

static enum err line_encrypt16(void *self, const struct key_ref *key, const uint8_t block[16],
    uint8_t out[16], struct why *why) {
    struct vault_request r = request_of(LINE_ENCRYPT16, key);
    r.data = bytes_of(block, 16);
    return ask_exactly(self, &r, out, 16, why);
}

static enum err ask_mac(struct line *line, struct vault_request *r, const uint8_t *first,
    struct bytes data, uint8_t mac[4], struct why *why) {
    enum err err = check_data(data, why);
    if (err) {
        return err;
    }
    if (first) {
        (void)memcpy(r->first, first, sizeof r->first);
    }
    r->data = data;
    return ask_exactly(line, r, mac, 4, why);
}

static enum err line_session_mac(void *self, const struct key_ref *key, const uint8_t input[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct vault_request r = request_of(LINE_SESSION_MAC, key);
    return ask_mac(self, &r, input, data, mac, why);
}

static enum err line_answer_load(void *self, const struct key_ref *key,
    const struct load_macs *load, uint8_t mac2[4], struct why *why) {
    struct vault_request r = request_of(LINE_ANSWER_LOAD, key);
    enum err err = check_data(load->answered, why);
    r.more = load->answered;
    (void)memcpy(r.four, load->mac1, sizeof r.four);
    return err ? err : ask_mac(self, &r, load->input, load->asked, mac2, why);
}

static enum err line_message_mac(void *self, const struct key_ref *key, const uint8_t iv[8],
    struct bytes data, uint8_t mac[4], struct why *why) {
    struct vault_request r = request_of(LINE_MESSAGE_MAC, key);
    return ask_mac(self, &r, iv, data, mac, why);
}

static enum err line_folded_mac(
    void *self, const struct key_ref *key, struct bytes data, uint8_t mac[4], struct why *why) {
    struct vault_request r = request_of(LINE_FOLDED_MAC, key);
    return ask_mac(self, &r, NULL, data, mac, why);
}

static enum err line_encrypt_message(void *self, const struct key_ref *key, struct bytes data,
    uint8_t *out, size_t *out_len, struct why *why) {
    struct vault_request r = request_of(LINE_ENCRYPT_MESSAGE, key);
    enum err err = check_data(data, why);
    r.data = data;
    *out_len = data.len + 16;
    err = err ? err : ask(self, &r, out, out_len, why);
    *out_len = err ? 0 : *out_len;
    return err;
}

static enum err line_wrap(
    void *self, const struct key_wrap *wrap, uint8_t *out, size_t *out_len, struct why *why) {
    struct vault_request r = {.function = LINE_WRAP, .wrap = *wrap};
    *out_len = KEY_WRAP_MAX;
    enum err err = ask(self, &r, out, out_len, why);
    *out_len = err ? 0 : *out_len;
    return err;
}

static enum err line_check_value(
    void *self, const struct key_ref *key, uint8_t value[3], struct why *why) {
    struct vault_request r = request_of(LINE_CHECK_VALUE, key);
    return ask_exactly(self, &r, value, 3, why);
}

static enum err line_first_pin(
    void *self, const uint8_t card_factor[8], char pin[7], struct why *why) {
    struct vault_request r = {.function = LINE_FIRST_PIN};
    uint8_t digits[7] = {0};
    (void)memcpy(r.first, card_factor, sizeof r.first);
    enum err err = ask_exactly(self, &r, digits, sizeof digits, why);
    if (!err) {
        (void)memcpy(pin, digits, sizeof digits);
        pin[6] = '\0';
    }
    crypto_wipe(digits, sizeof digits);
    return err;
}

/* --- arrays ------------------------------------------------------------------------------------- */

/* True when the array lies in the line's room; *place is then where. */
static bool lies_in_room(const struct line *line, const void *at, size_t len, uint64_t *place) {
    uintptr_t room = (uintptr_t)line->room, here = (uintptr_t)at;
    bool inside = here >= room && len <= LINE_ROOM_LEN && here - room <= LINE_ROOM_LEN - len;
    *place = inside ? here - room : 0;
    return inside;
}

static enum err ask_room(struct line *line, enum vault_function function, uint64_t place,
    uint64_t count, struct why *why) {
    struct vault_request r = {.function = function, .place = place, .count = count};
    return ask(line, &r, NULL, NULL, why);
}

/* Jobs elsewhere are carried into the room, and their TACs back, as many as it holds at a time. */
static enum err line_tacs(void *self, struct tac_job *jobs, size_t count, struct why *why) {
    struct line *line = self;
    const size_t most = LINE_ROOM_LEN / sizeof *jobs;
    uint64_t place = 0;
    if (count <= most && lies_in_room(line, jobs, count * sizeof *jobs, &place)) {
        return ask_room(line, LINE_TACS, place, count, why);
    }
    struct tac_job *there = line->room;
    enum err err = OK;
    for (size_t done = 0, some = 0; !err && done < count; done += some) {
        some = count - done < most ? count - done : most;
        (void)memcpy(there, jobs + done, some * sizeof *jobs);
        err = ask_room(line, LINE_TACS, 0, some, why);
        for (size_t i = 0; !err && i < some; i++) {
            (void)memcpy(jobs[done + i].tac, there[i].tac, sizeof there[i].tac);
        }
    }
    return err;
}

_Static_assert(
    VAULT_JOBS_MAX * sizeof(struct vault_job) <= LINE_ROOM_LEN, "all jobs of a call fit");

/* There and back in one message. Each job that was refused is told to the watch. */
static enum err line_jobs(void *self, struct vault_job *jobs, size_t count, struct why *why) {
    struct line *line = self;
    const size_t len = count * sizeof *jobs;
    assert(count >= 1);
    assert(count <= VAULT_JOBS_MAX);
    (void)memcpy(line->room, jobs, len);
    enum err err = ask_room(line, LINE_JOBS, 0, count, why);
    if (err) {
        return err;
    }
    (void)memcpy(jobs, line->room, len);
    for (size_t i = 0; i < count; i++) {
        jobs[i].why.text[sizeof jobs[i].why.text - 1] = '\0';
        tell_watch(line->family, jobs[i].err, &jobs[i].why);
    }
    return OK;
}

static bool place_sets(const struct line *line, size_t keys, size_t cards, uint8_t **factors,
    struct wrapped_key **out) {
    uint8_t *room = line->room;
    assert(keys <= KEY_SET_MAX);
    struct room_sets lay = room_sets_of(keys, cards);
    if (cards > LINE_ROOM_LEN / 8 || lay.len > LINE_ROOM_LEN) {
        return false;
    }
    *factors = room + lay.factors_at;
    *out = (struct wrapped_key *)(room + lay.out_at); /* bytes alone: it stands at any address */
    return true;
}

bool vault_process_sets(const struct vault *line, size_t keys, size_t cards, uint8_t **factors,
    struct wrapped_key **out) {
    return place_sets(line->self, keys, cards, factors, out);
}

/* True when both arrays lie where vault_process_sets() puts them. */
static bool sets_in_room(const struct line *line, size_t keys, size_t cards, const uint8_t *factors,
    const struct wrapped_key *out) {
    uint8_t *here = NULL;
    struct wrapped_key *there = NULL;
    return place_sets(line, keys, cards, &here, &there) && factors == here && out == there;
}

/* The cards go in stretches; the keys of one kind lie together, in the room as outside. */
static enum err line_key_sets(void *self, const struct key_set *set, const uint8_t *factors,
    size_t cards, struct wrapped_key *out, struct why *why) {
    enum { STRETCH = 16384 };
    struct line *line = self;
    uint8_t *room = line->room;
    enum err err = key_permit_set(set, why); /* so that its count can be trusted */
    if (!err && sets_in_room(line, set->count, cards, factors, out)) {
        (void)memcpy(room, set, sizeof *set);
        return ask_room(line, LINE_KEY_SETS, 0, cards, why);
    }
    for (size_t done = 0, some = 0; !err && done < cards; done += some) {
        some = cards - done < STRETCH ? cards - done : STRETCH;
        struct room_sets lay = room_sets_of(set->count, some);
        assert(lay.len <= LINE_ROOM_LEN);
        (void)memcpy(room, set, sizeof *set);
        (void)memcpy(room + lay.factors_at, factors + done * 8, some * 8);
        err = ask_room(line, LINE_KEY_SETS, 0, some, why);
        for (size_t k = 0; !err && k < set->count; k++) {
            (void)memcpy(out + k * cards + done, room + lay.out_at + k * some * sizeof *out,
                some * sizeof *out);
        }
    }
    return err;
}

/* --- opening and closing ------------------------------------------------------------------------ */

enum err vault_process_rest(const struct vault *vault, struct why *why) {
    struct vault_request r = {.function = LINE_REST};
    return ask(vault->self, &r, NULL, NULL, why);
}

bool vault_process_ended(const struct vault *vault, struct why *why) {
    const struct line *line = vault->self;
    struct family *family = line->family;
    int status = 0;
    (void)pthread_mutex_lock(&family->mutex);
    if (!family->ended && waitpid(family->child, &status, WNOHANG) == family->child) {
        family->ended = true;
        say_ending(family, status);
    }
    bool ended = family->ended;
    if (ended) {
        (void)why_say(why, ERR_OUTSIDE, "the vault's process is gone: %s", family->ending);
    }
    (void)pthread_mutex_unlock(&family->mutex);
    return ended;
}

pid_t vault_process_id(const struct vault *vault) {
    const struct line *line = vault->self;
    return line->family->child;
}

void *vault_process_room(const struct vault *vault, size_t *len) {
    struct line *line = vault->self;
    *len = LINE_ROOM_LEN;
    return line->room;
}

static void family_free(struct family *family) {
    (void)pthread_mutex_destroy(&family->mutex);
    free(family);
}

/* The child ends when the last line is hung up; by then its keys are wiped. */
static void line_close(void *self) {
    struct line *line = self;
    struct why ignored;
    if (!line) {
        return;
    }
    struct family *family = line->family;
    if (line->fd >= 0) {
        struct vault_request r = {.function = LINE_REST};
        (void)ask(
            line, &r, NULL, NULL, &ignored); /* it may have ended; then there is nothing left */
    }
    if (line->fd >= 0) {
        (void)close(line->fd);
    }
    (void)munmap(line->room, LINE_ROOM_LEN);
    free(line);
    (void)pthread_mutex_lock(&family->mutex);
    assert(family->lines > 0);
    family->lines--;
    bool last = family->lines == 0;
    if (last) {
        reap(family, true); /* every key is wiped: process 3 */
    }
    (void)pthread_mutex_unlock(&family->mutex);
    if (last) {
        family_free(family);
    }
}

static const struct vault functions = {
    .authenticate = line_authenticate,
    .encrypt8 = line_encrypt8,
    .encrypt16 = line_encrypt16,
    .session_mac = line_session_mac,
    .answer_load = line_answer_load,
    .message_mac = line_message_mac,
    .folded_mac = line_folded_mac,
    .encrypt_message = line_encrypt_message,
    .wrap = line_wrap,
    .tacs = line_tacs,
    .key_sets = line_key_sets,
    .jobs = line_jobs,
    .check_value = line_check_value,
    .first_pin = line_first_pin,
    .close = line_close,
};

/* Both ends of a line before the process is made. */
static bool line_make(struct line **out, struct family *family, struct child_line *other) {
    int ends[2] = {-1, -1};
    struct line *line = calloc(1, sizeof *line);
    if (!line) {
        return false;
    }
    *line = (struct line){.family = family, .fd = -1, .room = MAP_FAILED};
    *out = line;
    line->room = mmap(NULL, LINE_ROOM_LEN, PROT_READ | PROT_WRITE,
        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (line->room == MAP_FAILED
        || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return false;
    }
    line->fd = ends[0];
    *other = (struct child_line){.fd = ends[1], .room = line->room};
    return true;
}

/* What was made of a process that did not come to life, or of its first half. */
struct birth {
    struct family *family;
    struct line *lines[VAULT_LINES_MAX];
    struct child_order order;
};

static void birth_undo(struct birth *birth) {
    for (size_t i = 0; i < birth->order.count; i++) {
        struct line *line = birth->lines[i];
        if (line && line->fd >= 0) {
            (void)close(line->fd);
        }
        if (line && line->room != MAP_FAILED) {
            (void)munmap(line->room, LINE_ROOM_LEN);
        }
        if (birth->order.lines[i].fd >= 0) {
            (void)close(birth->order.lines[i].fd);
        }
        free(line);
    }
    if (birth->family) {
        family_free(birth->family);
    }
}

static enum err trouble(const char *what, struct why *why) {
    return why_say(why, ERR_OUTSIDE,
        "cannot %s for the vault: %s; end other programs and try again", what, strerror(errno));
}

static enum err birth_prepare(
    struct birth *birth, const struct vault_watch *watch, struct why *why) {
    struct family *family = calloc(1, sizeof *family);
    if (!family) {
        return trouble("get memory", why);
    }
    (void)pthread_mutex_init(&family->mutex, NULL);
    family->lines = birth->order.count;
    family->watch = watch ? *watch : (struct vault_watch){0};
    birth->family = family;
    for (size_t i = 0; i < birth->order.count; i++) {
        if (!line_make(&birth->lines[i], family, &birth->order.lines[i])) {
            return trouble("make a line", why);
        }
    }
    return OK;
}

/* In the parent: the other ends belong to the child, which says first how its opening went. */
static enum err birth_await(struct birth *birth, struct why *why) {
    uint8_t message[LINE_MESSAGE_MAX];
    struct bytes reply = {0};
    enum err err = OK;
    assert(birth->lines[0]);
    for (size_t i = 0; i < birth->order.count; i++) {
        (void)close(birth->order.lines[i].fd);
        birth->order.lines[i].fd = -1;
    }
    ssize_t got = receive(birth->lines[0]->fd, message, sizeof message);
    bool said = got > 0 && vault_answer_read(bytes_of(message, (size_t)got), &err, &reply, why);
    if (!said || err) {
        reap(birth->family, !said);
    }
    return said ? err
                : why_say(why, ERR_OUTSIDE, "the vault's process did not start: %s; try again",
                    birth->family->ending);
}

enum err vault_process_open(const struct vault_keeper *keeper, const struct vault_watch *watch,
    struct vault *lines, size_t count, struct why *why) {
    struct birth birth = {
        .order = {.keeper = keeper, .count = count, .parent = getpid()}
    };
    assert(count >= 1);
    assert(count <= VAULT_LINES_MAX);
    for (size_t i = 0; i < count; i++) {
        birth.order.lines[i].fd = -1;
    }
    enum err err = birth_prepare(&birth, watch, why);
    if (!err) {
        assert(birth.family);
        birth.family->child = fork();
        if (birth.family->child == 0) {
            vault_child_run(&birth.order);
        }
        err = birth.family->child < 0 ? trouble("start a process", why) : birth_await(&birth, why);
    }
    if (err) {
        birth_undo(&birth);
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        lines[i] = functions;
        lines[i].self = birth.lines[i];
    }
    return OK;
}

/* When a command has ended its work, before its processes end, no key and no word of a custodian is in the
 * memory of any of them: the command itself, its vault in its cage, whatever else it started.
 *
 * Method: this program runs the real `shebao` (SHEBAO names it) under ptrace and follows every process that
 * it starts. Each stops at its exit, when its memory is whole for the last time. Only then the keys are read
 * from the vault file, in this program, and all memory that the process could write is searched for them.
 * So a key that the command made itself is looked for, too. Needs the right to trace; else it is skipped. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crypto/derive.h"
#include "crypto/secret.h"
#include "host/scratch.h"
#include "keys/catalogue.h"
#include "vaults/soft/secret_room.h"
#include "vaults/soft/vault_file.h"

enum {
    SECRETS_MAX = 8192,
    SECRET_LEN = 8,
    WORDS_MAX = 24,
    PROCESSES_MAX = 64,
    REGION = 440100,
    SERVED_SECONDS = 1,
    ANSWER_MOMENTS = 1200 /* a minute */
};
static const char *const said[CUSTODIANS] = {
    "first custodian's words, thirty", "second one says something else!!"};
static const char *shebao;
static char *folder;

/* --- what is looked for ------------------------------------------------------------------------- */

static uint8_t secrets[SECRETS_MAX][SECRET_LEN];
static size_t secret_count;
static uint8_t begins[1 << 16]; /* a filter of two bytes: all memory is looked at, at every byte */

static void remember(const uint8_t *at) {
    assert_true(secret_count < SECRETS_MAX);
    (void)memcpy(secrets[secret_count++], at, SECRET_LEN);
    begins[at[0] << 8 | at[1]] = 1;
}

static void remember_key(const struct key128 *key) {
    remember(key->bytes);
    remember(key->bytes + SECRET_LEN);
}

static int compare_secrets(const void *a, const void *b) {
    return memcmp(a, b, SECRET_LEN);
}

/* A root, and under 3DES the keys of province and city, and those of the first cards and modules. */
static void remember_root(const struct ring_key *root) {
    uint8_t province[8], city[8];
    struct key128 key;
    remember_key(&root->root);
    if (root->algorithm != KEY_TDES) {
        return;
    }
    key_province_factor(REGION, province);
    key_city_factor(REGION, city);
    derive_key(&root->root, province, &key);
    remember_key(&key);
    derive_key(&key, city, &key);
    remember_key(&key);
    for (uint8_t serial = 1; serial <= 5; serial++) {
        const uint8_t card[8] = {0x86, 0x84, 0x44, 0x01, 0, 0, 0, serial};
        struct key128 own;
        derive_key(&key, card, &own);
        remember_key(&own);
    }
}

static void path_of(const char *name, char path[512]) {
    (void)snprintf(path, 512, "%s/%s", folder, name);
}

/* Everything that the vault file holds now, if there is one yet, and what opens it. */
static void remember_vault(void) {
    char path[512];
    struct why why = {{0}};
    struct key_ring *ring = secret_room_new(sizeof *ring);
    const struct custodians who = {
        {bytes_text(said[0]), bytes_text(said[1])}
    };
    assert_non_null(ring);
    secret_count = 0;
    (void)memset(begins, 0, sizeof begins);
    path_of("c/vault/keys.vault", path);
    enum err err = vault_file_read(path, &who, 0, ring, &why);
    assert_true(err == OK || err == ERR_NOT_FOUND);
    for (size_t i = 0; !err && i < ring->count; i++) {
        remember_root(&ring->keys[i]);
    }
    for (size_t i = 0; !err && i < RING_PIN_KEY_LEN; i += SECRET_LEN) {
        remember(ring->pin_key + i);
    }
    secret_room_free(ring, sizeof *ring);
    for (int i = 0; i < CUSTODIANS; i++) {
        for (size_t at = 0; at + SECRET_LEN <= WORDS_MAX; at += SECRET_LEN) {
            remember((const uint8_t *)said[i] + at);
        }
    }
    qsort(secrets, secret_count, SECRET_LEN, compare_secrets);
}

/* --- memory --------------------------------------------------------------------------------------- */

static size_t secrets_in(const uint8_t *at, size_t len) {
    size_t found = 0;
    for (size_t i = 0; i + SECRET_LEN <= len; i++) {
        if (begins[at[i] << 8 | at[i + 1]]) {
            found += bsearch(at + i, secrets, secret_count, SECRET_LEN, compare_secrets) != NULL;
        }
    }
    return found;
}

/* One mapping, in pieces that overlap. */
static size_t scan_mapping(int memory, const char *line) {
    enum { PIECE = 1 << 20 };
    static uint8_t room[PIECE + SECRET_LEN];
    char *rest = NULL;
    unsigned long from = strtoul(line, &rest, 16), to = strtoul(rest + 1, &rest, 16);
    size_t found = 0;
    for (unsigned long at = from; at < to && rest[2] == 'w'; at += PIECE) {
        size_t len = to - at < sizeof room ? to - at : sizeof room;
        ssize_t got = pread(memory, room, len, (off_t)at);
        found += got > 0 ? secrets_in(room, (size_t)got) : 0;
    }
    if (found > 0) {
        print_message("%zu in %s", found, line);
    }
    return found;
}

static size_t scan(pid_t process) {
    char path[64], line[512];
    (void)snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    FILE *maps = fopen(path, "r");
    (void)snprintf(path, sizeof path, "/proc/%d/mem", (int)process);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    size_t found = 0, mappings = 0;
    assert_non_null(maps);
    assert_true(memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        found += scan_mapping(memory, line);
        mappings++;
    }
    (void)fclose(maps);
    (void)close(memory);
    assert_true(mappings > 5);
    return found;
}

/* --- a command and its family --------------------------------------------------------------------- */

/* What became of a family: how many processes ended, and what was found in them. */
struct family {
    pid_t first;
    size_t ended, found;
    int status; /* of the first */
};

/* The child: waits for its tracer, and becomes the command. */
static void become(const char *const argv[], bool planted) {
    char path[512];
    path_of("out", path);
    int out = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    if (planted) {
        (void)setenv("PLANTED", said[0], 1);
    }
    (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
    (void)raise(SIGSTOP);
    (void)execv(shebao, (char *const *)(uintptr_t)argv); /* which changes none of them */
    _exit(127);
}

/* Only whole processes are looked at: the threads of one share its memory. */
static bool is_process(pid_t thread) {
    char path[64], line[128];
    bool is = false;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)thread);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status)) {
        is = is || (strncmp(line, "Tgid:", 5) == 0 && atoi(line + 5) == (int)thread);
    }
    if (status) {
        (void)fclose(status);
    }
    return is;
}

/* One thing that ptrace tells, and what the thread is to be given when it goes on. */
static int attend(struct family *f, pid_t thread, int status) {
    int event = status >> 16;
    int signal_number = WSTOPSIG(status);
    if (event == PTRACE_EVENT_EXIT && is_process(thread)) {
        remember_vault();
        f->found += scan(thread);
        f->ended++;
    }
    return event != 0 || signal_number == SIGSTOP || signal_number == SIGTRAP ? 0 : signal_number;
}

static void follow(struct family *f) {
    int status = 0;
    pid_t thread;
    while ((thread = waitpid(-1, &status, __WALL)) > 0 || (thread < 0 && errno == EINTR)) {
        if (thread > 0 && WIFSTOPPED(status)) {
            int give = attend(f, thread, status);
            (void)ptrace(PTRACE_CONT, thread, NULL, (void *)(intptr_t)give);
        } else if (thread == f->first) {
            f->status = status;
        }
    }
    assert_int_equal(errno, ECHILD);
}

/* Waits until a server has said that it answers, which with a busy machine takes its time, and then for what
 * it may have to do after that. */
static void await_answer(void) {
    static const struct timespec moment = {.tv_nsec = 50000000};
    char path[512];
    struct stat about = {.st_size = 0};
    path_of("out", path);
    for (int i = 0; i < ANSWER_MOMENTS && about.st_size == 0; i++) {
        (void)nanosleep(&moment, NULL);
        (void)stat(path, &about);
    }
    (void)sleep(SERVED_SECONDS);
}

/* Runs `shebao` with these words, with a custodian's in its environment when they are planted; ends a server
 * by that signal. */
static struct family run(const char *const words[], bool planted, int ending) {
    static const long all = PTRACE_O_TRACEEXIT | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK
                            | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
    struct family f = {.ended = 0};
    int status = 0;
    f.first = fork();
    assert_true(f.first >= 0);
    if (f.first == 0) {
        become(words, planted);
    }
    assert_int_equal(waitpid(f.first, &status, 0), f.first);
    if (!WIFSTOPPED(status) || ptrace(PTRACE_SETOPTIONS, f.first, NULL, (void *)all) != 0) {
        print_message("tracing is not allowed here\n");
        (void)kill(f.first, SIGKILL);
        skip();
    }
    pid_t clock = ending ? fork() : -1;
    if (clock == 0) {
        await_answer();
        (void)kill(f.first, ending);
        _exit(0);
    }
    (void)ptrace(PTRACE_CONT, f.first, NULL, NULL);
    follow(&f);
    return f;
}

static char *word_path(const char *name) {
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    path_of(name, path);
    return path;
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(word_path(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Every command of these tests says the same at its end. */
#define CITY                                                                                       \
    "--custodian-a", word_path("a"), "--custodian-b", word_path("b"), "--data", word_path("c"), NULL

static void expect_clean(const struct family *f, size_t processes) {
    if (!WIFEXITED(f->status) || WEXITSTATUS(f->status) != 0) {
        print_message("ended with %x; see %s\n", (unsigned)f->status, word_path("out"));
    }
    assert_true(WIFEXITED(f->status));
    assert_int_equal(WEXITSTATUS(f->status), 0);
    assert_true(f->ended >= processes);
    assert_int_equal(f->found, 0);
}

/* --- promises ------------------------------------------------------------------------------------- */

static int begin(void **state) {
    int failed = scratch_make(state);
    shebao = getenv("SHEBAO");
    folder = *state;
    if (!failed && shebao) {
        write_text("a", said[0]);
        write_text("b", said[1]);
        write_text("people.csv", "");
    }
    return failed;
}

/* A sanitizer keeps terabytes of shadows beside the memory, and what is freed. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif
#if !defined(UNDER_SANITIZER)
#define UNDER_SANITIZER 0
#endif

static void need_shebao(void) {
    if (!shebao || UNDER_SANITIZER) {
        print_message("SHEBAO names no program to look into, or this is one of a sanitizer\n");
        skip();
    }
}

/* init draws every root; it is the command itself that holds them, locked, and wipes them. */
static void make_city(void) {
    const char *words[] = {"shebao", "init", "--rehearsal", "--keys", "file", CITY};
    struct family f = run(words, false, 0);
    expect_clean(&f, 1);
}

static void a_module_is_issued_and_no_key_is_left(void **state) {
    (void)state;
    need_shebao();
    make_city();
    const char *words[] = {
        "shebao", "key", "psam", "issue", "440100000777", "--institution", "GZYD0001", CITY};
    struct family f = run(words, false, 0);
    expect_clean(&f, 2);
}

/* New roots, shares of three custodians, a root put together again, a chip that carries one. */
static void a_ceremony_leaves_no_key_behind(void **state) {
    (void)state;
    need_shebao();
    make_city();
    write_text("plan", "ceremony 2003-7\nbegin 2003-10-08 09:00\nofficers key-a key-b\n"
                       "generate DPK 3DES 2\nsplit DPK 3DES 2 into 2 of 3 for zhang li wang\n"
                       "recover DPK 3DES 2 from here zhang wang\n"
                       "share-card 101 DPK 3DES 2 from here for li\n");
    const char *words[] = {"shebao", "key", "ceremony", word_path("plan"), CITY};
    struct family f = run(words, false, 0);
    expect_clean(&f, 1);
}

static void a_server_that_is_told_to_end_leaves_no_key(void **state) {
    (void)state;
    need_shebao();
    make_city();
    const char *words[] = {"shebao", "serve", "--port", "0", CITY};
    struct family f = run(words, false, SIGTERM);
    expect_clean(&f, 2);
}

/* Cards are made, used and cleared, by several workers. */
static void a_pilot_leaves_no_key(void **state) {
    (void)state;
    need_shebao();
    make_city();
    FILE *all = fopen("data/pilot-people.csv", "r");
    char text[16384] = "", line[1024];
    for (int i = 0; all && i < 6 && fgets(line, sizeof line, all); i++) {
        (void)strncat(text, line, sizeof text - strlen(text) - 1);
    }
    if (!all) {
        print_message("run from the top of the tree, where data/ is\n");
        skip();
    }
    (void)fclose(all);
    write_text("people.csv", text);
    const char *pilot[] = {"shebao", "pilot", "--people", word_path("people.csv"), CITY};
    struct family f = run(pilot, false, 0);
    expect_clean(&f, 2);
    const char *prove[] = {"shebao", "day", "prove", CITY};
    f = run(prove, false, 0);
    expect_clean(&f, 2);
}

/* The method finds what is there. */
static void what_is_planted_is_found(void **state) {
    (void)state;
    need_shebao();
    make_city();
    const char *words[] = {"shebao", "key", "vault", "check", CITY};
    struct family f = run(words, true, 0);
    assert_int_equal(WEXITSTATUS(f.status), 0);
    assert_true(f.found >= 3); /* each part of the words, in each process of the family */
}

/* And keys in the vault's own rooms: killed, it had no time to wipe them. */
static void a_vault_that_was_killed_is_seen_with_its_keys(void **state) {
    (void)state;
    need_shebao();
    make_city();
    const char *words[] = {"shebao", "serve", "--port", "0", CITY};
    struct family f = run(words, false, SIGKILL);
    assert_true(WIFSIGNALED(f.status));
    assert_true(f.found > 40); /* roots */
}

int main(void) {
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, begin, scratch_remove)
    const struct CMUnitTest tests[] = {
        PROMISE(what_is_planted_is_found),
        PROMISE(a_vault_that_was_killed_is_seen_with_its_keys),
        PROMISE(a_module_is_issued_and_no_key_is_left),
        PROMISE(a_ceremony_leaves_no_key_behind),
        PROMISE(a_server_that_is_told_to_end_leaves_no_key),
        PROMISE(a_pilot_leaves_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

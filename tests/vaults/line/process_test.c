/* A vault in its own process: it answers as any vault, its death is seen and told, its cage holds, and
 * what it refuses is heard of. */
#include "vaults/vault_suite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vaults/line/vault_process.h"
#include "vaults/soft/soft_vault.h"

enum { ROUNDS = 1000 };

/* Keepers: a vault from the model's seed for each line, and those that do not come to life. */
static enum err open_seed(void *self, struct vault *vaults, size_t count, struct why *why) {
    enum err err = OK;
    (void)self;
    for (size_t i = 0; !err && i < count; i++) {
        err = soft_vault_open_rehearsal(model_seed, MODEL_REGION, &vaults[i], why);
    }
    return err;
}

static const struct vault_keeper seed_keeper = {NULL, open_seed, CAGE_SOFT};

static void open_lines(struct vault *lines, size_t count) {
    struct why why = {""};
    enum err err = vault_process_open(&seed_keeper, NULL, lines, count, &why);
    if (err) {
        print_error("%s\n", why.text);
    }
    assert_int_equal(err, OK);
}

static int open_model(void **state) {
    static struct suite suite = {.sm4 = true, .rounds = ROUNDS};
    struct why why;
    *state = &suite;
    return vault_process_open(&seed_keeper, NULL, &suite.vault, 1, &why) == OK ? 0 : -1;
}

static int close_model(void **state) {
    struct suite *suite = *state;
    suite->vault.close(suite->vault.self);
    return 0;
}

/* --- arrays ------------------------------------------------------------------------------------- */

static void fill_jobs(struct tac_job *jobs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        jobs[i] = (struct tac_job){.version = (uint8_t)(i % 3), .data_len = 22};
        model_dice(jobs[i].data, 22);
        model_dice(jobs[i].card_factor, 8);
    }
}

/* In the shared room, elsewhere, and by a vault in this process: the same, for more jobs than one
 * piece carries. */
static void arrays_give_the_same_wherever_they_lie(void **state) {
    enum { JOBS = 20000 };
    struct suite *s = *state;
    struct vault plain;
    struct why why;
    size_t room_len = 0;
    struct tac_job *shared = vault_process_room(&s->vault, &room_len);
    struct tac_job *own = calloc(JOBS, sizeof *own), *wanted = calloc(JOBS, sizeof *wanted);
    assert_non_null(own);
    assert_non_null(wanted);
    assert_true(room_len >= JOBS * sizeof *own);
    assert_int_equal(soft_vault_open_rehearsal(model_seed, MODEL_REGION, &plain, &why), OK);
    fill_jobs(wanted, JOBS);
    (void)memcpy(own, wanted, JOBS * sizeof *own);
    (void)memcpy(shared + 1, wanted, JOBS * sizeof *own);
    assert_int_equal(plain.tacs(plain.self, wanted, JOBS, &why), OK);
    assert_int_equal(s->vault.tacs(s->vault.self, shared + 1, JOBS, &why), OK);
    assert_memory_equal(shared + 1, wanted, JOBS * sizeof *own);
    assert_int_equal(s->vault.tacs(s->vault.self, own, JOBS, &why), OK);
    assert_memory_equal(own, wanted, JOBS * sizeof *own);
    plain.close(plain.self);
    free(own);
    free(wanted);
}

/* More cards than one stretch carries. */
static void key_sets_of_many_cards_come_whole(void **state) {
    enum { CARDS = 17000, KEYS = 3 };
    struct suite *s = *state;
    struct key_set set = {
        .count = KEYS,
        .keys = {{KEY_DTK, KEY_TDES, 1}, {KEY_DLK, KEY_TDES, 2}, {KEY_STKDF01, KEY_TDES, 0}}
    };
    uint8_t(*factors)[8] = calloc(CARDS, 8);
    struct wrapped_key *out = calloc((size_t)CARDS * KEYS, sizeof *out);
    struct why why;
    assert_non_null(factors);
    assert_non_null(out);
    model_dice(factors[0], (size_t)CARDS * 8);
    struct vault *vault = &s->vault;
    assert_int_equal(vault->key_sets(vault->self, &set, factors[0], CARDS, out, &why), OK);
    for (size_t c = 0; c < CARDS; c += 61) {
        for (size_t k = 0; k < KEYS; k++) {
            suite_same_key(&set, k, factors[c], &out[k * CARDS + c]);
        }
    }
    free(factors);
    free(out);
}

/* Arrays that lie where the line says are the ones that the process fills; the factors stay. */
static void key_sets_in_the_room_are_not_carried(void **state) {
    enum { CARDS = 2500, KEYS = 2 };
    struct suite *s = *state;
    struct vault *vault = &s->vault;
    const struct key_set set = {
        .count = KEYS, .keys = {{KEY_DTK, KEY_TDES, 1}, {KEY_UKSSSE, KEY_TDES, 1}}
    };
    static uint8_t own[CARDS][8];
    uint8_t *factors = NULL;
    struct wrapped_key *out = NULL;
    struct why why;
    model_dice(own[0], sizeof own);
    assert_false(vault_process_sets(vault, KEYS, SIZE_MAX / 64, &factors, &out));
    assert_false(vault_process_sets(vault, KEY_SET_MAX, 64 << 10, &factors, &out));
    assert_true(vault_process_sets(vault, KEYS, CARDS, &factors, &out));
    (void)memcpy(factors, own, sizeof own);
    assert_int_equal(vault->key_sets(vault->self, &set, factors, CARDS, out, &why), OK);
    assert_memory_equal(factors, own, sizeof own);
    for (size_t c = 0; c < CARDS; c += 59) {
        for (size_t k = 0; k < KEYS; k++) {
            suite_same_key(&set, k, own[c], &out[k * CARDS + c]);
        }
    }
}

/* --- lines and threads -------------------------------------------------------------------------- */

struct worker {
    pthread_t thread;
    struct vault *line;
    bool good;
};

static void *work(void *arg) {
    struct worker *w = arg;
    struct key_ref ref = {.name = KEY_DLK, .version = 1, .depth = KEY_CARD};
    uint8_t first[4], mac[4];
    struct why why;
    struct bytes data = bytes_text("load");
    uint8_t input[8] = {1};
    w->good = w->line->session_mac(w->line->self, &ref, input, data, first, &why) == OK;
    for (int i = 0; i < 2000 && w->good; i++) {
        w->good = w->line->session_mac(w->line->self, &ref, input, data, mac, &why) == OK
                  && memcmp(first, mac, 4) == 0;
    }
    return NULL;
}

static void several_threads_ask_over_lines_of_one_process(void **state) {
    (void)state;
    struct vault lines[4];
    struct worker workers[4];
    open_lines(lines, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(vault_process_id(&lines[i]), vault_process_id(&lines[0]));
        workers[i] = (struct worker){.line = &lines[i]};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_true(workers[i].good);
    }
    pid_t process = vault_process_id(&lines[0]);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kill(process, 0), 0); /* it lives until the last line is closed */
        lines[i].close(lines[i].self);
    }
    assert_int_equal(kill(process, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* Every descriptor that was opened is closed again, in this process; and none but its lines is open in
 * the other. */
static unsigned descriptors_of(pid_t process) {
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    unsigned count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        char name[96], target[8];
        (void)snprintf(name, sizeof name, "%s/%d", path, fd);
        count += readlink(name, target, sizeof target) >= 0;
    }
    return count;
}

static void nothing_is_left_open(void **state) {
    (void)state;
    unsigned before = descriptors_of(getpid());
    struct vault lines[3];
    int other = open("/dev/null", O_RDONLY); /* without CLOEXEC: a database, say */
    open_lines(lines, 3);
    unsigned there = descriptors_of(vault_process_id(&lines[0]));
    if (there > 0) {                    /* root alone may look */
        assert_int_equal(there, 3 + 1); /* the lines and standard error */
    }
    for (size_t i = 0; i < 3; i++) {
        lines[i].close(lines[i].self);
    }
    assert_int_equal(close(other), 0);
    assert_int_equal(descriptors_of(getpid()), before);
}

/* --- death -------------------------------------------------------------------------------------- */

static struct tac_job batch[30000], wanted[30000];
enum { BATCH = sizeof batch / sizeof batch[0] };

static void *kill_soon(void *arg) {
    const struct timespec soon = {.tv_nsec = 300000};
    (void)nanosleep(&soon, NULL);
    (void)kill(*(pid_t *)arg, SIGKILL);
    return NULL;
}

/* Method: batches are asked until the kill comes, whenever that is; then all lines say so, a new
 * process gives what the old one would have given. */
static void a_death_stops_the_batch_with_one_sentence_and_it_goes_on(void **state) {
    struct suite *s = *state;
    struct vault lines[2];
    struct why why = {""};
    pthread_t thread;
    fill_jobs(wanted, BATCH);
    (void)memcpy(batch, wanted, sizeof batch);
    assert_int_equal(s->vault.tacs(s->vault.self, wanted, BATCH, &why), OK);
    open_lines(lines, 2);
    pid_t process = vault_process_id(&lines[0]);
    assert_int_equal(pthread_create(&thread, NULL, kill_soon, &process), 0);
    enum err err = OK;
    for (int i = 0; i < 1000 && !err; i++) {
        err = lines[0].tacs(lines[0].self, batch, BATCH, &why);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(err, ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "the vault's process is gone: it was ended by signal 9"));
    assert_non_null(strstr(why.text, "start again"));
    char pin[7];
    assert_int_equal(
        lines[1].first_pin(lines[1].self, batch[0].card_factor, pin, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "signal 9"));
    assert_int_equal(lines[0].tacs(lines[0].self, batch, 1, &why), ERR_OUTSIDE);
    lines[0].close(lines[0].self);
    lines[1].close(lines[1].self);

    open_lines(lines, 1);
    assert_int_equal(lines[0].tacs(lines[0].self, batch, BATCH, &why), OK);
    assert_memory_equal(batch, wanted, sizeof batch);
    lines[0].close(lines[0].self);
}

/* Whoever waits for SIGCHLD learns how it ended, before any request and as often as they look; a living
 * process is left alone by the look, and closing what has ended waits for nobody. */
static void a_look_tells_whether_the_process_has_ended(void **state) {
    (void)state;
    struct vault lines[2];
    struct why why = {""};
    uint8_t value[3];
    const struct key_ref dlk = {.name = KEY_DLK, .version = 1};
    open_lines(lines, 2);
    assert_false(vault_process_ended(&lines[0], &why));
    assert_false(vault_process_ended(&lines[1], &why));
    assert_int_equal(lines[0].check_value(lines[0].self, &dlk, value, &why), OK);
    assert_int_equal(kill(vault_process_id(&lines[0]), SIGKILL), 0);
    for (int i = 0; i < 2000 && !vault_process_ended(&lines[1], &why); i++) {
        (void)usleep(1000);
    }
    for (int again = 0; again < 3; again++) {
        struct why said = {""};
        assert_true(vault_process_ended(&lines[again % 2], &said));
        assert_non_null(strstr(said.text, "the vault's process is gone: it was ended by signal 9"));
    }
    assert_int_equal(lines[0].check_value(lines[0].self, &dlk, value, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "signal 9"));
    lines[0].close(lines[0].self);
    lines[1].close(lines[1].self);
}

/* A process whose parent is gone does not stay behind. */
static void the_vault_ends_with_its_parent(void **state) {
    (void)state;
    int pipe_ends[2];
    pid_t process = 0;
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t parent = fork();
    if (parent == 0) {
        struct vault line;
        struct why why;
        if (vault_process_open(&seed_keeper, NULL, &line, 1, &why) == OK) {
            pid_t child = vault_process_id(&line);
            (void)!write(pipe_ends[1], &child, sizeof child);
        }
        (void)kill(getpid(), SIGKILL);
    }
    assert_int_equal(read(pipe_ends[0], &process, sizeof process), sizeof process);
    assert_int_equal(waitpid(parent, NULL, 0), parent);
    for (int i = 0; i < 2000 && kill(process, 0) == 0; i++) {
        char path[64], stat[256] = "";
        (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)process);
        int fd = open(path, O_RDONLY);
        if (fd >= 0) {
            (void)!read(fd, stat, sizeof stat - 1);
            (void)close(fd);
        }
        if (strstr(stat, ") Z ")) { /* dead, and waiting for init to notice */
            break;
        }
        assert_true(i < 1999);
        (void)usleep(1000);
    }
    (void)close(pipe_ends[0]);
    (void)close(pipe_ends[1]);
}

/* --- what does not come to life ----------------------------------------------------------------- */

static enum err open_refuses(void *self, struct vault *vaults, size_t count, struct why *why) {
    (void)self, (void)vaults, (void)count;
    return why_say(why, ERR_DENIED, "the passphrases do not open it");
}

static enum err open_dies(void *self, struct vault *vaults, size_t count, struct why *why) {
    (void)self, (void)vaults, (void)count, (void)why;
    (void)raise(SIGKILL);
    return OK;
}

static void a_vault_that_does_not_open_says_why(void **state) {
    (void)state;
    const struct vault_keeper refuses = {NULL, open_refuses, CAGE_SOFT};
    const struct vault_keeper dies = {NULL, open_dies, CAGE_SOFT};
    struct vault lines[2] = {{0}};
    struct why why;
    unsigned before = descriptors_of(getpid());
    assert_int_equal(vault_process_open(&refuses, NULL, lines, 2, &why), ERR_DENIED);
    assert_string_equal(why.text, "the passphrases do not open it");
    assert_int_equal(vault_process_open(&dies, NULL, lines, 2, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "signal 9"));
    assert_null(lines[0].self);
    assert_int_equal(descriptors_of(getpid()), before);
}

static void a_vault_that_rests_answers_nothing_more(void **state) {
    (void)state;
    struct vault line;
    struct key_ref ref = {.name = KEY_DLK, .version = 1, .depth = KEY_CARD};
    uint8_t value[3];
    struct why why;
    open_lines(&line, 1);
    assert_int_equal(line.check_value(line.self, &ref, value, &why), OK);
    assert_int_equal(vault_process_rest(&line, &why), OK);
    assert_int_equal(line.check_value(line.self, &ref, value, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "rests"));
    assert_int_equal(vault_process_rest(&line, &why), OK);
    line.close(line.self);
}

/* --- what is refused ---------------------------------------------------------------------------- */

static struct {
    unsigned count;
    char last[480];
} heard;

static void hear(void *self, const char *story) {
    assert_ptr_equal(self, &heard);
    heard.count++;
    (void)snprintf(heard.last, sizeof heard.last, "%s", story);
}

static void a_refused_request_is_told_to_the_watch(void **state) {
    (void)state;
    const struct vault_watch watch = {&heard, hear};
    struct vault line;
    struct key_ref tac = {.name = KEY_DTK, .version = 1, .depth = KEY_CARD};
    struct key_ref city = {.name = KEY_UK1DF01, .version = 1, .depth = KEY_CITY};
    uint8_t out[8], eight[8] = {0};
    struct why why;
    assert_int_equal(vault_process_open(&seed_keeper, &watch, &line, 1, &why), OK);
    assert_int_equal(line.encrypt8(line.self, &tac, eight, out, &why), ERR_DENIED);
    assert_int_equal(heard.count, 1);
    assert_string_equal(heard.last, why.text);
    assert_non_null(strstr(heard.last, "DTK"));
    assert_int_equal(line.encrypt8(line.self, &city, eight, out, &why), ERR_DENIED);
    assert_int_equal(heard.count, 2);
    struct vault_job jobs[3] = {
        {.question = ASK_ENCRYPT8, .key = tac },
        {.question = ASK_ENCRYPT8, .key = city},
        {.question = ASK_ENCRYPT8, .key = city},
    };
    jobs[1].key.depth = KEY_CARD;
    assert_int_equal(vault_jobs_do(&line, jobs, 3, &why), OK); /* one of them is good */
    assert_int_equal(jobs[1].err, OK);
    assert_int_equal(heard.count, 4);
    assert_string_equal(heard.last, jobs[2].why.text);
    city.depth = KEY_CARD;
    assert_int_equal(line.encrypt8(line.self, &city, eight, out, &why), OK);
    assert_int_equal(heard.count, 4);
    line.close(line.self);
}

/* --- the cage ----------------------------------------------------------------------------------- */

/* Each of these is tried inside, one process a try: by a vault whose check_value does it. */
static int try_open(void) {
    return open("/etc/passwd", O_RDONLY);
}
static int try_openat_raw(void) {
    return (int)syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY);
}
static int try_stat(void) {
    return access("/etc/passwd", F_OK);
}
static int try_unlink(void) {
    return unlink("/tmp/nothing-of-this-name");
}
static int try_read_stdin(void) {
    char byte = 0;
    return (int)read(STDIN_FILENO, &byte, 1);
}
static int try_environment(void) {
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}
static int try_core(void) {
    return (int)syscall(SYS_prlimit64, 0, 4, NULL, NULL);
}
static int try_fork(void) {
    return fork();
}
static int try_vfork_raw(void) {
    return (int)syscall(SYS_vfork);
}
static int try_exec(void) {
    char program[] = "/bin/true";
    char *const argv[] = {program, NULL};
    return execve(program, argv, NULL);
}
static int try_socket(void) {
    return socket(AF_INET, SOCK_STREAM, 0);
}
static int try_socketpair(void) {
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}
static int try_connect(void) {
    struct sockaddr address = {.sa_family = AF_INET};
    return connect(3, &address, sizeof address);
}
static int try_bind(void) {
    struct sockaddr address = {.sa_family = AF_UNIX};
    return bind(3, &address, sizeof address);
}
static int try_accept(void) {
    return accept(3, NULL, NULL);
}
static int try_ptrace(void) {
    return (int)ptrace(PTRACE_ATTACH, getpid(), NULL, NULL);
}
static int try_read_memory(void) {
    return (int)syscall(SYS_process_vm_readv, 1, NULL, 0, NULL, 0, 0);
}
static int try_kill(void) {
    return kill(1, 0);
}
static int try_signal_thread(void) {
    return (int)syscall(SYS_tgkill, 1, 1, 0);
}
static int try_exec_memory(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? -1 : 0;
}
static int try_make_executable(void) {
    static uint8_t page[8192];
    void *at = (void *)(((uintptr_t)page + 4095) & ~(uintptr_t)4095);
    return mprotect(at, 4096, PROT_READ | PROT_EXEC);
}
static int try_map_file(void) {
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED, 3, 0);
    return page == MAP_FAILED ? -1 : 0;
}
static int try_bpf(void) {
    return (int)syscall(SYS_bpf, 0, NULL, 0);
}
static int try_module(void) {
    return (int)syscall(SYS_init_module, NULL, 0, "");
}
static int try_mount(void) {
    return (int)syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL);
}
static int try_chroot(void) {
    return chroot("/");
}
static int try_setuid(void) {
    return (int)syscall(SYS_setuid, 0);
}
static int try_unshare(void) {
    return (int)syscall(SYS_unshare, 0);
}
static int try_io_uring(void) {
    return (int)syscall(SYS_io_uring_setup, 1, NULL);
}
static int try_userfault(void) {
    return (int)syscall(SYS_userfaultfd, 0);
}
static int try_memfd(void) {
    return (int)syscall(SYS_memfd_create, "x", 0);
}
static int try_write_elsewhere(void) {
    return (int)write(STDOUT_FILENO, "x", 1);
}
static int try_clone3(void) {
    return (int)syscall(SYS_clone3, NULL, 0);
}

/* DIES: the kernel ends the process. REFUSED: -1, and it goes on. */
enum outcome { DIES, REFUSED, WORKS };

static const struct attempt {
    const char *title;
    int (*act)(void);
    enum outcome soft, module;
} attempts[] = {
    {"open a file",             try_open,            REFUSED, WORKS  },
    {"open a folder",           try_openat_raw,      REFUSED, WORKS  },
    {"look for a file",         try_stat,            REFUSED, WORKS  },
    {"remove a file",           try_unlink,          REFUSED, REFUSED},
    {"read standard input",     try_read_stdin,      REFUSED, REFUSED},
    {"allow core dumps",        try_environment,     REFUSED, REFUSED},
    {"raise a limit",           try_core,            REFUSED, REFUSED},
    {"clone3",                  try_clone3,          REFUSED, REFUSED},
    {"fork",                    try_fork,            DIES,    DIES   },
    {"vfork",                   try_vfork_raw,       DIES,    DIES   },
    {"run a program",           try_exec,            DIES,    DIES   },
    {"make a socket",           try_socket,          DIES,    REFUSED},
    {"make a socket pair",      try_socketpair,      DIES,    DIES   },
    {"connect",                 try_connect,         DIES,    DIES   },
    {"bind",                    try_bind,            DIES,    DIES   },
    {"accept",                  try_accept,          DIES,    DIES   },
    {"trace a process",         try_ptrace,          DIES,    DIES   },
    {"read another's memory",   try_read_memory,     DIES,    DIES   },
    {"signal another process",  try_kill,            DIES,    DIES   },
    {"signal another's thread", try_signal_thread,   DIES,    DIES   },
    {"executable memory",       try_exec_memory,     DIES,    DIES   },
    {"make memory executable",  try_make_executable, DIES,    DIES   },
    {"map a file to execute",   try_map_file,        DIES,    DIES   },
    {"load a filter",           try_bpf,             DIES,    DIES   },
    {"load a kernel module",    try_module,          DIES,    DIES   },
    {"mount",                   try_mount,           DIES,    DIES   },
    {"change the root",         try_chroot,          DIES,    DIES   },
    {"change the user",         try_setuid,          DIES,    DIES   },
    {"leave the namespace",     try_unshare,         DIES,    DIES   },
    {"io_uring",                try_io_uring,        DIES,    DIES   },
    {"userfaultfd",             try_userfault,       DIES,    DIES   },
    {"a file in memory",        try_memfd,           DIES,    DIES   },
    {"write to descriptor 1",   try_write_elsewhere, DIES,    REFUSED},
};

/* A vault of one function, which does what self points to and answers how it went. */
static enum err act(void *self, const struct key_ref *key, uint8_t value[3], struct why *why) {
    const struct attempt *attempt = self;
    (void)key, (void)why;
    int done = attempt->act();
    value[0] = done >= 0 ? WORKS : REFUSED;
    return OK;
}

static void close_nothing(void *self) {
    (void)self;
}

static enum err open_attempt(void *self, struct vault *vaults, size_t count, struct why *why) {
    (void)why;
    assert_int_equal(count, 1);
    vaults[0] = (struct vault){.self = self, .check_value = act, .close = close_nothing};
    return OK;
}

static enum outcome try_inside(const struct attempt *attempt, enum cage_profile profile) {
    struct attempt copy = *attempt;
    const struct vault_keeper keeper = {&copy, open_attempt, profile};
    struct vault line;
    struct key_ref ref = {.name = KEY_DLK};
    uint8_t value[3] = {0xEE};
    struct why why = {""};
    assert_int_equal(vault_process_open(&keeper, NULL, &line, 1, &why), OK);
    enum err err = line.check_value(line.self, &ref, value, &why);
    assert_true(!err || strstr(why.text, "tried what its cage forbids"));
    line.close(line.self);
    return err ? DIES : (enum outcome)value[0];
}

static void what_the_cage_forbids_cannot_be_done(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        const struct attempt *attempt = &attempts[i];
        enum outcome soft = try_inside(attempt, CAGE_SOFT);
        enum outcome module = try_inside(attempt, CAGE_MODULE);
        if (soft != attempt->soft || module != attempt->module) {
            fail_msg("%s: soft %d, module %d", attempt->title, (int)soft, (int)module);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        VAULT_SUITE,
        cmocka_unit_test(arrays_give_the_same_wherever_they_lie),
        cmocka_unit_test(key_sets_of_many_cards_come_whole),
        cmocka_unit_test(key_sets_in_the_room_are_not_carried),
        cmocka_unit_test(several_threads_ask_over_lines_of_one_process),
        cmocka_unit_test(nothing_is_left_open),
        cmocka_unit_test(a_death_stops_the_batch_with_one_sentence_and_it_goes_on),
        cmocka_unit_test(a_look_tells_whether_the_process_has_ended),
        cmocka_unit_test(the_vault_ends_with_its_parent),
        cmocka_unit_test(a_vault_that_does_not_open_says_why),
        cmocka_unit_test(a_vault_that_rests_answers_nothing_more),
        cmocka_unit_test(a_refused_request_is_told_to_the_watch),
        cmocka_unit_test(what_the_cage_forbids_cannot_be_done),
    };
    return cmocka_run_group_tests(tests, open_model, close_model);
}

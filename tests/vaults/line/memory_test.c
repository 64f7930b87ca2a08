/* When a vault is closed no key is left in the memory of the process family, and while it is open none
 * is in the memory of whoever asks it.
 *
 * Method: this program starts a centre (a process that opens the vault's process and asks it for
 * everything), and only then computes from the model which keys there are: so they are in its own memory
 * and were never in the others'. It reads all memory of both through /proc, at moments that the centre
 * stops at: asked everything, rested, closed. That needs root and a program without sanitizers; else the
 * tests are skipped. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys/permit.h"
#include "vaults/line/vault_process.h"
#include "vaults/soft/model.h"
#include "vaults/soft/secret_room.h"
#include "vaults/soft/soft_vault.h"

enum { SECRETS_MAX = 4096, SECRET_LEN = 8, VERSION = 1, CARDS = 40, STEPS = 3 };
static const uint8_t card[8] = {0x86, 0x84, 0x44, 0x01, 9, 8, 7, 6};
static const uint8_t input[8] = {0x5A, 1, 2, 3, 4, 5, 6, 7};

/* --- the centre --------------------------------------------------------------------------------- */

/* A keeper whose keys lie in a ring, so that roots are kept and not made: the harder case. */
static enum err open_ring(void *self, struct vault *vaults, size_t count, struct why *why) {
    struct key_ring *ring = secret_room_new(sizeof *ring);
    enum err err = ring ? ring_begin(ring, MODEL_REGION, why) : ERR_OUTSIDE;
    (void)self;
    for (unsigned n = 0; !err && n < KEY_COUNT; n++) {
        struct key_ref ref = {.name = (enum key_name)n, .version = VERSION};
        if (n != KEY_TRANSPORT && key_permit(&ref, USE_CHECK_VALUE, why) == OK) {
            struct ring_key key = {.name = (uint16_t)n,
                .version = VERSION,
                .root = model_root(model_seed, ref.name, KEY_TDES, VERSION)};
            err = ring_import(ring, &key, why);
            crypto_wipe(&key, sizeof key);
        }
    }
    for (size_t i = 0; !err && i < count; i++) {
        err = soft_vault_open_ring(ring, &vaults[i], why);
    }
    secret_room_free(ring, sizeof *ring);
    return err;
}

static enum err open_seed(void *self, struct vault *vaults, size_t count, struct why *why) {
    enum err err = OK;
    (void)self;
    for (size_t i = 0; !err && i < count; i++) {
        err = soft_vault_open_rehearsal(model_seed, MODEL_REGION, &vaults[i], why);
    }
    return err;
}

static struct key_ref card_key(enum key_name name) {
    struct key_ref ref = {.name = name, .version = VERSION, .depth = KEY_CARD};
    (void)memcpy(ref.card_factor, card, 8);
    return ref;
}

/* Every function once, and batches that are large enough for the engine. */
static bool ask_everything(const struct vault *v) {
    struct bytes data = bytes_of(input, sizeof input);
    struct key_ref uk = card_key(KEY_UK1DF01), dlk = card_key(KEY_DLK), damk = card_key(KEY_DAMK);
    struct key_ref drpk = card_key(KEY_DRPK);
    struct key_wrap wrap = {.key = uk, .under = card_key(KEY_MK_DF01), .head_len = 5};
    struct load_macs load = {.asked = data, .answered = data};
    struct tac_job jobs[CARDS];
    struct key_set set = {
        .count = 2,
        .transport_version = VERSION,
        .keys = {{KEY_DTK, KEY_TDES, VERSION}, {KEY_DLK, KEY_TDES, VERSION}}
    };
    uint8_t factors[CARDS][8], out[64];
    struct wrapped_key keys[2 * CARDS];
    size_t len = 0;
    struct why why;
    for (size_t i = 0; i < CARDS; i++) {
        jobs[i] = (struct tac_job){.version = VERSION, .data_len = 22};
        (void)memcpy(jobs[i].card_factor, card, 8);
        (void)memcpy(factors[i], card, 8);
    }
    (void)memcpy(load.input, input, sizeof load.input);
    return v->authenticate(v->self, &uk, input, input, out, &why) == OK
           && v->encrypt8(v->self, &uk, card, out, &why) == OK
           && v->session_mac(v->self, &dlk, input, data, load.mac1, &why) == OK
           && v->answer_load(v->self, &dlk, &load, out, &why) == OK
           && v->message_mac(v->self, &damk, input, data, out, &why) == OK
           && v->folded_mac(v->self, &drpk, data, out, &why) == OK
           && v->encrypt_message(v->self, &damk, data, out, &len, &why) == OK
           && v->wrap(v->self, &wrap, out, &len, &why) == OK
           && v->tacs(v->self, jobs, CARDS, &why) == OK && v->tacs(v->self, jobs, 1, &why) == OK
           && v->key_sets(v->self, &set, factors[0], CARDS, keys, &why) == OK
           && v->check_value(v->self, &uk, out, &why) == OK
           && v->folded_mac(v->self, &uk, data, out, &why) == ERR_DENIED;
}

/* What the centre tells at each stop. */
struct stop {
    pid_t vault;
    bool good;
};

/* Asks over two lines, stops, has both rest, stops, closes, stops. */
static void centre(const struct vault_keeper *keeper, int tell, int wait) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); /* a test that fails leaves nobody behind */
    struct vault lines[2];
    struct why why;
    char go = 0;
    struct stop stop = {.good = vault_process_open(keeper, NULL, lines, 2, &why) == OK};
    stop.vault = stop.good ? vault_process_id(&lines[0]) : 0;
    for (size_t i = 0; stop.good && i < 2; i++) {
        stop.good = ask_everything(&lines[i]);
    }
    for (int step = 0; step < STEPS; step++) {
        if (write(tell, &stop, sizeof stop) != sizeof stop || read(wait, &go, 1) != 1) {
            _exit(1);
        }
        for (size_t i = 0; stop.good && i < 2; i++) {
            if (step == 0) {
                stop.good = vault_process_rest(&lines[i], &why) == OK;
            } else if (step == 1) {
                lines[i].close(lines[i].self);
            }
        }
    }
    _exit(0);
}

/* --- what is looked for ------------------------------------------------------------------------- */

static uint8_t secrets[SECRETS_MAX][SECRET_LEN];
static size_t secret_count;

static void remember(const uint8_t *at) {
    assert_true(secret_count < SECRETS_MAX);
    (void)memcpy(secrets[secret_count++], at, SECRET_LEN);
}

static int compare_secrets(const void *a, const void *b) {
    return memcmp(a, b, SECRET_LEN);
}

/* Every root and every key of province, city and the card, both halves, and the session and folded keys
 * that were made on the way. */
static void remember_all(void) {
    secret_count = 0;
    for (unsigned n = 0; n < KEY_COUNT; n++) {
        struct why why;
        struct key_ref ref = card_key((enum key_name)n);
        if (n == KEY_TRANSPORT || key_permit(&ref, USE_CHECK_VALUE, &why) != OK) {
            continue;
        }
        for (unsigned depth = KEY_ROOT; depth <= KEY_CARD; depth++) {
            ref.depth = (enum key_depth)depth;
            struct key128 key = model_key(&ref), made;
            derive_session(&key, input, made.bytes);
            derive_tac_key(&key, made.bytes + 8);
            remember(key.bytes);
            remember(key.bytes + 8);
            if (depth == KEY_CARD && (key_uses(ref.name) & (USE_SESSION_MAC | USE_AUTHENTICATE))) {
                remember(made.bytes);
            }
            if (depth == KEY_CARD && (key_uses(ref.name) & (USE_TAC | USE_FOLDED_MAC))) {
                remember(made.bytes + 8);
            }
        }
    }
    qsort(secrets, secret_count, SECRET_LEN, compare_secrets);
}

/* A filter of two bytes before the search: all memory is looked at, at every byte. */
static uint8_t begins[1 << 16];

static void prepare_filter(void) {
    (void)memset(begins, 0, sizeof begins);
    for (size_t i = 0; i < secret_count; i++) {
        static const uint8_t zeros[SECRET_LEN];
        assert_memory_not_equal(secrets[i], zeros, SECRET_LEN);
        begins[secrets[i][0] << 8 | secrets[i][1]] = 1;
    }
}

static size_t secrets_in(const uint8_t *at, size_t len) {
    size_t found = 0;
    for (size_t i = 0; i + SECRET_LEN <= len; i++) {
        if (begins[at[i] << 8 | at[i + 1]]) {
            found += bsearch(at + i, secrets, secret_count, SECRET_LEN, compare_secrets) != NULL;
        }
    }
    return found;
}

/* One mapping of a process, read in pieces that overlap. */
static size_t scan_mapping(int memory, unsigned long from, unsigned long to) {
    enum { PIECE = 1 << 20 };
    static uint8_t room[PIECE + SECRET_LEN];
    size_t found = 0;
    for (unsigned long at = from; at < to; at += PIECE) {
        size_t len = to - at < sizeof room ? to - at : sizeof room;
        ssize_t got = pread(memory, room, len, (off_t)at);
        found += got > 0 ? secrets_in(room, (size_t)got) : 0;
    }
    return found;
}

/* Pages that nobody has touched hold nothing; the shared room is 64 MiB of them. */
static size_t scan(pid_t process) {
    char path[64], line[512];
    (void)snprintf(path, sizeof path, "/proc/%d/maps", (int)process);
    FILE *maps = fopen(path, "r");
    (void)snprintf(path, sizeof path, "/proc/%d/mem", (int)process);
    int memory = open(path, O_RDONLY);
    size_t found = 0, mappings = 0;
    assert_non_null(maps);
    assert_true(memory >= 0);
    while (fgets(line, sizeof line, maps)) {
        char *rest = NULL;
        unsigned long from = strtoul(line, &rest, 16), to = strtoul(rest + 1, &rest, 16);
        if (rest[1] == 'r' && rest[2] == 'w') {
            found += scan_mapping(memory, from, to);
            mappings++;
        }
    }
    (void)fclose(maps);
    (void)close(memory);
    assert_true(mappings > 5);
    return found;
}

/* --- promises ----------------------------------------------------------------------------------- */

static void next_stop(int told, int go, struct stop *stop, bool first) {
    if (!first) {
        assert_int_equal(write(go, "g", 1), 1);
    }
    assert_int_equal(read(told, stop, sizeof *stop), sizeof *stop);
    assert_true(stop->good);
}

/* A centre, started before this program knows any key. */
struct family {
    enum err (*open)(void *, struct vault *, size_t, struct why *);
    pid_t parent;
    int tell[2], go[2];
};
static struct family families[] = {{.open = open_ring}, {.open = open_seed}};
enum { FAMILIES = sizeof families / sizeof families[0] };

static int begin(void **state) {
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++) {
        struct family *f = &families[i];
        const struct vault_keeper keeper = {NULL, f->open, CAGE_SOFT};
        if (pipe(f->tell) != 0 || pipe(f->go) != 0) {
            return -1;
        }
        f->parent = fork();
        if (f->parent == 0) {
            centre(&keeper, f->tell[1], f->go[0]);
        }
    }
    return 0;
}

static void family_is_clean(const struct family *f) {
    struct stop stop;
    next_stop(f->tell[0], f->go[1], &stop, true);
    remember_all();
    prepare_filter();
    assert_true(secret_count > 300);
    assert_true(scan(stop.vault) > 20);   /* the scan sees: an open vault has keys */
    assert_int_equal(scan(f->parent), 0); /* but whoever asks it has none */
    next_stop(f->tell[0], f->go[1], &stop, false);
    assert_int_equal(scan(stop.vault), 0);
    assert_int_equal(scan(f->parent), 0);
    next_stop(f->tell[0], f->go[1], &stop, false);
    assert_int_equal(kill(stop.vault, 0), -1); /* and then there is no such process */
    assert_int_equal(scan(f->parent), 0);
    assert_int_equal(write(f->go[1], "g", 1), 1);
    assert_int_equal(waitpid(f->parent, NULL, 0), f->parent);
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

static void skip_without_root(void) {
    if (geteuid() != 0 || UNDER_SANITIZER) {
        skip();
    }
}

static void no_key_of_a_ring_outlives_its_vault(void **state) {
    (void)state;
    skip_without_root();
    family_is_clean(&families[0]);
}

static void no_key_of_a_seed_outlives_its_vault(void **state) {
    (void)state;
    skip_without_root();
    family_is_clean(&families[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_of_a_ring_outlives_its_vault),
        cmocka_unit_test(no_key_of_a_seed_outlives_its_vault),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

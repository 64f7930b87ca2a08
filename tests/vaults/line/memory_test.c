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
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keys/permit.h"
#include "vaults/line/vault_process.h"
#include "vaults/pkcs11/token.h"
#include "vaults/soft/model.h"
#include "vaults/soft/secret_room.h"
#include "vaults/soft/soft_vault.h"
#include "vaults/soft/vault_file.h"

enum { SECRETS_MAX = 4096, SECRET_LEN = 8, VERSION = 1, CARDS = 40, STEPS = 3 };
static const uint8_t card[8] = {0x86, 0x84, 0x44, 0x01, 9, 8, 7, 6};
static const uint8_t input[8] = {0x5A, 1, 2, 3, 4, 5, 6, 7};

/* --- the centre --------------------------------------------------------------------------------- */

/* Version 1 of every root that the model has under 3DES. */
static enum err fill_ring(struct key_ring *ring, struct why *why) {
    enum err err = ring ? ring_begin(ring, MODEL_REGION, why) : ERR_OUTSIDE;
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
    return err;
}

/* A keeper whose keys lie in a ring, so that roots are kept and not made: the harder case. */
static enum err open_ring(void *self, struct vault *vaults, size_t count, struct why *why) {
    struct key_ring *ring = secret_room_new(sizeof *ring);
    (void)self;
    enum err err = fill_ring(ring, why);
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

/* --- a vault file and a token, made by processes that end before anything is looked at ---------- */

static char *scratch;
static const struct vault_cost cheap = {.memory_kib = 64, .passes = 1};
enum { WORDS_LEN = 32 };

static void scratch_path(const char *name, char path[512]) {
    (void)snprintf(path, 512, "%s/%s", scratch, name);
}

/* What a custodian says: read where it is needed, and in no other memory. */
static bool read_words(const char *name, uint8_t words[WORDS_LEN]) {
    char path[512];
    scratch_path(name, path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && read(fd, words, WORDS_LEN) == WORDS_LEN;
    if (fd >= 0) {
        (void)close(fd);
    }
    return good;
}

struct file_room {
    struct key_ring ring;
    uint8_t words[CUSTODIANS][WORDS_LEN];
};

/* Draws both custodians' words, and makes a vault file that they open. */
static void make_file(void) {
    struct file_room *room = secret_room_new(sizeof *room);
    struct why why;
    char path[512];
    for (int i = 0; i < CUSTODIANS; i++) {
        FILE *file = NULL;
        assert_int_equal(getrandom(room->words[i], WORDS_LEN, 0), WORDS_LEN);
        scratch_path(i ? "b" : "a", path);
        file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(room->words[i], 1, WORDS_LEN, file), WORDS_LEN);
        assert_int_equal(fclose(file), 0);
    }
    const struct custodians who = {
        {bytes_of(room->words[0], WORDS_LEN), bytes_of(room->words[1], WORDS_LEN)}
    };
    scratch_path("keys.vault", path);
    assert_int_equal(fill_ring(&room->ring, &why), OK);
    assert_int_equal(vault_file_write(path, &who, &cheap, &room->ring, &why), OK);
}

static void make_token(void) {
    token_make(scratch, 2);
}

/* As the keeper of a centre's vault file does it. */
static enum err open_file(void *self, struct vault *vaults, size_t count, struct why *why) {
    struct file_room *room = secret_room_new(sizeof *room);
    char path[512];
    (void)self;
    scratch_path("keys.vault", path);
    bool said = room && read_words("a", room->words[0]) && read_words("b", room->words[1]);
    enum err err = said ? OK : ERR_OUTSIDE;
    if (said) {
        const struct custodians who = {
            {bytes_of(room->words[0], WORDS_LEN), bytes_of(room->words[1], WORDS_LEN)}
        };
        err = vault_file_read(path, &who, 0, &room->ring, why);
    }
    for (size_t i = 0; !err && i < count; i++) {
        err = soft_vault_open_ring(&room->ring, &vaults[i], why);
    }
    secret_room_free(room, sizeof *room);
    return err;
}

static enum err open_module(void *self, struct vault *vaults, size_t count, struct why *why) {
    enum err err = OK;
    (void)self;
    for (size_t i = 0; !err && i < count; i++) {
        err = token_vault(NULL, &vaults[i], why);
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

static void remember_exactly(const uint8_t *at) {
    assert_true(secret_count < SECRETS_MAX);
    (void)memcpy(secrets[secret_count++], at, SECRET_LEN);
}

/* A key, and the same with the lowest bit of each byte set to odd parity, as a module may keep it. */
static void remember(const uint8_t *at) {
    uint8_t odd[SECRET_LEN];
    for (size_t i = 0; i < SECRET_LEN; i++) {
        unsigned ones = (unsigned)__builtin_popcount(at[i] & 0xFEU);
        odd[i] = (uint8_t)((at[i] & 0xFEU) | (ones % 2 == 0));
    }
    remember_exactly(at);
    if (memcmp(odd, at, SECRET_LEN) != 0) {
        remember_exactly(odd);
    }
}

/* Every part of what both custodians said. */
static void remember_words(void) {
    uint8_t words[WORDS_LEN];
    for (int i = 0; i < CUSTODIANS; i++) {
        assert_true(read_words(i ? "b" : "a", words));
        for (size_t at = 0; at < WORDS_LEN; at += SECRET_LEN) {
            remember_exactly(words + at);
        }
    }
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
    remember_words();
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
    enum cage_profile profile;
    pid_t parent;
    int tell[2], go[2];
};
enum { OF_RING, OF_SEED, OF_FILE, OF_MODULE, FAMILIES };
static struct family families[FAMILIES] = {
    [OF_RING] = {.open = open_ring,   .profile = CAGE_SOFT  },
    [OF_SEED] = {.open = open_seed,   .profile = CAGE_SOFT  },
    [OF_FILE] = {.open = open_file,   .profile = CAGE_SOFT  },
    [OF_MODULE] = {.open = open_module, .profile = CAGE_MODULE},
};

/* In a process of its own, so that this one knows no key before the families have begun. */
static bool made_elsewhere(void (*make)(void)) {
    int status = -1;
    pid_t maker = fork();
    if (maker == 0) {
        make();
        _exit(0);
    }
    return waitpid(maker, &status, 0) == maker && status == 0;
}

static int begin(void **state) {
    char conf[512];
    if (token_scratch_make(state) != 0) {
        return -1;
    }
    scratch = *state;
    scratch_path("softhsm2.conf", conf);
    bool made = made_elsewhere(make_file) && (!token_library() || made_elsewhere(make_token));
    if (!made || setenv("SOFTHSM2_CONF", conf, 1) != 0) {
        return -1;
    }
    for (size_t i = 0; i < FAMILIES; i++) {
        struct family *f = &families[i];
        const struct vault_keeper keeper = {NULL, f->open, f->profile};
        if (i == OF_MODULE && !token_library()) {
            continue;
        }
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
    /* The scan sees: an open soft vault has keys. A module's are not in our process, even while it
     * computes with them. */
    bool soft = f->profile == CAGE_SOFT;
    size_t open_keys = scan(stop.vault);
    assert_true(soft ? open_keys > 20 : open_keys < 5);
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

/* The scan is one that can fail: a key that somebody holds is found, wherever the byte boundary lies, and no
 * more when it is wiped. */
static void a_planted_key_is_found(void **state) {
    (void)state;
    skip_without_root();
    static uint8_t planted[4096];
    int tell[2], go[2];
    char word = 0;
    assert_int_equal(pipe(tell), 0);
    assert_int_equal(pipe(go), 0);
    uint8_t key[SECRET_LEN];
    assert_int_equal(getrandom(key, sizeof key, 0), sizeof key);
    uint8_t mask[SECRET_LEN]; /* the child is told the key in two parts that are none */
    for (size_t i = 0; i < SECRET_LEN; i++) {
        mask[i] = key[i] ^ 0x5A;
    }
    crypto_wipe(key, sizeof key);
    pid_t holder = fork();
    if (holder == 0) {
        for (size_t i = 0; i < SECRET_LEN; i++) {
            planted[1001 + i] = mask[i] ^ 0x5A;
        }
        (void)!write(tell[1], "p", 1);
        (void)!read(go[0], &word, 1);
        crypto_wipe(planted, sizeof planted);
        (void)!write(tell[1], "w", 1);
        (void)!read(go[0], &word, 1);
        _exit(0);
    }
    assert_int_equal(read(tell[0], &word, 1), 1);
    for (size_t i = 0; i < SECRET_LEN; i++) {
        key[i] = mask[i] ^ 0x5A;
    }
    secret_count = 0;
    remember_exactly(key);
    prepare_filter();
    assert_true(scan(holder) >= 1);
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(read(tell[0], &word, 1), 1);
    assert_int_equal(scan(holder), 0);
    assert_int_equal(write(go[1], "g", 1), 1);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
}

static void no_key_of_a_ring_outlives_its_vault(void **state) {
    (void)state;
    skip_without_root();
    family_is_clean(&families[OF_RING]);
}

static void no_key_of_a_seed_outlives_its_vault(void **state) {
    (void)state;
    skip_without_root();
    family_is_clean(&families[OF_SEED]);
}

/* Nor what its custodians said. */
static void no_key_of_a_file_outlives_its_vault(void **state) {
    (void)state;
    skip_without_root();
    family_is_clean(&families[OF_FILE]);
}

static void no_key_of_a_module_outlives_its_vault(void **state) {
    (void)state;
    skip_without_root();
    if (!token_library()) {
        skip();
    }
    family_is_clean(&families[OF_MODULE]);
}

static int end(void **state) {
    return scratch_remove(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_of_a_ring_outlives_its_vault),
        cmocka_unit_test(no_key_of_a_seed_outlives_its_vault),
        cmocka_unit_test(no_key_of_a_file_outlives_its_vault),
        cmocka_unit_test(no_key_of_a_module_outlives_its_vault),
        cmocka_unit_test(a_planted_key_is_found),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

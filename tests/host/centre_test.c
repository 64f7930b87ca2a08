#include "scratch.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/centre.h"

static const struct centre_file specimen = {
    .name = "广州市社会保障卡管理中心",
    .region = "440100",
    .rehearsal = true,
    .seed = 20031008,
    .date = 20031008,
};

static void a_centre_is_read_as_it_was_made(void **state) {
    char dir[512], path[PATH_ROOM];
    struct why why = {0};
    struct centre_file read;
    below(state, "deep/centre", dir);
    assert_int_equal(centre_make(dir, &specimen, &why), OK);
    assert_int_equal(centre_read(dir, &read, &why), OK);
    assert_string_equal(read.name, specimen.name);
    assert_string_equal(read.region, specimen.region);
    assert_true(read.rehearsal);
    assert_int_equal(read.seed, specimen.seed);
    assert_int_equal(read.date, specimen.date);
    assert_true(files_exist(centre_path(path, dir, CENTRE_CHIPS)));
    assert_true(files_exist(centre_path(path, dir, CENTRE_UPLOADS)));
    assert_false(files_exist(centre_path(path, dir, CENTRE_DATABASE)));
}

static void a_centre_is_made_once(void **state) {
    char dir[512];
    struct why why = {0};
    struct centre_file other = specimen, read;
    other.seed = 7;
    below(state, "c", dir);
    assert_int_equal(centre_make(dir, &specimen, &why), OK);
    assert_int_equal(centre_make(dir, &other, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "is a centre already"));
    assert_int_equal(centre_read(dir, &read, &why), OK);
    assert_int_equal(read.seed, specimen.seed);
}

static void a_directory_with_something_else_is_left_alone(void **state) {
    char path[512];
    struct why why = {0};
    assert_int_equal(files_write(below(state, "letter.txt", path), bytes_text("dear"), &why), OK);
    assert_int_equal(centre_make(*state, &specimen, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "holds something that is no centre"));
    assert_false(files_exist(below(state, "vault", path)));
}

/* The making stops before its last step, the card of the centre: it is no centre yet, and the next
 * attempt goes on. */
static void an_interrupted_making_can_be_repeated(void **state) {
    char dir[512], path[PATH_ROOM];
    struct why why = {0};
    struct centre_file read;
    below(state, "c", dir);
    assert_int_equal(centre_make(dir, &specimen, &why), OK);
    assert_int_equal(unlink(centre_path(path, dir, CENTRE_CARD)), 0);
    assert_int_equal(rmdir(centre_path(path, dir, CENTRE_BANK)), 0);
    assert_int_equal(centre_read(dir, &read, &why), ERR_NOT_FOUND);
    assert_int_equal(centre_make(dir, &specimen, &why), OK);
    assert_int_equal(centre_read(dir, &read, &why), OK);
    assert_true(files_exist(centre_path(path, dir, CENTRE_BANK)));
}

/* A centre at work whose card, or whose database, is gone: neither gets a new one, for it would not
 * belong to what is there. */
static void a_centre_that_lost_a_part_gets_no_other(void **state) {
    static const char *const works[] = {
        "city.db", "chips/B00000019.chip", "terminals/440100000001.journal", "pilot.state.json"};
    char dir[512], path[PATH_ROOM], work[PATH_ROOM];
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
        struct why why = {0};
        CENTRE_SCOPE(centre);
        (void)snprintf(dir, sizeof dir, "%s/c%zu", (const char *)*state, i);
        assert_int_equal(centre_make(dir, &specimen, &why), OK);
        assert_int_equal(centre_open(&centre, dir, USE_DESK, &why), OK);
        centre_close(&centre);
        assert_true(files_join(work, dir, works[i]));
        assert_int_equal(files_write(work, bytes_text("work"), &why), OK);
        if (i > 0) {
            assert_int_equal(centre_open(&centre, dir, USE_DESK, &why), ERR_CONFLICT);
            assert_non_null(strstr(why.text, "has lost its database"));
            centre_close(&centre);
        }
        assert_int_equal(unlink(centre_path(path, dir, CENTRE_CARD)), 0);
        assert_int_equal(centre_make(dir, &specimen, &why), ERR_CONFLICT);
        assert_non_null(strstr(why.text, "has lost its centre.json"));
        assert_false(files_exist(path));
    }
}

static void no_centre_says_how_to_make_one(void **state) {
    char dir[512];
    struct why why = {0};
    struct centre_file read;
    assert_int_equal(centre_read(*state, &read, &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "is no centre"));
    assert_non_null(strstr(why.text, "shebao init --rehearsal --data "));
    assert_int_equal(centre_read(below(state, "none", dir), &read, &why), ERR_NOT_FOUND);
    assert_int_equal(centre_read("", &read, &why), ERR_INVALID);
}

/* A centre on a server says where; one in a file says nothing, and reads as ever. */
static void a_centre_says_where_its_database_is(void **state) {
    static const struct {
        const char *address;
        bool good;
    } cases[] = {
        {"",                                          true },
        {"postgresql:///city?host=/var/run/postgres", true },
        {"postgresql://db.example/city",              true },
        {"city.db",                                   false},
        {"postgresql://a b",                          false},
        {"postgresql://\xE5\xAF\x86",                 false},
        {"mysql://host/city",                         false},
    };
    char dir[512], path[PATH_ROOM];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why = {0};
        struct centre_file file = specimen, read;
        FILE_CONTENT_SCOPE(content);
        (void)snprintf(file.database, sizeof file.database, "%s", cases[i].address);
        (void)snprintf(dir, sizeof dir, "%s/d%zu", (const char *)*state, i);
        assert_int_equal(centre_make(dir, &file, &why), cases[i].good ? OK : ERR_INVALID);
        if (!cases[i].good) {
            assert_non_null(strstr(why.text, "postgresql://HOST/DATABASE"));
            continue;
        }
        assert_int_equal(centre_read(dir, &read, &why), OK);
        assert_string_equal(read.database, cases[i].address);
        assert_int_equal(files_read(centre_path(path, dir, CENTRE_CARD), 4096, &content, &why), OK);
        bool said = strstr((const char *)content.at, "\"database\"") != NULL;
        assert_int_equal(said, cases[i].address[0] != '\0');
        const char *where = centre_database(path, dir, &read);
        assert_true(strcmp(where, said ? cases[i].address : path) == 0);
        assert_null(centre_trace(dir));
        (void)snprintf(path, sizeof path, "%s/pilot.json", dir);
        assert_int_equal(files_write(path, bytes_text("{}"), &why), OK);
        assert_string_equal(centre_trace(dir), "pilot.json");
    }
}

/* Every place that keys can be in is read again as it was written; what is usual is not written at all,
 * so that centres of earlier versions read the same. */
static void a_centre_says_where_its_keys_are(void **state) {
    char dir[512], path[PATH_ROOM];
    for (int i = 0; i < 2 * KEYS_PLACES; i++) {
        FILE_CONTENT_SCOPE(content);
        struct why why = {0};
        struct centre_file file = specimen, read;
        file.rehearsal = i >= KEYS_PLACES;
        file.keys = (enum centre_keys)(i % KEYS_PLACES);
        enum centre_keys usual = file.rehearsal ? KEYS_IN_SEED : KEYS_IN_FILE;
        (void)snprintf(dir, sizeof dir, "%s/k%d", (const char *)*state, i);
        if (!file.rehearsal && file.keys == KEYS_IN_SEED) {
            assert_int_equal(centre_make(dir, &file, &why), ERR_INVALID);
            assert_non_null(strstr(why.text, "are for rehearsals"));
            continue;
        }
        assert_int_equal(centre_make(dir, &file, &why), OK);
        assert_int_equal(centre_read(dir, &read, &why), OK);
        assert_int_equal(read.keys, file.keys == KEYS_USUAL ? usual : file.keys);
        assert_int_equal(files_read(centre_path(path, dir, CENTRE_CARD), 4096, &content, &why), OK);
        bool said = strstr((const char *)content.at, "\"keys\"") != NULL;
        assert_int_equal(said, read.keys != usual);
    }
}

/* A place that nobody knows is no place: the card is refused and nothing else is taken for it. */
static void a_centre_with_keys_in_an_unknown_place_is_refused(void **state) {
    static const char *const words[] = {"usual", "", "seeds", "File"};
    char dir[512], path[PATH_ROOM], text[512];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct why why = {0};
        struct centre_file read;
        (void)snprintf(dir, sizeof dir, "%s/u%zu", (const char *)*state, i);
        assert_int_equal(centre_make(dir, &specimen, &why), OK);
        int len = snprintf(text, sizeof text,
            "{\"format\": \"shebao-centre-1\", \"name\": \"x\", \"region\": \"440100\", "
            "\"rehearsal\": true, \"seed\": 1, \"date\": 20031008, \"keys\": \"%s\"}",
            words[i]);
        assert_int_equal(
            files_write(centre_path(path, dir, CENTRE_CARD), bytes_of(text, (size_t)len), &why),
            OK);
        assert_int_equal(centre_read(dir, &read, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "out of its range"));
    }
}

/* What is usual is not written; a cipher that nobody knows, or that no module computes, is refused. */
static void a_centre_says_of_which_cipher_its_wallets_are(void **state) {
    static const char *const words[] = {"sm4", "", "3DES", "SM4 "};
    char dir[512], path[PATH_ROOM], text[512];
    struct why why = {0};
    struct centre_file file = specimen, read;
    for (int sm4 = 0; sm4 <= 1; sm4++) {
        FILE_CONTENT_SCOPE(content);
        file.sm4_wallets = sm4 == 1;
        (void)snprintf(dir, sizeof dir, "%s/w%d", (const char *)*state, sm4);
        assert_int_equal(centre_make(dir, &file, &why), OK);
        assert_int_equal(centre_read(dir, &read, &why), OK);
        assert_int_equal(read.sm4_wallets, file.sm4_wallets);
        assert_int_equal(files_read(centre_path(path, dir, CENTRE_CARD), 4096, &content, &why), OK);
        assert_int_equal(strstr((const char *)content.at, "\"wallets\"") != NULL, sm4);
    }
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        int len = snprintf(text, sizeof text,
            "{\"format\": \"shebao-centre-1\", \"name\": \"x\", \"region\": \"440100\", "
            "\"rehearsal\": true, \"seed\": 1, \"date\": 20031008, \"wallets\": \"%s\"}",
            words[i]);
        assert_int_equal(files_write(path, bytes_of(text, (size_t)len), &why), OK);
        assert_int_equal(centre_read(dir, &read, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "out of its range"));
    }
    file.keys = KEYS_IN_MODULE;
    (void)snprintf(dir, sizeof dir, "%s/wm", (const char *)*state);
    assert_int_equal(centre_make(dir, &file, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "compute 3DES"));
}

static void a_centre_makes_sense(void **state) {
    char dir[512];
    struct why why = {0};
    struct centre_file wrong[] = {
        specimen, specimen, specimen, specimen, specimen, specimen, specimen, specimen, specimen};
    wrong[0].name[0] = '\0';
    (void)strcpy(wrong[1].region, "44010");
    (void)strcpy(wrong[2].region, "44010x");
    wrong[3].date = 20030230;
    wrong[4].seed = UINT64_MAX;
    wrong[5].date = 99991231; /* no card could run out */
    wrong[6].date = 18991231;
    (void)strcpy(wrong[7].region, "044010");
    (void)strcpy(wrong[8].name, "\xB9\xE3"); /* GB 18030 and not UTF-8 */
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(centre_make(below(state, "c", dir), &wrong[i], &why), ERR_INVALID);
        assert_false(files_exist(dir));
    }
}

/* Puts text in the place of centre.json and reads it. */
static enum err read_card(void **state, struct bytes text, struct why *why) {
    char path[512];
    struct centre_file read;
    assert_int_equal(files_write(below(state, "centre.json", path), text, why), OK);
    return centre_read(*state, &read, why);
}

#define CARD(first, rest)                                                                          \
    "{" first "\"name\":\"x\",\"region\":\"440100\",\"rehearsal\":true,\"seed\":1,\"date\":" rest  \
    "}"

static void a_card_of_another_kind_is_refused(void **state) {
    static const char *const cards[] = {
        "",
        "[]",
        "{}",
        "null",
        CARD("", "20031008"),
        CARD("\"format\":\"shebao-centre-2\",", "20031008"),
        CARD("\"format\":\"shebao-centre-1\",\"name\":\"y\",", "20031008"),
        CARD("\"format\":\"shebao-centre-1\",\"more\":1,", "20031008"),
        CARD("\"format\":\"shebao-centre-1\",", "\"20031008\""),
        CARD("\"format\":\"shebao-centre-1\",", "20031308"),
        CARD("\"format\":\"shebao-centre-1\",", "-1"),
        CARD("\"format\":\"shebao-centre-1\",", "99999999999999"),
    };
    struct why why = {0};
    struct bytes good = bytes_text(CARD("\"format\":\"shebao-centre-1\",", "20031008"));
    assert_int_equal(read_card(state, good, &why), OK);
    for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++) {
        assert_int_equal(read_card(state, bytes_text(cards[i]), &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "centre.json"));
    }
    for (size_t len = 0; len < good.len; len++) { /* torn at every byte */
        assert_int_equal(read_card(state, bytes_of(good.at, len), &why), ERR_INVALID);
    }
}

/* Another process of ours holds the centre until it is told to go; meanwhile nobody else gets it,
 * and the sentence names the process. Its death, however sudden, frees the centre. */
static void one_process_at_a_time(void **state) {
    char dir[512], number[32];
    struct why why = {0};
    int ready[2];
    assert_int_equal(centre_make(below(state, "c", dir), &specimen, &why), OK);
    assert_int_equal(pipe(ready), 0);
    pid_t holder = fork();
    assert_true(holder >= 0);
    if (holder == 0) {
        struct centre theirs;
        char byte = centre_open(&theirs, dir, USE_DESK, &why) ? 'n' : 'y';
        (void)!write(ready[1], &byte, 1);
        (void)pause();
        _exit(0);
    }
    char byte = 0;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    CENTRE_SCOPE(ours);
    assert_int_equal(centre_open(&ours, dir, USE_DESK, &why), ERR_OUTSIDE);
    (void)snprintf(number, sizeof number, "process %ld ", (long)holder);
    assert_non_null(strstr(why.text, number));
    assert_int_equal(kill(holder, SIGKILL), 0);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    assert_int_equal(centre_open(&ours, dir, USE_DESK, &why), OK);
    assert_string_equal(ours.dir, dir);
    assert_int_equal(ours.file.seed, specimen.seed);
    centre_close(&ours);
    assert_int_equal(centre_open(&ours, dir, USE_DESK, &why), OK);
    (void)close(ready[0]);
    (void)close(ready[1]);
}

/* Two of one kind never, a desk beside the lines always, and what must be alone beside nobody. A lock
 * belongs to the open file, so one process can play both. */
static void desks_and_lines_go_side_by_side(void **state) {
    static const bool together[3][3] = {
        [USE_DESK] = {[USE_LINES] = true},
        [USE_LINES] = {[USE_DESK] = true},
    };
    char dir[512];
    struct why why = {0};
    assert_int_equal(centre_make(below(state, "c", dir), &specimen, &why), OK);
    for (enum centre_use first = USE_DESK; first <= USE_ALONE; first++) {
        for (enum centre_use second = USE_DESK; second <= USE_ALONE; second++) {
            CENTRE_SCOPE(one);
            CENTRE_SCOPE(other);
            assert_int_equal(centre_open(&one, dir, first, &why), OK);
            enum err err = centre_open(&other, dir, second, &why);
            assert_int_equal(err, together[first][second] ? OK : ERR_OUTSIDE);
            assert_true(!err || strstr(why.text, "wait until it ends") != NULL);
        }
    }
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_centre_is_read_as_it_was_made),
        IN_SCRATCH(a_centre_is_made_once),
        IN_SCRATCH(a_directory_with_something_else_is_left_alone),
        IN_SCRATCH(an_interrupted_making_can_be_repeated),
        IN_SCRATCH(a_centre_that_lost_a_part_gets_no_other),
        IN_SCRATCH(no_centre_says_how_to_make_one),
        IN_SCRATCH(a_centre_makes_sense),
        IN_SCRATCH(a_centre_says_where_its_database_is),
        IN_SCRATCH(a_centre_says_where_its_keys_are),
        IN_SCRATCH(a_centre_with_keys_in_an_unknown_place_is_refused),
        IN_SCRATCH(a_centre_says_of_which_cipher_its_wallets_are),
        IN_SCRATCH(a_card_of_another_kind_is_refused),
        IN_SCRATCH(one_process_at_a_time),
        IN_SCRATCH(desks_and_lines_go_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

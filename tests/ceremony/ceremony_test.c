/* Whole ceremonies: held, cut at every moment, taken up, undone, refused. */
#include <dirent.h>
#include <sys/wait.h>

#include "ceremony/carrier_chip.h"
#include "ceremony/psam_issue.h"
#include "host/scratch.h"
#include "test_house.h"
#include "vaults/soft/soft_vault.h"

#define HEAD   "ceremony 2003-001\nbegin 2003-10-08 09:00\nofficers key-a key-b\n"
#define SHARED "split DPK 3DES 2 into 3 of 5 for zhang li wang zhao chen\n"

static const char whole_plan[] = HEAD "generate DPK 3DES 2\n" SHARED
                                      "components BTK 3DES 1 for zhang li\n"
                                      "recover DPK 3DES 2 from here zhao zhang wang\n"
                                      "share-card 11 DPK 3DES 2 from here for li\n"
                                      "mother-card 12 DPK 3DES 2 under BTK 3DES 1 for zhang\n"
                                      "transport-card 13 DLK SM4 1 under BTK SM4 1 for li\n"
                                      "psam-batch 2 from 440100000901 at 440100-H01\n"
                                      "close DPK 3DES 1\n"
                                      "destroy DPK 3DES 1\n";

static const char short_plan[] = HEAD "generate DPK 3DES 2\n" SHARED
                                      "transport-card 13 DPK 3DES 2 under BTK 3DES 1 for li\n"
                                      "psam-batch 1 from 440100000901 at 440100-H01\n"
                                      "close DPK 3DES 1\n";

static void transcript_of(const struct test_house *h, struct file_content *content) {
    char path[PATH_ROOM];
    struct why why;
    (void)snprintf(path, sizeof path, "%.900s/transcript.txt", h->folder);
    assert_int_equal(files_read(path, TRANSCRIPT_MAX, content, &why), OK);
}

static size_t files_in(const char *folder, const char *ending) {
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    for (const struct dirent *d = readdir(dir); d; d = readdir(dir)) {
        size_t len = strlen(d->d_name);
        count += len >= strlen(ending) && strcmp(d->d_name + len - strlen(ending), ending) == 0;
    }
    (void)closedir(dir);
    return count;
}

/* True when the bytes stand in a file of the folder or of its shares. */
static bool stands_in(const char *folder, const uint8_t *secret, size_t len) {
    bool found = false;
    DIR *dir = opendir(folder);
    for (const struct dirent *d = dir ? readdir(dir) : NULL; d; d = readdir(dir)) {
        char path[PATH_ROOM];
        struct why why;
        FILE_CONTENT_SCOPE(content);
        (void)snprintf(path, sizeof path, "%.700s/%.200s", folder, d->d_name);
        if (files_read(path, 1 << 24, &content, &why) == OK) {
            found = found || (content.at && memmem(content.at, content.len, secret, len));
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
    return found;
}

/* Every root, by its halves: a key of eight bytes would be seen, too. */
static void no_root_in_clear(const struct test_house *h) {
    char shares[PATH_ROOM];
    (void)snprintf(shares, sizeof shares, "%.900s/shares", h->folder);
    for (size_t i = 0; i < h->ring->count; i++) {
        const uint8_t *root = h->ring->keys[i].root.bytes;
        static const uint8_t zeros[16];
        if (h->ring->keys[i].name != KEY_DPK && i % 16 != 0) {
            continue; /* every file is read for each key: a sample of those that took no part */
        }
        if (memcmp(root, zeros, 16) != 0) {
            assert_false(stands_in(h->folder, root, 8));
            assert_false(stands_in(h->folder, root + 8, 8));
            assert_false(stands_in(shares, root, 8));
        }
    }
}

static void a_whole_ceremony_is_held_and_signed(void **state) {
    struct test_house h;
    char path[512];
    house_begin(&h, below(state, "c", path), whole_plan);
    expect_held(&h);
    FILE_CONTENT_SCOPE(content);
    transcript_of(&h, &content);
    const char *text = (const char *)content.at;
    assert_non_null(strstr(text, "1 2003-10-08T09:00 2003-10-08T09:05 generate DPK 3DES 2 check "));
    assert_non_null(strstr(text, "officers A key-a B key-b #"));
    assert_non_null(strstr(text, " seal zhao "));
    assert_non_null(strstr(text, "end 2003-10-08T09:50 steps 10 #"));
    assert_non_null(strstr(text, "\nsignature ed25519 "));
    assert_int_equal(files_in(h.folder, ".vault"), 1); /* the vault itself; no copy is left */
    assert_null(ring_find(h.ring, KEY_DPK, KEY_TDES, 3));
    assert_int_equal(ring_find(h.ring, KEY_DPK, KEY_TDES, 2)->state, RING_IN_USE);
    assert_int_equal(ring_find(h.ring, KEY_DPK, KEY_TDES, 1)->state, RING_CLOSED);
    no_root_in_clear(&h);
    assert_int_equal(house_hold(&h), ERR_CONFLICT);
    assert_non_null(strstr(h.why.text, "held to its end"));
    house_end(&h);
}

static void two_rehearsals_of_a_seed_write_the_same(void **state) {
    struct test_house one, two, other;
    char path[512];
    house_begin(&one, below(state, "one", path), whole_plan);
    house_begin(&two, below(state, "two", path), whole_plan);
    house_begin(&other, below(state, "other", path), whole_plan);
    other.house.seed = 8;
    expect_held(&one);
    expect_held(&two);
    expect_held(&other);
    FILE_CONTENT_SCOPE(first);
    FILE_CONTENT_SCOPE(second);
    FILE_CONTENT_SCOPE(third);
    transcript_of(&one, &first);
    transcript_of(&two, &second);
    transcript_of(&other, &third);
    assert_true(bytes_equal(bytes_of(first.at, first.len), bytes_of(second.at, second.len)));
    assert_false(bytes_equal(bytes_of(first.at, first.len), bytes_of(third.at, third.len)));
    house_end(&one);
    house_end(&two);
    house_end(&other);
}

/* Holds it in a process of its own, which ends at the n-th moment. True when it got there. */
static bool hold_cut(const char *folder, int cut, bool undo) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct test_house h;
        house_begin(&h, folder, short_plan);
        h.cut_after = cut;
        enum err err = undo ? ceremony_undo(&h.house, &h.plan, h.ring, &h.why)
                            : ceremony_hold(&h.house, &h.plan, h.ring, &h.why);
        _exit(err == OK ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 99 || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == 99;
}

static void cut_at_every_moment_it_goes_on_to_the_same_transcript(void **state) {
    struct test_house whole;
    char path[512];
    FILE_CONTENT_SCOPE(expected);
    house_begin(&whole, below(state, "whole", path), short_plan);
    expect_held(&whole);
    transcript_of(&whole, &expected);
    int moments = whole.moments;
    assert_true(moments > 15);
    for (int cut = 1; cut <= moments; cut++) {
        struct test_house h;
        FILE_CONTENT_SCOPE(content);
        char name[32];
        (void)snprintf(name, sizeof name, "cut%d", cut);
        assert_true(hold_cut(below(state, name, path), cut, false));
        house_begin(&h, path, short_plan);
        no_root_in_clear(&h);
        enum err err = house_hold(&h);
        assert_true(err == OK || (cut == moments && err == ERR_CONFLICT));
        transcript_of(&h, &content);
        assert_true(
            bytes_equal(bytes_of(content.at, content.len), bytes_of(expected.at, expected.len)));
        assert_int_equal(files_in(h.folder, ".vault"), 1);
        assert_int_equal(files_in(h.folder, ".chip"), 2);
        house_end(&h);
    }
    house_end(&whole);
}

static void cut_at_every_moment_it_can_be_undone_until_the_vault_has_changed(void **state) {
    char path[512];
    bool kept_seen = false;
    for (int cut = 2;; cut++) {
        struct test_house h;
        char name[32];
        (void)snprintf(name, sizeof name, "undo%d", cut);
        if (!hold_cut(below(state, name, path), cut, false)) {
            break;
        }
        house_begin(&h, path, short_plan);
        enum err err = ceremony_undo(&h.house, &h.plan, h.ring, &h.why);
        char vault[PATH_ROOM];
        test_vault_path(&h, vault);
        if (files_exist(vault)) {
            kept_seen = true;
            assert_int_equal(err, ERR_CONFLICT);
            assert_non_null(strstr(h.why.text, "cannot be undone"));
        } else {
            assert_int_equal(err, OK);
            char shares[PATH_ROOM];
            (void)snprintf(shares, sizeof shares, "%.900s/shares", h.folder);
            assert_int_equal(files_in(h.folder, ".vault") + files_in(h.folder, ".chip"), 0);
            assert_true(!files_exist(shares) || files_folder_empty(shares));
            assert_int_equal(ceremony_undo(&h.house, &h.plan, h.ring, &h.why), ERR_NOT_FOUND);
        }
        house_end(&h);
    }
    assert_true(kept_seen);
}

/* Undoing is cut, too, and begun again. */
static void undoing_may_be_cut(void **state) {
    char path[512];
    for (int cut = 1; cut < 5; cut++) {
        struct test_house h;
        char name[32];
        (void)snprintf(name, sizeof name, "again%d", cut);
        assert_true(hold_cut(below(state, name, path), 13, false));
        bool there = hold_cut(path, cut, true);
        house_begin(&h, path, short_plan);
        assert_int_equal(
            ceremony_undo(&h.house, &h.plan, h.ring, &h.why), there ? OK : ERR_NOT_FOUND);
        house_end(&h);
    }
}

static void officers_must_be_two_and_on_duty(void **state) {
    struct test_house h;
    char path[512];
    house_begin(&h, below(state, "c", path), short_plan);
    h.off_duty = "key-b";
    assert_int_equal(house_hold(&h), ERR_DENIED);
    assert_string_equal(h.why.text, "officer B: key-b is off duty");
    assert_int_equal(files_in(h.folder, ""), 2); /* . and .. */
    assert_int_equal(plan_read(bytes_text("ceremony a\nbegin 2003-10-08 09:00\nofficers x x\n"
                                          "generate DPK 3DES 2\n"),
                         &h.plan, &h.why),
        ERR_INVALID);
    assert_non_null(strstr(h.why.text, "two different persons"));
    house_end(&h);
}

static void another_plan_does_not_go_on_with_it(void **state) {
    struct test_house h;
    char path[512];
    assert_true(hold_cut(below(state, "c", path), 6, false));
    house_begin(&h, path, whole_plan);
    assert_int_equal(house_hold(&h), ERR_CONFLICT);
    assert_non_null(strstr(h.why.text, "under another plan"));
    assert_int_equal(ceremony_undo(&h.house, &h.plan, h.ring, &h.why), ERR_CONFLICT);
    house_end(&h);
}

static void a_step_that_fails_leaves_the_vault_alone(void **state) {
    static const struct {
        const char *plan, *says;
        enum err err;
    } cases[] = {
        {HEAD "generate DPK 3DES 1\n",                                                   "never overwritten",           ERR_CONFLICT },
        {HEAD "split DPK 3DES 9 into 2 of 2 for a b\n",                                  "the vault has no DPK 3DES 9",
         ERR_NOT_FOUND                                                                                                               },
        {HEAD "destroy DPK 3DES 1\n",                                                    "is not closed",               ERR_CONFLICT },
        {HEAD "close DPK 3DES 1\n",                                                      "in use",                      ERR_CONFLICT },
        {HEAD "recover DPK 3DES 1 from here a b\n",                                      "share of a",                  ERR_NOT_FOUND},
        {HEAD "psam-batch 1 from 330100000001 at X\n",                                   "not of region",               ERR_INVALID  },
        {HEAD "import-wrapped DPK 3DES 2 under BTK 3DES 1 from /nowhere check 000000\n", "/nowhere",
         ERR_NOT_FOUND                                                                                                               },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct test_house h;
        char path[512];
        char vault[PATH_ROOM];
        char name[32];
        (void)snprintf(name, sizeof name, "f%zu", i);
        house_begin(&h, below(state, name, path), cases[i].plan);
        assert_int_equal(house_hold(&h), cases[i].err);
        assert_non_null(strstr(h.why.text, "step 1 (line 4 of the plan): "));
        assert_non_null(strstr(h.why.text, cases[i].says));
        test_vault_path(&h, vault);
        assert_false(files_exist(vault));
        house_end(&h);
    }
}

static void a_version_that_a_card_has_is_not_closed(void **state) {
    struct test_house h;
    char path[512];
    house_begin(&h, below(state, "c", path), HEAD "generate DPK 3DES 2\nclose DPK 3DES 1\n");
    h.in_use = "card A00000015";
    assert_int_equal(house_hold(&h), ERR_CONFLICT);
    assert_non_null(strstr(h.why.text, "card A00000015 has it"));
    h.in_use = NULL; /* the last one has gone: it goes on where it stood */
    expect_held(&h);
    house_end(&h);
}

static void carriers_open_with_the_vault_and_hold_no_key_in_clear(void **state) {
    struct test_house h;
    char path[512];
    uint8_t content[CARRIER_CONTENT_MAX];
    size_t len = 0;
    struct vault vault;
    struct reader reader;
    house_begin(&h, below(state, "c", path), short_plan);
    expect_held(&h);
    assert_int_equal(soft_vault_open_ring(h.ring, &vault, &h.why), OK);
    test_insert(&h, "00000013", false, &reader);
    struct station station = {.reader = &reader, .vault = &vault, .key_version = 1};
    assert_int_equal(carrier_read(&station, content, &len, &h.why), OK);
    assert_memory_equal(content, "shebao-wrapped 1 DPK 3DES 2 root under BTK 3DES 1 ", 50);
    reader_close(&reader);
    vault.close(vault.self);
    house_chips_out(&h);
    /* Another city's vault has neither its PIN nor its key. */
    assert_int_equal(soft_vault_open_rehearsal("other", 440100, &vault, &h.why), OK);
    test_insert(&h, "00000013", false, &reader);
    assert_int_equal(carrier_read(&station, content, &len, &h.why), ERR_CONFLICT);
    reader_close(&reader);
    vault.close(vault.self);
    house_end(&h);
}

/* What one ceremony sends, the next takes in: components, and a key under another. */
static void an_upper_level_hands_its_key_down(void **state) {
    struct test_house upper, lower;
    char path[512];
    char plan[1024];
    char shares[512];
    house_begin(&upper, below(state, "upper", path),
        HEAD "generate BTK 3DES 5\ncomponents BTK 3DES 5 for zhang li\n");
    expect_held(&upper);
    (void)below(state, "upper/shares", shares);
    (void)snprintf(plan, sizeof plan, HEAD "import BTK 3DES 5 from %s li zhang\n", shares);
    house_begin(&lower, below(state, "lower", path), plan);
    expect_held(&lower);
    assert_memory_equal(&ring_find(lower.ring, KEY_BTK, KEY_TDES, 5)->root,
        &ring_find(upper.ring, KEY_BTK, KEY_TDES, 5)->root, 16);
    house_end(&lower);
    house_end(&upper);
}

int main(void) {
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        PROMISE(a_whole_ceremony_is_held_and_signed),
        PROMISE(two_rehearsals_of_a_seed_write_the_same),
        PROMISE(cut_at_every_moment_it_goes_on_to_the_same_transcript),
        PROMISE(cut_at_every_moment_it_can_be_undone_until_the_vault_has_changed),
        PROMISE(undoing_may_be_cut),
        PROMISE(officers_must_be_two_and_on_duty),
        PROMISE(another_plan_does_not_go_on_with_it),
        PROMISE(a_step_that_fails_leaves_the_vault_alone),
        PROMISE(a_version_that_a_card_has_is_not_closed),
        PROMISE(carriers_open_with_the_vault_and_hold_no_key_in_clear),
        PROMISE(an_upper_level_hands_its_key_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The vault at rest: what is kept comes back, and whatever happens to the file is told apart. */
#include "host/scratch.h"

#include <openssl/evp.h>
#include <signal.h>
#include <sys/resource.h>

#include "host/files.h"
#include "vaults/soft/model.h"
#include "vaults/soft/secret_room.h"
#include "vaults/soft/vault_file.h"

enum {
    MAGIC = 12,
    HEAD = 90,
    TAG = 16,
    DIGEST = 32,
    GENERATION_AT = 12 + 2 + 4,
    FILE_ROOM = 1 << 17
};

static const struct vault_cost cheap = {.memory_kib = 8, .passes = 1};
static struct key_ring *ring, *again;

static struct custodians both(void) {
    return (struct custodians){
        {bytes_text("the first one's words"), bytes_text("the second one's words")}
    };
}

static int begin(void **state) {
    struct why why;
    ring = secret_room_new(sizeof *ring);
    again = secret_room_new(sizeof *again);
    bool good = ring && again && ring_begin(ring, MODEL_REGION, &why) == OK
                && ring_complete(ring, &why) == OK;
    return good ? scratch_make(state) : -1;
}

static int end(void **state) {
    secret_room_free(ring, sizeof *ring);
    secret_room_free(again, sizeof *again);
    return scratch_remove(state);
}

/* The ring written to a file of the scratch directory. */
static const char *written(void **state, char path[512]) {
    struct custodians who = both();
    struct why why = {""};
    below(state, "keys.vault", path);
    assert_int_equal(vault_file_write(path, &who, &cheap, ring, &why), OK);
    return path;
}

static size_t load(const char *path, uint8_t room[FILE_ROOM]) {
    FILE_CONTENT_SCOPE(content);
    struct why why;
    assert_int_equal(files_read(path, FILE_ROOM, &content, &why), OK);
    (void)memcpy(room, content.at, content.len);
    return content.len;
}

/* Without forcing it to the disk: some thousands of times. */
static void store(const char *path, const uint8_t *at, size_t len) {
    (void)remove(path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(at, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static enum err read_it(const char *path, uint64_t least, struct why *why) {
    struct custodians who = both();
    return vault_file_read(path, &who, least, again, why);
}

static bool all_zero(const void *at, size_t len) {
    const uint8_t *bytes = at;
    size_t i = 0;
    while (i < len && bytes[i] == 0) {
        i++;
    }
    return i == len;
}

static void what_is_written_is_read(void **state) {
    char path[512];
    struct why why = {""};
    written(state, path);
    assert_int_equal(read_it(path, ring->generation, &why), OK);
    assert_memory_equal(again, ring, sizeof *ring);
    struct vault_file_facts facts;
    assert_int_equal(vault_file_look(path, &facts, &why), OK);
    assert_int_equal(facts.region, MODEL_REGION);
    assert_int_equal(facts.generation, ring->generation);
    assert_int_equal(facts.cost.memory_kib, cheap.memory_kib);
}

/* Nothing of a key or the PIN key can be read from the file. */
static void no_key_stands_in_the_file(void **state) {
    char path[512];
    static uint8_t file[FILE_ROOM];
    size_t len = load(written(state, path), file);
    assert_null(memmem(file, len, ring->pin_key, 8));
    for (size_t i = 0; i < ring->count; i++) {
        assert_null(memmem(file, len, ring->keys[i].root.bytes, 8));
    }
}

static void each_writing_is_a_generation_with_chance_of_its_own(void **state) {
    static uint8_t one[FILE_ROOM], other[FILE_ROOM];
    char path[512];
    uint64_t before = ring->generation;
    size_t one_len = load(written(state, path), one);
    assert_int_equal(ring->generation, before + 1);
    size_t other_len = load(written(state, path), other);
    assert_int_equal(ring->generation, before + 2);
    assert_int_equal(one_len, other_len);
    size_t same = 0;
    for (size_t i = HEAD; i < one_len; i++) {
        same += one[i] == other[i];
    }
    assert_in_range(same, 0, one_len / 64); /* one in 256 by chance */
}

/* Method: the file ends after each of its bytes in turn. */
static void a_file_that_is_cut_anywhere_is_recognised(void **state) {
    static uint8_t file[FILE_ROOM];
    char path[512];
    struct why why = {""};
    size_t len = load(written(state, path), file);
    for (size_t cut = 0; cut < len; cut++) {
        store(path, file, cut);
        struct vault_file_facts facts;
        assert_int_equal(vault_file_look(path, &facts, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "is cut short"));
        assert_non_null(strstr(why.text, "put back the latest copy"));
    }
    file[len] = 0;
    store(path, file, len + 1);
    assert_int_equal(read_it(path, 0, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "longer than it says"));
    store(path, file, len);
    assert_int_equal(read_it(path, 0, &why), OK);
}

/* Method: each byte is another one, by each single bit in turn. */
static void a_file_with_any_byte_changed_is_recognised(void **state) {
    static uint8_t file[FILE_ROOM];
    char path[512];
    struct why why = {""};
    size_t len = load(written(state, path), file);
    for (size_t at = 0; at < len; at++) {
        file[at] ^= (uint8_t)(1 << at % 8);
        store(path, file, len);
        assert_int_equal(read_it(path, 0, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "nothing was opened"));
        assert_true(all_zero(again, sizeof *again));
        file[at] ^= (uint8_t)(1 << at % 8);
    }
}

/* Somebody who can write a right digest still cannot change the head or the ring: the tag covers both.
 * Costs are tried separately, because another cost is another key. */
static void a_forged_file_does_not_open(void **state) {
    static uint8_t file[FILE_ROOM];
    char path[512];
    struct why why = {""};
    size_t len = load(written(state, path), file);
    for (size_t at = MAGIC; at < len - DIGEST; at += at < HEAD ? 1 : 37) {
        file[at] ^= 1;
        assert_int_equal(
            EVP_Digest(file, len - DIGEST, file + len - DIGEST, NULL, EVP_sha256(), NULL), 1);
        store(path, file, len);
        enum err err = read_it(path, 0, &why);
        assert_true(err == ERR_DENIED || err == ERR_INVALID);
        assert_true(all_zero(again, sizeof *again));
        file[at] ^= 1;
    }
}

static void an_older_copy_is_refused(void **state) {
    static uint8_t old[FILE_ROOM];
    char path[512];
    struct why why = {""};
    size_t len = load(written(state, path), old);
    uint64_t then = ring->generation;
    written(state, path);
    store(path, old, len);
    assert_int_equal(read_it(path, ring->generation, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "older copy"));
    assert_true(all_zero(again, sizeof *again));
    assert_int_equal(read_it(path, then, &why), OK);
    /* The number in the head cannot be raised to hide it. */
    old[GENERATION_AT + 7]++;
    assert_int_equal(
        EVP_Digest(old, len - DIGEST, old + len - DIGEST, NULL, EVP_sha256(), NULL), 1);
    store(path, old, len);
    assert_int_equal(read_it(path, ring->generation, &why), ERR_DENIED);
}

/* Either custodian alone, both in the wrong order, and each with one letter changed. */
static void both_custodians_are_needed(void **state) {
    char path[512], first[] = "the first one's words", second[] = "the second one's words";
    written(state, path);
    struct why why = {""};
    const struct custodians wrong[] = {
        {{bytes_text(second), bytes_text(first)}},
        {{bytes_text(first), bytes_text("the second one's wordS")}},
        {{bytes_text("The first one's words"), bytes_text(second)}},
        {{bytes_text("the first one's words2"), bytes_text("the second one's words")}},
        {{bytes_text("the first one's wordst"), bytes_text("he second one's words")}},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(vault_file_read(path, &wrong[i], 0, again, &why), ERR_DENIED);
        assert_non_null(strstr(why.text, "let both custodians try again"));
    }
    struct custodians same = {
        {bytes_text(first), bytes_text(first)}
    };
    assert_int_equal(vault_file_read(path, &same, 0, again, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "two persons"));
    assert_int_equal(vault_file_write(path, &same, &cheap, ring, &why), ERR_INVALID);
    same.said[1] = bytes_text("too short");
    assert_int_equal(custodians_check(&same, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "custodian B has 9 bytes"));
    assert_int_equal(read_it(path, 0, &why), OK);
}

/* The disk ends at each of some places: the old file stays and still opens. */
static void a_file_that_does_not_fit_leaves_the_old_one(void **state) {
    char path[512];
    struct why why = {""};
    struct rlimit before;
    struct custodians who = both();
    static uint8_t file[FILE_ROOM];
    size_t len = load(written(state, path), file);
    uint64_t generation = ring->generation;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < len; room += 101) {
        struct rlimit limit = {room, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
        enum err err = vault_file_write(path, &who, &cheap, ring, &why);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
        assert_int_equal(err, ERR_OUTSIDE);
        assert_int_equal(ring->generation, generation);
        assert_int_equal(read_it(path, generation, &why), OK);
    }
}

static void a_file_that_is_not_there_is_told(void **state) {
    char path[512];
    struct why why = {""};
    struct vault_file_facts facts;
    below(state, "none", path);
    assert_int_equal(vault_file_look(path, &facts, &why), ERR_NOT_FOUND);
    assert_int_equal(read_it(path, 0, &why), ERR_NOT_FOUND);
    struct custodians who = both();
    below(state, "no/folder", path);
    assert_int_equal(vault_file_write(path, &who, &cheap, ring, &why), ERR_OUTSIDE);
}

/* The usual cost is what the header says it is, so that a centre's file is not the tests' cheap one. */
static void a_centres_file_costs_what_it_says(void **state) {
    char path[512];
    struct why why = {""};
    struct vault_file_facts facts;
    struct custodians who = both();
    below(state, "usual", path);
    assert_int_equal(vault_file_write(path, &who, &vault_cost_usual, ring, &why), OK);
    assert_int_equal(vault_file_look(path, &facts, &why), OK);
    assert_int_equal(facts.cost.memory_kib, 64 * 1024);
    assert_int_equal(facts.cost.passes, 3);
    assert_int_equal(read_it(path, 0, &why), OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(no_key_stands_in_the_file),
        cmocka_unit_test(each_writing_is_a_generation_with_chance_of_its_own),
        cmocka_unit_test(a_file_that_is_cut_anywhere_is_recognised),
        cmocka_unit_test(a_file_with_any_byte_changed_is_recognised),
        cmocka_unit_test(a_forged_file_does_not_open),
        cmocka_unit_test(an_older_copy_is_refused),
        cmocka_unit_test(both_custodians_are_needed),
        cmocka_unit_test(a_file_that_does_not_fit_leaves_the_old_one),
        cmocka_unit_test(a_file_that_is_not_there_is_told),
        cmocka_unit_test(a_centres_file_costs_what_it_says),
    };
    return cmocka_run_group_tests(tests, begin, end);
}

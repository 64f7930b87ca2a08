#include "ports/sim/foretold.h"

#include <fcntl.h>
#include <unistd.h>

#include "check.h"
#include "ports/sim/memory.h"

static struct memory memory;
static char path[] = "/tmp/shebao-foretold-XXXXXX";

static void append(const char *text) {
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static int make_file(void **state) {
    (void)state;
    int fd = mkstemp(path);
    memory_make(&memory, 8192, 1);
    return fd < 0 ? -1 : close(fd);
}

static int take_file_away(void **state) {
    (void)state;
    return unlink(path);
}

static void the_file_is_drawn_first_and_then_the_port(void **state) {
    (void)state;
    struct foretold f;
    struct why why;
    uint8_t got[6], expected[3];
    struct nvm under = memory_nvm(&memory);
    append("ABC");
    assert_int_equal(foretold_open(&f, &under, path, &why), OK);
    struct nvm nvm = foretold_nvm(&f);
    struct memory same = memory;
    struct nvm twin = memory_nvm(&same);
    twin.random(twin.self, expected, sizeof expected);
    nvm.random(nvm.self, got, sizeof got);
    assert_memory_equal(got, "ABC", 3);
    assert_memory_equal(got + 3, expected, 3);
    append("DE");
    nvm.random(nvm.self, got, 2);
    assert_memory_equal(got, "DE", 2);
    foretold_close(&f);
}

static void cells_are_those_of_the_port_below(void **state) {
    (void)state;
    struct foretold f;
    struct why why;
    char seen[4];
    struct nvm under = memory_nvm(&memory);
    assert_int_equal(foretold_open(&f, &under, path, &why), OK);
    struct nvm nvm = foretold_nvm(&f);
    assert_int_equal(nvm.size, under.size);
    assert_true(nvm.write(nvm.self, 96, "card", 4));
    nvm.read(nvm.self, 96, seen, sizeof seen);
    assert_memory_equal(seen, "card", 4);
    assert_memory_equal(memory.cells + 96, "card", 4);
    foretold_close(&f);
}

static void a_file_that_is_not_there_is_named(void **state) {
    (void)state;
    struct foretold f;
    struct why why;
    struct nvm under = memory_nvm(&memory);
    assert_int_equal(foretold_open(&f, &under, "/nowhere/random", &why), ERR_NOT_FOUND);
    assert_non_null(strstr(why.text, "/nowhere/random"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_is_drawn_first_and_then_the_port),
        cmocka_unit_test(cells_are_those_of_the_port_below),
        cmocka_unit_test(a_file_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, make_file, take_file_away);
}

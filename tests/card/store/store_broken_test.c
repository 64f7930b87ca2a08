/* The sweep is tried on a store that is broken on purpose: one that trusts the number and the
 * length of a batch and does not look at its checksum. What finds nothing there would prove
 * nothing. */
#include "base/bytes.h"

#include "base/crc32.h"

/* Every checksum is the same, so that every batch seems whole that says a possible length. */
static inline uint32_t no_checksum(uint32_t crc, struct bytes data) {
    (void)crc;
    (void)data;
    return 0;
}
#define crc32_more no_checksum
/* The store is compiled here with that; the linker then leaves the right one out. */
#include "card/store/store.c"

#include "torn_store.h"

static struct torn_walk walk;

static void a_store_without_checksums_is_found_out(void **state) {
    (void)state;
    torn_run(&walk, 1, 700, MEMORY_TEARS);
    assert_true(walk.violations > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_without_checksums_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Approvals on a disk that is full at one write after the other. [see clearing_approvals_test.c] */
#include "stores/approvals_town.h"
#include "stores/failing_disk.h"

/* Each write in turn is the one for which there is no room. */
static void a_full_disk_keeps_what_was_answered(void **state) {
    struct town *town = new_town(state);
    uint32_t kept = 0;
    bool done = false;
    for (long n = 0; !done; n++) {
        disk.writes_left = n;
        disk.trouble = SQLITE_FULL;
        struct why why = {{0}};
        begin(&town->one);
        done = add_within(&town->one, kept + 1) == OK;
        done = done && (n % 2 == 0 || use_within(&town->one, kept + 1) == OK);
        done = done && town->one.store.commit(town->one.store.self, &why) == OK;
        (void)(done ? (void)0 : rollback(&town->one));
        disk_is_good();
        kept += done;
        assert_int_equal(all(&town->one), kept);
        for (uint32_t i = 1; i <= kept + 1; i++) {
            assert_int_equal(state_of(&town->one, i) > 0, i <= kept);
        }
        done = done && n > 12;
    }
    assert_true(kept > 0);
    drop_town(town);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_full_disk_keeps_what_was_answered, scratch_make, scratch_remove),
    };
    return cmocka_run_group_tests(tests, failing_disk_install, NULL);
}

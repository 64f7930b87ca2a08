#include "check.h"

#include <unistd.h>

#include "rehearsal/figures.h"

/* A day that balances: everything else is made from it by changing one figure. */
static struct pilot_figures even_day(void) {
    struct pilot_figures f = {
        .seed = 7,
        .date = 20031008,
        .forge = 3,
        .people_digest = "ABCDEF",
        .people = {.lines = 12,                  .accepted = 10},
        .cards = {.made = 9,                    .checked = 9,   .failed = 1, .handed_out = 8, .reported_lost = 1},
        .issued = {[ISSUED_TAKEN_BY_HOLDER] = 5,
                   [ISSUED_TAKEN_BY_AGENT] = 1,
                   [ISSUED_TAKEN_IN_UNIT] = 1,
                   [ISSUED_TAKEN_BY_POST] = 1,
                   [ISSUED_POINT_RECEIVED] = 9,
                   [ISSUED_POINT_HANDED] = 7,
                   [ISSUED_POINT_RETURNED] = 1,
                   [ISSUED_POINT_LYING] = 1,
                   [ISSUED_BLANKS_RECEIVED] = 6,
                   [ISSUED_BLANKS_STORED] = 2,
                   [ISSUED_BLANKS_GOOD] = 2,
                   [ISSUED_BLANKS_SPOILED] = 1,
                   [ISSUED_BLANKS_DESTROYED] = 1},
        .loads = {.count = 5, .fen = 50000                 },
        .purchases = {.count = 7,   .fen = 20000,                  .offline = 6, .recovered = 1},
        .upload =
            {.records = 13,  .tac_good = 10,                     .tac_bad = 3, .duplicate = 3, .cleared_fen = 20000},
        .books = {.debit_fen = 120000,   .credit_fen = 120000                    },
        .loads_posted_fen = 50000,
        .cards_balance_fen = 30000,
        .books_balance_fen = 30000,
        .payout_fen = 20000,
        .bank_file = "bank/20031008.pay",
    };
    tally_add(&f.people.refused, "name-invalid", 2);
    tally_add(&f.purchases.refused, "funds", 4);
    tally_add(&f.purchases.refused, "blacklist", 1);
    for (int i = 0; i < PILOT_STEPS; i++) {
        f.done[i] = true;
        f.seconds[i] = 0.5 * i;
    }
    return f;
}

static void an_even_day_balances(void **state) {
    (void)state;
    struct pilot_figures f = even_day();
    char story[FIGURES_STORY_ROOM];
    assert_true(figures_balance(&f, story));
    assert_string_equal(story, "");
}

/* One fen or one record more or less anywhere is seen, and the story says what it belongs to. */
static void one_fen_off_is_seen_everywhere(void **state) {
    (void)state;
    static const struct {
        const char *word;
        size_t at;
    } places[] = {
        {"people",    offsetof(struct pilot_figures, people.lines)                   },
        {"cards",     offsetof(struct pilot_figures, cards.made)                     },
        {"cards",     offsetof(struct pilot_figures, cards.checked)                  },
        {"cards",     offsetof(struct pilot_figures, cards.handed_out)               },
        {"taking",    offsetof(struct pilot_figures, issued[ISSUED_TAKEN_BY_POST])   },
        {"point",     offsetof(struct pilot_figures, issued[ISSUED_POINT_RECEIVED])  },
        {"point",     offsetof(struct pilot_figures, issued[ISSUED_POINT_LYING])     },
        {"blanks",    offsetof(struct pilot_figures, issued[ISSUED_BLANKS_RECEIVED]) },
        {"blanks",    offsetof(struct pilot_figures, issued[ISSUED_BLANKS_DESTROYED])},
        {"upload",    offsetof(struct pilot_figures, upload.records)                 },
        {"forged",    offsetof(struct pilot_figures, upload.tac_bad)                 },
        {"repeated",  offsetof(struct pilot_figures, upload.duplicate)               },
        {"books",     offsetof(struct pilot_figures, books.debit_fen)                },
        {"loads",     offsetof(struct pilot_figures, loads.fen)                      },
        {"loads",     offsetof(struct pilot_figures, loads_posted_fen)               },
        {"purchases", offsetof(struct pilot_figures, purchases.fen)                  },
        {"cleared",   offsetof(struct pilot_figures, upload.cleared_fen)             },
        {"paid out",  offsetof(struct pilot_figures, payout_fen)                     },
        {"balances",  offsetof(struct pilot_figures, cards_balance_fen)              },
        {"balances",  offsetof(struct pilot_figures, books_balance_fen)              },
        {"proof",     offsetof(struct pilot_figures, difference_count)               },
    };
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        for (int64_t off = -1; off <= 1; off += 2) {
            struct pilot_figures f = even_day();
            char story[FIGURES_STORY_ROOM];
            int64_t value = 0;
            (void)memcpy(&value, (char *)&f + places[i].at, sizeof value);
            value += off;
            (void)memcpy((char *)&f + places[i].at, &value, sizeof value);
            assert_false(figures_balance(&f, story));
            assert_non_null(strstr(story, places[i].word));
        }
    }
}

static void a_record_held_back_is_seen(void **state) {
    (void)state;
    struct pilot_figures f = even_day();
    char story[FIGURES_STORY_ROOM];
    tally_add(&f.upload.other, "balance-chain", 1);
    assert_false(figures_balance(&f, story));
}

static void what_was_written_is_read_again(void **state) {
    (void)state;
    char path[] = "/tmp/figures-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct pilot_figures f = even_day();
    struct pilot_figures read = {0};
    struct why why = {0};
    f.done[PILOT_PROVE] = false;
    assert_int_equal(figures_write(&f, path, &why), OK);
    assert_int_equal(figures_read(path, &read, &why), OK);
    assert_int_equal(read.seed, f.seed);
    assert_int_equal(read.date, f.date);
    assert_int_equal(read.forge, f.forge);
    assert_string_equal(read.people_digest, f.people_digest);
    assert_string_equal(read.bank_file, f.bank_file);
    assert_true(read.done[PILOT_CLEAR]);
    assert_false(read.done[PILOT_PROVE]);
    assert_int_equal(read.purchases.refused.count, 2);
    assert_string_equal(read.purchases.refused.rows[1].name, "blacklist");
    assert_int_equal(read.purchases.refused.rows[0].count, 4);
    assert_memory_equal(&read.books, &f.books, sizeof f.books);
    assert_memory_equal(&read.cards, &f.cards, sizeof f.cards);
    assert_memory_equal(read.issued, f.issued, sizeof f.issued);
    char story[FIGURES_STORY_ROOM];
    assert_true(figures_balance(&read, story));
    (void)unlink(path);
}

/* Whatever is cut off the file, it is refused with a sentence, and the figures stay untouched. */
static void a_torn_file_is_refused(void **state) {
    (void)state;
    char path[] = "/tmp/figures-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    struct pilot_figures f = even_day();
    struct why why = {0};
    assert_int_equal(figures_write(&f, path, &why), OK);
    static char text[16384];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    for (size_t cut = 0; cut < len; cut += 7) {
        file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(text, 1, cut, file), cut);
        (void)fclose(file);
        struct pilot_figures read = {.seed = 99};
        assert_int_equal(figures_read(path, &read, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "--data"));
        assert_int_equal(read.seed, 99);
    }
    (void)unlink(path);
    struct pilot_figures read;
    assert_int_equal(figures_read(path, &read, &why), ERR_NOT_FOUND);
}

static void the_page_says_whether_it_balances(void **state) {
    (void)state;
    struct pilot_figures f = even_day();
    static char page[8192];
    FILE *to = fmemopen(page, sizeof page, "w");
    assert_non_null(to);
    figures_print(&f, to);
    (void)fclose(to);
    assert_non_null(strstr(page, "every fen is accounted for"));
    assert_non_null(strstr(page, "200.00 yuan"));
    assert_non_null(strstr(page, "TEST KEYS"));
    f.payout_fen++;
    to = fmemopen(page, sizeof page, "w");
    assert_non_null(to);
    figures_print(&f, to);
    (void)fclose(to);
    assert_non_null(strstr(page, "NOT BALANCED"));
}

/* Columns of UTF-8 on a terminal: the letters of three bytes are Chinese, and take two. */
static size_t columns_of(const char *line, size_t len) {
    size_t columns = 0;
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = (uint8_t)line[i];
        columns += (byte & 0xC0) == 0x80 ? 0 : byte >= 0xE0 ? 2 : 1;
    }
    return columns;
}

static void the_page_fits_a_terminal(void **state) {
    (void)state;
    struct pilot_figures f = even_day();
    static char page[8192];
    f.upload.records = f.upload.tac_good = f.upload.tac_bad = 999999;
    FILE *to = fmemopen(page, sizeof page, "w");
    assert_non_null(to);
    for (size_t i = 0; i < PILOT_STEPS; i++) {
        f.seconds[i] = 99.99;
    }
    f.cards.made = f.cards.checked = f.cards.failed = f.loads.count = f.loads.offline = 9999999;
    figures_print(&f, to);
    (void)fclose(to);
    for (const char *line = page; *strchrnul(line, '\n'); line = strchrnul(line, '\n') + 1) {
        if (strncmp(line, "NOT BALANCED", 12) != 0) { /* a story is as long as it is */
            assert_in_range(columns_of(line, strcspn(line, "\n")), 0, 80);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_even_day_balances),
        cmocka_unit_test(one_fen_off_is_seen_everywhere),
        cmocka_unit_test(a_record_held_back_is_seen),
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(a_torn_file_is_refused),
        cmocka_unit_test(the_page_says_whether_it_balances),
        cmocka_unit_test(the_page_fits_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

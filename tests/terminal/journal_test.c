#include "terminal/journal.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "same.h"
#include "terminal/journal_file.h"

static const uint8_t terminal[TERMINAL_LEN] = {0x44, 0x01, 0x00, 0x00, 0x00, 0x01};
static char path[64];

static int fresh_path(void **state) {
    (void)state;
    (void)snprintf(path, sizeof path, "/tmp/journal-test-%ld", (long)getpid());
    (void)unlink(path);
    return 0;
}

static int drop_path(void **state) {
    (void)state;
    (void)unlink(path);
    return 0;
}

static struct journal *opened(bool durable) {
    struct journal *j = NULL;
    struct why why = {{0}};
    enum err err = journal_open(path, terminal, durable, &j, &why);
    if (err) {
        print_message("%s\n", why.text);
    }
    assert_int_equal(err, OK);
    return j;
}

static enum err open_fails(struct why *why) {
    struct journal *j = NULL;
    enum err err = journal_open(path, terminal, false, &j, why);
    assert_null(j);
    return err;
}

/* A record that names every field, and its ticket by a number. */
static struct journal_record record(uint32_t ticket, enum journal_state state) {
    struct journal_record r = {
        .state = state,
        .trade = TRADE_EP_PURCHASE,
        .reason = state == TICKET_REFUSED ? 2 : 0,
        .factor = {0x86,  0x84,   0x44,         0x01,                     0, 0, 0, 7},
        .issuer = {1,    2,         3,                    4,                                            5, 6, 7, 8},
        .amount = 100 + ticket,
        .balance = 70000,
        .number = 3,
        .key_version = 1,
        .terminal = {0x44, 0x01,0x00,0x00,0x00, 0x01},
        .terminal_seq = ticket,
        .moment = {0x20,    0x03,         0x10,                     0x08,                                          0x09, 0x30, 0x00},
        .mac1 = {9, 8,      7,                         6                                                                           },
        .tac = {1,  1, 2, 3},
    };
    (void)memcpy(r.ticket, &ticket, sizeof ticket);
    return r;
}

static void put(struct journal *j, uint32_t ticket, enum journal_state state) {
    struct journal_record r = record(ticket, state);
    struct why why = {{0}};
    assert_int_equal(journal_put(j, &r, &why), OK);
}

static enum journal_state state_of(const struct journal *j, uint32_t ticket) {
    struct journal_record r = record(ticket, TICKET_PENDING);
    const struct journal_record *found = journal_find(j, r.ticket);
    return found ? found->state : TICKET_NEW;
}

static size_t file_len(void) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return (size_t)st.st_size;
}

static size_t file_load(uint8_t *room, size_t len) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t got = fread(room, 1, len, f);
    (void)fclose(f);
    return got;
}

static void file_save(const uint8_t *from, size_t len) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(from, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void a_new_journal_is_empty(void **state) {
    (void)state;
    struct journal *j = opened(true);
    assert_int_equal(journal_count(j), 0);
    assert_null(journal_at(j, 0));
    assert_int_equal(journal_pending_count(j), 0);
    assert_int_equal(journal_torn_bytes(j), 0);
    assert_int_equal(state_of(j, 1), TICKET_NEW);
    journal_close(j);
    journal_close(NULL);
    assert_int_equal(file_len(), JOURNAL_HEADER_LEN);
}

static void every_field_survives_closing(void **state) {
    (void)state;
    struct journal *j = opened(true);
    struct journal_record r = record(5, TICKET_PENDING), done = record(5, TICKET_DONE);
    struct why why;
    r.flags = JOURNAL_ONLINE;
    r.attempt = 2;
    assert_int_equal(journal_put(j, &r, &why), OK);
    assert_same_record(journal_find(j, r.ticket), &r);
    journal_close(j);
    j = opened(true);
    assert_same_record(journal_find(j, r.ticket), &r);
    assert_same_record(journal_at(j, 0), &r);
    done.flags = JOURNAL_MAC2_GOOD | JOURNAL_ONLINE;
    assert_int_equal(journal_put(j, &done, &why), OK);
    journal_close(j);
    j = opened(true);
    assert_same_record(journal_find(j, r.ticket), &done);
    assert_int_equal(journal_count(j), 1);
    journal_close(j);
}

/* All 49 pairs of states; the allowed ones are these and no others. */
static void only_the_steps_of_the_figure_are_taken(void **state) {
    (void)state;
    static const struct {
        enum journal_state from, to;
    } steps[] = {
        {TICKET_NEW,     TICKET_PENDING },
        {TICKET_NEW,     TICKET_REFUSED },
        {TICKET_PENDING, TICKET_DONE    },
        {TICKET_PENDING, TICKET_UNTOLD  },
        {TICKET_PENDING, TICKET_VOID    },
        {TICKET_PENDING, TICKET_DOUBTFUL},
        {TICKET_PENDING, TICKET_REFUSED },
        {TICKET_UNTOLD,  TICKET_DONE    },
        {TICKET_UNTOLD,  TICKET_DOUBTFUL},
        {TICKET_VOID,    TICKET_PENDING },
        {TICKET_VOID,    TICKET_REFUSED },
    };
    struct journal *j = opened(false);
    uint32_t ticket = 0;
    for (int from = TICKET_NEW; from <= TICKET_UNTOLD; from++) {
        for (int to = TICKET_PENDING; to <= TICKET_UNTOLD; to++) {
            bool allowed = false;
            for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
                allowed |= (int)steps[i].from == from && (int)steps[i].to == to;
            }
            ticket++;
            if (from != TICKET_NEW && from != TICKET_PENDING) {
                put(j, ticket, TICKET_PENDING);
            }
            if (from != TICKET_NEW) {
                put(j, ticket, (enum journal_state)from);
            }
            struct journal_record r = record(ticket, (enum journal_state)to);
            struct why why = {{0}};
            size_t before = file_len();
            assert_int_equal(journal_put(j, &r, &why), allowed ? OK : ERR_CONFLICT);
            assert_int_equal(file_len(), before + (allowed ? JOURNAL_RECORD_LEN : 0));
        }
    }
    journal_close(j);
    journal_close(opened(false));
}

/* The file is cut at every byte; what was whole before the cut is there, the rest is gone, and the
 * journal goes on from there. */
static void a_tail_torn_at_any_byte_is_cut_off(void **state) {
    (void)state;
    enum { TICKETS = 4, LEN = JOURNAL_HEADER_LEN + TICKETS * JOURNAL_RECORD_LEN };
    uint8_t whole[LEN];
    struct journal *j = opened(false);
    for (uint32_t i = 1; i <= TICKETS; i++) {
        put(j, i, TICKET_PENDING);
    }
    journal_close(j);
    assert_int_equal(file_load(whole, sizeof whole), LEN);
    for (size_t cut = 0; cut <= LEN; cut++) {
        file_save(whole, cut);
        j = opened(false);
        size_t kept = cut < JOURNAL_HEADER_LEN ? 0
                                               : (cut - JOURNAL_HEADER_LEN) / JOURNAL_RECORD_LEN;
        assert_int_equal(journal_count(j), kept);
        put(j, 77, TICKET_PENDING);
        journal_close(j);
        j = opened(false);
        assert_int_equal(journal_count(j), kept + 1);
        assert_int_equal(journal_torn_bytes(j), 0);
        assert_int_equal(state_of(j, 77), TICKET_PENDING);
        journal_close(j);
    }
}

/* A power cut may leave anything in the last record, of any length. */
static void garbage_at_the_end_is_cut_off(void **state) {
    (void)state;
    enum { LEN = JOURNAL_HEADER_LEN + 2 * JOURNAL_RECORD_LEN };
    uint8_t whole[LEN + JOURNAL_RECORD_LEN];
    struct journal *j = opened(false);
    put(j, 1, TICKET_PENDING);
    put(j, 1, TICKET_DONE);
    journal_close(j);
    assert_int_equal(file_load(whole, sizeof whole), LEN);
    for (size_t extra = 1; extra <= JOURNAL_RECORD_LEN; extra++) {
        for (unsigned fill = 0; fill < 256; fill += 51) {
            (void)memset(whole + LEN, (int)fill, extra);
            file_save(whole, LEN + extra);
            j = opened(false);
            assert_int_equal(journal_torn_bytes(j), extra);
            assert_int_equal(state_of(j, 1), TICKET_DONE);
            journal_close(j);
            assert_int_equal(file_len(), LEN);
        }
    }
}

static void a_flip_in_the_last_record_takes_it_away_and_nothing_else(void **state) {
    (void)state;
    enum { LEN = JOURNAL_HEADER_LEN + 2 * JOURNAL_RECORD_LEN };
    uint8_t whole[LEN];
    struct journal *j = opened(false);
    put(j, 1, TICKET_PENDING);
    put(j, 1, TICKET_DONE);
    journal_close(j);
    assert_int_equal(file_load(whole, LEN), LEN);
    for (size_t at = LEN - JOURNAL_RECORD_LEN; at < LEN; at++) {
        whole[at] ^= 0x10;
        file_save(whole, LEN);
        whole[at] ^= 0x10;
        j = opened(false);
        assert_int_equal(state_of(j, 1), TICKET_PENDING);
        assert_int_equal(journal_torn_bytes(j), JOURNAL_RECORD_LEN);
        journal_close(j);
    }
}

/* In the middle it is no torn tail: money is in the records that follow. */
static void a_flip_in_the_middle_is_damage(void **state) {
    (void)state;
    enum { LEN = JOURNAL_HEADER_LEN + 3 * JOURNAL_RECORD_LEN };
    uint8_t whole[LEN];
    struct journal *j = opened(false);
    for (uint32_t i = 1; i <= 3; i++) {
        put(j, i, TICKET_PENDING);
    }
    journal_close(j);
    assert_int_equal(file_load(whole, LEN), LEN);
    for (size_t at = JOURNAL_HEADER_LEN; at < LEN - JOURNAL_RECORD_LEN; at++) {
        struct why why = {{0}};
        whole[at] ^= 0x01;
        file_save(whole, LEN);
        whole[at] ^= 0x01;
        assert_int_equal(open_fails(&why), ERR_INVALID);
        assert_non_null(strstr(why.text, "damaged"));
        assert_int_equal(file_len(), LEN); /* and nothing was cut */
    }
}

/* A record counts in its own place only: one that was written twice is no record there. */
static void a_repeated_block_is_not_taken_for_a_record(void **state) {
    (void)state;
    enum { LEN = JOURNAL_HEADER_LEN + 2 * JOURNAL_RECORD_LEN };
    uint8_t whole[LEN];
    struct journal *j = opened(false);
    put(j, 1, TICKET_PENDING);
    journal_close(j);
    assert_int_equal(file_load(whole, LEN), LEN - JOURNAL_RECORD_LEN);
    (void)memcpy(whole + LEN - JOURNAL_RECORD_LEN, whole + JOURNAL_HEADER_LEN, JOURNAL_RECORD_LEN);
    file_save(whole, LEN);
    j = opened(false);
    assert_int_equal(journal_torn_bytes(j), JOURNAL_RECORD_LEN);
    journal_close(j);
}

static void a_strange_file_is_refused_and_left_alone(void **state) {
    (void)state;
    static const struct {
        const char *content;
        size_t len;
    } files[] = {
        {"this is a letter to somebody, and longer than a header", 54},
        {"short",                                                  5 },
        {"SSBJ\x00\x02",                                           6 },
    };
    for (size_t i = 0; i < 3; i++) {
        struct why why = {{0}};
        file_save((const uint8_t *)files[i].content, files[i].len);
        assert_int_equal(open_fails(&why), ERR_INVALID);
        assert_non_null(strstr(why.text, path));
        assert_int_equal(file_len(), files[i].len);
    }
}

static void another_terminals_journal_is_refused(void **state) {
    (void)state;
    static const uint8_t other[TERMINAL_LEN] = {0x44, 0x01, 0x00, 0x00, 0x00, 0x02};
    struct journal *j = NULL;
    struct why why;
    journal_close(opened(false));
    assert_int_equal(journal_open(path, other, false, &j, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "another terminal"));
}

static void one_program_at_a_time(void **state) {
    (void)state;
    struct journal *j = opened(false);
    struct why why;
    assert_int_equal(open_fails(&why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "another program"));
    journal_close(j);
    journal_close(opened(false));
}

static void a_folder_or_a_missing_folder_is_told(void **state) {
    (void)state;
    struct journal *j = NULL;
    struct why why;
    assert_int_equal(journal_open("/tmp", terminal, false, &j, &why), ERR_OUTSIDE);
    assert_int_equal(
        journal_open("/nowhere/at/all.journal", terminal, false, &j, &why), ERR_OUTSIDE);
    assert_non_null(strstr(why.text, "/nowhere/at/all.journal"));
}

/* The disk ends at every byte of the next record: the ticket has not moved, the journal takes nothing
 * more, and after the next opening it works again. */
static void a_full_disk_loses_nothing(void **state) {
    (void)state;
    struct rlimit old, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    for (size_t room = 0; room < JOURNAL_RECORD_LEN; room += 7) {
        (void)unlink(path);
        struct journal *j = opened(false);
        put(j, 1, TICKET_PENDING);
        tight = old;
        tight.rlim_cur = file_len() + room;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
        struct journal_record r = record(1, TICKET_DONE);
        struct why why = {{0}};
        assert_int_equal(journal_put(j, &r, &why), ERR_OUTSIDE);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(state_of(j, 1), TICKET_PENDING);
        assert_int_equal(journal_put(j, &r, &why), ERR_OUTSIDE);
        assert_int_equal(journal_sync(j, &why), ERR_OUTSIDE);
        assert_non_null(strstr(why.text, "open the terminal again"));
        journal_close(j);
        j = opened(false);
        assert_int_equal(journal_torn_bytes(j), room);
        assert_int_equal(state_of(j, 1), TICKET_PENDING);
        put(j, 1, TICKET_DONE);
        journal_close(j);
    }
}

static void pending_tickets_are_found_by_card(void **state) {
    (void)state;
    struct journal *j = opened(false);
    struct journal_record other = record(2, TICKET_PENDING);
    struct why why;
    other.factor[7] = 9;
    put(j, 1, TICKET_PENDING);
    assert_int_equal(journal_put(j, &other, &why), OK);
    put(j, 3, TICKET_PENDING);
    assert_int_equal(journal_pending_count(j), 3);
    assert_int_equal(journal_pending_of(j, record(1, TICKET_NEW).factor)->terminal_seq, 1);
    assert_int_equal(journal_pending_of(j, other.factor)->terminal_seq, 2);
    put(j, 1, TICKET_DONE);
    assert_int_equal(journal_pending_of(j, record(1, TICKET_NEW).factor)->terminal_seq, 3);
    put(j, 3, TICKET_VOID);
    assert_null(journal_pending_of(j, record(1, TICKET_NEW).factor));
    assert_int_equal(journal_pending_count(j), 1);
    journal_close(j);
    j = opened(false);
    assert_int_equal(journal_pending_count(j), 1);
    journal_close(j);
}

static void untold_loads_wait_in_order(void **state) {
    (void)state;
    struct journal *j = opened(false);
    struct journal_record r[2] = {record(1, TICKET_PENDING), record(2, TICKET_PENDING)};
    struct why why;
    for (int i = 0; i < 2; i++) {
        r[i].trade = TRADE_EP_LOAD;
        assert_int_equal(journal_put(j, &r[i], &why), OK);
        r[i].state = TICKET_UNTOLD;
        assert_int_equal(journal_put(j, &r[i], &why), OK);
    }
    assert_int_equal(journal_untold(j)->terminal_seq, 1);
    r[0].state = TICKET_DONE;
    assert_int_equal(journal_put(j, &r[0], &why), OK);
    assert_int_equal(journal_untold(j)->terminal_seq, 2);
    r[1].state = TICKET_DONE;
    assert_int_equal(journal_put(j, &r[1], &why), OK);
    assert_null(journal_untold(j));
    journal_close(j);
}

/* The day's total follows every step, whatever day was asked for before, and counts what may turn out
 * to have been sold. */
static void the_offline_total_follows_every_step(void **state) {
    (void)state;
    struct journal *j = opened(false);
    struct journal_record online = record(20, TICKET_PENDING), load = record(30, TICKET_PENDING);
    struct journal_record tomorrow = record(40, TICKET_PENDING);
    struct why why;
    online.flags = JOURNAL_ONLINE;
    load.trade = TRADE_EP_LOAD;
    tomorrow.moment[3] = 0x09;
    assert_int_equal(journal_offline_fen(j, 20031008), 0);
    put(j, 1, TICKET_PENDING);
    assert_int_equal(journal_offline_fen(j, 20031008), 101);
    put(j, 2, TICKET_PENDING);
    put(j, 3, TICKET_REFUSED);
    assert_int_equal(journal_offline_fen(j, 20031008), 101 + 102);
    put(j, 1, TICKET_VOID);
    assert_int_equal(journal_offline_fen(j, 20031008), 102);
    put(j, 2, TICKET_DONE);
    assert_int_equal(journal_put(j, &online, &why), OK);
    assert_int_equal(journal_put(j, &load, &why), OK);
    assert_int_equal(journal_put(j, &tomorrow, &why), OK);
    assert_int_equal(journal_offline_fen(j, 20031008), 102);
    assert_int_equal(journal_offline_fen(j, 20031009), 140);
    assert_int_equal(journal_offline_fen(j, 20031008), 102);
    journal_close(j);
    j = opened(false);
    assert_int_equal(journal_offline_fen(j, 20031008), 102);
    journal_close(j);
}

static uint32_t batch_open(struct journal *j, uint32_t day, uint32_t *its_day) {
    uint32_t batch = 99;
    struct why why;
    assert_int_equal(journal_batch_open(j, day, &batch, its_day, &why), OK);
    return batch;
}

static void a_batch_holds_what_was_done_and_never_changes(void **state) {
    (void)state;
    struct journal *j = opened(false);
    uint32_t day = 0;
    struct why why;
    assert_int_equal(batch_open(j, 20031008, &day), 0);
    for (uint32_t i = 1; i <= 4; i++) {
        put(j, i, TICKET_PENDING);
    }
    assert_int_equal(batch_open(j, 20031008, &day), 0);
    put(j, 1, TICKET_DONE);
    put(j, 2, TICKET_VOID);
    struct journal_record doubt = record(3, TICKET_DOUBTFUL);
    doubt.flags = JOURNAL_RECOVERED;
    assert_int_equal(journal_put(j, &doubt, &why), OK);
    assert_int_equal(batch_open(j, 20031008, &day), 1);
    put(j, 4, TICKET_DONE); /* too late for batch 1 */
    for (int again = 0; again < 2; again++) {
        assert_int_equal(batch_open(j, 20031009, &day), 1);
        assert_int_equal(day, 20031008);
        assert_int_equal(journal_at(j, 0)->batch, 1);
        assert_int_equal(journal_at(j, 1)->batch, 0);
        assert_int_equal(journal_at(j, 2)->batch, 1);
        assert_int_equal(journal_at(j, 3)->batch, 0);
        journal_close(j);
        j = opened(false);
    }
    assert_int_equal(journal_batch_confirm(j, 2, &why), ERR_NOT_FOUND);
    assert_int_equal(journal_batch_confirm(j, 0, &why), ERR_NOT_FOUND);
    assert_int_equal(journal_batch_confirm(j, 1, &why), OK);
    assert_int_equal(journal_batch_confirm(j, 1, &why), OK);
    assert_int_equal(batch_open(j, 20031009, &day), 2);
    assert_int_equal(journal_at(j, 3)->batch, 2);
    assert_int_equal(journal_batch_confirm(j, 1, &why), OK);
    assert_int_equal(journal_batch_confirm(j, 2, &why), OK);
    assert_int_equal(batch_open(j, 20031010, &day), 0);
    journal_close(j);
}

/* Many tickets, so that the index grows and collides; each is found, and none that is not there. */
static void thousands_of_tickets_are_found(void **state) {
    (void)state;
    enum { MANY = 5000 };
    struct journal *j = opened(false);
    for (uint32_t i = 1; i <= MANY; i++) {
        put(j, i, i % 3 ? TICKET_PENDING : TICKET_REFUSED);
    }
    for (int again = 0; again < 2; again++) {
        for (uint32_t i = 1; i <= MANY; i++) {
            assert_int_equal(state_of(j, i), i % 3 ? TICKET_PENDING : TICKET_REFUSED);
            assert_int_equal(journal_at(j, i - 1)->terminal_seq, i);
        }
        assert_int_equal(state_of(j, MANY + 1), TICKET_NEW);
        assert_int_equal(journal_count(j), MANY);
        journal_close(j);
        j = opened(false);
    }
    journal_close(j);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fresh_path, drop_path)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_new_journal_is_empty),
        TEST(every_field_survives_closing),
        TEST(only_the_steps_of_the_figure_are_taken),
        TEST(a_tail_torn_at_any_byte_is_cut_off),
        TEST(garbage_at_the_end_is_cut_off),
        TEST(a_flip_in_the_last_record_takes_it_away_and_nothing_else),
        TEST(a_flip_in_the_middle_is_damage),
        TEST(a_repeated_block_is_not_taken_for_a_record),
        TEST(a_strange_file_is_refused_and_left_alone),
        TEST(another_terminals_journal_is_refused),
        TEST(one_program_at_a_time),
        TEST(a_folder_or_a_missing_folder_is_told),
        TEST(a_full_disk_loses_nothing),
        TEST(pending_tickets_are_found_by_card),
        TEST(untold_loads_wait_in_order),
        TEST(the_offline_total_follows_every_step),
        TEST(a_batch_holds_what_was_done_and_never_changes),
        TEST(thousands_of_tickets_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A centre's day in parts against the same files one by one, each over a database of its own: the
 * same
 * ends, reports, payout list and bank file; what a proof finds; kills, dry runs, repeats and
 * refusals. */
#include "stores/parts_town.h"

#include "clearing/medical_world.h"

/* How many files lie in the town's folder, but for the lock. */
static size_t files_in(const char *folder) {
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        count += e->d_name[0] != '.' && strcmp(e->d_name, "parts.lock") != 0;
    }
    (void)closedir(dir);
    return count;
}

/* --- promises ------------------------------------------------------------------------------ */

/* take: two days in a row, with files of the first one among those of the second. */
static void a_day_in_parts_comes_to_what_its_files_come_to_one_by_one(void **state) {
    (void)state;
    uint64_t ends[REASON_COUNT] = {0};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct town *towns[2] = {new_town(":memory:"), new_town(":memory:")};
        struct market *trade = new_trade(seed);
        struct pile piles[DAYS] = {new_pile(), new_pile()};
        if (seed > 1) {
            say_more(towns);
        }
        for (size_t i = 0; i < DAYS; i++) {
            struct parts_taken taken;
            draw_day(trade, &piles[i]);
            if (i > 0 && !on_a_server()) {
                piles[1].files[piles[1].count++] = piles[0].files[FILES / 2];
            }
            take_one_by_one(towns[0], &piles[i]);
            take_in_parts(towns[1], &piles[i], &taken);
            assert_int_equal(taken.day, trade->day);
            assert_int_equal(
                taken.files_taken + taken.files_known + taken.files_bad, piles[i].count);
            same_figures(towns, trade->day, ends);
            same_rows(towns, trade->day);
            same_reports(towns, trade->day);
            close_day(towns[0], trade->day);
            close_day(towns[1], trade->day);
            same_bank_files(towns, trade->day);
            same_reports(towns, trade->day);
            assert_int_equal(differences_of(towns[1], trade->day), 0);
            trade->day = day_plus(trade->day, 1);
        }
        for (size_t i = 0; i < DAYS; i++) {
            pull_down(piles[i].folder);
        }
        drop_town(towns[0]);
        drop_town(towns[1]);
        free(trade);
    }
    static const enum reason drawn[] = {REASON_NONE, REASON_FORM, REASON_CARD_UNKNOWN,
        REASON_KEY_VERSION, REASON_TAC, REASON_DUPLICATE, REASON_CONFLICT_SEQ, REASON_TERMINAL,
        REASON_UNBOUND, REASON_CLOCK, REASON_LATE, REASON_LIMIT, REASON_NOT_APPROVED, REASON_LISTED,
        REASON_CHAIN, REASON_FOREIGN, REASON_LIMIT_DAY};
    for (size_t i = 0; i < sizeof drawn / sizeof drawn[0]; i++) {
        if (ends[drawn[i]] == 0) {
            fail_msg("no record ended as %s", reason_line(drawn[i])->word);
        }
    }
}

/* A town, and a pile of one small day. */
struct small {
    struct town *town;
    struct pile pile;
    struct upload_record records[3];
};

static void add_file(struct pile *p, const char *institution, unsigned terminal,
    const struct upload_record *records, size_t count) {
    struct file *f = calloc(1, sizeof *f);
    assert_non_null(f);
    file_of(f, institution, terminal, records, count);
    save(p, f);
    free(f);
}

/* Two cleared, one above the limit. */
static struct small *new_small(void) {
    struct small *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->town = new_town(":memory:");
    s->pile = new_pile();
    s->records[0] = purchase(1, 1, 1, 0, 60000, 500);
    s->records[1] = purchase(2, 1, 2, 0, 60000, 700);
    s->records[2] = purchase(3, 1, 3, 0, 60000, 20000);
    add_file(&s->pile, "P0000001", 1, s->records, 3);
    return s;
}

static void drop_small(struct small *s) {
    pull_down(s->pile.folder);
    drop_town(s->town);
    free(s);
}

/* Refused, with a word of the sentence, and nothing is in the books. */
static void refused(struct small *s, const char *word) {
    struct parts_taking order = taking_of(s->town, &s->pile);
    struct parts_taken taken;
    struct parts_row row;
    struct why why = {{0}};
    int64_t before = fen_on_card(&s->town->city->clearing, 1);
    assert_int_equal(parts_take(&order, &taken, &why), ERR_CONFLICT);
    if (!strstr(why.text, word)) {
        fail_msg("no word of %s: %s", word, why.text);
    }
    assert_int_equal(fen_on_card(&s->town->city->clearing, 1), before);
    assert_int_equal(s->town->parts.day_find(s->town->rows, TODAY, &row, &why), ERR_NOT_FOUND);
}

/* take 1 */
static void a_dry_run_says_it_all_and_changes_nothing(void **state) {
    (void)state;
    struct small *s = new_small();
    const struct clearing *c = &s->town->city->clearing;
    struct parts_taking order = taking_of(s->town, &s->pile);
    struct parts_taken taken;
    struct intake_figures none;
    struct why why = {{0}};
    order.dry_run = true;
    must(parts_take(&order, &taken, &why), &why);
    assert_int_equal(taken.figures.by_reason[REASON_NONE].fen, 1200);
    assert_int_equal(taken.figures.by_reason[REASON_LIMIT].fen, 20000);
    assert_int_equal(fen_on_card(c, 1), 60000);
    assert_int_equal(files_in(s->town->folder), 0);
    must(intake_figures_of(c, TODAY, &none, &why), &why);
    assert_int_equal(none.records, 0);
    take_in_parts(s->town, &s->pile, &taken);
    assert_false(taken.again);
    assert_int_equal(fen_on_card(c, 1), 59500);
    assert_int_equal(fen_in_suspense(c), 20000);
    drop_small(s);
}

/* take 2 */
static void the_same_folder_again_changes_nothing_and_another_is_refused(void **state) {
    (void)state;
    struct small *s = new_small();
    struct parts_taken taken, again;
    struct upload_record late = purchase(4, 1, 4, 0, 60000, 100);
    struct parts_taking order;
    struct why why = {{0}};
    take_in_parts(s->town, &s->pile, &taken);
    take_in_parts(s->town, &s->pile, &again);
    assert_true(again.again);
    assert_int_equal(again.files_known, 1);
    assert_memory_equal(&again.figures, &taken.figures, sizeof taken.figures);
    assert_int_equal(fen_on_card(&s->town->city->clearing, 1), 59500);
    add_file(&s->pile, "P0000001", 1, &late, 1);
    order = taking_of(s->town, &s->pile);
    assert_int_equal(parts_take(&order, &again, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "with other files"));
    assert_int_equal(fen_on_card(&s->town->city->clearing, 4), 60000);
    order.file_count = 0;
    assert_int_equal(parts_take(&order, &again, &why), ERR_INVALID);
    drop_small(s);
}

/* take 3 */
static void files_of_another_day_alone_make_no_day_in_parts(void **state) {
    (void)state;
    struct small *s = new_small();
    struct parts_taken taken;
    struct parts_row row;
    struct why why = {{0}};
    struct day_order order = {TODAY, "clearer", NULL};
    take_in_parts(s->town, &s->pile, &taken);
    must(day_step(&s->town->city->clearing, &order, DAY_CUT, &why), &why);
    take_in_parts(s->town, &s->pile, &taken);
    assert_true(taken.again);
    assert_int_equal(taken.files_known, 1);
    assert_int_equal(taken.figures.records, 0);
    assert_int_equal(s->town->parts.day_find(s->town->rows, TODAY + 1, &row, &why), ERR_NOT_FOUND);
    drop_small(s);
}

/* take 1: whatever a kill has left in the folder, the day comes to the same bytes; and a store
 * that fails
 * at any of its tables keeps nothing. */
static void a_day_that_was_cut_short_is_made_anew_to_the_same_bytes(void **state) {
    (void)state;
    static const char *const events[] = {"INSERT ON parts_day", "INSERT ON parts_segment",
        "INSERT ON parts_sum", "INSERT ON record", "INSERT ON posting", "INSERT ON upload"};
    struct small *s = new_small();
    struct parts_taking order = taking_of(s->town, &s->pile);
    struct parts_taken taken;
    struct parts_row first, row;
    struct why why = {{0}};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        trap_set(&s->town->city->db, events[i]);
        assert_int_not_equal(parts_take(&order, &taken, &why), OK);
        trap_open(&s->town->city->db);
        assert_int_equal(fen_on_card(&s->town->city->clearing, 1), 60000);
        assert_int_equal(s->town->parts.day_find(s->town->rows, TODAY, &row, &why), ERR_NOT_FOUND);
        assert_true(files_in(s->town->folder) > 0); /* as after a kill before the commit */
    }
    take_in_parts(s->town, &s->pile, &taken);
    must(s->town->parts.day_find(s->town->rows, TODAY, &first, &why), &why);
    struct small *other = new_small();
    take_in_parts(other->town, &other->pile, &taken);
    must(other->town->parts.day_find(other->town->rows, TODAY, &row, &why), &why);
    assert_memory_equal(first.page, row.page, SEGMENT_SEAL_LEN);
    assert_int_equal(row.records, 3);
    drop_small(other);
    drop_small(s);
}

/* take 4 */
static void what_this_way_cannot_do_is_refused_before_anything_changes(void **state) {
    (void)state;
    struct small *s = new_small();
    struct upload_record other = purchase(5, 9, 1, 0, 60000, 100);
    char sentence[256], factor[2 * FACTOR_LEN + 1];
    uint8_t of[FACTOR_LEN];
    struct why why = {{0}};
    card_factor(7, of);
    hex_write(bytes_of(of, FACTOR_LEN), factor);
    for (unsigned i = 0; i < 3; i++) {
        (void)snprintf(sentence, sizeof sentence,
            "INSERT INTO blacklist (card, factor, version, added, reason, day, time) VALUES "
            "('A00000077', x'%s', %u, %u, 1, 20031008, %u)",
            factor, i + 1, 1 - i % 2, 90000 + i);
        must(db_run(&s->town->city->db, sentence, &why), &why);
    }
    refused(s, "blacklisted twice");
    must(db_run(&s->town->city->db, "DELETE FROM blacklist", &why), &why);
    sell(&s->town->city->clearing, "P0000001", 2, &other, 1);
    refused(s, "one by one");
    drop_small(s);
}

/* What our cards bought in another city is due to that city, and its own terminals are not looked for; what
 * waits, waits as ever. */
static void a_file_of_another_city_is_paid_to_that_city(void **state) {
    (void)state;
    struct small *s = new_small();
    struct upload_record far[3] = {purchase(5, 90, 1, 0, 60000, 100),
        purchase(6, 91, 1, 0, 60000, 250), purchase(7, 90, 1, 0, 60000, 300)};
    const struct clearing_store *store = &s->town->city->store;
    struct account_name city = account_named(ACCOUNT_CITY, "C3101000");
    struct account account = {.fen = 0};
    struct net_row net = {0};
    struct parts_taken taken;
    struct why why = {{0}};
    add_file(&s->pile, "C3101000", 90, far, 3);
    take_in_parts(s->town, &s->pile, &taken);
    assert_int_equal(taken.files_taken, 2);
    assert_int_equal(taken.figures.by_reason[REASON_NONE].fen, 1200 + 350);
    assert_int_equal(taken.figures.by_reason[REASON_CONFLICT_SEQ].fen, 300);
    must(store->account_find(store->self, &city, &account, &why), &why);
    assert_int_equal(account.fen, 350);
    must(store->net_next(store->self, TODAY, "", &net, &why), &why);
    assert_string_equal(net.institution, "C3101000");
    assert_int_equal(net.fen, net.booked_fen);
    close_day(s->town, TODAY);
    assert_int_equal(differences_of(s->town, TODAY), 0);
    drop_small(s);
}

/* take 4: the days before came one by one, and their records are not late yet: copies, places and
 * balances go on from them as if the new day came one by one, too. And back again when nobody can be
 * late any more, not before. */
static void a_running_centre_changes_over_from_one_day_to_the_next(void **state) {
    (void)state;
    for (uint64_t seed = 21; seed <= (on_a_server() ? 21 : 23); seed++) {
        uint64_t ends[REASON_COUNT] = {0};
        struct town *towns[2] = {new_town(":memory:"), new_town(":memory:")};
        struct market *trade = new_trade(seed);
        struct pile piles[DAYS] = {new_pile(), new_pile()};
        struct parts_taken taken, dry;
        struct why why = {{0}};
        draw_day(trade, &piles[0]);
        take_one_by_one(towns[0], &piles[0]);
        take_one_by_one(towns[1], &piles[0]);
        close_day(towns[0], trade->day);
        close_day(towns[1], trade->day);
        trade->day = day_plus(trade->day, 1);
        draw_day(trade, &piles[1]);
        if (!on_a_server()) {
            piles[1].files[piles[1].count++] = piles[0].files[FILES / 2];
        }
        struct parts_taking order = taking_of(towns[1], &piles[1]);
        order.dry_run = !on_a_server(); /* a server gives no number of a file twice */
        if (order.dry_run) {
            must(parts_take(&order, &dry, &why), &why);
            assert_int_equal(files_in(towns[1]->folder), 0);
        }
        take_one_by_one(towns[0], &piles[1]);
        take_in_parts(towns[1], &piles[1], &taken);
        if (order.dry_run) {
            assert_memory_equal(&dry.figures, &taken.figures, sizeof dry.figures);
        }
        same_figures(towns, trade->day, ends);
        same_rows(towns, trade->day);
        same_reports(towns, trade->day);
        close_day(towns[0], trade->day);
        close_day(towns[1], trade->day);
        same_bank_files(towns, trade->day);
        assert_int_equal(differences_of(towns[1], trade->day), 0);
        assert_true(ends[REASON_DUPLICATE] > 0);
        assert_true(ends[REASON_CONFLICT_SEQ] > 0);
        assert_int_equal(parts_allow_file(&towns[1]->city->clearing, &towns[1]->parts, &why),
            ERR_CONFLICT); /* nobody goes back while records may be late */
        pull_down(piles[0].folder);
        pull_down(piles[1].folder);
        drop_town(towns[0]);
        drop_town(towns[1]);
        free(trade);
    }
}

/* take 5 */
static void a_file_by_itself_waits_until_the_day_in_parts_is_late(void **state) {
    (void)state;
    struct small *s = new_small();
    const struct clearing *c = &s->town->city->clearing;
    struct parts_taken taken;
    struct why why = {{0}};
    uint32_t day = TODAY;
    must(parts_allow_file(c, &s->town->parts, &why), &why);
    take_in_parts(s->town, &s->pile, &taken);
    for (; parts_allow_file(c, &s->town->parts, &why) == ERR_CONFLICT; day++) {
        struct day_order order = {day, "clearer", NULL};
        assert_non_null(strstr(why.text, "20031008"));
        must(day_step(c, &order, DAY_CUT, &why), &why);
    }
    assert_true(day > TODAY + 1);
    assert_true(day < TODAY + 10);
    drop_small(s);
}

/* Whatever is altered in store or segments is a difference. */
static void a_proof_sees_what_was_altered(void **state) {
    (void)state;
    static const char *const alterations[] = {
        "UPDATE parts_sum SET fen = fen + 1",
        "UPDATE parts_sum SET finding = 0 WHERE finding = 1",
        "UPDATE parts_segment SET records = records + 1",
        "UPDATE parts_day SET page = seal FROM parts_segment",
        "UPDATE parts_day SET records = 4",
        "UPDATE record SET amount = amount - 1",
        "UPDATE record SET reason = 15",
        "DELETE FROM record",
        "UPDATE upload SET fen = fen + 1",
        "UPDATE entry SET fen = fen * 2",
        ("UPDATE posting SET number = 'gift' WHERE number = (SELECT min(number) FROM posting WHERE "
         "number LIKE 'parts %')"),
        "UPDATE posting SET day = 20031009 WHERE number LIKE 'parts %'",
    };
    struct small *s = new_small();
    struct parts_taken taken;
    struct why why = {{0}};
    char path[128];
    take_in_parts(s->town, &s->pile, &taken);
    assert_int_equal(differences_of(s->town, TODAY), 0);
    for (size_t i = 0; i < sizeof alterations / sizeof alterations[0]; i++) {
        TX_SCOPE(tx);
        if (on_a_server() && strstr(alterations[i], "SET day")) {
            continue; /* its own tables refuse that */
        }
        must(tx_begin(&tx, &s->town->city->db, &why), &why);
        must(db_run(&s->town->city->db, alterations[i], &why), &why);
        if (differences_of(s->town, TODAY) == 0) {
            fail_msg("nobody saw: %s", alterations[i]);
        }
    }
    assert_int_equal(differences_of(s->town, TODAY), 0);
    (void)snprintf(path, sizeof path, "%s/20031008-000.seg", s->town->folder);
    for (size_t at = 0; at < 3; at++) {
        FILE_CONTENT_SCOPE(content);
        must(files_read(path, 1 << 20, &content, &why), &why);
        content.at[at * 120 + 3] ^= 1;
        must(files_write(path, bytes_of(content.at, content.len), &why), &why);
        assert_true(differences_of(s->town, TODAY) > 0);
        content.at[at * 120 + 3] ^= 1;
        must(files_write(path, bytes_of(content.at, content.len), &why), &why);
    }
    assert_int_equal(differences_of(s->town, TODAY), 0);
    must(files_remove(path, &why), &why);
    assert_true(differences_of(s->town, TODAY) > 0);
    drop_small(s);
}

/* What waits is decided as ever, by two officers. */
static void what_waits_is_decided_as_ever(void **state) {
    (void)state;
    struct small *s = new_small();
    const struct clearing *c = &s->town->city->clearing;
    struct parts_taken taken;
    struct record_row row;
    struct why why = {{0}};
    take_in_parts(s->town, &s->pile, &taken);
    must(c->store->record_waiting(c->store->self, TODAY, 0, 0, &row, &why), &why);
    assert_int_equal(row.place, 3);
    struct move_order pay = {.number = "S1",
        .kind = MOVE_PAY,
        .upload = row.upload,
        .place = row.place,
        .fen = 0,
        .reference = "slip"};
    must(move_ask(c, &pay, "clearer", &why), &why);
    must(move_agree(c, "S1", "approver", &why), &why);
    assert_int_equal(fen_in_suspense(c), 0);
    close_day(s->town, TODAY);
    assert_int_equal(differences_of(s->town, TODAY), 0);
    drop_small(s);
}

/* The engine knows no medical account: its records wait by a name of their own, row and sums agree with the
 * segments, and officers pay them out of the account. [decision 0055] */
static void a_medical_record_waits_by_its_own_name(void **state) {
    (void)state;
    const uint32_t bill[2] = {900, 800};
    struct small *s = new_small();
    const struct clearing *c = &s->town->city->clearing;
    struct upload_record r = medical_purchase(MEDICAL_CARD, 1, 0, MEDICAL_FEN, bill);
    struct parts_taken taken;
    struct record_row row;
    struct why why = {{0}};
    insure(c);
    add_file(&s->pile, "H0000002", HOSPITAL_TILL, &r, 1);
    take_in_parts(s->town, &s->pile, &taken);
    must(c->store->record_waiting(c->store->self, TODAY, 1, 3, &row, &why), &why);
    assert_int_equal(row.reason, REASON_MEDICAL_PART);
    assert_int_equal(row.record.medical[1], bill[0]);
    assert_false(row.posted);
    assert_int_equal(fen_on_medical(c, MEDICAL_CARD), MEDICAL_FEN);
    struct move_order pay = {.number = "S2",
        .kind = MOVE_PAY,
        .upload = row.upload,
        .place = row.place,
        .reference = "slip"};
    must(move_ask(c, &pay, "clearer", &why), &why);
    must(move_agree(c, "S2", "approver", &why), &why);
    assert_int_equal(fen_on_medical(c, MEDICAL_CARD), MEDICAL_FEN - bill[1]);
    close_day(s->town, TODAY);
    assert_int_equal(differences_of(s->town, TODAY), 0);
    drop_small(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_in_parts_comes_to_what_its_files_come_to_one_by_one),
        cmocka_unit_test(a_dry_run_says_it_all_and_changes_nothing),
        cmocka_unit_test(the_same_folder_again_changes_nothing_and_another_is_refused),
        cmocka_unit_test(files_of_another_day_alone_make_no_day_in_parts),
        cmocka_unit_test(a_day_that_was_cut_short_is_made_anew_to_the_same_bytes),
        cmocka_unit_test(what_this_way_cannot_do_is_refused_before_anything_changes),
        cmocka_unit_test(a_file_of_another_city_is_paid_to_that_city),
        cmocka_unit_test(a_running_centre_changes_over_from_one_day_to_the_next),
        cmocka_unit_test(a_file_by_itself_waits_until_the_day_in_parts_is_late),
        cmocka_unit_test(a_proof_sees_what_was_altered),
        cmocka_unit_test(what_waits_is_decided_as_ever),
        cmocka_unit_test(a_medical_record_waits_by_its_own_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

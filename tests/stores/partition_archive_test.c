/* Records of days in parts, found in their segments: the same answers as from rows of the same files
 * taken one by one; refunds of sealed trades; and what an altered segment is worth. */
#include "stores/parts_town.h"

#include "clearing/card_story.h"
#include "clearing/partition_archive.h"
#include "clearing/sealed_records.h"
#include "clearing/statement.h"

/* Two towns that took the same two days, and closed them: the first one by one, the other in parts. */
struct pair {
    struct town *towns[2];
    struct market *trade;
    struct pile piles[DAYS];
    struct parts_archive archive; /* of the second town */
};

static struct pair *new_pair(uint64_t seed) {
    struct pair *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->towns[0] = new_town(":memory:");
    p->towns[1] = new_town(":memory:");
    p->trade = new_trade(seed);
    struct clearing *c = &p->towns[1]->city->clearing;
    parts_archive_open(&p->archive, c, &p->towns[1]->parts, p->towns[1]->folder);
    c->sealed = &p->archive.records;
    for (size_t i = 0; i < DAYS; i++) {
        struct parts_taken taken;
        p->piles[i] = new_pile();
        draw_day(p->trade, &p->piles[i]);
        take_one_by_one(p->towns[0], &p->piles[i]);
        take_in_parts(p->towns[1], &p->piles[i], &taken);
        close_day(p->towns[0], p->trade->day);
        close_day(p->towns[1], p->trade->day);
        p->trade->day = day_plus(p->trade->day, 1);
    }
    return p;
}

static void drop_pair(struct pair *p) {
    for (size_t i = 0; i < DAYS; i++) {
        pull_down(p->piles[i].folder);
    }
    drop_town(p->towns[0]);
    drop_town(p->towns[1]);
    free(p->trade);
    free(p);
}

static void same_record(const struct record_row *a, const struct record_row *b) {
    assert_int_equal(a->upload, b->upload);
    assert_int_equal(a->place, b->place);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->tac, b->tac);
    assert_int_equal(a->posted, b->posted);
    assert_int_equal(a->day, b->day);
    assert_int_equal(a->record.amount, b->record.amount);
    assert_int_equal(a->record.terminal_seq, b->record.terminal_seq);
    assert_memory_equal(a->record.asn, b->record.asn, ASN_LEN);
    assert_memory_equal(a->record.tac, b->record.tac, MAC_LEN);
    assert_memory_equal(a->record.moment, b->record.moment, MOMENT_LEN);
}

/* --- promises ------------------------------------------------------------------------------ */

static void a_sealed_record_is_found_by_its_place_as_its_row_would_be(void **state) {
    (void)state;
    if (on_a_server()) {
        skip(); /* it asks segments, which are no server's */
    }
    struct pair *p = new_pair(11);
    const struct clearing *one = &p->towns[0]->city->clearing;
    const struct clearing *two = &p->towns[1]->city->clearing;
    struct upload_row upload = {.id = 0};
    struct record_row a, b;
    struct why why = {{0}};
    size_t seen = 0;
    while (one->store->upload_next(one->store->self, TODAY, upload.id, &upload, &why) == OK) {
        for (uint32_t place = 1; place <= upload.count; place += 7, seen++) {
            must(record_anywhere(one, upload.id, place, &a, &why), &why);
            must(record_anywhere(two, upload.id, place, &b, &why), &why);
            same_record(&a, &b);
        }
        assert_int_equal(
            record_anywhere(two, upload.id, upload.count + 1, &b, &why), ERR_NOT_FOUND);
    }
    assert_true(seen > 50);
    assert_int_equal(record_anywhere(two, 9999, 1, &b, &why), ERR_NOT_FOUND);
    drop_pair(p);
}

/* The file for an institution, as text. */
static char *statement_of(const struct clearing *c, uint32_t day, const char *institution) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    struct why why = {{0}};
    assert_non_null(to);
    must(statement_write(c, day, institution, to, &why), &why);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void an_institution_gets_the_same_statement_of_a_day_in_parts(void **state) {
    (void)state;
    static const char *const institutions[] = {"P0000001", "H0000002", "C3101000"};
    struct pair *p = new_pair(12);
    size_t trades = 0;
    for (size_t i = 0; i < sizeof institutions / sizeof institutions[0]; i++) {
        for (uint32_t day = TODAY; day < p->trade->day; day = day_plus(day, 1)) {
            char *a = statement_of(&p->towns[0]->city->clearing, day, institutions[i]);
            char *b = statement_of(&p->towns[1]->city->clearing, day, institutions[i]);
            assert_string_equal(a, b);
            for (const char *at = a; (at = strstr(at, "\r\nT|")) != NULL; at++) {
                trades++;
            }
            free(a);
            free(b);
        }
    }
    assert_true(trades > 1000);
    drop_pair(p);
}

/* A list that lacks a trade is told so by a match with a day in parts. */
static void a_list_is_matched_with_a_day_in_parts(void **state) {
    (void)state;
    if (on_a_server()) {
        skip(); /* it asks segments, which are no server's */
    }
    struct pair *p = new_pair(13);
    const struct clearing *c = &p->towns[1]->city->clearing;
    STATEMENT_SCOPE(list);
    struct statement_figures figures;
    struct why why = {{0}};
    char *rows = NULL;
    size_t len = 0;
    char *text = statement_of(c, TODAY, "P0000001");
    must(statement_read(bytes_of(text, strlen(text)), &list, &why), &why);
    FILE *to = open_memstream(&rows, &len);
    assert_non_null(to);
    struct report_sink sink = report_csv(to);
    must(statement_match(c, &list, "clearer", &sink, &figures, &why), &why);
    assert_true(statement_agrees(&figures));
    assert_true(figures.matched > 0);
    assert_true(list.trade_count > 0);
    list.trades[0].fen += 5;
    for (size_t i = 0; i < list.batch_count; i++) {
        list.batches[i].fen += 5;
    }
    must(statement_match(c, &list, "clearer", &sink, &figures, &why), &why);
    assert_false(statement_agrees(&figures));
    assert_int_equal(figures.amount, 1);
    assert_int_equal(fclose(to), 0);
    free(rows);
    free(text);
    drop_pair(p);
}

/* The steps of a story, one line each. */
static void note_step(void *cookie, const struct story_step *step) {
    (void)fprintf(cookie, "%u %s %lld %lld %llu %s %02x%02x\n", (unsigned)step->day, step->number,
        (long long)step->fen, (long long)step->after_fen, (unsigned long long)step->moment,
        step->rule, step->tac[0], step->tac[3]);
}

static char *story_of(const struct clearing *c, unsigned card, struct card_story *out) {
    char *text = NULL;
    size_t len = 0;
    uint8_t factor[FACTOR_LEN];
    FILE *to = open_memstream(&text, &len);
    const struct card_listener listener = {to, note_step};
    struct why why = {{0}};
    assert_non_null(to);
    card_factor(card, factor);
    must(card_follow(c, factor, &listener, out, &why), &why);
    assert_int_equal(fclose(to), 0);
    return text;
}

static void a_card_is_followed_through_days_in_parts_as_through_rows(void **state) {
    (void)state;
    struct pair *p = new_pair(14);
    uint32_t purchases = 0;
    for (unsigned card = 1; card <= CARDS; card++) {
        struct card_story a, b;
        char *one = story_of(&p->towns[0]->city->clearing, card, &a);
        char *two = story_of(&p->towns[1]->city->clearing, card, &b);
        assert_string_equal(one, two);
        assert_int_equal(a.purchases, b.purchases);
        assert_int_equal(a.spent_fen, b.spent_fen);
        assert_int_equal(a.balance_fen, b.balance_fen);
        assert_int_equal(a.differences.count, b.differences.count);
        purchases += b.purchases;
        free(one);
        free(two);
    }
    assert_true(purchases > 500);
    drop_pair(p);
}

/* What was changed behind the story's back is a difference of the card that it is about. */
static void a_story_sees_what_was_altered(void **state) {
    (void)state;
    if (on_a_server()) {
        skip(); /* it asks segments, which are no server's */
    }
    static const char *const alterations[] = {
        ("UPDATE entry SET fen = fen * 2 WHERE posting IN "
         "(SELECT id FROM posting WHERE number LIKE 'parts %')"),
        "UPDATE parts_segment SET records = records + 1",
        "UPDATE parts_day SET page = seal FROM parts_segment WHERE parts_segment.part = 0",
    };
    struct pair *p = new_pair(15);
    const struct clearing *c = &p->towns[1]->city->clearing;
    struct card_story story;
    struct why why = {{0}};
    char path[128];
    free(story_of(c, 5, &story));
    uint64_t good = story.differences.count;
    assert_true(story.purchases > 0);
    for (size_t i = 0; i < sizeof alterations / sizeof alterations[0]; i++) {
        TX_SCOPE(tx);
        must(tx_begin(&tx, &p->towns[1]->city->db, &why), &why);
        must(db_run(&p->towns[1]->city->db, alterations[i], &why), &why);
        free(story_of(c, 5, &story));
        if (story.differences.count <= good) {
            fail_msg("nobody saw: %s", alterations[i]);
        }
    }
    (void)snprintf(path, sizeof path, "%s/20031008-000.seg", p->towns[1]->folder);
    FILE_CONTENT_SCOPE(content);
    must(files_read(path, 1 << 24, &content, &why), &why);
    for (size_t at = 3; at < content.len; at += content.len / 7) {
        content.at[at] ^= 1;
        must(files_write(path, bytes_of(content.at, content.len), &why), &why);
        free(story_of(c, 5, &story));
        assert_true(story.differences.count > good);
        content.at[at] ^= 1;
    }
    must(files_remove(path, &why), &why);
    free(story_of(c, 5, &story));
    assert_true(story.differences.count > good);
    drop_pair(p);
}

/* The first cleared record of a day. */
static struct record_row cleared_record(const struct clearing *rows) {
    struct upload_row upload = {.id = 0};
    struct record_row r = {.id = 0};
    struct why why = {{0}};
    while (rows->store->upload_next(rows->store->self, TODAY, upload.id, &upload, &why) == OK) {
        for (uint32_t place = 1; place <= upload.count; place++) {
            must(record_anywhere(rows, upload.id, place, &r, &why), &why);
            if (r.reason == REASON_NONE && r.record.amount > 10) {
                return r;
            }
        }
    }
    fail_msg("no record was cleared");
    return r;
}

/* The day is closed; the refund belongs to the next one, with its reference. */
static void a_sealed_trade_is_given_back_on_a_later_day(void **state) {
    (void)state;
    struct pair *p = new_pair(16);
    struct record_row r = cleared_record(&p->towns[0]->city->clearing);
    struct upload_record more[1] = {purchase(9, 1, 70000, 500, 60000, 100)};
    struct pile today = new_pile();
    struct why why = {{0}};
    struct parts_taken taken;
    struct file *f = calloc(1, sizeof *f);
    assert_non_null(f);
    const struct clearing *rows = &p->towns[0]->city->clearing;
    struct upload_row upload;
    must(rows->store->upload_numbered(rows->store->self, r.upload, &upload, &why), &why);
    unsigned terminal = strcmp(upload.header.institution, "P0000001") == 0 ? 1 : 3;
    more[0].amount = r.record.amount; /* so much is due today that it can be given back */
    terminal_no(terminal, more[0].terminal);
    moment_at(p->trade->day, 100000, more[0].moment);
    sign_record(&more[0]);
    file_of(f, upload.header.institution, terminal, more, 1);
    save(&today, f);
    free(f);
    take_one_by_one(p->towns[0], &today);
    take_in_parts(p->towns[1], &today, &taken);
    for (size_t i = 0; i < 2; i++) {
        const struct clearing *c = &p->towns[i]->city->clearing;
        struct move_order back = {.number = "R1",
            .kind = MOVE_REFUND,
            .upload = r.upload,
            .place = r.place,
            .fen = r.record.amount,
            .reference = "goods returned"};
        must(move_ask(c, &back, "clearer", &why), &why);
        enum err err = move_agree(c, "R1", "approver", &why);
        if (taken.figures.by_reason[REASON_NONE].count == 1) {
            must(err, &why);
        }
        back.number = "R2";
        back.fen = r.record.amount + 1;
        assert_int_equal(move_ask(c, &back, "clearer", &why), ERR_CONFLICT);
        back.number = "R3";
        back.place = 9999;
        back.fen = 1;
        assert_int_equal(move_ask(c, &back, "clearer", &why), ERR_NOT_FOUND);
        close_day(p->towns[i], p->trade->day);
    }
    same_reports(p->towns, p->trade->day);
    assert_int_equal(differences_of(p->towns[1], p->trade->day), 0);
    assert_int_equal(differences_of(p->towns[1], TODAY), 0);
    pull_down(today.folder);
    drop_pair(p);
}

/* What the lines of a proof come to, by institution. */
struct lines {
    int64_t pharmacy, hospital;
    size_t count;
};

static void add_line(void *cookie, const struct proof_line *line) {
    struct lines *l = cookie;
    assert_non_null(line->record);
    assert_true(line->upload > 0);
    assert_int_equal(line->fen, line->record->amount);
    l->pharmacy += strcmp(line->institution, "P0000001") == 0 ? line->fen : 0;
    l->hospital += strcmp(line->institution, "H0000002") == 0 ? line->fen : 0;
    l->count++;
}

static void each_fen_of_a_day_in_parts_has_its_line(void **state) {
    (void)state;
    struct pair *p = new_pair(17);
    struct pile none = {.count = 0};
    struct parts_taking order = taking_of(p->towns[1], &none);
    struct lines lines = {0};
    const struct proof_listener listener = {&lines, add_line};
    const struct clearing_store *store = &p->towns[1]->city->store;
    struct parts_proof proof;
    struct net_row net = {0};
    struct why why = {{0}};
    order.listener = &listener;
    must(parts_prove_books(&order, TODAY, &proof, &why), &why);
    assert_int_equal(proof.differences.count, 0);
    assert_true(lines.count > 100);
    while (store->net_next(store->self, TODAY, net.institution, &net, &why) == OK) {
        int64_t fen = strcmp(net.institution, "P0000001") == 0   ? lines.pharmacy
                      : strcmp(net.institution, "H0000002") == 0 ? lines.hospital
                                                                 : net.fen;
        assert_int_equal(net.fen, fen);
    }
    drop_pair(p);
}

/* A listener's error ends the walk; a day that is none in parts is not found. */
static enum err refuse(void *cookie, const struct record_row *row, struct why *why) {
    assert_non_null(row);
    ++*(int *)cookie;
    return why_say(why, ERR_DENIED, "enough");
}

static void a_listener_may_end_the_walk(void **state) {
    (void)state;
    if (on_a_server()) {
        skip(); /* it asks segments, which are no server's */
    }
    struct pair *p = new_pair(18);
    const struct sealed_records *sealed = &p->archive.records;
    int heard = 0;
    const struct sealed_listener to = {&heard, refuse, NULL}, deaf = {NULL, NULL, NULL};
    uint8_t factor[FACTOR_LEN];
    struct why why = {{0}};
    card_factor(5, factor);
    assert_int_equal(
        sealed->of_institution(sealed->self, TODAY, "P0000001", &to, &why), ERR_DENIED);
    assert_int_equal(heard, 1);
    assert_int_equal(sealed->of_card(sealed->self, TODAY, factor, &to, &why), ERR_DENIED);
    assert_int_equal(heard, 2);
    must(sealed->of_institution(sealed->self, TODAY, "P0000001", &deaf, &why), &why);
    must(sealed->of_card(sealed->self, TODAY, factor, &deaf, &why), &why);
    assert_int_equal(
        sealed->of_institution(sealed->self, TODAY - 1, "P0000001", &to, &why), ERR_NOT_FOUND);
    assert_int_equal(sealed->of_card(sealed->self, TODAY + 5, factor, &to, &why), ERR_NOT_FOUND);
    assert_int_equal(heard, 2);
    drop_pair(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sealed_record_is_found_by_its_place_as_its_row_would_be),
        cmocka_unit_test(an_institution_gets_the_same_statement_of_a_day_in_parts),
        cmocka_unit_test(a_list_is_matched_with_a_day_in_parts),
        cmocka_unit_test(a_card_is_followed_through_days_in_parts_as_through_rows),
        cmocka_unit_test(a_story_sees_what_was_altered),
        cmocka_unit_test(a_sealed_trade_is_given_back_on_a_later_day),
        cmocka_unit_test(each_fen_of_a_day_in_parts_has_its_line),
        cmocka_unit_test(a_listener_may_end_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The example day of the clearing's specification, to the fen. [system.md 5.2.3]
 *
 * Two pharmacies, two hospitals, a Foshan card in Guangzhou and a Guangzhou card in Foshan: 2,851.80 to
 * local institutions, 160.00 net to Foshan, 3,011.80 from the holders of this city, 66.00 and a claim of
 * 15.60 that wait for people. And what happens to them on the days after. */
#include "clearing/memory_city.h"

#include "clearing/day_proof.h"
#include "clearing/move.h"
#include "clearing/paid_day.h"

static const uint8_t foshan[CITY_PREFIX_LEN] = {0x86, 0x84, 0x44, 0x06};
enum { ADVANCE_FEN = 5000000, TOMORROW = TODAY + 1 };

/* The institutions of the example, each with one terminal: 11 to 14; and Foshan. */
static void found_example(struct city *city) {
    static const struct institution institutions[] = {
        {"PHARM001", "药店一",       "4401000000000011"},
        {"PHARM002", "药店二",       "4401000000000012"},
        {"HOSP0002", "一级医院二", "4401000000000013"},
        {"HOSP0001", "三级医院一", "4401000000000014"},
        {"FOSHAN01", "佛山市",       "4406000000000001"},
    };
    struct why why = {{0}};
    for (unsigned i = 0; i < 5; i++) {
        must(institution_register(&city->clearing, &institutions[i], "clearer", &why), &why);
    }
    for (unsigned i = 0; i < 4; i++) {
        struct terminal_row t = {.stopped = false};
        terminal_no(11 + i, t.number);
        (void)snprintf(t.institution, sizeof t.institution, "%s", institutions[i].code);
        must(terminal_register(&city->clearing, &t, "clearer", &why), &why);
    }
    for (int twice = 0; twice < 2; twice++) {
        must(city_join(&city->clearing, "FOSHAN01", foshan, ADVANCE_FEN, "clearer", &why), &why);
    }
    city->rows->limits.offline_fen = 300000; /* the example's stay is paid out of one card */
}

/* A move, asked for by one officer and done by another. */
static void decide(const struct clearing *c, const char *number, enum move_kind kind,
    int64_t upload, uint32_t place, int64_t fen) {
    const struct move_order order = {number, kind, upload, place, "HOSP0002", fen, "凭单核实"};
    struct why why = {{0}};
    for (int twice = 0; twice < 2; twice++) { /* asked for again, and agreed to again: the same */
        must(move_ask(c, &order, "clearer", &why), &why);
    }
    for (int twice = 0; twice < 2; twice++) {
        must(move_agree(c, number, "approver", &why), &why);
    }
}

static void steps_to_close(const struct clearing *c, const struct bank *bank, uint32_t day) {
    struct day_order order = {day, "clearer", bank->dir};
    struct why why = {{0}};
    must(day_run(c, &order, "approver", &why), &why);
}

static struct day_proof proof_of(const struct clearing *c, uint32_t day) {
    struct day_proof proof;
    struct why why = {{0}};
    must(day_prove(c, day, NULL, &proof, &why), &why);
    if (proof.differences.count > 0) {
        fail_msg("%s", proof.differences.named[0]);
    }
    return proof;
}

/* What is due to one institution or city on a day. */
static int64_t due_to(const struct clearing *c, uint32_t day, const char *code) {
    struct net_row net = {0};
    struct why why;
    while (c->store->net_next(c->store->self, day, net.institution, &net, &why) == OK) {
        if (strcmp(net.institution, code) == 0) {
            assert_int_equal(net.fen, net.booked_fen);
            return net.fen;
        }
    }
    return 0;
}

static void sell_at(struct upload_record *r, uint32_t day) {
    moment_at(day, (uint32_t)(moment_number(r->moment) % 1000000), r->moment);
    sign_record(r);
}

/* Yesterday: H2 sold 20.00 that come back today. It is the city's first day, and is closed. */
static void yesterday(struct city *city, const struct bank *bank) {
    struct upload_record sold = purchase(3, 13, 1, 0, 50000, 2000);
    for (unsigned n = 1; n <= 4; n++) { /* what the holders of the stay need */
        uint8_t now[MOMENT_LEN], tac[MAC_LEN];
        struct load_answer answer;
        struct why why = {{0}};
        struct load_request q = load_of(8, 8000 + n, (uint16_t)(1 + n), 50000 * n, 50000);
        moment_at(TODAY, 81000 + n, now);
        must(load_authorise(&city->clearing, &q, now, &answer, &why), &why);
        load_tac(&q, answer.moment, tac);
        must(load_confirm(&city->clearing, q.ticket, tac, &why), &why);
    }
    sell(&city->clearing, "HOSP0002", 13, &sold, 1);
    steps_to_close(&city->clearing, bank, TODAY);
}

/* The trades of the example, as files 2 to 6. */
static void sell_example(const struct clearing *c) {
    struct upload_record p1[] = {purchase(1, 11, 1, 0, 50000, 3850),
        purchase(1, 11, 2, 1, 46150, 12600), purchase(2, 11, 3, 0, 50000, 5720),
        purchase(1, 11, 4, 9, 90000, 10000)};
    struct upload_record p2[] = {purchase(4, 12, 1, 0, 50000, 4500),
        purchase(5, 12, 2, 0, 50000, 8000), purchase(6, 12, 3, 0, 50000, 6600)};
    struct upload_record h2[] = {purchase(3, 13, 2, 1, 48000, 7230)};
    struct upload_record h1[] = {
        purchase(7, 14, 1, 0, 50000, 21000), purchase(8, 14, 2, 0, 250000, 220000)};
    struct upload_record away[] = {purchase(6, 77, 1, 0, 50000, 26000)};
    struct upload_record *all[] = {p1, p2, h2, h1, away};
    const size_t counts[] = {4, 3, 1, 2, 1};
    for (size_t f = 0; f < 5; f++) {
        for (size_t i = 0; i < counts[f]; i++) {
            sell_at(&all[f][i], TOMORROW);
        }
    }
    (void)memcpy(p1[3].asn + 2, foshan, CITY_PREFIX_LEN); /* a card of Foshan's */
    p2[2].tac[0] ^= 1;
    sell(c, "PHARM001", 11, p1, 4);
    sell(c, "PHARM002", 12, p2, 3);
    sell(c, "HOSP0002", 13, h2, 1);
    sell(c, "HOSP0001", 14, h1, 2);
    sell(c, "FOSHAN01", 77, away, 1);
}

/* Everything that the holders of this city have on cards and get back. */
static int64_t fen_of_holders(struct city *city) {
    int64_t fen = 0;
    for (size_t i = 0; i < city->rows->now.account_count; i++) {
        const struct account *a = &city->rows->now.accounts[i];
        fen += a->name.kind == ACCOUNT_CARD || a->name.kind == ACCOUNT_HOLDER ? a->fen : 0;
    }
    return fen;
}

static struct city *city_of_the_example(const struct bank *bank) {
    struct city *city = new_city();
    found_example(city);
    yesterday(city, bank);
    return city;
}

static void the_example_day_comes_out_to_the_fen(void **state) {
    (void)state;
    struct bank bank = new_bank();
    struct city *city = city_of_the_example(&bank);
    const struct clearing *c = &city->clearing;
    int64_t before = fen_of_holders(city);
    sell_example(c);
    decide(c, "reversal", MOVE_REFUND, 2, 3, 5720);
    decide(c, "refund", MOVE_REFUND, 1, 1, 2000);
    decide(c, "foshan says yes", MOVE_PAY, 2, 4, 0);
    const struct move_order claim = {"slip", MOVE_CLAIM, 0, 0, "HOSP0002", 1560, "单边账"};
    struct why why = {{0}};
    must(move_ask(c, &claim, "clearer", &why), &why);

    assert_int_equal(due_to(c, TOMORROW, "PHARM001"), 26450);
    assert_int_equal(due_to(c, TOMORROW, "PHARM002"), 12500);
    assert_int_equal(due_to(c, TOMORROW, "HOSP0002"), 5230);
    assert_int_equal(due_to(c, TOMORROW, "HOSP0001"), 241000);
    assert_int_equal(due_to(c, TOMORROW, "FOSHAN01"), 16000);
    assert_int_equal(before - fen_of_holders(city), 301180);

    steps_to_close(c, &bank, TOMORROW);
    struct day_proof proof = proof_of(c, TOMORROW);
    assert_int_equal(proof.payout_fen, 285180 + 16000);
    assert_int_equal(proof.due_fen, 285180 + 16000);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_CITY, "FOSHAN01")), ADVANCE_FEN);

    struct record_row waits;
    must(c->store->record_waiting(c->store->self, TOMORROW, 0, 0, &waits, &why), &why);
    assert_int_equal(waits.record.amount, 6600);
    assert_int_equal(waits.reason, REASON_TAC);
    assert_int_equal(
        c->store->record_waiting(c->store->self, TOMORROW, waits.upload, waits.place, &waits, &why),
        ERR_NOT_FOUND);
    (void)proof_of(c, TODAY);
    drop_bank(&bank);
    drop_city(city);
}

/* H2's slip turns up: its record comes the next day with a good TAC and is paid then; the 66.00 are paid
 * after all. The example day does not change. */
static void what_waited_is_decided_on_the_next_day(void **state) {
    (void)state;
    struct bank bank = new_bank();
    struct city *city = city_of_the_example(&bank);
    const struct clearing *c = &city->clearing;
    struct upload_record late = purchase(7, 13, 3, 1, 29000, 1560);
    sell_example(c);
    steps_to_close(c, &bank, TOMORROW);
    int64_t paid = proof_of(c, TOMORROW).payout_fen;
    sell_at(&late, TOMORROW);
    sell(c, "HOSP0002", 13, &late, 1);
    decide(c, "66.00", MOVE_PAY, 3, 3, 0);
    decide(c, "slip", MOVE_CLAIM, 0, 0, 1560);
    decide(c, "foshan", MOVE_PAY, 2, 4, 0);
    assert_int_equal(due_to(c, TOMORROW + 1, "HOSP0002"), 1560);
    assert_int_equal(due_to(c, TOMORROW + 1, "PHARM002"), 6600);
    assert_int_equal(
        due_to(c, TOMORROW + 1, "FOSHAN01"), -10000); /* Foshan owes, and pays nothing */
    steps_to_close(c, &bank, TOMORROW + 1);
    assert_int_equal(proof_of(c, TOMORROW).payout_fen, paid);
    assert_int_equal(proof_of(c, TOMORROW + 1).payout_fen, 1560 + 6600 + 10000);
    assert_int_equal(fen_on(c, account_named(ACCOUNT_CITY, "FOSHAN01")), ADVANCE_FEN - 10000);
    drop_bank(&bank);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_day_comes_out_to_the_fen),
        cmocka_unit_test(what_waited_is_decided_on_the_next_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

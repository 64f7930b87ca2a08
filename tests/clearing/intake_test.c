/* Taking uploads in: every reason by itself, replays and forgeries in every order, late records,
 * and a store that fails at each of its calls. */
#include "clearing/memory_city.h"

#include <inttypes.h>

static struct upload_record at_time(struct upload_record r, uint32_t day, uint32_t time) {
    moment_at(day, time, r.moment);
    sign_record(&r);
    return r;
}

/* --- the good record ----------------------------------------------------------------------- */

static void a_good_record_pays_the_institution(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 1250);
    assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    assert_int_equal(fen_on_card(&city->clearing, 1), 48750);
    assert_int_equal(fen_of_institution(&city->clearing, "P0000001"), 1250);
    assert_int_equal(fen_in_suspense(&city->clearing), 0);
    assert_true(city->rows->now.records[0].posted);
    drop_city(city);
}

static void the_figures_add_up(void **state) {
    (void)state;
    struct city *city = new_city();
    struct intake_figures f, day;
    struct why why = {{0}};
    struct upload_record records[] = {
        purchase(1, 1, 1, 0, 50000, 1000), purchase(2, 1, 2, 0, 50000, 2000),
        purchase(2, 1, 2, 0, 50000, 2000),                                     /* once more */
        purchase(3, 1, 3, 0, 50000, 4000), purchase(4, 1, 4, 0, 50000, 20000), /* above the limit */
        purchase(77, 1, 5, 0, 50000, 100),                                     /* nobody's card */
    };
    records[3].amount = 4001; /* forged */
    must(take(&city->clearing, records, 6, &f, &why), &why);
    assert_int_equal(f.records, 6);
    assert_int_equal(f.tac_good, 4);
    assert_int_equal(f.tac_bad, 1);
    assert_int_equal(f.duplicates, 1);
    assert_int_equal(f.by_ruling[RULING_CLEARED].count, 2);
    assert_int_equal(f.by_ruling[RULING_CLEARED].fen, 3000);
    assert_int_equal(f.by_ruling[RULING_SUSPENSE].fen, 20000);
    assert_int_equal(f.by_ruling[RULING_REFUSED].count, 3);
    assert_int_equal(f.by_reason[REASON_TAC].fen, 4001);
    must(intake_figures_of(&city->clearing, TODAY, &day, &why), &why);
    assert_memory_equal(&f, &day, sizeof f);
    must(intake_figures_of(&city->clearing, 0, &day, &why), &why);
    assert_memory_equal(&f, &day, sizeof f);
    must(intake_figures_of(&city->clearing, TODAY + 1, &day, &why), &why);
    assert_int_equal(day.records, 0);
    drop_city(city);
}

/* A file of more records than are taken at once, and of exactly as many, and one more or less. */
static void files_of_every_size_around_a_chunk_are_taken_whole(void **state) {
    (void)state;
    static const unsigned sizes[] = {
        0, 1, INTAKE_AT_ONCE - 1, INTAKE_AT_ONCE, INTAKE_AT_ONCE + 1, 2 * INTAKE_AT_ONCE, 600};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct city *city = new_city();
        struct upload_record *records = calloc(sizes[i] + 1, sizeof *records);
        struct intake_figures f;
        struct why why = {{0}};
        assert_non_null(records);
        for (unsigned n = 0; n < sizes[i]; n++) {
            records[n] = purchase(1, 1, n + 1, (uint16_t)n, 50000 - 10 * n, 10);
        }
        must(take(&city->clearing, records, sizes[i], &f, &why), &why);
        assert_int_equal(f.by_ruling[RULING_CLEARED].count, sizes[i]);
        assert_int_equal(fen_on_card(&city->clearing, 1), 50000 - 10 * (int64_t)sizes[i]);
        free(records);
        drop_city(city);
    }
}

/* --- each reason --------------------------------------------------------------------------- */

/* What is done to a good record of card 1 at terminal 1, whether it is signed again, and to which
 * end it then comes. */
static void spoil_trade(struct upload_record *r) {
    r->trade = TRADE_ED_PURCHASE;
}
static void spoil_amount(struct upload_record *r) {
    r->amount = 0;
}
static void spoil_overdraft(struct upload_record *r) {
    r->overdraft = 1;
}
static void spoil_batch(struct upload_record *r) {
    r->batch = 2;
}
static void spoil_month(struct upload_record *r) {
    r->moment[2] = 0x13;
}
static void spoil_hour(struct upload_record *r) {
    r->moment[4] = 0x24;
}
static void spoil_second(struct upload_record *r) {
    r->moment[6] = 0x60;
}
static void spoil_card(struct upload_record *r) {
    r->asn[ASN_LEN - 1] = 0xEE;
}
static void spoil_version_low(struct upload_record *r) {
    r->key_version = 0;
}
static void spoil_version_high(struct upload_record *r) {
    r->key_version = 3;
}
static void take_version_two(struct upload_record *r) {
    r->key_version = 2;
}
static void raise_amount(struct upload_record *r) {
    r->amount++;
}
static void other_moment(struct upload_record *r) {
    r->moment[6] ^= 0x01;
}
static void other_seq(struct upload_record *r) {
    r->terminal_seq++;
}
static void other_card(struct upload_record *r) {
    r->asn[ASN_LEN - 1] = 2;
}
static void spoil_tac(struct upload_record *r) {
    r->tac[3] ^= 0x80;
}
static void unknown_terminal(struct upload_record *r) {
    terminal_no(50, r->terminal);
}
static void neighbours_terminal(struct upload_record *r) {
    terminal_no(2, r->terminal);
}
static void strangers_terminal(struct upload_record *r) {
    terminal_no(3, r->terminal);
}
static void tomorrow(struct upload_record *r) {
    moment_at(TODAY + 1, 1, r->moment);
}
static void three_working_days_ago(struct upload_record *r) {
    moment_at(20030928, 235959, r->moment);
}
static void four_working_days_ago(struct upload_record *r) {
    moment_at(20030927, 235959, r->moment);
}
static void at_the_limit(struct upload_record *r) {
    r->amount = 10000;
}
static void above_the_limit(struct upload_record *r) {
    r->amount = 10001;
}
static void not_approved(struct upload_record *r) {
    r->flag = UPLOAD_ONLINE;
}
static void recovered(struct upload_record *r) {
    r->flag = UPLOAD_RECOVERED;
}
static void blacklisted(struct upload_record *r) {
    card_factor(9, r->asn + 2);
    moment_at(TODAY, 100000, r->moment);
}
static void not_yet_blacklisted(struct upload_record *r) {
    card_factor(9, r->asn + 2);
    moment_at(TODAY, 95959, r->moment);
}
static void overspend(struct upload_record *r) {
    r->balance_before = r->amount - 1;
}

static void each_record_comes_to_its_own_end(void **state) {
    (void)state;
    static const struct {
        const char *title;
        void (*change)(struct upload_record *r);
        bool sign;
        enum reason reason;
    } cases[] = {
        {"another kind of trade",          spoil_trade,            true,  REASON_FORM        },
        {"no amount",                      spoil_amount,           true,  REASON_FORM        },
        {"an overdraft",                   spoil_overdraft,        true,  REASON_FORM        },
        {"another batch",                  spoil_batch,            true,  REASON_FORM        },
        {"month 13",                       spoil_month,            true,  REASON_FORM        },
        {"hour 24",                        spoil_hour,             true,  REASON_FORM        },
        {"second 60",                      spoil_second,           true,  REASON_FORM        },
        {"nobody's card",                  spoil_card,             true,  REASON_CARD_UNKNOWN},
        {"a version before the first",     spoil_version_low,      true,  REASON_KEY_VERSION },
        {"a version after the last",       spoil_version_high,     true,  REASON_KEY_VERSION },
        {"the other version in use",       take_version_two,       true,  REASON_NONE        },
        {"a TAC of the other version",     take_version_two,       false, REASON_TAC         },
        {"amount raised",                  raise_amount,           false, REASON_TAC         },
        {"moment changed",                 other_moment,           false, REASON_TAC         },
        {"sequence changed",               other_seq,              false, REASON_TAC         },
        {"another card's",                 other_card,             false, REASON_TAC         },
        {"TAC changed",                    spoil_tac,              false, REASON_TAC         },
        {"terminal changed",               neighbours_terminal,    false, REASON_TAC         },
        {"a terminal nobody knows",        unknown_terminal,       true,  REASON_TERMINAL    },
        {"the terminal next to it",        neighbours_terminal,    true,  REASON_UNBOUND     },
        {"another institution's terminal", strangers_terminal,     true,  REASON_UNBOUND     },
        {"dated tomorrow",                 tomorrow,               true,  REASON_CLOCK       },
        {"three working days old",         three_working_days_ago, true,  REASON_NONE        },
        {"four working days old",          four_working_days_ago,  true,  REASON_LATE        },
        {"exactly the limit",              at_the_limit,           true,  REASON_NONE        },
        {"a fen above the limit",          above_the_limit,        true,  REASON_LIMIT       },
        {"online, but not approved",       not_approved,           true,  REASON_NOT_APPROVED},
        {"recovered by PROVE",             recovered,              true,  REASON_NONE        },
        {"after the card was listed",      blacklisted,            true,  REASON_LISTED      },
        {"before the card was listed",     not_yet_blacklisted,    true,  REASON_NONE        },
        {"more than the balance",          overspend,              true,  REASON_CHAIN       },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct city *city = new_city();
        struct upload_record r = purchase(1, 1, 1, 0, 50000, 1250);
        cases[i].change(&r);
        if (cases[i].sign) {
            sign_record(&r);
        }
        enum reason reason = end_of(&city->clearing, &r);
        if (reason != cases[i].reason) {
            fail_msg("%s: %s", cases[i].title, reason_line(reason)->word);
        }
        /* Money moved exactly when the record was not refused, and to where its ruling says. */
        enum ruling ruling = reason_line(reason)->ruling;
        int64_t paid = fen_of_institution(&city->clearing, "P0000001");
        assert_int_equal(paid, ruling == RULING_CLEARED ? r.amount : 0);
        assert_int_equal(
            fen_in_suspense(&city->clearing), ruling == RULING_SUSPENSE ? r.amount : 0);
        assert_int_equal(city->rows->now.records[0].posted, ruling != RULING_REFUSED);
        drop_city(city);
    }
}

static void a_stopped_terminal_is_held(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 1250);
    city->rows->now.terminals[0].stopped = true;
    assert_int_equal(end_of(&city->clearing, &r), REASON_TERMINAL);
    drop_city(city);
}

static void a_record_without_cover_waits_without_a_posting(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record r = purchase(1, 1, 1, 0, 60000, 9000);
    for (unsigned i = 0; i < 5; i++) {
        struct upload_record spend = purchase(
            1, 1, 10 + i, (uint16_t)(10 + i), 60000 - 9000 * i, 9000);
        assert_int_equal(end_of(&city->clearing, &spend), REASON_NONE);
    }
    assert_int_equal(end_of(&city->clearing, &r), REASON_NO_COVER);
    assert_false(city->rows->now.records[5].posted);
    assert_int_equal(fen_on_card(&city->clearing, 1), 5000);
    assert_int_equal(end_of(&city->clearing, &r), REASON_NO_COVER); /* the same file again */
    assert_int_equal(city->rows->now.record_count, 6);
    drop_city(city);
}

/* --- replays and forgeries ----------------------------------------------------------------- */

static void the_same_file_again_changes_nothing(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record records[] = {
        purchase(1, 1, 1, 0, 50000, 1000), purchase(2, 1, 2, 0, 50000, 2000)};
    struct file f;
    struct intake_figures first, second;
    struct why why = {{0}};
    bool again = true;
    file_of(&f, "P0000001", 1, records, 2);
    struct bytes view = bytes_of(f.bytes, f.len);
    must(intake_file(&city->clearing, upload_source_bytes(&view), &first, &again, &why), &why);
    assert_false(again);
    struct memory_rows *before = malloc(sizeof *before);
    assert_non_null(before);
    *before = city->rows->now;
    view = bytes_of(f.bytes, f.len);
    must(intake_file(&city->clearing, upload_source_bytes(&view), &second, &again, &why), &why);
    assert_true(again);
    assert_memory_equal(&first, &second, sizeof first);
    assert_int_equal(before->record_count, city->rows->now.record_count);
    assert_int_equal(before->posting_count, city->rows->now.posting_count);
    assert_int_equal(before->upload_count, city->rows->now.upload_count);
    assert_int_equal(before->audit_count, city->rows->now.audit_count);
    free(before);
    drop_city(city);
}

static void a_copy_in_the_same_file_is_a_duplicate(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 1000), records[] = {r, r, r};
    struct intake_figures f;
    struct why why = {{0}};
    must(take(&city->clearing, records, 3, &f, &why), &why);
    assert_int_equal(f.by_reason[REASON_NONE].count, 1);
    assert_int_equal(f.duplicates, 2);
    assert_int_equal(fen_on_card(&city->clearing, 1), 49000);
    drop_city(city);
}

/* Everything that the TAC does not cover may differ: it is the same trade, paid once. */
static void a_copy_with_other_words_is_still_a_duplicate(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record good = purchase(1, 1, 1, 5, 50000, 1000);
    assert_int_equal(end_of(&city->clearing, &good), REASON_NONE);
    for (unsigned i = 0; i < 6; i++) {
        struct upload_record copy = good;
        copy.ticket[0] ^= i == 0;
        copy.number = (uint16_t)(copy.number + (i == 1));
        copy.balance_before += i == 2;
        copy.flag = i == 3 ? UPLOAD_RECOVERED : copy.flag;
        copy.mac2_checked = i == 4 ? false : copy.mac2_checked;
        copy.issuer[0] ^= i == 5;
        assert_int_equal(end_of(&city->clearing, &copy), REASON_DUPLICATE);
    }
    assert_int_equal(fen_on_card(&city->clearing, 1), 49000);
    drop_city(city);
}

/* intake 4: a forgery that stands in the place of a good record, sent before it, does not keep it
 * out: every byte of the record is forged in turn. */
static void no_forged_copy_displaces_a_good_record(void **state) {
    (void)state;
    struct upload_record good = purchase(1, 1, 1, 5, 50000, 1000);
    uint8_t piece[UPLOAD_RECORD_LEN];
    unsigned tried = 0;
    for (size_t i = 0; i < sizeof piece; i++) {
        struct upload_tally unused = {0};
        struct builder b = builder_in(piece, sizeof piece);
        struct upload_record forged;
        upload_put(&unused, &good, &b);
        piece[i] ^= 0x01;
        if (!upload_record_decode(bytes_of(piece, sizeof piece), &forged)) {
            continue;
        }
        struct city *city = new_city();
        enum reason reason = end_of(&city->clearing, &forged);
        enum reason after = end_of(&city->clearing, &good);
        /* Where the TAC still holds, the forgery is the trade itself, and the money moved once. */
        bool proven = city->rows->now.records[0].tac == TAC_GOOD;
        assert_int_equal(after, proven ? REASON_DUPLICATE : REASON_NONE);
        assert_true(proven || reason_line(reason)->ruling == RULING_REFUSED);
        assert_int_equal(fen_on_card(&city->clearing, 1), 49000);
        drop_city(city);
        tried++;
    }
    assert_true(tried > 60);
}

/* Two proven trades cannot have one sequence of a terminal; the second is held, and its own copy is
 * a duplicate of it. */
static void a_conflict_is_held_once(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record a = purchase(1, 1, 1, 0, 50000, 1000);
    struct upload_record b = purchase(2, 1, 1, 0, 50000, 2000);
    assert_int_equal(end_of(&city->clearing, &a), REASON_NONE);
    assert_int_equal(end_of(&city->clearing, &b), REASON_CONFLICT_SEQ);
    b.ticket[0] ^= 1;
    assert_int_equal(end_of(&city->clearing, &b), REASON_DUPLICATE);
    assert_int_equal(fen_in_suspense(&city->clearing), 2000);
    assert_int_equal(fen_on_card(&city->clearing, 2), 48000);
    drop_city(city);
}

static void one_number_of_a_card_pays_one_trade(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record a = purchase(1, 1, 1, 7, 50000, 1000);
    struct upload_record b = purchase(1, 1, 2, 7, 50000, 1500);
    assert_int_equal(end_of(&city->clearing, &a), REASON_NONE);
    assert_int_equal(end_of(&city->clearing, &b), REASON_CONFLICT_NO);
    assert_int_equal(fen_on_card(&city->clearing, 1), 47500);
    drop_city(city);
}

/* --- approvals ----------------------------------------------------------------------------- */

static struct upload_record online_purchase(uint32_t seq, uint16_t number, uint32_t fen) {
    struct upload_record r = purchase(1, 1, seq, number, 50000, fen);
    r.flag = UPLOAD_ONLINE;
    return r;
}

static void approve(const struct clearing *c, const struct upload_record *r) {
    struct approval a = {.amount = r->amount};
    struct why why = {{0}};
    uint8_t now[MOMENT_LEN];
    moment_at(TODAY, 90000, now);
    (void)memcpy(a.ticket, r->ticket, TICKET_LEN);
    (void)memcpy(a.factor, upload_factor(r), FACTOR_LEN);
    (void)memcpy(a.terminal, r->terminal, TERMINAL_LEN);
    must(purchase_approve(c, &a, now, &why), &why);
}

static void an_approved_purchase_may_be_above_the_limit(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record r = online_purchase(1, 0, 30000);
    approve(&city->clearing, &r);
    assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    drop_city(city);
}

static void an_approval_is_for_one_purchase(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record first = online_purchase(1, 0, 20000),
                         second = online_purchase(2, 1, 20000);
    second.balance_before = 30000;
    (void)memcpy(second.ticket, first.ticket, TICKET_LEN);
    approve(&city->clearing, &first);
    assert_int_equal(end_of(&city->clearing, &first), REASON_NONE);
    assert_int_equal(end_of(&city->clearing, &second), REASON_NOT_APPROVED);
    drop_city(city);
}

static void an_approval_fits_card_terminal_and_amount(void **state) {
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct city *city = new_city();
        struct upload_record asked = online_purchase(1, 0, 20000), sold = asked;
        asked.amount -= i == 0;
        asked.asn[ASN_LEN - 1] ^= i == 1 ? 3 : 0;
        if (i == 2) {
            terminal_no(2, asked.terminal);
        }
        approve(&city->clearing, &asked);
        assert_int_equal(end_of(&city->clearing, &sold), REASON_NOT_APPROVED);
        drop_city(city);
    }
}

/* A forged record with an approved ticket must not use the approval up. */
static void a_forgery_does_not_use_an_approval(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record good = online_purchase(1, 0, 20000), forged = good;
    approve(&city->clearing, &good);
    forged.tac[0] ^= 1;
    assert_int_equal(end_of(&city->clearing, &forged), REASON_TAC);
    assert_int_equal(end_of(&city->clearing, &good), REASON_NONE);
    drop_city(city);
}

/* --- the balance chain --------------------------------------------------------------------- */

static void numbers_that_follow_must_have_balances_that_follow(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record a = purchase(1, 1, 1, 0, 50000, 1000);
    struct upload_record b = purchase(1, 1, 2, 1, 48999, 1000); /* a fen is missing */
    struct upload_record c = purchase(1, 1, 3, 3, 40000, 1000); /* number 2 is not known yet */
    assert_int_equal(end_of(&city->clearing, &a), REASON_NONE);
    assert_int_equal(end_of(&city->clearing, &b), REASON_CHAIN);
    assert_int_equal(end_of(&city->clearing, &c), REASON_NONE);
    drop_city(city);
}

/* Records of a card may come in any order from many terminals: all six orders of three. */
static void the_chain_holds_in_any_order_of_arrival(void **state) {
    (void)state;
    static const unsigned orders[6][3] = {
        {0, 1, 2},
        {0, 2, 1},
        {1, 0, 2},
        {1, 2, 0},
        {2, 0, 1},
        {2, 1, 0}
    };
    for (unsigned o = 0; o < 6; o++) {
        struct city *city = new_city();
        const struct upload_record records[] = {
            purchase(1, 1, 1, 0, 50000, 1000),
            purchase(1, 1, 2, 1, 49000, 2000),
            purchase(1, 1, 3, 2, 47000, 4000),
        };
        for (unsigned i = 0; i < 3; i++) {
            assert_int_equal(end_of(&city->clearing, &records[orders[o][i]]), REASON_NONE);
        }
        assert_int_equal(fen_on_card(&city->clearing, 1), 43000);
        drop_city(city);
    }
}

static void the_chain_follows_the_cleared_record(void **state) {
    (void)state;
    struct city *city = new_city();
    chain_follows_the_cleared_record(&city->clearing);
    drop_city(city);
}

/* A load between two purchases, at their edges, or outside: what the balance must then be. */
static void a_load_explains_the_gap_it_lies_in(void **state) {
    (void)state;
    static const struct {
        const char *title;
        uint32_t load_time, second_before;
        enum reason reason;
    } cases[] = {
        {"load between, counted",        100500, 59000, REASON_NONE },
        {"load between, not counted",    100500, 49000, REASON_NONE }, /* gap 0 needs no reason */
        {"load between, half of it",     100500, 54000, REASON_CHAIN},
        {"load at the first, counted",   100000, 59000, REASON_NONE },
        {"load at the second, counted",  110000, 59000, REASON_NONE },
        {"load before both, counted",    95900,  59000, REASON_CHAIN},
        {"load behind both, counted",    110100, 59000, REASON_CHAIN},
        {"load between, and a fen more", 100500, 59001, REASON_CHAIN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct city *city = new_city();
        struct why why = {{0}};
        struct upload_record a = at_time(purchase(1, 1, 1, 0, 50000, 1000), TODAY, 100000);
        struct upload_record b = at_time(
            purchase(1, 1, 2, 1, cases[i].second_before, 1000), TODAY, 110000);
        struct load_request q = load_of(1, 5, 2, 49000, 10000);
        must(load_whole(&city->clearing, &q, cases[i].load_time, &why), &why);
        assert_int_equal(end_of(&city->clearing, &a), REASON_NONE);
        enum reason reason = end_of(&city->clearing, &b);
        if (reason != cases[i].reason) {
            fail_msg("%s: %s", cases[i].title, reason_line(reason)->word);
        }
        drop_city(city);
    }
}

/* --- files --------------------------------------------------------------------------------- */

/* intake 1: cut at every byte, nothing of the file is kept. */
static void a_torn_file_is_refused_whole(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record records[] = {
        purchase(1, 1, 1, 0, 50000, 1000), purchase(2, 1, 2, 0, 50000, 2000)};
    struct file f;
    struct intake_figures figures;
    struct why why;
    file_of(&f, "P0000001", 1, records, 2);
    size_t postings = city->rows->now.posting_count;
    for (size_t len = 0; len < f.len; len++) {
        struct bytes view = bytes_of(f.bytes, len);
        assert_int_equal(
            intake_file(&city->clearing, upload_source_bytes(&view), &figures, NULL, &why),
            ERR_INVALID);
        assert_non_null(strstr(why.text, "byte"));
        assert_int_equal(city->rows->now.record_count, 0);
        assert_int_equal(city->rows->now.upload_count, 0);
        assert_int_equal(city->rows->now.posting_count, postings);
    }
    drop_city(city);
}

/* intake 1: the file is whole, but one bit of it is another, at every byte. */
static void a_file_with_any_byte_altered_is_refused_whole(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record records[] = {
        purchase(1, 1, 1, 0, 50000, 1000), purchase(2, 1, 2, 0, 50000, 2000)};
    struct file f;
    struct intake_figures figures;
    struct why why;
    file_of(&f, "P0000001", 1, records, 2);
    size_t postings = city->rows->now.posting_count;
    for (size_t at = 0; at < f.len; at++) {
        struct bytes view = bytes_of(f.bytes, f.len);
        f.bytes[at] ^= 0x01;
        assert_int_equal(
            intake_file(&city->clearing, upload_source_bytes(&view), &figures, NULL, &why),
            ERR_INVALID);
        f.bytes[at] ^= 0x01;
        assert_int_equal(city->rows->now.record_count, 0);
        assert_int_equal(city->rows->now.upload_count, 0);
        assert_int_equal(city->rows->now.posting_count, postings);
    }
    assert_int_equal(end_of(&city->clearing, &records[0]), REASON_NONE);
    drop_city(city);
}

/* intake 2, over the cut: the file comes again a day later, and is of the day it was taken into. */
static void a_file_of_yesterday_is_answered_with_its_own_figures(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record records[] = {
        purchase(1, 1, 1, 0, 50000, 1000), purchase(2, 1, 2, 0, 50000, 2000)};
    struct day_order order = {TODAY, "clearer", NULL};
    struct file f;
    struct intake_figures first, second, day;
    struct why why = {{0}};
    bool again = false;
    file_of(&f, "P0000001", 1, records, 2);
    struct bytes view = bytes_of(f.bytes, f.len);
    must(intake_file(&city->clearing, upload_source_bytes(&view), &first, NULL, &why), &why);
    must(day_step(&city->clearing, &order, DAY_CUT, &why), &why);
    view = bytes_of(f.bytes, f.len);
    must(intake_file(&city->clearing, upload_source_bytes(&view), &second, &again, &why), &why);
    assert_true(again);
    assert_memory_equal(&first, &second, sizeof first);
    must(intake_figures_of(&city->clearing, TODAY, &day, &why), &why);
    assert_int_equal(day.records, 2);
    must(intake_figures_of(&city->clearing, TODAY + 1, &day, &why), &why);
    assert_int_equal(day.records, 0);
    drop_city(city);
}

static void a_broken_vault_keeps_nothing_of_the_file(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 1000);
    struct intake_figures figures;
    struct why why;
    city->keys.broken = true;
    assert_int_equal(take(&city->clearing, &r, 1, &figures, &why), ERR_OUTSIDE);
    assert_int_equal(city->rows->now.record_count, 0);
    city->keys.broken = false;
    assert_int_equal(end_of(&city->clearing, &r), REASON_NONE);
    drop_city(city);
}

static void no_file_is_taken_before_the_first_day(void **state) {
    (void)state;
    struct memory *rows = memory_new();
    struct clearing_store store = memory_store(rows);
    struct clearing c = {.store = &store};
    struct upload_record r = purchase(1, 1, 1, 0, 50000, 1000);
    struct intake_figures figures;
    struct why why;
    assert_int_equal(take(&c, &r, 1, &figures, &why), ERR_CONFLICT);
    free(rows);
}

static void what_comes_after_the_cut_belongs_to_the_next_day(void **state) {
    (void)state;
    struct city *city = new_city();
    struct upload_record a = purchase(1, 1, 1, 0, 50000, 1000);
    struct upload_record b = purchase(1, 1, 2, 1, 49000, 2000);
    struct day_order order = {TODAY, "clearer", NULL};
    struct intake_figures day;
    struct why why = {{0}};
    assert_int_equal(end_of(&city->clearing, &a), REASON_NONE);
    must(day_step(&city->clearing, &order, DAY_CUT, &why), &why);
    assert_int_equal(end_of(&city->clearing, &b), REASON_NONE);
    must(intake_figures_of(&city->clearing, TODAY, &day, &why), &why);
    assert_int_equal(day.by_ruling[RULING_CLEARED].fen, 1000);
    must(intake_figures_of(&city->clearing, TODAY + 1, &day, &why), &why);
    assert_int_equal(day.by_ruling[RULING_CLEARED].fen, 2000);
    drop_city(city);
}

/* The n-th call to the store fails, for every n: of a file with a record of each kind nothing is
 * kept, and the file sent again comes to the same ends as ever. */
static void every_failing_call_leaves_nothing_half_done(void **state) {
    (void)state;
    unsigned long n = 0;
    bool done = false;
    for (; !done; n++) {
        struct city *city = new_city();
        struct upload_record records[] = {
            purchase(1, 1, 1, 0, 50000, 1000),
            purchase(1, 1, 2, 1, 49000, 1000),
            purchase(1, 1, 2, 1, 49000, 1000),
            purchase(2, 1, 3, 0, 50000, 20000),
            online_purchase(4, 8, 30000),
            purchase(77, 1, 5, 0, 50000, 1),
        };
        struct intake_figures f;
        struct why why = {{0}};
        approve(&city->clearing, &records[4]);
        size_t postings = city->rows->now.posting_count;
        city->rows->calls = 0;
        city->rows->fail_at = n;
        enum err err = take(&city->clearing, records, 6, &f, &why);
        city->rows->fail_at = ~0UL;
        size_t kept = city->rows->now.record_count;
        done = err == OK;
        assert_true(done || err == ERR_OUTSIDE);
        assert_true(kept == 0 || kept == 6);
        assert_true(kept == 6 || !done);
        assert_int_equal(city->rows->now.upload_count, kept ? 1 : 0);
        assert_int_equal(city->rows->now.posting_count - postings, kept ? 4 : 0);
        assert_books_even(&city->clearing);
        must(take(&city->clearing, records, 6, &f, &why), &why);
        assert_int_equal(f.by_ruling[RULING_CLEARED].count, 3);
        assert_int_equal(f.by_ruling[RULING_SUSPENSE].count, 1);
        assert_int_equal(f.by_ruling[RULING_REFUSED].count, 2);
        assert_int_equal(city->rows->now.record_count, 6);
        drop_city(city);
    }
    assert_true(n > 50);
}

/* --- a walk -------------------------------------------------------------------------------- */

static uint64_t next_random(uint64_t *seed) { /* SplitMix64 */
    uint64_t z = (*seed += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* Cards sell, terminals repeat and forgers forge at random, in files of random length. The model
 * knows only which trades the cards really made: those and no others must have been paid, once. */
static void a_random_walk_pays_each_real_trade_once(void **state) {
    (void)state;
    enum { CARDS = 6, TRADES = 220, LINES = 24 };
    struct city *city = new_city();
    struct upload_record real[TRADES], file[LINES];
    uint32_t balance[CARDS + 1], spent[CARDS + 1] = {0};
    uint16_t number[CARDS + 1] = {0};
    uint64_t seed = 8;
    size_t made = 0, in_file = 0;
    print_message("walk: seed %" PRIu64 "\n", seed);
    for (unsigned n = 1; n <= CARDS; n++) {
        balance[n] = 50000;
    }
    while (made < TRADES) {
        unsigned card = 1 + (unsigned)(next_random(&seed) % CARDS);
        uint32_t fen = 1 + (uint32_t)(next_random(&seed) % 700);
        unsigned what = (unsigned)(next_random(&seed) % 4);
        struct upload_record r;
        if (what == 0 && made > 0) { /* an old one again */
            r = real[next_random(&seed) % made];
        } else if (what == 1 && made > 0) { /* a forgery of an old one */
            r = real[next_random(&seed) % made];
            r.amount += fen;
        } else {
            r = purchase(card, 1, (uint32_t)made + 1, number[card]++, balance[card], fen);
            balance[card] -= fen;
            spent[card] += fen;
            real[made++] = r;
        }
        file[in_file++] = r;
        if (in_file == LINES || made == TRADES) {
            struct intake_figures f;
            struct why why = {{0}};
            must(take(&city->clearing, file, in_file, &f, &why), &why);
            in_file = 0;
        }
    }
    for (unsigned n = 1; n <= CARDS; n++) {
        assert_int_equal(fen_on_card(&city->clearing, n), 50000 - (int64_t)spent[n]);
    }
    assert_int_equal(fen_in_suspense(&city->clearing), 0);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_record_pays_the_institution),
        cmocka_unit_test(the_figures_add_up),
        cmocka_unit_test(files_of_every_size_around_a_chunk_are_taken_whole),
        cmocka_unit_test(each_record_comes_to_its_own_end),
        cmocka_unit_test(a_stopped_terminal_is_held),
        cmocka_unit_test(a_record_without_cover_waits_without_a_posting),
        cmocka_unit_test(the_same_file_again_changes_nothing),
        cmocka_unit_test(a_copy_in_the_same_file_is_a_duplicate),
        cmocka_unit_test(a_copy_with_other_words_is_still_a_duplicate),
        cmocka_unit_test(no_forged_copy_displaces_a_good_record),
        cmocka_unit_test(a_conflict_is_held_once),
        cmocka_unit_test(one_number_of_a_card_pays_one_trade),
        cmocka_unit_test(an_approved_purchase_may_be_above_the_limit),
        cmocka_unit_test(an_approval_is_for_one_purchase),
        cmocka_unit_test(an_approval_fits_card_terminal_and_amount),
        cmocka_unit_test(a_forgery_does_not_use_an_approval),
        cmocka_unit_test(numbers_that_follow_must_have_balances_that_follow),
        cmocka_unit_test(the_chain_holds_in_any_order_of_arrival),
        cmocka_unit_test(the_chain_follows_the_cleared_record),
        cmocka_unit_test(a_load_explains_the_gap_it_lies_in),
        cmocka_unit_test(a_torn_file_is_refused_whole),
        cmocka_unit_test(a_file_with_any_byte_altered_is_refused_whole),
        cmocka_unit_test(a_file_of_yesterday_is_answered_with_its_own_figures),
        cmocka_unit_test(a_broken_vault_keeps_nothing_of_the_file),
        cmocka_unit_test(no_file_is_taken_before_the_first_day),
        cmocka_unit_test(what_comes_after_the_cut_belongs_to_the_next_day),
        cmocka_unit_test(every_failing_call_leaves_nothing_half_done),
        cmocka_unit_test(a_random_walk_pays_each_real_trade_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

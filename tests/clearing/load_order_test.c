/* Online loads: the table of states, every refusal, lost answers, cards that were pulled, and a
 * store that fails at each of its calls. */
#include "clearing/memory_city.h"

static enum err authorise(const struct clearing *c, const struct load_request *q, uint32_t time,
    struct load_answer *out, struct why *why) {
    uint8_t now[MOMENT_LEN];
    moment_at(TODAY, time, now);
    return load_authorise(c, q, now, out, why);
}

static enum load_state state_of(struct city *city, const struct load_request *q) {
    struct load_row row;
    struct why why = {{0}};
    must(city->store.load_find(city->store.self, q->ticket, &row, &why), &why);
    return row.state;
}

/* load, all pairs of state and event, and not only those of the figure. */
static void the_table_of_states_is_the_figure(void **state) {
    (void)state;
    static const int to[LOAD_STATE_COUNT][LOAD_EVENT_COUNT] = {
        [LOAD_AUTHORISED] = {LOAD_POSTED, LOAD_CANCELLED},
        [LOAD_POSTED] = {LOAD_POSTED, -1            },
        [LOAD_CANCELLED] = {LOAD_POSTED, LOAD_CANCELLED},
    };
    for (int from = 0; from < LOAD_STATE_COUNT; from++) {
        for (int event = 0; event < LOAD_EVENT_COUNT; event++) {
            enum load_state next = LOAD_STATE_COUNT;
            struct why why;
            enum err err = load_next((enum load_state)from, (enum load_event)event, &next, &why);
            assert_int_equal(err, to[from][event] < 0 ? ERR_CONFLICT : OK);
            if (!err) {
                assert_int_equal(next, to[from][event]);
            } else {
                assert_non_null(strstr(why.text, load_state_word((enum load_state)from)));
            }
        }
    }
}

static void a_load_moves_money_from_the_pool_to_the_card(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct why why = {{0}};
    int64_t pool = fen_on(&city->clearing, account_named(ACCOUNT_POOL, NULL));
    must(load_whole(&city->clearing, &q, 90000, &why), &why);
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    assert_int_equal(fen_on(&city->clearing, account_named(ACCOUNT_POOL, NULL)), pool - 10000);
    assert_int_equal(state_of(city, &q), LOAD_POSTED);
    drop_city(city);
}

/* MAC2 is what the card will compute: session key, host moment, amount. */
static void mac2_is_made_for_this_card_and_moment(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why = {{0}};
    uint8_t room[PURSE_MESSAGE_MAX], input[8], mac[MAC_LEN];
    must(authorise(&city->clearing, &q, 93015, &answer, &why), &why);
    assert_hex(bytes_of(answer.moment, MOMENT_LEN), "20031008093015");
    struct load_facts facts = q.facts;
    (void)memcpy(facts.moment, answer.moment, MOMENT_LEN);
    struct builder b = builder_in(room, sizeof room);
    put_load_mac2(&b, &facts);
    load_session_input(q.random, q.facts.number, input);
    test_session_mac(q.factor, q.key_version, input, builder_bytes(&b), mac);
    assert_memory_equal(mac, answer.mac2, MAC_LEN);
    assert_int_equal(fen_on_card(&city->clearing, 1), 50000); /* nothing has moved yet */
    drop_city(city);
}

/* Half of what a request costs is waking the vault's process: a load wakes it once, a request that comes
 * again not at all, and one with a wrong MAC1 gets no second question. */
static void a_load_is_one_question_to_the_vault(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why = {{0}};
    unsigned long before = city->keys.loads_answered; /* the city's wallets were filled */
    must(authorise(&city->clearing, &q, 93015, &answer, &why), &why);
    assert_int_equal(city->keys.loads_answered, before + 1);
    must(authorise(&city->clearing, &q, 93016, &answer, &why), &why);
    assert_int_equal(city->keys.loads_answered, before + 1);
    q = load_of(1, 2, 3, 60000, 10000);
    q.mac1[0] ^= 1;
    assert_int_equal(authorise(&city->clearing, &q, 93017, &answer, &why), ERR_DENIED);
    assert_true(city->keys.loads_answered <= before + 2);
    drop_city(city);
}

/* load 2. */
static void the_same_request_gets_the_same_answer(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer first, second;
    struct why why = {{0}};
    must(authorise(&city->clearing, &q, 93015, &first, &why), &why);
    must(authorise(&city->clearing, &q, 94500, &second, &why), &why); /* a later clock */
    assert_memory_equal(&first, &second, sizeof first);
    must(load_whole(&city->clearing, &q, 95000, &why), &why);
    must(authorise(&city->clearing, &q, 100000, &second, &why), &why);
    assert_memory_equal(&first, &second, sizeof first);
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    drop_city(city);
}

static void other_facts_under_the_same_ticket_are_refused(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why = {{0}};
    must(authorise(&city->clearing, &q, 93015, &answer, &why), &why);
    for (unsigned i = 0; i < 8; i++) {
        struct load_request other = q;
        other.factor[7] ^= i == 0;
        other.random[0] ^= i == 1;
        other.mac1[0] ^= i == 2;
        other.facts.terminal[5] ^= i == 3;
        other.key_version ^= i == 4;
        other.facts.balance += i == 5;
        other.facts.amount += i == 6;
        other.facts.number = (uint16_t)(other.facts.number + (i == 7));
        assert_int_equal(authorise(&city->clearing, &other, 93015, &answer, &why), ERR_CONFLICT);
    }
    drop_city(city);
}

/* --- refusals ------------------------------------------------------------------------------ */

static void refuse_mac1(struct city *city, struct load_request *q) {
    (void)city;
    q->mac1[2] ^= 4;
}
static void refuse_balance(struct city *city, struct load_request *q) {
    (void)city;
    q->facts.balance--; /* MAC1 was made over another one */
}
static void refuse_unknown_card(struct city *city, struct load_request *q) {
    (void)city;
    *q = load_of(70, 1, 2, 0, 10000);
}
static void refuse_blocked_card(struct city *city, struct load_request *q) {
    (void)q;
    city->rows->cards[0].standing.life = 3;
}
static void refuse_sealed_card(struct city *city, struct load_request *q) {
    (void)q;
    city->rows->cards[0].standing.life = 0;
}
static void refuse_listed_card(struct city *city, struct load_request *q) {
    (void)city;
    *q = load_of(9, 1, 2, 50000, 10000);
}
static void refuse_unknown_terminal(struct city *city, struct load_request *q) {
    (void)city;
    terminal_no(40, q->facts.terminal);
    sign_mac1(q);
}
static void refuse_stopped_terminal(struct city *city, struct load_request *q) {
    (void)q;
    city->rows->now.terminals[0].stopped = true;
}
static void refuse_large_load(struct city *city, struct load_request *q) {
    (void)city;
    *q = load_of(1, 1, 2, 50000, 100001);
}
static void refuse_full_wallet(struct city *city, struct load_request *q) {
    (void)city;
    *q = load_of(1, 1, 2, 450000, 50001);
}
static void refuse_key_version(struct city *city, struct load_request *q) {
    (void)city;
    q->key_version = 3;
    sign_mac1(q);
}
static void refuse_nothing(struct city *city, struct load_request *q) {
    (void)city;
    *q = load_of(1, 1, 2, 50000, 0);
}
static void refuse_passbook(struct city *city, struct load_request *q) {
    (void)city;
    q->facts.trade = TRADE_ED_LOAD;
    sign_mac1(q);
}
static void refuse_empty_pool(struct city *city, struct load_request *q) {
    struct account_name pool = account_named(ACCOUNT_POOL, NULL);
    struct account_name bank = account_named(ACCOUNT_BANK, NULL);
    struct posting p = posting_between(
        &pool, &bank, fen_on(&city->clearing, pool) - (int64_t)q->facts.amount + 1, TODAY);
    struct why why = {{0}};
    (void)snprintf(p.number, sizeof p.number, "drain");
    must(ledger_post(&city->store, &p, NULL, &why), &why);
}

static void each_refusal_has_its_sentence_and_changes_nothing(void **state) {
    (void)state;
    static const struct {
        void (*spoil)(struct city *city, struct load_request *q);
        const char *says;
    } cases[] = {
        {refuse_mac1,             "MAC1"          },
        {refuse_balance,          "MAC1"          },
        {refuse_unknown_card,     "no such card"  },
        {refuse_blocked_card,     "state 3"       },
        {refuse_sealed_card,      "state 0"       },
        {refuse_listed_card,      "blacklist"     },
        {refuse_unknown_terminal, "not registered"},
        {refuse_stopped_terminal, "stopped"       },
        {refuse_large_load,       "100000"        },
        {refuse_full_wallet,      "500000"        },
        {refuse_key_version,      "version 3"     },
        {refuse_nothing,          "above zero"    },
        {refuse_passbook,         "purse"         },
        {refuse_empty_pool,       "pool"          },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct city *city = new_city();
        struct load_request q = load_of(1, 1, 2, 50000, 10000);
        struct load_answer answer;
        struct why why = {{0}};
        cases[i].spoil(city, &q);
        size_t loads = city->rows->now.load_count, audits = city->rows->now.audit_count;
        assert_int_equal(authorise(&city->clearing, &q, 100000, &answer, &why), ERR_DENIED);
        if (!strstr(why.text, cases[i].says)) {
            fail_msg("%s: %s", cases[i].says, why.text);
        }
        assert_int_equal(city->rows->now.load_count, loads);
        assert_int_equal(city->rows->now.audit_count, audits);
        drop_city(city);
    }
}

/* The pool must cover what is under way, too, or a proof could not be posted. */
static void open_orders_hold_their_part_of_the_pool(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request a = load_of(1, 1, 2, 50000, 10000), b = load_of(2, 2, 2, 50000, 1);
    struct load_answer answer;
    struct why why = {{0}};
    struct account_name pool = account_named(ACCOUNT_POOL, NULL);
    struct account_name bank = account_named(ACCOUNT_BANK, NULL);
    struct posting p = posting_between(&pool, &bank, fen_on(&city->clearing, pool) - 10000, TODAY);
    (void)snprintf(p.number, sizeof p.number, "drain");
    must(ledger_post(&city->store, &p, NULL, &why), &why);
    must(authorise(&city->clearing, &a, 90000, &answer, &why), &why);
    assert_int_equal(authorise(&city->clearing, &b, 90000, &answer, &why), ERR_DENIED);
    must(load_cancel(&city->clearing, a.ticket, &why), &why);
    must(authorise(&city->clearing, &b, 90000, &answer, &why), &why);
    drop_city(city);
}

static void no_load_is_made_without_a_moment_or_a_day(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why;
    const uint8_t none[MOMENT_LEN] = {0x20, 0x03, 0x10, 0x08, 0x25};
    assert_int_equal(load_authorise(&city->clearing, &q, none, &answer, &why), ERR_INVALID);
    city->rows->now.day_count = 0;
    assert_int_equal(authorise(&city->clearing, &q, 90000, &answer, &why), ERR_CONFLICT);
    drop_city(city);
}

/* --- proofs -------------------------------------------------------------------------------- */

static void a_wrong_tac_posts_nothing(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    must(authorise(&city->clearing, &q, 90000, &answer, &why), &why);
    load_tac(&q, answer.moment, tac);
    for (unsigned bit = 0; bit < 32; bit++) {
        tac[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(load_confirm(&city->clearing, q.ticket, tac, &why), ERR_DENIED);
        tac[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(fen_on_card(&city->clearing, 1), 50000);
    assert_int_equal(state_of(city, &q), LOAD_AUTHORISED);
    must(load_confirm(&city->clearing, q.ticket, tac, &why), &why);
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    drop_city(city);
}

/* Each bit of MAC1 counts, and a request that is refused leaves no order behind. */
static void a_wrong_mac1_begins_no_order(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct load_row row;
    struct why why = {{0}};
    for (unsigned bit = 0; bit < 8 * MAC_LEN; bit++) {
        q.mac1[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(authorise(&city->clearing, &q, 90000, &answer, &why), ERR_DENIED);
        q.mac1[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(city->store.load_find(city->store.self, q.ticket, &row, &why), ERR_NOT_FOUND);
    must(load_whole(&city->clearing, &q, 90000, &why), &why);
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    drop_city(city);
}

/* load 2, over the cut: the question comes again a day later, and the answer is the first one. */
static void a_request_of_yesterday_gets_its_own_answer(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer first, second;
    struct day_order order = {TODAY, "clearer", NULL};
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    must(authorise(&city->clearing, &q, 225900, &first, &why), &why);
    must(day_step(&city->clearing, &order, DAY_CUT, &why), &why);
    must(authorise(&city->clearing, &q, 230100, &second, &why), &why);
    assert_memory_equal(&first, &second, sizeof first);
    load_tac(&q, second.moment, tac);
    must(load_confirm(&city->clearing, q.ticket, tac, &why), &why);
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    drop_city(city);
}

static void a_confirmation_again_is_answered_and_not_made(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    must(authorise(&city->clearing, &q, 90000, &answer, &why), &why);
    load_tac(&q, answer.moment, tac);
    for (int i = 0; i < 3; i++) {
        must(load_confirm(&city->clearing, q.ticket, tac, &why), &why);
    }
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    tac[0] ^= 1;
    assert_int_equal(load_confirm(&city->clearing, q.ticket, tac, &why), ERR_DENIED);
    drop_city(city);
}

static void a_ticket_nobody_asked_for_cannot_be_confirmed(void **state) {
    (void)state;
    struct city *city = new_city();
    const uint8_t ticket[TICKET_LEN] = {7}, tac[MAC_LEN] = {0};
    struct why why;
    assert_int_equal(load_confirm(&city->clearing, ticket, tac, &why), ERR_NOT_FOUND);
    assert_int_equal(load_cancel(&city->clearing, ticket, &why), OK);
    drop_city(city);
}

static void a_cancelled_load_moves_nothing(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why = {{0}};
    must(authorise(&city->clearing, &q, 90000, &answer, &why), &why);
    for (int i = 0; i < 3; i++) {
        must(load_cancel(&city->clearing, q.ticket, &why), &why);
    }
    assert_int_equal(state_of(city, &q), LOAD_CANCELLED);
    assert_int_equal(fen_on_card(&city->clearing, 1), 50000);
    assert_int_equal(authorise(&city->clearing, &q, 90000, &answer, &why), ERR_CONFLICT);
    drop_city(city);
}

/* load 4: the terminal said that nothing happened, and the card proves that it did. */
static void a_proof_beats_a_cancellation(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    must(authorise(&city->clearing, &q, 90000, &answer, &why), &why);
    must(load_cancel(&city->clearing, q.ticket, &why), &why);
    load_tac(&q, answer.moment, tac);
    must(load_confirm(&city->clearing, q.ticket, tac, &why), &why);
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    assert_int_equal(load_cancel(&city->clearing, q.ticket, &why), ERR_CONFLICT);
    drop_city(city);
}

/* load 3: the card is back with the same number, so the first order did not happen. */
static void the_same_number_again_cancels_the_order_before(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request a = load_of(1, 1, 2, 50000, 10000), b = load_of(1, 2, 2, 50000, 7000);
    struct load_answer answer;
    struct why why = {{0}};
    must(authorise(&city->clearing, &a, 90000, &answer, &why), &why);
    size_t noted = city->rows->now.audit_count;
    must(load_whole(&city->clearing, &b, 90100, &why), &why);
    assert_int_equal(state_of(city, &a), LOAD_CANCELLED);
    assert_int_equal(city->rows->now.audit_count - noted, 3); /* cancelled, authorised, confirmed */
    assert_int_equal(fen_on_card(&city->clearing, 1), 57000);
    drop_city(city);
}

/* The terminal of the first order sees the card again and takes the second load for its own. */
static void the_proof_of_another_load_does_not_confirm_a_cancelled_one(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request a = load_of(1, 1, 2, 50000, 10000), b = load_of(1, 2, 2, 50000, 7000);
    struct load_answer first, second;
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    must(authorise(&city->clearing, &a, 90000, &first, &why), &why);
    must(authorise(&city->clearing, &b, 90100, &second, &why), &why);
    load_tac(&b, second.moment, tac);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(load_confirm(&city->clearing, a.ticket, tac, &why), ERR_CONFLICT);
        assert_non_null(strstr(why.text, "another load"));
        must(load_confirm(&city->clearing, b.ticket, tac, &why), &why);
    }
    assert_int_equal(state_of(city, &a), LOAD_CANCELLED);
    assert_int_equal(fen_on_card(&city->clearing, 1), 57000);
    drop_city(city);
}

/* The card is back with the next number: the first order did happen, and its proof comes first. */
static void a_higher_number_asks_for_the_proof_first(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request a = load_of(1, 1, 2, 50000, 10000), b = load_of(1, 2, 3, 60000, 7000);
    struct load_answer first, second;
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    must(authorise(&city->clearing, &a, 90000, &first, &why), &why);
    assert_int_equal(authorise(&city->clearing, &b, 90100, &second, &why), ERR_DENIED);
    assert_non_null(strstr(why.text, "proof"));
    load_tac(&a, first.moment, tac);
    must(load_confirm(&city->clearing, a.ticket, tac, &why), &why);
    must(load_whole(&city->clearing, &b, 90200, &why), &why);
    assert_int_equal(fen_on_card(&city->clearing, 1), 67000);
    drop_city(city);
}

/* A replayed INITIALIZE answer with a wrong MAC1 must not cancel what is under way. */
static void a_forged_request_cancels_nothing(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request a = load_of(1, 1, 2, 50000, 10000), b = load_of(1, 2, 2, 50000, 7000);
    struct load_answer answer;
    struct why why = {{0}};
    must(authorise(&city->clearing, &a, 90000, &answer, &why), &why);
    b.mac1[0] ^= 1;
    assert_int_equal(authorise(&city->clearing, &b, 90100, &answer, &why), ERR_DENIED);
    assert_int_equal(state_of(city, &a), LOAD_AUTHORISED);
    drop_city(city);
}

/* Two orders with the same facts in the same second have the same TAC; the card was loaded once. */
static void one_proof_posts_one_load(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request a = load_of(1, 1, 2, 50000, 10000), b = load_of(1, 2, 2, 50000, 10000);
    struct load_answer first, second;
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    must(authorise(&city->clearing, &a, 90000, &first, &why), &why);
    must(authorise(&city->clearing, &b, 90000, &second, &why), &why);
    load_tac(&b, second.moment, tac);
    must(load_confirm(&city->clearing, b.ticket, tac, &why), &why);
    assert_int_equal(load_confirm(&city->clearing, a.ticket, tac, &why), ERR_CONFLICT);
    assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
    drop_city(city);
}

static void a_load_confirmed_after_the_cut_is_the_next_days(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct day_order order = {TODAY, "clearer", NULL};
    struct reason_sum sums[LOAD_STATE_COUNT];
    struct why why = {{0}};
    uint8_t tac[MAC_LEN];
    must(authorise(&city->clearing, &q, 225959, &answer, &why), &why);
    must(day_step(&city->clearing, &order, DAY_CUT, &why), &why);
    load_tac(&q, answer.moment, tac);
    must(load_confirm(&city->clearing, q.ticket, tac, &why), &why);
    must(load_figures_of(&city->clearing, TODAY + 1, sums, &why), &why);
    assert_int_equal(sums[LOAD_POSTED].count, 1);
    assert_int_equal(sums[LOAD_POSTED].fen, 10000);
    must(load_figures_of(&city->clearing, 0, sums, &why), &why);
    assert_int_equal(sums[LOAD_POSTED].count, 10);
    drop_city(city);
}

static void a_broken_vault_authorises_and_confirms_nothing(void **state) {
    (void)state;
    struct city *city = new_city();
    struct load_request q = load_of(1, 1, 2, 50000, 10000);
    struct load_answer answer;
    struct why why = {{0}};
    const uint8_t tac[MAC_LEN] = {0};
    city->keys.broken = true;
    assert_int_equal(authorise(&city->clearing, &q, 90000, &answer, &why), ERR_OUTSIDE);
    city->keys.broken = false;
    must(authorise(&city->clearing, &q, 90000, &answer, &why), &why);
    city->keys.broken = true;
    assert_int_equal(load_confirm(&city->clearing, q.ticket, tac, &why), ERR_OUTSIDE);
    assert_int_equal(state_of(city, &q), LOAD_AUTHORISED);
    drop_city(city);
}

/* The n-th call to the store fails in a whole load, for every n. Sent again from the beginning, as
 * a terminal does that knows nothing, the card is loaded once. */
static void every_failing_call_leaves_nothing_half_done(void **state) {
    (void)state;
    unsigned long n = 0;
    bool done = false;
    for (; !done; n++) {
        struct city *city = new_city();
        struct load_request old = load_of(1, 1, 2, 50000, 500), q = load_of(1, 2, 2, 50000, 10000);
        struct load_answer answer;
        struct why why = {{0}};
        must(authorise(&city->clearing, &old, 85900, &answer, &why), &why);
        fail_call(city, n);
        enum err err = load_whole(&city->clearing, &q, 90000, &why);
        city->rows->fail_at = ~0UL;
        done = err == OK;
        assert_true(done || err == ERR_OUTSIDE);
        int64_t fen = fen_on_card(&city->clearing, 1);
        assert_true(fen == 50000 || fen == 60000);
        assert_books_even(&city->clearing);
        must(load_whole(&city->clearing, &q, 90000, &why), &why);
        assert_int_equal(fen_on_card(&city->clearing, 1), 60000);
        assert_int_equal(state_of(city, &old), LOAD_CANCELLED);
        drop_city(city);
    }
    assert_true(n > 20);
}

/* --- approvals ----------------------------------------------------------------------------- */

static struct approval approval_of(unsigned card, uint32_t ticket, uint32_t fen) {
    struct approval a = {.amount = fen};
    ticket_no(ticket, a.ticket);
    card_factor(card, a.factor);
    terminal_no(1, a.terminal);
    return a;
}

static void an_approval_is_remembered_and_answered_again(void **state) {
    (void)state;
    struct city *city = new_city();
    struct approval a = approval_of(1, 5, 30000), other = a;
    struct why why = {{0}};
    uint8_t now[MOMENT_LEN];
    moment_at(TODAY, 100000, now);
    a.used = true; /* the caller's word does not count */
    must(purchase_approve(&city->clearing, &a, now, &why), &why);
    must(purchase_approve(&city->clearing, &a, now, &why), &why);
    assert_int_equal(city->rows->now.approval_count, 1);
    assert_false(city->rows->now.approvals[0].used);
    other.amount++;
    assert_int_equal(purchase_approve(&city->clearing, &other, now, &why), ERR_CONFLICT);
    drop_city(city);
}

static void an_approval_is_refused_as_a_load_would_be(void **state) {
    (void)state;
    struct city *city = new_city();
    struct why why = {{0}};
    uint8_t now[MOMENT_LEN];
    moment_at(TODAY, 100000, now);
    struct approval listed = approval_of(9, 1, 100), unknown = approval_of(70, 2, 100);
    struct approval nothing = approval_of(1, 3, 0), strange = approval_of(1, 4, 100);
    struct approval blocked = approval_of(2, 5, 100);
    terminal_no(60, strange.terminal);
    city->rows->cards[1].standing.life = 4;
    assert_int_equal(purchase_approve(&city->clearing, &listed, now, &why), ERR_DENIED);
    assert_int_equal(purchase_approve(&city->clearing, &unknown, now, &why), ERR_DENIED);
    assert_int_equal(purchase_approve(&city->clearing, &nothing, now, &why), ERR_INVALID);
    assert_int_equal(purchase_approve(&city->clearing, &strange, now, &why), ERR_DENIED);
    assert_int_equal(purchase_approve(&city->clearing, &blocked, now, &why), ERR_DENIED);
    assert_int_equal(city->rows->now.approval_count, 0);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_of_states_is_the_figure),
        cmocka_unit_test(a_load_moves_money_from_the_pool_to_the_card),
        cmocka_unit_test(mac2_is_made_for_this_card_and_moment),
        cmocka_unit_test(a_load_is_one_question_to_the_vault),
        cmocka_unit_test(the_same_request_gets_the_same_answer),
        cmocka_unit_test(other_facts_under_the_same_ticket_are_refused),
        cmocka_unit_test(each_refusal_has_its_sentence_and_changes_nothing),
        cmocka_unit_test(open_orders_hold_their_part_of_the_pool),
        cmocka_unit_test(no_load_is_made_without_a_moment_or_a_day),
        cmocka_unit_test(a_wrong_tac_posts_nothing),
        cmocka_unit_test(a_wrong_mac1_begins_no_order),
        cmocka_unit_test(a_request_of_yesterday_gets_its_own_answer),
        cmocka_unit_test(a_confirmation_again_is_answered_and_not_made),
        cmocka_unit_test(a_ticket_nobody_asked_for_cannot_be_confirmed),
        cmocka_unit_test(a_cancelled_load_moves_nothing),
        cmocka_unit_test(a_proof_beats_a_cancellation),
        cmocka_unit_test(the_same_number_again_cancels_the_order_before),
        cmocka_unit_test(the_proof_of_another_load_does_not_confirm_a_cancelled_one),
        cmocka_unit_test(a_higher_number_asks_for_the_proof_first),
        cmocka_unit_test(a_forged_request_cancels_nothing),
        cmocka_unit_test(one_proof_posts_one_load),
        cmocka_unit_test(a_load_confirmed_after_the_cut_is_the_next_days),
        cmocka_unit_test(a_broken_vault_authorises_and_confirms_nothing),
        cmocka_unit_test(every_failing_call_leaves_nothing_half_done),
        cmocka_unit_test(an_approval_is_remembered_and_answered_again),
        cmocka_unit_test(an_approval_is_refused_as_a_load_would_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

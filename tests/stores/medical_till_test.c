/* A bill at a hospital's till, with nothing in the way that a city would not have: a card of each generation
 * and a hospital's module, made command by command under the keys of a vault; a load that the centre
 * answers; a sale that the terminal journals and uploads; the day, and its proof. [decisions 0022, 0055] */
#include "stores/clearing_city.h"

#include <unistd.h>

#include "clearing/card_story.h"
#include "clearing/day_proof.h"
#include "issuance/workshop.h"
#include "reader/pulled.h"
#include "terminal/holder.h"
#include "terminal/medical.h"
#include "terminal/terminal.h"
#include "wire/blacklist.h"

enum { LOADED = 30000, BILL = 12000, PAID = 8000, TILL = 3, DEAREST = 10000 };

/* Everything of one till: its module, its card, its centre. */
struct till {
    struct workshop *module, *card;
    struct city *city;
    uint8_t factor[FACTOR_LEN];
    struct blacklist list;
    uint8_t list_room[256];
    char folder[64];
    char journal[96];
    struct terminal *terminal;
};

/* The module's cipher is that of the card's DF04. [decision 0053] */
static void make_chips(struct till *t, enum profile_name profile) {
    uint8_t number[TERMINAL_LEN];
    struct person person = workshop_person();
    terminal_no(TILL, number);
    t->module = workshop_open();
    t->card = workshop_open_for(profile);
    t->module->p.hospital = true;
    t->module->issuer.purse = profile == PROFILE_P30 ? KEY_SM4 : KEY_TDES;
    workshop_blank(t->module, 99);
    expect_ok(
        t->module, personalise_psam(&t->module->p, number, &t->module->result, &t->module->why));
    expect_ok(t->card,
        personalise_card(&t->card->p, &person, "B00000019", &t->card->result, &t->card->why));
    expect_ok(t->card, holder_power(&t->card->reader, t->factor, &t->card->why));
}

/* The city of world.h with this one card, and the vault under whose keys the chips were made. */
static void found_centre(struct till *t) {
    char sentence[300], hex[2 * FACTOR_LEN + 1];
    struct why why = {{0}};
    t->city = calloc(1, sizeof *t->city);
    assert_non_null(t->city);
    open_rows(t->city, ":memory:");
    fill_registry(&t->city->db, 0);
    hex_write(bytes_of(t->factor, FACTOR_LEN), hex);
    (void)snprintf(sentence, sizeof sentence,
        "INSERT INTO card (number, factor, identification, person, life, batch, issued, "
        "valid_until) VALUES ('B00000019', x'%s', '1', 1, 1, 1, 20031008, 20131008)",
        hex);
    must(db_run(&t->city->db, sentence, &why), &why);
    take_rules(t->city);
    t->city->vault = t->card->vault;
    found_city(&t->city->clearing);
    must(ledger_insure(&t->city->store, "insurance 200310", 1000000, TODAY, &why), &why);
}

static void open_till(struct till *t) {
    struct builder b = builder_in(t->list_room, sizeof t->list_room);
    const struct blacklist head = {.version = 1, .day = TODAY, .time = 20000};
    struct terminal_setup setup = {
        .institution = "H0000002",
        .module = &t->module->reader,
        .blacklist = &t->list,
        .limits = {DEAREST, 500000, 1, 7},
        .medical_key = 1
    };
    struct why why = {{0}};
    blacklist_begin(&b, &head);
    blacklist_seal(&b);
    assert_true(blacklist_decode(builder_bytes(&b), &t->list));
    (void)snprintf(t->folder, sizeof t->folder, "/tmp/medical-till-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    (void)snprintf(t->journal, sizeof t->journal, "%s/journal", t->folder);
    setup.journal_path = t->journal;
    (void)memcpy(setup.city_factor, "440100sx", FACTOR_LEN);
    must(terminal_open(&setup, &t->terminal, &why), &why);
}

static struct till *new_till(enum profile_name profile) {
    struct till *t = calloc(1, sizeof *t);
    assert_non_null(t);
    make_chips(t, profile);
    found_centre(t);
    open_till(t);
    return t;
}

static void drop_till(struct till *t) {
    terminal_close(t->terminal);
    assert_int_equal(unlink(t->journal), 0);
    assert_int_equal(rmdir(t->folder), 0);
    assert_books_even(&t->city->clearing);
    close_rows(t->city);
    free(t->city);
    workshop_close(t->module);
    workshop_close(t->card);
    free(t);
}

/* PIN, INITIALIZE FOR LOAD, the centre, CREDIT FOR LOAD, the centre. */
static void load_account(struct till *t) {
    const struct reader *card = &t->card->reader;
    const struct clearing *c = &t->city->clearing;
    struct medical_order order = {.amount = LOADED, .key_index = 1};
    struct wallet_begun begun = {0};
    struct load_answer answer;
    struct load_grant grant = {{0}, {0}};
    struct why why = {{0}};
    uint8_t now[MOMENT_LEN], tac[MAC_LEN];
    char pin[7];
    uint16_t sw = 0;
    terminal_no(TILL, order.terminal);
    must(t->card->vault.first_pin(t->card->vault.self, t->factor, pin, &why), &why);
    must(holder_power(card, t->factor, &why), &why);
    must(holder_verify(card, pin, &why), &why);
    must(medical_select(card, &sw, &why), &why);
    must(medical_begin_load(card, &order, &begun, &sw, &why), &why);
    assert_int_equal(sw, SW_OK);
    struct load_request q = {
        .key_version = begun.key_version,
        .facts = {.balance = begun.balance,
                  .amount = LOADED,
                  .number = begun.number,
                  .trade = TRADE_MEDICAL_LOAD}
    };
    ticket_no(800001, q.ticket);
    (void)memcpy(q.factor, t->factor, FACTOR_LEN);
    (void)memcpy(q.facts.terminal, order.terminal, TERMINAL_LEN);
    (void)memcpy(q.random, begun.random, RANDOM_LEN);
    (void)memcpy(q.mac1, begun.mac1, MAC_LEN);
    moment_at(TODAY, 83000, now);
    must(load_authorise(c, &q, now, &answer, &why), &why);
    (void)memcpy(grant.moment, answer.moment, MOMENT_LEN);
    (void)memcpy(grant.mac2, answer.mac2, MAC_LEN);
    must(medical_credit(card, &grant, tac, &sw, &why), &why);
    assert_int_equal(sw, SW_OK);
    must(load_confirm(c, q.ticket, tac, &why), &why);
}

static enum err take_bill(struct till *t, uint32_t ticket, uint32_t total, uint32_t amount,
    struct receipt *out, struct why *why) {
    struct trade_order order = {.amount = amount, .total = total};
    ticket_no(ticket, order.ticket);
    moment_at(TODAY, 93000, order.moment);
    return terminal_medical_purchase(t->terminal, &t->card->reader, &order, out, why);
}

static uint32_t chip_holds(struct till *t) {
    uint32_t balance = 0;
    uint16_t sw = 0;
    struct why why = {{0}};
    must(holder_power(&t->card->reader, t->factor, &why), &why);
    must(medical_select(&t->card->reader, &sw, &why), &why);
    must(medical_balance(&t->card->reader, &balance, &sw, &why), &why);
    assert_int_equal(sw, SW_OK);
    return balance;
}

static long stream_read(void *self, uint8_t *to, size_t len) {
    return (long)fread(to, 1, len, self);
}

/* The terminal's file into the centre; it is confirmed and goes away. */
static void upload(struct till *t, struct intake_figures *figures) {
    struct upload_made made;
    struct why why = {{0}};
    must(terminal_upload(t->terminal, t->folder, TODAY, &made, &why), &why);
    assert_int_not_equal(made.batch, 0);
    FILE *file = fopen(made.path, "rb");
    assert_non_null(file);
    must(intake_file(
             &t->city->clearing, (struct upload_source){file, stream_read}, figures, NULL, &why),
        &why);
    assert_int_equal(fclose(file), 0);
    must(terminal_upload_confirm(t->terminal, made.batch, &why), &why);
    assert_int_equal(unlink(made.path), 0);
}

static void assert_proven(struct till *t) {
    struct day_proof proof;
    struct card_story story;
    struct why why = {{0}};
    const struct clearing *c = &t->city->clearing;
    must(card_follow(c, t->factor, NULL, &story, &why), &why);
    assert_int_equal(story.differences.count, 0);
    assert_int_equal(story.medical_fen, LOADED - PAID);
    assert_int_equal(chip_holds(t), LOADED - PAID);
    must(day_prove(c, TODAY, NULL, &proof, &why), &why);
    assert_int_equal(proof.cleared, 1);
    assert_int_equal(proof.payout_fen, PAID);
    assert_int_equal(proof.differences.count, 0);
}

static void a_bill_goes_from_the_till_to_the_bank_and_is_proven(void **state) {
    (void)state;
    static const enum profile_name generations[] = {PROFILE_P10, PROFILE_P20, PROFILE_P30};
    for (size_t i = 0; i < sizeof generations / sizeof generations[0]; i++) {
        struct till *t = new_till(generations[i]);
        struct bank bank = new_bank();
        struct receipt receipt;
        struct intake_figures figures;
        struct why why = {{0}};
        load_account(t);
        must(take_bill(t, 1, BILL, PAID, &receipt, &why), &why);
        assert_true(receipt.done);
        assert_int_equal(receipt.record.total, BILL);
        assert_true(receipt.record.flags & JOURNAL_MAC2_GOOD);
        must(take_bill(t, 1, BILL, PAID, &receipt, &why), &why); /* the same ticket again */
        assert_true(receipt.done);
        upload(t, &figures);
        assert_int_equal(figures.records, 1);
        assert_int_equal(figures.by_reason[REASON_NONE].count, 1);
        for (int to = DAY_CUT; to < DAY_STATE_COUNT; to++) {
            step_to(&t->city->clearing, &bank, (enum day_state)to);
        }
        assert_proven(t);
        drop_bank(&bank);
        drop_till(t);
    }
}

static void what_a_till_cannot_take_leaves_the_account_alone(void **state) {
    (void)state;
    struct till *t = new_till(PROFILE_P20);
    struct receipt receipt;
    struct why why = {{0}};
    load_account(t);
    assert_int_equal(
        take_bill(t, 1, 100, 101, &receipt, &why), ERR_INVALID); /* more than the bill */
    assert_int_equal(take_bill(t, 2, 100, 0, &receipt, &why), ERR_INVALID);
    must(take_bill(t, 3, BILL, DEAREST + 1, &receipt, &why), &why); /* nobody to ask */
    assert_int_equal(receipt.reason, REFUSED_OVER_LIMIT);
    for (uint32_t i = 0; i < 3; i++) {
        must(take_bill(t, 10 + i, DEAREST, DEAREST, &receipt, &why), &why);
        assert_true(receipt.done);
    }
    must(take_bill(t, 20, 1, 1, &receipt, &why), &why); /* more than there is */
    assert_int_equal(receipt.reason, REFUSED_FUNDS);
    assert_int_equal(chip_holds(t), 0);
    assert_int_equal(take_bill(t, 10, DEAREST + 1, DEAREST, &receipt, &why), ERR_CONFLICT);
    drop_till(t);
}

/* The card is pulled at every exchange, on both sides of the moment, and the same ticket asked for again:
 * the bill is paid once, and one record with the card's own TAC says so, which the centre believes. */
static void a_card_that_is_pulled_pays_its_bill_once(void **state) {
    (void)state;
    struct till *t = new_till(PROFILE_P20);
    struct reader inside = t->card->reader;
    struct pulled pulled;
    struct intake_figures figures;
    uint32_t ticket = 0;
    unsigned recovered = 0, interrupted = 0;
    load_account(t);
    t->card->reader = pulled_reader(&pulled, &inside);
    for (int late = 0; late < 2; late++) {
        bool through = false;
        for (unsigned n = 1; !through; n++) {
            struct receipt receipt;
            struct why why = {{0}};
            ticket++;
            pulled_arm(&pulled, n, late ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
            through = take_bill(t, ticket, 300, 200, &receipt, &why) == OK;
            interrupted += through ? 0 : 1;
            pulled_arm(&pulled, 0, PULL_NEVER);
            must(take_bill(t, ticket, 300, 200, &receipt, &why), &why);
            assert_true(receipt.done);
            recovered += (receipt.record.flags & JOURNAL_RECOVERED) != 0;
            assert_int_equal(chip_holds(t), LOADED - 200 * ticket);
        }
    }
    assert_true(interrupted >= 8);
    assert_true(recovered >= 1);
    upload(t, &figures);
    assert_int_equal(figures.records, ticket);
    assert_int_equal(figures.tac_good, ticket);
    assert_int_equal(
        fen_on(&t->city->clearing, account_of_medical(t->factor)), LOADED - 200 * (int64_t)ticket);
    t->card->reader = inside;
    drop_till(t);
}

/* A till with a shop's module says so before the card is touched. */
static void a_till_without_the_key_takes_no_bill(void **state) {
    (void)state;
    struct till *t = new_till(PROFILE_P20);
    struct terminal_setup setup = {.institution = "H0000002",
        .module = &t->module->reader,
        .journal_path = t->journal,
        .blacklist = &t->list};
    struct receipt receipt;
    struct why why = {{0}};
    terminal_close(t->terminal);
    must(terminal_open(&setup, &t->terminal, &why), &why);
    assert_int_equal(take_bill(t, 1, BILL, PAID, &receipt, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "hospital"));
    assert_int_equal(journal_count(terminal_journal(t->terminal)), 0);
    drop_till(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bill_goes_from_the_till_to_the_bank_and_is_proven),
        cmocka_unit_test(what_a_till_cannot_take_leaves_the_account_alone),
        cmocka_unit_test(a_card_that_is_pulled_pays_its_bill_once),
        cmocka_unit_test(a_till_without_the_key_takes_no_bill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

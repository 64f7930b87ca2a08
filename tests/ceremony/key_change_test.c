/* Three versions of the purchase key in the field: modules first, then cards, the old one closed last. */
#include "ceremony/key_change.h"

#include "ceremony/psam_issue.h"
#include "host/scratch.h"
#include "issuance/inspect.h"
#include "issuance/keys_ready.h"
#include "issuance/station.h"
#include "issuance/workshop.h"
#include "reader/pulled.h"
#include "stores/engine_address.h"
#include "stores/sql/keeping_keys.h"
#include "terminal/psam.h"

enum { CARDS = 3, TERMINAL = 0x17, AMOUNT = 0 };

static const uint64_t terminal_number = UINT64_C(440100000017);
static const struct two_officers both = {"key-a", "key-b"};

/* A city in small: three cards and a module, each in a workshop of its own with the same vault's keys. */
struct field {
    struct workshop *cards[CARDS];
    struct workshop *module;
    struct psam_order order;
    struct db db;
    struct keeping_rows *keeping;
    struct keeping_keys *keys;
    struct why why;
};

static const char *const numbers[CARDS] = {"B00000010", "B00000029", "B00000037"};

static void make_card(struct workshop *w, uint8_t serial) {
    struct person person = workshop_person();
    workshop_blank(w, serial);
    expect_ok(w, personalise_card(&w->p, &person, "B00000010", &w->result, &w->why));
}

/* Cards of the three generations, in this order, for wallets of SM4; of the first alone for 3DES. */
static void open_field_of(struct field *f, void **state, enum key_algorithm purse) {
    char path[512];
    struct psam_row row = {
        .terminal = "440100000017", .institution = "GZYD0001", .versions = 2, .state = MODULE_MADE};
    (void)memset(f, 0, sizeof *f);
    for (uint8_t i = 0; i < CARDS; i++) {
        f->cards[i] = workshop_open_for(
            purse == KEY_SM4 ? (enum profile_name)(PROFILE_P10 + i) : PROFILE_P10);
        f->cards[i]->issuer.purse = purse;
        make_card(f->cards[i], (uint8_t)(i + 1));
    }
    f->module = workshop_open_for(PROFILE_PSAM);
    workshop_blank(f->module, 99);
    f->module->issuer.purse = purse;
    f->order = (struct psam_order){.reader = &f->module->reader,
        .vault = &f->module->vault,
        .issuer = &f->module->issuer,
        .terminal = terminal_number,
        .versions = 1 << 1};
    expect_ok(f->module, psam_issue(&f->order, &f->module->why));
    assert_int_equal(db_open(&f->db, engine_address(below(state, "city.db", path)), &f->why), OK);
    assert_int_equal(keeping_rows_open(&f->keeping, &f->db, &f->why), OK);
    assert_int_equal(keeping_keys_open(&f->keys, &f->db, &f->why), OK);
    assert_int_equal(keeping_psam_add(f->keeping, &row, both, &f->why), OK);
    assert_int_equal(keeping_psam_move(f->keeping, row.terminal, "register", both, &f->why), OK);
    for (size_t i = 0; i < CARDS; i++) {
        assert_int_equal(keeping_key_changed(f->keys, numbers[i], "DPK", 1, "maker", &f->why), OK);
    }
}

static void open_field(struct field *f, void **state) {
    open_field_of(f, state, KEY_TDES);
}

static void close_field(struct field *f) {
    for (size_t i = 0; i < CARDS; i++) {
        workshop_close(f->cards[i]);
    }
    workshop_close(f->module);
    keeping_keys_close(f->keys);
    keeping_rows_close(f->keeping);
    db_close(&f->db);
}

static void module_gets(struct field *f, uint8_t version) {
    expect_ok(f->module, psam_add_version(&f->order, version, &f->module->why));
    assert_int_equal(keeping_psam_version(f->keeping, "440100000017", version, both, &f->why), OK);
}

/* At the counter: the register first says whether the card may, then the card is changed. */
static enum err card_gets(struct field *f, size_t i, uint8_t version) {
    enum err err = keeping_key_changed(f->keys, numbers[i], "DPK", version, "counter", &f->why);
    if (!err) {
        expect_ok(f->cards[i], key_change_card(&f->cards[i]->p, version, &f->cards[i]->why));
    }
    return err;
}

/* What the card says at the beginning of a purchase. */
static struct psam_purchase begin_purchase(struct workshop *w, struct station *card) {
    struct psam_purchase purchase = {.amount = AMOUNT, .trade = TRADE_EP_PURCHASE};
    uint8_t room[APDU_DATA_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct reply reply;
    expect_ok(w, station_reset(card, &w->why));
    expect_ok(w, station_select(card, AT_WALLET, &w->why));
    put_u8(&b, 0x01);
    put_u32(&b, AMOUNT);
    const uint8_t terminal[6] = {0x44, 0x01, 0x00, 0x00, 0x00, TERMINAL};
    put_bytes(&b, bytes_of(terminal, sizeof terminal));
    struct apdu init = {
        .cla = 0x80, .ins = 0x50, .p1 = 0x01, .p2 = 0x02, .data = builder_bytes(&b), .le = 15};
    expect_ok(w, station_send(card, &init, "initialise", &reply, &w->why));
    struct cursor c = cursor_over(reply_bytes(&reply));
    (void)cursor_u32(&c);
    purchase.number = cursor_u16(&c);
    (void)cursor_u24(&c);
    purchase.key_version = cursor_u8(&c);
    purchase.algorithm = cursor_u8(&c);
    cursor_copy(&c, purchase.random, sizeof purchase.random);
    assert_true(cursor_finished(&c));
    (void)memcpy(purchase.moment, workshop_moment, sizeof purchase.moment);
    (void)memcpy(purchase.factor, card->factor, sizeof purchase.factor);
    key_city_factor(WORKSHOP_REGION, purchase.city_factor);
    return purchase;
}

/* As the clearing does: the TAC is made anew with the version that the record says. */
static bool tac_holds(struct field *f, const struct psam_purchase *p, uint32_t seq,
    const uint8_t terminal[6], const uint8_t tac[4]) {
    struct tac_job job = {.version = p->key_version, .algorithm = (uint8_t)f->module->issuer.purse};
    struct purchase_facts facts = {
        .amount = AMOUNT, .trade = TRADE_EP_PURCHASE, .terminal_seq = seq};
    struct builder b = builder_in(job.data, sizeof job.data);
    (void)memcpy(facts.terminal, terminal, sizeof facts.terminal);
    (void)memcpy(facts.moment, p->moment, sizeof facts.moment);
    put_purchase_tac(&b, &facts);
    job.data_len = (uint8_t)b.len;
    (void)memcpy(job.card_factor, p->factor, sizeof job.card_factor);
    const struct vault *v = &f->module->vault;
    expect_ok(f->module, v->tacs(v->self, &job, 1, &f->module->why));
    return memcmp(job.tac, tac, 4) == 0;
}

/* A purchase between card and module, each proving the other; its TAC checked. Returns the version. */
static uint8_t buy(struct field *f, size_t i) {
    struct workshop *w = f->cards[i];
    struct station card = {.reader = &w->reader, .vault = &w->vault, .key_version = 1};
    struct psam_purchase purchase = begin_purchase(w, &card);
    struct psam module;
    uint32_t seq = 0;
    uint16_t sw = 0;
    uint8_t mac1[4];
    uint8_t room[32];
    struct reply reply;
    struct builder b = builder_in(room, sizeof room);
    expect_ok(w, psam_start(&module, &f->module->reader, &w->why));
    expect_ok(w, psam_init_purchase(&module, &purchase, &seq, mac1, &sw, &w->why));
    assert_int_equal(sw, 0x9000);
    put_u32(&b, seq);
    put_bytes(&b, bytes_of(purchase.moment, 7));
    put_bytes(&b, bytes_of(mac1, 4));
    struct apdu debit = {.cla = 0x80, .ins = 0x54, .p1 = 0x01, .data = builder_bytes(&b), .le = 8};
    expect_ok(w, station_send(&card, &debit, "debit", &reply, &w->why));
    expect_ok(w, psam_credit_purchase(&module, reply.data + 4, &sw, &w->why));
    assert_int_equal(sw, 0x9000);
    assert_true(tac_holds(f, &purchase, seq, module.terminal, reply.data));
    return purchase.key_version;
}

static enum err unused(struct field *f, uint8_t version) {
    const struct key_version which = {"DPK", version, 1, true, false};
    return keeping_key_unused(f->keys, &which, &f->why);
}

static void three_versions_live(void **state, enum key_algorithm purse) {
    struct field f;
    open_field_of(&f, state, purse);
    for (size_t i = 0; i < CARDS; i++) {
        assert_int_equal(buy(&f, i), 1);
    }
    assert_int_equal(card_gets(&f, 1, 2), ERR_CONFLICT); /* modules come first */
    assert_non_null(strstr(f.why.text, "modules get it before cards do"));
    module_gets(&f, 2);
    module_gets(&f, 3);
    module_gets(&f, 3); /* again: it has it */
    assert_int_equal(card_gets(&f, 1, 2), OK);
    assert_int_equal(card_gets(&f, 2, 3), OK);
    for (uint8_t i = 0; i < CARDS; i++) {
        assert_int_equal(buy(&f, i), i + 1);
        assert_int_equal(buy(&f, i), i + 1);
    }
    assert_int_equal(unused(&f, 1), ERR_CONFLICT);
    assert_non_null(strstr(f.why.text, "card B00000010 still has version 1"));
    assert_int_equal(card_gets(&f, 0, 3), OK); /* the last one comes to the counter */
    assert_int_equal(unused(&f, 1), ERR_CONFLICT);
    assert_non_null(strstr(f.why.text, "new cards and modules are made with version 1"));
    int64_t batch = 0;
    assert_int_equal(keeping_key_begin(f.keys, "DPK", 3, both, &batch, &f.why), OK);
    assert_int_equal(unused(&f, 1), OK);
    assert_int_equal(unused(&f, 2), ERR_CONFLICT);
    assert_int_equal(buy(&f, 0), 3);
    close_field(&f);
}

static void three_versions_buy_side_by_side_and_the_oldest_closes_last(void **state) {
    three_versions_live(state, KEY_TDES);
}

/* Wallets of SM4 in cards of all generations, at a module of SM4: versions come and go as under 3DES. */
static void three_versions_of_sm4_buy_in_cards_of_every_generation(void **state) {
    three_versions_live(state, KEY_SM4);
}

/* Purchase keys of two ciphers have nothing in common: the card is not debited. */
static void a_module_of_the_other_cipher_takes_no_money(void **state) {
    struct field sm4;
    open_field_of(&sm4, state, KEY_SM4);
    struct workshop *w = workshop_open();
    make_card(w, 9);
    struct station card = {.reader = &w->reader, .vault = &w->vault, .key_version = 1};
    struct psam_purchase purchase = begin_purchase(w, &card);
    struct psam module;
    uint32_t seq = 0;
    uint16_t sw = 0;
    uint8_t mac1[4], room[32];
    struct reply reply;
    struct builder b = builder_in(room, sizeof room);
    expect_ok(w, psam_start(&module, &sm4.module->reader, &w->why));
    expect_ok(w, psam_init_purchase(&module, &purchase, &seq, mac1, &sw, &w->why));
    assert_int_equal(sw, 0x9000);
    put_u32(&b, seq);
    put_bytes(&b, bytes_of(purchase.moment, 7));
    put_bytes(&b, bytes_of(mac1, 4));
    struct apdu debit = {.cla = 0x80, .ins = 0x54, .p1 = 0x01, .data = builder_bytes(&b), .le = 8};
    expect_ok(w, station_ask(&card, &debit, &reply, &w->why));
    assert_int_equal(reply.sw, 0x9302);
    /* And its own maker, told the wrong cipher, finds another key in it than the vault's. */
    sm4.module->issuer.purse = KEY_TDES;
    assert_int_equal(psam_check(&sm4.order, 1, &w->why), ERR_CONFLICT);
    assert_non_null(strstr(w->why.text, "computes with another key of version 1"));
    workshop_close(w);
    close_field(&sm4);
}

/* Pulled anywhere in the change, the card is asked again and is then as if nothing had happened. */
static void a_card_pulled_while_its_keys_change_is_asked_again(void **state) {
    struct field f;
    open_field(&f, state);
    module_gets(&f, 2);
    for (int moment = PULL_BEFORE_COMMAND; moment <= PULL_BEFORE_ANSWER; moment++) {
        enum err err = ERR_OUTSIDE;
        for (unsigned nth = 1; err; nth++) {
            struct pulled pulled;
            struct personalisation p = f.cards[0]->p;
            struct reader reader = pulled_reader(&pulled, p.reader);
            p.reader = &reader;
            pulled_arm(&pulled, nth, (enum pull_moment)moment);
            err = key_change_card(&p, 2, &f.why);
            assert_true(err == OK || err == ERR_OUTSIDE);
            assert_true(nth < 30);
            expect_ok(f.cards[0], key_change_card(&f.cards[0]->p, 2, &f.cards[0]->why));
            assert_int_equal(buy(&f, 0), 2);
            expect_ok(f.cards[0], key_change_card(&f.cards[0]->p, 1, &f.cards[0]->why));
            assert_int_equal(buy(&f, 0), 1);
        }
    }
    close_field(&f);
}

static void a_card_of_another_city_is_not_changed(void **state) {
    struct field f;
    struct vault other;
    open_field(&f, state);
    assert_int_equal(soft_vault_open_rehearsal("other", WORKSHOP_REGION, &other, &f.why), OK);
    struct personalisation p = f.cards[0]->p;
    p.vault = &other;
    assert_int_equal(key_change_card(&p, 2, &f.why), ERR_CONFLICT);
    assert_int_equal(buy(&f, 0), 1);
    other.close(other.self);
    close_field(&f);
}

static void a_module_without_the_version_says_so(void **state) {
    struct field f;
    open_field(&f, state);
    assert_int_equal(psam_check(&f.order, 1, &f.why), OK);
    assert_int_equal(psam_check(&f.order, 2, &f.why), ERR_CONFLICT);
    assert_non_null(strstr(f.why.text, "to a purchase with key version 2"));
    struct psam_order other = f.order;
    other.terminal++;
    assert_int_equal(psam_check(&other, 1, &f.why), ERR_CONFLICT);
    assert_non_null(strstr(f.why.text, "is not that of terminal 440100000018"));
    assert_int_equal(psam_add_version(&other, 2, &f.why), ERR_CONFLICT); /* and is left alone */
    assert_non_null(strstr(f.why.text, "is not that of terminal 440100000018"));
    assert_int_equal(psam_check(&f.order, 2, &f.why), ERR_CONFLICT);
    close_field(&f);
}

/* --- any key ------------------------------------------------------------------------------------- */

/* A station for the card in its workshop, with these versions of its keys. */
static struct station station_of(struct workshop *w, const uint8_t *versions) {
    return (struct station){.reader = &w->reader,
        .vault = &w->vault,
        .key_version = 1,
        .key_versions = versions,
        .profile = w->p.profile};
}

/* Whether the card takes a proof of the key in that version, in its directory. */
static bool proves(struct workshop *w, enum key_name name, const uint8_t *versions) {
    struct station st = station_of(w, versions);
    enum profile_place place = (enum profile_place)key_kind(name)->place;
    return station_reset(&st, &w->why) == OK
           && station_select(&st, profile_directory(place)->parent, &w->why) == OK
           && station_select(&st, place, &w->why) == OK
           && station_authenticate(&st, place, name, &w->why) == OK;
}

static enum err changes(
    struct workshop *w, enum key_name name, uint8_t version, const uint8_t *versions) {
    struct issuer issuer = w->issuer;
    struct personalisation p = w->p;
    issuer.key_versions = versions;
    p.issuer = &issuer;
    return key_change_one(&p, name, version, &w->why);
}

/* Every key of the catalogue that the card holds gets version 2 and then 3, main control keys among them,
 * and afterwards the whole card is inspected: every key in its new version is right, every file as it
 * was. */
static void every_key_of_a_card_can_be_changed(void **state) {
    static const enum profile_name profiles[] = {PROFILE_P10, PROFILE_P20, PROFILE_P30};
    (void)state;
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        struct workshop *w = workshop_open_for(profiles[i]);
        uint8_t versions[KEY_COUNT];
        size_t changed = 0;
        (void)memset(versions, 1, sizeof versions);
        make_card(w, 1);
        for (uint8_t version = 2; version <= 3; version++) {
            for (enum key_name n = 0; n < KEY_COUNT; n++) {
                const struct key_kind *kind = key_kind(n);
                if (n == KEY_TRANSPORT || (kind->cards & 1U << profiles[i]) == 0) {
                    assert_int_equal(changes(w, n, version, versions), ERR_CONFLICT);
                    continue;
                }
                const struct key_kind *leader = key_kind(key_change_leader(n));
                uint8_t comes = (uint8_t)(version + leader->versions - 1);
                expect_ok(w, changes(w, n, comes, versions));
                expect_ok(w, changes(w, n, comes, versions)); /* an answer was lost: once more */
                versions[n] = key_change_lowest(n, comes);
                assert_int_equal(versions[n], version);
                changed++;
            }
        }
        assert_true(changed > 80);
        struct issuer issuer = w->issuer;
        struct personalisation p = w->p;
        struct inspection found;
        issuer.key_versions = versions;
        p.issuer = &issuer;
        expect_ok(w, inspect_card(&p, &w->result.data, workshop_moment, &found, &w->why));
        workshop_close(w);
    }
}

/* What the card answers to a right proof of the key beside which a version is named. [card.md 6] */
static uint16_t says_of(
    struct workshop *w, enum key_name name, const uint8_t *versions, uint8_t named) {
    struct station st = station_of(w, versions);
    static const uint8_t original[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    enum profile_place place = (enum profile_place)key_kind(name)->place;
    bool internal = key_kind(name)->type == 0x30;
    uint8_t factor[8] = {1, 2, 3}, proof[8], room[32];
    struct builder b = builder_in(room, sizeof room);
    struct reply reply;
    expect_ok(w, station_reset(&st, &w->why));
    expect_ok(w, station_select(&st, profile_directory(place)->parent, &w->why));
    expect_ok(w, station_select(&st, place, &w->why));
    struct key_ref key = station_key(&st, name);
    if (!internal) {
        expect_ok(w, station_challenge(&st, factor, sizeof factor, &w->why));
    }
    expect_ok(w, w->vault.authenticate(w->vault.self, &key, factor, original, proof, &w->why));
    put_bytes(&b, bytes_of(internal ? factor : proof, 8));
    put_bytes(&b, bytes_of(original, 8));
    put_u8(&b, named);
    struct apdu ask = {.ins = internal ? 0x88 : 0x82,
        .p2 = key_kind(name)->kid,
        .data = builder_bytes(&b),
        .le = internal ? 8 : 0};
    expect_ok(w, station_ask(&st, &ask, &reply, &w->why));
    if (internal && reply.sw == SW_OK) {
        assert_memory_equal(reply.data, proof, 8);
    }
    return reply.sw;
}

/* The keys that a chip tells the version of when it is asked. */
static bool tells(enum key_name name) {
    const struct key_kind *kind = key_kind(name);
    bool social = (kind->place >= IN_SSSE && kind->place <= IN_DF04) || kind->place == IN_DF07;
    return social && (kind->type == 0x39 || kind->type == 0x30);
}

/* Genuineness and every key of authentication of the social security directories: asked with another
 * version the card says 6A88, which costs no try; with its own it proves, or takes the proof. The purchase
 * key's version is in every purchase. Of the others no chip tells [decision 0034]. */
static void a_card_says_which_version_it_has(void **state) {
    (void)state;
    for (enum profile_name profile = PROFILE_P10; profile <= PROFILE_P30; profile++) {
        struct workshop *w = workshop_open_for(profile);
        struct person person = workshop_person();
        uint8_t versions[KEY_COUNT];
        size_t told = 0;
        for (enum key_name n = 0; n < KEY_COUNT; n++) {
            versions[n] = (uint8_t)(1 + n % 3);
        }
        w->issuer.key_versions = versions;
        workshop_blank(w, 7);
        expect_ok(w, personalise_card(&w->p, &person, "B00000010", &w->result, &w->why));
        for (enum key_name n = 0; n < KEY_COUNT; n++) {
            if (!tells(n) || (key_kind(n)->cards & 1U << profile) == 0) {
                continue;
            }
            for (uint8_t round = 0; round < 3 * 4; round++) { /* more often than there are tries */
                uint8_t named = (uint8_t)(1 + round % 4);
                uint16_t says = named == versions[n] ? SW_OK : 0x6A88;
                assert_int_equal(says_of(w, n, versions, named), says);
            }
            told++;
        }
        assert_true(told > 20);
        struct station card = station_of(w, versions);
        assert_int_equal(begin_purchase(w, &card).key_version, versions[KEY_DPK]);
        workshop_close(w);
    }
}

/* A card that was made with newer versions is one like any other. */
static void a_card_is_made_with_the_versions_of_its_batch(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person person = workshop_person();
    uint8_t versions[KEY_COUNT] = {0};
    versions[KEY_UK1DF01] = 2;
    versions[KEY_MK_DF03] = 3;
    versions[KEY_IRK] = 2;
    versions[KEY_DPKDF04] = 2; /* 2, 3 and 4 side by side */
    w->issuer.key_versions = versions;
    workshop_blank(w, 7);
    expect_ok(w, keys_ready(&w->p, &w->why));
    expect_ok(w, personalise_card(&w->p, &person, "B00000010", &w->result, &w->why));
    struct inspection found;
    expect_ok(w, inspect_card(&w->p, &w->result.data, workshop_moment, &found, &w->why));
    assert_true(proves(w, KEY_UK1DF01, versions));
    assert_false(proves(w, KEY_UK1DF01, NULL)); /* version 1 is another key */
    assert_true(proves(w, KEY_MK_DF03, versions));
    workshop_close(w);
}

static void of_versions_side_by_side_only_the_next_may_come(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    make_card(w, 1);
    assert_int_equal(changes(w, KEY_DPKDF04, 5, NULL), ERR_CONFLICT);
    assert_non_null(
        strstr(w->why.text, "versions 1 to 3 of DPKDF04 side by side, and the next is 4"));
    expect_ok(w, changes(w, KEY_DPKDF04, 4, NULL));
    workshop_close(w);
}

/* Pulled anywhere while a main control key is replaced, the card is asked again and has the new one. */
static void a_main_key_is_found_in_place_after_a_cut(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    uint8_t versions[KEY_COUNT];
    (void)memset(versions, 1, sizeof versions);
    make_card(w, 1);
    for (int moment = PULL_BEFORE_COMMAND; moment <= PULL_BEFORE_ANSWER; moment++) {
        enum err err = ERR_OUTSIDE;
        for (unsigned nth = 1; err; nth++) {
            uint8_t next = (uint8_t)(versions[KEY_MK_DF01] == 1 ? 2 : 1);
            struct pulled pulled;
            struct personalisation p = w->p;
            struct issuer issuer = w->issuer;
            struct reader reader = pulled_reader(&pulled, p.reader);
            issuer.key_versions = versions;
            p.issuer = &issuer;
            p.reader = &reader;
            pulled_arm(&pulled, nth, (enum pull_moment)moment);
            err = key_change_one(&p, KEY_MK_DF01, next, &w->why);
            assert_true(err == OK || err == ERR_OUTSIDE);
            assert_true(nth < 20);
            expect_ok(
                w, changes(w, KEY_MK_DF01, next, versions)); /* again, as if nothing had been */
            versions[KEY_MK_DF01] = next;
            assert_true(proves(w, KEY_MK_DF01, versions));
            expect_ok(w, changes(w, KEY_UK1DF01, next, versions));
            versions[KEY_UK1DF01] = next;
        }
    }
    workshop_close(w);
}

int main(void) {
#define PROMISE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
    const struct CMUnitTest tests[] = {
        PROMISE(three_versions_buy_side_by_side_and_the_oldest_closes_last),
        PROMISE(three_versions_of_sm4_buy_in_cards_of_every_generation),
        PROMISE(a_module_of_the_other_cipher_takes_no_money),
        PROMISE(a_card_pulled_while_its_keys_change_is_asked_again),
        PROMISE(a_card_of_another_city_is_not_changed),
        PROMISE(a_module_without_the_version_says_so),
        PROMISE(every_key_of_a_card_can_be_changed),
        PROMISE(a_card_says_which_version_it_has),
        PROMISE(a_card_is_made_with_the_versions_of_its_batch),
        PROMISE(of_versions_side_by_side_only_the_next_may_come),
        PROMISE(a_main_key_is_found_in_place_after_a_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

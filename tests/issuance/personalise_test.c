#include <time.h>

#include "issuance/station.h"
#include "reader/pulled.h"
#include "workshop.h"

enum { COMMANDS_MAX = 400 };

static enum err make_card(struct workshop *w) {
    struct person person = workshop_person();
    return personalise_card(&w->p, &person, "B00000019", &w->result, &w->why);
}

static enum err inspect(struct workshop *w) {
    return inspect_card(&w->p, &w->result.data, workshop_moment, &w->found, &w->why);
}

static void a_blank_chip_becomes_a_card_that_passes(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    expect_ok(w, make_card(w));
    assert_int_equal(w->result.keys, 48); /* the catalogue's for P10, purchase keys in 3 versions */
    assert_true(w->result.records > 100);
    expect_ok(w, inspect(w));
    assert_int_equal(w->found.keys, 48);
    assert_int_equal(w->found.finding_count, 0);
    assert_true(w->found.bytes > 1600);
    workshop_close(w);
}

/* The check uses up offline numbers and lines of the logs, so it can be made again. */
static void a_card_can_be_inspected_twice_but_for_its_log(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    expect_ok(w, make_card(w));
    expect_ok(w, inspect(w));
    assert_int_equal(inspect(w), ERR_CONFLICT);
    assert_int_equal(w->found.finding_count, 2);
    assert_non_null(strstr(w->found.findings[0], "医疗交易明细"));
    assert_non_null(strstr(w->found.findings[1], "交易明细"));
    workshop_close(w);
}

static void a_card_takes_less_than_ten_milliseconds(void **state) {
    (void)state;
    enum { CARDS = 20 };
    struct workshop *w = workshop_open();
    clock_t begin = clock();
    for (uint8_t i = 1; i <= CARDS; i++) {
        workshop_blank(w, i);
        expect_ok(w, make_card(w));
        expect_ok(w, inspect(w));
    }
    double ms = (double)(clock() - begin) * 1000.0 / CLOCKS_PER_SEC / CARDS;
    print_message("%.2f ms a card, made and inspected, with %u and %u commands\n", ms,
        w->result.commands, w->found.commands);
#ifdef __OPTIMIZE__
    assert_true(ms < 40.0); /* an unsanitised build takes a tenth of it */
#endif
    workshop_close(w);
}

static void what_is_no_chip_for_cards_is_refused(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    memory_make(&w->memory, WORKSHOP_CHIP_BYTES, 1); /* a memory that no factory has touched */
    assert_int_not_equal(make_card(w), OK);
    assert_non_null(strstr(w->why.text, "B00000019"));
    workshop_close(w);
}

/* A chip with data on it does not let itself be made again. */
static void a_finished_card_is_not_made_again(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    expect_ok(w, make_card(w));
    assert_int_equal(make_card(w), ERR_CONFLICT);
    assert_non_null(strstr(w->why.text, "CREATE FILE"));
    workshop_close(w);
}

static void a_wrong_transport_code_is_refused(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    w->issuer.transport[7] ^= 1;
    assert_int_equal(make_card(w), ERR_CONFLICT);
    assert_int_equal(w->result.commands, 1);
    workshop_close(w);
}

/* The reader loses the card at the nth line, before or after the chip did it, for every n: each
 * time it is told as trouble outside, and a fresh blank becomes a good card. */
static void the_card_may_be_pulled_at_every_command(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    bool done = false;
    unsigned n = 0;
    for (n = 1; !done && n < COMMANDS_MAX; n++) {
        workshop_blank(w, 7);
        struct pulled pulled;
        struct reader torn = pulled_reader(&pulled, &w->reader);
        pulled_arm(&pulled, n, n % 2 ? PULL_BEFORE_COMMAND : PULL_BEFORE_ANSWER);
        w->p.reader = &torn;
        enum err err = make_card(w);
        done = err == OK;
        assert_true(done || err == ERR_OUTSIDE);
        w->p.reader = &w->reader;
        if (!done && n % 16 == 0) {
            workshop_blank(w, 7);
            expect_ok(w, make_card(w));
            expect_ok(w, inspect(w));
        }
    }
    assert_true(done);
    assert_true(n > 280);
    workshop_close(w);
}

static void the_inspection_may_be_interrupted_at_every_command(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    expect_ok(w, make_card(w));
    struct memory *made = malloc(sizeof *made);
    assert_non_null(made);
    *made = w->memory;
    bool done = false;
    for (unsigned n = 1; !done && n < COMMANDS_MAX; n++) {
        w->memory = *made;
        struct pulled pulled;
        struct reader torn = pulled_reader(&pulled, &w->reader);
        pulled_arm(&pulled, n, n % 2 ? PULL_BEFORE_ANSWER : PULL_BEFORE_COMMAND);
        w->p.reader = &torn;
        enum err err = inspect(w);
        done = err == OK;
        assert_true(done || err == ERR_OUTSIDE);
    }
    assert_true(done);
    free(made);
    workshop_close(w);
}

/* Power fails inside a write: the chip says so, and making ends. */
static void the_power_may_fail_inside_a_write(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    expect_ok(w, make_card(w));
    uint64_t programs = w->memory.programs;
    for (uint64_t cut = 5; cut < programs; cut += programs / 97 + 1) {
        workshop_blank(w, 3);
        memory_cut_after(&w->memory, cut, 0xA5);
        enum err err = make_card(w);
        assert_true(err == ERR_CONFLICT || err == ERR_OUTSIDE);
        memory_power(&w->memory);
        assert_int_not_equal(inspect(w), OK);
    }
    workshop_blank(w, 3);
    expect_ok(w, make_card(w));
    expect_ok(w, inspect(w));
    workshop_close(w);
}

/* --- rights of the finished card ---------------------------------------------------------- */

static struct station station_in(struct workshop *w) {
    struct station st = {.reader = &w->reader, .vault = &w->vault, .key_version = 1};
    expect_ok(w, station_reset(&st, &w->why));
    return st;
}

static uint16_t ask(struct workshop *w, struct station *st, const char *hex) {
    uint8_t room[64];
    size_t len = from_hex(hex, room, sizeof room);
    struct apdu apdu;
    struct reply reply;
    assert_true(apdu_decode(bytes_of(room, len), &apdu));
    expect_ok(w, station_ask(st, &apdu, &reply, &w->why));
    return reply.sw;
}

/* What a stranger without keys gets from a finished card. */
static const struct {
    const char *title;
    enum profile_place place;
    const char *command;
    uint16_t sw;
} stranger[] = {
    {"card number is free",          AT_SSSE,   "00B2072C00",                           0x9000},
    {"name is free in 1.0",          AT_SSSE,   "00B2023420",                           0x9000},
    {"address asks for the PIN",     AT_DF01,   "00B2013440",                           0x6982},
    {"pension asks for PIN or key",  AT_DF03,   "00B2013C06",                           0x6982},
    {"name cannot be written",       AT_SSSE,   "00DC0A30030A0132",                     0x6982},
    {"no file can be made in MF",    AT_MF,     "80E0000907280010F0F0FFFF",             0x6982},
    {"nor in SSSE",                  AT_SSSE,   "80E0EF0907280010F0F0FFFF",             0x6982},
    {"nor in the wallet",            AT_WALLET, "80E0000907280010F0F0FFFF",             0x6982},
    {"nothing can be erased",        AT_MF,     "800E000000",                           0x6982},
    {"nor in DF01",                  AT_DF01,   "800E000000",                           0x6982},
    {"no key can be added",          AT_SSSE,   "80D4010B0D3AF0EF013312345678FFFFFFFF", 0x6982},
    {"balance is free",              AT_WALLET, "805C000204",                           0x9000},
    {"log asks for the PIN",         AT_WALLET, "00B201C417",                           0x6982},
    {"the medical log is COS's own", AT_DF04,
     "00E20044 1C 00000000000000000000000000000000000000000000000000000000",            0x6982},
};

static void a_stranger_sees_only_what_is_free(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    expect_ok(w, make_card(w));
    for (size_t i = 0; i < sizeof stranger / sizeof stranger[0]; i++) {
        struct station st = station_in(w);
        expect_ok(w, station_select(&st, AT_SSSE, &w->why));
        expect_ok(w, station_select(&st, stranger[i].place, &w->why));
        uint16_t sw = ask(w, &st, stranger[i].command);
        if (sw != stranger[i].sw) {
            print_error("%s: %04X\n", stranger[i].title, (unsigned)sw);
        }
        assert_int_equal(sw, stranger[i].sw);
    }
    workshop_close(w);
}

/* Each file may be written under its own key and under no other of its directory. [card.md 8.1,
 * checks 17 and 18] */
static void only_its_own_key_opens_a_file_for_writing(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    expect_ok(w, make_card(w));
    for (enum profile_file_name file = FILE_SSSE_EF05; file <= FILE_DF04_EF06; file++) {
        const struct profile_file *f = profile_file(file);
        if (f->kind != KIND_VARIABLE || !profile_has(w->p.profile, file)) {
            continue;
        }
        for (enum key_name name = 0; name < KEY_COUNT; name++) {
            const struct key_kind *kind = key_kind(name);
            bool here = (int)kind->place == (int)f->place && (kind->cards & CARDS_P10);
            if (name == KEY_TRANSPORT || !here || kind->type != 0x39) {
                continue;
            }
            struct station st = station_in(w);
            uint8_t room[APDU_DATA_MAX];
            struct builder b = builder_in(room, sizeof room);
            struct reply reply;
            struct apdu update = station_update(&w->result.data.values, file, 0, &b);
            expect_ok(w, station_select(&st, AT_SSSE, &w->why));
            expect_ok(w, station_select(&st, f->place, &w->why));
            expect_ok(w, station_authenticate(&st, f->place, name, &w->why));
            expect_ok(w, station_ask(&st, &update, &reply, &w->why));
            assert_int_equal(reply.sw, kind->kid == (f->write & 0xFF) ? 0x9000 : 0x6982);
        }
    }
    workshop_close(w);
}

/* --- PSAM --------------------------------------------------------------------------------- */

static void a_blank_chip_becomes_a_psam(void **state) {
    (void)state;
    static const uint8_t terminal[6] = {0x44, 0x01, 0x00, 0x00, 0x00, 0x17};
    struct workshop *w = workshop_open();
    expect_ok(w, personalise_psam(&w->p, terminal, &w->result, &w->why));
    assert_int_equal(w->result.keys, 3); /* two main control keys and DPK */
    expect_ok(w, inspect_psam(&w->p, &w->result.data, &w->found, &w->why));
    assert_int_equal(w->found.keys, 2);
    struct station st = station_in(w);
    struct apdu read = {.ins = 0xB0, .p1 = 0x96, .le = 6};
    struct reply reply;
    expect_ok(w, station_send(&st, &read, "terminal number", &reply, &w->why));
    assert_hex(reply_bytes(&reply), "440100000017");
    workshop_close(w);
}

static void a_psam_needs_a_terminal_number(void **state) {
    (void)state;
    static const uint8_t none[6] = {0};
    static const uint8_t letters[6] = {0x44, 0x01, 0x00, 0x00, 0x00, 0xAB};
    struct workshop *w = workshop_open();
    assert_int_equal(personalise_psam(&w->p, none, &w->result, &w->why), ERR_INVALID);
    assert_int_equal(personalise_psam(&w->p, letters, &w->result, &w->why), ERR_INVALID);
    workshop_close(w);
}

/* A purchase of no money between the two chips that were made here: the PSAM derives the card's key
 * from the province's by itself, so each proves the other. [purse.md 6.3, 6.4] */
static void a_psam_and_a_card_that_were_made_here_understand_each_other(void **state) {
    (void)state;
    static const uint8_t terminal[6] = {0x44, 0x01, 0x00, 0x00, 0x00, 0x17};
    struct workshop *shop = workshop_open();
    struct workshop *centre = workshop_open();
    workshop_blank(shop, 99);
    expect_ok(shop, personalise_psam(&shop->p, terminal, &shop->result, &shop->why));
    expect_ok(centre, make_card(centre));
    struct station psam = station_in(shop);
    struct station card = station_in(centre);
    struct reply reply;
    uint8_t room[APDU_DATA_MAX];
    uint8_t city[8];
    expect_ok(shop, station_select(&psam, AT_PSAM, &shop->why));
    expect_ok(centre, station_select(&card, AT_WALLET, &centre->why));
    /* INITIALIZE FOR PURCHASE, key 01 */
    struct builder b = builder_in(room, sizeof room);
    put_u8(&b, 0x01);
    put_u32(&b, 0);
    put_bytes(&b, bytes_of(terminal, 6));
    struct apdu init = {
        .cla = 0x80, .ins = 0x50, .p1 = 0x01, .p2 = 0x02, .data = builder_bytes(&b), .le = 15};
    expect_ok(centre, station_send(&card, &init, "initialise", &reply, &centre->why));
    /* INIT SAM FOR PURCHASE: random, number, amount, type, moment, version, algorithm, factors */
    key_city_factor(WORKSHOP_REGION, city);
    uint8_t sam_room[APDU_DATA_MAX];
    struct builder sam = builder_in(sam_room, sizeof sam_room);
    put_bytes(&sam, bytes_of(reply.data + 11, 4));
    put_bytes(&sam, bytes_of(reply.data + 4, 2));
    put_u32(&sam, 0);
    put_u8(&sam, 0x06);
    put_bytes(&sam, bytes_of(workshop_moment, 7));
    put_bytes(&sam, bytes_of(reply.data + 9, 2));
    put_bytes(&sam, bytes_of(card.factor, 8));
    put_bytes(&sam, bytes_of(city, 8));
    struct apdu begin = {.cla = 0x80, .ins = 0x70, .data = builder_bytes(&sam), .le = 8};
    expect_ok(shop, station_send(&psam, &begin, "8070", &reply, &shop->why));
    /* DEBIT FOR PURCHASE: terminal sequence, moment, MAC1; TAC and MAC2 come back */
    b = builder_in(room, sizeof room);
    put_bytes(&b, bytes_of(reply.data, 4));
    put_bytes(&b, bytes_of(workshop_moment, 7));
    put_bytes(&b, bytes_of(reply.data + 4, 4));
    struct apdu debit = {.cla = 0x80, .ins = 0x54, .p1 = 0x01, .data = builder_bytes(&b), .le = 8};
    expect_ok(centre, station_send(&card, &debit, "debit", &reply, &centre->why));
    struct apdu credit = {.cla = 0x80, .ins = 0x72, .data = bytes_of(reply.data + 4, 4)};
    struct reply unseen;
    expect_ok(shop, station_send(&psam, &credit, "8072", &unseen, &shop->why));
    workshop_close(shop);
    workshop_close(centre);
}

/* A card and a module, each in its workshop. */
struct counter_pair {
    struct workshop *shop, *centre;
    struct station psam, card;
};

/* A command whose data and answer are messages. */
struct exchange {
    struct apdu command;
    enum message out, in;
};

/* Sends what a message says of the facts, with a tail, and takes the answer into them. */
static void say_facts(struct counter_pair *p, bool to_card, struct exchange e, struct bytes tail,
    struct trade_facts *f) {
    struct apdu command = e.command;
    uint8_t room[APDU_DATA_MAX];
    struct builder b = builder_in(room, sizeof room);
    struct workshop *w = to_card ? p->centre : p->shop;
    struct reply reply = {0};
    put_message(&b, e.out, f);
    put_bytes(&b, tail);
    command.data = builder_bytes(&b);
    expect_ok(w, station_send(to_card ? &p->card : &p->psam, &command, "trade", &reply, &w->why));
    struct cursor c = cursor_over(reply_bytes(&reply));
    take_message(&c, e.in, f);
    assert_true(cursor_finished(&c));
}

/* Test 27 of card.md 8.1 with one version of the key. */
static void trade_nothing(struct counter_pair *p, const uint8_t terminal[6], uint8_t version) {
    static const struct exchange
        init =
            {
                {.cla = 0xB0, .ins = 0x28, .p1 = 0x01, .p2 = 0x01, .le = 22},
                MESSAGE_ORDER_MEDICAL,
                MESSAGE_BEGUN_MEDICAL
    },
        begin = {{.cla = 0x80, .ins = 0x70, .p1 = 0x01, .le = 8}, MESSAGE_SAM_ORDER_MEDICAL,
            MESSAGE_SAM_BEGUN},
        debit = {{.cla = 0xB0, .ins = 0x2C, .p1 = 0x01, .le = 8}, MESSAGE_DONE_PURCHASE,
            MESSAGE_SAY_TAC_MAC};
    struct trade_facts f = {.key_id = version, .trade = TRADE_MEDICAL_PURCHASE};
    uint8_t factors[16];
    struct reply unseen;
    struct bytes none = {0};
    (void)memcpy(f.terminal, terminal, sizeof f.terminal);
    (void)memcpy(f.moment, workshop_moment, sizeof f.moment);
    (void)memcpy(factors, p->card.factor, 8);
    key_city_factor(WORKSHOP_REGION, factors + 8);
    say_facts(p, true, init, none, &f);
    assert_int_equal(f.version, version);
    say_facts(p, false, begin, bytes_of(factors, sizeof factors), &f);
    say_facts(p, true, debit, none, &f);
    struct apdu credit = {
        .cla = 0x80, .ins = 0x72, .data = {f.mac, sizeof f.mac}
    };
    expect_ok(p->shop, station_send(&p->psam, &credit, "8072", &unseen, &p->shop->why));
}

/* The same with the medical account and a hospital's module, for each version of the key; EF1C says
 * the first. */
static void a_hospitals_psam_and_a_card_understand_each_other(void **state) {
    (void)state;
    static const uint8_t terminal[6] = {0x44, 0x01, 0x00, 0x00, 0x00, 0x17};
    static const enum profile_name profiles[] = {PROFILE_P10, PROFILE_P20};
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        struct counter_pair p = {.shop = workshop_open(), .centre = workshop_open_for(profiles[i])};
        struct apdu index = {.ins = 0xB0, .p1 = 0x9C, .le = 1};
        struct reply reply;
        workshop_blank(p.shop, 99);
        p.shop->p.hospital = true;
        expect_ok(p.shop, personalise_psam(&p.shop->p, terminal, &p.shop->result, &p.shop->why));
        assert_int_equal(p.shop->result.keys, 5); /* two main control keys, three of purchase */
        expect_ok(p.centre, make_card(p.centre));
        p.psam = station_in(p.shop);
        p.card = station_in(p.centre);
        expect_ok(p.shop, station_select(&p.psam, AT_PSAM, &p.shop->why));
        expect_ok(p.shop, station_send(&p.psam, &index, "EF1C", &reply, &p.shop->why));
        assert_hex(reply_bytes(&reply), "01");
        expect_ok(p.centre, station_select(&p.card, AT_SSSE, &p.centre->why));
        expect_ok(p.centre, station_select(&p.card, AT_DF04, &p.centre->why));
        for (uint8_t version = 1; version <= 3; version++) {
            trade_nothing(&p, terminal, version);
        }
        workshop_close(p.shop);
        workshop_close(p.centre);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_chip_becomes_a_card_that_passes),
        cmocka_unit_test(a_card_can_be_inspected_twice_but_for_its_log),
        cmocka_unit_test(a_card_takes_less_than_ten_milliseconds),
        cmocka_unit_test(what_is_no_chip_for_cards_is_refused),
        cmocka_unit_test(a_finished_card_is_not_made_again),
        cmocka_unit_test(a_wrong_transport_code_is_refused),
        cmocka_unit_test(the_card_may_be_pulled_at_every_command),
        cmocka_unit_test(the_inspection_may_be_interrupted_at_every_command),
        cmocka_unit_test(the_power_may_fail_inside_a_write),
        cmocka_unit_test(a_stranger_sees_only_what_is_free),
        cmocka_unit_test(only_its_own_key_opens_a_file_for_writing),
        cmocka_unit_test(a_blank_chip_becomes_a_psam),
        cmocka_unit_test(a_psam_needs_a_terminal_number),
        cmocka_unit_test(a_psam_and_a_card_that_were_made_here_understand_each_other),
        cmocka_unit_test(a_hospitals_psam_and_a_card_understand_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

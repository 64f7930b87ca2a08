#include "crypto/mac.h"
#include "workshop.h"

static const uint8_t factor[8] = {0x86, 0x84, 0x44, 0x01, 0x12, 0x34, 0x56, 0x78};

static enum err make(struct workshop *w, const struct person *person, struct card_data *data) {
    struct card_source source = {&w->issuer, person, "B00000019", factor, &w->vault, w->p.profile};
    return card_data_make(data, &source, &w->why);
}

/* A copy of the person with one text field replaced. */
static void set(char *field, size_t room, const char *text) {
    assert_true(strlen(text) < room);
    (void)strncpy(field, text, room);
}

static void a_person_becomes_fields(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person person = workshop_person();
    struct card_data data;
    expect_ok(w, make(w, &person, &data));
    const struct profile_values *v = &data.values;
    assert_hex(bytes_of(v->card_id, 12), "440100D15600000512345678");
    assert_hex(bytes_of(v->card_class, 1), "33");
    assert_memory_equal(v->version, "1.00", 4);
    assert_hex(bytes_of(v->initialiser, 12), "915600000244010044010000");
    assert_hex(bytes_of(v->issued, 4), "20031008");
    assert_hex(bytes_of(v->expires, 4), "20131008");
    assert_memory_equal(v->card_number, "B00000019", 9);
    assert_memory_equal(v->social_number, "990102197612115183", 18);
    assert_hex(bytes_of(v->name, 8), "C1BACBBC00000000"); /* 梁思 in GB 18030 */
    assert_hex(bytes_of(v->sex, 1), "32");
    assert_hex(bytes_of(v->nation, 1), "01");
    assert_hex(bytes_of(v->birthplace, 3), "990102");
    assert_hex(bytes_of(v->born, 4), "19761211");
    assert_hex(bytes_of(v->household_kind, 1), "31");
    assert_hex(bytes_of(v->postcode, 3), "510020");
    assert_memory_equal(v->telephone, "020-05375181\0\0\0", 15);
    assert_hex(bytes_of(v->organisation, 9), "000000000000000000"); /* GZ0001004 is no code */
    assert_hex(bytes_of(v->wallet_asn, 10), "00008684440112345678");
    assert_hex(bytes_of(v->wallet_issuer, 8), "D156000005440100");
    assert_hex(bytes_of(v->wallet_name, 4), "C1BACBBC");
    assert_hex(bytes_of(v->mf_dir_wallet, 19), "61114F09A00000000386980701500450424F43");
    assert_hex(bytes_of(v->mf_dir_ssse, 19), "61119D0F7378312E73682EC9E7BBE1B1A3D5CF");
    assert_int_equal(strlen(data.pin), 6);
    assert_int_equal(data.left_out, 0);
    workshop_close(w);
}

/* The check of the card identification code, by the vault's own function with IV 0. */
static void the_card_id_carries_a_check_by_its_irk(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person person = workshop_person();
    struct card_data data;
    static const uint8_t iv[8] = {0};
    struct key_ref irk = {.name = KEY_IRK, .version = 1, .depth = KEY_CARD};
    uint8_t mac[4];
    expect_ok(w, make(w, &person, &data));
    (void)memcpy(irk.card_factor, factor, 8);
    expect_ok(w, w->vault.message_mac(
                     w->vault.self, &irk, iv, bytes_of(data.values.card_id, 12), mac, &w->why));
    assert_memory_equal(data.values.card_id + 12, mac, 4);
    workshop_close(w);
}

/* Names of all planes, as bytes that GB 18030 has for them; none is cut, none replaced. */
static void rare_characters_go_onto_the_card_whole(void **state) {
    (void)state;
    static const struct {
        const char *name, *field; /* NULL: refused */
    } names[] = {
        {"李",                                            "C0EE"        },
        {"镕",                                            "E946"        },
        {"㛃",                                            "8230B731"    },
        {"𡌴",                                           "9535F432"    },
        {"王𪝆",                                        "CDF59835FE38"},
        {"帕提古丽·艾合买提江·阿不都拉",
         "C5C1CCE1B9C5C0F6A1A4B0ACBACFC2F2CCE1BDADA1A4B0A2B2BBB6BCC0AD"  },
        {"帕提古丽·艾合买提江·阿不都拉汗", NULL          },
        {"𡌴𡌴𡌴𡌴𡌴𡌴𡌴𡌴",               NULL          }, /* eight of four bytes: 32 */
    };
    struct workshop *w = workshop_open();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct person person = workshop_person();
        struct card_data data;
        set(person.name, sizeof person.name, names[i].name);
        enum err err = make(w, &person, &data);
        assert_int_equal(err, names[i].field ? OK : ERR_INVALID);
        if (!names[i].field) {
            assert_non_null(strstr(w->why.text, "name extension"));
            assert_non_null(strstr(w->why.text, "30"));
            continue;
        }
        uint8_t wanted[30] = {0};
        size_t len = from_hex(names[i].field, wanted, sizeof wanted);
        assert_memory_equal(data.values.name, wanted, sizeof wanted);
        /* The wallet's field is shorter: whole or empty, never cut. */
        uint8_t blank[20] = {0};
        assert_memory_equal(data.values.wallet_name, len <= 20 ? wanted : blank, 20);
    }
    workshop_close(w);
}

static void a_rare_name_is_read_back_from_a_real_card(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person person = workshop_person();
    set(person.name, sizeof person.name, "王𪝆");
    expect_ok(w, personalise_card(&w->p, &person, "B00000019", &w->result, &w->why));
    expect_ok(w, inspect_card(&w->p, &w->result.data, workshop_moment, &w->found, &w->why));
    workshop_close(w);
}

/* What the card cannot do without, made wrong one by one: each is refused with a sentence. */
static void what_must_be_there_is_missed(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person good = workshop_person();
    struct card_data data;
    struct person p = good;
    p.name[0] = '\0';
    assert_int_equal(make(w, &p, &data), ERR_INVALID);
    p = good;
    p.birth = 19760231;
    assert_int_equal(make(w, &p, &data), ERR_INVALID);
    p = good;
    set(p.name, sizeof p.name, "\xFF\xFE");
    assert_int_equal(make(w, &p, &data), ERR_INVALID);
    for (size_t len = 0; len < 18; len++) { /* every prefix of the number */
        p = good;
        p.number[len] = '\0';
        assert_int_equal(make(w, &p, &data), ERR_INVALID);
    }
    for (size_t at = 0; at < 18; at++) { /* every character of it changed */
        p = good;
        p.number[at] = p.number[at] == '7' ? '2' : '7';
        assert_int_equal(make(w, &p, &data), ERR_INVALID);
    }
    workshop_close(w);
}

static void a_card_number_has_nine_characters(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person person = workshop_person();
    struct card_data data;
    struct card_source source = {&w->issuer, &person, "B0000001", factor, &w->vault, PROFILE_P10};
    assert_int_equal(card_data_make(&data, &source, &w->why), ERR_INVALID);
    source.card_number = "B000000199";
    assert_int_equal(card_data_make(&data, &source, &w->why), ERR_INVALID);
    workshop_close(w);
}

/* Fields the card can do without: an empty one is blank, one that does not fit is left out and
 * counted, and nothing else changes. */
static void optional_text_is_whole_or_left_out(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person p = workshop_person();
    struct card_data data;
    p.address[0] = p.postcode[0] = p.phone[0] = p.mobile[0] = p.employer_name[0] = '\0';
    p.household[0] = '\0';
    expect_ok(w, make(w, &p, &data));
    assert_int_equal(data.left_out, 0);
    assert_int_equal(data.values.address[0], 0);
    assert_int_equal(data.values.household_kind[0], 0);
    assert_hex(bytes_of(data.values.postcode, 3), "FFFFFF");
    p = workshop_person();
    (void)memset(p.address, 'A', 63);
    p.address[63] = '\0';
    set(p.postcode, sizeof p.postcode, "5100201");
    expect_ok(w, make(w, &p, &data));
    assert_int_equal(data.left_out, 2);
    assert_int_equal(data.values.address[0], 0);
    p.address[62] = '\0'; /* just fits */
    expect_ok(w, make(w, &p, &data));
    assert_int_equal(data.left_out, 1);
    assert_int_equal(data.values.address[61], 'A');
    workshop_close(w);
}

static void the_mobile_stands_in_for_the_telephone(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person p = workshop_person();
    struct card_data data;
    p.phone[0] = '\0';
    expect_ok(w, make(w, &p, &data));
    assert_memory_equal(data.values.telephone, "10034940275", 11);
    workshop_close(w);
}

static void an_organisation_code_is_kept_and_a_unit_number_is_not(void **state) {
    (void)state;
    struct workshop *w = workshop_open();
    struct person p = workshop_person();
    struct card_data data;
    set(p.employer, sizeof p.employer, "X00000019"); /* right by GB 11714 */
    expect_ok(w, make(w, &p, &data));
    assert_memory_equal(data.values.organisation, "X00000019", 9);
    set(p.employer, sizeof p.employer, "X00000018");
    expect_ok(w, make(w, &p, &data));
    assert_int_equal(data.values.organisation[0], 0);
    workshop_close(w);
}

static void wiping_leaves_nothing(void **state) {
    (void)state;
    static const uint8_t zero[sizeof(struct card_data)];
    struct workshop *w = workshop_open();
    struct person p = workshop_person();
    struct card_data data;
    expect_ok(w, make(w, &p, &data));
    card_data_wipe(&data);
    assert_memory_equal(&data, zero, sizeof data);
    workshop_close(w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_person_becomes_fields),
        cmocka_unit_test(the_card_id_carries_a_check_by_its_irk),
        cmocka_unit_test(rare_characters_go_onto_the_card_whole),
        cmocka_unit_test(a_rare_name_is_read_back_from_a_real_card),
        cmocka_unit_test(what_must_be_there_is_missed),
        cmocka_unit_test(a_card_number_has_nine_characters),
        cmocka_unit_test(optional_text_is_whole_or_left_out),
        cmocka_unit_test(the_mobile_stands_in_for_the_telephone),
        cmocka_unit_test(an_organisation_code_is_kept_and_a_unit_number_is_not),
        cmocka_unit_test(wiping_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

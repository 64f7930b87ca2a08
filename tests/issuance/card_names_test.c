/* Names on chips: every hard name, and the same names made long, on a chip of each profile and back. A
 * name comes out as it went in, or is refused before the chip is told anything. [card.md 2.5, 2.6;
 * system.md 11 row 8] */
#include "host/gb18030.h"
#include "registry/hard_names.h"
#include "terminal/holder.h"
#include "workshop.h"

static const struct {
    enum profile_name profile;
    const char *text;
    size_t first, more; /* bytes of GB 18030 in the name's field and in the extension */
} cards[] = {
    {PROFILE_P10, "1.0", 30, 0 },
    {PROFILE_P20, "2.0", 30, 20},
    {PROFILE_P30, "3.0", 30, 20},
};
enum { CARDS = sizeof cards / sizeof cards[0] };

/* Without SM4 there are no 3.0 cards. */
static bool built(size_t card) {
    return cards[card].profile != PROFILE_P30 || CARD_SM4;
}

static size_t gb_of(const char *name, uint8_t *gb, size_t room) {
    struct builder b = builder_in(gb, room);
    size_t bad_at = 0;
    assert_true(utf8_to_gb18030(bytes_text(name), &b, &bad_at));
    assert_false(b.overflowed);
    return b.len;
}

/* Bytes of GB 18030 that one character takes, by asking for the character alone. */
static size_t letter_len(struct bytes letter) {
    uint8_t gb[4];
    struct builder b = builder_in(gb, sizeof gb);
    size_t bad_at = 0;
    assert_true(utf8_to_gb18030(letter, &b, &bad_at));
    return b.len;
}

/* The model: letter after letter into the first field until one does not fit, the rest behind. */
static void model(const char *name, size_t room, size_t *first, size_t *more) {
    struct cursor c = cursor_over(bytes_text(name));
    *first = *more = 0;
    while (c.rest.len > 0) {
        struct bytes letter = c.rest;
        (void)utf8_next(&c);
        letter.len -= c.rest.len;
        size_t len = letter_len(letter);
        if (*more == 0 && *first + len <= room) {
            *first += len;
        } else {
            *more += len;
        }
    }
}

static bool fits(const char *name, size_t card) {
    size_t first, more;
    model(name, cards[card].first, &first, &more);
    return more <= cards[card].more;
}

/* The name with itself behind, so many times. */
static void repeat(char *text, size_t room, const char *name, unsigned times) {
    text[0] = '\0';
    for (unsigned i = 0; i < times; i++) {
        size_t at = strlen(text);
        assert_true(at + strlen(name) < room);
        (void)snprintf(text + at, room - at, "%s", name);
    }
}

static struct person called(const char *name) {
    struct person person = workshop_person();
    assert_true(strlen(name) < sizeof person.name);
    (void)snprintf(person.name, sizeof person.name, "%s", name);
    return person;
}

/* --- what is asked before anything is spent --------------------------------------------------- */

/* The question and the making never differ, and both are as the model says, for every name at every
 * length up to the longest that the registry holds. */
static void who_asks_first_hears_what_the_making_says(void **state) {
    static const uint8_t factor[8] = {0x86, 0x84, 0x44, 0x01, 0, 0, 0, 1};
    unsigned held = 0, refused = 0;
    (void)state;
    for (size_t card = 0; card < CARDS; card++) {
        struct workshop *w = workshop_open_for(cards[card].profile);
        for (int i = 0; i < HARD_NAMES; i++) {
            for (unsigned times = 1; times <= 16 && strlen(hard_names[i]) * times <= 200; times++) {
                char name[256];
                struct card_data data;
                struct why why;
                repeat(name, sizeof name, hard_names[i], times);
                struct person person = called(name);
                const struct card_source source = {
                    &w->issuer, &person, "B00000019", factor, &w->vault, cards[card].profile};
                enum err asked = card_name_fits(&person, cards[card].profile, &why);
                assert_int_equal(asked, fits(name, card) ? OK : ERR_INVALID);
                assert_int_equal(card_data_make(&data, &source, &w->why), asked);
                card_data_wipe(&data);
                held += asked == OK;
                refused += asked != OK;
            }
        }
        workshop_close(w);
    }
    print_message("%u names held, %u refused\n", held, refused);
    assert_true(held > 1000);
    assert_true(refused > 1000);
}

/* One sentence: how long, for what card, how much that holds, and what to do now. */
static void a_refusal_says_the_way_on(void **state) {
    static const struct {
        const char *one;
        unsigned times;
        size_t card;
        const char *says[3];
    } cases[] = {
        {"梁",  16, 0, {"32 bytes", "1.0 card holds 30", "apply for a 2.0 card"}            },
        {"梁",  26, 0, {"52 bytes", "1.0 card holds 30", "ask the ministry"}                },
        {"𪝆", 13, 0, {"52 bytes", "1.0 card holds 30", "ask the ministry"}                },
        {"梁",  26, 1, {"52 bytes", "2.0 card holds 50", "20 of them in the name extension"}},
        {"梁",  26, 2, {"52 bytes", "3.0 card holds 50", "ask the ministry"}                },
        {"𪝆", 13, 2, {"52 bytes", "3.0 card holds 50", "whole characters"}                },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[256];
        struct why why;
        repeat(name, sizeof name, cases[i].one, cases[i].times);
        struct person person = called(name);
        assert_int_equal(card_name_fits(&person, cards[cases[i].card].profile, &why), ERR_INVALID);
        for (size_t k = 0; k < 3; k++) {
            if (!strstr(why.text, cases[i].says[k])) {
                fail_msg("\"%s\" is not in: %s", cases[i].says[k], why.text);
            }
        }
        assert_null(strchr(why.text, '\n'));
    }
}

/* Fifty bytes are not always held: where a letter of four would lie across the border, two bytes of
 * the first field stay empty. */
static void the_border_may_cost_two_bytes(void **state) {
    char name[128], whole[64];
    struct why why;
    (void)state;
    repeat(whole, sizeof whole, "𪝆", 12); /* 7 and 5: 28 and 20 bytes */
    struct person person = called(whole);
    assert_int_equal(card_name_fits(&person, PROFILE_P20, &why), OK);
    (void)snprintf(name, sizeof name, "梁%s", whole); /* 30 and 20 */
    person = called(name);
    assert_int_equal(card_name_fits(&person, PROFILE_P20, &why), OK);
    (void)snprintf(name, sizeof name, "%s梁", whole); /* 28 and 22 */
    person = called(name);
    assert_int_equal(card_name_fits(&person, PROFILE_P20, &why), ERR_INVALID);
    assert_non_null(strstr(why.text, "50 bytes"));
    assert_non_null(strstr(why.text, "whole characters"));
}

/* --- chips ---------------------------------------------------------------------------------- */

static enum err prove(void *self, const struct holder *card, const uint8_t challenge[8],
    const uint8_t original[8], uint8_t proof[8], struct why *why) {
    const struct vault *v = self;
    struct key_ref key = {
        .name = KEY_RKSSSE, .algorithm = KEY_SM4, .version = 1, .depth = KEY_CARD};
    (void)memcpy(key.card_factor, card->factor, sizeof key.card_factor);
    return v->authenticate(v->self, &key, challenge, original, proof, why);
}

/* Made, inspected, and read by a terminal: the very letters that the registry has. */
static void expect_back(struct workshop *w, const char *name) {
    const struct holder_prover prover = {&w->vault, prove};
    struct person person = called(name);
    struct holder h = {.sex = 0};
    uint8_t gb[64], utf8[256];
    size_t bad_at = 0, len = gb_of(name, gb, sizeof gb);
    workshop_blank(w, 1);
    expect_ok(w, personalise_card(&w->p, &person, "B00000019", &w->result, &w->why));
    expect_ok(w, inspect_card(&w->p, &w->result.data, workshop_moment, &w->found, &w->why));
    assert_int_equal(w->found.finding_count, 0);
    expect_ok(w, holder_power(&w->reader, h.factor, &w->why));
    expect_ok(w, holder_read_proven(&w->reader, &prover, &h, &w->why));
    assert_true(bytes_equal(bytes_text(h.name), bytes_of(gb, len)));
    struct builder b = builder_in(utf8, sizeof utf8);
    assert_true(gb18030_to_utf8(bytes_text(h.name), &b, &bad_at));
    assert_true(bytes_equal(builder_bytes(&b), bytes_text(name)));
}

/* The chip is told nothing: its memory after the refusal is its memory before. */
static void expect_untouched(struct workshop *w, const char *name) {
    static struct memory before;
    struct person person = called(name);
    workshop_blank(w, 1);
    before = w->memory;
    assert_int_equal(
        personalise_card(&w->p, &person, "B00000019", &w->result, &w->why), ERR_INVALID);
    assert_int_equal(w->result.commands, 0);
    assert_memory_equal(before.cells, w->memory.cells, sizeof before.cells);
}

/* As it is, and with itself behind until it needs the extension. */
static void every_hard_name_comes_back_from_every_card(void **state) {
    unsigned read = 0, refused = 0;
    (void)state;
    for (size_t card = 0; card < CARDS; card++) {
        struct workshop *w = workshop_open_for(cards[card].profile);
        for (int i = 0; built(card) && i < HARD_NAMES; i++) {
            char name[256];
            uint8_t gb[128];
            unsigned times = 1;
            assert_true(fits(hard_names[i], card));
            expect_back(w, hard_names[i]);
            do {
                repeat(name, sizeof name, hard_names[i], ++times);
            } while (gb_of(name, gb, sizeof gb) <= cards[card].first);
            bool held = fits(name, card);
            read += 1 + held;
            refused += !held;
            if (held) {
                expect_back(w, name);
            } else {
                expect_untouched(w, name);
            }
        }
        workshop_close(w);
    }
    print_message("%u names read back, %u refused\n", read, refused);
    assert_true(read >= HARD_NAMES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_asks_first_hears_what_the_making_says),
        cmocka_unit_test(a_refusal_says_the_way_on),
        cmocka_unit_test(the_border_may_cost_two_bytes),
        cmocka_unit_test(every_hard_name_comes_back_from_every_card),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

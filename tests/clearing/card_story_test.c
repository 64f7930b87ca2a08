/* One card from its first load: the whole story is told and proven, and whatever is altered in it is
 * named. */
#include "clearing/memory_city.h"

#include "clearing/card_story.h"
#include "clearing/paid_day.h"

/* The steps as one line of text: "load 500.00, purchase -12.50". */
struct tale {
    char text[200];
    int64_t last_fen;
};

static void hear(void *cookie, const struct story_step *step) {
    struct tale *tale = cookie;
    size_t len = strlen(tale->text);
    (void)snprintf(tale->text + len, sizeof tale->text - len, "%s%s %d at %d", len ? ", " : "",
        step->rule, (int)step->fen, (int)(step->moment % 1000000));
    tale->last_fen = step->after_fen;
}

static struct card_story story_of(struct city *city, unsigned card, struct tale *tale) {
    struct card_story story;
    struct why why = {{0}};
    uint8_t factor[FACTOR_LEN];
    const struct card_listener listener = {tale, tale ? hear : NULL};
    card_factor(card, factor);
    must(card_follow(&city->clearing, factor, &listener, &story, &why), &why);
    return story;
}

static void a_card_is_followed_from_its_first_load(void **state) {
    (void)state;
    struct city *city = new_city();
    struct tale tale = {.last_fen = 0};
    sell_a_day(&city->clearing);
    struct card_story story = story_of(city, 1, &tale);
    assert_int_equal(story.differences.count, 0);
    assert_string_equal(tale.text, "load 50000 at 80000, purchase -1250 at 90000");
    assert_int_equal(story.loads, 1);
    assert_int_equal(story.purchases, 1);
    assert_int_equal(story.loaded_fen, 50000);
    assert_int_equal(story.spent_fen, 1250);
    assert_int_equal(story.balance_fen, 48750);
    assert_int_equal(tale.last_fen, 48750);
    drop_city(city);
}

static void what_is_held_is_told_as_held_and_what_is_forged_is_not_told(void **state) {
    (void)state;
    struct city *city = new_city();
    struct tale held = {.last_fen = 0}, forged = {.last_fen = 0}, none = {.last_fen = 0};
    sell_a_day(&city->clearing);
    assert_int_equal(story_of(city, 4, &held).differences.count, 0);
    assert_string_equal(held.text, "load 50000 at 80000, held -20000 at 90000");
    assert_int_equal(story_of(city, 5, &forged).differences.count, 0);
    assert_string_equal(forged.text, "load 50000 at 80000");
    assert_int_equal(story_of(city, 77, &none).differences.count, 0);
    assert_string_equal(none.text, "");
    drop_city(city);
}

static void amount_of_the_load(struct memory *m) {
    m->now.loads[0].facts.amount++;
}
static void tac_of_the_load(struct memory *m) {
    m->now.loads[0].tac[0] ^= 1;
}
static void the_order(struct memory *m) {
    m->now.loads[0].state = LOAD_CANCELLED;
}
static void the_kept_file(struct memory *m) {
    m->pool[UPLOAD_HEADER_LEN + UPLOAD_RECORD_LEN - 8] ^= 1; /* in the first record's TAC */
}
static void the_kept_file_is_gone(struct memory *m) {
    m->now.piece_count = 0;
}
static void entry_of_the_purchase(struct memory *m) {
    for (size_t i = 0; i < m->now.posting_count; i++) {
        if (strncmp(m->now.postings[i].number, "record 1/1", 10) == 0) {
            m->now.postings[i].entries[0].fen--;
        }
    }
}
static void number_of_the_purchase(struct memory *m) {
    for (size_t i = 0; i < m->now.posting_count; i++) {
        if (strncmp(m->now.postings[i].number, "record 1/1", 10) == 0) {
            (void)snprintf(m->now.postings[i].number, POSTING_NUMBER_LEN, "record 1/x");
        }
    }
}
static void cause_of_the_purchase(struct memory *m) {
    for (size_t i = 0; i < m->now.posting_count; i++) {
        if (strncmp(m->now.postings[i].number, "record 1/1", 10) == 0) {
            (void)snprintf(m->now.postings[i].number, POSTING_NUMBER_LEN, "gift");
        }
    }
}
static void the_balance(struct memory *m) {
    for (size_t i = 0; i < m->now.account_count; i++) {
        m->now.accounts[i].fen += m->now.accounts[i].name.kind == ACCOUNT_CARD ? 1 : 0;
    }
}

static const struct {
    const char *title;
    void (*alter)(struct memory *m);
    const char *named;
} altered[] = {
    {"the load's amount",       amount_of_the_load,     "no load of that amount"},
    {"the load's TAC",          tac_of_the_load,        "no load of that amount"},
    {"the load's order",        the_order,              "no load of that amount"},
    {"a byte of the kept file", the_kept_file,          "no such trade"         },
    {"the kept file",           the_kept_file_is_gone,  "no such trade"         },
    {"the purchase's entry",    entry_of_the_purchase,  "no such trade"         },
    {"the purchase's number",   number_of_the_purchase, "no such trade"         },
    {"the purchase's cause",    cause_of_the_purchase,  "no trade of the card"  },
    {"the account's balance",   the_balance,            "its postings come to"  },
};

static void whatever_is_altered_is_named(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof altered / sizeof altered[0]; i++) {
        struct city *city = new_city();
        sell_a_day(&city->clearing);
        altered[i].alter(city->rows);
        struct card_story story = story_of(city, 1, NULL);
        if (story.differences.count == 0 || !strstr(story.differences.named[0], altered[i].named)) {
            fail_msg("%s: %s", altered[i].title, story.differences.named[0]);
        }
        free(city->rows);
        free(city);
    }
}

static void a_failing_store_or_vault_tells_nothing(void **state) {
    (void)state;
    struct city *city = new_city();
    struct card_story story;
    struct why why = {{0}};
    uint8_t factor[FACTOR_LEN];
    enum err err = ERR_OUTSIDE;
    card_factor(1, factor);
    sell_a_day(&city->clearing);
    for (unsigned long n = 0; err != OK; n++) {
        fail_call(city, n);
        err = card_follow(&city->clearing, factor, NULL, &story, &why);
        assert_true(err == OK || err == ERR_OUTSIDE);
        assert_true(n < 100);
    }
    city->keys.broken = true;
    assert_int_equal(card_follow(&city->clearing, factor, NULL, &story, &why), ERR_OUTSIDE);
    drop_city(city);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_is_followed_from_its_first_load),
        cmocka_unit_test(what_is_held_is_told_as_held_and_what_is_forged_is_not_told),
        cmocka_unit_test(whatever_is_altered_is_named),
        cmocka_unit_test(a_failing_store_or_vault_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Seats of a round: what they ask goes to the vault together, each gets the answer to its own question,
 * and what is secret goes alone. */
#include "check.h"

#include "issuance/cell_round.h"
#include "vaults/soft/soft_vault.h"

enum { SEATS = 24, QUESTIONS = 50 };

/* A vault that counts how often it is asked, and may be gone. */
struct counted {
    struct vault inner;
    unsigned messages, most, alone;
    bool gone;
};

static enum err counted_jobs(void *self, struct vault_job *jobs, size_t count, struct why *why) {
    struct counted *c = self;
    c->messages++;
    c->most = count > c->most ? (unsigned)count : c->most;
    if (c->gone) {
        return why_say(why, ERR_OUTSIDE, "the vault is gone");
    }
    return vault_jobs_do(&c->inner, jobs, count, why);
}

static enum err counted_first_pin(
    void *self, const uint8_t card_factor[8], char pin[7], struct why *why) {
    struct counted *c = self;
    c->alone++;
    return c->inner.first_pin(c->inner.self, card_factor, pin, why);
}

static void nothing_closes(void *self) {
    (void)self;
}

struct desk {
    struct counted counted;
    struct vault vault;
    struct round round;
    struct worker {
        struct desk *desk;
        unsigned number, answered;
        enum err err;
    } workers[SEATS];
};

static struct desk *desk_open(void) {
    struct desk *d = calloc(1, sizeof *d);
    struct why why;
    assert_non_null(d);
    assert_int_equal(soft_vault_open_rehearsal("round", 440100, &d->counted.inner, &why), OK);
    d->vault = (struct vault){.self = &d->counted,
        .jobs = counted_jobs,
        .first_pin = counted_first_pin,
        .close = nothing_closes};
    assert_int_equal(round_open(&d->round, &d->vault, SEATS, &why), OK);
    for (unsigned i = 0; i < SEATS; i++) {
        d->workers[i] = (struct worker){.desk = d, .number = i};
    }
    return d;
}

static void desk_close(struct desk *d) {
    round_close(&d->round);
    d->counted.inner.close(d->counted.inner.self);
    free(d);
}

static void desk_run(struct desk *d, void (*work)(void *self)) {
    void *selves[SEATS];
    for (unsigned i = 0; i < SEATS; i++) {
        selves[i] = &d->workers[i];
    }
    round_run(&d->round, work, selves);
}

/* A key of this seat's own card. */
static struct key_ref key_of(const struct worker *w, enum key_name name) {
    return (struct key_ref){
        .name = name,
        .version = 1,
        .depth = KEY_CARD,
        .card_factor = {0x44, 1, (uint8_t)w->number}
    };
}

/* One question of each kind, compared with what the vault behind says alone. */
static bool ask_one(struct worker *w, unsigned i) {
    const struct vault *v = &w->desk->round.seats[w->number].vault;
    const struct vault *real = &w->desk->counted.inner;
    struct key_ref uk = key_of(w, KEY_UK1DF01), stk = key_of(w, KEY_STKDF01),
                   damk = key_of(w, KEY_DAMK);
    uint8_t eight[8] = {(uint8_t)i, (uint8_t)w->number}, data[40] = {7}, a[16], b[16];
    struct bytes text = bytes_of(data, 40);
    struct why why;
    w->err = v->authenticate(v->self, &uk, eight, eight, a, &why);
    (void)real->authenticate(real->self, &uk, eight, eight, b, &why);
    bool same = !w->err && memcmp(a, b, 8) == 0;
    w->err = v->session_mac(v->self, &stk, eight, text, a, &why);
    (void)real->session_mac(real->self, &stk, eight, text, b, &why);
    same = same && !w->err && memcmp(a, b, 4) == 0;
    w->err = v->message_mac(v->self, &damk, eight, text, a, &why);
    (void)real->message_mac(real->self, &damk, eight, text, b, &why);
    return same && !w->err && memcmp(a, b, 4) == 0;
}

static void ask_short(void *self) {
    struct worker *w = self;
    /* Seats have different amounts of work, as cards have. */
    for (unsigned i = 0; i < QUESTIONS - w->number; i++) {
        w->answered += ask_one(w, 2 * i);
    }
}

static void each_seat_gets_its_own_answer_and_few_messages_go(void **state) {
    (void)state;
    struct desk *d = desk_open();
    desk_run(d, ask_short);
    for (unsigned i = 0; i < SEATS; i++) {
        assert_int_equal(d->workers[i].answered, QUESTIONS - i);
    }
    assert_int_equal(d->counted.most, SEATS);
    assert_int_equal(d->counted.messages, 3 * QUESTIONS);
    desk_run(d, ask_short); /* a round may run again */
    assert_int_equal(d->workers[0].answered, 2 * QUESTIONS);
    desk_close(d);
}

static void ask_while_gone(void *self) {
    struct worker *w = self;
    const struct vault *v = &w->desk->round.seats[w->number].vault;
    struct key_ref uk = key_of(w, KEY_UK1DF01);
    uint8_t eight[8] = {0}, out[8] = {0};
    struct why why = {{0}};
    w->err = v->authenticate(v->self, &uk, eight, eight, out, &why);
    w->answered = strcmp(why.text, "the vault is gone") == 0;
}

static void a_vault_that_is_gone_is_told_to_all_seats(void **state) {
    (void)state;
    struct desk *d = desk_open();
    d->counted.gone = true;
    desk_run(d, ask_while_gone);
    for (unsigned i = 0; i < SEATS; i++) {
        assert_int_equal(d->workers[i].err, ERR_OUTSIDE);
        assert_int_equal(d->workers[i].answered, 1);
    }
    desk_close(d);
}

/* One seat asks for what is refused; the others hear nothing of it. */
static void ask_refused(void *self) {
    struct worker *w = self;
    const struct vault *v = &w->desk->round.seats[w->number].vault;
    struct key_ref key = key_of(w, w->number == 5 ? KEY_DTK : KEY_UK1DF01);
    uint8_t eight[8] = {0}, out[8] = {0};
    struct why why = {{0}};
    w->err = v->authenticate(v->self, &key, eight, eight, out, &why);
    w->answered = strstr(why.text, "DTK") != NULL;
}

static void a_refusal_is_told_to_its_seat_alone(void **state) {
    (void)state;
    struct desk *d = desk_open();
    desk_run(d, ask_refused);
    for (unsigned i = 0; i < SEATS; i++) {
        assert_int_equal(d->workers[i].err, i == 5 ? ERR_DENIED : OK);
        assert_int_equal(d->workers[i].answered, i == 5);
    }
    desk_close(d);
}

static void ask_pin(void *self) {
    struct worker *w = self;
    const struct vault *v = &w->desk->round.seats[w->number].vault;
    uint8_t factor[8] = {0x44, 1, (uint8_t)w->number};
    char pin[7] = "";
    struct why why;
    w->err = v->first_pin(v->self, factor, pin, &why);
    w->answered = (unsigned)strlen(pin);
}

static void a_pin_is_asked_for_alone_and_at_once(void **state) {
    (void)state;
    struct desk *d = desk_open();
    desk_run(d, ask_pin);
    assert_int_equal(d->counted.messages, 0);
    assert_int_equal(d->counted.alone, SEATS);
    for (unsigned i = 0; i < SEATS; i++) {
        assert_int_equal(d->workers[i].err, OK);
        assert_int_equal(d->workers[i].answered, 6);
    }
    desk_close(d);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_seat_gets_its_own_answer_and_few_messages_go),
        cmocka_unit_test(a_vault_that_is_gone_is_told_to_all_seats),
        cmocka_unit_test(a_refusal_is_told_to_its_seat_alone),
        cmocka_unit_test(a_pin_is_asked_for_alone_and_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

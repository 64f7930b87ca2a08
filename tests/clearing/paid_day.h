/* A day with every kind of end, from its sales to its bank file, on any city of world.h: three cleared
 * records (12.50 and 30.00 at the pharmacy, 70.00 at the hospital, online and approved), one held above
 * the limit, one forged, one repeated, one of no form. */
#pragma once

#include "clearing/world.h"

#include <unistd.h>

/* A folder for bank files that goes away with its files. */
struct bank {
    char dir[64];
};

static inline struct bank new_bank(void) {
    struct bank bank = {"/tmp/clearing-bank-XXXXXX"};
    assert_non_null(mkdtemp(bank.dir));
    return bank;
}

static inline void drop_bank(const struct bank *bank) {
    char path[128];
    for (uint32_t day = TODAY; day < TODAY + 3; day++) {
        (void)snprintf(path, sizeof path, "%s/%u.pay", bank->dir, day);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(bank->dir), 0);
}

/* Takes a file of an institution's terminal in. */
static inline void sell(const struct clearing *c, const char *institution, unsigned terminal,
    const struct upload_record *records, size_t count) {
    struct file *f = calloc(1, sizeof *f);
    struct intake_figures figures;
    struct why why = {{0}};
    assert_non_null(f);
    file_of(f, institution, terminal, records, count);
    struct bytes view = bytes_of(f->bytes, f->len);
    must(intake_file(c, upload_source_bytes(&view), &figures, NULL, &why), &why);
    free(f);
}

static inline void sell_a_day(const struct clearing *c) {
    struct upload_record first[] = {
        purchase(1, 1, 1, 0, 50000, 1250), purchase(5, 1, 2, 0, 50000, 900), /* forged below */
        purchase(6, 1, 3, 0, 50000, 800), /* of no form: an overdraft */
    };
    struct upload_record second[] = {
        purchase(2, 2, 1, 0, 50000, 3000), purchase(2, 2, 1, 0, 50000, 3000)};
    struct upload_record third[] = {
        purchase(3, 3, 1, 0, 50000, 7000), purchase(4, 3, 2, 0, 50000, 20000)};
    struct approval yes = {.amount = 7000};
    uint8_t now[MOMENT_LEN];
    struct why why = {{0}};
    first[1].tac[3] ^= 1;
    first[2].overdraft = 1;
    third[0].flag = UPLOAD_ONLINE;
    (void)memcpy(yes.ticket, third[0].ticket, TICKET_LEN);
    card_factor(3, yes.factor);
    terminal_no(3, yes.terminal);
    moment_at(TODAY, 85959, now);
    must(purchase_approve(c, &yes, now, &why), &why);
    sell(c, "P0000001", 1, first, 3);
    sell(c, "P0000001", 2, second, 2);
    sell(c, "H0000002", 3, third, 2);
}

/* One step of the day, by the officer whose it is. */
static inline void step_to(const struct clearing *c, const struct bank *bank, enum day_state to) {
    struct day_order order = {TODAY, to == DAY_APPROVED ? "approver" : "clearer", bank->dir};
    struct why why = {{0}};
    must(day_step(c, &order, to, &why), &why);
}

static inline void pay_a_day(const struct clearing *c, const struct bank *bank) {
    sell_a_day(c);
    for (int to = DAY_CUT; to < DAY_STATE_COUNT; to++) {
        step_to(c, bank, (enum day_state)to);
    }
}

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "apps/bench_online.h"
#include "apps/day_desk.h"
#include "base/day.h"
#include "clearing/ledger.h"
#include "vaults/soft/soft_vault.h"

enum { REGION = 440100, BENCH_DATE = 20031008, FEN = 5000, POOL_YUAN = 100000000 };

void bench_card(uint64_t i, uint8_t factor[FACTOR_LEN]) {
    const uint8_t made[FACTOR_LEN] = {0x86, 0x84, 0x44, 0x01, (uint8_t)(i >> 24),
        (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
    (void)memcpy(factor, made, FACTOR_LEN);
}

void bench_terminal(uint64_t i, uint8_t number[TERMINAL_LEN]) {
    bcd_write((uint64_t)REGION * 1000000 + 1 + i, number, TERMINAL_LEN);
}

/* --- the centre ------------------------------------------------------------------------------- */

static const char add_person[] =
    "INSERT INTO person (id, number17, name, sex, nation, birth, region, household, address, "
    "postcode, phone, mobile, employer, employer_name) VALUES (1, 44010019700101001, '演练', 1, 1, "
    "19700101, 440100, '', '', '', '', '', '', '')";
static const char add_card[] =
    "INSERT INTO card (number, factor, identification, person, life, batch, issued, valid_until) "
    "VALUES (?1, ?2, ?1, 1, 1, 1, 20031001, 20131001)";

static enum err cards_add(struct db *db, uint64_t cards, struct why *why) {
    static const char *const sentences[1] = {add_card};
    struct prepared *prepared[1] = {NULL};
    TX_SCOPE(tx);
    enum err err = db_prepare(db, sentences, 1, prepared, why);
    err = err ? err : tx_begin(&tx, db, why);
    err = err ? err : db_run(db, add_person, why);
    for (uint64_t i = 0; !err && i < cards; i++) {
        uint8_t factor[FACTOR_LEN];
        char number[24];
        (void)snprintf(number, sizeof number, "A%08" PRIu64, i);
        bench_card(i, factor);
        struct say s = say(prepared[0]);
        say_text(&s, number);
        say_blob(&s, bytes_of(factor, sizeof factor));
        err = say_done(&s, why);
    }
    err = err ? err : tx_commit(&tx, why);
    db_finalize(prepared, 1);
    return err;
}

static enum err terminals_add(const struct clearing *c, struct why *why) {
    const struct institution shop = {"P0000001", "健民大药房", "4401000000000001"};
    enum err err = institution_register(c, &shop, "clearer", why);
    for (uint64_t i = 0; !err && i < ONLINE_CLIENTS; i++) {
        struct terminal_row row = {.institution = "P0000001"};
        bench_terminal(i, row.number);
        err = terminal_register(c, &row, "clearer", why);
    }
    return err;
}

enum err bench_online_city(const char *dir, uint64_t cards, struct why *why) {
    DAY_DESK_SCOPE(desk);
    const struct centre_file file = {.name = "bench",
        .region = "440100",
        .rehearsal = true,
        .keys = KEYS_IN_SEED,
        .seed = 1,
        .date = BENCH_DATE};
    enum err err = centre_make(dir, &file, why);
    err = err ? err : day_desk_open(&desk, dir, false, why);
    err = err ? err : cards_add(&desk.city.db, cards, why);
    err = err ? err : terminals_add(&desk.clearing, why);
    err = err ? err : day_begin(&desk.clearing, BENCH_DATE, why);
    return err ? err : ledger_fund(&desk.store, "bench", (int64_t)POOL_YUAN * 100, BENCH_DATE, why);
}

/* --- who asks --------------------------------------------------------------------------------- */

/* INITIALIZE FOR LOAD on card i, at the terminal that will ask for it. */
static enum err load_begin(const struct vault *vault, uint64_t i, const uint8_t *terminal,
    struct online_request *q, struct why *why) {
    struct key_ref dlk = {.name = KEY_DLK, .version = 1, .depth = KEY_CARD};
    uint8_t room[PURSE_MESSAGE_MAX], input[8];
    struct builder b = builder_in(room, sizeof room);
    *q = (struct online_request){
        .kind = ONLINE_LOAD,
        .key_version = 1,
        .facts = {.amount = FEN, .number = 1, .trade = TRADE_EP_LOAD},
        .random = { (uint8_t)(i >> 8),   (uint8_t)i,           3,                      4}
    };
    bench_card(i, q->factor);
    (void)memcpy(q->facts.terminal, terminal, TERMINAL_LEN);
    (void)memcpy(dlk.card_factor, q->factor, FACTOR_LEN);
    put_load_mac1(&b, &q->facts);
    load_session_input(q->random, q->facts.number, input);
    return vault->session_mac(vault->self, &dlk, input, builder_bytes(&b), q->mac1, why);
}

enum err bench_askers_make(struct bench_askers *askers, uint64_t cards, struct why *why) {
    struct vault vault;
    enum err err = soft_vault_open_rehearsal("1", REGION, &vault, why);
    if (err) {
        return err;
    }
    *askers = (struct bench_askers){.cards = cards};
    for (uint64_t i = 0; !err && i < ONLINE_CLIENTS; i++) {
        bench_terminal(i, askers->terminals[i]);
        err = online_line_key(&vault, askers->terminals[i], askers->keys[i], why);
    }
    for (uint64_t i = 0; !err && i < BENCH_LOADS; i++) {
        err = load_begin(&vault, i, askers->terminals[i % ONLINE_CLIENTS], &askers->loads[i], why);
    }
    vault.close(vault.self);
    return err;
}

/* --- what was kept ---------------------------------------------------------------------------- */

enum err bench_online_count(const char *dir, int64_t *approvals, int64_t *loads, struct why *why) {
    static const char *const sentences[1] = {
        "SELECT (SELECT count(*) FROM approval_all), (SELECT count(*) FROM load_order)"};
    DAY_DESK_SCOPE(desk);
    struct prepared *prepared[1] = {NULL};
    enum err err = day_desk_open(&desk, dir, false, why);
    err = err ? err : db_prepare(&desk.city.db, sentences, 1, prepared, why);
    if (err) {
        return err;
    }
    struct say s = say(prepared[0]);
    if (say_next(&s)) {
        *approvals = row_int(&s);
        *loads = row_int(&s);
    }
    err = say_end(&s, why);
    db_finalize(prepared, 1);
    return err;
}

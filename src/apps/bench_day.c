#include "apps/bench_day.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/day.h"
#include "host/files.h"
#include "host/rng.h"

enum {
    INSTITUTIONS = 1000,
    BANKS = 20,
    FUNDS = 31,
    OPENING_FEN = 500000,
    FAULT_EVERY = 1000, /* a record in a thousand */
    FAULT_AT = 7,
    KINDS = 12,
    BATCH = 1,
    ROOM = UPLOAD_HEADER_LEN + (BENCH_FILE_RECORDS + 1) * UPLOAD_RECORD_LEN + UPLOAD_TRAILER_LEN,
    MAKERS_MAX = 8,
};

/* A number as good as drawn, for a place that is asked for again. */
static uint64_t mix(uint64_t x) {
    x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
    return x ^ x >> 31;
}

static void put_factor(uint64_t card, uint8_t factor[FACTOR_LEN]) {
    const uint8_t made[FACTOR_LEN] = {0x86, 0x84, 0x44, 0x01, (uint8_t)(card >> 24),
        (uint8_t)(card >> 16), (uint8_t)(card >> 8), (uint8_t)card};
    (void)memcpy(factor, made, FACTOR_LEN);
}

/* --- the city ------------------------------------------------------------------------------ */

static void draw_cards(struct bench_day *day) {
    for (uint64_t i = 0; i < day->cards; i++) {
        struct register_card *card = &day->city.cards[i];
        put_factor(i, card->factor);
        card->fen = i % 9973 == 3 ? 0 : OPENING_FEN;
        card->fund = (uint32_t)(i % FUNDS);
        card->listed_from = i % 20011 == 5 ? (uint64_t)BENCH_DAY * 1000000 + 120000 : 0;
    }
}

static enum err draw_city(struct bench_day *day, struct why *why) {
    struct register_institution *institutions = calloc(INSTITUTIONS, sizeof *institutions);
    struct register_terminal *terminals = calloc(day->file_count, sizeof *terminals);
    day->institutions = institutions;
    day->terminals = terminals;
    day->city = (struct day_register){
        .cards = calloc(day->cards, sizeof *day->city.cards),
        .institutions = institutions,
        .terminals = terminals,
        .card_count = day->cards,
        .institution_count = INSTITUTIONS,
        .terminal_count = day->file_count,
        .funds = FUNDS,
        .banks = BANKS,
        .limits = {.offline_fen = 100000,
                   .load_fen = 100000,
                   .balance_fen = 1000000,
                   .late_days = 3,
                   .key_version_first = 1,
                   .key_version_last = 1,
                   .card_day_fen = 400000,
                   .terminal_day_fen = 5000000,
                   .in_row = 100,
                   .list_hours = 24}
    };
    if (!institutions || !terminals || !day->city.cards) {
        return why_say(why, ERR_OUTSIDE, "no memory for %" PRIu64 " cards", day->cards);
    }
    for (unsigned i = 0; i < INSTITUTIONS; i++) {
        (void)snprintf(institutions[i].code, sizeof institutions[i].code, "H%07u", i);
        institutions[i].bank = i % BANKS;
    }
    for (size_t i = 0; i < day->file_count; i++) {
        bcd_write(440100000000u + i, terminals[i].number, TERMINAL_LEN);
        terminals[i].institution = (uint32_t)(i % INSTITUTIONS);
        terminals[i].list_moment = (uint64_t)BENCH_DAY * 1000000 + (i % 997 == 3 ? 0 : 60000);
    }
    draw_cards(day);
    return register_open(&day->city, why);
}

/* --- purchases ----------------------------------------------------------------------------- */

static uint32_t fen_of(const struct bench_day *day, uint64_t card, uint64_t round) {
    return 1 + (uint32_t)(mix(day->seed + card * 64 + round) % 5000);
}

/* Purchase i of the day: cards take turns in rounds, in an order that jumps about. */
static void honest(const struct bench_day *day, uint64_t i, struct upload_record *r) {
    uint64_t round = i / day->cards;
    uint64_t card = i % day->cards * UINT64_C(2654435761) % day->cards;
    uint64_t second = i * 36000 / day->purchases; /* from eight to six */
    uint32_t before = OPENING_FEN;
    for (uint64_t k = 0; k < round; k++) {
        before -= fen_of(day, card, k);
    }
    *r = (struct upload_record){.trade = TRADE_EP_PURCHASE,
        .amount = fen_of(day, card, round),
        .balance_before = before,
        .number = (uint16_t)round,
        .key_version = 1,
        .terminal_seq = (uint32_t)(i % BENCH_FILE_RECORDS) + 1,
        .mac2_checked = true,
        .flag = UPLOAD_NORMAL,
        .batch = BATCH};
    bcd_write(i, r->ticket + 6, 10);
    put_factor(card, r->asn + ASN_LEN - FACTOR_LEN);
    bcd_write(440100000000u + i / BENCH_FILE_RECORDS, r->terminal, TERMINAL_LEN);
    bcd_write((uint64_t)BENCH_DAY * 1000000 + (8 + second / 3600) * 10000 + second / 60 % 60 * 100
                  + second % 60,
        r->moment, MOMENT_LEN);
}

/* What is wrong with a spoilt record before its card signs it; the TAC of kind 0 is spoilt later. */
static void spoil(const struct bench_day *day, uint64_t i, uint64_t kind, struct upload_record *r) {
    switch (kind) {
    case 1:
        r->asn[2] = 0x99;
        break; /* nobody's card */
    case 2:
        r->key_version = 9;
        break;
    case 3:
        r->batch = BATCH + 1;
        break;
    case 4:
        honest(day, i - 1, r);
        break; /* once more */
    case 5:
        r->terminal_seq--;
        break; /* in another's place */
    case 6:
        r->number = (uint16_t)(r->number > 0 ? r->number - 1 : 0);
        break;
    case 7:
        r->terminal[0] = 0x99;
        break;
    case 8:
        bcd_write((uint64_t)(BENCH_DAY + 1) * 1000000 + 93000, r->moment, MOMENT_LEN);
        break;
    case 9:
        bcd_write((uint64_t)(BENCH_DAY - 100) * 1000000 + 93000, r->moment, MOMENT_LEN);
        break;
    case 10:
        r->amount = 150000;
        break;
    case 11:
        r->balance_before += 5;
        break;
    default:
        break;
    }
}

/* --- files --------------------------------------------------------------------------------- */

/* One thread's share of the files. */
struct maker {
    struct bench_day *day;
    const struct vault *vault;
    size_t first, step;
    enum err err;
    struct why why;
    struct upload_record records[BENCH_FILE_RECORDS];
    struct tac_job jobs[BENCH_FILE_RECORDS];
    uint8_t room[ROOM];
};

static void draw_records(struct maker *m, uint64_t from, size_t count) {
    for (size_t k = 0; k < count; k++) {
        uint64_t i = from + k;
        struct upload_record *r = &m->records[k];
        honest(m->day, i, r);
        if (i % FAULT_EVERY == FAULT_AT) {
            spoil(m->day, i, i / FAULT_EVERY % KINDS, r);
        }
        struct purchase_facts facts = upload_facts(r);
        struct builder b = builder_in(m->jobs[k].data, sizeof m->jobs[k].data);
        put_purchase_tac(&b, &facts);
        m->jobs[k].data_len = (uint8_t)b.len;
        m->jobs[k].version = 1;
        (void)memcpy(m->jobs[k].card_factor, upload_factor(r), FACTOR_LEN);
    }
}

static enum err make_file(struct maker *m, size_t file) {
    uint64_t from = (uint64_t)file * BENCH_FILE_RECORDS;
    uint64_t left = m->day->purchases - from;
    size_t count = left < BENCH_FILE_RECORDS ? (size_t)left : BENCH_FILE_RECORDS;
    struct upload_header h = {.batch = BATCH, .business_day = BENCH_DAY};
    struct builder b = builder_in(m->room, sizeof m->room);
    struct upload_tally tally;
    char path[PATH_ROOM];
    draw_records(m, from, count);
    enum err err = m->vault->tacs(m->vault->self, m->jobs, count, &m->why);
    (void)snprintf(h.institution, sizeof h.institution, "H%07u", (unsigned)(file % INSTITUTIONS));
    bcd_write(440100000000u + file, h.terminal, TERMINAL_LEN);
    upload_begin(&tally, &h, &b);
    for (size_t k = 0; k < count; k++) {
        bool forged = (from + k) % ((uint64_t)FAULT_EVERY * KINDS) == FAULT_AT;
        (void)memcpy(m->records[k].tac, m->jobs[k].tac, MAC_LEN);
        m->records[k].tac[0] ^= forged ? 1 : 0;
        upload_put(&tally, &m->records[k], &b);
    }
    upload_end(&tally, &b, NULL);
    (void)snprintf(path, sizeof path, "%s/%zu.upload", m->day->folder, file);
    FILE *out = err ? NULL : fopen(path, "wb");
    bool good = out && fwrite(b.at, 1, b.len, out) == b.len;
    good = out && fclose(out) == 0 && good;
    return err || good ? err : files_trouble(&m->why, "write", path);
}

static void *maker_run(void *self) {
    struct maker *m = self;
    for (size_t i = m->first; !m->err && i < m->day->file_count; i += m->step) {
        m->err = make_file(m, i);
    }
    return NULL;
}

/* The makers side by side; the caller's thread is the first. */
static enum err run_makers(struct maker *makers, size_t count, struct why *why) {
    pthread_t threads[MAKERS_MAX];
    bool started[MAKERS_MAX] = {false};
    for (size_t i = 1; i < count; i++) {
        started[i] = pthread_create(&threads[i], NULL, maker_run, &makers[i]) == 0;
    }
    enum err err = OK;
    for (size_t i = 0; i < count; i++) {
        if (started[i]) {
            (void)pthread_join(threads[i], NULL);
        } else {
            (void)maker_run(&makers[i]);
        }
        if (!err && makers[i].err) {
            err = makers[i].err;
            *why = makers[i].why;
        }
    }
    return err;
}

static enum err make_files(
    struct bench_day *day, const struct vault *vaults, size_t vault_count, struct why *why) {
    size_t count = vault_count < MAKERS_MAX ? vault_count : MAKERS_MAX;
    struct maker *makers = calloc(count, sizeof *makers);
    for (size_t i = 0; makers && i < count; i++) {
        makers[i].day = day;
        makers[i].vault = &vaults[i];
        makers[i].first = i;
        makers[i].step = count;
    }
    enum err err = makers ? run_makers(makers, count, why)
                          : why_say(why, ERR_OUTSIDE, "no memory for %zu makers of files", count);
    free(makers);
    return err;
}

/* Terminals upload in an order of their own: a step through all files that meets none twice. */
static enum err list_files(struct bench_day *day, struct why *why) {
    day->paths = calloc(day->file_count, sizeof *day->paths);
    day->files = calloc(day->file_count, sizeof *day->files);
    if (!day->paths || !day->files || strlen(day->folder) > sizeof *day->paths - 24) {
        return why_say(
            why, ERR_OUTSIDE, "no memory for %zu files, or --folder is too long", day->file_count);
    }
    for (size_t i = 0; i < day->file_count; i++) {
        size_t file = day->file_count % 7919 ? i * 7919 % day->file_count : i;
        (void)snprintf(day->paths[i], sizeof day->paths[i], "%s/%zu.upload", day->folder, file);
        day->files[i] = day->paths[i];
    }
    return OK;
}

enum err bench_day_make(
    struct bench_day *day, const struct vault *vaults, size_t vault_count, struct why *why) {
    day->file_count = (size_t)((day->purchases + BENCH_FILE_RECORDS - 1) / BENCH_FILE_RECORDS);
    enum err err = draw_city(day, why);
    err = err ? err : list_files(day, why);
    return err ? err : make_files(day, vaults, vault_count, why);
}

void bench_day_free(struct bench_day *day) {
    for (size_t i = 0; day->files && i < day->file_count; i++) {
        (void)unlink(day->files[i]);
    }
    register_close(&day->city);
    free(day->city.cards);
    free(day->institutions);
    free(day->terminals);
    free(day->paths);
    free(day->files);
}

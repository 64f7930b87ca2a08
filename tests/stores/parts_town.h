/* Two centres over databases of their own, days drawn with many faults for both, the ways to take
 * them, and the comparison of what they came to. */
#pragma once

#include "stores/clearing_city.h"

#include <dirent.h>

#include "clearing/day_report.h"
#include "clearing/move.h"
#include "clearing/partition_take.h"
#include "host/files.h"
#include "host/rng.h"
#include "stores/sql/clearing_parts.h"

enum { CARDS = 40, FILES = 24, RECORDS = 90, DAYS = 2, WORKERS = 2 };

static const char foreign_prefix[] = "\x86\x84\x31\x01";

/* --- two cities ---------------------------------------------------------------------------- */

struct town {
    struct city *city;
    struct sql_parts *rows;
    struct parts_store parts;
    char folder[64];
    struct test_vault keys[WORKERS];
    struct vault vaults[WORKERS];
};

/* The files of a day, with names in the order of their taking. */
struct pile {
    char folder[64];
    char names[FILES * 2][96];
    const char *files[FILES * 2];
    size_t count;
};

static inline void pull_down(const char *folder) {
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static inline struct town *new_town(const char *path) {
    static const struct institution far = {"C3101000", "邻市卡中心", "3101000000000001"};
    struct town *t = calloc(1, sizeof *t);
    struct why why = {{0}};
    assert_non_null(t);
    t->city = calloc(1, sizeof *t->city);
    assert_non_null(t->city);
    open_rows(t->city, path);
    must(sql_parts_open(&t->city->db, &t->rows, &t->parts, &why), &why);
    fill_registry(&t->city->db, CARDS);
    take_rules(t->city);
    found_city(&t->city->clearing);
    for (unsigned n = 1; n < CARDS; n++) { /* the last one has nothing */
        give(&t->city->clearing, n, 60000);
    }
    must(institution_register(&t->city->clearing, &far, "clearer", &why), &why);
    must(t->city->store.city_put(
             t->city->store.self, far.code, (const uint8_t *)foreign_prefix, &why),
        &why);
    t->city->bank = new_bank();
    (void)snprintf(t->folder, sizeof t->folder, "/tmp/shebao-take-XXXXXX");
    assert_non_null(mkdtemp(t->folder));
    for (size_t i = 0; i < WORKERS; i++) {
        t->vaults[i] = test_vault(&t->keys[i]);
    }
    return t;
}

static inline void drop_town(struct town *t) {
    drop_bank(&t->city->bank);
    sql_parts_close(t->rows);
    close_rows(t->city);
    pull_down(t->folder);
    free(t->city);
    free(t);
}

static inline struct pile new_pile(void) {
    struct pile p = {.folder = "/tmp/shebao-pile-XXXXXX"};
    assert_non_null(mkdtemp(p.folder));
    return p;
}

/* The same words to both cities. */
static inline void both_say(struct town *const towns[2], const char *sentence) {
    struct why why = {{0}};
    for (size_t i = 0; i < 2; i++) {
        must(db_run(&towns[i]->city->db, sentence, &why), &why);
    }
}

/* --- days that are drawn ------------------------------------------------------------------- */

/* What the cards did so far, as honest terminals saw it, and the records that were made. */
struct market {
    struct rng rng;
    uint32_t day, fen[CARDS + 1], seq;
    uint16_t number[CARDS + 1];
    struct upload_record past[DAYS * FILES * RECORDS];
    size_t past_count;
};

static inline void spoil(struct market *t, struct upload_record *r) {
    switch (rng_below(&t->rng, 14)) {
    case 0:
        r->key_version = 3;
        break;
    case 1:
        r->asn[ASN_LEN - 1] = 0xEE; /* nobody's card */
        break;
    case 2:
        (void)memcpy(r->asn + 2, foreign_prefix, 4);
        break;
    case 3:
        terminal_no(50, r->terminal);
        break;
    case 4:
        terminal_no((unsigned)(1 + rng_below(&t->rng, 4)), r->terminal);
        break;
    case 5:
        moment_at(day_plus(t->day, 1), 1, r->moment);
        break;
    case 6:
        moment_at(day_plus(t->day, -40), 235959, r->moment);
        break;
    case 7:
        r->amount = 20001;
        break;
    case 8:
        r->flag = UPLOAD_ONLINE;
        break;
    case 9:
        r->balance_before += 700;
        break;
    case 10:
        r->trade = TRADE_MEDICAL_PURCHASE;
        break;
    case 11:
        r->amount = 0;
        break;
    case 12:
        card_factor(CARDS, r->asn + 2); /* without cover */
        break;
    default:
        r->moment[2] = 0x13;
        break;
    }
    if (rng_below(&t->rng, 6) > 0) {
        sign_record(r);
    }
    if (r->trade == TRADE_MEDICAL_PURCHASE) { /* what its form on the line does not carry */
        r->asn[0] = r->asn[1] = 0;
    }
}

static inline struct upload_record draw_record(struct market *t, unsigned terminal) {
    if (t->past_count > 0 && rng_below(&t->rng, 12) == 0) {
        struct upload_record r = t->past[rng_below(&t->rng, t->past_count)];
        r.flag = rng_below(&t->rng, 2) == 0 ? UPLOAD_RECOVERED : r.flag;
        r.number = (uint16_t)(r.number + (rng_below(&t->rng, 4) == 0));
        if (rng_below(&t->rng, 3) == 0) { /* another trade in its place */
            r.amount++;
            sign_record(&r);
        }
        return r;
    }
    unsigned card = (unsigned)(1 + rng_below(&t->rng, CARDS - 1));
    uint32_t fen = (uint32_t)(1 + rng_below(&t->rng, 1500));
    struct upload_record r = purchase(
        card, terminal, ++t->seq, t->number[card], t->fen[card] + fen, fen);
    if (t->fen[card] < fen) {
        return r; /* its balance is what no card has: held */
    }
    r.balance_before = t->fen[card];
    moment_at(t->day, 90000 + t->seq % 60, r.moment);
    sign_record(&r);
    t->fen[card] -= fen;
    t->number[card]++;
    if (rng_below(&t->rng, 6) == 0) {
        spoil(t, &r);
    }
    return r;
}

static inline void save(struct pile *p, const struct file *f) {
    struct why why = {{0}};
    char *name = p->names[p->count];
    assert_true(p->count < sizeof p->files / sizeof p->files[0]);
    (void)snprintf(name, sizeof p->names[0], "%s/%03zu.upload", p->folder, p->count);
    must(files_write(name, bytes_of(f->bytes, f->len), &why), &why);
    p->files[p->count++] = name;
}

/* A file of a terminal, sometimes torn, altered, doubled or from another institution. On a server
 * all are
 * whole and come once: it gives no number twice, so files that were refused leave gaps among those
 * that came
 * one by one, and pages name files by their numbers. */
static inline void draw_file(struct market *t, struct pile *p) {
    struct file *f = calloc(1, sizeof *f);
    struct upload_record records[RECORDS];
    size_t count = rng_below(&t->rng, RECORDS + 1);
    bool far = rng_below(&t->rng, 8)
               == 0; /* another city's centre sends what our cards bought there */
    unsigned terminal = far ? 70 : (unsigned)(1 + rng_below(&t->rng, 4));
    assert_non_null(f);
    for (size_t i = 0; i < count; i++) {
        records[i] = t->past[t->past_count++] = draw_record(t, terminal);
    }
    bool stranger = rng_below(&t->rng, 10) == 0;
    file_of(f,
        far                          ? "C3101000"
        : (terminal > 2) != stranger ? "H0000002"
                                     : "P0000001",
        terminal, records, count);
    uint64_t how = on_a_server() ? 9 : rng_below(&t->rng, 10);
    if (how == 0) {
        f->len -= 1 + rng_below(&t->rng, f->len - 1);
    } else if (how == 1) {
        f->bytes[rng_below(&t->rng, f->len)] ^= 0x10;
    }
    save(p, f);
    if (how <= 2) {
        save(p, f);
    }
    free(f);
}

static inline void draw_day(struct market *t, struct pile *p) {
    for (size_t i = 0; i < FILES; i++) {
        draw_file(t, p);
    }
}

static inline struct market *new_trade(uint64_t seed) {
    struct market *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->rng = rng_stream(seed, "take", 0);
    t->day = TODAY;
    for (unsigned n = 1; n < CARDS; n++) {
        t->fen[n] = 60000;
    }
    return t;
}

/* --- taking -------------------------------------------------------------------------------- */

static inline void take_one_by_one(struct town *t, const struct pile *p) {
    for (size_t i = 0; i < p->count; i++) {
        FILE_CONTENT_SCOPE(content);
        struct intake_figures figures;
        struct why why = {{0}};
        must(files_read(p->files[i], FILE_ROOM, &content, &why), &why);
        struct bytes view = bytes_of(content.at, content.len);
        (void)intake_file(&t->city->clearing, upload_source_bytes(&view), &figures, NULL, &why);
    }
}

static inline struct parts_taking taking_of(struct town *t, const struct pile *p) {
    return (struct parts_taking){.c = &t->city->clearing,
        .parts = &t->parts,
        .folder = t->folder,
        .files = p->files,
        .file_count = p->count,
        .vaults = t->vaults,
        .workers = WORKERS};
}

static inline void take_in_parts(struct town *t, const struct pile *p, struct parts_taken *out) {
    struct parts_taking order = taking_of(t, p);
    struct why why = {{0}};
    must(parts_take(&order, out, &why), &why);
}

static inline uint64_t differences_of(struct town *t, uint32_t day) {
    struct pile none = {.count = 0};
    struct parts_taking order = taking_of(t, &none);
    struct parts_proof proof;
    struct why why = {{0}};
    must(parts_prove_books(&order, day, &proof, &why), &why);
    return proof.differences.count;
}

/* --- comparing ----------------------------------------------------------------------------- */

/* All reports of a day as text, for the caller to free. */
static inline char *reports_of(const struct clearing *c, uint32_t day) {
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);
    assert_non_null(to);
    for (int which = 0; which < DAY_REPORT_COUNT; which++) {
        struct report_sink sink = report_csv(to);
        struct why why = {{0}};
        must(day_report_write(c, (enum day_report)which, day, &sink, &why), &why);
    }
    assert_int_equal(fclose(to), 0);
    return text;
}

static inline void same_reports(struct town *const towns[2], uint32_t day) {
    char *a = reports_of(&towns[0]->city->clearing, day);
    char *b = reports_of(&towns[1]->city->clearing, day);
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static inline void same_figures(
    struct town *const towns[2], uint32_t day, uint64_t ends[REASON_COUNT]) {
    struct intake_figures a, b;
    struct why why = {{0}};
    must(intake_figures_of(&towns[0]->city->clearing, day, &a, &why), &why);
    must(intake_figures_of(&towns[1]->city->clearing, day, &b, &why), &why);
    assert_memory_equal(&a, &b, sizeof a);
    for (size_t i = 0; i < REASON_COUNT; i++) {
        ends[i] += a.by_reason[i].count;
    }
}

/* Every record that waits, and everything that an account says. */
static inline void same_rows(struct town *const towns[2], uint32_t day) {
    struct record_row a = {.id = 0}, b = {.id = 0};
    const struct clearing_store *one = &towns[0]->city->store, *two = &towns[1]->city->store;
    struct why why = {{0}};
    size_t waiting = 0;
    while (one->record_waiting(one->self, day, a.upload, a.place, &a, &why) == OK) {
        must(two->record_waiting(two->self, day, b.upload, b.place, &b, &why), &why);
        assert_int_equal(a.upload, b.upload);
        assert_int_equal(a.place, b.place);
        assert_int_equal(a.reason, b.reason);
        assert_int_equal(a.posted, b.posted);
        assert_memory_equal(a.record.tac, b.record.tac, MAC_LEN);
        waiting++;
    }
    assert_int_equal(
        two->record_waiting(two->self, day, b.upload, b.place, &b, &why), ERR_NOT_FOUND);
    assert_true(waiting > 0);
    for (unsigned n = 1; n <= CARDS; n++) {
        struct card_books x = {0}, y = {0};
        uint8_t factor[FACTOR_LEN];
        card_factor(n, factor);
        (void)one->card_books(one->self, factor, &x, &why);
        (void)two->card_books(two->self, factor, &y, &why);
        assert_memory_equal(&x, &y, sizeof x);
    }
}

static inline void close_day(struct town *t, uint32_t day) {
    struct day_order order = {day, "clearer", t->city->bank.dir};
    struct why why = {{0}};
    must(day_run(&t->city->clearing, &order, "approver", &why), &why);
    assert_books_even(&t->city->clearing);
}

static inline void same_bank_files(struct town *const towns[2], uint32_t day) {
    struct file_content files[2] = {{0}};
    struct why why = {{0}};
    for (size_t i = 0; i < 2; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%08u.pay", towns[i]->city->bank.dir, (unsigned)day);
        must(files_read(path, 1 << 20, &files[i], &why), &why);
    }
    assert_true(files[0].len > 100);
    assert_int_equal(files[0].len, files[1].len);
    assert_memory_equal(files[0].at, files[1].at, files[0].len);
    file_content_free(&files[0]);
    file_content_free(&files[1]);
}

/* Blacklist, outage and limits for both, as the desks would have written them. */
static inline void say_more(struct town *const towns[2]) {
    char listed[512], factor[2 * FACTOR_LEN + 1];
    uint8_t of[FACTOR_LEN];
    static const char *const life[] = {"1, 1, 1, 20031008, 90030)", "2, 0, 1, 20031008, 90045)"};
    for (size_t i = 0; i < 2; i++) {
        card_factor(7, of);
        hex_write(bytes_of(of, FACTOR_LEN), factor);
        (void)snprintf(listed, sizeof listed,
            "INSERT INTO blacklist (card, factor, version, added, reason, day, time) VALUES "
            "('A00000077', x'%s', %s",
            factor, life[i]);
        both_say(towns, listed);
    }
    both_say(towns, "INSERT INTO parameter (name, valid_from, value, who) VALUES "
                    "('offline-card-day-fen', 20031001, 9000, 'head'), "
                    "('offline-in-row', 20031001, 9, 'head')");
}

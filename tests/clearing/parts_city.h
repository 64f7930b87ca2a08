/* A memory city and the register of the same city, random days with every fault for both, and the
 * comparison of what they came to: the intake record by record, and a day in parts. */
#pragma once

#include "clearing/memory_city.h"

#include <unistd.h>

#include "clearing/partition_day.h"
#include "clearing/segment.h"
#include "host/files.h"
#include "host/rng.h"

enum { CARDS = 9, FILES_MOST = 12, DAYS_MOST = 3, RECORDS_MOST = 40 };

/* --- a city in both forms ------------------------------------------------------------------ */

/* What a card did so far, as an honest terminal saw it. */
struct wallet {
    uint32_t fen;
    uint16_t number;
};

/* The register of a memory city, and a folder of its own. */
struct parts_city {
    struct city *city;
    struct day_register reg;
    struct register_card cards[CARDS];
    struct register_load loads[MEMORY_FEW];
    struct register_institution institutions[2];
    struct register_terminal terminals[4];
    struct approval approvals[MEMORY_FEW];
    struct test_vault keys[2];
    struct vault vaults[2];
    char folder[64];
    uint32_t day;             /* the one that is open */
    uint32_t days[DAYS_MOST]; /* those before it */
    size_t day_count;
    char paths[DAYS_MOST * FILES_MOST][96];
    const char *files[DAYS_MOST * FILES_MOST];
    size_t file_count, first_file; /* of all days, and where those of the open day begin */
    struct upload_record past[DAYS_MOST * FILES_MOST * RECORDS_MOST]; /* what was made so far */
    size_t past_count;
    struct wallet wallets[CARDS];
    int64_t before[3]; /* what two institutions and suspense had when the day began */
};

static inline int compare_loads(const void *a, const void *b) {
    const struct register_load *x = a, *y = b;
    int order = memcmp(x->factor, y->factor, FACTOR_LEN);
    return order != 0 ? order : (x->moment > y->moment) - (x->moment < y->moment);
}

static inline int compare_approvals(const void *a, const void *b) {
    const struct approval *x = a, *y = b;
    return memcmp(x->ticket, y->ticket, TICKET_LEN);
}

/* Cards and loads as the store has them now. */
static inline void draw_cards(struct parts_city *pc) {
    const struct memory_rows *rows = &pc->city->rows->now;
    for (size_t i = 0; i < CARDS; i++) {
        struct register_card *card = &pc->cards[i];
        (void)memcpy(card->factor, pc->city->rows->cards[i].factor, FACTOR_LEN);
        card->listed_from = pc->city->rows->cards[i].listed_from;
        card->fen = fen_on_card(&pc->city->clearing, (unsigned)i + 1);
        card->fund = (uint32_t)i % 2;
    }
    pc->reg.load_count = 0;
    for (size_t i = 0; i < rows->load_count; i++) {
        struct register_load *load = &pc->loads[pc->reg.load_count];
        (void)memcpy(load->factor, rows->loads[i].factor, FACTOR_LEN);
        load->moment = moment_number(rows->loads[i].facts.moment);
        load->fen = rows->loads[i].facts.amount;
        load->posted = rows->loads[i].state == LOAD_POSTED;
        pc->reg.load_count += rows->loads[i].state != LOAD_CANCELLED;
    }
    qsort(pc->loads, pc->reg.load_count, sizeof pc->loads[0], compare_loads);
}

/* The register as the store is now. */
static inline void draw_register(struct parts_city *pc) {
    const struct memory_rows *rows = &pc->city->rows->now;
    struct why why = {{0}};
    draw_cards(pc);
    (void)memcpy(pc->institutions[0].code, "H0000002", INSTITUTION_LEN + 1);
    (void)memcpy(pc->institutions[1].code, "P0000001", INSTITUTION_LEN + 1);
    pc->institutions[1].bank = 1;
    for (unsigned n = 0; n < 4; n++) {
        (void)memcpy(pc->terminals[n].number, rows->terminals[n].number, TERMINAL_LEN);
        pc->terminals[n].institution = rows->terminals[n].institution[0] == 'P';
        pc->terminals[n].stopped = rows->terminals[n].stopped;
        bool listed = memcmp(pc->terminals[n].number, pc->city->rows->list_terminal, TERMINAL_LEN)
                      == 0;
        pc->terminals[n].list_moment = listed ? pc->city->rows->list_moment : 0;
    }
    (void)memcpy(pc->approvals, rows->approvals, sizeof pc->approvals);
    qsort(pc->approvals, rows->approval_count, sizeof pc->approvals[0], compare_approvals);
    size_t loads = pc->reg.load_count;
    pc->reg = (struct day_register){.cards = pc->cards,
        .loads = pc->loads,
        .institutions = pc->institutions,
        .terminals = pc->terminals,
        .approvals = pc->approvals,
        .outages = rows->settle.outages,
        .outage_count = rows->settle.outage_count,
        .card_count = CARDS,
        .load_count = loads,
        .institution_count = 2,
        .terminal_count = 4,
        .approval_count = rows->approval_count,
        .funds = 2,
        .banks = 2,
        .limits = pc->city->rows->limits};
    must(register_open(&pc->reg, &why), &why);
}

static inline struct parts_city *new_parts_city(void) {
    struct parts_city *pc = calloc(1, sizeof *pc);
    assert_non_null(pc);
    pc->city = new_city();
    pc->day = TODAY;
    for (size_t i = 0; i < CARDS; i++) {
        pc->wallets[i] = (struct wallet){50000, (uint16_t)(i == 3 ? 0xFFF8 : 0)};
    }
    (void)snprintf(pc->folder, sizeof pc->folder, "/tmp/shebao-parts-XXXXXX");
    assert_non_null(mkdtemp(pc->folder));
    for (size_t i = 0; i < 2; i++) {
        pc->vaults[i] = test_vault(&pc->keys[i]);
    }
    return pc;
}

static inline void drop_parts_city(struct parts_city *pc) {
    char command[128];
    register_close(&pc->reg);
    drop_city(pc->city);
    (void)snprintf(command, sizeof command, "rm -r %s", pc->folder);
    assert_int_equal(system(command), 0);
    free(pc);
}

static inline struct parts_order order_of(struct parts_city *pc, size_t parts) {
    return (struct parts_order){.day = pc->day,
        .files = pc->files + pc->first_file,
        .file_count = pc->file_count - pc->first_file,
        .earlier = pc->days,
        .earlier_count = pc->day_count,
        .folder = pc->folder,
        .city = &pc->reg,
        .vaults = pc->vaults,
        .workers = 2,
        .parts = parts};
}

/* --- random days --------------------------------------------------------------------------- */

static inline void approve(struct parts_city *pc, const struct upload_record *r, bool exact) {
    struct approval a = {.amount = r->amount + (exact ? 0 : 1)};
    struct why why = {{0}};
    if (pc->city->rows->now.approval_count >= MEMORY_FEW) {
        return;
    }
    (void)memcpy(a.ticket, r->ticket, TICKET_LEN);
    (void)memcpy(a.factor, upload_factor(r), FACTOR_LEN);
    (void)memcpy(a.terminal, r->terminal, TERMINAL_LEN);
    struct approval before;
    if (pc->city->store.approval_find(pc->city->rows, a.ticket, &before, &why) == ERR_NOT_FOUND) {
        must(pc->city->store.approval_add(pc->city->rows, &a, &why), &why);
    }
}

/* A record that came before, as it was or with other words. */
static inline struct upload_record again(struct parts_city *pc, struct rng *rng) {
    struct upload_record r = pc->past[rng_below(rng, pc->past_count)];
    uint64_t how = rng_below(rng, 8);
    r.number = (uint16_t)(r.number + (how == 1));
    r.balance_before += how == 2;
    r.tac[0] ^= how == 3;
    r.flag = how == 4 ? UPLOAD_RECOVERED : r.flag;
    if (how == 5) { /* another trade in its place, and one with its number */
        r.amount += 1;
        sign_record(&r);
    } else if (how == 6) {
        r.terminal_seq += 5000;
        sign_record(&r);
    } else if (how == 7) { /* another card in its place */
        r.asn[ASN_LEN - 1] = (uint8_t)(1 + rng_below(rng, 9));
        sign_record(&r);
    }
    return r;
}

/* One of many faults. */
static inline void spoil(struct parts_city *pc, struct rng *rng, struct upload_record *r) {
    switch (rng_below(rng, 19)) {
    case 0:
        r->key_version = 3;
        break;
    case 1:
        r->key_version = 2;
        break;
    case 2:
        r->asn[ASN_LEN - 1] = 0xEE;
        break;
    case 3:
        terminal_no(50, r->terminal);
        break;
    case 4:
        terminal_no((unsigned)(1 + rng_below(rng, 4)), r->terminal);
        break;
    case 5:
        moment_at(day_plus(pc->day, 1), 1, r->moment);
        break;
    case 6:
        moment_at(day_plus(pc->day, -40), 235959, r->moment);
        break;
    case 7:
        moment_at(day_plus(pc->day, -2), 101010, r->moment);
        break;
    case 8:
        r->amount = 10001;
        break;
    case 9:
        r->flag = UPLOAD_ONLINE;
        break;
    case 10:
        r->flag = UPLOAD_ONLINE;
        approve(pc, r, true);
        break;
    case 11:
        r->flag = UPLOAD_ONLINE;
        approve(pc, r, false);
        break;
    case 12:
        r->balance_before = r->amount - 1;
        break;
    case 13:
        r->batch = 2;
        break;
    case 14:
        r->moment[2] = 0x13;
        break;
    case 15:
        r->trade = TRADE_MEDICAL_PURCHASE;
        break;
    case 16:
        r->amount = 0;
        break;
    case 17:
        card_factor(9, r->asn + 2);
        moment_at(pc->day, 103000, r->moment);
        break;
    default:
        r->balance_before += 700;
        break;
    }
    if (rng_below(rng, 8) > 0) {
        sign_record(r);
    }
    if (r->trade == TRADE_MEDICAL_PURCHASE) { /* what its form on the line does not carry */
        r->asn[0] = r->asn[1] = 0;
    }
}

static inline struct upload_record random_record(
    struct parts_city *pc, struct rng *rng, unsigned terminal) {
    if (pc->past_count > 0 && rng_below(rng, 8) == 0) {
        return again(pc, rng);
    }
    unsigned card = (unsigned)(1 + rng_below(rng, CARDS));
    struct wallet *w = &pc->wallets[card - 1];
    bool large = rng_below(rng, 3) == 0;
    uint32_t fen = (uint32_t)(1 + rng_below(rng, large ? 10000 : 900));
    uint32_t before = w->fen >= fen ? w->fen : 60000; /* more than the books know */
    struct upload_record r = purchase(
        card, terminal, (uint32_t)pc->past_count + 1, w->number, before, fen);
    moment_at(pc->day, 90000 + (uint32_t)pc->past_count % 60, r.moment);
    sign_record(&r);
    w->fen = before - fen;
    w->number++;
    if (rng_below(rng, 5) == 0) {
        spoil(pc, rng, &r);
    }
    return r;
}

/* The bytes of a file, to disk. */
static inline void save(struct parts_city *pc, const struct file *f) {
    struct why why = {{0}};
    char *path = pc->paths[pc->file_count];
    (void)snprintf(path, sizeof pc->paths[0], "%s/%zu.upload", pc->folder, pc->file_count);
    must(files_write(path, bytes_of(f->bytes, f->len), &why), &why);
    pc->files[pc->file_count++] = path;
}

static inline void random_file(struct parts_city *pc, struct rng *rng) {
    struct file *f = calloc(1, sizeof *f);
    struct upload_record records[RECORDS_MOST];
    size_t count = rng_below(rng, RECORDS_MOST + 1);
    unsigned terminal = (unsigned)(1 + rng_below(rng, 4));
    assert_non_null(f);
    for (size_t i = 0; i < count; i++) {
        records[i] = random_record(pc, rng, terminal);
        pc->past[pc->past_count++] = records[i];
    }
    bool stranger = rng_below(rng, 10) == 0;
    file_of(f, (terminal > 2) != stranger ? "H0000002" : "P0000001", terminal, records, count);
    uint64_t how = rng_below(rng, 12);
    if (how == 0) {
        f->len -= 1 + rng_below(rng, f->len - 1);
    } else if (how == 1) {
        f->bytes[rng_below(rng, f->len)] ^= 0x10;
    }
    save(pc, f);
    if (how == 2 && pc->file_count < pc->first_file + FILES_MOST) {
        f->bytes[70] ^= 1; /* a forged copy that claims the digest, and then the copy */
        save(pc, f);
        f->bytes[70] ^= 1;
    }
    if (how <= 3 && pc->file_count < pc->first_file + FILES_MOST) {
        save(pc, f);
    }
    free(f);
}

/* Loads in the middle of the day, posted or only authorised, that explain gaps. */
static inline void random_loads(struct parts_city *pc, struct rng *rng) {
    struct why why = {{0}};
    for (unsigned i = 0; i < 6; i++) {
        unsigned card = (unsigned)(1 + rng_below(rng, CARDS));
        struct load_request q = load_of(card, 700000 + i, (uint16_t)(20 + i),
            (uint32_t)fen_on_card(&pc->city->clearing, card), 700);
        uint8_t now[MOMENT_LEN];
        struct load_answer answer;
        if (rng_below(rng, 3) > 0) {
            (void)load_whole(&pc->city->clearing, &q, 90000 + i * 7, &why);
        } else {
            moment_at(TODAY, 90000 + i * 7, now);
            (void)load_authorise(&pc->city->clearing, &q, now, &answer, &why);
        }
    }
}

static inline void random_day(struct parts_city *pc, struct rng *rng) {
    if (pc->day_count == 0) {
        random_loads(pc, rng);
    }
    pc->city->rows->now.terminals[3].stopped = rng_below(rng, 4) == 0;
    size_t files = pc->first_file + 1 + rng_below(rng, FILES_MOST);
    while (pc->file_count < files) {
        if (pc->first_file > 0 && rng_below(rng, 10) == 0) { /* of an earlier day, once more */
            pc->files[pc->file_count++] = pc->files[rng_below(rng, pc->first_file)];
        } else {
            random_file(pc, rng);
        }
    }
}

/* Cuts the open day; what comes now belongs to the next. */
static inline void next_day(struct parts_city *pc) {
    struct day_order order = {pc->day, "clearer", NULL};
    struct why why = {{0}};
    const struct clearing *c = &pc->city->clearing;
    assert_true(pc->day_count < DAYS_MOST);
    must(day_step(c, &order, DAY_CUT, &why), &why);
    pc->days[pc->day_count++] = pc->day;
    pc->day = day_plus(pc->day, 1);
    pc->first_file = pc->file_count;
    pc->before[0] = fen_of_institution(c, "H0000002");
    pc->before[1] = fen_of_institution(c, "P0000001");
    pc->before[2] = fen_in_suspense(c);
    register_close(&pc->reg);
}

/* --- comparing ----------------------------------------------------------------------------- */

/* Takes the files in one after another; which upload each became, or 0. */
static inline void take_all(
    struct parts_city *pc, int64_t uploads[FILES_MOST], size_t *again_count) {
    *again_count = 0;
    for (size_t i = 0; i < pc->file_count - pc->first_file; i++) {
        FILE_CONTENT_SCOPE(content);
        struct intake_figures figures;
        struct why why = {{0}};
        bool known = false;
        must(files_read(pc->files[pc->first_file + i], FILE_ROOM, &content, &why), &why);
        struct bytes view = bytes_of(content.at, content.len);
        enum err err = intake_file(
            &pc->city->clearing, upload_source_bytes(&view), &figures, &known, &why);
        uploads[i] = err || known ? 0 : (int64_t)pc->city->rows->now.upload_count;
        *again_count += !err && known;
    }
}

/* The segments' rows against the store's. */
struct comparing {
    const struct memory_rows *rows;
    const int64_t *uploads;
    size_t seen;
};

static inline enum err compare_rows(
    void *self, const struct segment_row *rows, size_t count, struct why *why) {
    struct comparing *c = self;
    (void)why;
    for (size_t i = 0; i < count; i++) {
        const struct record_row *of = NULL;
        struct upload_record r;
        for (size_t j = 0; j < c->rows->record_count; j++) {
            bool same = c->rows->records[j].upload == c->uploads[rows[i].file]
                        && c->rows->records[j].place == rows[i].place;
            of = same ? &c->rows->records[j] : of;
        }
        assert_non_null(of);
        assert_true(segment_record(&rows[i], &r));
        if (rows[i].reason != of->reason) {
            fail_msg("file %u, record %u: %s in parts, %s by intake", rows[i].file + 1,
                rows[i].place, reason_line((enum reason)rows[i].reason)->word,
                reason_line(of->reason)->word);
        }
        assert_int_equal(rows[i].tac, of->tac);
        assert_int_equal(rows[i].posted, of->posted);
        assert_int_equal(r.amount, of->record.amount);
        assert_memory_equal(r.ticket, of->record.ticket, TICKET_LEN);
        c->seen++;
    }
    return OK;
}

static inline void compare_segments(struct parts_city *pc, size_t parts, const int64_t *uploads) {
    struct comparing c = {&pc->city->rows->now, uploads, 0};
    size_t wanted = 0;
    for (size_t p = 0; p < parts; p++) {
        struct segment_head head = {.day = pc->day, .part = (uint32_t)p, .parts = (uint32_t)parts};
        uint8_t seal[SEGMENT_SEAL_LEN];
        char path[128];
        struct why why = {{0}};
        (void)snprintf(path, sizeof path, "%s/%u-%03zu.seg", pc->folder, (unsigned)pc->day, p);
        must(segment_read(path, &head, compare_rows, &c, seal, &why), &why);
    }
    for (size_t i = 0; i < c.rows->record_count; i++) {
        wanted += c.rows->records[i].day == pc->day;
    }
    assert_int_equal(c.seen, wanted);
}

static inline void compare_sums(struct parts_city *pc, const struct parts_result *r) {
    struct intake_figures by_intake;
    struct why why = {{0}};
    const struct clearing *c = &pc->city->clearing;
    must(intake_figures_of(c, pc->day, &by_intake, &why), &why);
    assert_memory_equal(&r->figures, &by_intake, sizeof by_intake);
    assert_int_equal(r->nets[0].fen + pc->before[0], fen_of_institution(c, "H0000002"));
    assert_int_equal(r->nets[1].fen + pc->before[1], fen_of_institution(c, "P0000001"));
    assert_int_equal(r->suspense_fen + pc->before[2], fen_in_suspense(c));
    for (unsigned n = 0; n < CARDS; n++) {
        assert_int_equal(r->after[n], fen_on_card(c, n + 1));
    }
    assert_int_equal(r->fund_bank[1] + r->fund_bank[3], r->nets[1].fen);
}

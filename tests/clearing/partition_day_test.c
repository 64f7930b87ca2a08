/* A day in parts against the intake, record by record: random small days with every fault, in files
 * that are doubled, torn and out of order; the same day again; altered segments and pages. */
#include "clearing/memory_city.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clearing/partition_day.h"
#include "clearing/segment.h"
#include "host/clock.h"
#include "host/files.h"
#include "host/rng.h"

enum { CARDS = 9, FILES_MOST = 12, DAYS = 150, RECORDS_MOST = 40 };

/* --- a city in both forms ------------------------------------------------------------------ */

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
    char paths[FILES_MOST][96];
    const char *files[FILES_MOST];
    size_t file_count;
    struct upload_record past[FILES_MOST * RECORDS_MOST]; /* what was made so far */
    size_t past_count;
};

static int compare_loads(const void *a, const void *b) {
    const struct register_load *x = a, *y = b;
    int order = memcmp(x->factor, y->factor, FACTOR_LEN);
    return order != 0 ? order : (x->moment > y->moment) - (x->moment < y->moment);
}

static int compare_approvals(const void *a, const void *b) {
    const struct approval *x = a, *y = b;
    return memcmp(x->ticket, y->ticket, TICKET_LEN);
}

/* Cards and loads as the store has them now. */
static void draw_cards(struct parts_city *pc) {
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
static void draw_register(struct parts_city *pc) {
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
    }
    (void)memcpy(pc->approvals, rows->approvals, sizeof pc->approvals);
    qsort(pc->approvals, rows->approval_count, sizeof pc->approvals[0], compare_approvals);
    size_t loads = pc->reg.load_count;
    pc->reg = (struct day_register){.cards = pc->cards,
        .loads = pc->loads,
        .institutions = pc->institutions,
        .terminals = pc->terminals,
        .approvals = pc->approvals,
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

static struct parts_city *new_parts_city(void) {
    struct parts_city *pc = calloc(1, sizeof *pc);
    assert_non_null(pc);
    pc->city = new_city();
    (void)snprintf(pc->folder, sizeof pc->folder, "/tmp/shebao-parts-XXXXXX");
    assert_non_null(mkdtemp(pc->folder));
    for (size_t i = 0; i < 2; i++) {
        pc->vaults[i] = test_vault(&pc->keys[i]);
    }
    return pc;
}

static void drop_parts_city(struct parts_city *pc) {
    char command[128];
    register_close(&pc->reg);
    drop_city(pc->city);
    (void)snprintf(command, sizeof command, "rm -r %s", pc->folder);
    assert_int_equal(system(command), 0);
    free(pc);
}

static struct parts_order order_of(struct parts_city *pc, size_t parts) {
    return (struct parts_order){.day = TODAY,
        .files = pc->files,
        .file_count = pc->file_count,
        .folder = pc->folder,
        .city = &pc->reg,
        .vaults = pc->vaults,
        .workers = 2,
        .parts = parts};
}

/* --- random days --------------------------------------------------------------------------- */

/* What a card did so far, as an honest terminal saw it. */
struct wallet {
    uint32_t fen;
    uint16_t number;
};

static void approve(struct parts_city *pc, const struct upload_record *r, bool exact) {
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
static struct upload_record again(struct parts_city *pc, struct rng *rng) {
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
static void spoil(struct parts_city *pc, struct rng *rng, struct upload_record *r) {
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
        moment_at(TODAY + 1, 1, r->moment);
        break;
    case 6:
        moment_at(TODAY - 4, 235959, r->moment);
        break;
    case 7:
        moment_at(TODAY - 2, 101010, r->moment);
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
        moment_at(TODAY, 103000, r->moment);
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

static struct upload_record random_record(
    struct parts_city *pc, struct rng *rng, unsigned terminal, struct wallet *wallets) {
    if (pc->past_count > 0 && rng_below(rng, 8) == 0) {
        return again(pc, rng);
    }
    unsigned card = (unsigned)(1 + rng_below(rng, CARDS));
    struct wallet *w = &wallets[card - 1];
    bool large = rng_below(rng, 3) == 0;
    uint32_t fen = (uint32_t)(1 + rng_below(rng, large ? 10000 : 900));
    uint32_t before = w->fen >= fen ? w->fen : 60000; /* more than the books know */
    struct upload_record r = purchase(
        card, terminal, (uint32_t)pc->past_count + 1, w->number, before, fen);
    w->fen = before - fen;
    w->number++;
    if (rng_below(rng, 5) == 0) {
        spoil(pc, rng, &r);
    }
    return r;
}

/* The bytes of a file, to disk. */
static void save(struct parts_city *pc, const struct file *f) {
    struct why why = {{0}};
    char *path = pc->paths[pc->file_count];
    (void)snprintf(path, sizeof pc->paths[0], "%s/%zu.upload", pc->folder, pc->file_count);
    must(files_write(path, bytes_of(f->bytes, f->len), &why), &why);
    pc->files[pc->file_count++] = path;
}

static void random_file(struct parts_city *pc, struct rng *rng, struct wallet *wallets) {
    struct file *f = calloc(1, sizeof *f);
    struct upload_record records[RECORDS_MOST];
    size_t count = rng_below(rng, RECORDS_MOST + 1);
    unsigned terminal = (unsigned)(1 + rng_below(rng, 4));
    assert_non_null(f);
    for (size_t i = 0; i < count; i++) {
        records[i] = random_record(pc, rng, terminal, wallets);
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
    if (how == 2 && pc->file_count < FILES_MOST) {
        f->bytes[70] ^= 1; /* a forged copy that claims the digest, and then the copy */
        save(pc, f);
        f->bytes[70] ^= 1;
    }
    if (how <= 3 && pc->file_count < FILES_MOST) {
        save(pc, f);
    }
    free(f);
}

/* Loads in the middle of the day, posted or only authorised, that explain gaps. */
static void random_loads(struct parts_city *pc, struct rng *rng) {
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

static void random_day(struct parts_city *pc, struct rng *rng) {
    struct wallet wallets[CARDS];
    for (size_t i = 0; i < CARDS; i++) {
        wallets[i] = (struct wallet){50000, (uint16_t)(i == 3 ? 0xFFF8 : 0)};
    }
    random_loads(pc, rng);
    pc->city->rows->now.terminals[3].stopped = rng_below(rng, 4) == 0;
    size_t files = 1 + rng_below(rng, FILES_MOST);
    while (pc->file_count < files) {
        random_file(pc, rng, wallets);
    }
}

/* --- comparing ----------------------------------------------------------------------------- */

/* Takes the files in one after another; which upload each became, or 0. */
static void take_all(struct parts_city *pc, int64_t uploads[FILES_MOST], size_t *again_count) {
    *again_count = 0;
    for (size_t i = 0; i < pc->file_count; i++) {
        FILE_CONTENT_SCOPE(content);
        struct intake_figures figures;
        struct why why = {{0}};
        bool known = false;
        must(files_read(pc->files[i], FILE_ROOM, &content, &why), &why);
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

static enum err compare_rows(
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

static void compare_segments(struct parts_city *pc, size_t parts, const int64_t *uploads) {
    struct comparing c = {&pc->city->rows->now, uploads, 0};
    for (size_t p = 0; p < parts; p++) {
        struct segment_head head = {.day = TODAY, .part = (uint32_t)p, .parts = (uint32_t)parts};
        uint8_t seal[SEGMENT_SEAL_LEN];
        char path[128];
        struct why why = {{0}};
        (void)snprintf(path, sizeof path, "%s/%u-%03zu.seg", pc->folder, (unsigned)TODAY, p);
        must(segment_read(path, &head, compare_rows, &c, seal, &why), &why);
    }
    assert_int_equal(c.seen, pc->city->rows->now.record_count);
}

static void compare_sums(struct parts_city *pc, const struct parts_result *r) {
    struct intake_figures by_intake;
    struct why why = {{0}};
    const struct clearing *c = &pc->city->clearing;
    must(intake_figures_of(c, TODAY, &by_intake, &why), &why);
    assert_memory_equal(&r->figures, &by_intake, sizeof by_intake);
    assert_int_equal(r->nets[0].fen, fen_of_institution(c, "H0000002"));
    assert_int_equal(r->nets[1].fen, fen_of_institution(c, "P0000001"));
    assert_int_equal(r->suspense_fen, fen_in_suspense(c));
    for (unsigned n = 0; n < CARDS; n++) {
        assert_int_equal(r->after[n], fen_on_card(c, n + 1));
    }
    assert_int_equal(r->fund_bank[1] + r->fund_bank[3], r->nets[1].fen);
}

/* intake.h against partition_day.h: every record the same reason, every sum the same. */
static void random_days_end_as_the_intake_ends_them(void **state) {
    (void)state;
    uint64_t by_reason[REASON_COUNT] = {0}, bad = 0, known = 0;
    for (uint64_t seed = 1; seed <= DAYS; seed++) {
        struct parts_city *pc = new_parts_city();
        struct rng rng = rng_stream(seed, "parts", 0);
        struct parts_result result;
        struct why why = {{0}};
        int64_t uploads[FILES_MOST];
        size_t again_count = 0, parts = 1 + rng_below(&rng, 12);
        random_day(pc, &rng);
        draw_register(pc);
        take_all(pc, uploads, &again_count);
        struct parts_order order = order_of(pc, parts);
        if (seed % 50 == 0) {
            print_message("parts: seed %u\n", (unsigned)seed);
        }
        must(parts_run(&order, &result, &why), &why);
        assert_int_equal(result.files_again, again_count);
        compare_segments(pc, parts, uploads);
        compare_sums(pc, &result);
        for (size_t i = 0; i < REASON_COUNT; i++) {
            by_reason[i] += result.figures.by_reason[i].count;
        }
        bad += result.files_bad;
        known += result.files_again;
        parts_result_free(&result);
        drop_parts_city(pc);
    }
    for (size_t i = 0; i < REASON_FOREIGN; i++) { /* every end of parts was met */
        if (by_reason[i] == 0) {
            fail_msg("no record ended as %s", reason_line((enum reason)i)->word);
        }
    }
    assert_true(bad > 0 && known > 0);
}

/* --- the same day again -------------------------------------------------------------------- */

/* A day of one seed, with its register drawn. */
static struct parts_city *day_of_seed(uint64_t seed) {
    struct parts_city *pc = new_parts_city();
    struct rng rng = rng_stream(seed, "parts", 0);
    random_day(pc, &rng);
    draw_register(pc);
    return pc;
}

static void path_of(const struct parts_city *pc, int part, char path[128]) {
    if (part < 0) {
        (void)snprintf(path, 128, "%s/%u.day", pc->folder, (unsigned)TODAY);
    } else {
        (void)snprintf(path, 128, "%s/%u-%03d.seg", pc->folder, (unsigned)TODAY, part);
    }
}

static struct file_content page_of(const struct parts_city *pc) {
    struct file_content content = {0};
    struct why why = {{0}};
    char path[128];
    path_of(pc, -1, path);
    must(files_read(path, FILE_ROOM, &content, &why), &why);
    return content;
}

/* The page of a seed's day, cleared without a disturbance, and how long that took. */
static uint64_t undisturbed_us;
static struct file_content undisturbed(uint64_t seed, size_t parts, size_t workers) {
    struct parts_city *pc = day_of_seed(seed);
    struct parts_order order = order_of(pc, parts);
    struct parts_result result;
    struct why why = {{0}};
    order.workers = workers;
    uint64_t began_ns = clock_ns();
    must(parts_run(&order, &result, &why), &why);
    undisturbed_us = (clock_ns() - began_ns) / 1000;
    parts_result_free(&result);
    struct file_content content = page_of(pc);
    drop_parts_city(pc);
    return content;
}

static void assert_same_content(const struct file_content *a, const struct file_content *b) {
    assert_int_equal(a->len, b->len);
    assert_memory_equal(a->at, b->at, a->len);
}

/* The page names every segment by its seal, so equal pages are equal segments. */
static void any_number_of_workers_comes_to_the_same_bytes(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        FILE_CONTENT_SCOPE(alone);
        FILE_CONTENT_SCOPE(both);
        alone = undisturbed(seed, 5, 1);
        both = undisturbed(seed, 5, 2);
        assert_same_content(&alone, &both);
    }
}

static void a_closed_day_is_proven_and_takes_no_other_files(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(3);
    struct parts_order order = order_of(pc, 4);
    struct parts_result first, second;
    struct why why = {{0}};
    FILE_CONTENT_SCOPE(before);
    FILE_CONTENT_SCOPE(after);
    must(parts_run(&order, &first, &why), &why);
    before = page_of(pc);
    must(parts_run(&order, &second, &why), &why);
    after = page_of(pc);
    assert_false(first.again);
    assert_true(second.again);
    assert_memory_equal(&first.figures, &second.figures, sizeof first.figures);
    assert_memory_equal(first.after, second.after, CARDS * sizeof first.after[0]);
    assert_same_content(&before, &after);
    parts_result_free(&first);
    parts_result_free(&second);
    order.file_count--;
    assert_int_equal(parts_run(&order, &second, &why), ERR_CONFLICT);
    assert_non_null(strstr(why.text, "closed with other files"));
    drop_parts_city(pc);
}

/* A child clears the day and is killed at some moment; the next goes on, until one comes through.
 * The moments are spread over a little more than an undisturbed run takes. */
static void a_day_killed_at_any_moment_ends_with_the_same_bytes(void **state) {
    (void)state;
    unsigned kills = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        FILE_CONTENT_SCOPE(wanted);
        FILE_CONTENT_SCOPE(got);
        struct parts_city *pc = day_of_seed(seed);
        struct parts_order order = order_of(pc, 6);
        struct rng rng = rng_stream(seed, "kills", 0);
        struct parts_result result;
        struct why why = {{0}};
        wanted = undisturbed(seed, 6, 2);
        for (unsigned round = 0; round < 5; round++) {
            int status = 0;
            pid_t child = fork();
            if (child == 0) {
                _exit(parts_run(&order, &result, &why) == OK ? 0 : 1);
            }
            assert_true(child > 0);
            (void)usleep((useconds_t)rng_below(&rng, undisturbed_us * 3 / 2 + 1));
            (void)kill(child, SIGKILL);
            assert_int_equal(waitpid(child, &status, 0), child);
            assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
            kills += WIFSIGNALED(status) ? 1 : 0;
        }
        must(parts_run(&order, &result, &why), &why);
        got = page_of(pc);
        assert_same_content(&wanted, &got);
        parts_result_free(&result);
        must(parts_prove(&order, &result, &why), &why);
        parts_result_free(&result);
        drop_parts_city(pc);
    }
    print_message("parts: %u kills\n", kills);
    assert_true(kills > 20);
}

/* --- what is altered is found -------------------------------------------------------------- */

static void flip(const char *path, const struct file_content *good, size_t at, size_t len) {
    struct why why = {{0}};
    good->at[at] ^= 0x04;
    must(files_write(path, bytes_of(good->at, len), &why), &why);
    good->at[at] ^= 0x04;
}

/* Bytes of the page, or of a segment, flipped one at a time, and the file cut short: the proof says
 * so each time. Every step-th byte; steps of 1 are every byte. */
static void alter(struct parts_city *pc, int part, size_t step) {
    FILE_CONTENT_SCOPE(good);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    path_of(pc, part, path);
    must(files_read(path, FILE_ROOM, &good, &why), &why);
    for (size_t at = 0; at < good.len; at += step) {
        flip(path, &good, at, good.len);
        assert_int_equal(parts_prove(&order, &result, &why), ERR_CONFLICT);
        must(files_write(path, bytes_of(good.at, at), &why), &why);
        assert_int_equal(parts_prove(&order, &result, &why), ERR_CONFLICT);
    }
    must(files_write(path, bytes_of(good.at, good.len + 1), &why), &why);
    assert_int_equal(parts_prove(&order, &result, &why), ERR_CONFLICT);
    must(files_write(path, bytes_of(good.at, good.len), &why), &why);
    must(parts_prove(&order, &result, &why), &why);
    parts_result_free(&result);
}

static void every_altered_byte_is_found(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(5);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    must(parts_run(&order, &result, &why), &why);
    parts_result_free(&result);
    alter(pc, -1, 7);
    alter(pc, 0, 61);
    path_of(pc, 1, path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(parts_prove(&order, &result, &why), ERR_CONFLICT);
    drop_parts_city(pc);
}

/* --- trouble ------------------------------------------------------------------------------- */

static void a_vault_that_fails_leaves_no_day(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(2);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    path_of(pc, -1, path);
    pc->keys[0].broken = pc->keys[1].broken = true;
    assert_int_equal(parts_run(&order, &result, &why), ERR_OUTSIDE);
    assert_false(files_exist(path));
    pc->keys[0].broken = pc->keys[1].broken = false;
    must(parts_run(&order, &result, &why), &why);
    parts_result_free(&result);
    drop_parts_city(pc);
}

static void a_missing_file_and_a_wrong_order_are_refused(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(2);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    order.workers = 0;
    assert_int_equal(parts_run(&order, &result, &why), ERR_INVALID);
    order.workers = 1;
    order.day = 20030231;
    assert_int_equal(parts_run(&order, &result, &why), ERR_INVALID);
    order.day = TODAY;
    pc->files[0] = "/nowhere/at/all";
    must(parts_run(&order, &result, &why), &why);
    assert_true(result.files_bad >= 1);
    assert_non_null(strstr(result.first_bad, "file 1: "));
    parts_result_free(&result);
    drop_parts_city(pc);
}

static void a_register_out_of_order_is_refused(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(2);
    struct why why = {{0}};
    register_close(&pc->reg);
    struct register_card first = pc->cards[0];
    pc->cards[0] = pc->cards[1];
    assert_int_equal(register_open(&pc->reg, &why), ERR_INVALID);
    pc->cards[0] = first;
    pc->terminals[0].institution = 2;
    assert_int_equal(register_open(&pc->reg, &why), ERR_INVALID);
    pc->terminals[0].institution = 0;
    pc->cards[3].fund = 2;
    assert_int_equal(register_open(&pc->reg, &why), ERR_INVALID);
    pc->cards[3].fund = 0;
    must(register_open(&pc->reg, &why), &why);
    drop_parts_city(pc);
}

/* parts 7: what needs sums over a terminal's records is left to the intake. */
static void limits_that_parts_do_not_judge_are_refused(void **state) {
    (void)state;
    struct parts_city *pc = day_of_seed(2);
    struct parts_order order = order_of(pc, 3);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    path_of(pc, -1, path);
    const struct clearing_limits plain = pc->reg.limits;
    for (unsigned i = 0; i < 4; i++) {
        pc->reg.limits.card_day_fen = i == 0;
        pc->reg.limits.terminal_day_fen = i == 1;
        pc->reg.limits.in_row = i == 2;
        pc->reg.limits.list_hours = i == 3;
        assert_int_equal(parts_run(&order, &result, &why), ERR_INVALID);
        assert_non_null(strstr(why.text, "one by one"));
        assert_false(files_exist(path));
    }
    pc->reg.limits = plain;
    must(parts_run(&order, &result, &why), &why);
    parts_result_free(&result);
    drop_parts_city(pc);
}

/* In a child whose files may only grow so far: the day fails with a sentence and has no page; with room
 * again it comes to the bytes of an undisturbed one. */
static void a_full_disk_leaves_no_day(void **state) {
    (void)state;
    FILE_CONTENT_SCOPE(wanted);
    FILE_CONTENT_SCOPE(got);
    struct parts_city *pc = day_of_seed(7);
    struct parts_order order = order_of(pc, 4);
    struct parts_result result;
    struct why why = {{0}};
    char path[128];
    unsigned failed = 0;
    wanted = undisturbed(7, 4, 2);
    path_of(pc, -1, path);
    for (rlim_t room = 0; room < 12000; room += 499) {
        int status = 0;
        pid_t child = fork();
        if (child == 0) {
            const struct rlimit limit = {room, room};
            (void)signal(SIGXFSZ, SIG_IGN);
            (void)setrlimit(RLIMIT_FSIZE, &limit);
            enum err err = parts_run(&order, &result, &why);
            _exit(err == OK ? 0 : err == ERR_OUTSIDE && why.text[0] != '\0' ? 1 : 2);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
        failed += (unsigned)WEXITSTATUS(status);
        assert_int_equal(files_exist(path), WEXITSTATUS(status) == 0);
        if (WEXITSTATUS(status) == 0) {
            assert_int_equal(unlink(path), 0);
        }
    }
    assert_true(failed > 5);
    must(parts_run(&order, &result, &why), &why);
    got = page_of(pc);
    assert_same_content(&wanted, &got);
    parts_result_free(&result);
    drop_parts_city(pc);
}

/* Rooms that the vault would share are used when they are given, however small. */
static void jobs_may_lie_in_rooms_of_the_caller(void **state) {
    (void)state;
    struct tac_job first[3], second[3];
    struct tac_job *const rooms[] = {first, second};
    for (uint64_t seed = 1; seed <= 5; seed++) {
        FILE_CONTENT_SCOPE(wanted);
        FILE_CONTENT_SCOPE(got);
        struct parts_city *pc = day_of_seed(seed);
        struct parts_order order = order_of(pc, 4);
        struct parts_result result;
        struct why why = {{0}};
        wanted = undisturbed(seed, 4, 2);
        order.rooms = rooms;
        order.room_jobs = 3;
        must(parts_run(&order, &result, &why), &why);
        parts_result_free(&result);
        must(parts_prove(&order, &result, &why), &why);
        got = page_of(pc);
        assert_same_content(&wanted, &got);
        parts_result_free(&result);
        drop_parts_city(pc);
    }
}

/* Three thousand records of one card, each sent twice: the second of each is a copy. */
static void very_many_records_of_one_card_are_judged(void **state) {
    (void)state;
    enum { MANY = 3000 };
    struct parts_city *pc = new_parts_city();
    struct upload_record *records = calloc((size_t)2 * MANY, sizeof *records);
    struct file *f = calloc(1, sizeof *f);
    struct parts_result result;
    struct why why = {{0}};
    assert_true(records && f);
    for (unsigned i = 0; i < MANY; i++) {
        records[i] = purchase(1, 1, i + 1, (uint16_t)i, 50000 - i, 1);
        records[MANY + i] = records[i];
    }
    file_of(f, "P0000001", 1, records, (size_t)2 * MANY);
    save(pc, f);
    draw_register(pc);
    struct parts_order order = order_of(pc, 2);
    must(parts_run(&order, &result, &why), &why);
    assert_int_equal(result.figures.by_reason[REASON_NONE].count, MANY);
    assert_int_equal(result.figures.duplicates, MANY);
    assert_int_equal(result.after[0], 50000 - MANY);
    parts_result_free(&result);
    free(records);
    free(f);
    drop_parts_city(pc);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_days_end_as_the_intake_ends_them),
        cmocka_unit_test(any_number_of_workers_comes_to_the_same_bytes),
        cmocka_unit_test(a_closed_day_is_proven_and_takes_no_other_files),
        cmocka_unit_test(a_day_killed_at_any_moment_ends_with_the_same_bytes),
        cmocka_unit_test(every_altered_byte_is_found),
        cmocka_unit_test(a_vault_that_fails_leaves_no_day),
        cmocka_unit_test(a_missing_file_and_a_wrong_order_are_refused),
        cmocka_unit_test(a_register_out_of_order_is_refused),
        cmocka_unit_test(limits_that_parts_do_not_judge_are_refused),
        cmocka_unit_test(a_full_disk_leaves_no_day),
        cmocka_unit_test(jobs_may_lie_in_rooms_of_the_caller),
        cmocka_unit_test(very_many_records_of_one_card_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

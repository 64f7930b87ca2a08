/* Two business days of the city of world.h as a story for cut_sweep.h: from an empty disk over loads, uploads
 * with every kind of end, a decision of two officers and every step of the day to the bank's file, its
 * answer, the close and the proof; what the bank gave back is paid on the second day. */
#pragma once

#include "faults/cut_sweep.h"
#include "stores/clearing_city.h"

#include <sys/stat.h>

#include "clearing/bank_return.h"
#include "clearing/day_proof.h"
#include "clearing/move.h"
#include "clearing/paper.h"

enum { STORY_CARDS = 9, STORY_UPLOADS = 3, TOMORROW = 20031009, PAY_MAX = 2048 };

struct bank_file {
    uint8_t bytes[PAY_MAX];
    size_t len;
};

struct paid_story {
    struct city city;
    struct file uploads[STORY_UPLOADS];
    struct bank_file paid[2]; /* as the calm story wrote them; empty before */
    size_t pay_deed[2];
    bool open;
    void (*spoil)(
        struct paid_story *s); /* what a checker's check does to the open city; NULL: nothing */
};

/* --- deeds ----------------------------------------------------------------------------------- */

static inline enum err deed_open(void *self, struct why *why) {
    (void)self;
    (void)why;
    return OK;
}

/* What the registry would have written, in one transaction; a second time changes nothing. */
static inline enum err deed_registry(void *self, struct why *why) {
    struct paid_story *s = self;
    struct db *db = &s->city.db;
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, db, why);
    err =
        err ? err
            : db_run(db,
                "INSERT INTO person VALUES (1, 44010119900101001, '示例', 1, 1, 19900101, 440104, "
                "'', '', '', '', '', '', '') ON CONFLICT DO NOTHING; INSERT INTO officer VALUES "
                "('clearer', '清算员', 4), ('approver', '审批员', 2), ('head', '主任', 5) "
                "ON CONFLICT DO NOTHING",
                why);
    for (unsigned n = 1; n <= STORY_CARDS && !err; n++) {
        char sentence[400], hex[17];
        uint8_t factor[FACTOR_LEN];
        card_factor(n, factor);
        hex_write(bytes_of(factor, sizeof factor), hex);
        (void)snprintf(sentence, sizeof sentence,
            "INSERT INTO card (number, factor, identification, person, life, batch, issued, "
            "valid_until) VALUES ('A%07u%u', x'%s', '%032u', 1, 1, 1, 20030901, 20130901) "
            "ON CONFLICT DO NOTHING",
            n, n % 10, hex, n);
        err = db_run(db, sentence, why);
    }
    return err ? err : tx_commit(&tx, why);
}

/* A register may be written again and says so each time: who does not know looks first. */
static inline enum err deed_places(void *self, struct why *why) {
    const struct clearing *c = &((struct paid_story *)self)->city.clearing;
    static const struct institution institutions[] = {
        {"P0000001", "健民大药房",       "4401000000000001"},
        {"H0000002", "市第一人民医院", "4401000000000002"},
    };
    enum err err = OK;
    for (unsigned i = 0; i < 2 && !err; i++) {
        struct institution there;
        err = c->store->institution_find(c->store->self, institutions[i].code, &there, why);
        err = err == ERR_NOT_FOUND ? institution_register(c, &institutions[i], "clearer", why)
                                   : err;
    }
    for (unsigned n = 1; n <= 4 && !err; n++) {
        struct terminal_row t = {.stopped = false};
        terminal_no(n, t.number);
        (void)snprintf(t.institution, sizeof t.institution, "%s", institutions[(n - 1) / 2].code);
        struct terminal_row there;
        err = c->store->terminal_find(c->store->self, t.number, &there, why);
        err = err == ERR_NOT_FOUND ? terminal_register(c, &t, "clearer", why) : err;
    }
    return err;
}

static inline enum err deed_begin(void *self, struct why *why) {
    const struct clearing *c = &((struct paid_story *)self)->city.clearing;
    enum err err = day_begin(c, TODAY, why);
    return err ? err : ledger_fund(c->store, "fund 1", POOL_FEN, TODAY, why);
}

static inline enum err deed_loads(void *self, struct why *why) {
    const struct clearing *c = &((struct paid_story *)self)->city.clearing;
    enum err err = OK;
    for (unsigned n = 1; n <= STORY_CARDS && !err; n++) {
        struct load_request q = load_of(n, 900000 + n, 1, 0, 50000);
        err = load_whole(c, &q, 80000, why);
    }
    return err;
}

static inline struct upload_record story_large(void) {
    struct upload_record r = purchase(3, 3, 1, 0, 50000, 7000);
    r.flag = UPLOAD_ONLINE;
    return r;
}

static inline enum err deed_say_yes(void *self, struct why *why) {
    const struct clearing *c = &((struct paid_story *)self)->city.clearing;
    struct upload_record large = story_large();
    struct approval yes = {.amount = large.amount};
    uint8_t now[MOMENT_LEN];
    (void)memcpy(yes.ticket, large.ticket, TICKET_LEN);
    card_factor(3, yes.factor);
    terminal_no(3, yes.terminal);
    moment_at(TODAY, 85959, now);
    return purchase_approve(c, &yes, now, why);
}

static inline enum err story_take(struct paid_story *s, size_t i, struct why *why) {
    struct bytes view = bytes_of(s->uploads[i].bytes, s->uploads[i].len);
    struct intake_figures figures;
    return intake_file(&s->city.clearing, upload_source_bytes(&view), &figures, NULL, why);
}
static inline enum err deed_take_1(void *self, struct why *why) {
    return story_take(self, 0, why);
}
static inline enum err deed_take_2(void *self, struct why *why) {
    return story_take(self, 1, why);
}
static inline enum err deed_take_3(void *self, struct why *why) {
    return story_take(self, 2, why);
}

/* Card 4's purchase above the limit is held; two officers pay it. */
static inline enum err deed_ask(void *self, struct why *why) {
    static const struct move_order order = {
        .number = "M-1", .kind = MOVE_PAY, .upload = 3, .place = 2, .reference = "凭小票"};
    return move_ask(&((struct paid_story *)self)->city.clearing, &order, "clearer", why);
}
static inline enum err deed_agree(void *self, struct why *why) {
    return move_agree(&((struct paid_story *)self)->city.clearing, "M-1", "approver", why);
}

static inline enum err story_step(
    struct paid_story *s, uint32_t day, enum day_state to, struct why *why) {
    struct day_order order = {day, to == DAY_APPROVED ? "approver" : "clearer", s->city.bank.dir};
    return day_step(&s->city.clearing, &order, to, why);
}
#define STEP_DEED(name, day, to)                                                                   \
    static inline enum err name(void *self, struct why *why) {                                     \
        return story_step(self, day, to, why);                                                     \
    }
STEP_DEED(deed_cut, TODAY, DAY_CUT)
STEP_DEED(deed_net, TODAY, DAY_NETTED)
STEP_DEED(deed_balance, TODAY, DAY_BALANCED)
STEP_DEED(deed_list, TODAY, DAY_LISTED)
STEP_DEED(deed_approve, TODAY, DAY_APPROVED)
STEP_DEED(deed_pay, TODAY, DAY_PAID)
STEP_DEED(deed_close, TODAY, DAY_CLOSED)
STEP_DEED(deed_cut_2, TOMORROW, DAY_CUT)
STEP_DEED(deed_net_2, TOMORROW, DAY_NETTED)
STEP_DEED(deed_balance_2, TOMORROW, DAY_BALANCED)
STEP_DEED(deed_list_2, TOMORROW, DAY_LISTED)
STEP_DEED(deed_approve_2, TOMORROW, DAY_APPROVED)
STEP_DEED(deed_pay_2, TOMORROW, DAY_PAID)
STEP_DEED(deed_close_2, TOMORROW, DAY_CLOSED)

static inline enum err deed_head(void *self, struct why *why) {
    return day_head(&((struct paid_story *)self)->city.clearing, TODAY, "head", why);
}

/* The bank gives the pharmacy's money back. */
static inline enum err deed_return(void *self, struct why *why) {
    const struct clearing *c = &((struct paid_story *)self)->city.clearing;
    static const struct bank_officers two = {"clearer", "approver"};
    struct paper p = {.len = 0};
    struct bank_figures figures;
    struct day_row row;
    char line[160], hex[2 * SM3_LEN + 1];
    enum err err = c->store->day_find(c->store->self, TODAY, &row, why);
    if (err) {
        return err;
    }
    hex_write(bytes_of(row.pay_digest, SM3_LEN), hex);
    (void)snprintf(line, sizeof line, "RET|1|1|20031008|%s\r\n", hex);
    paper_put(&p, line);
    paper_put(&p, "000001|H0000002|270.00|PAID|\r\n000002|P0000001|42.50|BACK|closed\r\n");
    paper_end(&p, "2|270.00|42.50");
    return bank_return_take(c, bytes_of(p.text, p.len), &two, &figures, why);
}

static inline enum err deed_prove(void *self, struct why *why) {
    const struct clearing *c = &((struct paid_story *)self)->city.clearing;
    struct day_proof proof;
    enum err err = day_prove(c, TODAY, NULL, &proof, why);
    return err ? err
           : proof.differences.count == 0
               ? OK
               : why_say(why, ERR_CONFLICT, "%s", proof.differences.named[0]);
}

static const struct deed paid_deeds[] = {
    {"open",      deed_open     },
    {"registry",  deed_registry },
    {"places",    deed_places   },
    {"begin",     deed_begin    },
    {"loads",     deed_loads    },
    {"say yes",   deed_say_yes  },
    {"take 1",    deed_take_1   },
    {"take 2",    deed_take_2   },
    {"take 3",    deed_take_3   },
    {"ask",       deed_ask      },
    {"agree",     deed_agree    },
    {"cut",       deed_cut      },
    {"net",       deed_net      },
    {"balance",   deed_balance  },
    {"list",      deed_list     },
    {"head",      deed_head     },
    {"approve",   deed_approve  },
    {"pay",       deed_pay      },
    {"return",    deed_return   },
    {"close",     deed_close    },
    {"prove",     deed_prove    },
    {"cut 2",     deed_cut_2    },
    {"net 2",     deed_net_2    },
    {"balance 2", deed_balance_2},
    {"list 2",    deed_list_2   },
    {"approve 2", deed_approve_2},
    {"pay 2",     deed_pay_2    },
    {"close 2",   deed_close_2  },
};
enum { PAID_DEEDS = sizeof paid_deeds / sizeof paid_deeds[0] };

/* --- what lies beside the database ------------------------------------------------------------ */

static inline void pay_file_path(const struct paid_story *s, int i, char path[160]) {
    (void)snprintf(path, 160, "%s/%u.pay", s->city.bank.dir, TODAY + (unsigned)i);
}

static inline void pay_file_put(const char *path, const char *more, const void *bytes, size_t len) {
    char whole[200];
    (void)snprintf(whole, sizeof whole, "%s%s", path, more);
    FILE *f = fopen(whole, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* The bank's files: those of earlier deeds are there; that of this deed, when its rows are, may be there,
 * not yet, or half beside its place. */
static inline void paid_beside(void *self, size_t deed, bool committed, uint32_t luck) {
    struct paid_story *s = self;
    for (int i = 0; i < 2; i++) {
        char path[160], half[200];
        const struct bank_file *f = &s->paid[i];
        bool mine = s->pay_deed[i] == deed && committed;
        pay_file_path(s, i, path);
        (void)snprintf(half, sizeof half, "%s.new", path);
        (void)unlink(path);
        (void)unlink(half);
        if (s->pay_deed[i] < deed || (mine && luck == 1)) {
            pay_file_put(path, "", f->bytes, f->len);
        } else if (mine && luck == 2) {
            pay_file_put(path, ".new", f->bytes, f->len / 2);
        }
    }
}

static inline void pay_file_get(const struct paid_story *s, int i, struct bank_file *out) {
    char path[160];
    pay_file_path(s, i, path);
    FILE *f = fopen(path, "rb");
    out->len = f ? fread(out->bytes, 1, sizeof out->bytes, f) : 0;
    assert_true(!f || fclose(f) == 0);
}

/* --- the story ------------------------------------------------------------------------------- */

static inline enum err paid_open(void *self, struct why *why) {
    struct paid_story *s = self;
    struct city *city = &s->city;
    city->rows = NULL;
    enum err err = db_open(&city->db, "city.db", why);
    s->open = err == OK;
    err = err ? err : sqlite_clearing_open(&city->db, &city->rows, &city->store, why);
    if (!err) {
        take_rules(city);
    }
    if (!err && s->spoil) {
        s->spoil(s);
    }
    return err;
}

static inline void paid_close(void *self) {
    struct paid_story *s = self;
    sqlite_clearing_close(s->city.rows);
    s->city.rows = NULL;
    if (s->open) {
        db_close(&s->city.db);
    }
    s->open = false;
}

/* Both days are proven, the chain is whole, and the bank's files are those of the calm story. */
static inline enum err paid_judge(void *self, uint64_t *number, struct why *why) {
    struct paid_story *s = self;
    struct day_proof proof;
    enum err err = db_audit_verify(&s->city.db, NULL, why);
    *number = 1;
    for (int i = 0; i < 2 && !err; i++) {
        struct bank_file f;
        err = day_prove(&s->city.clearing, TODAY + (uint32_t)i, NULL, &proof, why);
        if (!err && proof.differences.count != 0) {
            err = why_say(why, ERR_CONFLICT, "%s", proof.differences.named[0]);
        }
        pay_file_get(s, i, &f);
        *number = sweep_hash(*number, f.bytes, f.len);
        if (s->paid[i].len == 0) {
            s->paid[i] = f;
        }
    }
    return err;
}

static inline void paid_uploads(struct paid_story *s) {
    struct upload_record first[] = {
        purchase(1, 1, 1, 0, 50000, 1250), purchase(5, 1, 2, 0, 50000, 900), /* forged below */
        purchase(6, 1, 3, 0, 50000, 800), /* of no form: an overdraft */
    };
    struct upload_record second[] = {
        purchase(2, 2, 1, 0, 50000, 3000), purchase(2, 2, 1, 0, 50000, 3000)};
    struct upload_record third[] = {story_large(), purchase(4, 3, 2, 0, 50000, 20000)};
    first[1].tac[3] ^= 1;
    first[2].overdraft = 1;
    file_of(&s->uploads[0], "P0000001", 1, first, 3);
    file_of(&s->uploads[1], "P0000001", 2, second, 2);
    file_of(&s->uploads[2], "H0000002", 3, third, 2);
}

/* In memory where the system has a folder for it: the bank's files are forced each time. */
static inline struct paid_story *paid_new(void) {
    struct paid_story *s = calloc(1, sizeof *s);
    assert_non_null(s);
    (void)snprintf(s->city.bank.dir, sizeof s->city.bank.dir, "%s/paid-story-XXXXXX",
        access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(s->city.bank.dir));
    paid_uploads(s);
    for (size_t k = 0; k < PAID_DEEDS; k++) {
        if (paid_deeds[k].run == deed_pay) {
            s->pay_deed[0] = k;
        } else if (paid_deeds[k].run == deed_pay_2) {
            s->pay_deed[1] = k;
        }
    }
    return s;
}

static inline void paid_free(struct paid_story *s) {
    paid_beside(s, 0, false, 0);
    assert_int_equal(rmdir(s->city.bank.dir), 0);
    free(s);
}

static inline struct story paid_story_of(struct paid_story *s) {
    return (struct story){
        paid_deeds, PAID_DEEDS, s, paid_open, paid_close, paid_beside, paid_judge};
}

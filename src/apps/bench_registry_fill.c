#include "apps/bench_registry_fill.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "host/gb18030.h"
#include "host/rng.h"
#include "wire/blacklist.h"

enum {
    BIRTH_DAYS = 36525, /* the days of which people are born, from 1903-01-01 */
    SEQUENCES = 1000,
    REGIONS = 9,            /* 990101 to 990109 exist nowhere */
    LETTER_CARDS = 9999999, /* numbers that begin with the same letter */
    ROWS_TOLD = 65536,
    ROWS_KEPT = 1 << 20, /* of a transaction */
};

static const char surnames[] = "陈李黄张梁林刘吴罗何王杨谢郑周曾邓钟叶冯苏徐朱彭蔡潘胡赖温江许卢余"
                               "郭高谭杜蒋范方石姚廖邹熊金陆郝孔白"
                               "崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶"
                               "洪翟安颜倪严牛温芦季俞章鲁葛伍韦申尤";
static const char given[] = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂志建国华梅红玉萍辉文斌"
                            "婷玲飞鹏波宇浩凯健俊帆雪荣爱香月"
                            "凤洁云琳素珍莉莲翠雅芝春菊琴嘉琼勤珠贞莺妹媛瑞凡佳蕾薇菁梦岚苑婕馨瑗琰"
                            "韵融园艺咏卿聪澜纯毓悦昭冰爽"
                            "琬茗羽希宁欣飘育滢馥筠柔竹霭凝晓欢霄枫芸菲寒伊亚宜可姬舒影荔枝思星锋才"
                            "良海山仁贵福生龙元全胜学祥发"
                            "新利清彬富顺信子昌成康光天达安岩中茂进林有坚和彪博诚先敬震振壮会思群豪"
                            "心邦承乐绍功松善厚庆民友裕河"
                            "哲江超浩亮政谦亨奇固之轮翰朗伯宏言若鸣朋梁栋维启克伦翔旭娣镕𪝆㛃";

/* The place of a person's number: a step through all of them that meets none twice, because it shares no
 * factor with how many there are. */
int64_t fill_number17(const struct registry_size *size, int64_t place) {
    const uint64_t all = (uint64_t)REGIONS * BIRTH_DAYS * SEQUENCES;
    const uint64_t stride = UINT64_C(123456791);
    static uint32_t days[BIRTH_DAYS];
    for (uint32_t i = 0, day = 19030101; days[BIRTH_DAYS - 1] == 0; i++) {
        days[i] = day;
        day = day_plus(day, 1);
    }
    uint64_t at = (size->seed % all + (uint64_t)place % all * stride) % all;
    uint64_t region = 990101 + at % REGIONS;
    uint64_t day = days[at / REGIONS % BIRTH_DAYS];
    return (int64_t)((region * 100000000 + day) * SEQUENCES + at / REGIONS / BIRTH_DAYS);
}

/* Every letter of a text once, as places in it; made at the first use. */
struct letters {
    const char *text;
    uint16_t at[512];
    size_t count;
};

static void letters_read(struct letters *l) {
    struct cursor c = cursor_over(bytes_text(l->text));
    size_t all = c.rest.len;
    while (c.rest.len > 0 && l->count < 511) {
        l->at[l->count++] = (uint16_t)(all - c.rest.len);
        (void)utf8_next(&c);
    }
    l->at[l->count] = (uint16_t)all;
}

/* One letter; the smaller of two draws, so that the first ones are the common ones. */
static size_t put_letter(struct letters *l, struct rng *rng, char *to) {
    if (l->count == 0) {
        letters_read(l);
    }
    uint64_t a = rng_below(rng, l->count);
    uint64_t b = rng_below(rng, l->count);
    size_t i = (size_t)(a < b ? a : b);
    size_t len = (size_t)l->at[i + 1] - l->at[i];
    (void)memcpy(to, l->text + l->at[i], len);
    return len;
}

void fill_name(const struct registry_size *size, int64_t place, char name[PERSON_NAME_ROOM]) {
    static struct letters family = {.text = surnames};
    static struct letters first = {.text = given};
    struct rng rng = rng_stream(size->seed, "name", (uint64_t)place);
    size_t len = put_letter(&family, &rng, name);
    len += put_letter(&first, &rng, name + len);
    len += rng_below(&rng, 10) < 7 ? put_letter(&first, &rng, name + len) : 0;
    name[len] = '\0';
}

/* B0000001 to B9999999, then on with C. */
void fill_card_number(int64_t place, char number[CARD_NUMBER_LEN + 1]) {
    (void)snprintf(number, CARD_NUMBER_LEN + 1, "%c%07d", (char)('B' + place / LETTER_CARDS),
        (int)(place % LETTER_CARDS) + 1);
    number[CARD_NUMBER_LEN - 1] = organisation_check(bytes_of(number, CARD_NUMBER_LEN - 1));
    number[CARD_NUMBER_LEN] = '\0';
}

/* --- rows ---------------------------------------------------------------------------------------- */

/* A table on its way: how its rows are said, one after another, in transactions of many. */
struct filling {
    struct db *db;
    const struct registry_size *size;
    struct prepared *sentence;
    uint64_t done, of; /* of all tables */
    struct why *why;
};

static void say_person(struct say *s, const struct filling *f, int64_t place) {
    static char name[PERSON_NAME_ROOM];
    static char address[128];
    static char mobile[16];
    int64_t number17 = fill_number17(f->size, place);
    fill_name(f->size, place, name);
    (void)snprintf(address, sizeof address, "广州市白云区同福中路%u号", (unsigned)(place % 90001));
    (void)snprintf(mobile, sizeof mobile, "100%08u", (unsigned)(place % 100000000));
    say_int(s, place + 1);
    say_int(s, number17);
    say_text(s, name);
    say_int(s, number17 % 2 ? 1 : 2);
    say_int(s, number17 / SEQUENCES % 100000000);
    say_text(s, address);
    say_text(s, mobile);
}

static void say_card(struct say *s, const struct filling *f, int64_t place) {
    static char number[CARD_NUMBER_LEN + 1];
    static char identification[CARD_IDENTIFICATION_LEN + 1];
    static uint8_t factor[CARD_FACTOR_LEN];
    bool replaced = place >= f->size->persons; /* a person's earlier card */
    fill_card_number(place, number);
    (void)snprintf(identification, sizeof identification, "%032lld", (long long)place);
    for (int i = 0; i < CARD_FACTOR_LEN; i++) {
        factor[i] = (uint8_t)((uint64_t)(place + 1) >> (8 * (CARD_FACTOR_LEN - 1 - i)));
    }
    say_text(s, number);
    say_blob(s, bytes_of(factor, sizeof factor));
    say_text(s, identification);
    say_int(s, place % f->size->persons + 1);
    say_int(s, replaced ? LIFE_CANCELLED : LIFE_NORMAL);
}

/* Spread evenly over all cards, in the order of their factors. */
static void say_listed(struct say *s, const struct filling *f, int64_t place) {
    static char number[CARD_NUMBER_LEN + 1];
    static uint8_t factor[CARD_FACTOR_LEN];
    int64_t card = place * (f->size->cards / f->size->listed);
    fill_card_number(card, number);
    for (int i = 0; i < CARD_FACTOR_LEN; i++) {
        factor[i] = (uint8_t)((uint64_t)(card + 1) >> (8 * (CARD_FACTOR_LEN - 1 - i)));
    }
    say_text(s, number);
    say_blob(s, bytes_of(factor, sizeof factor));
}

static enum err fill_rows(struct filling *f, int64_t from, int64_t to,
    void (*put)(struct say *s, const struct filling *f, int64_t place)) {
    TX_SCOPE(tx);
    enum err err = tx_begin(&tx, f->db, f->why);
    for (int64_t place = from; !err && place < to; place++) {
        struct say s = say(f->sentence);
        put(&s, f, place);
        err = say_done(&s, f->why);
        if (++f->done % ROWS_TOLD == 0 && f->size->moved) {
            f->size->moved(f->size->cookie, f->done, f->of);
        }
    }
    return err ? err : tx_commit(&tx, f->why);
}

static enum err fill_table(struct filling *f, const char *sentence, int64_t count,
    void (*put)(struct say *s, const struct filling *f, int64_t place)) {
    enum err err = db_prepare(f->db, &sentence, 1, &f->sentence, f->why);
    for (int64_t from = 0; !err && from < count; from += ROWS_KEPT) {
        err = fill_rows(f, from, from + ROWS_KEPT < count ? from + ROWS_KEPT : count, put);
    }
    db_finalize(&f->sentence, 1);
    return err;
}

static enum err run_all(
    struct db *db, const char *const *sentences, size_t count, struct why *why) {
    enum err err = OK;
    for (size_t i = 0; !err && i < count; i++) {
        err = db_run(db, sentences[i], why);
    }
    return err;
}

/* Numbers as far as cards have them. */
static enum err fill_ranges(struct filling *f) {
    char sentence[160];
    int64_t full = f->size->cards / LETTER_CARDS;
    enum err err = db_run(f->db, "DELETE FROM number_range", f->why);
    for (int64_t i = 0; !err && i <= full; i++) {
        int64_t last = i < full ? LETTER_CARDS : f->size->cards % LETTER_CARDS;
        (void)snprintf(sentence, sizeof sentence,
            "INSERT INTO number_range (prefix, last, next) VALUES ('%c', %d, %lld)",
            (char)('B' + i), (int)LETTER_CARDS, (long long)last + 1);
        err = last > 0 ? db_run(f->db, sentence, f->why) : OK;
    }
    return err;
}

enum err registry_fill(struct db *db, const struct registry_size *size, struct why *why) {
    static const char *const before[] = {"PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF",
        "PRAGMA cache_size = -262144", "DROP INDEX card_person"};
    static const char numbers[] = "INSERT INTO person_number (number17, person, import, line) "
                                  "SELECT number17, id, 1, id FROM person ORDER BY number17";
    static const char *const after[] = {numbers, "CREATE INDEX card_person ON card (person)",
        "PRAGMA synchronous = FULL", "PRAGMA journal_mode = WAL", "PRAGMA cache_size = -16384"};
    struct filling f = {.db = db, .size = size, .why = why};
    f.of = (uint64_t)(size->persons + size->cards + size->listed);
    assert(size->persons > 0 && size->cards >= size->persons && size->listed <= size->cards);
    enum err err = run_all(db, before, sizeof before / sizeof before[0], why);
    err = err ? err
              : fill_table(&f,
                  "INSERT INTO person (id, number17, name, sex, nation, birth, region, household, "
                  "address, postcode, phone, mobile, employer, employer_name) VALUES (?1, ?2, ?3, "
                  "?4, "
                  "1, ?5, 440111, '11', ?6, '510020', '', ?7, '', '')",
                  size->persons, say_person);
    err = err ? err
              : fill_table(&f,
                  "INSERT INTO card (number, factor, identification, person, life, batch, issued, "
                  "valid_until) VALUES (?1, ?2, ?3, ?4, ?5, 1, 20031008, 20131008)",
                  size->cards, say_card);
    err =
        err ? err
            : fill_table(&f,
                "INSERT INTO blacklist (card, factor, added, reason, day, time) VALUES (?1, ?2, 1, "
                "2, 20031008, 80000)",
                size->listed, say_listed);
    err = err ? err : fill_ranges(&f);
    return err ? err : run_all(db, after, sizeof after / sizeof after[0], why);
}

/* Names that other systems refuse, cut or print as a box: each one from the file through registry, search,
 * feed and change, unchanged. [system.md 11 row 8] */
#include "check.h"

#include "host/gb18030.h"
#include "registry/feed.h"
#include "registry/person_change.h"
#include "registry/person_find.h"
#include "registry/person_office.h"

static const char *const names[] = {
    /* extension A and the first plane's own rare ones */
    "㛃㛃",
    "梁㵘",
    "陈㑇",
    "李䶮",
    "王䴖",
    "㼆恩",
    "邝䂮",
    "黄䒟",
    "龚䶮",
    "㐱生",
    "刘㻏",
    "吴䦃",
    "张䥽",
    "区䴉",
    "林㙘",
    "朱㸆",
    "曹㧑",
    "马䯄",
    "赵䜣",
    "叶䓖",
    "何㕮",
    "苏㺄",
    "叶㟃",
    "王㸌",
    /* extension B and beyond: four bytes of UTF-8 and of GB 18030 */
    "李𪝆",
    "陈𡌴",
    "王𫰠",
    "𠮷田",
    "张𬭚",
    "刘𬀩",
    "赵𬬭",
    "黄𫟹",
    "吴𬘓",
    "周𫖮",
    "徐𬍛",
    "孙𫍽",
    "朱𫄧",
    "胡𬤇",
    "郭𬬻",
    "林𬸚",
    "何𫘦",
    "高𬊈",
    "罗𬬱",
    "郑𫍲",
    "梁𬯀",
    "谢𬶍",
    "宋𫚕",
    "唐𬺈",
    "许𬴊",
    "邓𬜬",
    "冯𫓧",
    "韩𬨂",
    "曹𬙋",
    "曾𫐐",
    "彭𬳵",
    "萧𬮱",
    "蔡𫛭",
    "潘𬳶",
    "田𬙂",
    "董𬸪",
    "袁𫔎",
    "于𬀪",
    "余𬇙",
    "𬱖晓",
    "𫍯明",
    "𪩘山",
    "𪨶文",
    "杜𫸩",
    "郝𫇭",
    "孟𫄸",
    "邱𫄨",
    "秦𬜯",
    "江𬸘",
    "史𬱟",
    "顾𬶐",
    "侯𬪩",
    "邵𬷕",
    "熊𫠊",
    "龙𫗧",
    "万𫐓",
    /* planes 2 and 3 to their ends */
    "李𰻝",
    "王𱁬",
    "陈𲎯",
    "张𠀀",
    "𡃁文",
    "𢊬生",
    "𣎴华",
    "𤰉国",
    "𥝲明",
    "𦙶建",
    "𧉧志",
    "𨓜东",
    "𩇕海",
    "𪛖英",
    /* names that look like other things */
    "〇三",
    "阿〇",
    "丁一",
    "一一",
    "乂乂",
    "卍明",
    "口口",
    "王口",
    "二三",
    "土士",
    "己已巳",
    "戊戌戍",
    "未末",
    /* long ones, and with middle dots */
    "阿卜杜拉·买买提",
    "努尔买买提·玉素甫",
    "迪丽热巴·迪力木拉提",
    "古丽米热·阿卜杜热西提",
    "爱新觉罗·启功",
    "阿不都热合曼·阿不都热依木",
    "买买提艾力·图尔荪尼亚孜",
    "木拉提·西日甫·买买提",
    "尼玛·次仁·多吉",
    "欧阳上官司马",
    "巴特尔·那仁·朝克图",
    "依力哈木江·阿布都克里木",
    /* family names with readings of their own, two or more characters */
    "单单",
    "曾曾",
    "解解",
    "仇仇",
    "查查",
    "区区",
    "盖盖",
    "翟翟",
    "乐乐",
    "朴朴",
    "缪缪",
    "折折",
    "员员",
    "秘秘",
    "洗洗",
    "覃覃",
    "召召",
    "种种",
    "繁繁",
    "尉迟恭",
    "万俟卨",
    "单于明",
    "澹台灭明",
    "长孙无忌",
    "司马相如",
    "诸葛亮",
    "皇甫嵩",
    "令狐冲",
    "独孤求败",
    "呼延灼",
    "东方朔",
    "公孙龙",
    "夏侯惇",
    "上官婉儿",
    "慕容复",
    "宇文化及",
    /* compatibility characters that GB 18030 has under codes of their own, and look-alikes */
    "李﨎",
    "王﨏",
    "陈﨑",
    "黄﨓",
    "吕呂",
    "户戶",
    "戸户",
    "青靑",
    "黄黃",
    "产産",
    "教敎",
    "温溫",
    "没沒",
    "卫衛",
    "侣侶",
    "禄祿",
    "绿綠",
    "录錄",
    "郎郞",
    "朗朖",
    /* rare, but in every large font: three of one kind, many strokes */
    "林焱",
    "林垚",
    "林犇",
    "林骉",
    "林鱻",
    "林羴",
    "林猋",
    "林赑",
    "林麤",
    "林龘",
    "林靐",
    "林齉",
    "林爩",
    "林籲",
    "林鸞",
    "林鬱",
    "林纛",
    "林黌",
    "林饕",
    "林餮",
    "林魑",
    "林魅",
    "林魍",
    "林魎",
    "林彧",
    "林翀",
    "林婠",
    "林祎",
    "林赟",
    "林甯",
    "林喆",
    "林堃",
    "林昇",
    "林淼",
    "林劢",
    "林勍",
    "林翯",
    "林皛",
    "林皞",
    "林琎",
};
enum { NAMES = sizeof names / sizeof names[0] };

static int64_t number_of(int i) {
    return INT64_C(44010419700101001) + i;
}

/* A file of all of them. */
static void open_hard(void **state) {
    static char lines[NAMES * 256];
    lines[0] = '\0';
    for (int i = 0; i < NAMES; i++) {
        (void)strcat(lines, office_line(number_of(i), names[i], "", ""));
    }
    static char text[sizeof lines + 256];
    static uint8_t gb[sizeof text];
    char path[512];
    struct import_result result;
    (void)snprintf(text, sizeof text, "%s\n%s", PEOPLE_HEADING, lines);
    size_t len = people_encode(text, gb, sizeof gb);
    people_write_bytes(below(state, "hard.csv", path), gb, len);
    office_reopen(state);
    const struct import_order order = {.path = path, .business_day = OFFICE_DAY};
    assert_ok(people_import(&office.registry, &order, &result, &office.why));
    if (result.verdicts[ACCEPTED] != NAMES) {
        fail_msg("%d of %d accepted", (int)result.verdicts[ACCEPTED], NAMES);
    }
    assert_ok(person_index(&office.desk, NULL, NULL, &office.why));
}

static struct person person_of(int i) {
    struct person person;
    assert_ok(
        office.registry.person_by_number(office.registry.self, number_of(i), &person, &office.why));
    return person;
}

static void two_hundred_names_come_through_whole(void **state) {
    assert_true(NAMES >= 200);
    open_hard(state);
    for (int i = 0; i < NAMES; i++) {
        uint8_t gb[256], back[256];
        size_t bad_at = 0;
        struct person person = person_of(i);
        assert_string_equal(person.name, names[i]);
        /* To the chip's character set and back: the same letters. */
        struct builder b = builder_in(gb, sizeof gb);
        assert_true(utf8_to_gb18030(bytes_text(person.name), &b, &bad_at));
        struct builder u = builder_in(back, sizeof back);
        assert_true(gb18030_to_utf8(builder_bytes(&b), &u, &bad_at));
        assert_true(bytes_equal(builder_bytes(&u), bytes_text(names[i])));
    }
    office_close();
}

static bool stop_at(void *cookie, const struct person *person) {
    const char *number = cookie;
    return strcmp(person->number, number) != 0;
}

/* True when the search meets the person of that place; told() ends it there. */
static bool is_found(enum find_by by, const char *what, int i) {
    struct person person = person_of(i);
    uint64_t found = 0;
    bool more = false;
    const struct find_order order = {.by = by,
        .what = what,
        .limit = NAMES,
        .who = "system",
        .reason = "test",
        .told = stop_at,
        .cookie = person.number};
    assert_ok(persons_find(&office.desk, &order, &found, &more, &office.why));
    return found > 0 && !more;
}

/* Every letter as a code point. */
static void write_codes(const char *name, char *text, size_t room) {
    struct cursor c = cursor_over(bytes_text(name));
    size_t len = 0;
    while (c.rest.len > 0) {
        len += (size_t)snprintf(text + len, room - len, "U+%04X", (unsigned)utf8_next(&c));
        assert_true(len < room);
    }
}

static void each_is_found_as_typed_by_code_point_and_by_sound(void **state) {
    open_hard(state);
    for (int i = 0; i < NAMES; i++) {
        char codes[50 * 8];
        write_codes(names[i], codes, sizeof codes);
        if (!is_found(FIND_NAME, names[i], i) || !is_found(FIND_SOUND, names[i], i)
            || !is_found(FIND_NAME, codes, i)) {
            fail_msg("%s (%s)", names[i], codes);
        }
    }
    office_close();
}

/* The police send them, and a change writes them: no letter is another one then. */
static void each_survives_a_feed_and_a_change(void **state) {
    static char text[NAMES * 128];
    static uint8_t gb[sizeof text];
    char path[512];
    struct feed_result result;
    struct change_result changed;
    size_t at = (size_t)snprintf(text, sizeof text, "AAC002,AAC003,g-name,police-photo\n");
    open_hard(state);
    for (int i = 0; i < NAMES; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s,%s,%s,1\n",
            office_number(number_of(i)), names[i], names[NAMES - 1 - i]);
    }
    people_write_bytes(below(state, "feed.csv", path), gb, people_encode(text, gb, sizeof gb));
    const struct feed_order order = {.path = path,
        .owner = OWNER_POLICE,
        .who = "maker",
        .second = "approver",
        .day = OFFICE_DAY,
        .time = OFFICE_TIME};
    assert_ok(person_feed(&office.desk, &order, &result, &office.why));
    assert_int_equal(result.verdicts[FEED_UPDATED], NAMES);
    for (int i = 0; i < NAMES; i++) {
        char value[ITEM_ROOM];
        struct person person = person_of(i);
        assert_ok(item_read(&office.store, &person, item_named("g-name"), value, &office.why));
        assert_string_equal(value, names[NAMES - 1 - i]);
        const struct change_order change = {.person = person.id,
            .field = "p-receiver",
            .value = names[i],
            .proof = "own-word:1",
            .who = "point",
            .day = OFFICE_DAY,
            .time = OFFICE_TIME};
        assert_ok(person_change(&office.desk, &change, &changed, &office.why));
        assert_ok(item_read(&office.store, &person, item_named("p-receiver"), value, &office.why));
        assert_string_equal(value, names[i]);
    }
    office_close();
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, scratch_make, scratch_remove)
int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(two_hundred_names_come_through_whole),
        CASE(each_is_found_as_typed_by_code_point_and_by_sound),
        CASE(each_survives_a_feed_and_a_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "capture/photo_rule.h"

#include <assert.h>
#include <stdio.h>

static const struct figure_rule {
    const char *name, *unit;
    uint32_t fail_below, least, most, fail_above;
    const char *zh, *low, *high;
} rules[FIGURES] = {
#define FIGURE(member, name, unit, fail_below, least, most, fail_above, zh, low, high)             \
    [FIGURE_##member] = {name, unit, fail_below, least, most, fail_above, zh, low, high},
#include "capture/photo_figure.def"
};

static const struct photo_profile_text profiles[PROFILES] = {
#define PROFILE(member, name, width, height, dpi, quality, least, most, zh, en)                    \
    [PROFILE_##member] = {name, width, height, dpi, quality, least, most, zh, en},
#include "capture/photo_profile.def"
};

const struct photo_profile_text *photo_profile_text(enum photo_profile profile) {
    assert((unsigned)profile < PROFILES);
    return &profiles[profile];
}

enum photo_profile photo_profile_named(const char *name) {
    size_t i = 0;
    while (i < PROFILES && strcmp(profiles[i].name, name) != 0) {
        i++;
    }
    return (enum photo_profile)i;
}

const char *photo_judgement_text(enum photo_judgement judgement) {
    static const char *const texts[] = {"pass", "person", "fail"};
    assert((unsigned)judgement < sizeof texts / sizeof texts[0]);
    return texts[judgement];
}

const char *photo_judgement_zh(enum photo_judgement judgement) {
    static const char *const texts[] = {"合格", "待人工审核", "不合格"};
    assert((unsigned)judgement < sizeof texts / sizeof texts[0]);
    return texts[judgement];
}

const char *photo_figure_name(enum photo_figure figure) {
    assert((unsigned)figure < FIGURES);
    return rules[figure].name;
}

enum photo_judgement photo_figure_judge(enum photo_figure figure, uint32_t value) {
    assert((unsigned)figure < FIGURES);
    const struct figure_rule *rule = &rules[figure];
    assert(rule->fail_below <= rule->least && rule->least <= rule->most);
    assert(rule->most <= rule->fail_above);
    if (value == FIGURE_UNKNOWN) {
        return PHOTO_TO_PERSON;
    }
    if (value < rule->fail_below || value > rule->fail_above) {
        return PHOTO_FAILS;
    }
    return value < rule->least || value > rule->most ? PHOTO_TO_PERSON : PHOTO_PASSES;
}

enum photo_judgement photo_judge(const struct photo_figures *figures) {
    enum photo_judgement worst = PHOTO_PASSES;
    for (size_t i = 0; i < FIGURES; i++) {
        enum photo_judgement one = photo_figure_judge((enum photo_figure)i, figures->of[i]);
        worst = one > worst ? one : worst;
    }
    return worst;
}

void photo_finding_write(enum photo_figure figure, uint32_t value, char text[FINDING_ROOM]) {
    enum photo_judgement judgement = photo_figure_judge(figure, value);
    const struct figure_rule *rule = &rules[figure];
    char measured[24] = "?";
    const char *reason = "无法测量 it could not be measured";
    if (value != FIGURE_UNKNOWN) {
        (void)snprintf(measured, sizeof measured, "%u", value);
        reason = value < rule->least ? rule->low : value > rule->most ? rule->high : "";
    }
    (void)snprintf(text, FINDING_ROOM, "%s %s %s%s%s, wanted %u-%u: %s %s%s%s", rule->name,
        rule->zh, measured, *rule->unit ? " " : "", rule->unit, rule->least, rule->most,
        photo_judgement_text(judgement), photo_judgement_zh(judgement), *reason ? ", " : "",
        reason);
}

/* Those of one judgement, a line each. */
static void put_findings(
    const struct photo_figures *figures, enum photo_judgement which, struct builder *b) {
    for (size_t i = 0; i < FIGURES; i++) {
        char one[FINDING_ROOM];
        if (photo_figure_judge((enum photo_figure)i, figures->of[i]) == which) {
            photo_finding_write((enum photo_figure)i, figures->of[i], one);
            put_bytes(b, bytes_text(one));
            put_u8(b, '\n');
        }
    }
}

void photo_findings_write(const struct photo_figures *figures, char text[FINDINGS_ROOM]) {
    struct builder b = builder_in(text, FINDINGS_ROOM - 1);
    put_findings(figures, PHOTO_FAILS, &b);
    put_findings(figures, PHOTO_TO_PERSON, &b);
    assert(!b.overflowed); /* a finding and its line feed fill its share of the room at most */
    text[b.len] = '\0';
}

#include "api/front_page.h"

#include <assert.h>

#include <inttypes.h>
#include <string.h>

#include <jansson.h>

#include "api/html.h"
#include "api/pilot_file.h"
#include "host/centre.h"

/* How the page looks: one column on a telephone, more where there is room, dark where that is
 * liked. */
static const char style[] =
    ":root{--ink:#1d2733;--dim:#5b6876;--line:#dfe5eb;--paper:#f4f6f8;--card:#fff;"
    "--brand:#0b5cad;--good:#12733f;--bad:#b3261e;--note:#7a4d00;--notebg:#fff4d6}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--dim:#9aa7b4;--line:#2e3944;"
    "--paper:#12181f;--card:#1a222b;--brand:#6db3f8;--good:#5fd08d;--bad:#ff8a80;"
    "--note:#ffd27a;--notebg:#33290f}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,'Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}"
    "main{max-width:68rem;margin:0 auto;padding:1rem}"
    "header h1{margin:.4rem 0 0;font-size:1.5rem}header p{margin:.2rem 0;color:var(--dim)}"
    ".note{background:var(--notebg);color:var(--note);padding:.6rem .9rem;border-radius:.5rem;"
    "margin:.8rem 0}"
    ".verdict{border-radius:.5rem;padding:.8rem 1rem;margin:.8rem 0;color:#fff;font-weight:600}"
    ".good{background:#12733f}.bad{background:#b3261e}.busy{background:#0b5cad}"
    ".grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr))}"
    "section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;"
    "padding:.8rem 1rem}h2{font-size:1.05rem;margin:0 0 .4rem;color:var(--brand)}"
    "small,.en{color:var(--dim);font-size:.85em;font-weight:400}"
    "table{width:100%;border-collapse:collapse}"
    "th{text-align:left;font-weight:400;padding:.25rem .5rem .25rem 0}"
    "td{text-align:right;padding:.25rem 0;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "tr+tr>*{border-top:1px solid var(--line)}"
    ".steps{grid-column:1/-1}.done{color:var(--good)}.failed{color:var(--bad)}"
    ".running{color:var(--brand)}footer{color:var(--dim);padding:1rem 0}a{color:var(--brand)}";

/* A word in both languages. */
struct words {
    const char *zh, *en;
};

enum row_kind {
    ROW_COUNT, /* a number of things */
    ROW_FEN,   /* money */
    ROW_EACH,  /* an object: one line for each of its members, which are counts */
};

/* A line of the page, or the head of a box of lines when path is NULL. */
static const struct row {
    const char *path; /* where in pilot.json, with dots */
    enum row_kind kind;
    struct words words;
} rows[] = {
/* The formatter spoils braces in macros. */
/* clang-format off */
#define SECTION(zh, en)         {NULL, ROW_COUNT, {zh, en}},
#define ROW(path, kind, zh, en) {path, ROW_##kind, {zh, en}},
/* clang-format on */
#include "api/front_page.def"
};

/* States a step can be in, with the class that colours them. */
static const struct state {
    const char *name;
    struct words words;
} states[] = {
    {"done",    {"完成", "done"}      },
    {"running", {"进行中", "running"}},
    {"waiting", {"等待", "waiting"}   },
    {"failed",  {"失败", "failed"}    },
};

/* "books.debit_fen": the member of a member; NULL as soon as one of them is missing. */
static json_t *json_at(json_t *root, const char *path) {
    assert(path);
    char name[64];
    while (root && *path) {
        size_t len = strcspn(path, ".");
        (void)snprintf(name, sizeof name, "%.*s", (int)len, path);
        root = json_object_get(root, name);
        path += len + (path[len] == '.');
    }
    return root;
}

/* Chinese first, the English beside it and smaller. */
static void write_words(FILE *to, const struct words *words) {
    (void)fprintf(to, "%s <span class=\"en\">%s</span>", words->zh, words->en);
}

/* Only a whole number is a figure. What is missing or of another type is a dash and never a
 * zero. */
static void write_cell(FILE *to, json_t *value, enum row_kind kind) {
    (void)fputs("<td>", to);
    if (!json_is_integer(value)) {
        (void)fputs("–", to);
    } else if (kind == ROW_FEN) {
        html_fen(to, json_integer_value(value));
    } else {
        html_count(to, json_integer_value(value));
    }
    (void)fputs("</td></tr>", to);
}

/* A row for each reason, named as the pilot names it: new reasons need no change here. */
static void write_row(FILE *to, const struct row *row, json_t *figures) {
    json_t *value = json_at(figures, row->path);
    if (row->kind != ROW_EACH || !json_is_object(value)) {
        (void)fputs("<tr><th>", to);
        write_words(to, &row->words);
        (void)fputs("</th>", to);
        write_cell(to, value, row->kind);
        return;
    }
    const char *name = NULL;
    json_t *member = NULL;
    json_object_foreach(value, name, member) {
        (void)fputs("<tr><th>", to);
        write_words(to, &row->words);
        (void)fputs(" <small>", to);
        html_text(to, name);
        (void)fputs("</small></th>", to);
        write_cell(to, member, row->kind);
    }
}

/* A section ends where the next begins, or with the page. */
static void write_figures(FILE *to, json_t *figures) {
    const char *ends = ""; /* what closes the box before */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].path) {
            write_row(to, &rows[i], figures);
            continue;
        }
        (void)fprintf(to, "%s<section><h2>%s <small>%s</small></h2><table>", ends, rows[i].words.zh,
            rows[i].words.en);
        ends = "</table></section>";
    }
    (void)fputs(ends, to);
}

/* A state that this version does not know is shown as it is called. */
static void write_state(FILE *to, const char *name) {
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        if (strcmp(states[i].name, name) == 0) {
            (void)fprintf(to, "<span class=\"%s\">%s</span> <span class=\"en\">%s</span>", name,
                states[i].words.zh, states[i].words.en);
            return;
        }
    }
    html_text(to, name);
}

static const char *text_of(json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "–";
}

/* In the order in which the pilot takes them. */
static void write_steps(FILE *to, json_t *figures) {
    size_t i = 0;
    json_t *step = NULL;
    json_t *seconds = json_object_get(figures, "seconds");
    (void)fputs("<section class=\"steps\"><h2>步骤 <small>Steps</small></h2><table>", to);
    json_array_foreach(json_object_get(figures, "steps"), i, step) {
        (void)fputs("<tr><th>", to);
        html_text(to, text_of(step, "zh"));
        (void)fputs(" <span class=\"en\">", to);
        html_text(to, text_of(step, "name"));
        (void)fputs("</span></th><td>", to);
        write_state(to, text_of(step, "state"));
        (void)fprintf(to, "</td><td>%.1f s</td></tr>",
            json_number_value(json_object_get(seconds, text_of(step, "name"))));
    }
    (void)fputs("</table></section>", to);
}

/* Two figures that are missing are not the same: what was not proven does not balance. */
static bool same_figure(json_t *figures, const char *a, const char *b) {
    json_t *left = json_at(figures, a);
    json_t *right = json_at(figures, b);
    return json_is_integer(left) && json_is_integer(right)
           && json_integer_value(left) == json_integer_value(right);
}

/* The pilot's own verdict is not enough: the page looks at the two sums that matter most itself. */
static void write_verdict(FILE *to, json_t *figures, bool running) {
    if (running) {
        (void)fputs(
            "<p class=\"verdict busy\">正在进行 · The pilot is at work, or was interrupted; "
            "starting it again goes on</p>",
            to);
        return;
    }
    bool balanced = json_is_true(json_object_get(figures, "balanced"))
                    && same_figure(figures, "books.debit_fen", "books.credit_fen")
                    && same_figure(figures, "cards_balance_fen", "books_balance_fen");
    const char *story = json_string_value(json_object_get(figures, "difference"));
    (void)fputs(balanced ? "<p class=\"verdict good\">账平 · Every fen is accounted for: the cards "
                           "and the books agree</p>"
                         : "<p class=\"verdict bad\">账不平 · The figures do not balance; "
                           "run the pilot again to read why</p>",
        to);
    if (!balanced && story && *story) {
        (void)fputs("<p class=\"note\">", to);
        html_text(to, story);
        (void)fputs("</p>", to);
    }
}

/* What must not be taken for the real thing says so. */
static void write_kind(FILE *to, const struct centre_file *centre) {
    if (!centre->rehearsal) {
        return;
    }
    bool test_keys = centre->keys == KEYS_IN_SEED;
    (void)fprintf(to,
        " · 种子 Seed %" PRIu64 "</p><p class=\"note\">演练：%s，虚构人员，不得用于真实业务。"
        "<span class=\"en\">A rehearsal with %s and invented people: not for real use.</span>",
        centre->seed, test_keys ? "测试密钥" : "自有密钥",
        test_keys ? "test keys" : "keys of its own");
}

/* The vault of the server, asked now: where its keys are, and whether it answers. */
static void write_vault(FILE *to, const struct api *api) {
    struct vault_state state = {.answers = false};
    if (!api->vault) {
        return;
    }
    api->vault(api->self, &state);
    (void)fprintf(to,
        "<p id=\"vault\">密钥库 Vault: <span class=\"%s\">%s</span> · %s "
        "<span class=\"en\">%s, process %" PRId64 "</span></p>",
        state.answers ? "done" : "failed", state.answers ? "可用 open" : "不可用 not answering",
        state.zh, state.en, state.process);
    if (!state.answers) {
        (void)fputs("<p class=\"note\">", to);
        html_text(to, state.story);
        (void)fputs("</p>", to);
    }
}

/* Whose page it is; a directory that is no centre has a page that says so. */
static void write_head(FILE *to, const char *dir, bool running) {
    struct centre_file centre = {0};
    struct why why = {0};
    enum err err = centre_read(dir, &centre, &why);
    (void)fprintf(to,
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">%s"
        "<title>社会保障卡 shebao</title><style>%s</style></head><body><main><header><h1>",
        running ? "<meta http-equiv=\"refresh\" content=\"2\">" : "", style);
    html_text(to, err ? "社会保障卡" : centre.name);
    (void)fputs("</h1><p>社会保障卡发行与应用 · Social security cards, issued and used</p>", to);
    if (err) {
        (void)fputs("<p class=\"note\">", to);
        html_text(to, why.text);
    } else {
        (void)fprintf(to, "<p>业务日期 Business date %08" PRIu32 " · 地区 Region %s", centre.date,
            centre.region);
        write_kind(to, &centre);
    }
    (void)fputs("</p></header>", to);
}

/* The figures of the centre as JSON, or NULL with a sentence. */
static json_t *load(const char *dir, bool *running, struct why *why) {
    FILE_CONTENT_SCOPE(content);
    json_error_t trouble;
    if (pilot_file_read(dir, &content, running, why)) {
        return NULL;
    }
    json_t *figures = json_loadb(
        (const char *)content.at, content.len, JSON_REJECT_DUPLICATES, &trouble);
    if (!json_is_object(figures)) {
        json_decref(figures);
        (void)why_say(why, ERR_INVALID, "the file of figures is torn; run the pilot again");
        return NULL;
    }
    return figures;
}

/* The file is read before anything is written: whether it refreshes itself stands in its head. */
void front_page_write(FILE *to, const struct api *api) {
    assert(to);
    assert(api);
    struct why why = {0};
    bool running = false;
    json_t *figures = load(api->dir, &running, &why);
    write_head(to, api->dir, running);
    write_vault(to, api);
    if (figures) {
        write_verdict(to, figures, running);
        (void)fputs("<div class=\"grid\">", to);
        write_figures(to, figures);
        write_steps(to, figures);
        (void)fputs("</div>", to);
    } else {
        (void)fputs("<p class=\"verdict busy\">还没有数据 · ", to);
        html_text(to, why.text);
        (void)fputs("</p>", to);
    }
    (void)fputs("<footer>shebao " SHEBAO_VERSION
                " · <a href=\"/pilot.json\">pilot.json</a></footer></main></body></html>\n",
        to);
    json_decref(figures);
}

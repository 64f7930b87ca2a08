/* Tells every story of this folder to a chip, and stops at the first answer that is another one.
 *
 * The chip is in this program, or where carriers.h puts it: in a reader, on a microcontroller. With
 * --small it is the card of a small chip, and stories that need what it leaves out are skipped by
 * name [base/features.h]. */
#include <dirent.h>
#include <libgen.h>

#include "base/features.h"
#include "stories/carriers.h"

enum { STORIES_MAX = 64, NAME_ROOM = 128, LINE_ROOM = 1200 };

static char folder[512];
static char names[STORIES_MAX][NAME_ROOM];
static bool small; /* the chip at the other end is a small one */

/* What a small chip may be without: the words of a line "needs ...". */
static const struct part {
    const char *name;
    bool here; /* in this program's own card */
} parts[] = {
    {"the purchase module", CARD_SAM     },
    {"SM4",                 CARD_SM4     },
    {"the second dialect",  CARD_DATANG  },
    {"compound purchases",  CARD_COMPOUND},
};

/* Whether the chip lacks the part that a line "needs ..." names. */
static bool lacks(const char *name) {
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (strncmp(name, parts[i].name, strlen(parts[i].name)) == 0) {
            return small || (!hand_carrier && !parts[i].here);
        }
    }
    fail_msg("no part of a card: %s", name);
    return true;
}

static void tell(struct hand *h, const char *name);

/* Cuts a line where its hexadecimal part ends: at two spaces or at '#'. */
static void cut_comment(char *text) {
    char *end = strstr(text, "  ");
    if (end) {
        *end = '\0';
    }
    end = strpbrk(text, "#\n");
    if (end) {
        *end = '\0';
    }
}

/* Whether the reply fits the pattern, in which ".." is any byte. */
static bool fits(struct bytes reply, const char *pattern) {
    size_t at = 0;
    for (; *pattern; pattern++) {
        char pair[3] = {pattern[0], pattern[0] == ' ' ? '\0' : pattern[1], '\0'};
        uint8_t byte = 0;
        if (pair[0] == ' ') {
            continue;
        }
        bool any = strcmp(pair, "..") == 0;
        if (at >= reply.len || (!any && !hex_read(bytes_text(pair), &byte, 1))) {
            return false;
        }
        if (!any && reply.at[at] != byte) {
            return false;
        }
        at++;
        pattern++;
    }
    return at == reply.len;
}

/* One line of a story. What it says is the only thing that happens. */
static void tell_line(struct hand *h, char *line, const char *name, int number) {
    static const char given_end[] = "given the end of ";
    char text[2 * REPLY_MAX + 1];
    if (strncmp(line, "> ", 2) == 0) {
        cut_comment(line + 2);
        hand_say(h, line + 2);
    } else if (strncmp(line, "< ", 2) == 0) {
        cut_comment(line + 2);
        hex_write(bytes_of(h->reply, h->reply_len), text);
        if (!fits(bytes_of(h->reply, h->reply_len), line + 2)) {
            fail_msg("%s:%d: expected %s, got %s", name, number, line + 2, text);
        }
    } else if (strncmp(line, "random ", 7) == 0) {
        cut_comment(line + 7);
        hand_foretell(h, line + 7);
    } else if (strncmp(line, "needs ", 6) == 0) {
        if (lacks(line + 6)) {
            print_message("skipped: %s needs %s", name, line + 6);
            skip();
        }
    } else if (strncmp(line, given_end, strlen(given_end)) == 0) {
        cut_comment(line);
        tell(h, line + strlen(given_end));
        assert_int_equal(hand_reset(h), 17);
    } else if (strncmp(line, "given a blank chip", 18) == 0) {
        hand_blank(h);
    } else if (strncmp(line, "given a blank Datang chip", 25) == 0) {
        hand_blank_datang(h);
    } else if (strncmp(line, "reset", 5) == 0) {
        assert_int_equal(hand_reset(h), 17);
    } else {
        bool quiet = line[0] == '\n' || line[0] == '#' || strncmp(line, "story ", 6) == 0;
        if (!quiet) {
            fail_msg("%s:%d: not a line of a story: %s", name, number, line);
        }
    }
}

static void tell(struct hand *h, const char *name) {
    char path[sizeof folder + NAME_ROOM + 8];
    char line[LINE_ROOM];
    (void)snprintf(path, sizeof path, "%s/%s.story", folder, name);
    FILE *file = fopen(path, "r");
    if (!file) {
        fail_msg("no story %s", path);
        return;
    }
    for (int number = 1; fgets(line, sizeof line, file); number++) {
        tell_line(h, line, name, number);
    }
    (void)fclose(file);
}

static void story_goes_as_written(void **state) {
    static struct hand hand;
    tell(&hand, *state);
}

static int by_name(const void *a, const void *b) {
    return strcmp(a, b);
}

/* The names of all stories, in order. */
static size_t find_stories(void) {
    size_t count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
        char *dot = strrchr(e->d_name, '.');
        if (dot && strcmp(dot, ".story") == 0 && count < STORIES_MAX) {
            (void)snprintf(names[count], NAME_ROOM, "%.*s", (int)(dot - e->d_name), e->d_name);
            count++;
        }
    }
    (void)closedir(dir);
    qsort(names, count, NAME_ROOM, by_name);
    return count;
}

int main(int argc, char **argv) {
    static struct CMUnitTest tests[STORIES_MAX];
    char here[] = __FILE__;
    (void)snprintf(folder, sizeof folder, "%s", dirname(here));
    int words = carrier_given(argc, argv);
    small = words > 1 && strcmp(argv[1], "--small") == 0;
    size_t count = find_stories();
    for (size_t i = 0; i < count; i++) {
        tests[i] = (struct CMUnitTest){
            .name = names[i], .test_func = story_goes_as_written, .initial_state = names[i]};
    }
    int failed = _cmocka_run_group_tests("stories", tests, count, NULL, NULL);
    carrier_end();
    return failed;
}

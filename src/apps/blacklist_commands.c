#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "apps/city.h"
#include "apps/command.h"
#include "base/day.h"
#include "host/ending.h"
#include "host/files.h"
#include "host/options.h"
#include "host/signer.h"
#include "registry/list_service.h"

enum { LIST_FILE_MAX = 512 << 20 };
static const char key_name[] = "blacklist.key"; /* in the centre's directory */

/* --- blacklist make ---------------------------------------------------------------------------------- */

struct make_options {
    const char *out, *data, *since, *terminal, *time;
    uint32_t date;
    bool json, bitmap;
};

/* clang-format off */
static const struct option make_options[] = {
    {"FILE", OPTION_PATH, offsetof(struct make_options, out), NULL, NULL,
        "where the signed list goes", false},
    OPTION_DATA(struct make_options, data),
    {"--since", OPTION_PATH, offsetof(struct make_options, since), "LIST", NULL,
        "only what changed since this signed full list", true},
    {"--bitmap", OPTION_FLAG, offsetof(struct make_options, bitmap), NULL, NULL,
        "one bit for each card number in use", false},
    {"--terminal", OPTION_TEXT, offsetof(struct make_options, terminal), "CODE", NULL,
        "note that this terminal is given the list", true},
    {"--date", OPTION_DAY, offsetof(struct make_options, date), NULL, NULL,
        "of this business date instead of the centre's", true},
    {"--time", OPTION_TEXT, offsetof(struct make_options, time), "HHMMSS", "235959",
        "of this time of day", false},
    OPTION_JSON(struct make_options, json),
};
/* clang-format on */

static const struct usage make_usage = {
    .command = "blacklist make",
    .help =
        "Writes the blacklist of a moment, numbered and signed. The key is blacklist.key in the\n"
        "centre's directory, made when it is missing; blacklist.key.pub beside it is for\n"
        "terminals.",
    .options = make_options,
    .count = sizeof make_options / sizeof make_options[0],
};

/* A list on its way into its envelope. */
struct parcel {
    uint8_t *room;
    size_t room_len;
    struct builder list; /* in the room, behind the head of the envelope */
    uint32_t day, time, version;
    const char *kind;
};

static void parcel_free(struct parcel *p) {
    free(p->room);
}
#define PARCEL_SCOPE(name) __attribute__((cleanup(parcel_free))) struct parcel name = {.room = NULL}

static enum err parcel_begin(struct parcel *p, const struct city *city, struct why *why) {
    size_t list_len = 0;
    enum err err = list_room(&city->store, p->day, p->time, &list_len, why);
    if (err) {
        return err;
    }
    p->room_len = list_len + ENVELOPE_EXTRA_LEN;
    p->room = malloc(p->room_len);
    if (!p->room) {
        return why_say(why, ERR_OUTSIDE, "no memory for a list of %zu bytes", list_len);
    }
    p->list = builder_in(p->room + ENVELOPE_HEADER_LEN, list_len);
    return OK;
}

static enum err time_of_day(const char *text, uint32_t *time, struct why *why) {
    uint64_t value = 0;
    bool good = strlen(text) == 6 && digits_read(bytes_text(text), &value) && value / 10000 < 24
                && value / 100 % 100 < 60 && value % 100 < 60;
    *time = (uint32_t)value;
    return good ? OK : why_say(why, ERR_CONFLICT, "%.16s is no time of day; write HHMMSS", text);
}

/* The increment needs what the terminal has: version and moment of a full list. */
static enum err fill_change(
    struct parcel *p, const struct city *city, const char *since, struct why *why) {
    struct envelope envelope;
    struct blacklist from;
    FILE_CONTENT_SCOPE(content);
    enum err err = files_read(since, LIST_FILE_MAX, &content, why);
    if (!err
        && (!envelope_decode(bytes_of(content.at, content.len), &envelope)
            || !blacklist_decode(envelope.list, &from))) {
        err = why_say(why, ERR_INVALID,
            "%s is no signed full list; \"shebao blacklist make\" writes one", since);
    }
    return err ? err : list_change(&city->store, &from, p->day, p->time, &p->list, why);
}

static enum err fill(
    struct parcel *p, const struct city *city, const struct make_options *given, struct why *why) {
    uint32_t listed = 0;
    enum err err = city->store.blacklist_head(
        city->store.self, p->day, p->time, &p->version, &listed, why);
    if (!err && given->since) {
        p->kind = "increment";
        err = fill_change(p, city, given->since, why);
    } else if (!err && given->bitmap) {
        p->kind = "bitmap";
        err = list_bitmap(&city->store, p->day, p->time, &p->list, why);
    } else if (!err) {
        p->kind = "full";
        err = registry_blacklist(&city->store, p->day, p->time, &p->list, why);
    }
    return err;
}

/* The envelope is written around the list where it lies: its head comes before, over room that was
 * kept free, and the signature behind. */
static enum err seal_and_write(
    struct parcel *p, const struct city *city, const char *out, struct why *why) {
    char path[PATH_ROOM];
    uint8_t signature[SIGNER_SIGNATURE_LEN];
    SIGNER_SCOPE(signer);
    if (!files_join(path, city->centre.dir, key_name)) {
        return why_say(why, ERR_INVALID, "the directory's name is too long");
    }
    struct bytes list = builder_bytes(&p->list);
    struct builder b = builder_in(p->room, p->room_len);
    enum err err = signer_open(&signer, path, why);
    envelope_head(&b, signer.id, list.len);
    assert(b.len == ENVELOPE_HEADER_LEN);
    b.len += list.len; /* it lies there already */
    err = err ? err : signer_sign(&signer, builder_bytes(&b), signature, why);
    put_bytes(&b, bytes_of(signature, err ? 0 : sizeof signature));
    return err ? err : files_write(out, builder_bytes(&b), why);
}

static enum err note_terminal(
    const struct parcel *p, const struct city *city, const char *terminal, struct why *why) {
    struct terminal_list has = {.version = p->version, .day = p->day, .time = p->time};
    size_t len = terminal ? strlen(terminal) : 0;
    if (len > TERMINAL_CODE_LEN) {
        return why_say(
            why, ERR_CONFLICT, "a terminal's code has at most %d letters", TERMINAL_CODE_LEN);
    }
    (void)memcpy(has.terminal, terminal ? terminal : "", len + 1);
    return len == 0 ? OK : city->store.terminal_list_put(city->store.self, &has, "system", why);
}

static enum err make(struct city *city, const struct make_options *given, struct why *why) {
    PARCEL_SCOPE(p);
    p.day = given->date ? given->date : city->centre.file.date;
    if (given->since && given->bitmap) {
        return why_say(why, ERR_CONFLICT, "a bitmap is whole; leave --since or --bitmap away");
    }
    enum err err = time_of_day(given->time, &p.time, why);
    err = err ? err : parcel_begin(&p, city, why);
    err = err ? err : fill(&p, city, given, why);
    err = err ? err : seal_and_write(&p, city, given->out, why);
    err = err ? err : note_terminal(&p, city, given->terminal, why);
    if (!err) {
        (void)printf(given->json ? "{\"kind\": \"%s\", \"version\": %u, \"day\": %u, \"time\": %u, "
                                   "\"list_bytes\": %zu}\n"
                                 : "%s list, version %u of %u %06u, %zu bytes\n",
            p.kind, p.version, p.day, p.time, p.list.len);
    }
    return err;
}

int blacklist_make_command(int argc, char **argv) {
    struct make_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&make_usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    return (int)ending_tell(err ? err : make(&city, &given, &why), &why);
}

/* --- blacklist check --------------------------------------------------------------------------------- */

struct check_options {
    const char *file, *key;
    bool json;
};

static const struct option check_options[] = {
    {"FILE",  OPTION_PATH, offsetof(struct check_options, file), NULL,   NULL, "a signed list", false},
    {"--key", OPTION_PATH, offsetof(struct check_options, key),  "FILE", NULL,
     "the centre's public key, blacklist.key.pub",                                              false},
    OPTION_JSON(struct check_options, json),
};

static const struct usage check_usage = {
    .command = "blacklist check",
    .help = "Says whether a list is whole, in order and signed by the centre, and what it is.",
    .options = check_options,
    .count = sizeof check_options / sizeof check_options[0],
};

static void print_list(
    bool json, const char *kind, uint32_t version, uint32_t day, uint32_t time, uint64_t cards) {
    (void)printf(json ? "{\"kind\": \"%s\", \"version\": %u, \"day\": %u, \"time\": %u, \"cards\": "
                        "%" PRIu64 "}\n"
                      : "%s list, version %u of %u %06u, %" PRIu64
                        " cards; the signature is right\n",
        kind, version, day, time, cards);
}

static uint64_t bits_set(struct bytes bits) {
    uint64_t set = 0;
    for (size_t i = 0; i < bits.len; i++) {
        set += (uint64_t)__builtin_popcount(bits.at[i]);
    }
    return set;
}

/* Whatever form it is; false when it is none. */
static bool tell_list(struct bytes data, bool json) {
    struct blacklist list;
    struct blacklist_change change;
    struct blacklist_bitmap map;
    if (blacklist_decode(data, &list)) {
        print_list(json, "full", list.version, list.day, list.time, list.count);
        return true;
    }
    if (change_decode(data, &change)) {
        print_list(
            json, "increment", change.to.version, change.to.day, change.to.time, change.to.count);
        return true;
    }
    if (bitmap_decode(data, &map)) {
        print_list(json, "bitmap", map.version, map.day, map.time, bits_set(map.bits));
        return true;
    }
    return false;
}

static enum err check(const struct check_options *given, struct why *why) {
    struct envelope envelope;
    FILE_CONTENT_SCOPE(content);
    SIGNER_SCOPE(signer);
    enum err err = files_read(given->file, LIST_FILE_MAX, &content, why);
    err = err ? err : signer_open_public(&signer, given->key, why);
    if (!err && !envelope_decode(bytes_of(content.at, content.len), &envelope)) {
        err = why_say(why, ERR_INVALID, "%s is no signed list, or is torn", given->file);
    }
    if (!err && !bytes_equal(envelope.key_id, bytes_of(signer.id, sizeof signer.id))) {
        err = why_say(why, ERR_INVALID, "%s is signed with another key", given->file);
    }
    err = err ? err : signer_check(&signer, envelope.said, envelope.signature, why);
    if (!err && !tell_list(envelope.list, given->json)) {
        err = why_say(why, ERR_INVALID, "what %s carries is no list", given->file);
    }
    return err == ERR_DENIED ? ERR_INVALID : err; /* a forged file is a bad file */
}

int blacklist_check_command(int argc, char **argv) {
    struct check_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&check_usage, argc, argv, &given, &status)) {
        return status;
    }
    return (int)ending_tell(check(&given, &why), &why);
}

/* --- blacklist terminals ------------------------------------------------------------------------------ */

struct terminals_options {
    const char *data;
    bool json;
};

static const struct option terminals_options[] = {
    OPTION_DATA(struct terminals_options, data),
    OPTION_JSON(struct terminals_options, json),
};

static const struct usage terminals_usage = {
    .command = "blacklist terminals",
    .help = "Shows which list each terminal was given last, and of which moment it was.",
    .options = terminals_options,
    .count = sizeof terminals_options / sizeof terminals_options[0],
};

static enum err terminals(const struct city *city, json_t *rows, struct why *why) {
    struct terminal_list has = {.terminal = ""};
    enum err err = OK;
    while (!err) {
        char after[TERMINAL_CODE_LEN + 1];
        (void)memcpy(after, has.terminal, sizeof after);
        err = city->store.terminal_list_after(city->store.self, after, &has, why);
        if (!err && rows) {
            (void)json_array_append_new(
                rows, json_pack("{s:s, s:i, s:i, s:i}", "terminal", has.terminal, "version",
                          (int)has.version, "day", (int)has.day, "time", (int)has.time));
        } else if (!err) {
            (void)printf(
                "%-16s version %u of %u %06u\n", has.terminal, has.version, has.day, has.time);
        }
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

int blacklist_terminals_command(int argc, char **argv) {
    struct terminals_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&terminals_usage, argc, argv, &given, &status)) {
        return status;
    }
    CITY_SCOPE(city);
    enum err err = city_open(&city, given.data, &why);
    if (!err && given.json) {
        json_t *shown = json_pack("{s:[]}", "terminals");
        err = terminals(&city, json_object_get(shown, "terminals"), &why);
        (void)json_dumpf(shown, stdout, 0);
        (void)printf("\n");
        json_decref(shown);
    } else if (!err) {
        err = terminals(&city, NULL, &why);
    }
    return (int)ending_tell(err, &why);
}

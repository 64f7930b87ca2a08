#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "apps/command.h"
#include "base/hex.h"
#include "ceremony/transcript.h"
#include "host/ending.h"
#include "host/options.h"

struct transcript_options {
    const char *file, *key;
    bool json;
};

static const struct option options[] = {
    {"FILE",  OPTION_PATH, offsetof(struct transcript_options, file), NULL,  NULL,
     "transcript.txt of a ceremony",                                            false},
    {"--key", OPTION_TEXT, offsetof(struct transcript_options, key),  "HEX", NULL,
     "the centre's signing key, 64 digits, as an earlier transcript showed it", true },
    OPTION_JSON(struct transcript_options, json),
};

static const struct usage usage = {
    .command = "key transcript",
    .help =
        "Checks the transcript of a key ceremony: every line against the one before it, and the\n"
        "signature at its end.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

/* Whose signature it must be, when that was said. */
static enum err check_key(const struct transcript_options *given,
    const uint8_t public_key[SIGNING_PUBLIC_LEN], struct why *why) {
    uint8_t expected[SIGNING_PUBLIC_LEN];
    if (!given->key) {
        return OK;
    }
    if (!hex_read(bytes_text(given->key), expected, sizeof expected)) {
        return why_say(why, ERR_CONFLICT, "--key takes 64 hexadecimal digits");
    }
    return memcmp(expected, public_key, sizeof expected) == 0
               ? OK
               : why_say(why, ERR_INVALID,
                   "the transcript %s is signed with another key than the centre's; it proves "
                   "nothing",
                   given->file);
}

static void report(const struct transcript_options *given, const struct transcript *t,
    const uint8_t public_key[SIGNING_PUBLIC_LEN]) {
    char key[2 * SIGNING_PUBLIC_LEN + 1];
    hex_write(bytes_of(public_key, SIGNING_PUBLIC_LEN), key);
    if (given->json) {
        json_t *all = json_pack(
            "{s:b, s:I, s:s}", "whole", 1, "lines", (json_int_t)t->lines, "key", key);
        (void)json_dumpf(all, stdout, 0);
        (void)printf("\n");
        json_decref(all);
        return;
    }
    (void)printf("%zu lines, whole and signed with the key %s\n", t->lines, key);
}

static enum err check(const struct transcript_options *given, struct why *why) {
    uint8_t public_key[SIGNING_PUBLIC_LEN];
    TRANSCRIPT_SCOPE(t);
    enum err err = transcript_read(&t, given->file, public_key, why);
    if (!err && !t.is_signed) {
        err = why_say(why, ERR_CONFLICT,
            "the transcript %s has no signature: the ceremony has not ended; hold it to its end",
            given->file);
    }
    err = err ? err : check_key(given, public_key, why);
    if (!err) {
        report(given, &t, public_key);
    }
    return err;
}

int key_transcript_command(int argc, char **argv) {
    struct transcript_options given;
    struct why why = {0};
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    return (int)ending_tell(check(&given, &why), &why);
}

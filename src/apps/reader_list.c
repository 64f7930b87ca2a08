/* reader list: the PC/SC readers of this machine, and what is in them. */
#include <stdio.h>

#include <jansson.h>

#include "apps/command.h"
#include "base/hex.h"
#include "host/ending.h"
#include "host/options.h"
#include "reader/pcsc.h"

struct list_options {
    bool json;
};

static const struct option options[] = {
    OPTION_JSON(struct list_options, json),
};

static const struct usage usage = {
    .command = "reader list",
    .help = "Lists the PC/SC readers that pcscd knows, and what is in each.",
    .options = options,
    .count = sizeof options / sizeof options[0],
};

static const char *state_of(const struct pcsc_slot *slot) {
    return !slot->card ? "empty" : slot->mute ? "mute" : slot->in_use ? "in use" : "card";
}

static void print_json(const struct pcsc_slot *slots, size_t count) {
    json_t *readers = json_array();
    for (size_t i = 0; i < count; i++) {
        char atr[2 * ATR_MAX + 1];
        hex_write(bytes_of(slots[i].atr, slots[i].atr_len), atr);
        json_t *one = json_pack("{s:o?, s:s, s:o}", "name", json_string(slots[i].name), "state",
            state_of(&slots[i]), "atr", *atr ? json_string(atr) : json_null());
        (void)json_array_append_new(readers, one);
    }
    json_t *all = json_pack("{s:o}", "readers", readers);
    (void)json_dumpf(all, stdout, 0);
    (void)printf("\n");
    json_decref(all);
}

static void print_text(const struct pcsc_slot *slots, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char atr[2 * ATR_MAX + 1];
        hex_write(bytes_of(slots[i].atr, slots[i].atr_len), atr);
        (void)printf("%-40s %s%s%s\n", slots[i].name, state_of(&slots[i]),
            *atr ? ", answer to reset " : "", atr);
    }
}

int reader_list_command(int argc, char **argv) {
    struct list_options given;
    struct pcsc_slot slots[PCSC_READERS_MAX];
    struct why why = {{0}};
    size_t count = 0;
    int status = 0;
    if (!options_read(&usage, argc, argv, &given, &status)) {
        return status;
    }
    enum err err = pcsc_list(slots, &count, &why);
    if (!err && given.json) {
        print_json(slots, count);
    } else if (!err) {
        print_text(slots, count);
    }
    return (int)ending_tell(err, &why);
}
